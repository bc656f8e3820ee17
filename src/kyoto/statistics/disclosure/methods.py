"""Each method from cells to a protected table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kyoto.statistics.disclosure.cell_key import perturb, uniform_draws
from kyoto.statistics.disclosure.cells import cell_keys, read_cells
from kyoto.statistics.disclosure.loss import measure_loss
from kyoto.statistics.disclosure.result import (
    FREE,
    NORMAL,
    NOT_FOR_PUBLICATION,
    SUPPRESSED,
    DisclosureReport,
    Protected,
)
from kyoto.statistics.disclosure.rounding import round_conventionally, round_randomly

if TYPE_CHECKING:
    from kyoto.statistics.disclosure.settings import DisclosureSettings

__all__ = ["METHOD_FUNCTIONS"]

Hierarchies = Mapping[str, Mapping[str, str]]
MethodFunction = Callable[[Sequence[Any], Sequence[Sequence[str]], Hierarchies, "DisclosureSettings"], list[Protected]]


def _publish_as_is(
    tables: Sequence[Any], dimensions: Sequence[Sequence[str]], hierarchies: Hierarchies, settings: DisclosureSettings
) -> list[Protected]:
    """Tables without protection, which the guarantee says plainly."""
    guarantee = "No disclosure control was applied: the figures are the true counts, small ones included."
    published = []
    for cells, names in zip(tables, dimensions, strict=True):
        frame = read_cells(cells, names)
        published.append(_finished(frame, names, _values(frame), settings, guarantee))
    return published


def _perturb_by_key(
    tables: Sequence[Any], dimensions: Sequence[Sequence[str]], hierarchies: Hierarchies, settings: DisclosureSettings
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
        values = _values(frame)
        known = ~np.isnan(values)
        noisy = values.copy()
        noisy[known] = perturb(values[known], cell_keys(frame[known]), settings)
        published.append(_finished(frame, names, noisy, settings, guarantee, notes))
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
    tables: Sequence[Any], dimensions: Sequence[Sequence[str]], hierarchies: Hierarchies, settings: DisclosureSettings
) -> list[Protected]:
    """Tables rounded to the base, cell by cell."""
    how = {
        "conventional": "to the nearest multiple; totals are rounded on their own and can differ from the sum of parts",
        "random": "at random to a neighbouring multiple, right on average and the same for the same records; totals "
        "are rounded on their own and can differ from the sum of parts",
    }[settings.rounding]
    guarantee = f"Every count is rounded to a multiple of {settings.base}, {how}."
    published = []
    for cells, names in zip(tables, dimensions, strict=True):
        frame = read_cells(cells, names)
        values = _values(frame)
        if settings.rounding == "conventional":
            rounded = round_conventionally(values, settings.base)
        else:
            rounded = round_randomly(values, settings.base, uniform_draws(cell_keys(frame), settings.secret))
        published.append(_finished(frame, names, rounded, settings, guarantee))
    return published


def _values(frame: pd.DataFrame) -> NDArray[np.float64]:
    values: NDArray[np.float64] = frame["value"].to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def _finished(
    frame: pd.DataFrame,
    dimensions: Sequence[str],
    published: NDArray[np.float64],
    settings: DisclosureSettings,
    guarantee: str,
    notes: tuple[str, ...] = (),
    reasons: NDArray[np.object_] | None = None,
) -> Protected:
    """Protected table with its statuses and its report.

    A value that is missing without a reason was missing before; it keeps the status that the cells gave it.
    """
    true = _values(frame)
    why = np.full(len(frame), "", dtype=object) if reasons is None else reasons
    withheld = why != ""
    shown = np.where(withheld, np.nan, published)
    out = frame[list(dimensions)].copy()
    out["value"] = shown
    given = frame["status"].to_numpy(dtype=object) if "status" in frame.columns else _own_status(true)
    out["status"] = np.where(withheld, SUPPRESSED, given)
    out["confidentiality"] = np.where(withheld, NOT_FOR_PUBLICATION, FREE)
    codes, counts = np.unique(why[withheld].astype(str), return_counts=True)
    report = DisclosureReport(
        method=settings.method,
        settings=settings.facts(),
        cells=len(frame),
        changed=int(np.sum(~np.isnan(shown) & (shown != true))),
        suppressed=int(withheld.sum()),
        primary=dict(zip(codes.tolist(), counts.tolist(), strict=True)),
        loss=measure_loss(true, shown),
        guarantee=guarantee,
        notes=notes,
    )
    return Protected(out, report, pd.Series(why, index=frame.index, name="reason", dtype=object))


def _own_status(true: NDArray[np.float64]) -> NDArray[np.object_]:
    """Normal where there is a value, ``O`` (CL_OBS_STATUS: missing value) where there is none."""
    return np.where(np.isnan(true), "O", NORMAL).astype(object)


METHOD_FUNCTIONS: Mapping[str, MethodFunction] = {
    "none": _publish_as_is,
    "cell-key": _perturb_by_key,
    "rounding": _round_cells,
}
