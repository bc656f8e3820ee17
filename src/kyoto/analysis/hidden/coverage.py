"""Sample coverage: how much of the population the lists cover, judged by the people who are on one list only.

Source: Chao, A., Tsay, P. K., Lin, S. H., Shau, W. Y. and Chao, D. Y. (2001), Statistics in Medicine 20, 3123-3157,
equations 9 (independent lists), 12 (high coverage) and 13 (one step, low coverage); Chao and Tsay (1998).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from kyoto.analysis.hidden.arrays import Floats
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
        the population) or ``low`` (equation 13: dependence taken from a first step, which takes it from the
        independent estimate).

    Examples
    --------
    Hepatitis A in Taiwan, 1995 (Chao et al. 2001, table 2):

    >>> hepatitis = CaptureTable.from_histories(
    ...     "PQE", {(0,): 69, (1,): 55, (2,): 63, (0, 1): 21, (0, 2): 17, (1, 2): 18, (0, 1, 2): 28})
    >>> [round(coverage_point(hepatitis, variant)) for variant in COVERAGE_VARIANTS]
    [407, 971, 508]
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
        first_step = independent + slope * independent - weight
        return independent + slope * first_step - weight
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


def sample_coverage_estimate(
    table: CaptureTable, variant: str = "low", *, replicates: int = 200, seed: int = 1, level: float = 0.95
) -> PopulationEstimate:
    """Sample coverage estimate with a bootstrap standard error and a log-normal interval.

    Parameters
    ----------
    table
        The lists.
    variant
        One of :data:`COVERAGE_VARIANTS`; see :func:`coverage_point`.
    replicates, seed
        Bootstrap samples of people from the estimated population, the unobserved included.
    level
        Confidence.
    """
    if variant not in COVERAGE_VARIANTS:
        raise KyotoError(
            "Unknown variant", code="hidden.unknown-variant", got=variant, expected=", ".join(COVERAGE_VARIANTS)
        )
    point = coverage_point(table, variant)
    if not math.isfinite(point) or point < table.observed:
        note = "The estimated coverage and dependence leave no population at least as large as the observed one."
        return refused("coverage", variant, table.observed, "no-overlap", note)
    draws = _resampled(table, variant, point, replicates, seed)
    finite = draws[np.isfinite(draws)]
    if finite.size < 0.95 * replicates:
        note = f"{replicates - finite.size} of {replicates} bootstrap samples have no estimate."
        return refused("coverage", variant, table.observed, "unstable", note)
    spread = float(finite.std(ddof=1))
    lower, upper = log_normal_limits(table.observed, point - table.observed, spread**2, level)
    covered = sample_coverage(table)
    found = PopulationEstimate(
        "coverage", variant, table.observed, point, lower, upper, std_error=spread, level=level, interval="log-normal"
    )
    note = (
        "Coverage below 55%: Chao et al. (2001) advise the low variant." if covered < 0.55 and variant != "low" else ""
    )
    return settled(replace(found, details={"coverage": covered}, note=note))


def _resampled(table: CaptureTable, variant: str, point: float, replicates: int, seed: int) -> Floats:
    """Estimates from samples of the whole estimated population, so that the observed number varies too."""
    whole = table.counts.copy()
    whole[0] = point - table.observed
    generator = np.random.default_rng(seed)
    samples = generator.multinomial(round(point), whole / whole.sum(), size=replicates).astype(float)
    samples[:, 0] = 0.0
    return np.array([coverage_point(table.with_counts(sample), variant) for sample in samples])
