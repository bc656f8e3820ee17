"""What a report is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from kyoto.statistics.report.comparability import ReportComparability

__all__ = ["BoundaryMap", "PointCell", "PointMap", "ReportInput", "ReportTable"]


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A published table.

    Parameters
    ----------
    name
        Name in the project file; also the series of its counts (rates are ``name.rate``, shares ``name.share``).
    observations
        Published figures, one a row, in the shape of :mod:`kyoto.statistics.observations`.
    title
        Question that the table answers; one is made from its dimensions if empty.
    source
        Name of the source in words, for the line under each chart.
    additive
        Whether counts of different periods may be summed (not so for distinct persons).
    labels
        Words for values: dimension, then code, then label.
    file
        Path of the CSV file from the report's folder, for tables too long to be carried inside the report.
    """

    name: str
    observations: pd.DataFrame
    title: str = ""
    source: str = ""
    additive: bool = True
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    file: str = ""


@dataclass(frozen=True, slots=True)
class PointCell:
    """Records with coordinates in one cell of a map.

    Parameters
    ----------
    outline
        Corners (longitude, latitude) in degrees.
    least, most
        The class of the number of records: from ``least`` to ``most`` (None: open). The number itself is not kept.
    """

    outline: tuple[tuple[float, float], ...]
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class PointMap:
    """Points of a source aggregated to hexagons, so that nobody's point is published.

    Parameters
    ----------
    source, unit
        Name of the source and its counting unit.
    cells
        Cells with at least ``threshold`` records.
    classes
        Lower bounds of the classes, ascending.
    width
        Distance between two opposite sides of a hexagon in kilometres.
    threshold
        Cells with fewer records are hidden.
    shown, hidden, without_point
        Records in shown cells and in hidden cells, and records without usable coordinates; the first two are rounded
        to ten when the map is made.
    """

    source: str
    unit: str
    cells: tuple[PointCell, ...]
    classes: tuple[int, ...]
    width: float
    threshold: int
    shown: int
    hidden: int
    without_point: int


@dataclass(frozen=True, slots=True)
class BoundaryMap:
    """Boundaries of the areas that the tables name.

    Parameters
    ----------
    geojson
        Parsed FeatureCollection in WGS 84.
    key
        Property of a feature that holds the area code (``id`` also stands for the feature's own id).
    name
        Property that holds its name; the code is shown if absent.
    attribution
        Line that the boundaries' licence asks for.
    """

    geojson: Mapping[str, Any]
    key: str
    name: str = ""
    attribution: str = ""


@dataclass(frozen=True, slots=True)
class ReportInput:
    """Everything a report shows.

    Parameters
    ----------
    title, area
        Of the project.
    manifest
        Content of ``build/manifest.json``.
    tables
        Published tables, in the order of the project file.
    indicators
        Observations of the indicators; None where there are none.
    indicator_titles
        Title by indicator code.
    findings
        Quality findings as in ``build/quality.json``.
    points
        Aggregated points of the sources that have some.
    boundaries
        Boundaries, where the project names a file of them.
    project_path
        How the commands under "How this was made" name the project.
    comparability
        What may stand side by side; None where there is one source of one area.
    """

    title: str
    area: str
    manifest: Mapping[str, Any]
    tables: Sequence[ReportTable] = ()
    indicators: pd.DataFrame | None = None
    indicator_titles: Mapping[str, str] = field(default_factory=dict)
    findings: Sequence[Mapping[str, Any]] = ()
    points: Sequence[PointMap] = ()
    boundaries: BoundaryMap | None = None
    project_path: str = "."
    comparability: ReportComparability | None = None
