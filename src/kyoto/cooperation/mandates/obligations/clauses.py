"""Which verbs of a paragraph are the body's own, and where the words of each end."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from kyoto.cooperation.mandates.verbs import known_verbs

__all__ = ["Clause", "clauses"]

_NOUNS = {"requests", "notes", "calls for", "supports", "recommends", "considers", "confirms", "highlights"}
_AFTER_NOUN = re.compile(r"\s+(?:for|of|from|by|and|or|in|on|made|verbales)\b|[,;.]")
_QUOTE = re.compile(r"[“”\"]")
_DECISION = re.compile(
    r"\b[Tt]he (?P<body>Commission|Council|General Assembly"
    r"|Economic and Social Council)[\w ]*?\s(?P<verb>decided|decides)\b"
)
_LATE = re.compile(
    r"\s+(?:the|that|its|all|Member|States|Governments|those|with|once|his|their|in th)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One verb of the body and its words: positions in the clean text."""

    verb: str
    force: str
    strong: bool
    start: int
    verb_end: int
    end: int


def clauses(text: str) -> list[Clause]:
    """Cut the text of an operative paragraph at the verbs that have the body as subject.

    A verb counts at the start, or in the third person behind a comma (with or without “and”, “in that regard”), or
    behind
    “and” alone if an addressee or “that” follows. Verbs within quotation marks do not count.

    Parameters
    ----------
    text
        Clean text of the paragraph with its sub-paragraphs.

    Returns
    -------
    list of Clause
        In order; empty if the paragraph begins with no known verb.

    Examples
    --------
    >>> [(found.verb, found.force) for found in clauses("Welcomes the report, and also invites States to reply;")]
    [('Welcomes', 'welcome'), ('invites', 'invite')]
    """
    verbs = known_verbs()
    first = verbs.start.match(text)
    if first is None:
        return _of_decision(text)
    marks = [(first.start("verb"), first.end("verb"), first["verb"], first["adverb"])]
    quotes = [found.start() for found in _QUOTE.finditer(text)]
    marks += [
        (found.start("verb"), found.end("verb"), found["verb"], found["adverb"])
        for found in verbs.within.finditer(text, first.end())
        if _is_own(text, found) and bisect_left(quotes, found.start()) % 2 == 0
    ]
    ends = [start for start, _, _, _ in marks[1:]] + [len(text)]
    return [
        Clause(
            verb=verb,
            force=verbs.force(verb),
            strong="strongly" in adverb.lower() or "firmly" in adverb.lower(),
            start=start,
            verb_end=verb_end,
            end=end,
        )
        for (start, verb_end, verb, adverb), end in zip(marks, ends, strict=True)
    ]


def _is_own(text: str, found: re.Match[str]) -> bool:
    """Whether a verb in the middle is the body's, not a noun and not of another subject."""
    after = text[found.end("verb") : found.end("verb") + 40]
    verb = " ".join(found["verb"].lower().split())
    if verb in _NOUNS and _AFTER_NOUN.match(after) and not re.match(r"\s+in (?:this|that)\b", after):
        return False
    link = found["link"]
    if link.strip() == "and":
        return (
            verb in known_verbs().force_of and _LATE.match(after) is not None and verb not in ("supports", "considers")
        )
    return True


def _of_decision(text: str) -> list[Clause]:
    """The text of a decision in the past or with the body as subject."""
    found = _DECISION.search(text)
    if found is None:
        return []
    return [Clause(found["verb"], "decide", False, found.start("verb"), found.end("verb"), len(text))]
