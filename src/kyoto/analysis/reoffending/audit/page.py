"""The audit of an instrument as one HTML page. No single person is on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kyoto.analysis.reoffending.audit.instrument import NAMES, Audit, shown_measure
from kyoto.analysis.reoffending.audit.misclassification import MEASURES
from kyoto.analysis.reoffending.drawing import rates_drawn

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["audit_page"]

_ERRORS = ("false_positive_rate", "false_negative_rate", "positive_predictive_value")
_DRIFT = ("auc", "base_rate", "false_positive_rate", "false_negative_rate")


def audit_page(audit: Audit, *, title: str, source: str = "") -> str:
    """Discrimination, errors by group, calibration, what cannot be equal, drift, and the cost of cut-offs.

    Parameters
    ----------
    audit
        From :func:`.instrument.audit_instrument`.
    title, source
        Heading of the page; where the data come from.
    """
    from kyoto.statistics.report.room_page import room_page

    years = [
        (year, own["auc"].n, *(shown_measure(own[name], name) for name in _DRIFT)) for year, own in audit.years.items()
    ]
    return room_page(
        Path(__file__).parent,
        filters={"percent": lambda value: f"{value:.1%}"},
        title=title,
        origin=f"Source: {source}" if source else "",
        lead=audit.summary().splitlines(),
        level=f"{audit.level:.0%}",
        groups=list(audit.measures),
        table=audit.table(),
        errors=[(f"{NAMES[name]}: {MEASURES[name]}", _by_group(audit, name)) for name in _ERRORS],
        curves=[(name, _curve(audit, name)) for name in audit.curves if audit.curves[name]],
        tensions=audit.tensions,
        years=years,
        cut_offs=audit.cut_offs,
    )


def _by_group(audit: Audit, measure: str) -> Markup:
    rows: list[dict[str, object]] = []
    for name, own in audit.measures.items():
        found = own[measure]
        rows.append({"name": name, "estimate": found.estimate, "lower": found.lower, "upper": found.upper})
    return _safe(rates_drawn(rows, label=f"{NAMES[measure]} by group"))


def _curve(audit: Audit, group: str) -> Markup:
    rows: list[dict[str, object]] = [
        {"name": point.band, "estimate": point.observed, "lower": point.lower, "upper": point.upper}
        for point in audit.curves[group]
    ]
    return _safe(rates_drawn(rows, label=f"Share with the outcome by score: {group}"))


def _safe(drawing: str) -> Markup:
    from markupsafe import Markup

    return Markup(drawing)  # noqa: S704 - the drawing escapes every name
