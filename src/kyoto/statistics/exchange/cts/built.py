"""A finished build as the questionnaire sees it: published tables only, each with its counting rule."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.core.errors import KyotoError, Problems, Where
from kyoto.core.project import load_project
from kyoto.statistics.comparability.judging import coverage_of
from kyoto.statistics.comparability.model import LinkUse, Place
from kyoto.statistics.exchange.cts.settings import CtsSettings
from kyoto.statistics.exchange.cts.settings import read_settings as read_cts
from kyoto.statistics.observations import TOTAL, dimension_columns
from kyoto.statistics.pipeline.layout import table_files

if TYPE_CHECKING:
    from kyoto.statistics.classification import Correspondence
    from kyoto.statistics.pipeline.settings import Settings

__all__ = ["Built", "BuiltTable", "Figure", "read_build"]

_FIXED = ("area", "period")


@dataclass(frozen=True, slots=True)
class Figure:
    """One published figure: its value, or why there is none."""

    value: float | None
    status: str
    confidentiality: str
    note: str


@dataclass(frozen=True)
class BuiltTable:
    """Counts of one published table in one area and year.

    Parameters
    ----------
    name
        Of the table, which is also the series.
    facts
        Its counting rule as the manifest holds it.
    figures
        Published figures by the codes of :attr:`dimensions`.
    codes
        Codes of each dimension in any area and period.
    counted
        Whether the table holds the area, and counted anything in the year: then a cell without a row is zero.
    coded
        Correspondence of the source, None if it has none.
    """

    name: str
    facts: Mapping[str, Any]
    figures: Mapping[tuple[str, ...], Figure]
    codes: Mapping[str, frozenset[str]]
    counted: bool
    coded: Correspondence | None = None

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Dimensions besides area and period, in the order of the keys of :attr:`figures`."""
        return tuple(self.codes)

    def figure(self, codes: Mapping[str, str]) -> Figure | None:
        """Figure of a cell; dimensions that are not named stand at their total. None where there is no row."""
        return self.figures.get(tuple(codes.get(name, TOTAL) for name in self.dimensions))

    @cached_property
    def sections(self) -> frozenset[str]:
        """Sections of ICCS that occur; empty if the table is not by ICCS."""
        return frozenset(code[:2] for code in self.codes.get("iccs", ()) if code[:1].isdigit())

    def covers(self, code: str) -> tuple[str, str]:
        """How the source covers a class of ICCS: a word of ``Coverage``, or ``unknown``, and a remark.

        A class without records is zero only where the correspondence leads to it.
        """
        occurs = any(found.startswith(code) for found in self.codes.get("iccs", ()))
        if self.coded is None or self.coded.name == "iccs":
            return ("fully", "") if occurs else ("unknown", "")
        coverage, above = _coverage(self.coded, code)
        remarks = {"partly": "holds a part of the class only", "mixed": "holds offences of other classes too"}
        remark = remarks.get(coverage, "")
        if above:
            remark = f"{remark or 'incomplete'}; the rest may stand in {', '.join(above)}"
        return coverage, remark


@dataclass(frozen=True)
class Built:
    """What a project published for one area and year.

    Parameters
    ----------
    settings, cts
        Of the project.
    area, year
        Whom and when the figures are about.
    manifest
        Of the build.
    tables
        By name.
    indicators
        Published indicators of the area and year: by code and sex.
    years
        Years that the tables have figures of, for errors.
    """

    settings: Settings
    cts: CtsSettings
    area: str
    year: str
    manifest: Mapping[str, Any]
    tables: Mapping[str, BuiltTable]
    indicators: Mapping[tuple[str, str], Figure] = field(default_factory=dict)
    years: frozenset[str] = frozenset()


