"""Attack on noise: average away what every sum says about a cell, and take differences of nested cells.

Source: Asghar and Kaafar (2020), *Averaging attacks on bounded noise-based disclosure control algorithms*, PoPETs
2020(2); Enderle, Giessing and Tent (2020), *Calculation of risk probabilities for the cell key method*, PSD 2020.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import lsmr

from kyoto.statistics.disclosure.cells import read_cells
from kyoto.statistics.disclosure.finish import true_values
from kyoto.statistics.disclosure.result import NoiseAttack, Protected
from kyoto.statistics.disclosure.structure import System, build_system, totals_and_parts

__all__ = ["averaged", "noise_attack", "shares_left"]

_FREE = 1e3
_SEED = 20200117
_PROBES = 32
_EXACT = 500
_FINE, _ROUGH = 1e-10, 1e-3


def noise_attack(
    tables: Sequence[Any],
    published: Sequence[Protected],
    dimensions: Sequence[Sequence[str]],
    hierarchies: Mapping[str, Mapping[str, str]],
    small: int,
) -> NoiseAttack:
    """Measure both attacks; see :func:`~kyoto.statistics.disclosure.attack_noise`."""
    frames = [read_cells(cells, names) for cells, names in zip(tables, dimensions, strict=True)]
    known = [~np.isnan(true_values(frame)) for frame in frames]
    system = build_system([frame[mask] for frame, mask in zip(frames, known, strict=True)], dimensions, hierarchies)
    shown = np.full(len(system.values), np.nan)
    for table, mask, positions in zip(published, known, system.positions, strict=True):
        shown[positions] = true_values(table.frame)[mask]
    estimate = averaged(system, shown)
    true, listed = system.values, system.listed & (system.values > 0)
    rare = listed & (true < small)
    pairs_true, pairs_shown = _differences(system, shown)
    close = (pairs_true > 0) & (pairs_true < small)
    return NoiseAttack(
        cells=int(listed.sum()),
        error_published=_root_mean_square(shown[listed] - true[listed]),
        error_averaged=_root_mean_square(estimate[listed] - true[listed]),
        small_cells=int(rare.sum()),
        small_found_published=_share(shown[rare] == true[rare]),
        small_found_averaged=_share(np.rint(estimate[rare]) == true[rare]),
        differences=int(close.sum()),
        differences_found=_share(pairs_shown[close] == pairs_true[close]),
    )


def averaged(system: System, shown: NDArray[np.float64]) -> NDArray[np.float64]:
    """Best guess of every cell from all published cells: least squares under all sums.

    Each sum says something about each of its members; least squares weighs all these sayings, which is more than
    any average of a few of them can do. Cells that are not shown get what the others say.

    Parameters
    ----------
    system
        Cells and the sums that a reader knows.
    shown
        Published values with noise, shape ``(cells,)``; NaN where there is none.

    Returns
    -------
    numpy.ndarray
        Estimates, none negative, shape ``(cells,)``.
    """
    hidden = np.isnan(shown)
    start = np.where(hidden, 0.0, shown)
    weight = np.where(hidden, _FREE, 1.0)
    estimate: NDArray[np.float64] = np.maximum(
        start - _correction(_scaled_sums(system, weight), start / weight, weight), 0.0
    )
    return estimate


def shares_left(system: System, shown: NDArray[np.float64], limit: float) -> NDArray[np.float64]:
    """Share of the variance of each figure's noise that averaging over all sums leaves.

    It is the diagonal of the projection on the tables that add up. Random vectors give all of it roughly (each share
    within about a quarter of itself); shares that may be below ``limit`` are then computed.

    Parameters
    ----------
    system, shown
        As in :func:`averaged`.
    limit
        Share below which it matters.

    Returns
    -------
    numpy.ndarray
        From 0 to 1, shape ``(cells,)``; 1 for cells that are not shown.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"sex": ["_T", "F", "M"], "value": [5.0, 2.0, 3.0]})
    >>> shares_left(build_system([frame], [["sex"]], {}), np.array([4.0, 3.0, 4.0]), 1.0).round(4).tolist()
    [0.6667, 0.6667, 0.6667]
    """
    weight = np.where(np.isnan(shown), _FREE, 1.0)
    sums = _scaled_sums(system, weight)
    ones = np.ones(len(shown))
    draws = np.random.default_rng(_SEED).standard_normal((_PROBES, len(shown)))
    shares = np.zeros(len(shown))
    for draw in draws:
        shares += (draw - _correction(sums, draw, ones, _ROUGH)) ** 2 / _PROBES
    shares = np.where(weight > 1, 1.0, np.minimum(shares, 1.0))
    for cell in np.argsort(shares, kind="stable")[:_EXACT].tolist():
        if shares[cell] > 2 * limit:
            break
        unit = np.zeros(len(shown))
        unit[cell] = 1.0
        shares[cell] = max(1.0 - _correction(sums, unit, ones)[cell], 0.0)
    return shares


def _scaled_sums(system: System, weight: NDArray[np.float64]) -> sparse.csr_array:
    """Sums that hold exactly; a cell that is not shown costs next to nothing to move."""
    equal = (system.lowest == 0) & (system.highest == 0)
    return sparse.csr_array(sparse.csr_array(system.relations[equal]) * weight[None, :])


def _correction(
    sums: sparse.csr_array, start: NDArray[np.float64], weight: NDArray[np.float64], tolerance: float = _FINE
) -> NDArray[np.float64]:
    """The smallest change, in units of the weights, that makes all sums hold."""
    steps = 20 * max(sums.shape[0], 1)
    change: NDArray[np.float64] = weight * lsmr(sums, sums @ start, atol=tolerance, btol=tolerance, maxiter=steps)[0]
    return change


def _differences(system: System, shown: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """True and published differences between every total and each of its parts."""
    total, part = totals_and_parts(system.relations)
    both = ~np.isnan(shown[part]) & ~np.isnan(shown[total])
    part, total = part[both], total[both]
    return system.values[total] - system.values[part], shown[total] - shown[part]


def _root_mean_square(errors: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(errors**2))) if len(errors) else 0.0


def _share(found: NDArray[np.bool_]) -> float:
    return float(np.mean(found)) if len(found) else 0.0
