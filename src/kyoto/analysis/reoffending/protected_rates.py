"""Rates from protected counts: what a build publishes of a cohort under the project's ``[disclosure]``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.reoffending.naming import table_names, window_pairs
from kyoto.analysis.reoffending.rate_table import RateTable, WindowRate
from kyoto.analysis.reoffending.survival.intervals import wilson
from kyoto.analysis.reoffending.window_cells import (
    EVENT,
    FOLLOWED,
    LEFT,
    group_dimension,
    hierarchy,
    window_dimension,
)
from kyoto.statistics.observations import TOTAL
from kyoto.statistics.pipeline.room_tables import protect_together, rolled_up

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from kyoto.statistics.pipeline.room_tables import RoomRoad

__all__ = ["ProtectedRates", "protect_rates"]

BaseTables = Mapping[str, tuple["pd.DataFrame", tuple[str, ...]]]
_WITHHELD = "withheld by disclosure control"


@dataclass(frozen=True, slots=True)
class ProtectedRates:
    """Rates that may leave.

    Parameters
    ----------
    total
        Rates of all.
    groups
        Rates by each column.
    facts
        What readers may know of the protection.
    """

    total: RateTable
    groups: tuple[tuple[str, RateTable], ...]
    facts: dict[str, Any]


def protect_rates(
    plain: RateTable, base: BaseTables, by: Sequence[str], *, threshold: int, road: RoomRoad, build: Path
) -> ProtectedRates:
    """Rates of a cohort and its groups, computed from what disclosure control lets out.

    Parameters
    ----------
    plain
        True rates of all; their windows, rules and rows are taken over, their counts are not.
    base
        From :func:`.window_cells.cells_of`, with the same windows and ``by``.
    by
        Columns that break the rates down, each by itself.
    threshold
        Persons below which a group has no rate. It is judged by the protected count; suppression also withholds the
        count itself.
    road, build
        Settings of the protection, and the folder of the build.
    """
    windows = [rate.window for rate in plain.rates]
    parents = hierarchy(windows)
    tables = {
        name: (_listed(rolled_up(frame, own, parents), own, threshold, road), own)
        for name, (frame, own) in base.items()
    }
    safe = protect_together(road, build, tables, parents)
    names = table_names(by, windows)
    pairs = window_pairs(windows)
    found = []
    for number, column in enumerate(by or ("",)):
        own = names[number * len(pairs) : (number + 1) * len(pairs)]
        frames = [safe.frames[name] for name in own]
        found.append((column, _rates(frames, pairs, column, threshold, plain.level)))
    total = [rate for rate in found[0][1] if rate.groups in ((), (TOTAL,))]
    whole = _table(plain, [replace(rate, groups=()) for rate in total], ())
    alone = {rate.window: rate.n is None for rate in total}
    groups = []
    for column, rates in found:
        if column:
            own_rates = [rate for rate in rates if rate.groups != (TOTAL,)]
            groups.append((column, _table(plain, _without_breakdown(own_rates, alone, threshold), (column,))))
    return ProtectedRates(whole, tuple(groups), safe.facts)


def _listed(cells: pd.DataFrame, dimensions: Sequence[str], threshold: int, road: RoomRoad) -> pd.DataFrame:
    """Cells that are published or that differences would give away, the denominators with the room's own threshold.

    Suppression withholds nothing for the sake of figures that nobody sees: who left before the first window, and the
    people of a group whatever became of them. Noise and rounding settle each cell by itself and may keep them.
    """
    windows = [name for name in dimensions if name.startswith("within ")]
    states = cells[windows]
    at_total = (states == TOTAL).sum(axis=1)
    if road.settings.links_tables:
        unseen = (
            (at_total == len(windows)) | (cells[windows[0]] == LEFT) | ((at_total > 0) & (states == LEFT).any(axis=1))
        )
        cells, states, at_total = cells[~unseen], states[~unseen], at_total[~unseen]
    denominator = (at_total == len(windows) - 1) & (states == FOLLOWED).any(axis=1)
    return cells.assign(threshold=np.where(denominator, float(threshold), 0.0)).reset_index(drop=True)


def _rates(
    frames: Sequence[pd.DataFrame], pairs: Sequence[tuple[float, ...]], column: str, threshold: int, level: float
) -> list[WindowRate]:
    """Rates of every window and group, windows ascending."""
    found: dict[float, list[WindowRate]] = {}
    for frame, pair in zip(frames, pairs, strict=True):
        for window in pair:
            if window not in found:
                found[window] = _window_rates(frame, window, pair, column, threshold, level)
    return [rate for window in sorted(found) for rate in found[window]]


def _window_rates(
    frame: pd.DataFrame, window: float, pair: Sequence[float], column: str, threshold: int, level: float
) -> list[WindowRate]:
    others = [window_dimension(other) for other in pair if other != window]
    own = frame[(frame[others] == TOTAL).all(axis=1)] if others else frame
    keys = own[group_dimension(column)] if column else own["value"].map(lambda _: TOTAL)
    counts = dict(zip(zip(keys, own[window_dimension(window)], strict=True), own["value"].tolist(), strict=True))
    groups, states = sorted({str(group) for group, _ in counts}, key=_order), {state for _, state in counts}
    found = []
    for group in groups:
        state = {name: counts.get((group, name), 0.0) for name in (FOLLOWED, EVENT, LEFT)}
        if LEFT not in states:
            state[LEFT] = np.nan  # suppression does not publish it
        found.append(_rate(window, (group,) if column else (), state, threshold, level))
    return found


def _rate(
    window: float, groups: tuple[str, ...], counts: Mapping[str, float], threshold: int, level: float
) -> WindowRate:
    """A rate of protected counts; a state without a cell has nobody in it."""
    n, events, left = counts[FOLLOWED], counts[EVENT], counts[LEFT]
    nothing = WindowRate(window, groups, None, None, None, None, None, None, None, None)
    if np.isnan(n) or np.isnan(events):
        return replace(nothing, note=_WITHHELD)
    if n < threshold:
        return replace(nothing, note=f"withheld: fewer than {threshold} persons")
    # noise may leave more events than persons; the rate is then all of them
    events = min(events, n)
    lower, upper = wilson(events, n, level)
    gone = None if np.isnan(left) else int(left)
    return replace(
        nothing, n=int(n), events=int(events), censored=gone, estimate=events / n, lower=max(0.0, lower), upper=upper
    )


def _without_breakdown(rates: Sequence[WindowRate], small: Mapping[float, bool], threshold: int) -> list[WindowRate]:
    why = f"no breakdown: the cohort has fewer than {threshold} persons"
    return [rate.withheld(why) if small[rate.window] else rate for rate in rates]


def _table(plain: RateTable, rates: Sequence[WindowRate], by: tuple[str, ...]) -> RateTable:
    """Table of protected rates; of the true ones' remarks only those remain that count nobody."""
    remarks = ["Counts are protected, and rates are computed from the protected counts.", *_lasting(plain)]
    if any(rate.estimate is None for rate in rates):
        remarks.append("Figures of small groups, and those that would give them away, are withheld.")
    return replace(
        plain, rates=tuple(rates), columns=replace(plain.columns, by=by), remarks=tuple(remarks), protected=True
    )


def _lasting(plain: RateTable) -> list[str]:
    """What remains to be said of the file without counting anybody."""
    lasting = ("the rate is too high", "taken as followed through every window")
    words = ("Persons left before a window ended and are left out, while those with an event before leaving stay: the "
             "rate is too high. Name a column of follow_up.", "Persons without an event and without a time are taken "
             "as followed through every window.")  # fmt: skip
    return [text for sign, text in zip(lasting, words, strict=True) if any(sign in remark for remark in plain.remarks)]


def _order(group: str) -> tuple[int, float, str]:
    """Total first, numbers by value, then texts."""
    if group == TOTAL:
        return 0, 0.0, ""
    try:
        return 1, float(group), ""
    except ValueError:
        return 2, 0.0, group
