"""Tables of a build under the project's ``[disclosure]``: cases through the stages, time, people in prison.

All counts of cases are protected as one system of linked tables: each case is followed long enough or too young, has
reached a furthest stage, is closed or open. Shares are computed from the protected counts. Of times, which are not
counts, a group's quantiles are shown where its protected counts are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.flow.attrition import attrition_by_case, stage_row
from kyoto.analysis.flow.detention import detention_figures
from kyoto.analysis.flow.model import LEAST_CASES, CaseFile
from kyoto.analysis.flow.result import FlowTable
from kyoto.analysis.flow.settings import CASE_TABLES, PRISON_TABLES
from kyoto.analysis.flow.times import time_to_stage
from kyoto.statistics.observations import TOTAL
from kyoto.statistics.pipeline.room_tables import protect_together, rolled_up

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from kyoto.statistics.pipeline.room_tables import RoomRoad

__all__ = ["ProtectedFlow", "protect_cases", "protect_detention", "protect_stocks"]

_FOLLOW, _STAGE, _STATE = "follow-up", "furthest stage", "state"
_LONG, _YOUNG, _CLOSED, _OPEN = "long enough", "too young", "closed", "open"
_WITHHELD = "withheld by disclosure control"


@dataclass(frozen=True, slots=True)
class ProtectedFlow:
    """Tables of cases that may leave, and what readers may know of their protection."""

    attrition: FlowTable
    time: FlowTable
    facts: dict[str, Any]


def protect_cases(
    cases: CaseFile, *, within: int, road: RoomRoad, build: Path, least: int = LEAST_CASES
) -> ProtectedFlow:
    """Attrition and time to the last stage, from protected counts.

    Parameters
    ----------
    cases
        With keys (``type_cases(..., keyed=True)``).
    within
        Days of follow-up.
    road, build
        Settings of the protection, and the folder of the build.
    least
        Groups of fewer cases, by their protected count, have no figures.

    Returns
    -------
    ProtectedFlow
        With a row for every total over the disaggregations, as published tables have them.
    """
    plain = attrition_by_case(cases, within=within, least=least)
    base, parents = _base_cells(cases, within)
    by = tuple(cases.groups.columns)
    dimensions = {
        CASE_TABLES[0]: (*(f"by {name}" for name in by), _FOLLOW, _STAGE),
        CASE_TABLES[1]: (*(f"by {name}" for name in by), _FOLLOW, _STATE),
    }
    tables = {}
    for name, own in dimensions.items():
        cells = rolled_up(base, own, parents)
        tables[name] = (_seen(cells, own[-1], least, road), own)
    safe = protect_together(road, build, tables, parents)
    stages = _counts(safe.frames[CASE_TABLES[0]], by, _LONG, _STAGE)
    states = _counts(safe.frames[CASE_TABLES[1]], by, TOTAL, _STATE)
    attrition = replace(
        plain, rows=tuple(_attrition_rows(cases.stages, stages, by, plain.level, least)), facts=_public(plain)
    )
    return ProtectedFlow(attrition, _times(cases, states, by, least), safe.facts)


def _base_cells(cases: CaseFile, within: int) -> tuple[pd.DataFrame, dict[str, dict[str, str]]]:
    """Cases by group, follow-up, furthest stage within it, and whether closed."""
    days, stages = cases.days, cases.stages
    start = days[stages[0]]
    reached = days.le(start + within, axis=0).to_numpy()
    furthest = np.array(stages, dtype=object)[len(stages) - 1 - reached[:, ::-1].argmax(axis=1)]
    # cases that went no further than a stage are a part of those that reached it
    leaves = {stage: f"{stage}, no further" for stage in stages[:-1]} | {stages[-1]: stages[-1]}
    frame = cases.groups.rename(columns=lambda name: f"by {name}")
    frame[_FOLLOW] = np.where(start + within <= cases.until, _LONG, _YOUNG)
    frame[_STAGE] = [leaves[stage] for stage in furthest]
    frame[_STATE] = np.where(days[stages[-1]].notna(), _CLOSED, _OPEN)
    frame = frame.assign(value=1, cell_key=cases.keys)
    names = [name for name in frame.columns if name not in ("value", "cell_key")]
    base = frame.groupby(names, as_index=False, sort=True)[["value", "cell_key"]].sum()
    chain = {stage: before for before, stage in zip((TOTAL, *stages[1:-1]), stages[1:], strict=True)}
    chain |= {f"{stages[0]}, no further": TOTAL} | {f"{stage}, no further": stage for stage in stages[1:-1]}
    return base, {_STAGE: chain}


def _seen(cells: pd.DataFrame, last: str, least: int, road: RoomRoad) -> pd.DataFrame:
    """Cells that are published or that differences would give away; groups with the room's own threshold."""
    if road.settings.links_tables and last == _STAGE:
        cells = cells[(cells[_FOLLOW] == _LONG) | (cells[_STAGE] == TOTAL)]
    elif road.settings.links_tables:
        cells = cells[(cells[_FOLLOW] == TOTAL) | (cells[_STATE] == TOTAL)]
    of = (cells[last] == TOTAL) & (cells[_FOLLOW] != _YOUNG)
    return cells.assign(threshold=np.where(of, float(least), 0.0)).reset_index(drop=True)


_Counts = dict[tuple[str, ...], dict[str, float]]


def _counts(frame: pd.DataFrame, by: Sequence[str], follow: str, last: str) -> _Counts:
    """Protected counts of every group, totals first, by the code of the last dimension."""
    own = frame[frame[_FOLLOW] == follow]
    found: _Counts = {}
    keys = [own[f"by {name}"].tolist() for name in by]
    for place, (code, value) in enumerate(zip(own[last], own["value"], strict=True)):
        found.setdefault(tuple(key[place] for key in keys), {})[str(code)] = float(value)
    order = sorted(found, key=lambda group: ([code != TOTAL for code in group], group))
    return {group: found[group] for group in order}


