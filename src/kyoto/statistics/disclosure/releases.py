"""Everything published in several releases, put together as a reader can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kyoto.statistics.disclosure.cells import read_cells
from kyoto.statistics.disclosure.finish import true_values
from kyoto.statistics.disclosure.intervals import feasible_intervals
from kyoto.statistics.disclosure.joining import join_releases
from kyoto.statistics.disclosure.primary import primary_cells
from kyoto.statistics.disclosure.structure import build_system

if TYPE_CHECKING:
    from kyoto.statistics.disclosure.settings import DisclosureSettings

__all__ = ["attacked_cells"]

_SLACK = 1e-6


def attacked_cells(
    releases: Sequence[Sequence[Any]],
    dimensions: Sequence[Sequence[str]],
    hierarchies: Mapping[str, Mapping[str, str]],
    settings: DisclosureSettings,
    truth: Sequence[Sequence[Any]] | None,
    only_additions: bool,
) -> pd.DataFrame:
    """Withheld cells with their intervals; see :func:`~kyoto.statistics.disclosure.attack_releases`."""
    held = [
        _Release(tables, dimensions, hierarchies, None if truth is None else truth[place])
        for place, tables in enumerate(releases)
    ]
    system = join_releases([release.system for release in held], only_additions=only_additions)
    values = np.concatenate([release.published for release in held])
    lower, upper = feasible_intervals(system, values, np.isnan(values) & system.listed, whole=_whole(values))
    rows, offset = [], 0
    for place, release in enumerate(held):
        end = offset + len(release.published)
        found = release.rows(lower[offset:end], upper[offset:end], settings)
        found.insert(0, "release", place)
        rows.append(found)
        offset = end
    return pd.concat(rows, ignore_index=True)


def _whole(values: NDArray[np.float64]) -> bool:

    known = values[~np.isnan(values)]
    return bool(np.all(known == np.rint(known)))


class _Release:
    """One release: its frames, its system, and its published values by cell."""

    def __init__(
        self,
        tables: Sequence[Any],
        dimensions: Sequence[Sequence[str]],
        hierarchies: Mapping[str, Mapping[str, str]],
        truth: Sequence[Any] | None,
    ) -> None:
        self.dimensions = dimensions
        self.frames = [read_cells(cells, names) for cells, names in zip(tables, dimensions, strict=True)]
        self.truth = (
            None
            if truth is None
            else [read_cells(cells, names) for cells, names in zip(truth, dimensions, strict=True)]
        )
        if self.truth is not None:
            self.truth = [
                frame[list(names)].merge(true, on=list(names), how="left", validate="one_to_one")
                for frame, true, names in zip(self.frames, self.truth, dimensions, strict=True)
            ]
        self.system = build_system(self.truth or self.frames, dimensions, hierarchies, assume_sums=self.truth is None)
        self.published = np.full(len(self.system.values), np.nan)
        for frame, positions in zip(self.frames, self.system.positions, strict=True):
            shown = true_values(frame)
            # a cell that one table withholds and another shows is known
            self.published[positions] = np.where(np.isnan(shown), self.published[positions], shown)

    def rows(
        self, lower: NDArray[np.float64], upper: NDArray[np.float64], settings: DisclosureSettings
    ) -> pd.DataFrame:
        """Withheld cells with their intervals and the verdict."""
        found = []
        for place, (frame, names, positions) in enumerate(
            zip(self.frames, self.dimensions, self.system.positions, strict=True)
        ):
            low, high = lower[positions], upper[positions]
            narrower = self._narrower(place, low, high, settings)
            table = frame[list(names)].copy()
            table.insert(0, "table", place)
            table["lower"], table["upper"], table["narrower"] = low, high, narrower
            found.append(table[~np.isnan(low)])
        return pd.concat(found, ignore_index=True)

    def _narrower(
        self, place: int, low: NDArray[np.float64], high: NDArray[np.float64], settings: DisclosureSettings
    ) -> NDArray[np.bool_]:
        if self.truth is None:
            narrower: NDArray[np.bool_] = (low > _SLACK) & (high < settings.threshold - _SLACK)
            return narrower
        rule = primary_cells(self.truth[place], settings)
        tight = (low > rule.lowest + _SLACK) | (high < rule.highest - _SLACK)
        judged: NDArray[np.bool_] = np.asarray(rule.reasons != "", dtype=bool) & tight
        return judged
