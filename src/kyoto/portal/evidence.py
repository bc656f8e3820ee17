"""The evidence register of a build: its records, and a reader's choice among them.

The room of evaluation writes it (:mod:`kyoto.analysis.evaluation.building`); here it is read once a build, searched and
spelled as addresses.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kyoto.portal.links import Query
from kyoto.portal.selection import NotPublished

if TYPE_CHECKING:
    from kyoto.analysis.evaluation.register.model import Evidence
    from kyoto.analysis.evaluation.register.search import RegisterIndex
    from kyoto.analysis.evaluation.register.storage import Entry
    from kyoto.portal.book import Book

__all__ = [
    "FILTERS",
    "ON_A_PAGE",
    "Choice",
    "Register",
    "counted",
    "evidence_pages",
    "found_records",
    "has_register",
    "read_choice",
    "read_register_of",
]

FILTERS: Final = (
    "programme",
    "outcome",
    "iccs",
    "sdg",
    "grade",
    "direction",
    "measure",
    "area",
    "setting",
    "kind",
)
"""Filters in the order in which they are offered."""

ON_A_PAGE: Final = 25
"""Records on one page of a list."""
_FILE: Final = "evaluation/register.json"
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Register:
    """Records of a build.

    Parameters
    ----------
    entries
        Records with their cards, by the name that stands for them in addresses.
    index
        For searching.
    names
        Name in addresses by identifier.
    values
        Values of each filter with the number of records of each.
    """

    entries: Mapping[str, Entry]
    index: RegisterIndex
    names: Mapping[str, str]
    values: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reader asked the register for.

    Parameters
    ----------
    words
        Words to search.
    filters
        Value by name of the filter; only those that are set.
    page
        Of the list, from 1.
    """

    words: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    page: int = 1

    def query(self) -> Query:
        """Parameters of the address, in their fixed order."""
        pairs = [("q", self.words), *((name, self.filters.get(name, "")) for name in FILTERS)]
        pairs.append(("page", str(self.page) if self.page > 1 else ""))
        return [(name, value) for name, value in pairs if value]

    def but(self, name: str, value: str) -> Choice:
        """The same with another value of one filter, or without it; the list from its beginning.

        Examples
        --------
        >>> Choice("lamps", {"area": "IE"}, 3).but("grade", "4").query()
        [('q', 'lamps'), ('grade', '4'), ('area', 'IE')]
        """
        filters = {key: kept for key, kept in self.filters.items() if key != name}
        return replace(self, filters={**filters, name: value} if value else filters, page=1)


def has_register(book: Book) -> bool:
    """Whether the build has an evidence register."""
    return (book.snapshot.folder / _FILE).is_file()


def read_register_of(book: Book) -> Register | None:
    """The register of a build; None if it has none."""
    return _read(book.snapshot.folder / _FILE, book.snapshot.version) if has_register(book) else None


@lru_cache(maxsize=2)
def _read(path: Path, version: str) -> Register:
    """Read a register once a build; a folder may be used again, a version is of one build alone."""
    from kyoto.analysis.evaluation.register.search import index_register
    from kyoto.analysis.evaluation.register.storage import read_entries

    entries = {_name(entry.record.id): entry for entry in read_entries(path)}
    records = [entry.record for entry in entries.values()]
    values: dict[str, Counter[str]] = {name: Counter() for name in FILTERS}
    for record in records:
        for name, value in _values(record):
            values[name][value] += 1
    return Register(
        entries=entries,
        index=index_register(records),
        names={entry.record.id: name for name, entry in entries.items()},
        values={name: dict(sorted(counter.items())) for name, counter in values.items()},
    )


def _name(identifier: str) -> str:
    """Name in addresses: the identifier where it can stand in one, else with what tells it from others.

    Examples
    --------
    >>> _name("lamps-2010"), _name("a/b")
    ('lamps-2010', 'a-b-c14cddc0')
    """
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", identifier)[:60].strip("-")
    if plain == identifier:
        return plain
    return f"{plain}-{hashlib.sha256(identifier.encode()).hexdigest()[:8]}"


def _values(record: Evidence) -> Iterator[tuple[str, str]]:
    """Filters under which a record is found."""
    for name in ("programme", "outcome", "measure", "area", "setting", "kind", "direction"):
        value = str(getattr(record, name))
        if value:
            yield name, value
    for section in sorted({code[:2] for code in record.iccs}):
        yield "iccs", section
    for target in sorted({".".join(code.split(".")[:2]) for code in record.sdg}):
        yield "sdg", target
    for level in range(1, (record.grade.level or 0) + 1):
        yield "grade", str(level)


def read_choice(register: Register, query: Query) -> Choice:
    """Read an address; parameters that nothing here has are ignored.

    Raises
    ------
    NotPublished
        A filter has a value that no record has.
    """
    given = dict(query)
    filters = {}
    for name in FILTERS:
        value = given.get(name, "")
        if not value:
            continue
        if value not in register.values[name] and not (name in ("iccs", "sdg") and _below(register, name, value)):
            raise NotPublished(name, value[:_LONGEST])
        filters[name] = value
    page = given.get("page", "1")
    return Choice(
        given.get("q", "").strip()[:_LONGEST],
        filters,
        max(int(page), 1) if page.isdigit() and len(page) < 6 else 1,
    )


def _below(register: Register, name: str, value: str) -> bool:
    """Whether some record bears on a class or target that the filter does not list, being narrower or wider."""
    return any(
        code.startswith(value) or (name == "iccs" and value.startswith(code))
        for record in register.index.records
        for code in getattr(record, name)
    )


def found_records(register: Register, choice: Choice) -> tuple[Evidence, ...]:
    """Records of a choice, the best fit first."""
    from kyoto.analysis.evaluation.register.search import search_register

    filters = {name: value for name, value in choice.filters.items() if name != "grade"}
    level = int(choice.filters.get("grade", "0"))
    return search_register(register.index, choice.words, least_grade=level, **filters)


def counted(register: Register, choice: Choice, name: str) -> Mapping[str, int]:
    """How many records there would be for each value of a filter, the others as they are."""
    found: Counter[str] = Counter()
    for record in found_records(register, choice.but(name, "")):
        found.update(value for other, value in _values(record) if other == name)
    return found


def evidence_pages(book: Book) -> Iterator[tuple[str, Query]]:
    """Pages of the register between files: each record and its card, the list whole and by each filter alone.

    An outcome that was measured on several scales is there by each of them too, so that every forest plot is.
    """
    register = read_register_of(book)
    if register is None:
        return
    for name in register.entries:
        yield f"evidence/records/{name}", ()
        yield f"evidence/records/{name}/card", ()
    for choice in _prepared(register):
        count = len(found_records(register, choice))
        for page in range(1, (count - 1) // ON_A_PAGE + 2):
            yield "evidence", replace(choice, page=page).query()
        yield "evidence/data.csv", choice.query()
        yield "evidence/forest.svg", choice.query()


def _prepared(register: Register) -> Iterator[Choice]:
    yield Choice()
    for name in FILTERS:
        for value in register.values[name]:
            choice = Choice("", {name: value})
            yield choice
            if name == "outcome":
                measures = sorted({record.measure for record in found_records(register, choice) if record.measure})
                for measure in measures if len(measures) > 1 else ():
                    yield choice.but("measure", measure)
