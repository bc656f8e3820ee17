"""Attack on everything with noise together: all tables of a source, all releases that readers have kept.

Source: Dinur and Nissim (2003), *Revealing information while preserving privacy*, PODS 2003: bounded noise on many
linked counts is undone by a linear program; Fraser and Wooton (2005): differences of tables and releases; Asghar and
Kaafar (2020), PoPETs 2020(2): averaging over the sums of a table builder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from kyoto.statistics.disclosure.averaging import averaged, shares_left
from kyoto.statistics.disclosure.behind import noise_variance
from kyoto.statistics.disclosure.reader import Reader, known_to_readers
from kyoto.statistics.disclosure.result import JointAttack
from kyoto.statistics.disclosure.structure import differences
from kyoto.statistics.disclosure.telling import Told, tell

if TYPE_CHECKING:
    from kyoto.statistics.disclosure.result import Release
    from kyoto.statistics.disclosure.settings import DisclosureSettings

__all__ = ["attacked_together", "smallest_open_count"]

_TOLERANCE = 1e-9
_SURE = 1.959963984540054
"""A normal variable is within this many standard deviations with 95 %."""


def smallest_open_count(settings: DisclosureSettings) -> int:
    """Counts from one to below this are protected: the threshold, and always a count of one, which is a person.

    Examples
    --------
    >>> from kyoto.statistics.disclosure.settings import DisclosureSettings
    >>> smallest_open_count(DisclosureSettings()), smallest_open_count(DisclosureSettings(threshold=1))
    (3, 2)
    """
    return max(settings.threshold, 2)


def attacked_together(
    releases: Sequence[Release],
    dimensions: Sequence[Sequence[str]],
    hierarchies: Mapping[str, Mapping[str, str]],
    settings: DisclosureSettings,
    *,
    largest_part: int,
    work: int,
) -> JointAttack:
    """Attack all releases; see :func:`~kyoto.statistics.disclosure.attack_together`."""
    reader = known_to_readers(releases, dimensions, hierarchies, settings)
    small = smallest_open_count(settings)
    is_small = reader.listed & (reader.values > _TOLERANCE) & (reader.values < small - _TOLERANCE)
    cells = np.flatnonzero(is_small)
    changes = _small_changes(reader, small)
    numbers = sparse.vstack(
        [_each(cells, len(reader.values)), differences(changes[:, 1], changes[:, 0], len(reader.values))]
    )
    found = tell(reader, sparse.csr_array(numbers), small, largest_part=largest_part, work=work)
    told, told_changes = found.told[: len(cells)], found.told[len(cells) :]
    seen = np.abs(reader.published[changes[:, 1]] - reader.published[changes[:, 0]]) > _TOLERANCE
    return JointAttack(
        tables=len(dimensions),
        releases=len(releases),
        cells=int((reader.listed & (reader.values > _TOLERANCE)).sum()),
        small=small,
        protected=len(cells),
        narrower=int(told.sum()),
        exact=int((told & (found.upper[: len(cells)] - found.lower[: len(cells)] < _TOLERANCE)).sum()),
        confident=int(_sure(reader, settings, small)[cells].sum()),
        changes=len(changes),
        changes_seen=int(seen.sum()),
        changes_told=int(told_changes.sum()),
        not_examined=int((~found.examined).sum()),
        intervals=_intervals(reader, cells, changes, found),
    )


def _each(cells: NDArray[np.int64], count: int) -> sparse.csr_array:
    return sparse.csr_array((np.ones(len(cells)), (np.arange(len(cells)), cells)), shape=(len(cells), count))


def _small_changes(reader: Reader, small: int) -> NDArray[np.int64]:
    """Pairs of unknowns of which the second is larger by a small number: a change of either direction."""
    older, newer = reader.changes.T
    rise = reader.values[newer] - reader.values[older]
    chosen = np.abs(rise) < small - _TOLERANCE
    pairs = np.where((rise > 0)[:, None], reader.changes, reader.changes[:, ::-1])
    return np.asarray(pairs[chosen], dtype=np.int64)


def _sure(reader: Reader, settings: DisclosureSettings, small: int) -> NDArray[np.bool_]:
    """Unknowns of which averaging makes a reader sure that they are small."""
    variance = noise_variance(settings)
    widest = (small - 1) / (2 * _SURE)
    if not len(reader.values) or variance == 0:
        return np.zeros(len(reader.values), dtype=bool)
    estimate = averaged(reader.system, reader.published)
    error = np.sqrt(variance * shares_left(reader.system, reader.published, widest**2 / variance))
    return np.asarray((estimate - _SURE * error > 0.5) & (estimate + _SURE * error < small - 0.5))


def _intervals(reader: Reader, cells: NDArray[np.int64], changes: NDArray[np.int64], found: Told) -> pd.DataFrame:
    """What is told, by cell."""
    of = np.concatenate([cells, changes[:, 1]])
    frame = reader.cells.iloc[of].reset_index(drop=True)
    release = frame.pop("release")
    frame.insert(0, "release", release.astype(int))
    frame.insert(0, "kind", np.repeat(["cell", "change"], [len(cells), len(changes)]))
    frame["lower"], frame["upper"] = found.lower, found.upper
    return frame[found.told].reset_index(drop=True)
