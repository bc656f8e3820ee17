"""From published values to a protected table with its statuses and report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kyoto.statistics.disclosure.loss import measure_loss
from kyoto.statistics.disclosure.result import (
    FREE,
    NORMAL,
    NOT_FOR_PUBLICATION,
    SUPPRESSED,
    DisclosureReport,
    Protected,
)

if TYPE_CHECKING:
    from kyoto.statistics.disclosure.settings import DisclosureSettings

__all__ = ["finished", "true_values"]


def true_values(frame: pd.DataFrame) -> NDArray[np.float64]:
    """Values of checked cells; NaN where not known."""
    values: NDArray[np.float64] = frame["value"].to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def finished(
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
    true = true_values(frame)
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
