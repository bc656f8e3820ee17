"""The thesaurus: which words of four languages name the same thing, and which legal terms name which class.

Two small files, made to be read and corrected by people of the field. ``concepts.csv`` maps words and phrases to
concepts (``larcen*`` to ``theft``); ``terms.csv`` maps legal terms to classes (``pickpocketing`` to 050221). In a
phrase, ``word*`` is any ending, ``*part*`` a part of a compound, ``<concept>`` any one word of that concept.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from kyoto.statistics.classification.coder.text import fold, tokens

__all__ = ["Lexicon", "Matched", "Term", "lexicon", "terms"]


@dataclass(frozen=True, slots=True)
class Term:
    """A legal term and the class it names."""

    text: str
    language: str
    code: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Matched:
    """Words of a title that a phrase of the thesaurus recognised.

    Parameters
    ----------
    words
        The words as they stand in the title, folded.
    concepts
        What they mean.
    start, end
        Position among the tokens, end excluded.
    """

    words: str
    concepts: tuple[str, ...]
    start: int
    end: int


@dataclass(slots=True)
class _Node:
    """Place in the tree of phrases: what may follow, and what a phrase that ends here means."""

    after: dict[str, _Node] = field(default_factory=dict)
    concepts: set[str] = field(default_factory=set)


class Lexicon:
    """Recognises the concepts in a title.

    Parameters
    ----------
    rows
        Pairs of concepts (separated by spaces) and phrases (separated by semicolons).

    Examples
    --------
    >>> known = Lexicon([("theft", "larcen*; steal*"), ("vehicle", "car"), ("from_vehicle", "from <vehicle>")])
    >>> [match.concepts for match in known.matches(["larceny", "from", "car"])]
    [('theft',), ('from_vehicle', 'vehicle')]
    """

    def __init__(self, rows: Iterable[tuple[str, str]]) -> None:
        self._root = _Node()
        self._whole: set[str] = set()
        self._starts: set[str] = set()
        self._parts: list[str] = []
        self._single: dict[str, set[str]] = {}
        self._elements: dict[str, tuple[str, ...]] = {}
        for concepts, phrases in rows:
            for phrase in phrases.split(";"):
                self._add(phrase, concepts.split())
        self._shortest_start = min(map(len, self._starts), default=1)

    def _add(self, phrase: str, concepts: list[str]) -> None:
        elements = _phrase_elements(phrase)
        if not elements:
            return
        for element in elements:
            self._learn(element)
        if len(elements) == 1 and not elements[0].startswith("<"):
            self._single.setdefault(elements[0], set()).update(concepts)
        node = self._root
        for element in elements:
            node = node.after.setdefault(element, _Node())
        node.concepts.update(concepts)

    def _learn(self, element: str) -> None:
        if element.startswith("<"):
            return
        if element.startswith("*"):
            if element not in self._parts:
                self._parts.append(element)
        elif element.endswith("*"):
            self._starts.add(element[:-1])
        else:
            self._whole.add(element)

    def elements_of(self, token: str) -> tuple[str, ...]:
        """Elements of phrases that a token can stand for, the most particular first."""
        known = self._elements.get(token)
        if known is None:
            known = self._elements[token] = tuple(self._find_elements(token))
        return known

    def _find_elements(self, token: str) -> list[str]:
        found = [token] if token in self._whole else []
        lengths = range(len(token), self._shortest_start - 1, -1)
        found += [token[:length] + "*" for length in lengths if token[:length] in self._starts]
        found += [part for part in self._parts if _has_part(token, part)]
        concepts: set[str] = set()
        for element in found:
            concepts |= self._single.get(element, set())
        return found + [f"<{concept}>" for concept in sorted(concepts)]

    def matches(self, words: list[str]) -> list[Matched]:
        """Longest phrases from left to right.

        Parameters
        ----------
        words
            Tokens of one title.

        Returns
        -------
        list of Matched
            In the order of the title; they do not overlap.
        """
        found = []
        position = 0
        while position < len(words):
            end, concepts = self._longest(words, position)
            if end > position:
                text = " ".join(words[position:end])
                found.append(Matched(text, tuple(sorted(concepts)), position, end))
            position = max(end, position + 1)
        return found

    def _longest(self, words: list[str], start: int) -> tuple[int, set[str]]:
        """End and concepts of the longest phrases that begin at a position; equally long ones are joined."""
        best_end, best = start, set[str]()
        front: list[tuple[_Node, frozenset[str]]] = [(self._root, frozenset())]
        for position in range(start, len(words)):
            front = list(self._step(front, words[position]))
            if not front:
                break
            ended = [node.concepts | passed for node, passed in front if node.concepts]
            if ended:
                best_end, best = position + 1, set().union(*ended)
        return best_end, best

    def _step(self, front: list[tuple[_Node, frozenset[str]]], word: str) -> Iterator[tuple[_Node, frozenset[str]]]:
        for element in self.elements_of(word):
            for node, passed in front:
                following = node.after.get(element)
                if following is not None:
                    is_concept = element.startswith("<")
                    yield following, passed | {element[1:-1]} if is_concept else passed


def _has_part(token: str, part: str) -> bool:
    core = part.strip("*")
    return (core in token) if part.endswith("*") else token.endswith(core)


def _phrase_elements(phrase: str) -> tuple[str, ...]:
    """Split a phrase into elements: concepts in angle brackets stay whole, words are folded like titles."""
    elements: list[str] = []
    for piece in phrase.split():
        if piece.startswith("<") or "*" in piece:
            elements.append(piece if piece.startswith("<") else fold(piece))
        else:
            elements += tokens(piece)
    return tuple(elements)


def _rows(name: str) -> list[dict[str, str]]:
    folder = files("kyoto.statistics.classification.coder") / "data"
    text = (folder / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def lexicon() -> Lexicon:
    """The concepts that come with Kyoto."""
    return Lexicon((row["concepts"], row["words"]) for row in _rows("concepts.csv"))


@cache
def terms() -> tuple[Term, ...]:
    """The legal terms that come with Kyoto."""
    return tuple(Term(row["term"], row["language"], row["iccs_code"], row["meaning"]) for row in _rows("terms.csv"))
