"""The ``[flow]`` section of a project file. Importing it loads neither pandas nor NumPy.

.. code-block:: toml

   [flow]
   cases = "cases.csv"                   # one row a case
   by = ["iccs", "sex", "age:0-17,18+"]
   within = 365                          # days of follow-up of every case
   until = "2024-12-31"                  # last day that the file covers
   identifier = "case"
   period = "2022/2024"                  # of the observations; the project's by default
   least = 10                            # groups of fewer cases have no figures, whatever [disclosure] lets out

   [flow.stages]                         # column of the day of each stage, in order
   recorded = "recorded_on"
   charged = "charged_on"
   convicted = "convicted_on"

   [flow.files.police]                   # instead of cases and stages: a file for each stage, in order
   file = "police.csv"
   stage = "recorded"
   identifier = "id"
   date = "date"
   link = "police"                       # name in [link.files]; left out, all agencies use the same number of a case

   [flow.prisons]
   file = "prisons.csv"                  # stocks by period, wide or observations
   by = ["area"]
   published = true                      # the counts are public already: they are not protected
   held = "held"                         # and unsentenced, sentenced, capacity, deaths, population: columns or series

   [flow.projection]
   file = "stock.csv"                    # columns period, stock, admitted (if known), group (if several)
   group = "status"
   horizon = 5
   scenarios = ["bail-reform:unsentenced=0.2", "early-release:sentenced=0.9"]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, cast

from kyoto.analysis.flow.model import StageFile, Unit
from kyoto.core.errors import KyotoError
from kyoto.core.project import Section

if TYPE_CHECKING:
    from kyoto.analysis.flow.scenarios import Scenario

__all__ = ["FlowSettings", "PrisonSettings", "ProjectionSettings", "parsed_scenario", "read_settings"]

CASE_TABLES = ("flow-stages", "flow-closed")
PRISON_TABLES = ("flow-held", "flow-deaths")
"""Names of the protected tables of a build, for files."""

PRISON_KEYS = ("held", "unsentenced", "sentenced", "capacity", "deaths", "population")


@dataclass(frozen=True, slots=True)
class PrisonSettings:
    """What ``[flow.prisons]`` says.

    Parameters
    ----------
    file, by
        File of stocks by period, and its disaggregations.
    columns
        Column (or series) of each quantity.
    published
        Whether the counts are public already, and need no protection.
    """

    file: Path
    by: tuple[str, ...]
    columns: Mapping[str, str]
    published: bool = False

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the protected tables, for files."""
        return PRISON_TABLES if "deaths" in self.columns else PRISON_TABLES[:1]


@dataclass(frozen=True, slots=True)
class ProjectionSettings:
    """What ``[flow.projection]`` says."""

    file: Path
    group: str | None
    horizon: int
    scenarios: tuple[str, ...]
    seed: int


@dataclass(frozen=True, slots=True)
class FlowSettings:
    """What the section says; None for a part that is absent.

    Parameters
    ----------
    cases
        File of cases.
    stages
        Column of each stage.
    by, within, until, identifier
        As in :func:`kyoto.analysis.flow.read_cases` and :func:`kyoto.analysis.flow.attrition_by_case`.
    prisons, projection
        The other parts.
    files, unit
        Files of several agencies, in place of ``cases`` (:func:`kyoto.analysis.flow.put_together`).
    period
        Of the observations of cases, ISO 8601; empty for the project's.
    least
        Cases below which a group has no figures.
    """

    cases: Path | None
    stages: Mapping[str, str]
    by: tuple[str, ...]
    within: int
    until: date | None
    identifier: str | None
    prisons: PrisonSettings | None
    projection: ProjectionSettings | None
    period: str = ""
    least: int = 10
    files: tuple[StageFile, ...] = ()
    unit: Unit = "case"

    @property
    def case_files(self) -> tuple[Path, ...]:
        """Files that the cases are read from; none if the section asks for no cases."""
        return tuple(file.path for file in self.files) or (() if self.cases is None else (self.cases,))

    @property
    def linked(self) -> bool:
        """Whether cases are put together by persons that ``[link]`` made."""
        return any(file.link for file in self.files)


