"""Design first: the written design of an evaluation, frozen before outcomes are read, and its power."""

from kyoto.analysis.evaluation.plan.freeze import FreezeState, freeze, freeze_state
from kyoto.analysis.evaluation.plan.model import DESIGNS, EvaluationDesign, Indicator, Logframe, design_hash
from kyoto.analysis.evaluation.plan.reading import read_design

__all__ = [
    "DESIGNS",
    "EvaluationDesign",
    "FreezeState",
    "Indicator",
    "Logframe",
    "design_hash",
    "freeze",
    "freeze_state",
    "read_design",
]
