"""The project file as the statistical pipeline understands it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kyoto.core.errors import Problems, did_you_mean
from kyoto.core.project import Project, Section
from kyoto.core.rooms import Room, read_rooms
from kyoto.statistics.comparability.statements import read_statements
from kyoto.statistics.disclosure.settings import DisclosureSettings
from kyoto.statistics.indicators import IndicatorSettings
from kyoto.statistics.indicators import read_settings as read_indicators
from kyoto.statistics.quality.settings import QualitySettings
from kyoto.statistics.sources.model import SourceSpec
from kyoto.statistics.tables.model import Dimension, TableSpec

if TYPE_CHECKING:
    from kyoto.core.engine import EngineSettings

__all__ = ["Settings", "read_settings"]

_SECTIONS = (
    "project",
    "sources",
    "tables",
    "indicators",
    "quality",
    "comparability",
    "cts",
    "disclosure",
    "report",
    "engine",
)


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """``[report]``: what the report page shows besides the tables.

    Parameters
    ----------
    boundaries
        GeoJSON file of areas; None if there is none.
    key, name
        Properties of its features that hold the area's code and its name.
    attribution
        Line that the licence of the boundaries asks for.
    map
        Draw a map of the points that sources have.
    """

    boundaries: str | None = None
    key: str = "id"
    name: str = ""
    attribution: str = ""
    map: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """A project, read and checked.

    Parameters
    ----------
    project
        The file it came from.
    title, area
        Of the project; the area is an ISO 3166 code or the user's own, ``_Z`` if none.
    period
        Period of tables without dates, ISO 8601; None to take it from the data.
    population
        File of denominators, relative to the project; None if there is none.
    population_columns
        Column of the population file for each of area, period, sex, age, value, where it has other names.
    sources, tables
        By name, in the user's order.
    indicators
        What is computed beside the tables.
    quality
        Thresholds of the checks.
    disclosure
        How tables are protected.
    report
        What the report shows.
    engine
        Memory and threads.
    rooms
        Rooms above the pipeline that add steps of their own.
    """

    project: Project
    title: str
    area: str
    period: str | None
    population: str | None
    population_columns: Mapping[str, str]
    sources: Mapping[str, SourceSpec]
    tables: Mapping[str, TableSpec]
    indicators: IndicatorSettings
    quality: QualitySettings
    disclosure: DisclosureSettings
    report: ReportSettings
    engine: EngineSettings
    rooms: tuple[Room, ...] = ()

    @property
    def population_file(self) -> Path | None:
        """Path of the population file."""
        return self.project.folder / self.population if self.population else None


def read_settings(project: Project) -> Settings:
    """Read the sections that the pipeline needs.

    Raises
    ------
    KyotoError
        All problems of the file at once: ``project.unknown-key``, ``project.missing-key``, ``project.wrong-value``.
    """
    problems = Problems()
    whole = project.section(problems=problems)
    rooms = read_rooms(project, _SECTIONS, problems)
    head = project.section("project", problems=problems)
    sources = {
        section.name: SourceSpec.from_section(section)
        for section in project.section("sources", problems=problems).tables()
    }
    if not sources:
        problems.add(
            project.problem(
                "The project has no source",
                code="project.missing-key",
                hint='Add a section such as [sources.police] with file = "data.csv" and unit = "offence".',
            )
        )
    tables = {
        section.name: TableSpec.from_section(section)
        for section in project.section("tables", problems=problems).tables()
    }
    if "comparability" in whole:
        read_statements(project, problems)
    if "cts" in whole:
        from kyoto.statistics.exchange.cts.settings import read_settings as read_cts

        read_cts(project, problems)
    for name, spec in tables.items():
        _check_source(project, name, spec, sources, problems)
    settings = Settings(
        project=project,
        title=head.text("title", project.folder.resolve().name),
        area=head.text("area", "_Z"),
        period=_period(head),
        population=head.text("population"),
        population_columns=_text_table(head.table("population_columns")),
        sources=sources,
        tables=tables or _default_tables(sources),
        indicators=read_indicators(project, problems),
        quality=QualitySettings.from_section(project.section("quality", problems=problems)),
        disclosure=DisclosureSettings.from_section(project.section("disclosure", problems=problems)),
        report=_report(project.section("report", problems=problems)),
        engine=_engine(project.section("engine", problems=problems)),
        rooms=rooms,
    )
    head.finish()
    problems.raise_if_any()
    return settings


def _check_source(
    project: Project, name: str, spec: TableSpec, sources: Mapping[str, SourceSpec], problems: Problems
) -> None:
    if spec.source and spec.source not in sources:
        problems.add(
            project.problem(
                f"Table {name!r} counts a source that is not there: {spec.source!r}",
                "tables",
                name,
                "source",
                hint=did_you_mean(spec.source, sources),
            )
        )


def _default_tables(sources: Mapping[str, SourceSpec]) -> dict[str, TableSpec]:
    """Tables of a project that names none: each source by ICCS, year, and sex where it has them."""
    from kyoto.statistics.tables.model import DATE_CONCEPTS

    tables = {}
    for source in sources.values():
        concepts = {column.name for column in source.columns}
        by = []
        if {"offence", "iccs"} & concepts:
            by.append(Dimension("iccs"))
        if concepts & set(DATE_CONCEPTS):
            by.append(Dimension("period", grain="year"))
        by += [Dimension(concept) for concept in ("sex", "region") if concept in concepts]
        tables[source.name] = TableSpec(source.name, source.name, tuple(by))
    return tables


def _period(head: Section) -> str | None:
    period = head.text("period")
    if period is not None and not re.fullmatch(
        r"\d{4}(-(\d{2}(-\d{2})?|Q[1-4]|W\d{2}))?(/\d{4}(-\d{2}){0,2})?", period
    ):
        head.wrong("period", "Not a period", got=period, expected="ISO 8601, such as 2016, 2016-07 or 2014/2016")
        return None
    return period


def _report(section: Section) -> ReportSettings:
    own = ReportSettings()
    report = ReportSettings(
        boundaries=section.text("boundaries"),
        key=section.text("key", own.key),
        name=section.text("name", own.name),
        attribution=section.text("attribution", own.attribution),
        map=section.flag("map", own.map),
    )
    section.finish()
    return report


def _engine(section: Section) -> EngineSettings:
    from kyoto.core.engine.model import EngineSettings

    memory = section.text("memory")
    if memory is not None and not re.fullmatch(r"\d+(\.\d+)?\s*(MB|GB|TB|MiB|GiB)", memory):
        section.wrong("memory", "Not an amount of memory", got=memory, expected='such as "3GB"')
    spill = section.text("spill_folder")
    settings = EngineSettings(
        memory=memory,
        threads=section.whole("threads", least=1),
        spill_folder=section.project.folder / spill if spill else None,
    )
    section.finish()
    return settings


def _text_table(section: Section) -> dict[str, str]:
    found = {key: section.text(key, "") for key in section}
    section.finish()
    return found
