"""The evidence register: search, filters and the list of what was found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from kyoto.portal.answer import Answer, NotFound
from kyoto.portal.book import Book
from kyoto.portal.drawing import standalone
from kyoto.portal.evidence import (
    FILTERS,
    ON_A_PAGE,
    Choice,
    Register,
    counted,
    found_records,
    read_choice,
    read_register_of,
)
from kyoto.portal.pages.about import MEDIA
from kyoto.portal.pages.evidence_forest import effect_text, forest_of, measure_name
from kyoto.portal.pages.rendering import Ask, render
from kyoto.portal.wording import Words

if TYPE_CHECKING:
    from kyoto.analysis.evaluation.register.model import Evidence

__all__ = ["evidence", "evidence_file", "summary_of", "value_name"]

_MOST_OPTIONS: Final = 200
_LONGEST: Final = 90


@dataclass(frozen=True, slots=True)
class _Field:
    """A filter with its values: value, name, number of records, whether chosen, address (between files)."""

    name: str
    title: str
    options: tuple[tuple[str, str, int, bool, str], ...]


def evidence(book: Book, ask: Ask) -> Answer:
    """The register, or what of it was asked for.

    Raises
    ------
    NotPublished
        A filter has a value that no record has.
    """
    register = read_register_of(book)
    if register is None:
        nothing = {"title": ask.words("evidence.no_register"), "text": ask.words("evidence.no_register_text")}
        return render("nothing", ask, book, nothing)
    choice = read_choice(register, ask.query)
    records = found_records(register, choice)
    last = max((len(records) - 1) // ON_A_PAGE + 1, 1)
    page = min(choice.page, last)
    query = choice.query()
    forest = forest_of(records, choice, ask)
    context: dict[str, Any] = {
        "title": ask.words("evidence.title"),
        "choice": choice,
        "total": len(register.entries),
        "count": len(records),
        "rows": [summary_of(register, record, ask) for record in records[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]],
        "fields": list(_fields(book, register, choice, ask)),
        "chosen": list(_chosen(book, choice, ask)),
        "pages": list(_pages(choice, page, last, ask)),
        "forest": forest,
        "files": [
            (kind, ask.to(path, query))
            for kind, path in (("csv", "evidence/data.csv"), ("svg", "evidence/forest.svg"))
            if ask.has(path, query) and (kind == "csv" or forest.drawings)
        ],
        "permalink": ask.to("evidence", query),
    }
    return render("evidence", ask, book, context)


def summary_of(register: Register, record: Evidence, ask: Ask) -> dict[str, Any]:
    """A record as a list shows it.

    Parameters
    ----------
    register
        Where it stands.
    record
        The record.
    ask
        The request.
    """
    words, name = ask.words, register.names[record.id]
    effect = ""
    if record.effect is not None and record.lower is not None and record.upper is not None:
        told = effect_text(record.measure, (record.effect, record.lower, record.upper), words)
        effect = f"{measure_name(record.measure, words)} {told}"
    return {
        "href": ask.to(f"evidence/records/{name}"),
        "card": ask.to(f"evidence/records/{name}/card"),
        "title": record.title,
        "programme": record.programme,
        "about": [text for text in (str(record.year or ""), record.area, record.setting) if text],
        "kind": words(f"evidence.kind_{record.kind}"),
        "outcome": record.outcome,
        "effect": effect,
        "direction": record.direction.replace(" ", "_"),
        "grade": record.grade.level,
    }


def value_name(book: Book, name: str, value: str, words: Words) -> str:
    """Value of a filter as a reader knows it.

    Parameters
    ----------
    book
        The build, which knows names of areas.
    name, value
        Filter and value.
    words
        Language.
    """
    if name == "iccs":
        return f"{value} {words.value('iccs', value)}"
    if name == "area":
        known = book.catalogue.area_name(value, words.language)
        return known if known == value else f"{known} ({value})"
    if name == "sdg":
        return words("evidence.target", code=value)
    text = words.texts.get(f"evidence.{name}_{value.replace(' ', '_')}", value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _fields(book: Book, register: Register, choice: Choice, ask: Ask) -> Iterator[_Field]:
    for name in FILTERS:
        values = register.values[name]
        if not values or (len(values) == 1 and name not in choice.filters):
            continue
        counts = counted(register, choice, name)
        options = []
        for value in values:
            if not counts.get(value) and value != choice.filters.get(name):
                continue
            query = choice.but(name, value).query()
            if ask.has("evidence", query):
                named = value_name(book, name, value, ask.words)
                chosen = value == choice.filters.get(name)
                options.append((value, named, counts.get(value, 0), chosen, ask.to("evidence", query)))
        if options:
            yield _Field(name, ask.words(f"evidence.filter_{name}"), tuple(options[:_MOST_OPTIONS]))


def _chosen(book: Book, choice: Choice, ask: Ask) -> Iterator[tuple[str, str, str]]:
    """What was asked for, each with the address of the same without it."""
    if choice.words:
        rest = Choice("", choice.filters)
        yield ask.words("evidence.words"), f"“{choice.words}”", ask.to("evidence", rest.query())
    for name in FILTERS:
        if name in choice.filters:
            told = value_name(book, name, choice.filters[name], ask.words)
            yield ask.words(f"evidence.filter_{name}"), told, ask.to("evidence", choice.but(name, "").query())


def _pages(choice: Choice, page: int, last: int, ask: Ask) -> Iterator[tuple[str, str]]:
    """Ways to the page before and after."""
    for key, other in (("before", page - 1), ("after", page + 1)):
        query = Choice(choice.words, choice.filters, other).query()
        if 1 <= other <= last and ask.has("evidence", query):
            yield ask.words(f"evidence.page_{key}", number=other, last=last), ask.to("evidence", query)


def evidence_file(book: Book, ask: Ask, name: str) -> Answer:
    """The records of a choice as CSV, or their forest plot as SVG.

    Parameters
    ----------
    book, ask
        The build, and the request.
    name
        ``data.csv`` or ``forest.svg``.

    Raises
    ------
    NotFound
        There is no register, or these records have no forest plot.
    NotPublished
        A filter has a value that no record has.
    """
    from kyoto.analysis.evaluation.register.storage import register_csv

    register = read_register_of(book)
    if register is None:
        raise NotFound(name)
    choice = read_choice(register, ask.query)
    records = found_records(register, choice)
    if name == "data.csv":
        return Answer(register_csv(records).encode(), MEDIA["csv"], name="evidence.csv")
    forest = forest_of(records, choice, ask)
    if not forest.drawings:
        raise NotFound(name)
    outcome = records[0].outcome or ask.words("evidence.forest")
    made = standalone(forest.drawings[0], outcome[:1].upper() + outcome[1:], forest.sentence, forest.notes)
    return Answer(made.encode(), MEDIA["svg"], name="evidence-forest.svg")
