"""What of a flow somebody asks for: keys, filters of components, periods, numbers of observations.

Source: SDMX REST 1.5 (SDMX 2.1) and 2.1 (SDMX 3.0), data queries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from kyoto.core.errors import KyotoError
from kyoto.statistics.exchange.sdmx.model import Flow
from kyoto.statistics.exchange.sdmx.periods import days_of

__all__ = ["Condition", "DataQuery", "Key", "Operator", "parse_filter", "parse_key", "period_conditions"]

Operator = Literal["eq", "ne", "lt", "le", "gt", "ge", "co", "nc", "sw", "ew"]
_OPERATORS: Final[tuple[str, ...]] = get_args(Operator)
_MANY: Final = 2000
"""Values, keys or conditions of one query; more are refused."""

Key = tuple[tuple[str, ...], ...]
"""Identifiers wanted of each dimension, in the order of the key; none: any."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison.

    Parameters
    ----------
    operator
        ``eq``, ``ne``, ``lt``, ``le``, ``gt``, ``ge``, ``co`` (contains), ``nc`` (does not), ``sw`` (starts with),
        ``ew`` (ends with).
    value
        What is compared with.
    """

    operator: Operator
    value: str


@dataclass(frozen=True, slots=True)
class DataQuery:
    """Observations that somebody asks for; all of a flow by default.

    Parameters
    ----------
    keys
        An observation has to match one of them; none: any.
    filters
        By component: one of the alternatives has to hold, each with all its conditions.
    first, last
        Observations wanted of each series, from the start and from the end.
    offset, limit
        Observations to skip, and to return at most.
    sort
        Components and whether they descend, before the order of the key.
    """

    keys: tuple[Key, ...] = ()
    filters: Mapping[str, tuple[tuple[Condition, ...], ...]] = field(default_factory=dict)
    first: int | None = None
    last: int | None = None
    offset: int = 0
    limit: int | None = None
    sort: tuple[tuple[str, bool], ...] = ()


def parse_key(flow: Flow, text: str) -> tuple[Key, ...]:
    """Read a key, or several of them.

    Parameters
    ----------
    flow
        The flow; its dimensions without time make the key.
    text
        Identifiers between dots, several of a dimension joined by ``+``, nothing or ``*`` for any, several keys between
        commas. ``all``, ``*`` and nothing stand for everything. What is left out at the end is any.

    Raises
    ------
    KyotoError
        ``sdmx.wrong-key``: more parts than dimensions, or too many keys.
    """
    if text in ("", "*", "all"):
        return ()
    keys: list[Key] = []
    for one in text.split(","):
        parts = one.split(".")
        if len(parts) > len(flow.dimensions):
            raise KyotoError(
                "The key has more parts than the flow has dimensions",
                code="sdmx.wrong-key",
                got=one,
                expected=".".join(part.id for part in flow.dimensions),
            )
        values = (part.split("+") for part in parts)
        keys.append(tuple(() if "*" in part or part == [""] else tuple(filter(None, part)) for part in values))
    if len(keys) > _MANY or sum(len(part) for key in keys for part in key) > _MANY:
        raise _too_many(f"{len(keys)} keys")
    return tuple(keys)


def parse_filter(text: str) -> tuple[tuple[Condition, ...], ...]:
    """Read the filter of one component: alternatives between commas, conditions that hold together between ``+``.

    Raises
    ------
    KyotoError
        ``sdmx.wrong-filter``: empty, or too long.

    Examples
    --------
    >>> parse_filter("ge:2016+le:2018,2020")[1]
    (Condition(operator='eq', value='2020'),)
    """
    alternatives = tuple(tuple(_condition(part) for part in one.split("+")) for one in text.split(","))
    if sum(len(one) for one in alternatives) > _MANY:
        raise _too_many(f"{len(alternatives)} values")
    return alternatives


def period_conditions(start: str | None, end: str | None) -> tuple[Condition, ...]:
    """Conditions on time for a first and a last period, both inside.

    Raises
    ------
    KyotoError
        ``sdmx.wrong-period``.

    Examples
    --------
    >>> period_conditions("2016", None)
    (Condition(operator='ge', value='2016'),)
    """
    given: Sequence[tuple[Operator, str | None]] = (("ge", start), ("le", end))
    found = []
    for operator, text in given:
        if text is not None:
            if days_of(text) is None:
                raise wrong_period(text)
            found.append(Condition(operator, text))
    return tuple(found)


def wrong_period(text: str) -> KyotoError:
    """Error for a text that is no period."""
    return KyotoError(
        "Not a period",
        code="sdmx.wrong-period",
        got=text,
        expected="a year, quarter, month, week or day, such as 2016, 2016-Q3, 2016-07, 2016-W27 or 2016-07-01",
    )


def _condition(text: str) -> Condition:
    operator, colon, value = text.partition(":")
    named = bool(colon) and operator in _OPERATORS
    found = Condition(operator, value) if named else Condition("eq", text)  # type: ignore[arg-type]
    if not found.value:
        raise KyotoError(
            "A filter has no value",
            code="sdmx.wrong-filter",
            got=text,
            expected="a value, or an operator and a value, such as ge:2016; operators are " + ", ".join(_OPERATORS),
        )
    return found


def _too_many(got: str) -> KyotoError:
    return KyotoError(
        "The query names too many values",
        code="sdmx.query-too-long",
        got=got,
        expected=f"at most {_MANY}",
        hint="Ask for any value of a dimension, or in several queries.",
    )
