"""Figures of a build as observations, for the portal, SDMX and every other reader of published figures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kyoto.statistics.disclosure.result import FREE, NORMAL, NOT_FOR_PUBLICATION, SUPPRESSED
from kyoto.statistics.observations import KEY_COLUMNS, TOTAL, VALUE_COLUMNS, observation_columns

if TYPE_CHECKING:
    import pyarrow as pa

    from kyoto.analysis.flow.result import FlowTable
    from kyoto.analysis.flow.scenarios import Comparison
    from kyoto.statistics.pipeline.room_tables import RoomRoad

__all__ = ["TITLES", "observed_cases", "observed_detention", "observed_projection"]

_TAKEN = {*KEY_COLUMNS, *VALUE_COLUMNS, "stage", "scenario"} - {"area", "iccs", "sex", "age"}

TITLES = {
    "flow.reached": "Cases that reach each stage of justice",
    "flow.cases": "Cases at each stage of justice",
    "flow.days": "Days from the first stage of justice to the last",
    "flow.pretrial_share": "Unsentenced detainees as a share of all held (SDG 16.3.2)",
    "flow.occupancy": "People held per place of capacity",
    "flow.deaths": "Deaths in custody",
    "flow.prisoners": "Prisoners per population",
    "flow.population": "Prison population ahead",
}
"""Titles of the series, by code."""

_DETENTION = {
    "pretrial_share": ("flow.pretrial_share", "%", 100.0),
    "occupancy": ("flow.occupancy", "per place of capacity", 1.0),
    "deaths_per_1000": ("flow.deaths", "per 1000 prisoners", 1.0),
    "prisoners_per_100000": ("flow.prisoners", "per 100000 population", 1.0),
}


def observed_cases(
    attrition: FlowTable, time: FlowTable, road: RoomRoad, *, period: str, source: str, protected: bool
) -> pa.Table:
    """Observations of cases: ``flow.reached`` (per cent), ``flow.cases``, ``flow.days`` by ``stage``.

    Parameters
    ----------
    attrition, time
        Tables of the build.
    road
        Area of the project.
    period, source
        What stands in every row.
    protected
        Whether the counts went through disclosure control; if not, every row says so.
    """
    common = _common(road, period, source)
    rows: list[Mapping[str, Any]] = []
    for row in attrition.rows:
        place = {"stage": row["term"]}
        rows.append(_observation(row, attrition.by, common | place, ("flow.reached", "%", 100.0), protected))
        counted = {**row, "estimate": row["cases"], "lower": None, "upper": None, **_count_limits(row)}
        rows.append(_observation(counted, attrition.by, common | place, ("flow.cases", "case", 1.0), protected))
    for row in time.rows:
        place = {"stage": str(row["term"])}
        rows.append(_observation(row, time.by, common | place, ("flow.days", "day", 1.0), protected))
    return _table(rows, [*map(_dimension, attrition.by), "stage"])


def _count_limits(row: Mapping[str, Any]) -> dict[str, float | None]:
    """Limits of a count with linkage error and chance: those of the share, of as many cases."""
    ends = {name: row.get(name) for name in ("linkage_lower", "linkage_upper")}
    return {name: None if end is None or row["of"] is None else end * row["of"] for name, end in ends.items()}


def observed_detention(found: FlowTable, road: RoomRoad, *, source: str, protected: bool) -> pa.Table:
    """Observations of figures of detention, one series a figure; parameters as in :func:`observed_cases`."""
    rows = [
        _observation(
            row,
            found.by,
            _common(road, str(row["period"]), source),
            _DETENTION[str(row["term"])],
            protected,
        )
        for row in found.rows
        if row["of"] is not None or row["estimate"] is not None
    ]
    return _table(rows, [_dimension(name) for name in found.by])


def observed_projection(found: Comparison, road: RoomRoad, *, source: str, least: int) -> pa.Table:
    """Observations of the prison population ahead, series ``flow.population`` by ``group`` and ``scenario``.

    Parameters
    ----------
    found
        Of the build.
    road, source
        As in :func:`observed_cases`.
    least
        Groups of fewer people ahead are withheld: what is said of them would be said of single people.
    """
    rows = []
    for row in found.rows():
        if row["term"] == "difference":
            continue
        common = _common(road, str(row["period"]), source) | {"scenario": str(row["scenario"]), "group": row["group"]}
        own = dict(row) | {"note": ""}
        if row["estimate"] < least:
            own |= dict.fromkeys(("estimate", "lower", "upper")) | {"note": f"withheld: fewer than {least} people"}
        shown = _observation(own, (), common, ("flow.population", "person", 1.0), True)
        rows.append(dict(shown) | ({"status": "F"} if shown["value"] is not None else {}))
    return _table(rows, ["group", "scenario"])


def _common(road: RoomRoad, period: str, source: str) -> dict[str, Any]:
    return {"area": road.area, "period": period, "iccs": TOTAL, "sex": TOTAL, "age": TOTAL, "source": source}


def _dimension(name: str) -> str:
    """Name of a breakdown among the columns of an observation."""
    return f"by_{name}" if name in _TAKEN else name


def _observation(
    row: Mapping[str, Any],
    by: Sequence[str],
    common: Mapping[str, Any],
    series: tuple[str, str, float],
    protected: bool,
) -> dict[str, Any]:
    code, unit, scale = series
    place = {_dimension(name): row[name] for name in by if not (name == "area" and row[name] == TOTAL)}
    value, lower, upper = (_scaled(row[name], scale) for name in ("estimate", "lower", "upper"))
    note = str(row.get("note") or "")
    if row.get("linkage_lower") is not None and value is not None:
        held = "limits hold linkage error"
        if lower is not None or upper is not None:
            without = " to ".join("no limit" if end is None else f"{end:.1f}" for end in (lower, upper))
            held = f"{held}; without it {without}"
        lower, upper = (_scaled(row[name], scale) for name in ("linkage_lower", "linkage_upper"))
        note = "; ".join(part for part in (note, held) if part)
    withheld = value is None and note.startswith("withheld")
    own = "" if protected else "not protected"
    return {
        **common,
        **place,
        "series": code,
        "unit": unit,
        "value": value,
        "lower": lower,
        "upper": upper,
        "status": SUPPRESSED if withheld else "M" if value is None else NORMAL,
        "confidentiality": NOT_FOR_PUBLICATION if withheld else FREE,
        "note": "; ".join(part for part in (own, note) if part),
    }


def _scaled(value: float | None, scale: float) -> float | None:
    """Value in the unit of the series; no limit where the data do not reach it."""
    return None if value is None or not math.isfinite(value) else scale * float(value)


def _table(rows: Iterable[Mapping[str, Any]], own: Sequence[str]) -> pa.Table:
    import pyarrow as pa

    columns = observation_columns(own)
    numbers = {"value", "lower", "upper"}
    schema = pa.schema([(name, pa.float64() if name in numbers else pa.string()) for name in columns])
    return pa.Table.from_pylist(list(_completed(rows, columns)), schema=schema)


def _completed(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {name: row.get(name, None if name in VALUE_COLUMNS else TOTAL) for name in columns}
