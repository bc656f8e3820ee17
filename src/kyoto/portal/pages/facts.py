"""How figures were made, in the reader's language, out of the facts of the manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kyoto.portal.book import Book
from kyoto.portal.catalogue import Series
from kyoto.portal.wording import Words
from kyoto.statistics.explain.evidence import is_protected
from kyoto.statistics.explain.rules import disclosure_words, step_facts
from kyoto.statistics.indicators import registry

__all__ = ["Fact", "protection", "public_findings", "series_facts"]

Fact = tuple[str, str, str]
"""Label, text, and the language of the text where it is not the reader's."""


def series_facts(book: Book, series: Series, words: Words) -> list[Fact]:
    """How the figures of a series were made.

    Parameters
    ----------
    book
        The build.
    series
        The series.
    words
        Language of the reader.
    """
    if series.kind == "indicator":
        return list(_indicator(series, words))
    facts = step_facts(book.snapshot.manifest, f"table:{series.table}")
    return [*_counting(facts, words), *_source(book, series, facts, words), *_protection(facts, words)]


def protection(book: Book, series: Series, words: Words) -> str:
    """What the reader of a figure must know about its protection, in one sentence."""
    facts = step_facts(book.snapshot.manifest, f"table:{series.table}").get("disclosure") or {}
    return words.texts.get(f"explore.protected_{facts.get('method')}", "")


def public_findings(book: Book) -> list[dict[str, Any]]:
    """Findings of the checks that may be shown: without single records where persons are protected."""
    import json

    path = book.snapshot.folder / "quality.json"
    if not path.is_file():
        return []
    manifest = book.snapshot.manifest
    protected = any(is_protected(step_facts(manifest, f"table:{name}")) for name in book.snapshot.tables)
    hidden = {"examples"} if protected or not book.snapshot.tables else set()
    findings = json.loads(path.read_text(encoding="utf-8")).get("findings", [])
    return [{key: value for key, value in finding.items() if key not in hidden} for finding in findings]


def _counting(facts: Mapping[str, Any], words: Words) -> Iterator[Fact]:
    identifier = facts.get("identifier")
    each = words("methods.identifier", name=identifier) if identifier else words("methods.each")
    yield words("methods.unit"), f"{words.unit(str(facts.get('unit') or 'record'))}, {each}", ""
    if facts.get("by"):
        yield words("methods.divided"), ", ".join(words.dimension(str(by).partition(":")[0]) for by in facts["by"]), ""
    if facts.get("where"):
        yield words("methods.where"), str(facts["where"]), "en"
    if facts.get("attempts") in ("inside", "apart", "excluded"):
        yield words("methods.attempts"), words(f"compare.attempts_{facts['attempts']}"), ""
    principal = "yes" if facts.get("principal_offence") else "no"
    yield words("methods.principal"), words(f"compare.principal_{principal}"), ""
    if facts.get("date"):
        yield words("methods.date"), str(facts["date"]), ""
    period = facts.get("reference_period")
    if period:
        ends = period if isinstance(period, list) else [period]
        yield words("methods.reference"), words.span(str(ends[0]), str(ends[-1])), ""
    if facts.get("rate"):
        yield words("methods.rate"), words("methods.rate_text", number=words.number(float(facts["rate"]))), ""


def _source(book: Book, series: Series, facts: Mapping[str, Any], words: Words) -> Iterator[Fact]:
    source = step_facts(book.snapshot.manifest, f"source:{facts.get('source', '')}")
    if source.get("rows_in") is not None:
        rows = {name: words.number(float(source[f"rows_{name}"])) for name in ("in", "counted", "rejected")}
        text = (
            f"{facts['source']}: {words('methods.rows').lower()} {rows['in']} = {words('methods.counted').lower()}"
            f" {rows['counted']} + {words('methods.rejected').lower()} {rows['rejected']}"
        )
        yield words("methods.source"), text, ""
    elif series.source:
        yield words("methods.source"), series.source, ""
    table = source.get("correspondence")
    name = (table.get("title") or table.get("name")) if isinstance(table, Mapping) else table
    if name:
        yield words("methods.classification"), words("methods.correspondence", name=name), ""


def _protection(facts: Mapping[str, Any], words: Words) -> Iterator[Fact]:
    disclosure = facts.get("disclosure") or {}
    short = words.texts.get(f"explore.protected_{disclosure.get('method')}")
    if short:
        yield words("methods.protection"), short, ""
    if disclosure.get("guarantee"):
        yield words("methods.protection"), disclosure_words(disclosure), "en"


def _indicator(series: Series, words: Words) -> Iterator[Fact]:
    known = registry().get(series.code)
    yield words("methods.indicator"), f"{series.code}: {series.title}", "en"
    yield words("methods.unit"), words.unit(series.unit), ""
    yield words("methods.source"), series.source, ""
    if known is not None and known.custodian:
        yield words("methods.custodian"), ", ".join(known.custodian), ""
    if known is not None and known.note:
        yield words("explore.remark"), known.note, "en"
