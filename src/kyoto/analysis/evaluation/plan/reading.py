"""Reading ``evaluation.toml``: every problem in one pass, with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kyoto.analysis.evaluation.plan.model import DESIGNS, EvaluationDesign, Indicator, Logframe
from kyoto.analysis.evaluation.register.codes import is_iccs, is_target
from kyoto.core.errors import KyotoError, Problems
from kyoto.core.project import Section, load_project

__all__ = ["ROLES", "read_design"]

PANEL = ("unit", "period", "outcome")
ROLES: dict[str, tuple[str, ...]] = {
    "randomised": ("outcome", "treatment"),
    "stepped-wedge": ("outcome", "cluster", "period", "treatment"),
    "staggered": PANEL,
    "two-way": PANEL,
    "synthetic-control": PANEL,
    "synthetic-did": PANEL,
    "time-series": ("period", "outcome"),
    "weighting": ("outcome", "treatment"),
    "doubly-robust": ("outcome", "treatment"),
    "matching": ("outcome", "treatment"),
    "discontinuity": ("outcome", "score"),
}
"""Columns that each design must name."""

_BELONGS = ("setting", "area", "population", "transfer", "harm")
_MAY = ("unit", "period", "outcome", "treatment", "start", "cluster", "block", "weights", "score", "exposure")


def read_design(path: str | Path) -> EvaluationDesign:
    """Read the design of an evaluation.

    Parameters
    ----------
    path
        A TOML file.

    Raises
    ------
    KyotoError
        Every problem of the file in one pass, with its line.
    """
    given = Path(path)
    if given.is_dir():
        given = given / "evaluation.toml"
    if not given.is_file():
        raise KyotoError(
            "There is no design here",
            code="evaluation.missing-design",
            got=str(path),
            expected="an evaluation.toml, or the folder that holds it",
            hint="Write the design before the outcomes are known; the tutorial shows one.",
        )
    project = load_project(given)
    problems = Problems()
    root = project.section(problems=problems)
    about = root.table("evaluation")
    about.require("title", "programme", "design", "data")
    kind = about.text("design", "", choices=DESIGNS)
    columns = _columns(root.table("columns"), kind)
    dates = root.table("dates")
    start, end = dates.raw("start"), dates.raw("end")
    _check_start(root, kind, columns, start)
    design = EvaluationDesign(
        title=about.text("title", ""),
        programme=about.text("programme", ""),
        question=about.text("question", ""),
        kind=kind,
        data=project.folder / about.text("data", ""),
        columns=columns,
        theory=about.text("theory", ""),
        comparison=about.text("comparison", ""),
        treated=tuple(str(name) for name in about.raw("treated", [])),
        start=_plain(start),
        end=_plain(end),
        covariates=about.texts("covariates"),
        options=dict(about.raw("options", {})),
        logframe=_logframe(root.table("logframe")),
        assumptions=about.texts("assumptions"),
        threats=about.texts("threats"),
        unit_of_outcome=about.text("unit", ""),
        better=about.text("better", "down", choices=("down", "up")),
        cost=about.number("cost"),
        currency=about.text("currency", ""),
        source=about.text("source", ""),
        file=given,
        evidence=_evidence(root.table("evidence")),
    )
    dates.finish()
    about.finish()
    root.finish()
    problems.raise_if_any()
    return design


def _plain(value: Any) -> Any:
    """Dates as ISO text; numbers and text as they are."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def _columns(section: Section, kind: str) -> dict[str, str]:
    section.require(*ROLES.get(kind, ()))
    found = {role: section.text(role) for role in _MAY}
    section.finish()
    return {role: name for role, name in found.items() if name is not None}


def _check_start(root: Section, kind: str, columns: dict[str, str], start: Any) -> None:
    """Panels and series must say somewhere when the programme begins."""
    panel = kind in {"staggered", "two-way", "synthetic-control", "synthetic-did"}
    told = {"treatment", "start"} & set(columns)
    treated = "treated" in root.table("evaluation")
    missing = (kind == "time-series" and start is None) or (panel and not told and not (treated and start is not None))
    if missing:
        root.problems.add(
            root.project.problem(
                "The design does not say when the programme begins",
                "dates",
                code="evaluation.no-start",
                expected="start in [dates] with the list `treated`, or a column treatment or start",
            )
        )


def _evidence(section: Section) -> dict[str, Any]:
    """Where the evaluation belongs in a register."""
    found: dict[str, Any] = {name: section.text(name, "") for name in _BELONGS}
    found["iccs"], found["sdg"] = section.texts("iccs"), section.texts("sdg")
    for code in found["iccs"]:
        if not is_iccs(code):
            section.wrong("iccs", "No such code", expected="ICCS codes, such as 0501", hint=f"{code!r} is none.")
    for code in found["sdg"]:
        if not is_target(code):
            section.wrong("sdg", "No such target", expected="targets, such as 16.1", hint=f"{code!r} is none.")
    section.finish()
    return {name: value for name, value in found.items() if value}


def _logframe(section: Section) -> Logframe:
    indicators = []
    for number, item in enumerate(section.raw("indicators", [])):
        if not isinstance(item, dict) or "name" not in item:
            section.wrong(
                "indicators", f"Indicator {number + 1} has no name", expected='{ name = "…", level = "output" }'
            )
            continue
        unknown = set(item) - set(Indicator.__slots__)
        if unknown or item.get("level", "outcome") not in {"input", "activity", "output", "outcome"}:
            section.wrong(
                "indicators",
                f"Indicator {item['name']!r} cannot be read",
                expected="name, level (input, activity, output, outcome), unit, baseline, target, direction (up, down)",
            )
            continue
        indicators.append(Indicator(**{"level": "outcome", **item}))
    frame = Logframe(
        section.texts("inputs"),
        section.texts("activities"),
        section.texts("outputs"),
        section.texts("outcomes"),
        tuple(indicators),
    )
    section.finish()
    return frame
