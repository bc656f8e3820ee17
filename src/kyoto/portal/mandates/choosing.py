"""Facets in an address: which values are chosen, what each link adds or takes away, and pages of results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kyoto.cooperation.mandates.search.query import Result
from kyoto.portal.mandates.desk import Visit

__all__ = ["Choice", "Facet", "Value", "facets_of", "read_choice"]

PAGE = 25
_SHOWN = 12
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Choice:
    """What an address asks for: words, values by facet, and which page of results, from 1."""

    words: str
    where: Mapping[str, list[str]]
    page: int

    @property
    def offset(self) -> int:
        """Results before this page."""
        return (self.page - 1) * PAGE

    def query(self, **changes: object) -> dict[str, object]:
        """Parameters of the same choice."""
        return {"q": self.words, **self.where, **changes}


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a facet: how many there are, whether it is chosen, and the choice with or without it."""

    value: str
    count: int
    chosen: bool
    query: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with its values, the most frequent first; ``more`` are folded away."""

    name: str
    shown: tuple[Value, ...]
    more: tuple[Value, ...]


def read_choice(visit: Visit, names: tuple[str, ...]) -> Choice:
    """Read the choice of an address; parameters that are no facet are left alone."""
    where = {name: [value for value in visit.query.get(name, []) if value][:20] for name in names}
    asked = visit.asked("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    return Choice(
        visit.asked("q")[:_LONGEST].strip(), {name: each for name, each in where.items() if each}, max(number, 1)
    )


def facets_of(choice: Choice, result: Result, names: tuple[str, ...]) -> list[Facet]:
    """Facets of a result, each value with the number of results that have it; chosen ones stay though none has them."""
    found = []
    for name in names:
        counts = dict(result.facets.get(name, {}))
        chosen = choice.where.get(name, [])
        counts |= {value: 0 for value in chosen if value not in counts}
        values = tuple(
            Value(value, count, value in chosen, _toggled(choice, name, value)) for value, count in counts.items()
        )
        if values:
            found.append(Facet(name, values[:_SHOWN], values[_SHOWN:]))
    return found


def _toggled(choice: Choice, name: str, value: str) -> Mapping[str, object]:
    chosen = choice.where.get(name, [])
    after = [one for one in chosen if one != value] if value in chosen else [*chosen, value]
    return choice.query(**{name: after})
