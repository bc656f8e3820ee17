"""Sentences without the marks of the extraction, and the way back to the source.

Extracted text carries emphasis (``*Requests*``), calls of footnotes (``Rules,¹⁸``), links (``[72/192](#)``), line
breaks and characters that are none. Rules read the clean sentence; every position in it leads back to a character of
the source.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from kyoto.cooperation.mandates.model import Document, Node, Span

__all__ = ["CALL", "CleanText", "clean", "clean_node", "inline_parts", "number_of_call", "raised"]

SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹ⁱᵛˣ"
_PLAIN = str.maketrans(SUPERSCRIPTS, "0123456789ivx")
CALL = re.compile(
    rf"[{SUPERSCRIPTS}]+|\^\{{([0-9ivxl]+)\}}|\^[0-9ivx]{{1,5}}(?![\w{{])|<sup>([0-9ivxl]+)</sup>|\$\^\{{[^$]*?(\d+)\}}\$"
)
"""A call of a footnote in the text: superscript digits, or what extraction makes of them."""

_MARKS = re.compile(
    rf" ?(?:{CALL.pattern})"
    r"|\*+|\[(?=[^\[\]]*\]\()|\]\([^()\s]*\)|\\[()\[\]*_#.<>-]|</?(?:sup|sub|i|b|em|strong)>"
    r"|&(?:quot|amp|lt|gt|apos|nbsp|#\d+);|[\s\u00a0\u2002-\u200b]+"
    r"|[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]+"
)


@dataclass(frozen=True, slots=True)
class CleanText:
    """A sentence and where each stretch of it stands in the source.

    Parameters
    ----------
    text
        Clean text.
    starts, sources
        Where each copied run begins in ``text`` and in the source (same length, ascending).
    """

    text: str
    starts: tuple[int, ...]
    sources: tuple[int, ...]

    def source(self, position: int) -> int:
        """Return the position in the source of a position in the clean text."""
        run = max(bisect_right(self.starts, position) - 1, 0)
        return self.sources[run] + position - self.starts[run]

    def span(self, start: int, end: int) -> Span:
        """Return the span of the source that a non-empty stretch of the clean text came from.

        Examples
        --------
        >>> found = clean("*Requests*  the Office", ((0, 22),))
        >>> found.text, found.span(9, 12)
        ('Requests the Office', (12, 15))
        """
        return self.source(start), self.source(end - 1) + 1


def number_of_call(call: str) -> str:
    """Return the plain number of a footnote call.

    Examples
    --------
    >>> number_of_call("¹⁸"), number_of_call("^{17}"), number_of_call("ⁱⁱ")
    ('18', '17', 'ii')
    """
    found = re.search(r"[0-9ivxl]+(?=\D*$)", call.translate(_PLAIN).replace("sup>", "").replace(r"\rm", ""))
    return found.group() if found else ""


def clean(text: str, spans: tuple[Span, ...], cuts: tuple[Span, ...] = ()) -> CleanText:
    """Make the clean text of some spans.

    Parameters
    ----------
    text
        The source.
    spans
        Stretches that belong together, in order; they are joined by a blank.
    cuts
        Stretches within them to leave out.

    Returns
    -------
    CleanText
    """
    runs: list[tuple[int, str]] = []
    for start, end in _without(spans, cuts):
        runs += _runs(text, start, end)
        runs.append((end, " "))
    return _joined(runs)


def raised(number: str) -> str:
    """Return the call of a footnote as it stands in a text.

    Examples
    --------
    >>> raised("18"), raised("iv")
    ('¹⁸', '^{iv}')
    """
    if number.isdigit():
        return number.translate(str.maketrans("0123456789", SUPERSCRIPTS[:10]))
    return f"^{{{number}}}"


def inline_parts(document: Document, node: Node) -> Iterator[tuple[str, bool]]:
    """Yield a node's text in order as (text, False), and the numbers of the footnotes it calls as (number, True)."""
    for start, end in _without(node.spans, node.cuts):
        position = start
        for call in CALL.finditer(document.text, start, end):
            yield "".join(piece for _, piece in _runs(document.text, position, call.start())), False
            yield number_of_call(call.group()), True
            position = call.end()
        yield "".join(piece for _, piece in _runs(document.text, position, end)) + " ", False


def clean_node(document: Document, node: Node) -> CleanText:
    """Make the clean text of a node's own spans (its children left out)."""
    return clean(document.text, node.spans, node.cuts)


def _without(spans: tuple[Span, ...], cuts: tuple[Span, ...]) -> list[Span]:
    kept = list(spans)
    for cut_start, cut_end in cuts:
        split: list[Span] = []
        for start, end in kept:
            if cut_end <= start or cut_start >= end:
                split.append((start, end))
                continue
            split += [part for part in ((start, cut_start), (cut_end, end)) if part[0] < part[1]]
        kept = split
    return kept


def _runs(text: str, start: int, end: int) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    position = start
    for mark in _MARKS.finditer(text, start, end):
        if mark.start() > position:
            found.append((position, text[position : mark.start()]))
        piece = mark.group()
        if piece.isspace():
            found.append((mark.start(), " "))
        elif piece.startswith("&"):
            found.append((mark.start(), html.unescape(piece)))
        elif piece.startswith("\\"):
            found.append((mark.start() + 1, piece[1:]))
        position = mark.end()
    if position < end:
        found.append((position, text[position:end]))
    return found


def _joined(runs: list[tuple[int, str]]) -> CleanText:
    parts: list[str] = []
    starts: list[int] = []
    sources: list[int] = []
    length = 0
    for source, piece in runs:
        if piece == " " and (not parts or parts[-1].endswith(" ")):
            continue
        starts.append(length)
        sources.append(source)
        parts.append(piece)
        length += len(piece)
    return CleanText("".join(parts).rstrip(), tuple(starts) or (0,), tuple(sources) or (0,))
