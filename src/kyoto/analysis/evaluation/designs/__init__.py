"""Estimators by design: what a programme changed, and whether the comparison deserves belief.

Every estimator returns an :class:`~kyoto.analysis.evaluation.result.EffectResult` with its assumption checks.
"""

from kyoto.analysis.evaluation.designs.areas import area_synthetic_control, calibrate
from kyoto.analysis.evaluation.designs.discontinuity import placebo_thresholds, regression_discontinuity
from kyoto.analysis.evaluation.designs.displacement import AreaCounts, count_rings, weighted_displacement
from kyoto.analysis.evaluation.designs.honest import honest_bounds, honest_from_event_study
from kyoto.analysis.evaluation.designs.interrupted import arima_interrupted, interrupted_time_series
from kyoto.analysis.evaluation.designs.observational import doubly_robust, e_value, matching, weighting
from kyoto.analysis.evaluation.designs.panel import NEVER, Panel, read_panel
from kyoto.analysis.evaluation.designs.randomised import (
    balance_table,
    randomisation_test,
    randomised,
)
from kyoto.analysis.evaluation.designs.staggered import callaway_santanna, group_time_effects
from kyoto.analysis.evaluation.designs.stepped_wedge import stepped_wedge
from kyoto.analysis.evaluation.designs.synthetic import (
    Predictor,
    placebo_gaps_of_many,
    placebo_in_time,
    synthetic_control,
)
from kyoto.analysis.evaluation.designs.synthetic_did import synthetic_did
from kyoto.analysis.evaluation.designs.trial import Trial, read_trial
from kyoto.analysis.evaluation.designs.twoway import bacon_weights, panel_regression, two_way_fixed_effects

__all__ = [
    "NEVER",
    "AreaCounts",
    "Panel",
    "Predictor",
    "Trial",
    "area_synthetic_control",
    "arima_interrupted",
    "bacon_weights",
    "balance_table",
    "calibrate",
    "callaway_santanna",
    "count_rings",
    "doubly_robust",
    "e_value",
    "group_time_effects",
    "honest_bounds",
    "honest_from_event_study",
    "interrupted_time_series",
    "matching",
    "panel_regression",
    "placebo_gaps_of_many",
    "placebo_in_time",
    "placebo_thresholds",
    "randomisation_test",
    "randomised",
    "read_panel",
    "read_trial",
    "regression_discontinuity",
    "stepped_wedge",
    "synthetic_control",
    "synthetic_did",
    "two_way_fixed_effects",
    "weighted_displacement",
    "weighting",
]
