"""The ``[link]`` section of a project file. Importing it loads neither Splink nor pandas.

.. code-block:: toml

   [link]
   threshold = 0.95              # pairs at least this probable are links
   review = [0.05, 0.99]         # doubtful in between
   within = true                 # a person may stand several times in a file
   exact = ["nationality"]       # further columns compared for equality
   seed = 1
   reviewed = "reviewed.csv"     # a review file that was filled in
   labels = "labels.csv"         # pairs whose truth is known, to measure precision and recall
   engine = "duckdb"             # or spark

   [link.files.police]
   file = "police.csv"
   id = "case"                   # and given, family, name, birth, sex, place: columns of the file
   family = "surname"
   unique = false                # a person stands in it once
   month_first = false
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from kyoto.core.project import Section
from kyoto.statistics.linkage.model import ROLES, LinkFile, LinkOptions

if TYPE_CHECKING:
    from kyoto.statistics.linkage.result import Linkage

__all__ = ["LinkSettings", "read_settings", "run_settings"]


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """What the section says.

    Parameters
    ----------
    files
        Files to link.
    options
        How.
    reviewed, labels
        Review file that was filled in, and labelled pairs; None without.
    """

    files: tuple[LinkFile, ...]
    options: LinkOptions
    reviewed: Path | None
    labels: Path | None


def read_settings(section: Section) -> LinkSettings:
    """Settings from a parsed section; problems are recorded in it, not raised.

    Parameters
    ----------
    section
        ``project.section("link", problems=problems)``.
    """
    section.require("files")
    default = LinkOptions()
    folder = section.project.folder
    places = [section.text(name) for name in ("reviewed", "labels")]
    settings = LinkSettings(
        files=tuple(_file(table, folder) for table in section.table("files").tables()),
        options=LinkOptions(
            threshold=_share(section, "threshold", default.threshold),
            review=_range(section, default.review),
            within=section.flag("within", default.within),
            exact=section.texts("exact"),
            seed=section.whole("seed", default.seed, least=0) or 0,
            engine=cast("Literal['duckdb', 'spark']", section.text("engine", "duckdb", choices=("duckdb", "spark"))),
        ),
        reviewed=folder / places[0] if places[0] else None,
        labels=folder / places[1] if places[1] else None,
    )
    section.finish()
    return settings


def _file(section: Section, folder: Path) -> LinkFile:
    section.require("file")
    columns = {role: section.text(role) for role in ("id", *ROLES)}
    file = LinkFile(
        name=section.name,
        path=folder / section.text("file", ""),
        columns={role: column for role, column in columns.items() if column},
        unique=section.flag("unique"),
        month_first=section.flag("month_first"),
    )
    section.finish()
    return file


def _share(section: Section, key: str, default: float) -> float:
    value = section.number(key, default)
    if value is None or not 0 < value < 1:
        section.wrong(key, "Not a probability", expected="a number between 0 and 1", got=repr(value))
        return default
    return value


def _range(section: Section, default: tuple[float, float]) -> tuple[float, float]:
    value = section.raw("review", list(default))
    numbers = [item for item in value if isinstance(item, int | float)] if isinstance(value, list) else []
    if len(numbers) != 2 or not 0 < numbers[0] < numbers[1] < 1:
        section.wrong("review", "Not a range of probabilities", expected="for example [0.05, 0.99]", got=repr(value))
        return default
    return float(numbers[0]), float(numbers[1])


def run_settings(settings: LinkSettings) -> Linkage:
    """Link as the section asks.

    Parameters
    ----------
    settings
        From :func:`read_settings`.
    """
    from kyoto.statistics.linkage.linking import link_files
    from kyoto.statistics.linkage.review import read_decisions

    return link_files(
        settings.files,
        settings.options,
        reviewed=read_decisions(settings.reviewed) if settings.reviewed else None,
        labels=read_decisions(settings.labels) if settings.labels else None,
    )
