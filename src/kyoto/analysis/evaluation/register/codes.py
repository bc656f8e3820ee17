"""Codes that records link to: classes of ICCS and targets of the Sustainable Development Goals."""

from __future__ import annotations

import re

__all__ = ["is_iccs", "is_target"]

_SDG = re.compile(r"\d{1,2}(\.[0-9a-z]{1,2}){0,2}")


def is_iccs(code: str) -> bool:
    """Whether there is such a class.

    Examples
    --------
    >>> is_iccs("0501"), is_iccs("9999")
    (True, False)
    """
    from kyoto.statistics.classification import iccs

    return code in iccs()


def is_target(code: str) -> bool:
    """Whether this is written as a goal, a target or an indicator.

    Examples
    --------
    >>> is_target("16.1.1"), is_target("16.a"), is_target("sixteen")
    (True, True, False)
    """
    return _SDG.fullmatch(code) is not None
