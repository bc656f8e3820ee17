"""Releases of the same tables as one system: what a reader knows from having kept the older ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from kyoto.statistics.disclosure.structure import System, differences

__all__ = ["join_releases", "same_cells"]

_TOLERANCE = 1e-9


def join_releases(systems: Sequence[System], *, only_additions: bool) -> System:
    """Systems of successive releases below each other, tied cell by cell.

    Parameters
    ----------
    systems
        One a release, oldest first. A cell that has the same true value in two successive releases is tied as
        unchanged: a reader who sees that its neighbours stayed the same will assume so. Unknown values are not tied
        so.
    only_additions
        Records were only added: a cell is tied as not smaller than before. Left out where that is not true.

    Returns
    -------
    System
        Cells in the order of the systems; ``keys`` and ``positions`` are those of the last one.
    """
    if len(systems) == 1:
        return systems[0]
    offsets = np.cumsum([0, *(len(system.values) for system in systems)]).tolist()
    blocks = [sparse.csr_array(sparse.block_diag([system.relations for system in systems]))]
    lowest = [system.lowest for system in systems]
    highest = [system.highest for system in systems]
    for (before, after), (start, middle) in zip(pairwise(systems), pairwise(offsets[:-1]), strict=True):
        old, new = same_cells(before, after)
        rise = after.values[new] - before.values[old]
        unchanged = np.abs(rise) <= _TOLERANCE
        grown = only_additions and not bool((rise < -_TOLERANCE).any())
        tied = np.ones(len(old), dtype=bool) if grown else unchanged
        blocks.append(differences(new[tied] + middle, old[tied] + start, offsets[-1]))
        lowest.append(np.zeros(int(tied.sum())))
        highest.append(np.where(unchanged[tied], 0.0, np.inf))
    return System(
        systems[-1].keys,
        np.concatenate([system.values for system in systems]),
        np.concatenate([system.listed for system in systems]),
        sparse.csr_array(sparse.vstack(blocks)),
        np.concatenate(lowest),
        np.concatenate(highest),
        tuple(positions + offsets[-2] for positions in systems[-1].positions),
    )


def same_cells(before: System, after: System) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers that the listed cells which two releases have in common carry in the older and in the newer."""
    names = list(before.keys.columns)
    old = before.keys.assign(_old=np.arange(len(before.keys)))
    new = after.keys.assign(_new=np.arange(len(after.keys)))
    both = old.merge(new, on=names) if names else pd.concat([old, new], axis=1)
    return both["_old"].to_numpy(dtype=np.int64), both["_new"].to_numpy(dtype=np.int64)
