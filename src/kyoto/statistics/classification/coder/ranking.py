"""The weights of the features: a conditional logit over all classes, fitted on titles whose class is known.

The probability of a class is proportional to the exponential of the weighted sum of its features (McFadden 1974,
Conditional logit analysis of qualitative choice behavior). The likelihood counts any of the right codes of a title,
and half as much the right level-2 class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kyoto.statistics.classification.coder.features import FEATURES, Features
from kyoto.statistics.classification.coder.index import PhraseIndex
from kyoto.statistics.classification.coder.knowledge import areas_with_tables, labelled_titles
from kyoto.statistics.classification.coder.reading import Reader
from kyoto.statistics.classification.coder.structure import structure
from kyoto.statistics.classification.coder.vectors import Floats

__all__ = ["Lesson", "learned", "lessons"]

_PENALTY = 60.0
_DIVISION_SHARE = 0.5
_COUNTRY_TITLES = 75
"""A country with more titles than this counts as if it had so many, so that the longest table does not decide."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Titles of a country with the right answers.

    Parameters
    ----------
    country
        Where the titles are from.
    titles
        The titles.
    cube
        Their features; the country's own tables were hidden.
    right, right_division
        Whether a class is right (titles by classes); whether it is in a right level-2 class.
    """

    country: str
    titles: tuple[str, ...]
    cube: Floats
    right: npt.NDArray[np.bool_]
    right_division: npt.NDArray[np.bool_]


def answers(labelled: Mapping[str, frozenset[str]]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Right classes and classes of a right level-2 class, titles by classes."""
    tree = structure()
    right = np.zeros((len(labelled), len(tree)), dtype=bool)
    for row, codes in enumerate(labelled.values()):
        right[row, [tree.number(code) for code in codes]] = True
    division = np.zeros_like(right)
    for row in range(len(right)):
        division[row] = np.isin(tree.division, tree.division[right[row]])
    return right, division


def lessons(index: PhraseIndex, reader: Reader, leave_out: Sequence[str] = ()) -> list[Lesson]:
    """Titles of every country that is not left out, each compared with the knowledge of the others."""
    found = []
    for country in areas_with_tables():
        if country in leave_out:
            continue
        labelled = {title: codes for title, codes in labelled_titles(country).items() if not reader.read(title).empty}
        titles = tuple(labelled)
        features = Features(index, reader, hidden=country, apart=True)
        cube = features.cube(titles, [reader.read(title) for title in titles])
        found.append(Lesson(country, titles, cube, *answers(labelled)))
    return found


def learned(taught: Sequence[Lesson]) -> npt.NDArray[np.float64]:
    """Weights of the features.

    Parameters
    ----------
    taught
        At least one lesson.

    Returns
    -------
    numpy.ndarray
        One weight a feature, in the order of :data:`FEATURES`.
    """
    from scipy.optimize import minimize

    cube = np.concatenate([lesson.cube for lesson in taught]).astype(np.float64)
    right = np.concatenate([lesson.right for lesson in taught]).astype(np.float64)
    division = np.concatenate([lesson.right_division for lesson in taught]).astype(np.float64)
    importance = np.concatenate([_importance(lesson) for lesson in taught])
    spread = cube.std(axis=(0, 1))
    spread[spread == 0] = 1
    cube /= spread

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        chances = softmax(cube @ weights)
        value, slope = _PENALTY * float(weights @ weights), 2 * _PENALTY * weights
        for wanted, share in ((right, 1.0), (division, _DIVISION_SHARE)):
            hit = chances * wanted
            total = hit.sum(axis=1, keepdims=True) + 1e-12
            value -= share * float(importance @ np.log(total[:, 0]))
            slope = slope + share * np.tensordot(importance[:, None] * (chances - hit / total), cube, axes=2)
        return value, slope

    best: Any = minimize(
        loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B", options={"maxiter": 200, "ftol": 1e-9}
    )
    return np.asarray(best.x / spread, dtype=np.float64)


def softmax(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Probabilities from scores, row by row."""
    raised = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _importance(lesson: Lesson) -> npt.NDArray[np.float64]:
    count = len(lesson.titles)
    return np.full(count, min(1.0, _COUNTRY_TITLES / max(count, 1)))