def _attrition_rows(
    stages: Sequence[str], counts: _Counts, by: Sequence[str], level: float, least: int
) -> list[dict[str, Any]]:
    rows = []
    for group, known in counts.items():
        whole = known.get(TOTAL, 0.0)
        before = whole
        for place, stage in enumerate(stages):
            count = min(known.get(stage, 0.0), before) if place else whole  # noise may leave more than the stage before
            row: dict[str, Any] = {"term": stage, **dict(zip(by, group, strict=True))}
            if math.isnan(whole) or math.isnan(count) or whole < least:
                note = _WITHHELD if math.isnan(whole) or math.isnan(count) else f"withheld: fewer than {least} cases"
                rows.append(row | dict.fromkeys(_NUMBERS) | {"note": note})
                before = math.nan if math.isnan(count) else before
                continue
            rows.append(row | stage_row(stage, count, whole, before, first=place == 0, level=level))
            before = count
    return rows


_NUMBERS = ("estimate", "lower", "upper", "cases", "of", "from_previous", "previous_lower", "previous_upper")


def _public(plain: FlowTable) -> dict[str, Any]:
    """Facts of the rows of the file: how many were followed is a figure and stands in the table."""
    return {name: value for name, value in plain.facts.items() if name != "followed"}


def _times(cases: CaseFile, counts: _Counts, by: Sequence[str], least: int) -> FlowTable:
    """Quantiles of time with protected counts; those of groups whose counts are withheld are withheld too."""
    plain = time_to_stage(cases, cases.stages[-1], least=1, totals=True)
    rows = []
    for row in plain.rows:
        known = counts.get(tuple(str(row[name]) for name in by), {})
        of, closed = known.get(TOTAL, 0.0), known.get(_CLOSED, 0.0)
        kept = {name: row[name] for name in ("term", *by)}
        if math.isnan(of) or math.isnan(closed) or min(of, closed) < least:
            why = _WITHHELD if math.isnan(of + closed) else f"withheld: fewer than {least} cases, or closed ones"
            rows.append({**dict.fromkeys(row), **kept, "note": why})
            continue
        rows.append({**row, "cases": int(min(closed, of)), "of": int(of)})
    facts = {name: value for name, value in plain.facts.items() if name != "open"}
    return replace(plain, rows=tuple(rows), facts=facts)


def protect_detention(
    counts: pd.DataFrame, by: Sequence[str], *, road: RoomRoad, build: Path
) -> tuple[FlowTable, dict[str, Any]]:
    """Figures of detention from protected counts, and what readers may know of their protection.

    Parameters
    ----------
    counts, by, road, build
        As in :func:`protect_stocks`.
    """
    known = detention_figures(counts, by=by)
    shown, facts = protect_stocks(counts, by, road=road, build=build)
    found = detention_figures(shown, by=by)
    rows = [
        {**row, "note": _WITHHELD} if row["estimate"] is None and true["estimate"] is not None else row
        for row, true in zip(found.rows, known.rows, strict=True)
    ]
    return replace(found, rows=tuple(rows)), facts


def protect_stocks(
    counts: pd.DataFrame, by: Sequence[str], *, road: RoomRoad, build: Path
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Counts of people held and of deaths as disclosure control lets them out.

    Parameters
    ----------
    counts
        From :func:`.counts.read_counts`. Capacity and population count no prisoners and stay as they are.
    by
        Disaggregations.
    road, build
        Settings of the protection, and the folder of the build.

    Notes
    -----
    A stock has no records whose keys could be added, so a count's key is that of its place in the table: the same cell
    gets the same noise in every release for as long as its count stays the same.
    """
    import pandas as pd

    own = [f"by {name}" for name in by]
    places = counts[["period", *by]].astype(str).set_axis(["period", *own], axis=1)
    parts = {name: counts[name] for name in ("unsentenced", "sentenced") if name in counts}
    tables = {}
    if "held" in counts or parts:
        known = pd.concat(
            [places.assign(people=name, value=counts[column].to_numpy()) for name, column in _stock_columns(counts)]
        )
        tables[PRISON_TABLES[0]] = (_with_keys(known), ("period", *own, "people"))
    if "deaths" in counts:
        deaths = places.assign(value=counts["deaths"].to_numpy())
        tables[PRISON_TABLES[1]] = (_with_keys(deaths), ("period", *own))
    found = counts.copy()
    facts: dict[str, Any] = {}
    for name, table in tables.items():
        safe = protect_together(replace(road, room=name), build, {name: table})
        facts = safe.facts
        frame = safe.frames[name]
        for people, column in _stock_columns(counts) if "people" in frame else [("", "deaths")]:
            mine = frame[frame["people"] == people] if people else frame
            found[column] = mine["value"].to_numpy(dtype=float)
    return found, facts


def _stock_columns(counts: pd.DataFrame) -> list[tuple[str, str]]:
    """Status and column of each stock that the counts have."""
    known = [(TOTAL, "held"), ("unsentenced", "unsentenced"), ("sentenced", "sentenced")]
    return [(status, column) for status, column in known if column in counts]


def _with_keys(cells: pd.DataFrame) -> pd.DataFrame:
    import hashlib

    names = [name for name in cells.columns if name != "value"]
    texts = cells[[*names, "value"]].astype(str).agg("|".join, axis=1)
    keys = [int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[:4], "little") for text in texts]
    one = cells["value"].notna().astype(float)
    return cells.assign(cell_key=keys, largest=one, second_largest=one).reset_index(drop=True)
