"""Flow of justice: from recorded to released, and how many people will be in prison.

What share of cases reaches each stage (:func:`attrition_by_case`, :func:`attrition_by_period`), what is cleared, how
long it takes when many cases are still open (:func:`time_to_stage`), what is pending (:func:`pending_counts`,
:func:`forecast_backlog`), how decisions are shared (:func:`decision_shares`: release, legal aid, alternatives to
imprisonment), figures of detention (:func:`detention_figures`: SDG 16.3.2, occupancy, deaths), and the prison
population ahead (:func:`project_population`, :func:`backtest_population`) under scenarios that say what they assume
(:func:`compare_scenarios`). Groups of fewer than ten cases give no breakdown.
"""

from kyoto.analysis.flow.attrition import attrition_by_case, attrition_by_period
from kyoto.analysis.flow.backtest import Backtest, backtest_population
from kyoto.analysis.flow.detention import detention_figures
from kyoto.analysis.flow.drawings import lexis_svg, sankey_svg
from kyoto.analysis.flow.model import STAGES, CaseFile, Finding
from kyoto.analysis.flow.pending import forecast_backlog, pending_counts
from kyoto.analysis.flow.projection import History, Projection, history_of, project_population, read_history
from kyoto.analysis.flow.reading import counts_of, read_cases, read_counts, type_cases
from kyoto.analysis.flow.result import FlowTable
from kyoto.analysis.flow.scenarios import Comparison, Scenario, compare_scenarios, named_scenario
from kyoto.analysis.flow.settings import FlowSettings, parsed_scenario, read_settings, run_settings
from kyoto.analysis.flow.shares import clearance_by_case, clearance_by_period, decision_shares, sentence_lengths
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
    "Projection",
    "Scenario",
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
    "named_scenario",
    "parsed_scenario",
    "pending_counts",
    "product_limit",
    "project_population",
    "read_cases",
    "read_counts",
    "read_history",
    "read_settings",
    "run_settings",
    "sankey_svg",
    "sentence_lengths",
    "time_to_stage",
    "type_cases",
]
