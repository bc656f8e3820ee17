"""Hidden populations: how many people are on no list, by multiple systems estimation.

Several incomplete lists of the same population overlap. How much they overlap says how many people they all miss.
The room answers in this order: do these lists determine a number at all (:func:`check_model`), what number by which
method (:func:`estimate_population`, :func:`compare_methods`), and what would change it (:mod:`.diagnostics`). An
estimate never comes without an interval, and where none exists the result is a verdict and not a number.

>>> from kyoto.analysis import hidden
>>> korea = hidden.CaptureTable.from_histories(
...     "bcd", {(2,): 41, (1,): 5, (0,): 5, (0, 1): 54, (0, 2): 6, (0, 1, 2): 12})
>>> print(hidden.estimate_population(korea, hidden.Options(select="model", model="[12,23]")).summary())
loglinear [12,23]: 157 people (95% 129 to 226), of whom 123 observed
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kyoto.core.later import importing_later

if TYPE_CHECKING:
    from kyoto.analysis.hidden.bayes import average_shrinkage, bayesian_threshold
    from kyoto.analysis.hidden.bootstrap import bootstrap_population
    from kyoto.analysis.hidden.capture_frequencies import (
        chao_lower_bound,
        heterogeneity_estimates,
        heterogeneity_model,
    )
    from kyoto.analysis.hidden.charts import upset_chart
    from kyoto.analysis.hidden.checks import check_table, overlap_frame
    from kyoto.analysis.hidden.coverage import sample_coverage_estimate
    from kyoto.analysis.hidden.diagnostics import (
        expected_precision,
        goodness_of_fit,
        influence,
        leave_one_list_out,
        lists_needed,
        merge_lists,
        rank_stability,
        simulate_coverage,
    )
    from kyoto.analysis.hidden.downhill import search_downhill
    from kyoto.analysis.hidden.estimate import compare_methods, estimate_population
    from kyoto.analysis.hidden.existence import Verdict, check_model
    from kyoto.analysis.hidden.graphs import average_graphs, delta_sensitivity
    from kyoto.analysis.hidden.imperfect import LinkageError, estimate_overcounting, estimate_with_linkage_error
    from kyoto.analysis.hidden.latent import latent_classes
    from kyoto.analysis.hidden.linked_files import read_linked_files
    from kyoto.analysis.hidden.loglinear import fit_loglinear
    from kyoto.analysis.hidden.model import CaptureTable
    from kyoto.analysis.hidden.options import Options
    from kyoto.analysis.hidden.report import build_report
    from kyoto.analysis.hidden.result import EstimateTable, PopulationEstimate
    from kyoto.analysis.hidden.selection import search_models, select_stepwise
    from kyoto.analysis.hidden.settings import read_settings
    from kyoto.analysis.hidden.strata import pooled_strata, rates, separate_strata, trend
    from kyoto.analysis.hidden.stratified import estimate_by_strata
    from kyoto.analysis.hidden.tables_in import CaptureInput, from_frame, read_captures

__all__ = [
    "CaptureInput",
    "CaptureTable",
    "EstimateTable",
    "LinkageError",
    "Options",
    "PopulationEstimate",
    "Verdict",
    "average_graphs",
    "average_shrinkage",
    "bayesian_threshold",
    "bootstrap_population",
    "build_report",
    "chao_lower_bound",
    "check_model",
    "check_table",
    "compare_methods",
    "delta_sensitivity",
    "estimate_by_strata",
    "estimate_overcounting",
    "estimate_population",
    "estimate_with_linkage_error",
    "expected_precision",
    "fit_loglinear",
    "from_frame",
    "goodness_of_fit",
    "heterogeneity_estimates",
    "heterogeneity_model",
    "influence",
    "latent_classes",
    "leave_one_list_out",
    "lists_needed",
    "merge_lists",
    "overlap_frame",
    "pooled_strata",
    "rank_stability",
    "rates",
    "read_captures",
    "read_linked_files",
    "read_settings",
    "sample_coverage_estimate",
    "search_downhill",
    "search_models",
    "select_stepwise",
    "separate_strata",
    "simulate_coverage",
    "trend",
    "upset_chart",
]

_PLACES = {
    "CaptureInput": "tables_in",
    "CaptureTable": "model",
    "EstimateTable": "result",
    "LinkageError": "imperfect",
    "Options": "options",
    "PopulationEstimate": "result",
    "Verdict": "existence",
    "average_graphs": "graphs",
    "average_shrinkage": "bayes",
    "bayesian_threshold": "bayes",
    "bootstrap_population": "bootstrap",
    "build_report": "report",
    "chao_lower_bound": "capture_frequencies",
    "check_model": "existence",
    "check_table": "checks",
    "compare_methods": "estimate",
    "delta_sensitivity": "graphs",
    "estimate_by_strata": "stratified",
    "estimate_overcounting": "imperfect",
    "estimate_population": "estimate",
    "estimate_with_linkage_error": "imperfect",
    "expected_precision": "diagnostics",
    "fit_loglinear": "loglinear",
    "from_frame": "tables_in",
    "goodness_of_fit": "diagnostics",
    "heterogeneity_estimates": "capture_frequencies",
    "heterogeneity_model": "capture_frequencies",
    "influence": "diagnostics",
    "latent_classes": "latent",
    "leave_one_list_out": "diagnostics",
    "lists_needed": "diagnostics",
    "merge_lists": "diagnostics",
    "overlap_frame": "checks",
    "pooled_strata": "strata",
    "rank_stability": "diagnostics",
    "rates": "strata",
    "read_captures": "tables_in",
    "read_linked_files": "linked_files",
    "read_settings": "settings",
    "sample_coverage_estimate": "coverage",
    "search_downhill": "downhill",
    "search_models": "selection",
    "select_stepwise": "selection",
    "separate_strata": "strata",
    "simulate_coverage": "diagnostics",
    "trend": "strata",
    "upset_chart": "charts",
}

__getattr__ = importing_later(__name__, _PLACES)
