"""Words that settings and commands may use; without arrays, so that reading a project file stays cheap."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = [
    "INTERVALS",
    "LONELY",
    "REPLICATES",
    "RULE_NAMES",
    "SDG_CODES",
    "Interval",
    "Kind",
    "Lonely",
    "ReplicateKind",
]

Lonely = Literal["fail", "remove", "certainty", "adjust", "average"]
LONELY = get_args(Lonely)
"""What becomes of a stratum with one cluster.

``fail``: an error. ``remove`` and ``certainty``: it adds nothing. ``adjust``: its total is measured from zero, not
from its own mean. ``average``: it adds what the other strata add on average.
"""

Interval = Literal["wald", "logit", "beta"]
INTERVALS = get_args(Interval)
"""Kinds of limits of shares."""

ReplicateKind = Literal["brr", "fay", "jk1", "jkn", "jk2", "bootstrap", "sdr", "other"]
REPLICATES = get_args(ReplicateKind)
"""Kinds of replicate weights."""

Kind = Literal["total", "mean", "ratio", "proportion", "quantile"]
"""Kinds of figures."""

RULE_NAMES = ("default", "statcan", "bjs", "inegi", "nchs", "none")
"""Publication rules; ``none`` marks and withholds nothing."""

SDG_CODES = ("5.2.1", "5.2.2", "11.7.2", "16.1.3", "16.1.4", "16.3.1", "16.3.3", "16.5.1", "16.5.2")
"""Indicators that the questionnaire serves."""
