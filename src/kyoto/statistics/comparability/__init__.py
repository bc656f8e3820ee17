"""What may stand side by side: definitions and counting rules of sources for one ICCS class, and a verdict a pair.

There is no ranking and no score. A verdict is *comparable*, *with caution* or *not comparable*, always with reasons.
"""

from kyoto.statistics.comparability.comparing import comparable_classes, compare
from kyoto.statistics.comparability.funnel import Funnel, StageRange, StageVerdict, funnel_of
from kyoto.statistics.comparability.model import Comparison, Definition, LinkUse, Pair
from kyoto.statistics.comparability.stages import StageCounts, StageTable, stage_counts
from kyoto.statistics.comparability.statements import Statement, read_statements

__all__ = [
    "Comparison",
    "Definition",
    "Funnel",
    "LinkUse",
    "Pair",
    "StageCounts",
    "StageRange",
    "StageTable",
    "StageVerdict",
    "Statement",
    "comparable_classes",
    "compare",
    "funnel_of",
    "read_statements",
    "stage_counts",
]
