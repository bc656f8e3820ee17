"""The ``[hidden]`` section of a project file, and the estimate that it asks for.

.. code-block:: toml

   [hidden]
   file = "lists.csv"            # required
   lists = ["police", "ngo"]     # default: all columns of 0 and 1
   count = "count"               # default: found by its name
   by = ["sex"]                  # strata
   method = "loglinear"          # loglinear, chao, heterogeneity, coverage, graphs, bayes, latent
   select = "stepwise"           # stepwise, main, model, aic, aicc, bic
   model = "[12,3]"              # with select = "model"
   max_order = 2
   replicates = 1000
   seed = 1
   level = 0.95
   pooling = "partial"           # partial or none
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kyoto.analysis.hidden.estimate import METHODS, SELECTIONS, Options, estimate_population
from kyoto.analysis.hidden.result import EstimateTable
from kyoto.analysis.hidden.strata import pooled_strata, separate_strata
from kyoto.analysis.hidden.tables_in import CaptureInput, read_captures
from kyoto.core.project import Section

__all__ = ["HiddenSettings", "estimate_by_strata", "read_settings", "run_settings"]

POOLING = ("none", "partial")


@dataclass(frozen=True, slots=True)
class HiddenSettings:
    """What the section says.

    Parameters
    ----------
    file
        Path of the lists.
    lists, count, by
        As in :func:`kyoto.analysis.hidden.tables_in.read_captures`.
    options
        How to estimate.
    pooling
        ``none``: each stratum alone. ``partial``: :func:`kyoto.analysis.hidden.strata.pooled_strata`.
    """

    file: Path
    lists: tuple[str, ...]
    count: str | None
    by: tuple[str, ...]
    options: Options
    pooling: str


def read_settings(section: Section) -> HiddenSettings:
    """Settings from a parsed section; problems are recorded in it, not raised.

    Parameters
    ----------
    section
        ``project.section("hidden", problems=problems)``.
    """
    section.require("file")
    default = Options()
    settings = HiddenSettings(
        file=section.project.folder / section.text("file", ""),
        lists=section.texts("lists"),
        count=section.text("count"),
        by=section.texts("by"),
        options=Options(
            method=section.text("method", default.method, choices=METHODS),
            select=section.text("select", default.select, choices=SELECTIONS),
            model=section.text("model"),
            order=section.whole("max_order", least=1),
            replicates=section.whole("replicates", least=0) or (0 if "replicates" in section else default.replicates),
            seed=section.whole("seed", least=0) or default.seed,
            level=section.number("level") or default.level,
        ),
        pooling=section.text("pooling", "none", choices=POOLING),
    )
    section.finish()
    return settings


def run_settings(settings: HiddenSettings) -> EstimateTable:
    """Estimate what the section asks for: one row, or one a stratum and their total.

    Parameters
    ----------
    settings
        From :func:`read_settings`.
    """
    source = read_captures(settings.file, lists=settings.lists, count=settings.count, by=settings.by)
    return estimate_by_strata(source, settings.options, pooling=settings.pooling)


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
