"""How often the coder is right, on correspondence tables of countries that it is made to forget.

A title counts as right where one of the codes that the table links it to is suggested. Titles that the table puts
outside ICCS (``none``), or for which it names no class, are not scored. The tables of the whole country are left out
of the knowledge and of the fit, and a legal term of the thesaurus that consists of the same words as a title is kept
from answering for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from kyoto.statistics.classification.coder.coding import Coder
from kyoto.statistics.classification.coder.knowledge import country_of, labelled_titles
from kyoto.statistics.classification.coder.ranking import answers, softmax
from kyoto.statistics.classification.correspondences import known_correspondences

__all__ = ["Accuracy", "accuracy", "best_temperature", "reliability"]

_MOST = 150


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Result of one table.

    Parameters
    ----------
    table
        Its name.
    titles
        Number of titles scored.
    top3
        Share with a right code among the first three suggestions.
    division_first
        Share whose first suggestion lies in a right level-2 class.
    top1
        Share whose first suggestion is a right code.
    strengths
        Weighted sums of the features (titles by classes), for calibration.
    right
        Right classes (titles by classes).
    """

    table: str
    titles: int
    top3: float
    division_first: float
    top1: float
    strengths: npt.NDArray[np.float64]
    right: npt.NDArray[np.bool_]


def accuracy(table: str, *, thesaurus: bool = True, coder: Coder | None = None) -> Accuracy:
    """Score one of the tables that come with Kyoto, without what it or its country teaches.

    Parameters
    ----------
    table
        Name of the table, such as ``us-nibrs``.
    thesaurus
        Whether the thesaurus is used.
    coder
        A coder that does not know the country, if several of its tables are scored.

    Returns
    -------
    Accuracy
        Shares between 0 and 1.
    """
    country = country_of(next(known.area for known in known_correspondences() if known.name == table))
    forgetful = coder or Coder((country,), thesaurus=thesaurus, apart=True)
    labelled = labelled_titles(country, table)
    strengths = forgetful.strengths(list(labelled))
    right, division = answers(labelled)
    order = np.argsort(-strengths, axis=1, kind="stable")
    rows = np.arange(len(order))
    return Accuracy(
        table=table,
        titles=len(labelled),
        top3=float(np.take_along_axis(right, order[:, :3], axis=1).any(axis=1).mean()),
        division_first=float(division[rows, order[:, 0]].mean()),
        top1=float(right[rows, order[:, 0]].mean()),
        strengths=strengths,
        right=right,
    )


def best_temperature(scored: Sequence[Accuracy]) -> float:
    """Divisor of the weighted sums under which the right codes are likeliest.

    A table counts with its number of titles, but with no more than 150, so that the longest does not decide.

    The scores must come from countries left out, or the probabilities will promise too much (Guo et al. 2017, On
    calibration of modern neural networks, section 4.2).
    """
    tried = np.geomspace(0.3, 5, 141)
    losses = [sum(min(one.titles, _MOST) * _loss(one, temperature) for one in scored) for temperature in tried]
    return float(tried[int(np.argmin(losses))])


def _loss(one: Accuracy, temperature: float) -> float:
    chances = (softmax(one.strengths / temperature) * one.right).sum(axis=1)
    return float(-np.log(chances + 1e-9).mean())


def reliability(
    scored: Sequence[Accuracy], bands: Sequence[float] = (0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0)
) -> list[tuple[float, float, int, float, float]]:
    """First suggestions by band of score: lower and upper end, number, mean score, share right."""
    scores, hits = [], []
    for one in scored:
        chances = softmax(one.strengths)
        first = chances.argmax(axis=1)
        scores.append(chances.max(axis=1))
        hits.append(one.right[np.arange(len(first)), first])
    score, hit = np.concatenate(scores), np.concatenate(hits)
    found = []
    for low, high in pairwise(bands):
        inside = (score >= low) & ((score < high) | (high == bands[-1]))
        if inside.any():
            found.append((low, high, int(inside.sum()), float(score[inside].mean()), float(hit[inside].mean())))
    return found
