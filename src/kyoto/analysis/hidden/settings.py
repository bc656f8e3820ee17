"""The ``[hidden]`` section of a project file. It is read for every build, so nothing here computes.

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
   title = "How many victims?"   # heading of the page
   origin = "Register, 2013"     # where the lists come from
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kyoto.analysis.hidden.options import METHOD_NAMES, SELECTIONS, Options
from kyoto.core.project import Section

__all__ = ["HiddenSettings", "read_settings"]

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
    title, origin
        Heading of the page, and where the lists come from.
    """

    file: Path
    lists: tuple[str, ...]
    count: str | None
    by: tuple[str, ...]
    options: Options
    pooling: str
    title: str
    origin: str


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
            method=section.text("method", default.method, choices=METHOD_NAMES),
            select=section.text("select", default.select, choices=SELECTIONS),
            model=section.text("model"),
            order=section.whole("max_order", least=1),
            replicates=section.whole("replicates", least=0) or (0 if "replicates" in section else default.replicates),
            seed=section.whole("seed", least=0) or default.seed,
            level=section.number("level") or default.level,
        ),
        pooling=section.text("pooling", "none", choices=POOLING),
        title=section.text("title", "How many people are there?"),
        origin=section.text("origin", ""),
    )
    section.finish()
    return settings
