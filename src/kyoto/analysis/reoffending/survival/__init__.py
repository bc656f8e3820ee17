"""Time to reoffending: estimators that take arrays and return small frozen results."""

from kyoto.analysis.reoffending.survival.aalen_johansen import IncidenceCurves, aalen_johansen, aalen_johansen_by
from kyoto.analysis.reoffending.survival.cox import baseline_hazard, cox_regression
from kyoto.analysis.reoffending.survival.fine_gray import fine_gray
from kyoto.analysis.reoffending.survival.gray import gray_test
from kyoto.analysis.reoffending.survival.interval_censored import IntervalCurve, turnbull
from kyoto.analysis.reoffending.survival.intervals import wilson
from kyoto.analysis.reoffending.survival.kaplan_meier import SurvivalCurve, kaplan_meier, kaplan_meier_by
from kyoto.analysis.reoffending.survival.log_rank import GroupTest, log_rank_test
from kyoto.analysis.reoffending.survival.recurrent import MeanCount, mean_count, recurrent_regression
from kyoto.analysis.reoffending.survival.regression import Regression

__all__ = [
    "GroupTest",
    "IncidenceCurves",
    "IntervalCurve",
    "MeanCount",
    "Regression",
    "SurvivalCurve",
    "aalen_johansen",
    "aalen_johansen_by",
    "baseline_hazard",
    "cox_regression",
    "fine_gray",
    "gray_test",
    "kaplan_meier",
    "kaplan_meier_by",
    "log_rank_test",
    "mean_count",
    "recurrent_regression",
    "turnbull",
    "wilson",
]
