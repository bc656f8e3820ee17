"""What a reader holds who keeps every table and every release: figures, sums between the true counts, and bounds.

A cell that stayed the same from one release to the next is one unknown, and its figure, having the same noise, one
saying. A cell that changed is a new unknown, tied to the old one by what the reader knows of changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from kyoto.statistics.disclosure.behind import counts_behind
from kyoto.statistics.disclosure.cells import read_cells
from kyoto.statistics.disclosure.finish import true_values
from kyoto.statistics.disclosure.joining import same_cells
from kyoto.statistics.disclosure.structure import System, build_system, differences, totals_and_parts

if TYPE_CHECKING:
    from kyoto.statistics.disclosure.result import Release
    from kyoto.statistics.disclosure.settings import DisclosureSettings

__all__ = ["Reader", "known_to_readers"]

_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """Unknown true counts and everything that a reader knows of them.

    Parameters
    ----------
    values
        The true counts, which the reader does not know, shape ``(unknowns,)``.
    published
        Figures, NaN where there is none; zero for cells that are not listed because their figure became zero.
    least, most
        True counts that can stand behind each figure by itself.
    relations
        Sparse, shape ``(relations, unknowns)``: sums, ties between releases, and orders of nested cells.
    lowest, highest
        Smallest and largest product of each relation with the true counts.
    cells
        One row an unknown: its codes and ``release``, the place of the first release that shows it; totals that no
        table lists have no codes.
    listed
        False for these.
    changes
        Unknowns of the same cell in two successive releases between which it changed: older, newer; shape
        ``(changes, 2)``.
    whole
        All counts are whole numbers, and the reader knows it.
    """

    values: NDArray[np.float64]
    published: NDArray[np.float64]
    least: NDArray[np.float64]
    most: NDArray[np.float64]
    relations: sparse.csr_array
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]
    cells: pd.DataFrame
    listed: NDArray[np.bool_]
    changes: NDArray[np.int64]
    whole: bool

    @property
    def system(self) -> System:
        """Unknowns and relations as a system of cells."""
        return System(self.cells, self.values, self.listed, self.relations, self.lowest, self.highest, ())


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """One release: its cells, their figures, the unknown of each, and the first unknown that is new in it."""

    system: System
    published: NDArray[np.float64]
    settings: DisclosureSettings
    unknown: NDArray[np.int64]
    first: int


def known_to_readers(
    releases: Sequence[Release],
    dimensions: Sequence[Sequence[str]],
    hierarchies: Mapping[str, Mapping[str, str]],
    settings: DisclosureSettings,
) -> Reader:
    """Put all releases together.

    Parameters
    ----------
    releases
        Oldest first, the last one is the one to come; each with the true cells and the figures of its tables.
    dimensions, hierarchies
        As in :func:`~kyoto.statistics.disclosure.protect_linked`.
    settings
        Of releases that do not say their own.

    Returns
    -------
    Reader
        Its knowledge is true: the true counts fit all of it. Of cells in which nothing was counted the reader is taken
        to know that they are empty, and of sums whether they hold exactly.
    """
    shown: list[_Shown] = []
    for release in releases:
        shown.append(_shown(release, dimensions, hierarchies, release.settings or settings, shown))
    count = int(max((each.unknown.max(initial=-1) for each in shown), default=-1)) + 1
    whole = all(bool(np.all(np.abs(each.system.values % 1) < _TOLERANCE)) for each in shown)
    values, published = np.zeros(count), np.full(count, np.nan)
    least, most = np.zeros(count), np.full(count, np.inf)
    listed, place = np.zeros(count, dtype=bool), np.zeros(count, dtype=np.int64)
    for number, each in reversed(list(enumerate(shown))):
        own = each.unknown
        values[own], published[own], listed[own], place[own] = (
            each.system.values,
            each.published,
            each.system.listed,
            number,
        )
        least[own], most[own] = counts_behind(each.published, each.settings, whole=whole)
    rows = [_own_rows(each, count, whole=whole) for each in shown]
    rows += [_rows_between(before, after, count) for before, after in pairwise(shown)]
    return Reader(
        values,
        published,
        least,
        most,
        sparse.csr_array(sparse.vstack([matrix for matrix, _, _ in rows])),
        np.concatenate([lowest for _, lowest, _ in rows]),
        np.concatenate([highest for _, _, highest in rows]),
        _names(shown, place),
        listed,
        np.concatenate([np.zeros((0, 2), dtype=np.int64), *(_changes(*pair) for pair in pairwise(shown))]),
        whole,
    )


def _shown(
    release: Release,
    dimensions: Sequence[Sequence[str]],
    hierarchies: Mapping[str, Mapping[str, str]],
    settings: DisclosureSettings,
    earlier: Sequence[_Shown],
) -> _Shown:
    """A release, with the unknowns of cells that stayed as they were in the one before."""
    frames = [read_cells(cells, names) for cells, names in zip(release.cells, dimensions, strict=True)]
    known = [~np.isnan(true_values(frame)) for frame in frames]
    system = build_system([frame[mask] for frame, mask in zip(frames, known, strict=True)], dimensions, hierarchies)
    published = np.full(len(system.values), np.nan)
    for frame, mask, table, names, positions in zip(
        frames, known, release.published, dimensions, system.positions, strict=True
    ):
        figures = _figures(frame, table, names)[mask]
        published[positions] = np.where(np.isnan(figures), published[positions], figures)
    first = max((int(each.unknown.max(initial=-1)) + 1 for each in earlier), default=0)
    unknown = np.full(len(system.values), -1)
    if earlier:
        old, new = same_cells(earlier[-1].system, system)
        same = _unchanged(earlier[-1], system.values, published, old, new)
        unknown[new[same]] = earlier[-1].unknown[old[same]]
    fresh = unknown < 0
    unknown[fresh] = first + np.arange(int(fresh.sum()))
    return _Shown(system, published, settings, unknown.astype(np.int64), first)


def _figures(frame: pd.DataFrame, table: Any, names: Sequence[str]) -> NDArray[np.float64]:
    """What a table shows of each cell, in the order of the cells."""
    shown = read_cells(table, names)
    if len(shown) == len(frame) and all(shown[name].to_numpy().tolist() == frame[name].tolist() for name in names):
        return true_values(shown)
    merged = (
        frame[list(names)]
        .astype(str)
        .merge(
            shown[[*names, "value"]].astype(dict.fromkeys(names, str)),
            on=list(names),
            how="left",
            validate="one_to_one",
        )
    )
    return true_values(merged)


def _unchanged(
    before: _Shown,
    values: NDArray[np.float64],
    published: NDArray[np.float64],
    old: NDArray[np.int64],
    new: NDArray[np.int64],
) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = np.isclose(values[new], before.system.values[old], rtol=0, atol=_TOLERANCE) & np.isclose(
        published[new], before.published[old], rtol=0, atol=_TOLERANCE, equal_nan=True
    )
    return same


_Rows = tuple[sparse.csr_array, NDArray[np.float64], NDArray[np.float64]]
"""Relations with their lowest and highest products."""


def _own_rows(each: _Shown, count: int, *, whole: bool) -> _Rows:
    """Sums of one release, and orders of nested cells, as relations of the unknowns."""
    system = each.system
    place = sparse.csr_array(
        (np.ones(len(each.unknown)), (np.arange(len(each.unknown)), each.unknown)), shape=(len(each.unknown), count)
    )
    nested = _nested(each) if whole and _is_keyed(each.settings) else sparse.csr_array((0, len(each.unknown)))
    relations = sparse.csr_array(sparse.vstack([system.relations, nested]) @ place)
    ones = np.ones(nested.shape[0])
    lowest, highest = np.concatenate([system.lowest, ones]), np.concatenate([system.highest, np.inf * ones])
    # what holds between unknowns of older releases alone was known before
    new = abs(relations[:, each.first :]).sum(axis=1) > 0
    return relations[new], lowest[new], highest[new]


def _is_keyed(settings: DisclosureSettings) -> bool:
    """Whether the same records always get the same figure, so that other figures prove other records."""
    return settings.method == "cell-key" or (settings.method, settings.rounding) == ("rounding", "random")


def _nested(each: _Shown) -> sparse.csr_array:
    """Total less part where both have figures and these differ: then the total holds at least one record more."""
    system = each.system
    total, part = totals_and_parts(system.relations)
    differ = np.abs(each.published[total] - each.published[part]) > _TOLERANCE
    more = system.values[total] - system.values[part] > 1 - _TOLERANCE
    least, most = counts_behind(each.published, each.settings)
    chosen = differ & more & (least[total] - most[part] < 1)
    pairs = np.unique(np.column_stack([total[chosen], part[chosen]]), axis=0)
    return differences(pairs[:, 0], pairs[:, 1], len(system.values))


def _rows_between(before: _Shown, after: _Shown, count: int) -> _Rows:
    """Ties of cells between two releases, as far as records were only added.

    Without removals a cell is not smaller than before; one with another figure has grown, if figures are drawn as
    before; and one that has not grown is the same, whatever its figure.
    """
    old, new = same_cells(before.system, after.system)
    fresh = before.unknown[old] != after.unknown[new]
    rise = after.system.values[new] - before.system.values[old]
    gone = np.ones(len(before.system.values), dtype=bool)
    gone[old] = False
    fell = bool((rise < -_TOLERANCE).any()) or bool((before.system.values[gone & before.system.listed] > 0).any())
    old, new, rise = old[fresh], new[fresh], rise[fresh]
    if fell:
        return sparse.csr_array((0, count)), np.array([]), np.array([])
    alike = before.settings == after.settings and _is_keyed(after.settings)
    seen = np.abs(after.published[new] - before.published[old]) > _TOLERANCE
    same = rise <= _TOLERANCE
    lowest = np.where(alike & seen & (rise > 1 - _TOLERANCE), 1.0, 0.0)
    ties = differences(after.unknown[new], before.unknown[old], count)
    return ties, lowest, np.where(same, 0.0, np.inf)


def _changes(before: _Shown, after: _Shown) -> NDArray[np.int64]:
    old, new = same_cells(before.system, after.system)
    changed = np.abs(after.system.values[new] - before.system.values[old]) > _TOLERANCE
    return np.column_stack([before.unknown[old[changed]], after.unknown[new[changed]]])


def _names(shown: Sequence[_Shown], place: NDArray[np.int64]) -> pd.DataFrame:
    """Codes of every unknown."""
    names = [str(name) for name in shown[-1].system.keys.columns] if shown else []
    frame = pd.DataFrame(index=range(len(place)), columns=names, dtype=object)
    for each in reversed(shown):
        listed = len(each.system.keys)
        frame.loc[each.unknown[:listed], names] = each.system.keys.to_numpy()
    frame["release"] = place
    return frame