def read_build(folder: str | Path, area: str | None, year: str) -> Built:
    """Read the published tables of a project.

    Parameters
    ----------
    folder
        Of the project.
    area
        Area of the answers; the project's own if None.
    year
        Year of the answers.

    Raises
    ------
    KyotoError
        ``cts.no-build``: it has none; ``cts.unknown-area``, ``cts.unknown-year``: no table has figures of it; what
        reading the project file raises.
    """
    from kyoto.statistics.pipeline.settings import read_settings

    project = load_project(folder)
    settings = read_settings(project)
    problems = Problems()
    cts = read_cts(project, problems)
    problems.raise_if_any()
    build = project.build_folder
    manifest = _manifest(build, project.folder)
    wanted = area or settings.area
    years: set[str] = set()
    areas: set[str] = set()
    tables = {}
    for name, spec in settings.tables.items():
        path = build / table_files(name)[0]
        if path.exists():
            facts = manifest["steps"][f"table:{name}"]["facts"]
            coded = _correspondence(settings, spec.source)
            tables[name] = _table(name, path, facts, (wanted, year), coded, (areas, years))
    _check(wanted, areas, "area", str(build))
    _check(year, {each for each in years if len(each) == 4}, "year", str(build))
    indicators = _indicators(build / "indicators.parquet", wanted, year)
    return Built(settings, cts, wanted, year, manifest, tables, indicators, frozenset(years))


def _manifest(build: Path, folder: Path) -> dict[str, Any]:
    path = build / "manifest.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise KyotoError(
            "This project has no build to answer from",
            code="cts.no-build",
            where=Where(file=str(path)),
            hint=f"Run `kyoto build {folder}` first.",
        ) from None
    return found


def _check(wanted: str, known: set[str], kind: str, file: str) -> None:
    if wanted in known:
        return
    shown = sorted(known)
    raise KyotoError(
        f"No table has figures of {kind} {wanted!r}",
        code=f"cts.unknown-{kind}",
        where=Where(file=file),
        got=", ".join(shown[:15]) + (f" and {len(shown) - 15} more" if len(shown) > 15 else "") or "none at all",
        hint=f"Choose one of them with --{kind}" + (", or add a table by period:year." if kind == "year" else "."),
    )


def _correspondence(settings: Settings, source: str) -> Correspondence | None:
    from kyoto.statistics.pipeline.source import source_correspondence

    found = source_correspondence(settings.sources[source], settings.project.folder)
    return found[1] if found else None


def _table(
    name: str,
    path: Path,
    facts: Mapping[str, Any],
    place: tuple[str, str],
    coded: Correspondence | None,
    seen: tuple[set[str], set[str]],
) -> BuiltTable:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    area, year = place
    table = pq.read_table(path)
    table = table.filter(pc.equal(table["series"], name))
    dims = [each for each in dimension_columns(table.column_names) if each not in _FIXED]
    codes = {each: frozenset(pc.unique(table[each]).to_pylist()) for each in dims}
    areas = set(pc.unique(table["area"]).to_pylist())
    seen[0].update(areas)
    seen[1].update(pc.unique(table["period"]).to_pylist())
    here = table.filter(pc.equal(table["period"], year))
    counted = area in areas and pc.count(here["value"]).as_py() > 0
    rows = here.filter(pc.equal(here["area"], area)).to_pylist()
    figures = {tuple(row[each] for each in dims): _figure(row) for row in rows}
    return BuiltTable(name, facts, figures, codes, counted, coded)


def _figure(row: Mapping[str, Any]) -> Figure:
    return Figure(row["value"], row["status"] or "A", row["confidentiality"] or "F", row["note"] or "")


def _indicators(path: Path, area: str, year: str) -> dict[tuple[str, str], Figure]:
    """Totals and sexes of the published indicators, with their interval in the note."""
    if not path.exists():
        return {}
    import pyarrow.parquet as pq

    found = {}
    for row in pq.read_table(path, filters=[("area", "==", area), ("period", "==", year)]).to_pylist():
        others = [row[name] for name in dimension_columns(row) if name not in (*_FIXED, "sex")]
        if all(code in (TOTAL, "_Z") for code in others):
            figure = _figure(row)
            if row["lower"] is not None and row["upper"] is not None:
                interval = f"95 % interval {row['lower']:.4g} to {row['upper']:.4g}"
                figure = Figure(figure.value, figure.status, figure.confidentiality, interval)
            found[row["series"], row["sex"]] = figure
    return found


def _coverage(coded: Correspondence, code: str) -> tuple[str, tuple[str, ...]]:
    from kyoto.statistics.classification import iccs

    uses = []
    for link in coded.links:
        place: Place | None = None
        if link.iccs_code == code:
            place = "at"
        elif link.iccs_code.startswith(code):
            place = "below"
        elif link.iccs_code and code.startswith(link.iccs_code):
            place = "above"
        if place:
            title = link.titles[0] if link.titles else ""
            uses.append(LinkUse(link.national_code, title, link.iccs_code, link.match, place))
    return coverage_of(code, coded.links, uses, iccs())
