"""Whether Markov chains agree: rank-normalised split R-hat and effective sample size.

Source: Vehtari, A., Gelman, A., Simpson, D., Carpenter, B. and Bürkner, P.-C. (2021), Bayesian Analysis 16, 667-718,
equations 3, 4, 10 to 14.
"""

from __future__ import annotations

import numpy as np

from kyoto.analysis.hidden.arrays import Floats

__all__ = ["ENOUGH_DRAWS", "LARGEST_R_HAT", "effective_size", "r_hat"]

LARGEST_R_HAT = 1.05
"""Chains further apart than this give no estimate. (1.01 is the ideal; the estimate then says nothing more.)"""

ENOUGH_DRAWS = 400.0
"""Fewer effective draws than this give no estimate: the tails of the interval would be noise."""


def _split(draws: Floats) -> Floats:
    half = draws.shape[1] // 2
    return np.concatenate([draws[:, :half], draws[:, -half:]])


def _ranks(draws: Floats) -> Floats:
    from scipy.special import ndtri

    _, positions, counts = np.unique(draws.ravel(), return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2.0
    ranks = middle[positions].reshape(draws.shape)
    return np.asarray(ndtri((ranks - 0.375) / (draws.size + 0.25)))


def _classic(draws: Floats) -> float:
    length = draws.shape[1]
    within = draws.var(axis=1, ddof=1).mean()
    between = length * draws.mean(axis=1).var(ddof=1)
    if within <= 0.0:
        return 1.0 if between <= 0.0 else np.inf
    return float(np.sqrt(((length - 1) / length * within + between / length) / within))


def r_hat(draws: Floats) -> float:
    """Rank-normalised split R-hat, the larger of bulk and tails.

    Parameters
    ----------
    draws
        Chains by iterations.

    Examples
    --------
    >>> generator = np.random.default_rng(1)
    >>> r_hat(generator.normal(size=(4, 1000))) < 1.01
    True
    >>> r_hat(generator.normal(size=(4, 1000)) + np.arange(4)[:, None]) > 1.5
    True
    """
    halves = _split(draws)
    folded = np.abs(halves - np.median(halves))
    return max(_classic(_ranks(halves)), _classic(_ranks(folded)))


def effective_size(draws: Floats) -> float:
    """Effective number of independent draws for the bulk (Geyer's initial monotone sequence).

    Parameters
    ----------
    draws
        Chains by iterations.

    Examples
    --------
    >>> generator = np.random.default_rng(1)
    >>> 3000 < effective_size(generator.normal(size=(4, 1000))) < 5000
    True
    """
    chains = _ranks(_split(draws))
    count, length = chains.shape
    centred = chains - chains.mean(axis=1, keepdims=True)
    size = 1 << (2 * length - 1).bit_length()
    spectrum = np.fft.rfft(centred, size)
    covariance = np.fft.irfft(spectrum * np.conj(spectrum), size)[:, :length].real / length
    within = covariance[:, 0].mean() * length / (length - 1)
    total = within * (length - 1) / length + chains.mean(axis=1).var(ddof=1)
    if total <= 0.0:
        return float(count * length)
    correlation = 1.0 - (within - covariance.mean(axis=0)) / total
    pairs = correlation[: length // 2 * 2].reshape(-1, 2).sum(axis=1)
    stop = int(np.argmax(pairs <= 0.0)) if (pairs <= 0.0).any() else pairs.size
    decreasing = np.minimum.accumulate(pairs[:stop]) if stop else np.array([1.0])
    time = max(-1.0 + 2.0 * float(decreasing.sum()), 1.0 / np.log10(count * length))
    return float(count * length / time)
