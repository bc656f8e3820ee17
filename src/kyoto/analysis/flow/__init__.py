"""Flow of justice: from recorded to released, and how many people will be in prison.

Cases come from one file, or are put together from those of several agencies (:func:`put_together`). What share of them
reaches each stage (:func:`attrition_by_case`, :func:`attrition_by_period`), what is cleared, how long it takes when
many cases are still open (:func:`time_to_stage`), what is pending (:func:`pending_counts`, :func:`forecast_backlog`),
how decisions are shared (:func:`decision_shares`: release, legal aid, alternatives to imprisonment), figures of
detention (:func:`detention_figures`: SDG 16.3.2, occupancy, deaths), and the prison population ahead
(:func:`project_population`, :func:`backtest_population`) under scenarios that say what they assume
(:func:`compare_scenarios`). Groups of fewer than ten cases give no breakdown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kyoto.core.later import importing_later

if TYPE_CHECKING:
    from kyoto.analysis.flow.agencies import LinkedCases, linked_cases, put_together, read_stages
    from kyoto.analysis.flow.attrition import attrition_by_case, attrition_by_period
    from kyoto.analysis.flow.backtest import Backtest, backtest_population
    from kyoto.analysis.flow.counts import counts_of, read_counts
    from kyoto.analysis.flow.detention import detention_figures
    from kyoto.analysis.flow.drawings import lexis_svg, sankey_svg
    from kyoto.analysis.flow.linkage_error import with_linkage_error
    from kyoto.analysis.flow.model import STAGES, CaseFile, Finding, StageFile
    from kyoto.analysis.flow.pending import forecast_backlog, pending_counts
    from kyoto.analysis.flow.projection import History, Projection, history_of, project_population, read_history
    from kyoto.analysis.flow.reading import read_cases, type_cases
    from kyoto.analysis.flow.result import FlowTable
    from kyoto.analysis.flow.running import run_settings
    from kyoto.analysis.flow.scenarios import Comparison, Scenario, compare_scenarios, named_scenario
    from kyoto.analysis.flow.settings import FlowSettings, parsed_scenario, read_settings
    from kyoto.analysis.flow.shares import clearance_by_case, clearance_by_period, decision_shares, sentence_lengths
    from kyoto.analysis.flow.synthetic import simulate_cases
    from kyoto.analysis.flow.times import Survival, product_limit, time_to_stage

__all__ = [
    "STAGES",
    "Backtest",
    "CaseFile",
    "Comparison",
    "Finding",
    "FlowSettings",
    "FlowTable",
    "History",
    "LinkedCases",
    "Projection",
    "Scenario",
    "StageFile",
    "Survival",
    "attrition_by_case",
    "attrition_by_period",
    "backtest_population",
    "clearance_by_case",
    "clearance_by_period",
    "compare_scenarios",
    "counts_of",
    "decision_shares",
    "detention_figures",
    "forecast_backlog",
    "history_of",
    "lexis_svg",
    "linked_cases",
    "named_scenario",
    "parsed_scenario",
    "pending_counts",
    "product_limit",
    "project_population",
    "put_together",
    "read_cases",
    "read_counts",
    "read_history",
    "read_settings",
    "read_stages",
    "run_settings",
    "sankey_svg",
    "sentence_lengths",
    "simulate_cases",
    "time_to_stage",
    "type_cases",
    "with_linkage_error",
]

_PLACES = {
    "attrition_by_case": "attrition",
    "attrition_by_period": "attrition",
    "Backtest": "backtest",
    "backtest_population": "backtest",
    "detention_figures": "detention",
    "lexis_svg": "drawings",
    "sankey_svg": "drawings",
    "with_linkage_error": "linkage_error",
    "LinkedCases": "agencies",
    "linked_cases": "agencies",
    "put_together": "agencies",
    "read_stages": "agencies",
    "STAGES": "model",
    "StageFile": "model",
    "CaseFile": "model",
    "Finding": "model",
    "forecast_backlog": "pending",
    "pending_counts": "pending",
    "History": "projection",
    "Projection": "projection",
    "history_of": "projection",
    "project_population": "projection",
    "read_history": "projection",
    "counts_of": "counts",
    "read_cases": "reading",
    "read_counts": "counts",
    "type_cases": "reading",
    "FlowTable": "result",
    "Comparison": "scenarios",
    "Scenario": "scenarios",
    "compare_scenarios": "scenarios",
    "named_scenario": "scenarios",
    "FlowSettings": "settings",
    "parsed_scenario": "settings",
    "read_settings": "settings",
    "run_settings": "running",
    "clearance_by_case": "shares",
    "clearance_by_period": "shares",
    "decision_shares": "shares",
    "sentence_lengths": "shares",
    "simulate_cases": "synthetic",
    "Survival": "times",
    "product_limit": "times",
    "time_to_stage": "times",
}

__getattr__ = importing_later(__name__, _PLACES)
