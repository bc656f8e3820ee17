"""Names of the protected tables of a build, known before any file is read. Importing it loads nothing heavy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

__all__ = ["table_names", "window_pairs"]


def window_pairs(windows: Sequence[float]) -> list[tuple[float, ...]]:
    """Windows that stand in one table: each with the next one.

    Examples
    --------
    >>> window_pairs([6, 12, 24]), window_pairs([12])
    ([(6, 12), (12, 24)], [(12,)])
    """
    return [(windows[0],)] if len(windows) == 1 else list(pairwise(windows))


def table_names(by: Sequence[str], windows: Sequence[float]) -> list[str]:
    """Names of the tables of a breakdown by each column, for files.

    Examples
    --------
    >>> table_names(["sex"], [365.0, 730.0])
    ['reoffending-sex-365-730']
    """
    return [
        "-".join(["reoffending", re.sub(r"\W+", "_", column) or "all", *(f"{window:g}" for window in pair)])
        for column in (list(by) or [""])
        for pair in window_pairs(windows)
    ]
