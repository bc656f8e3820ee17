"""Which true counts can stand behind a published figure: what a reader knows from the public settings alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kyoto.statistics.disclosure.noise import PerturbationTable, perturbation_table

if TYPE_CHECKING:
    from kyoto.statistics.disclosure.settings import DisclosureSettings

__all__ = ["counts_behind", "noise_variance"]

_STEPS_OF_CONTROLLED = 3
"""Controlled rounding stays within one multiple, and goes up to two further where the totals ask for it."""


def counts_behind(
    published: NDArray[np.float64], settings: DisclosureSettings, *, whole: bool = True
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Smallest and largest true count that can stand behind each figure.

    Parameters
    ----------
    published
        Figures, shape ``(cells,)``; zero where a cell is not listed because its figure became zero, NaN where withheld.
    settings
        As published beside the figures: they say how large the noise can be, and for which counts.
    whole
        The counts are whole. Weighted ones were made whole first, which moves them by less than one more.

    Returns
    -------
    least, most
        Shape ``(cells,)``; none below zero, infinity above withheld cells. All counts between are taken as possible,
        though at the largest variance that settings allow not all of them are.

    Examples
    --------
    >>> from kyoto.statistics.disclosure.settings import DisclosureSettings
    >>> least, most = counts_behind(np.array([0.0, 3.0, 50.0, np.nan]), DisclosureSettings())
    >>> least.tolist(), most.tolist()
    ([0.0, 1.0, 45.0, 0.0], [5.0, 8.0, 55.0, inf])
    """
    ranges = {"cell-key": _behind_noise, "rounding": _behind_rounding}
    withheld = np.isnan(published)
    shown = np.where(withheld, 0.0, published)
    exact = shown, shown
    least, most = ranges[settings.method](shown, settings) if settings.method in ranges else exact
    slack = 0.0 if whole or settings.method not in ranges else 1.0
    least, most = np.maximum(least - slack, 0.0), most + slack
    return np.where(withheld, 0.0, least), np.where(withheld, np.inf, most)


def noise_variance(settings: DisclosureSettings) -> float:
    """Variance of the random noise of a large count; zero where figures carry none that averaging could take away.

    Conventional and controlled rounding are not random: what they leave uncertain is in :func:`counts_behind`.

    Examples
    --------
    >>> from kyoto.statistics.disclosure.settings import DisclosureSettings
    >>> noise_variance(DisclosureSettings()), noise_variance(DisclosureSettings("rounding", base=5))
    (3.0, 4.0)
    """
    if settings.method == "cell-key":
        return settings.variance
    if (settings.method, settings.rounding) != ("rounding", "random"):
        return 0.0
    remainders = np.arange(settings.base)
    return float(np.mean(remainders * (settings.base - remainders)))


def _behind_noise(
    shown: NDArray[np.float64], settings: DisclosureSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    table = perturbation_table(
        max_deviation=settings.max_deviation, variance=settings.variance, threshold=settings.threshold
    )
    largest = len(table.probabilities) + table.max_deviation
    least, most = _small_figures(table, largest)
    place = np.minimum(shown, largest).astype(np.int64)
    reach = table.deviations[_drawn(table)[-1]]
    above = shown >= largest
    return np.where(above, shown - reach.max(), least[place]), np.where(above, shown - reach.min(), most[place])


def _drawn(table: PerturbationTable) -> NDArray[np.bool_]:
    """Noise that some cell key draws, by count: what is likelier than one in 2**32."""
    return np.asarray(np.diff(table.bounds, axis=1, prepend=0) > 0)


def _small_figures(table: PerturbationTable, largest: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Range of counts behind every figure from zero to ``largest``."""
    counts = np.arange(largest + table.max_deviation + 1)
    rows = np.minimum(counts, len(table.probabilities) - 1)
    count, column = np.nonzero(_drawn(table)[rows])
    figure = counts[count] + table.deviations[column]
    # figures that no count gives are not published: their range stays empty
    least, most = np.full(largest + 1, np.inf), np.full(largest + 1, -np.inf)
    inside = figure <= largest
    np.minimum.at(least, figure[inside], counts[count[inside]])
    np.maximum.at(most, figure[inside], counts[count[inside]])
    return least, most


def _behind_rounding(
    shown: NDArray[np.float64], settings: DisclosureSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    base = settings.base
    if settings.rounding == "conventional":
        return np.ceil(shown - base / 2), np.ceil(shown + base / 2) - 1
    steps = _STEPS_OF_CONTROLLED if settings.rounding == "controlled" else 1
    return shown - steps * base + 1, shown + steps * base - 1
