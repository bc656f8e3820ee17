"""Hierarchical log-linear models in the notation of the field: ``[12,13,4]`` names the largest interactions."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np

from kyoto.analysis.hidden.arrays import Integers
from kyoto.analysis.hidden.model import CaptureTable, digits
from kyoto.core.errors import KyotoError

__all__ = ["Catalogue", "catalogue", "format_model", "main_effects", "pairs", "parse_model", "terms_of"]

MAXIMUM_MODELS = 100_000


def main_effects(k: int) -> Integers:
    """Intercept and one term a list."""
    return np.array([0, *(1 << index for index in range(k))], dtype=np.int64)


def pairs(k: int) -> Integers:
    """All pairs of lists, in the order 12, 13, 23, 14, 24, 34, ...

    Examples
    --------
    >>> [digits(int(pair)) for pair in pairs(4)]
    ['12', '13', '23', '14', '24', '34']
    """
    masks = [(1 << first) | (1 << second) for second in range(k) for first in range(second)]
    return np.array(masks, dtype=np.int64)


def terms_of(generators: Iterable[int], k: int) -> Integers:
    """All terms of the hierarchical model that the generators span, main effects always in; by size, then by mask."""
    found = {0, *(1 << index for index in range(k))}
    for generator in generators:
        subset = generator
        while subset:
            found.add(subset)
            subset = (subset - 1) & generator
    return np.array(sorted(found, key=lambda mask: (mask.bit_count(), mask)), dtype=np.int64)


def format_model(terms: Iterable[int]) -> str:
    """Notation of a model from its terms.

    Examples
    --------
    >>> format_model([0, 1, 2, 4, 3])
    '[12,3]'
    >>> format_model(terms_of([0b111, 0b1010], 4))
    '[123,24]'
    """
    present = [int(term) for term in terms if term]
    largest = [term for term in present if not any(term != other and term & other == term for other in present)]
    ordered = sorted(largest, key=lambda mask: (-mask.bit_count(), [int(part) for part in _numbers(mask)]))
    return "[" + ",".join(digits(mask) for mask in ordered) + "]"


def _numbers(mask: int) -> list[int]:
    return [index + 1 for index in range(mask.bit_length()) if mask >> index & 1]


def parse_model(text: str, table: CaptureTable) -> Integers:
    """Terms of a model as the user wrote it.

    Parameters
    ----------
    text
        ``"[12,13,4]"`` with numbers of lists, or ``"[LA:NG,GO]"`` with their names. Lists of two digits take dots:
        ``"[1.10,2]"``. ``"main"`` is main effects, ``"pairs"`` all pairs. Main effects are always part of the model.
    table
        The lists.

    Returns
    -------
    numpy.ndarray
        Masks of all terms, the intercept first.

    Raises
    ------
    KyotoError
        ``hidden.wrong-model``.

    Examples
    --------
    >>> table = CaptureTable.from_histories("ABC", {(0, 1, 2): 1})
    >>> format_model(parse_model("[A:B,3]", table))
    '[12,3]'
    """
    shown = text.strip()
    if shown in {"main", "main effects"}:
        return main_effects(table.k)
    if shown == "pairs":
        return terms_of((int(pair) for pair in pairs(table.k)), table.k)
    if not (shown.startswith("[") and shown.endswith("]")):
        raise _wrong_model(text, "brackets are missing")
    generators = [_parse_generator(part.strip(), table, text) for part in shown[1:-1].split(",") if part.strip()]
    if any(generator == (1 << table.k) - 1 for generator in generators):
        raise _wrong_model(text, "the interaction of all lists leaves nothing to estimate from")
    return terms_of(generators, table.k)


def _parse_generator(part: str, table: CaptureTable, text: str) -> int:
    by_name = {name: index for index, name in enumerate(table.lists)}
    words = part.split(":")
    if all(word in by_name for word in words):
        return sum(1 << by_name[word] for word in set(words))
    if not re.fullmatch(r"[\d.]+", part):
        raise _wrong_model(text, f"{part!r} names no list")
    numbers = [int(number) for number in (part.split(".") if "." in part else part) if number]
    if not all(1 <= number <= table.k for number in numbers):
        raise _wrong_model(text, f"{part!r} is outside the lists 1 to {table.k}")
    return sum(1 << (number - 1) for number in set(numbers))


def _wrong_model(text: str, why: str) -> KyotoError:
    return KyotoError(
        "Not a hierarchical model",
        code="hidden.wrong-model",
        got=text,
        detail=why,
        expected="for example [12,13,4], [LA:NG,GO], main or pairs",
        hint="Number the lists from 1 in the order of the columns, or join their names with a colon.",
    )


class Catalogue:
    """Hierarchical models packed for the compiled search.

    Parameters
    ----------
    k
        Number of lists.
    models
        Terms of each model.
    """

    __slots__ = ("k", "starts", "terms")

    def __init__(self, k: int, models: Iterable[Iterable[int]]) -> None:
        self.k = k
        listed = [tuple(int(term) for term in model) for model in models]
        self.starts = np.cumsum([0, *(len(model) for model in listed)]).astype(np.int64)
        self.terms = np.array([term for model in listed for term in model], dtype=np.int64)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def model(self, index: int) -> Integers:
        """Terms of one model."""
        return self.terms[self.starts[index] : self.starts[index + 1]]

    def subset(self, indices: Iterable[int]) -> Catalogue:
        """Catalogue of some of the models, in the order given."""
        chosen = np.fromiter(indices, dtype=np.int64)
        sizes = np.diff(self.starts)[chosen]
        part = Catalogue(self.k, ())
        part.starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        shift = np.repeat(self.starts[chosen] - part.starts[:-1], sizes)
        part.terms = self.terms[np.arange(part.starts[-1]) + shift]
        return part


@lru_cache(maxsize=16)
def catalogue(k: int, order: int) -> Catalogue:
    """All hierarchical models of ``k`` lists up to an interaction order.

    Raises
    ------
    KyotoError
        ``hidden.too-many-models``: more than 100,000; use stepwise selection.

    Examples
    --------
    >>> len(catalogue(3, 2)), len(catalogue(4, 3)), len(catalogue(5, 2))
    (8, 113, 1024)
    """
    if _too_many(k, order):
        raise KyotoError(
            "Too many models to search",
            code="hidden.too-many-models",
            got=f"{k} lists, interactions up to order {order}",
            expected=f"at most {MAXIMUM_MODELS:,} hierarchical models",
            hint="Use --select stepwise or downhill, a lower --max-order, or merge lists.",
        )
    return Catalogue(k, _models(k, order))


def _too_many(k: int, order: int) -> bool:
    return (k >= 6 and order >= 3) or (k >= 7 and order >= 2)


def _models(k: int, order: int) -> Iterator[tuple[int, ...]]:
    """Yield the terms of each model, growing one interaction order at a time."""
    base = tuple(int(term) for term in main_effects(k))
    level: list[tuple[tuple[int, ...], frozenset[int]]] = [(base, frozenset(base[1:]))]
    yield base
    for size in range(2, order + 1):
        grown: list[tuple[tuple[int, ...], frozenset[int]]] = []
        for terms, top in level:
            eligible = _eligible(k, size, top)
            for count in range(1, len(eligible) + 1):
                for chosen in itertools.combinations(eligible, count):
                    model = (terms + chosen, frozenset(chosen))
                    yield model[0]
                    grown.append(model)
        level = grown


def _eligible(k: int, size: int, top: frozenset[int]) -> list[int]:
    """Interactions of a size all of whose faces are in the model."""
    found = []
    for positions in itertools.combinations(range(k), size):
        mask = sum(1 << position for position in positions)
        if all(mask ^ (1 << position) in top for position in positions):
            found.append(mask)
    return found
