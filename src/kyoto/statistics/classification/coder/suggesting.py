"""The public function of the room: titles in, suggestions out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import numpy as np

from kyoto.core.errors import KyotoError
from kyoto.statistics.classification.coder.coding import coder
from kyoto.statistics.classification.coder.knowledge import left_out
from kyoto.statistics.classification.coder.result import Suggestions

__all__ = ["suggest"]


def suggest(
    titles: Sequence[str],
    *,
    top: int = 3,
    leave_out: Collection[str] = (),
    groups: Sequence[str] | None = None,
    texts: Path | None = None,
    done: Callable[[int], None] | None = None,
) -> Suggestions:
    """Suggest ICCS classes for national titles or free text.

    Parameters
    ----------
    titles
        Any text; repeated titles are compared once.
    top
        Suggestions for each title, 1 to 20.
    leave_out
        Countries (ISO 3166) whose correspondence tables must not help, to judge the coder on them.
    groups
        Chapter of the national classification for each title, as context; empty where unknown.
    texts
        The user's copy of the texts of the standard (CSV with ``code``, ``definition``, ``inclusions``,
        ``exclusions``); its inclusions are compared too.
    done
        Called with the number of distinct titles finished, for a progress bar.

    Returns
    -------
    Suggestions
        In the order of ``titles``; the same input gives the same result.

    Raises
    ------
    KyotoError
        ``coder.unknown-country``; ``coder.top`` for a number of suggestions out of range; ``coder.groups`` where there
        are not as many groups as titles.

    Examples
    --------
    >>> found = suggest(["Larceny from motor vehicle"])
    >>> found[0][0].code, found[0][0].title
    ('050222', 'Theft of personal property from a vehicle')
    """
    _check(len(titles), top, groups)
    pairs = list(zip(titles, groups or [""] * len(titles), strict=True))
    place = {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}
    distinct = list(place)
    ranked = coder(left_out(leave_out), texts).rank(
        [title for title, _ in distinct], top, None if groups is None else [group for _, group in distinct]
    )
    classes = np.full((len(distinct), top), -1, dtype=np.int64)
    scores = np.zeros((len(distinct), top))
    reasons: list[tuple[str, ...]] = []
    for batch in ranked:
        rows = slice(len(reasons), len(reasons) + len(batch.reasons))
        classes[rows], scores[rows] = batch.classes, batch.scores
        reasons.extend(batch.reasons)
        if done:
            done(len(reasons))
    order = [place[pair] for pair in pairs]
    return Suggestions(tuple(titles), classes[order], scores[order], tuple(reasons[number] for number in order))


_MOST = 20


def _check(count: int, top: int, groups: Sequence[str] | None) -> None:
    if not 1 <= top <= _MOST:
        raise KyotoError(
            "The number of suggestions is out of range",
            code="coder.top",
            expected=f"1 to {_MOST}",
            got=str(top),
            hint="Three are enough to review.",
        )
    if groups is not None and len(groups) != count:
        raise KyotoError(
            "There must be one group for each title",
            code="coder.groups",
            expected=f"{count} groups",
            got=f"{len(groups)} groups",
            hint="Give an empty text where the group is unknown.",
        )
