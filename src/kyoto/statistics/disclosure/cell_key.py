"""Cell-key perturbation: the same records get the same noise in every table and every release."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kyoto.statistics.disclosure.noise import KEY_RANGE, perturbation_table

if TYPE_CHECKING:
    from kyoto.statistics.disclosure.settings import DisclosureSettings

__all__ = ["mixed_keys", "perturb", "whole_counts"]


def perturb(
    values: NDArray[np.float64], cell_keys: NDArray[np.int64], settings: DisclosureSettings
) -> NDArray[np.float64]:
    """Counts with noise drawn by cell key.

    Parameters
    ----------
    values
        Non-negative counts, shape ``(n,)``; weighted ones need not be whole.
    cell_keys
        Sum of the record keys of each cell modulo 2**32, shape ``(n,)``.
    settings
        Largest deviation, variance, threshold and secret.

    Returns
    -------
    numpy.ndarray
        Whole numbers, shape ``(n,)``: zero stays zero, none is negative, none is between zero and the threshold.

    Examples
    --------
    >>> from kyoto.statistics.disclosure.settings import DisclosureSettings
    >>> perturb(np.array([0.0, 2.0, 50.0]), np.array([1, 2, 3]), DisclosureSettings()).tolist()
    [0.0, 0.0, 45.0]
    """
    keys = mixed_keys(cell_keys, settings.secret)
    counts = whole_counts(values, keys)
    table = perturbation_table(
        max_deviation=settings.max_deviation, variance=settings.variance, threshold=settings.threshold
    )
    return (counts + table.noise(counts, keys)).astype(np.float64)


def mixed_keys(cell_keys: NDArray[np.int64], secret: str) -> NDArray[np.int64]:
    """Cell keys mixed with a secret; unchanged where there is none.

    A record key is a public function of a public identifier. Whoever knows all records of a cell could compute
    its noise; with the secret nobody outside the office can.

    Examples
    --------
    >>> mixed_keys(np.array([1, 2]), "").tolist()
    [1, 2]
    >>> bool((mixed_keys(np.array([1, 2]), "a") == mixed_keys(np.array([1, 2]), "b")).any())
    False
    """
    if not secret:
        return cell_keys
    salt = int.from_bytes(hashlib.blake2b(secret.encode(), digest_size=8).digest(), "little")
    return (_scrambled(cell_keys.astype(np.uint64) ^ np.uint64(salt)) >> np.uint64(32)).astype(np.int64)


def whole_counts(values: NDArray[np.float64], keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Whole counts; a weighted one goes up or down at random by its key, so that it is right on average.

    Examples
    --------
    >>> values = np.full(10_000, 2.25)
    >>> counts = whole_counts(values, np.arange(10_000))
    >>> sorted(set(counts.tolist())), bool(abs(counts.mean() - 2.25) < 0.02)
    ([2, 3], True)
    """
    below = np.floor(values)
    # another stream than the one that draws the noise, else the noise would depend on the direction
    uniform = (_scrambled(keys.astype(np.uint64)) >> np.uint64(11)).astype(np.float64) / 2.0**53
    return (below + (uniform < values - below)).astype(np.int64)


def _scrambled(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Finaliser of SplitMix64 (Steele, Lea and Flood, 2014): every bit depends on every bit."""
    with np.errstate(over="ignore"):
        state = keys + np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return state ^ (state >> np.uint64(31))


def uniform_draws(cell_keys: NDArray[np.int64], secret: str) -> NDArray[np.float64]:
    """Numbers from 0 to 1 (excluded), one a cell key.

    Examples
    --------
    >>> uniform_draws(np.array([0, 2**31]), "").tolist()
    [0.0, 0.5]
    """
    return mixed_keys(cell_keys, secret) / float(KEY_RANGE)
