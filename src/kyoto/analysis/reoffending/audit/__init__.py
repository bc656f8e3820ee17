"""Audit of risk and needs instruments that others use: whether the score does what it claims, for everybody.

Nothing here scores anybody. The figures say how well an instrument tells people apart, whether a score means the same
in every group, who bears which errors, and what another cut-off would cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kyoto.core.later import importing_later

if TYPE_CHECKING:
    from kyoto.analysis.reoffending.audit.calibration import brier_score, calibration_curve, calibration_line
    from kyoto.analysis.reoffending.audit.discrimination import Measure, area_under_curve
    from kyoto.analysis.reoffending.audit.impossibility import false_positive_rate_implied
    from kyoto.analysis.reoffending.audit.instrument import Audit, audit_instrument
    from kyoto.analysis.reoffending.audit.misclassification import CutOff, ErrorRates, cut_offs, error_rates
    from kyoto.analysis.reoffending.audit.scored import ScoredPeople, censoring_weights, read_scored

__all__ = [
    "Audit",
    "CutOff",
    "ErrorRates",
    "Measure",
    "ScoredPeople",
    "area_under_curve",
    "audit_instrument",
    "brier_score",
    "calibration_curve",
    "calibration_line",
    "censoring_weights",
    "cut_offs",
    "error_rates",
    "false_positive_rate_implied",
    "read_scored",
]

_PLACES = {
    "brier_score": "calibration",
    "calibration_curve": "calibration",
    "calibration_line": "calibration",
    "Measure": "discrimination",
    "area_under_curve": "discrimination",
    "CutOff": "misclassification",
    "ErrorRates": "misclassification",
    "cut_offs": "misclassification",
    "error_rates": "misclassification",
    "false_positive_rate_implied": "impossibility",
    "Audit": "instrument",
    "audit_instrument": "instrument",
    "ScoredPeople": "scored",
    "censoring_weights": "scored",
    "read_scored": "scored",
}

__getattr__ = importing_later(__name__, _PLACES)
