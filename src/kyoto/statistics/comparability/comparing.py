"""Reading definitions out of a built project, and comparing them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean
from kyoto.statistics.classification import Correspondence, iccs
from kyoto.statistics.comparability.history import found_breaks, missing_years, recomputed
from kyoto.statistics.comparability.judging import coverage_of
from kyoto.statistics.comparability.model import Comparison, Definition, LinkUse, Place
from kyoto.statistics.comparability.statements import Statement, read_statements
from kyoto.statistics.tables.model import DATE_CONCEPTS

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import Engine
    from kyoto.statistics.pipeline.settings import Settings
    from kyoto.statistics.sources.model import SourceSpec
    from kyoto.statistics.tables.model import TableSpec

__all__ = ["comparable_classes", "compare"]

Years = Mapping[int, tuple[int, ...]]
"""Years of the records by link number."""


@dataclass(frozen=True, slots=True)
class _Coded:
    """A source as its records show it, for one area."""

    spec: SourceSpec
    area: str
    table: Correspondence
    years: Years
    date: str
    tables: tuple[TableSpec, ...]
    statement: Statement
    breaks: tuple[str, ...]


def compare(engine: Engine, settings: Settings, code: str, sources: Sequence[str] = ()) -> Comparison:
    """Put the definitions of a class in several sources side by side, with a verdict a pair.

    Parameters
    ----------
    engine
        Where the records are read.
    settings
        A project that has been built.
    code
        ICCS code.
    sources
        Names of sources; all that are coded to ICCS if empty.

    Returns
    -------
    Comparison

    Raises
    ------
    KyotoError
        ``classification.unknown-code``, ``comparability.unknown-source``, ``comparability.nothing-to-compare``,
        ``comparability.not-built``.
    """
    return _compared(iccs().get(code).code, _coded_sources(engine, settings, sources))


def comparable_classes(
    engine: Engine,
    settings: Settings,
    sources: Sequence[str] = (),
    *,
    level: int | None = 2,
    build: Path | None = None,
) -> tuple[Comparison, ...]:
    """Compare every class of a level that at least two sources, or two areas, have records of.

    Parameters
    ----------
    engine, settings, sources
        See :func:`compare`.
    level
        Level of ICCS, 1 to 4; None for all.
    build
        Folder of the build that is read; the project's own if None.

    Returns
    -------
    tuple of Comparison
        In the order of the classification.
    """
    coded = _coded_sources(engine, settings, sources, build)
    wanted = _reached_twice(coded)
    return tuple(
        _compared(category.code, coded)
        for category in iccs()
        if category.code in wanted and level in (None, category.level)
    )


def _reached_twice(coded: Sequence[_Coded]) -> set[str]:
    """Classes that at least two of the sources have records of, or of classes below."""
    times: Counter[str] = Counter()
    for source in coded:
        # a link number with records stands for every row of its category that shares the condition
        leads = {
            link.iccs_code
            for number, link in enumerate(source.table.links)
            if source.years.get(_first_of_group(source.table, number))
        }
        times.update({above.code for code in leads if code in iccs() for above in iccs().ancestors(code)} | leads)
    return {code for code, count in times.items() if count > 1}


def _compared(code: str, coded: Sequence[_Coded]) -> Comparison:
    return Comparison(code, iccs().get(code).title, tuple(_definition(code, source) for source in coded))


def _coded_sources(
    engine: Engine, settings: Settings, wanted: Sequence[str], build: Path | None = None
) -> list[_Coded]:
    from kyoto.statistics.pipeline.source import source_correspondence

    problems = Problems()
    statements = read_statements(settings.project, problems)
    problems.raise_if_any()
    for name in wanted:
        if name not in settings.sources:
            raise KyotoError(
                f"No source is called {name!r}",
                code="comparability.unknown-source",
                hint=did_you_mean(name, settings.sources),
            )
    found = []
    for name in wanted or settings.sources:
        spec = settings.sources[name]
        coding = source_correspondence(spec, settings.project.folder)
        if coding is not None:
            folder = build or settings.project.build_folder
            found += _by_area(engine, settings, folder, spec, coding[1], statements.get(name, Statement()))
    if len(found) < 2:
        raise KyotoError(
            "There is nothing to compare",
            code="comparability.nothing-to-compare",
            expected="two sources with offences, or a source with two areas",
            hint="Map `offence` with a correspondence in [sources.NAME.columns], and `area` where there are several.",
        )
    return found


def _by_area(
    engine: Engine,
    settings: Settings,
    build: Path,
    spec: SourceSpec,
    table: Correspondence,
    statement: Statement,
) -> list[_Coded]:
    """A source taken apart by its areas."""
    from kyoto.statistics.pipeline.layout import record_files

    path = build / record_files(spec.name)[0]
    if not path.exists():
        raise _not_built(path, settings.project.folder)
    records = engine.read_parquet([path])
    rules = tuple(rule for rule in settings.tables.values() if rule.source == spec.name and _by_iccs(rule))
    date = next((rule.date for rule in rules if rule.date), None) or next(
        (name for name in DATE_CONCEPTS if name in records.columns), ""
    )
    areas: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in engine.fetch(_used_links(records, date)).to_pylist():
        years = areas[row["area"] or spec.area or settings.area][row["link"]]
        if row["year"] is not None:
            years.append(row["year"])
    return [
        _Coded(
            spec,
            area,
            table,
            {link: tuple(sorted(years)) for link, years in by_link.items()},
            date,
            rules,
            statement,
            found_breaks(build, spec.name),
        )
        for area, by_link in sorted(areas.items())
    ]


def _by_iccs(rule: TableSpec) -> bool:
    return any(dimension.concept == "iccs" for dimension in rule.by)


def _not_built(path: Path, folder: Path) -> KyotoError:
    return KyotoError(
        "The project has not been built",
        code="comparability.not-built",
        where=Where(file=str(path)),
        hint=f"Run `kyoto build {folder}` first.",
    )


def _used_links(records: ir.Table, date: str) -> ir.Table:
    """Distinct area, link and year of the counted records. No counts: those leave through disclosure control alone."""
    import ibis

    counted = records.filter(records.rejected.isnull() & records.link.notnull())
    area = counted.area if "area" in counted.columns else ibis.null(str)
    if not date:
        year = ibis.null("int32")
    elif counted[date].type().is_string():
        year = counted[date].left(4).try_cast("int32")
    else:
        year = counted[date].year().cast("int32")
    return counted.select(area=area, link=counted.link, year=year).distinct().order_by(["area", "link", "year"])


def _definition(code: str, source: _Coded) -> Definition:
    uses = tuple(_uses(code, source))
    coverage, above = coverage_of(code, source.table.links, uses, iccs())
    rules = source.tables
    statement = source.statement
    years = sorted({year for use in uses if use.place != "above" for year in use.years})
    return Definition(
        source=source.spec.name,
        area=source.area,
        units=_distinct((rule.unit or source.spec.unit for rule in rules), source.spec.unit),
        attempts=(statement.attempts,) if statement.attempts else _distinct((r.attempts for r in rules), "inside"),
        principal_offence=_stated(statement.principal_offence, any(rule.principal_offence for rule in rules)),
        dates=_distinct((rule.date or source.date for rule in rules), source.date) if source.date else (),
        years=tuple(years),
        coverage=coverage,
        rest_above=above,
        links=uses,
        areas_differ=statement.areas_differ,
        notes=statement.notes,
        breaks=(*missing_years(years), *(source.breaks if years else ())),
        recomputed=recomputed(code, source.table, uses, rules) if years else (),
    )


def _stated(statement: bool | None, counted: bool) -> bool:
    return counted if statement is None else statement


def _distinct(values: Iterable[str], default: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values)) or (default,)


def _uses(code: str, source: _Coded) -> Iterable[LinkUse]:
    """Rows of the correspondence at, below and above a class, those with records first in the order of the table."""
    below = {category.code for category in iccs().descendants(code)}
    above = {category.code for category in iccs().ancestors(code)}
    places: dict[str, Place] = {code: "at", **dict.fromkeys(below, "below"), **dict.fromkeys(above, "above")}
    for number, link in enumerate(source.table.links):
        place = places.get(link.iccs_code)
        years = source.years.get(_first_of_group(source.table, number), ())
        # a row above without records hides nothing, and ICCS itself has every class below
        if place is None or (not years and (place == "above" or source.table.name == "iccs")):
            continue
        title = next(iter(link.titles), "")
        yield LinkUse(link.national_code, title, link.iccs_code, link.match, place, link.note, years)


def _first_of_group(table: Correspondence, number: int) -> int:
    """Link number that the records of a weighted link carry: the first of those that share code and condition."""
    link = table.links[number]
    same = (other for other in table.groups[link.national_code] if table.links[other].condition == link.condition)
    return next(same) if link.weight is not None else number
