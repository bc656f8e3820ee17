"""Cohorts from events: from arrests, convictions and stays in custody to rates whose counting rules are stated."""

from kyoto.analysis.reoffending.cohorts.cohort import Cohort, build_cohort
from kyoto.analysis.reoffending.cohorts.comparability import Comparability, Grade, compare_rules
from kyoto.analysis.reoffending.cohorts.events import EventTable, open_events
from kyoto.analysis.reoffending.cohorts.generator import synthetic_histories
from kyoto.analysis.reoffending.cohorts.model import KINDS, OUTCOMES, CohortRules, window_days
from kyoto.analysis.reoffending.cohorts.protected_repetition import protected_frequency
from kyoto.analysis.reoffending.cohorts.repetition import Repetition, frequency, repetitions_frame, severity
from kyoto.analysis.reoffending.cohorts.sources import EventSource

__all__ = [
    "KINDS",
    "OUTCOMES",
    "Cohort",
    "CohortRules",
    "Comparability",
    "EventSource",
    "EventTable",
    "Grade",
    "Repetition",
    "build_cohort",
    "compare_rules",
    "frequency",
    "open_events",
    "protected_frequency",
    "repetitions_frame",
    "severity",
    "synthetic_histories",
    "window_days",
]
