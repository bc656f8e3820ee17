"""Rates of a build as observations, for the portal, SDMX and every other reader of published figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kyoto.statistics.disclosure.result import FREE, NORMAL, NOT_FOR_PUBLICATION, SUPPRESSED
from kyoto.statistics.observations import KEY_COLUMNS, TOTAL, UNKNOWN, VALUE_COLUMNS, observation_columns

if TYPE_CHECKING:
    import pyarrow as pa

    from kyoto.analysis.reoffending.rate_table import RateTable, WindowRate
    from kyoto.analysis.reoffending.report import Report
    from kyoto.analysis.reoffending.settings import ReoffendingSettings
    from kyoto.statistics.pipeline.room_tables import RoomRoad

__all__ = ["observed", "window_code"]

_LETTERS = {"days": "D", "weeks": "W", "months": "M", "years": "Y"}
_TAKEN = {*KEY_COLUMNS, *VALUE_COLUMNS, "window"} - {"area", "iccs", "sex", "age"}


def window_code(window: float, unit: str) -> str:
    """Length of a window as an ISO 8601 duration.

    Examples
    --------
    >>> window_code(365.0, "days"), window_code(0.5, "years")
    ('P365D', 'P0.5Y')
    """
    return f"P{window:g}{_LETTERS[unit]}"


def observed(report: Report, settings: ReoffendingSettings, road: RoomRoad) -> pa.Table:
    """Observations of all rates.

    Parameters
    ----------
    report
        Of the build.
    settings
        The section: breakdowns, origin and period.
    road
        Area and period of the project.

    Returns
    -------
    pyarrow.Table
        Series ``reoffending`` (per cent, with the limits that also hold the error of linkage where persons were
        linked), ``reoffending.persons`` and ``reoffending.events``; ``window`` is an ISO 8601 duration.
    """
    import pyarrow as pa

    own = [_dimension(column) for column in settings.by]
    columns = observation_columns([*own, "window"])
    common = {"area": road.area, "period": settings.period or _period(settings) or road.period, "iccs": TOTAL}
    common |= {"sex": TOTAL, "age": TOTAL, "source": settings.source, **dict.fromkeys(own, TOTAL)}
    if "area" in own:
        common["area"] = road.area
    rows: list[Mapping[str, Any]] = list(_rows(report.total, "", common))
    for column, table in report.groups:
        rows += _rows(table, _dimension(column), common)
    numbers = {"value", "lower", "upper"}
    schema = pa.schema([(name, pa.float64() if name in numbers else pa.string()) for name in columns])
    return pa.Table.from_pylist([{name: row[name] for name in columns} for row in rows], schema=schema)


def _dimension(column: str) -> str:
    """Name of a breakdown among the columns of an observation."""
    return f"by_{column}" if column in _TAKEN else column


def _period(settings: ReoffendingSettings) -> str:
    """Years of the index events and their follow-up, as far as the rules of a cohort name them."""
    first = dict(settings.rules).get("first_index")
    if settings.end is None or first is None:
        return "" if settings.end is None else f"{settings.end.year}"
    return f"{first.year}/{settings.end.year}" if first.year != settings.end.year else f"{first.year}"


def _rows(table: RateTable, dimension: str, common: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for rate in table:
        place = {"window": window_code(rate.window, table.columns.unit)}
        if dimension:
            place[dimension] = rate.groups[0] if rate.groups else UNKNOWN
        withheld = rate.estimate is None and rate.n is None
        marks = {
            "status": SUPPRESSED if withheld else NORMAL if rate.estimate is not None else "M",
            "confidentiality": NOT_FOR_PUBLICATION if withheld else FREE,
        }
        own = {**common, **place, **marks}
        note = rate.note if table.protected else "; ".join(part for part in ("not protected", rate.note) if part)
        value, lower, upper, more = _share(rate)
        texts = [part for part in (note, more) if part]
        yield {**own, "series": "reoffending", "unit": "%", "note": "; ".join(texts)} | {
            "value": value, "lower": lower, "upper": upper
        }  # fmt: skip
        for name, count in (("persons", rate.n), ("events", rate.events)):
            figure = {"value": None if count is None else float(count), "lower": None, "upper": None}
            yield {**own, "series": f"reoffending.{name}", "unit": "person", "note": note, **figure}


def _share(rate: WindowRate) -> tuple[float | None, float | None, float | None, str]:
    """Per cent with limits; those with linkage error where there are such, the others then in the note."""
    if rate.estimate is None or rate.lower is None or rate.upper is None:
        return None, None, None, ""
    value, lower, upper = (100 * number for number in (rate.estimate, rate.lower, rate.upper))
    if rate.linkage_lower is None or rate.linkage_upper is None:
        return value, lower, upper, ""
    more = f"limits hold linkage error; without it {lower:.1f} to {upper:.1f}"
    return value, 100 * rate.linkage_lower, 100 * rate.linkage_upper, more
