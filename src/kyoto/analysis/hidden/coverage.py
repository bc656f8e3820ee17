"""Sample coverage: how much of the population the lists cover, judged by the people who are on one list only.

Source: Chao, A., Tsay, P. K., Lin, S. H., Shau, W. Y. and Chao, D. Y. (2001), Statistics in Medicine 20, 3123-3157,
equations 9 (independent lists), 12 (high coverage) and 13 (one step, low coverage); Chao and Tsay (1998).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from kyoto.analysis.hidden.arrays import Floats
from kyoto.analysis.hidden.bootstrap import resample
from kyoto.analysis.hidden.capture_frequencies import log_normal_limits
from kyoto.analysis.hidden.model import CaptureTable
from kyoto.analysis.hidden.result import PopulationEstimate, refused, settled
from kyoto.core.errors import KyotoError

__all__ = ["COVERAGE_VARIANTS", "coverage_point", "sample_coverage", "sample_coverage_estimate"]

COVERAGE_VARIANTS = ("independent", "high", "low")


def sample_coverage(table: CaptureTable) -> float:
    """Estimated sample coverage: one less the average share of each list that is on no other list.

    Examples
    --------
    >>> table = CaptureTable.from_histories("AB", {(0,): 30, (1,): 20, (0, 1): 10})
    >>> round(sample_coverage(table), 4)
    0.2917
    """
    totals = table.totals()
    shares = [_share(float(table.counts[1 << index]), float(totals[1 << index])) for index in range(table.k)]
    return 1.0 - sum(shares) / table.k


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 1.0


def coverage_point(table: CaptureTable, variant: str = "high") -> float:
    """Point estimate of one variant; NaN where it does not exist.

    Parameters
    ----------
    table
        The lists.
    variant
        ``independent`` (equation 9), ``high`` (equation 12, dependence between pairs of lists estimated along with
        the population) or ``low`` (equation 13, one step from the independent estimate).
    """
    covered = sample_coverage(table)
    if covered <= 0.0:
        return math.nan
    lists = table.k
    alone = sum(float(table.counts[1 << index]) for index in range(lists))
    distinct = table.observed - alone / lists
    independent = distinct / covered
    weights, ratios = _pair_weights(table)
    if variant == "independent":
        return independent
    weight = float(weights.sum()) / (lists * covered)
    slope = float((weights * ratios).sum()) / (lists * covered)
    if variant == "low":
        return independent + slope * independent - weight
    return (independent - weight) / (1.0 - slope) if slope < 1.0 else math.nan


def _pair_weights(table: CaptureTable) -> tuple[Floats, Floats]:
    """For each pair of lists, the people on one of the two and on no list beside the pair, and overlap over product."""
    totals = table.totals()
    weights, ratios = [], []
    for second in range(table.k):
        for first in range(second):
            one, two = 1 << first, 1 << second
            both = one | two
            weights.append(table.counts[one] + table.counts[two] + 2.0 * table.counts[both])
            product = totals[one] * totals[two]
            ratios.append(totals[both] / product if product > 0 else 0.0)
    return np.array(weights), np.array(ratios)
