"""Each method from cells to a protected table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.statistics.disclosure.cell_key import perturb, uniform_draws
from kyoto.statistics.disclosure.cells import cell_keys, read_cells
from kyoto.statistics.disclosure.finish import finished, true_values
from kyoto.statistics.disclosure.result import Protected, Release
from kyoto.statistics.disclosure.rounding import round_conventionally, round_randomly
from kyoto.statistics.disclosure.structure import build_system
from kyoto.statistics.disclosure.withholding import withhold

if TYPE_CHECKING:
    from kyoto.statistics.disclosure.settings import DisclosureSettings

__all__ = ["METHOD_FUNCTIONS"]

Hierarchies = Mapping[str, Mapping[str, str]]
MethodFunction = Callable[
    [Sequence[Any], Sequence[Sequence[str]], Hierarchies, "DisclosureSettings", Sequence[Release]], list[Protected]
]


def _publish_as_is(
    tables: Sequence[Any],
    dimensions: Sequence[Sequence[str]],
    hierarchies: Hierarchies,
    settings: DisclosureSettings,
    earlier: Sequence[Release],
) -> list[Protected]:
    """Tables without protection, which the guarantee says plainly."""
    guarantee = "No disclosure control was applied: the figures are the true counts, small ones included."
    published = []
    for cells, names in zip(tables, dimensions, strict=True):
        frame = read_cells(cells, names)
        published.append(finished(frame, names, true_values(frame), settings, guarantee))
    return published


def _perturb_by_key(
    tables: Sequence[Any],
    dimensions: Sequence[Sequence[str]],
    hierarchies: Hierarchies,
    settings: DisclosureSettings,
    earlier: Sequence[Release],
) -> list[Protected]:
    """Tables with cell-key noise; linked ones need no more, for a cell has the same noise in each."""
    below = f"; no figure between 0 and {settings.threshold} is published" if settings.threshold > 1 else ""
    guarantee = (
        f"Every count above zero carries random noise with mean 0, variance {settings.variance:g} and at most "
        f"{settings.max_deviation} up or down{below}. The same records get the same noise in every table and release. "
        "Because each figure has its own noise, totals can differ from the sum of their parts; rates, shares and "
        "indicators are computed from the published figures."
    )
    notes = _forced_variance_notes(settings)
    published = []
    for cells, names in zip(tables, dimensions, strict=True):
        frame = read_cells(cells, names)
        values = true_values(frame)
        known = ~np.isnan(values)
        noisy = values.copy()
        noisy[known] = perturb(values[known], cell_keys(frame[known]), settings)
        published.append(finished(frame, names, noisy, settings, guarantee, notes))
    return published


def _forced_variance_notes(settings: DisclosureSettings) -> tuple[str, ...]:
    forced = [
        count for count in range(1, settings.threshold) if count * (settings.threshold - count) > settings.variance
    ]
    if not forced:
        return ()
    counts = ", ".join(map(str, forced))
    return (f"Counts of {counts} have to move to 0 or {settings.threshold}: their noise has a larger variance.",)


def _round_cells(
    tables: Sequence[Any],
    dimensions: Sequence[Sequence[str]],
    hierarchies: Hierarchies,
    settings: DisclosureSettings,
    earlier: Sequence[Release],
) -> list[Protected]:
    """Tables rounded to the base, cell by cell or so that totals add up."""
    if settings.rounding == "controlled":
        return _round_together(tables, dimensions, hierarchies, settings, earlier)
    how = {
        "conventional": "to the nearest multiple; totals are rounded on their own and can differ from the sum of parts",
        "random": "at random to a neighbouring multiple, right on average and the same for the same records; totals "
        "are rounded on their own and can differ from the sum of parts",
    }[settings.rounding]
    guarantee = f"Every count is rounded to a multiple of {settings.base}, {how}."
    published = []
    for cells, names in zip(tables, dimensions, strict=True):
        frame = read_cells(cells, names)
        values = true_values(frame)
        if settings.rounding == "conventional":
            rounded = round_conventionally(values, settings.base)
        else:
            rounded = round_randomly(values, settings.base, uniform_draws(cell_keys(frame), settings.secret))
        published.append(finished(frame, names, rounded, settings, guarantee))
    return published


def _round_together(
    tables: Sequence[Any],
    dimensions: Sequence[Sequence[str]],
    hierarchies: Hierarchies,
    settings: DisclosureSettings,
    earlier: Sequence[Release],
) -> list[Protected]:
    """Tables rounded so that all sums, within and between them, still hold."""
    from kyoto.statistics.disclosure.controlled import round_with_totals  # loads a solver

    frames = [read_cells(cells, names) for cells, names in zip(tables, dimensions, strict=True)]
    known = [frame[~np.isnan(true_values(frame))] for frame in frames]
    system = build_system(known, dimensions, hierarchies)
    rounding = round_with_totals(system, settings.base, largest_part=_ROUNDING_FACTOR * settings.exact_cells)
    guarantee = (
        f"Every count is rounded to a neighbouring multiple of {settings.base}, chosen so that totals equal the sum "
        "of their parts."
    )
    notes = []
    if rounding.further:
        notes.append(f"{rounding.further} cells had to go one or two multiples further for the totals to add up.")
    if rounding.apart:
        notes.append(
            f"{rounding.apart} cells belong to a part of the table that is too large to be rounded as one; "
            "they are rounded to the nearest multiple, and totals there can differ from the sum of their parts."
        )
    published = []
    for frame, names, positions in zip(frames, dimensions, system.positions, strict=True):
        values = true_values(frame)
        values[~np.isnan(values)] = rounding.values[positions]
        published.append(finished(frame, names, values, settings, guarantee, tuple(notes)))
    return published


_ROUNDING_FACTOR = 10
"""Controlled rounding is easier than suppression: parts this many times larger are still solved as one."""

METHOD_FUNCTIONS: Mapping[str, MethodFunction] = {
    "none": _publish_as_is,
    "cell-key": _perturb_by_key,
    "rounding": _round_cells,
    "suppression": withhold,
}