def read_settings(section: Section) -> FlowSettings:
    """Settings from a parsed section; problems are recorded in it, not raised.

    Parameters
    ----------
    section
        ``project.section("flow", problems=problems)``.
    """
    folder = section.project.folder
    cases = section.text("cases")
    if cases is not None:
        section.require("stages")
    files = tuple(_stage_file(part, folder) for part in section.table("files").tables())
    if files and cases is not None:
        section.wrong("files", "Cases are given twice", expected="either cases and stages, or files", got="both")
    _require_links(section, files)
    stages = section.table("stages")
    settings = FlowSettings(
        cases=folder / cases if cases else None,
        stages={name: stages.text(name, "") for name in stages},
        by=section.texts("by"),
        within=section.whole("within", 365, least=1) or 365,
        until=_day(section, "until"),
        identifier=section.text("identifier"),
        prisons=_prisons(section.table("prisons"), folder) if "prisons" in section else None,
        projection=_projection(section.table("projection"), folder) if "projection" in section else None,
        period=section.text("period", ""),
        least=section.whole("least", 10, least=1) or 10,
        files=files,
        unit=cast("Unit", section.text("unit", "case", choices=("case", "person"))),
    )
    stages.finish()
    section.finish()
    return settings


def _stage_file(section: Section, folder: Path) -> StageFile:
    section.require("file", "stage")
    found = StageFile(
        section.text("stage", ""),
        folder / section.text("file", ""),
        section.text("identifier", "id"),
        section.text("date", "date"),
        section.text("link", ""),
    )
    section.finish()
    return found


def _require_links(section: Section, files: tuple[StageFile, ...]) -> None:
    """Records a problem where some files are linked and others are not, or a stage stands alone."""
    if files and len({bool(file.link) for file in files}) > 1:
        section.wrong("files", "Some files are linked and some are not", expected="`link` in each file, or in none")
    if len(files) == 1:
        section.wrong("files", "Cases through several stages need several files", got=files[0].stage)


def _prisons(section: Section, folder: Path) -> PrisonSettings:
    section.require("file")
    columns = {key: section.text(key) for key in PRISON_KEYS}
    found = PrisonSettings(
        folder / section.text("file", ""),
        section.texts("by"),
        {key: name for key, name in columns.items() if name},
        section.flag("published"),
    )
    section.finish()
    return found


def _projection(section: Section, folder: Path) -> ProjectionSettings:
    section.require("file")
    scenarios = section.texts("scenarios")
    for text in scenarios:
        try:
            scenario_parts(text)
        except KyotoError as error:
            section.wrong("scenarios", error.title, expected=error.expected, got=text)
    found = ProjectionSettings(
        file=folder / section.text("file", ""),
        group=section.text("group"),
        horizon=section.whole("horizon", 5, least=1) or 5,
        scenarios=scenarios,
        seed=section.whole("seed", 1, least=0) or 0,
    )
    section.finish()
    return found


def _day(section: Section, key: str) -> date | None:
    value = section.raw(key)
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        section.wrong(key, "Not a date", expected="for example 2024-12-31", got=repr(value))
        return None


def scenario_parts(text: str) -> tuple[str, str, float]:
    """Kind, group and size of ``KIND:GROUP=SIZE``.

    Raises
    ------
    KyotoError
        ``flow.wrong-scenario``.

    Examples
    --------
    >>> scenario_parts("bail-reform:unsentenced=0.2")
    ('bail-reform', 'unsentenced', 0.2)
    """
    name, equals, size = text.partition("=")
    kind, _, group = name.partition(":")
    try:
        return kind.strip(), group.strip() or "all", float(size if equals else "")
    except ValueError:
        raise KyotoError(
            "Not a scenario", code="flow.wrong-scenario", expected="for example bail-reform:unsentenced=0.2", got=text
        ) from None


def parsed_scenario(text: str, *, after: int = 0, phased: int = 1, returned: float = 0.0) -> Scenario:
    """Scenario of ``KIND:GROUP=SIZE``, such as ``shorter-remand:unsentenced=0.8``; the group may be left out.

    Raises
    ------
    KyotoError
        ``flow.wrong-scenario``, ``flow.unknown-scenario``, ``flow.wrong-size``.
    """
    from kyoto.analysis.flow.scenarios import named_scenario

    kind, group, size = scenario_parts(text)
    return named_scenario(kind, size, group, after=after, phased=phased, returned=returned)
