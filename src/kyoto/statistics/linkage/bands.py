"""Limits that hold the error of linkage and of chance, for tables of estimates of any kind."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import NormalDist
from typing import Any

from kyoto.statistics.linkage.sensitivity import combine_estimates

__all__ = ["Reach", "banded", "reach_of_linkage"]

Reach = Mapping[tuple[Any, ...], tuple[float, float]]
"""How far the limits with linkage error lie below (negative) and above an estimate, by the keys of its row."""

Row = Mapping[str, Any]


def reach_of_linkage(
    rows: Iterable[Row],
    drawn: Sequence[Iterable[Row]],
    keys: Sequence[str],
    *,
    thinned: Sequence[Iterable[Row]] = (),
    level: float = 0.95,
    names: Sequence[str] = ("estimate", "lower", "upper"),
) -> Reach:
    """Limits of each estimate around it, from the same table over linkages that could as well be true.

    Parameters
    ----------
    rows
        Estimates of the linkage itself, with limits or a standard error (``std_error``).
    drawn
        The same table of each of the other linkages, two or more.
    keys
        Columns that tell rows apart.
    thinned
        The same table of linkages with as many links missed again as were never found
        (:func:`.sensitivity.thinned_linkages`).
    level
        Confidence of all limits.
    names
        Columns of the estimate and its limits.

    Notes
    -----
    Multiple imputation of links (Rubin 1987, equations 3.1.2 to 3.1.8). A limit that the data do not reach is infinite,
    and no standard error stands for it: the limits are then the widest of all linkages. The limits never lie inside
    those without linkage error. What an estimate moves by when links are missed again is how far it may be off already
    (simulation and extrapolation, Cook and Stefanski 1994): the limit on that side reaches so much farther.

    Examples
    --------
    >>> row = {"group": "a", "estimate": 0.5, "lower": 0.4, "upper": 0.6}
    >>> shares = (0.45, 0.5, 0.5, 0.55)
    >>> drawn = [[{**row, "estimate": share, "lower": share - 0.1, "upper": share + 0.1}] for share in shares]
    >>> [round(end, 2) for end in reach_of_linkage([row], drawn, ["group"])[("a",)]]
    [-0.15, 0.15]
    """
    found, again = (_figures(tables, keys, names, level) for tables in (drawn, thinned))
    reach = {}
    for row in rows:
        place = tuple(row.get(key) for key in keys)
        own, others, fewer = _figure(row, names, level), found.get(place, []), again.get(place, [])
        if own is not None and len(others) > 1:
            lower, upper = _around(own, others, level)
            off = own[0] - sum(figure[0] for figure in fewer) / len(fewer) if fewer else 0.0
            reach[place] = (lower + min(0.0, off), upper + max(0.0, off))
    return reach


def _figures(
    tables: Sequence[Iterable[Row]], keys: Sequence[str], names: Sequence[str], level: float
) -> dict[tuple[Any, ...], list[tuple[float, float, float, float]]]:
    found: dict[tuple[Any, ...], list[tuple[float, float, float, float]]] = {}
    for table in tables:
        for row in table:
            figure = _figure(row, names, level)
            if figure is not None:
                found.setdefault(tuple(row.get(key) for key in keys), []).append(figure)
    return found


def _around(
    own: tuple[float, float, float, float], others: Sequence[tuple[float, float, float, float]], level: float
) -> tuple[float, float]:
    estimate, _, least, most = own
    if all(math.isfinite(error) for _, error, _, _ in others):
        _, _, lower, upper, _ = combine_estimates([(value, error) for value, error, _, _ in others], level=level)
    else:
        lower, upper = min(low for *_, low, _ in others), max(high for *_, high in others)
    return min(lower, least) - estimate, max(upper, most) - estimate


def _figure(row: Row, names: Sequence[str], level: float) -> tuple[float, float, float, float] | None:
    """Estimate, standard error (infinite where limits do not give one) and limits of a row; None without estimate."""
    value, low, high = (row.get(name) for name in names)
    if value is None or not math.isfinite(value):
        return None
    least, most = (float(value) if end is None or math.isnan(end) else float(end) for end in (low, high))
    error = row.get("std_error") if names[0] == "estimate" else None
    if error is None or not math.isfinite(error):
        error = (most - least) / (2 * NormalDist().inv_cdf(0.5 + level / 2))
    return float(value), float(error), least, most


def banded(
    rows: Iterable[Row],
    reach: Reach,
    keys: Sequence[str],
    *,
    least: float = -math.inf,
    most: float = math.inf,
    digits: int | None = None,
    names: Sequence[str] = ("estimate", "lower", "upper", "linkage_lower", "linkage_upper"),
) -> list[dict[str, Any]]:
    """Rows with limits that hold linkage error beside the others; None where a row has no estimate.

    Parameters
    ----------
    rows
        Estimates, as they may be published.
    reach
        From :func:`reach_of_linkage`.
    keys
        Columns that tell rows apart.
    least, most
        Smallest and largest possible value, such as 0 and 1 for shares.
    digits
        Round the limits so far, where the rows were protected: they are laid around the protected estimate and must not
        tell the one before it.
    names
        Columns of the estimate, its limits, and the limits to add.

    Examples
    --------
    >>> row = {"group": "a", "estimate": 0.1, "lower": 0.05, "upper": 0.2}
    >>> found = banded([row], {("a",): (-0.3, 0.25)}, ["group"], least=0)
    >>> found[0]["linkage_lower"], found[0]["linkage_upper"]
    (0, 0.35)
    """
    found = []
    for row in rows:
        value, low, high = (row.get(name) for name in names[:3])
        around = reach.get(tuple(row.get(key) for key in keys))
        ends: tuple[float | None, float | None] = (None, None)
        if around is not None and value is not None and math.isfinite(value):
            lower, upper = (min(most, max(least, value + end)) for end in around)
            if digits is not None:
                lower, upper = round(lower, digits), round(upper, digits)
            ends = (
                min(lower, value if low is None else low),
                max(upper, value if high is None else high),
            )
        found.append({**row, names[3]: ends[0], names[4]: ends[1]})
    return found
