"""Suppression from cells to protected tables, with what earlier releases have shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kyoto.statistics.disclosure.cells import read_cells
from kyoto.statistics.disclosure.finish import finished, true_values
from kyoto.statistics.disclosure.joining import join_releases
from kyoto.statistics.disclosure.primary import primary_cells
from kyoto.statistics.disclosure.result import Protected, Reason, Release
from kyoto.statistics.disclosure.structure import System, build_system
from kyoto.statistics.disclosure.suppression import Needs, pattern_holds, suppress

if TYPE_CHECKING:
    from kyoto.statistics.disclosure.settings import DisclosureSettings

__all__ = ["withhold"]

_TRIALS = 40
"""Largest secondary cells of a large table that are tried for being published again."""

Hierarchies = Mapping[str, Mapping[str, str]]


def withhold(
    tables: Sequence[Any],
    dimensions: Sequence[Sequence[str]],
    hierarchies: Hierarchies,
    settings: DisclosureSettings,
    earlier: Sequence[Release],
) -> list[Protected]:
    """Tables in which cells are withheld, as one pattern over all of them.

    Parameters
    ----------
    tables, dimensions, hierarchies, settings, earlier
        As in :func:`~kyoto.statistics.disclosure.protect_linked`.

    Raises
    ------
    RuntimeError
        The pattern found does not stand its check; nothing is published then.
    """
    frames = [read_cells(cells, names) for cells, names in zip(tables, dimensions, strict=True)]
    known = [frame[~np.isnan(true_values(frame))] for frame in frames]
    now = _with_needs(build_system(known, dimensions, hierarchies), known, settings)
    before = [_kept(release, dimensions, hierarchies, settings) for release in earlier]
    every = [*before, now]
    system = join_releases([part.system for part in every], only_additions=True)
    needs = Needs(
        *(
            np.concatenate([getattr(part.needs, name) for part in every])
            for name in ("primary", "lowest", "highest", "eligible", "already")
        )
    )
    pattern = suppress(system, needs, trials=None if len(system.values) <= settings.exact_cells else _TRIALS)
    if not pattern_holds(system, needs, pattern):
        raise RuntimeError("the suppression pattern does not protect every primary cell: nothing is published")
    withheld = pattern.withheld[len(system.values) - len(now.reasons) :]
    reasons = np.where(withheld & (now.reasons == ""), Reason.SECONDARY, now.reasons)
    guarantee = _guarantee(settings, len(frames))
    published = []
    for frame, names, positions in zip(frames, dimensions, now.system.positions, strict=True):
        why = np.full(len(frame), "", dtype=object)
        why[~np.isnan(true_values(frame))] = reasons[positions]
        published.append(finished(frame, names, true_values(frame), settings, guarantee, reasons=why))
    return published


class _Part:
    """A release: its system, what must stay possible in it, and why."""

    def __init__(self, system: System, needs: Needs, reasons: NDArray[np.object_]) -> None:
        self.system = system
        self.needs = needs
        self.reasons = reasons


def _with_needs(system: System, frames: Sequence[pd.DataFrame], settings: DisclosureSettings) -> _Part:
    """What must stay possible for each cell, and why: the strictest of what any table asks for it."""
    lowest, highest = system.values.copy(), system.values.copy()
    reasons = np.full(len(lowest), "", dtype=object)
    for frame, positions in zip(frames, system.positions, strict=True):
        found = primary_cells(frame, settings)
        np.minimum.at(lowest, positions, found.lowest)
        np.maximum.at(highest, positions, found.highest)
        reasons[positions] = np.where(reasons[positions] == "", found.reasons, reasons[positions])
    eligible = system.listed & ((system.values > 0) | settings.protect_zeros)
    needs = Needs(reasons != "", lowest, highest, eligible, np.zeros(len(lowest), dtype=bool))
    return _Part(system, needs, reasons)


def _kept(
    release: Release, dimensions: Sequence[Sequence[str]], hierarchies: Hierarchies, settings: DisclosureSettings
) -> _Part:
    """An earlier release: what it withheld stays withheld and protected, what it showed is known."""
    frames = [read_cells(cells, names) for cells, names in zip(release.cells, dimensions, strict=True)]
    shown = [
        frame[list(names)].merge(read_cells(table, names), on=list(names), how="left", validate="one_to_one")
        for frame, table, names in zip(frames, release.published, dimensions, strict=True)
    ]
    known = [~np.isnan(true_values(frame)) for frame in frames]
    frames = [frame[mask] for frame, mask in zip(frames, known, strict=True)]
    part = _with_needs(build_system(frames, dimensions, hierarchies), frames, settings)
    withheld = np.ones(len(part.reasons), dtype=bool)
    for table, mask, positions in zip(shown, known, part.system.positions, strict=True):
        withheld[positions[~np.isnan(true_values(table)[mask])]] = False
    # what was shown then, rightly or not, cannot be protected now
    primary = part.needs.primary & withheld
    needs = Needs(primary, part.needs.lowest, part.needs.highest, np.zeros(len(withheld), dtype=bool), withheld)
    return _Part(part.system, needs, part.reasons)


def _guarantee(settings: DisclosureSettings, tables: int) -> str:
    together = "this table" if tables == 1 else f"these {tables} tables"
    parts = []
    if settings.threshold > 1:
        counts = "Counts" if settings.protect_zeros else "Positive counts"
        parts.append(
            f"{counts} below {settings.threshold} are withheld. With all figures of {together} a reader can "
            f"rule out neither that such a count is zero nor that it reaches {settings.threshold}."
        )
    if settings.p_percent is not None or settings.dominance_n is not None:
        parts.append(
            "Figures that one or two contributors dominate are withheld, and cannot be worked out more closely than "
            "the rule allows."
        )
    parts.append("Further figures are withheld for that purpose alone; all that is published is the true count.")
    return " ".join(parts)
