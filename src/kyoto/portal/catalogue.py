"""What a snapshot holds: series of figures with their dimensions, codes and periods, found out once a build."""

from __future__ import annotations

import gzip
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.portal.wording import LANGUAGES
from kyoto.statistics.exchange.series.areas import area_names
from kyoto.statistics.explain.rules import step_facts
from kyoto.statistics.indicators import registry
from kyoto.statistics.observations import NOT_APPLICABLE, TOTAL, UNKNOWN, dimension_columns
from kyoto.statistics.report.wording import Period

if TYPE_CHECKING:
    from kyoto.portal.snapshot import Snapshot

__all__ = ["Axis", "Boundaries", "Catalogue", "Series", "read_catalogue"]

_LAST = (NOT_APPLICABLE, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Axis:
    """A dimension that divides the figures of a series.

    Parameters
    ----------
    name
        Column of the observations.
    codes
        Its codes without the total, in the order of the classification or of the codes; unknown last.
    total
        Code of the total; empty where there is none, as in shares.
    """

    name: str
    codes: tuple[str, ...]
    total: str

    def __contains__(self, code: object) -> bool:
        return code in self.codes or (bool(self.total) and code == self.total)

    @property
    def start(self) -> str:
        """Code that is shown when none is chosen: the total, or the first."""
        return self.total or self.codes[0]


@dataclass(frozen=True, slots=True)
class Series:
    """Figures of one kind: the counts, rates or shares of a table, or an indicator.

    Parameters
    ----------
    code
        As in the column ``series``.
    table
        Name under which a snapshot is asked for it.
    kind
        ``count``, ``rate``, ``share`` or ``indicator``.
    title
        Of the table or of the indicator, as the project says it.
    unit
        Unit of the figures.
    source
        Where they come from.
    axes
        Dimensions with more than one code, ICCS first.
    fixed
        The other dimensions and their only code.
    periods
        Every period from the first to the last, those without figures among them.
    counted
        Codes of the periods that hold any figure.
    figures
        Number of observations.
    """

    code: str
    table: str
    kind: str
    title: str
    unit: str
    source: str
    axes: tuple[Axis, ...]
    fixed: Mapping[str, str]
    periods: tuple[Period, ...]
    counted: frozenset[str]
    figures: int

    def axis(self, name: str) -> Axis | None:
        """Dimension of a name; None if the series is not divided by it."""
        return next((axis for axis in self.axes if axis.name == name), None)

    @property
    def areas(self) -> tuple[str, ...]:
        """Areas that the figures are divided by, or the one that they are about."""
        axis = self.axis("area")
        return axis.codes if axis else (self.fixed["area"],) if "area" in self.fixed else ()

    @property
    def zero_where_absent(self) -> bool:
        """Whether a cell without a row counts nothing: so in the tables of a build, in periods that hold any figure."""
        return self.kind != "indicator"


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Shapes of the areas, as the project names them under ``[report]``."""

    shapes: Mapping[str, Mapping[str, Any]] = field(repr=False)
    names: Mapping[str, str] = field(repr=False)
    attribution: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Everything about a snapshot that pages ask again and again.

    Parameters
    ----------
    version
        Of the snapshot.
    title, area
        Of the project.
    series
        By code: indicators first, then the tables in the order of the project.
    areas
        Codes of all areas but the project's own, in order.
    boundaries
        Shapes of the areas; None where there are none.
    listed_names
        By language, names of areas whose codes are those of an international list.
    """

    version: str
    title: str
    area: str
    series: Mapping[str, Series]
    areas: tuple[str, ...]
    boundaries: Boundaries | None
    listed_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    def area_name(self, code: str, language: str) -> str:
        """Name of an area by the boundaries, else by the lists of countries and regions; its code where none has it.

        Parameters
        ----------
        code
            Code of the area.
        language
            In which lists of countries name it.
        """
        own = self.boundaries.names.get(code) if self.boundaries else None
        return own or self.listed_names.get(language, {}).get(code, code)

    @property
    def indicators(self) -> tuple[Series, ...]:
        """Series that are indicators."""
        return tuple(series for series in self.series.values() if series.kind == "indicator")

    @property
    def counts(self) -> tuple[Series, ...]:
        """Counts of the tables."""
        return tuple(series for series in self.series.values() if series.kind == "count")


def read_catalogue(snapshot: Snapshot, project_folder: Path) -> Catalogue:
    """Find out what a snapshot holds.

    Parameters
    ----------
    snapshot
        The snapshot.
    project_folder
        Folder of the project, from which the path of the boundaries starts.
    """
    settings = _settings(snapshot)
    head = settings.get("project", {})
    area = str(head.get("area", NOT_APPLICABLE))
    found = [series for table in snapshot.columns for series in _series_of(snapshot, table, area, settings)]
    found.sort(key=lambda series: series.kind != "indicator")
    areas = {code for series in found for code in series.areas}
    return Catalogue(
        version=snapshot.version,
        title=str(head.get("title") or project_folder.resolve().name),
        area=area,
        series={series.code: series for series in found},
        areas=tuple(sorted(code for code in areas if not code.startswith("_") and code != area)),
        boundaries=_boundaries(settings.get("report", {}), project_folder),
        listed_names={language: area_names({*areas, area}, language) for language in LANGUAGES},
    )


def _settings(snapshot: Snapshot) -> dict[str, Any]:
    """Project file as it stood when the snapshot was taken; what pages need of it has defaults."""
    try:
        return tomllib.loads((snapshot.folder / "kyoto.toml").read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return {}


def _series_of(snapshot: Snapshot, table: str, area: str, settings: Mapping[str, Any]) -> Iterator[Series]:
    columns = snapshot.columns[table]
    dimensions = dimension_columns(columns)
    quoted = '"' + table.replace('"', '""') + '"'
    heads = snapshot.query(
        f"SELECT series, any_value(unit) AS unit, string_agg(DISTINCT source, ', ' ORDER BY source) AS source,"
        f" count(*) AS figures FROM {quoted} GROUP BY series ORDER BY series"
    ).to_pylist()
    codes = {name: _codes(snapshot, quoted, name) for name in dimensions}
    counted = snapshot.query(f"SELECT DISTINCT series, period FROM {quoted} WHERE value IS NOT NULL").to_pylist()
    for head in heads:
        code = str(head["series"])
        kind = _kind(table, code, snapshot)
        axes, fixed = _axes({name: codes[name].get(code, []) for name in dimensions}, area)
        yield Series(
            code=code,
            table=table,
            kind=kind,
            title=_title(snapshot, table, code, kind, settings),
            unit="%" if kind == "share" else str(head["unit"]),
            source=str(head["source"] or ""),
            axes=axes,
            fixed=fixed,
            periods=_periods(codes["period"].get(code, [])),
            counted=frozenset(row["period"] for row in counted if row["series"] == code),
            figures=int(head["figures"]),
        )


def _codes(snapshot: Snapshot, quoted: str, name: str) -> dict[str, list[str]]:
    column = '"' + name.replace('"', '""') + '"'
    rows = snapshot.query(f"SELECT DISTINCT series, {column} AS code FROM {quoted} WHERE {column} IS NOT NULL")
    found: dict[str, list[str]] = {}
    for row in rows.to_pylist():
        found.setdefault(str(row["series"]), []).append(str(row["code"]))
    return found


def _axes(codes: Mapping[str, Sequence[str]], area: str) -> tuple[tuple[Axis, ...], dict[str, str]]:
    axes, fixed = [], {}
    for name, every in codes.items():
        if name == "period":
            continue
        if len(every) == 1:
            fixed[name] = every[0]
            continue
        parts = sorted(every, key=_order)
        total = next((code for code in (TOTAL, area) if code in every and (code == TOTAL or name == "area")), "")
        if name == "area" and total and len(parts) == 2:
            fixed[name] = next(code for code in parts if code != total)  # the total of one area is that area
            continue
        axes.append(Axis(name, tuple(code for code in parts if code != total), total))
    axes.sort(key=lambda axis: (axis.name != "iccs", axis.name != "area"))
    return tuple(axes), fixed


def _order(code: str) -> tuple[int, int, str]:
    """Unknown last, ages by their lower bound, the rest by code."""
    digits = "".join(letter if letter.isdigit() else " " for letter in code).split()
    age = int(digits[0]) if code.startswith("Y") and digits else 0
    return (_LAST.index(code) + 1 if code in _LAST else 0, age, code)


def _kind(table: str, code: str, snapshot: Snapshot) -> str:
    if table not in snapshot.tables or not step_facts(snapshot.manifest, f"table:{table}"):
        return "indicator"  # of the project, or of a room above the pipeline, which counts by rules of its own
    return {f"{table}.rate": "rate", f"{table}.share": "share"}.get(code, "count")


def _title(snapshot: Snapshot, table: str, code: str, kind: str, settings: Mapping[str, Any]) -> str:
    if kind != "indicator":
        words = table.replace("_", " ")
        return str(step_facts(snapshot.manifest, f"table:{table}").get("title") or words[:1].upper() + words[1:])
    own = settings.get("indicators", {}).get("own", {}).get(code, {})
    known = registry().get(code)
    return str(own.get("title") or (known.title if known else _room_titles(snapshot).get(code, code)))


def _room_titles(snapshot: Snapshot) -> dict[str, str]:
    """Titles that rooms above the pipeline give their series, in the facts of their steps."""
    found: dict[str, str] = {}
    for step in snapshot.manifest.get("steps", {}).values():
        found |= (step.get("facts") or {}).get("series_titles") or {}
    return found


def _periods(codes: Sequence[str]) -> tuple[Period, ...]:
    """Every period from the first to the last, as the report has them."""
    import pandas as pd

    from kyoto.statistics.report.model import ReportTable
    from kyoto.statistics.report.views import TableView

    frame = pd.DataFrame({"series": "periods", "period": list(codes)})
    return tuple(TableView(ReportTable("periods", frame)).periods) if codes else ()


def _boundaries(report: Mapping[str, Any], folder: Path) -> Boundaries | None:
    """Shapes by area code; None where the project has none, or they cannot be read."""
    if not isinstance(report.get("boundaries"), str):
        return None
    key, name = str(report.get("key", "id")), str(report.get("name", ""))
    try:
        raw = (folder / report["boundaries"]).read_bytes()
        features = json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)["features"]
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None
    shapes, names = {}, {}
    for feature in features:
        properties = {"id": feature.get("id"), **(feature.get("properties") or {})}
        code = properties.get(key)
        if code is not None and feature.get("geometry"):
            shapes[str(code)] = feature["geometry"]
            names[str(code)] = str(properties.get(name) or code)
    return Boundaries(shapes, names, str(report.get("attribution", ""))) if shapes else None
