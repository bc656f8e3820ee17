"""Data queries in SQL.

Conditions on coded components and on time are settled here, on the distinct values that the catalogue knows; the
database sees plain lists of values. Values only ever go into a query as parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from kyoto.core.errors import KyotoError
from kyoto.statistics.exchange.sdmx.encoding import Selection
from kyoto.statistics.exchange.sdmx.model import Catalogue, Component, Flow
from kyoto.statistics.exchange.sdmx.periods import days_of, frequency_of, from_sdmx
from kyoto.statistics.exchange.sdmx.query import Condition, DataQuery, Key, wrong_period
from kyoto.statistics.exchange.sdmx.source import quoted

__all__ = ["Statement", "observations_of", "present_values", "series_of", "where"]

Statement = tuple[str, list[Any]]
"""SQL, and its parameters."""

_FREQUENCY: Final = (
    "CASE WHEN period IN ('_U', '_Z') THEN period WHEN contains(period, '/') THEN '_O' "
    "WHEN substr(period, 6, 1) IN ('Q', 'W') THEN substr(period, 6, 1) WHEN length(period) = 4 THEN 'A' "
    "WHEN length(period) = 7 THEN 'M' WHEN length(period) = 10 THEN 'D' ELSE '_O' END"
)
"""The same as ``frequency_of``."""

_NUMERIC: Final = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_TEXTUAL: Final = {
    "eq": "{0} = ?",
    "ne": "{0} <> ?",
    "lt": "{0} < ?",
    "le": "{0} <= ?",
    "gt": "{0} > ?",
    "ge": "{0} >= ?",
    "co": "contains({0}, ?)",
    "nc": "NOT contains({0}, ?)",
    "sw": "starts_with({0}, ?)",
    "ew": "suffix({0}, ?)",
}
_COMPARISONS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "eq": lambda one, other: one == other,
    "ne": lambda one, other: one != other,
    "lt": lambda one, other: one < other,
    "le": lambda one, other: one <= other,
    "gt": lambda one, other: one > other,
    "ge": lambda one, other: one >= other,
    "co": lambda one, other: other in one,
    "nc": lambda one, other: other not in one,
    "sw": lambda one, other: one.startswith(other),
    "ew": lambda one, other: one.endswith(other),
}


def observations_of(catalogue: Catalogue, selection: Selection, query: DataQuery, *, most: int | None) -> Statement:
    """Statement for the observations of a query, those of a series together and in the order of time.

    Parameters
    ----------
    catalogue
        What the flow belongs to.
    selection
        What is shown; the order follows from its grouping.
    query
        What is asked for.
    most
        Observations to read at most, whatever the query says; None: all.
    """
    flow = selection.flow
    condition, parameters = where(catalogue, flow, query)
    sql = f"SELECT {_columns(selection)} FROM {quoted(flow.table)} WHERE {condition}"
    window, more = _window(flow, query)
    sql += window + f" ORDER BY {', '.join(_order(selection, query))}"
    limits = [number for number in (query.limit, most) if number is not None]
    if limits:
        sql += f" LIMIT {min(limits)}"
    if query.offset:
        sql += f" OFFSET {query.offset}"
    return sql, [*parameters, *more]


def series_of(catalogue: Catalogue, flow: Flow, query: DataQuery, *, most: int | None) -> Statement:
    """Statement for the series of a query, one row each with its dimensions and one of its periods."""
    condition, parameters = where(catalogue, flow, query)
    columns = [quoted(part.column) for part in flow.dimensions if part.column and part.column != "period"]
    period = "" if flow.time is None and "period" not in _own(flow) else "min(period) AS period"
    keys = [*columns, *_frequency(flow)]
    if flow.time is None and period:
        keys, period = [*keys, "period"], "period"
    shown = ", ".join([*columns, *([period] if period else [])])
    sql = f"SELECT {shown} FROM {quoted(flow.table)} WHERE {condition}"
    sql += f" GROUP BY {', '.join(keys)} ORDER BY {', '.join(keys)}"
    limits = [number for number in (query.limit, most) if number is not None]
    if limits:
        sql += f" LIMIT {min(limits)}"
    if query.offset:
        sql += f" OFFSET {query.offset}"
    return sql, parameters


def present_values(catalogue: Catalogue, flow: Flow, query: DataQuery, parts: Sequence[Component]) -> Statement:
    """Statement for one row: the distinct values of components, and the numbers of observations and of series."""
    condition, parameters = where(catalogue, flow, query)
    columns = list(dict.fromkeys(part.column or "period" for part in parts))
    lists = [f"list(DISTINCT {quoted(name)}) AS {quoted(name)}" for name in columns]
    keys = ", ".join([*(quoted(part.column) for part in flow.dimensions if part.column), *_frequency(flow)])
    counts = ["count(*) AS observations_", f"count(DISTINCT ({keys})) AS series_"]
    return f"SELECT {', '.join([*lists, *counts])} FROM {quoted(flow.table)} WHERE {condition}", parameters


def where(catalogue: Catalogue, flow: Flow, query: DataQuery) -> Statement:
    """Condition of a query.

    Raises
    ------
    KyotoError
        ``sdmx.unknown-component``, ``sdmx.wrong-filter``, ``sdmx.wrong-period``.
    """
    parts: list[str] = []
    parameters: list[Any] = []
    statements = []
    if query.keys:
        statements.append(_any([_key(catalogue, flow, key) for key in query.keys]))
    for identifier, alternatives in query.filters.items():
        component = flow.component(identifier)
        found = [_all([_compare(catalogue, flow, component, one) for one in group]) for group in alternatives]
        statements.append(_any(found))
    for sql, values in statements:
        parts.append(sql)
        parameters += values
    return " AND ".join(parts) or "true", parameters


def _columns(selection: Selection) -> str:
    parts = [*selection.keys, *selection.measures, *selection.attributes]
    names = dict.fromkeys(part.column or "period" for part in parts)
    return ", ".join(quoted(name) for name in names)


def _own(flow: Flow) -> set[str]:
    return {part.column for part in flow.components}


def _frequency(flow: Flow) -> list[str]:
    """The frequency as an expression, where a flow has more than one."""
    return [_FREQUENCY] if len(flow.values.get("FREQ", ())) > 1 else []


def _order(selection: Selection, query: DataQuery) -> list[str]:
    """Wanted order first; then series together, and within each the dimension at the observation."""
    flow = selection.flow
    wanted = []
    for identifier, descending in query.sort:
        part = flow.component(identifier)
        expression = _FREQUENCY if not part.column else quoted(part.column)
        wanted.append(f"{expression} {'DESC' if descending else 'ASC'}")
    series = selection.series or selection.keys
    columns = [quoted(part.column) for part in series if part.column]
    last = [quoted(part.column or "period") for part in selection.observed]
    return list(dict.fromkeys([*wanted, *_frequency(flow), *columns, *last]))


def _window(flow: Flow, query: DataQuery) -> Statement:
    """Condition that keeps the first and the last observations of each series."""
    if (query.first is None and query.last is None) or flow.time is None:
        return "", []
    keys = [quoted(part.column) for part in flow.dimensions if part.column and len(flow.values[part.id]) > 1]
    partition = [*keys, *_frequency(flow)]
    over = f"PARTITION BY {', '.join(partition)} " if partition else ""
    kept = []
    for number, direction in ((query.first, ""), (query.last, " DESC")):
        if number is not None:
            kept.append(f"row_number() OVER ({over}ORDER BY period{direction}) <= ?")
    return " QUALIFY " + " OR ".join(kept), [number for number in (query.first, query.last) if number is not None]


def _key(catalogue: Catalogue, flow: Flow, key: Key) -> Statement:
    found = []
    for part, wanted in zip(flow.dimensions, key, strict=False):
        if wanted:
            found.append(_among(catalogue, flow, part, frozenset(wanted).__contains__))
    return _all(found)


def _compare(catalogue: Catalogue, flow: Flow, part: Component, condition: Condition) -> Statement:
    if part.role == "time":
        return _in_time(flow, condition)
    if part.is_number:
        return _numeric(part, condition)
    if part.code_list:
        compare = _COMPARISONS[condition.operator]
        found = _among(catalogue, flow, part, lambda identifier: compare(identifier, condition.value))
        if condition.operator in ("ne", "nc") and part.role == "attribute":
            return f"({quoted(part.column)} IS NULL OR {found[0]})", found[1]
        return found
    return _TEXTUAL[condition.operator].format(f"coalesce({quoted(part.column)}, '')"), [condition.value]


def _among(catalogue: Catalogue, flow: Flow, part: Component, wanted: Callable[[str], bool]) -> Statement:
    """Condition that a coded component has one of the wanted identifiers."""
    present = [identifier for identifier in flow.values[part.id] if wanted(identifier)]
    if len(present) == len(flow.values[part.id]) and part.role == "dimension":
        return "true", []
    if not part.column:
        periods = [period for period in flow.periods if frequency_of(period) in present]
        return _one_of("period", periods)
    texts = catalogue.code_lists[part.code_list].texts
    return _one_of(part.column, [texts[identifier] for identifier in present])


def _in_time(flow: Flow, condition: Condition) -> Statement:
    days = days_of(condition.value)
    if days is None or condition.operator in ("co", "nc", "sw", "ew"):
        raise wrong_period(condition.value)
    wanted = from_sdmx(condition.value)
    chosen = []
    for period, written in flow.periods.items():
        span = days_of(written)
        if span is not None and _stands(condition.operator, span, days, same=period == wanted):
            chosen.append(period)
    return _one_of("period", chosen)


def _stands(operator: str, span: tuple[date, date], given: tuple[date, date], *, same: bool) -> bool:
    """Whether a period lies to the given one as asked; from its start on, up to its end, before it, after it."""
    if operator in ("eq", "ne"):
        return same if operator == "eq" else not same
    return {
        "ge": span[0] >= given[0],
        "gt": span[0] > given[1],
        "le": span[1] <= given[1],
        "lt": span[1] < given[0],
    }[operator]


def _numeric(part: Component, condition: Condition) -> Statement:
    try:
        number = float(condition.value)
    except ValueError:
        number = None
    if number is None or condition.operator not in _NUMERIC:
        raise KyotoError(
            f"{part.id} is a number",
            code="sdmx.wrong-filter",
            got=f"{condition.operator}:{condition.value}",
            expected="one of " + ", ".join(_NUMERIC) + " with a number, such as ge:100",
        )
    return f"{quoted(part.column)} {_NUMERIC[condition.operator]} ?", [number]


def _one_of(column: str, values: Sequence[str]) -> Statement:
    if not values:
        return "false", []
    if len(values) == 1:
        return f"{quoted(column)} = ?", [values[0]]
    return f"{quoted(column)} IN ({', '.join('?' * len(values))})", list(values)


def _all(found: Sequence[Statement]) -> Statement:
    return _put_together(found, " AND ")


def _any(found: Sequence[Statement]) -> Statement:
    return _put_together(found, " OR ")


def _put_together(found: Sequence[Statement], word: str) -> Statement:
    if not found:
        return "true", []
    sql = word.join(f"({statement})" if len(found) > 1 else statement for statement, _ in found)
    return f"({sql})", [value for _, values in found for value in values]
