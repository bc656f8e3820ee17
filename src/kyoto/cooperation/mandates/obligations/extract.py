"""Obligations of a document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kyoto.cooperation.mandates.cleantext import CleanText, clean
from kyoto.cooperation.mandates.model import Document, Node
from kyoto.cooperation.mandates.obligations.addressees import addressees
from kyoto.cooperation.mandates.obligations.clauses import Clause, clauses
from kyoto.cooperation.mandates.obligations.lexicon import known_conditions
from kyoto.cooperation.mandates.obligations.model import Due, Found, Obligation
from kyoto.cooperation.mandates.obligations.relations import beneficiaries, partners, recipients
from kyoto.cooperation.mandates.obligations.timing import due_dates, number_of_ordinal
from kyoto.cooperation.mandates.verbs import known_verbs

__all__ = ["obligations", "paragraph_text"]

_PARTS = frozenset({"sub", "entry", "operative"})
_CONGRESS = re.compile(r"\b([A-Z][a-z]+(?:-[a-z]+)?th) (?:United Nations )?Congress on Crime")
_ANY_CONGRESS = re.compile(r"\b([A-Z][a-z]+(?:-[a-z]+)?th) (?:United Nations )?(?:[Cc]rime )?Congress\b")


def paragraph_text(document: Document, node: Node) -> CleanText:
    """Return the clean text of a paragraph with its sub-paragraphs (agendas left out)."""
    parts = [below for below in node.walk() if below is node or below.kind in _PARTS]
    spans = sorted(span for part in parts for span in part.spans)
    return clean(document.text, tuple(spans), tuple(cut for part in parts for cut in part.cuts))


def obligations(document: Document) -> list[Obligation]:
    r"""Find what each operative paragraph of a document says.

    Speakers' remarks, summaries and preambles are no mandates: only operative paragraphs of resolutions, and the text
    of
    decisions, are read.

    Parameters
    ----------
    document
        A document as read.

    Returns
    -------
    list of Obligation
        In order of the text; one a verb. All are suggestions.

    Examples
    --------
    >>> from kyoto.cooperation.mandates.structure import parse
    >>> text = "Resolution 1/1\n\nData\n\nThe General Assembly,\n\n1. Requests the Secretary-General to act.\n"
    >>> [(found.force, found.addressees[0].id) for found in obligations(parse(text))]
    [('request', 'secretary-general')]
    """
    name = document.symbol or document.name
    found: list[Obligation] = []
    for act in document.resolutions():
        congress = _congress(document, act)
        for node in document.operative(act):
            found += _of_paragraph(document, name, act, node, congress)
    return found


def _congress(document: Document, act: Node) -> int | None:
    """Number of the congress that the act names most often."""
    start, end = (
        act.spans[0][0] if act.spans else 0,
        max((span[1] for node in act.walk() for span in node.spans), default=0),
    )
    named = _ANY_CONGRESS.findall(document.text, start, end)
    for word in sorted(set(named), key=named.count, reverse=True):
        try:
            return number_of_ordinal(word)
        except ValueError:
            continue
    return None


def _of_paragraph(document: Document, name: str, act: Node, node: Node, congress: int | None) -> Iterator[Obligation]:
    whole = paragraph_text(document, node)
    for place, clause in enumerate(clauses(whole.text), 1):
        yield _obligation(name, act, node, whole, clause, place, congress)


def _obligation(
    name: str, act: Node, node: Node, whole: CleanText, clause: Clause, place: int, congress: int | None
) -> Obligation:
    text, end = whole.text, clause.end
    asks = clause.force in known_verbs().asks
    asked, begin = addressees(text, clause) if asks else ([], clause.verb_end)
    action = _action(whole, begin, end) if asks else None

    def located(parties: Iterable[tuple[str, int, int]]) -> tuple[Found, ...]:
        return tuple(Found(party, text[start:stop], whole.span(start, stop)) for party, start, stop in parties)

    return Obligation(
        id=f"{name}#{node.id}:{place}",
        document=name,
        act=act.id,
        paragraph=node.id,
        place=place,
        verb=clause.verb,
        force=clause.force,
        strong=clause.strong,
        asks=asks,
        addressees=located(asked),
        action=action,
        conditions=tuple(_conditions(whole, clause)) if asks else (),
        due=tuple(_due(whole, clause, congress)) if asks else (),
        partners=located(partners(text, clause.verb_end, end)) if asks else (),
        beneficiaries=located(beneficiaries(text, begin, end)) if asks else (),
        report_to=located(recipients(text, begin, end)) if asks else (),
        clause=text[clause.start : end].strip(" ,;"),
        span=whole.span(clause.start, end),
    )


def _action(whole: CleanText, start: int, end: int) -> Found | None:
    words = whole.text[start:end]
    lead = len(words) - len(words.lstrip(" ,"))
    trimmed = re.sub(
        r"[\s,;.]*(?:and(?: also| further)?(?: in (?:this|that) regard)?|and to that end)?[\s,;.]*$", "", words
    )[lead:]
    if not trimmed:
        return None
    return Found("action", trimmed, whole.span(start + lead, start + lead + len(trimmed)))


def _conditions(whole: CleanText, clause: Clause) -> Iterator[Found]:
    for identifier, pattern in known_conditions():
        for found in pattern.finditer(whole.text, clause.verb_end, clause.end):
            yield Found(identifier, found.group(), whole.span(found.start(), found.end()))


def _due(whole: CleanText, clause: Clause, congress: int | None) -> Iterator[Due]:
    for kind, value, start, end in due_dates(whole.text, clause.verb_end, clause.end, congress):
        yield Due(kind, value, whole.text[start:end], whole.span(start, end))
