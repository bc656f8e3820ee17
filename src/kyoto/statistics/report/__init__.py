"""The report: published figures with charts, tables, quality and the way each figure was made, as one HTML file."""

from kyoto.statistics.report.model import BoundaryMap, PointCell, PointMap, ReportInput, ReportTable
from kyoto.statistics.report.render import render_report

__all__ = ["BoundaryMap", "PointCell", "PointMap", "ReportInput", "ReportTable", "render_report"]
