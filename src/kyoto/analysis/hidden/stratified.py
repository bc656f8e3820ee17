"""One estimate, or one a stratum and their total."""

from __future__ import annotations

from kyoto.analysis.hidden.estimate import estimate_population
from kyoto.analysis.hidden.options import Options
from kyoto.analysis.hidden.result import EstimateTable
from kyoto.analysis.hidden.strata import pooled_strata, separate_strata
from kyoto.analysis.hidden.tables_in import CaptureInput

__all__ = ["estimate_by_strata"]


def estimate_by_strata(source: CaptureInput, options: Options, *, pooling: str = "none") -> EstimateTable:
    """Estimate the whole, or every stratum and the total.

    Parameters
    ----------
    source
        The lists as read.
    options
        How to estimate.
    pooling
        ``none`` or ``partial``.
    """
    if not source.by:
        return EstimateTable((estimate_population(source.table, options),))
    if pooling == "partial":
        return pooled_strata(source.strata, source.by, model=options.model, seed=options.seed, level=options.level)
    return separate_strata(source.strata, source.by, options)
