"""What protection cost in accuracy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kyoto.statistics.disclosure.result import Loss

__all__ = ["hellinger_distance", "measure_loss"]


def measure_loss(true: NDArray[np.float64], published: NDArray[np.float64]) -> Loss:
    """Loss of a published table.

    Parameters
    ----------
    true, published
        Values, shape ``(n,)``; NaN in ``published`` where a cell is withheld, NaN in both where it never was known.

    Examples
    --------
    >>> loss = measure_loss(np.array([10.0, 6.0, 4.0]), np.array([10.0, 8.0, np.nan]))
    >>> loss.mean_deviation, loss.max_deviation, loss.suppressed_share
    (1.0, 2.0, 0.2)
    """
    known = ~np.isnan(true)
    shown = known & ~np.isnan(published)
    total = true[known].sum()
    withheld = float(true[known & ~shown].sum() / total) if total > 0 else 0.0
    if not shown.any():
        return Loss(None, None, None, None, withheld)
    deviations = np.abs(published[shown] - true[shown])
    return Loss(
        mean_deviation=float(deviations.mean()),
        median_deviation=float(np.median(deviations)),
        max_deviation=float(deviations.max()),
        hellinger=hellinger_distance(true[shown], published[shown]),
        suppressed_share=withheld,
    )


def hellinger_distance(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    """Hellinger distance of two tables, each divided by its sum.

    Returns
    -------
    float
        0 for proportional tables, 1 where one has only zeros wherever the other has not, or alone is all zeros.

    Examples
    --------
    >>> hellinger_distance(np.array([1.0, 0.0]), np.array([0.0, 5.0]))
    1.0
    """
    left_sum, right_sum = left.sum(), right.sum()
    if left_sum == 0 or right_sum == 0:
        return 0.0 if left_sum == right_sum else 1.0
    roots = np.sqrt(left / left_sum) - np.sqrt(right / right_sum)
    return float(np.sqrt((roots**2).sum() / 2))
