"""Rates of reoffending as a step of a build."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kyoto.analysis.reoffending.settings import ReoffendingSettings, read_settings
from kyoto.core.build.model import Facts, Step, StepContext
from kyoto.core.rooms import Panel, PanelRow

if TYPE_CHECKING:
    from kyoto.analysis.reoffending.report import Report
    from kyoto.core.project import Project

__all__ = ["build_steps", "read_settings", "run_settings"]

_ESTIMATES, _PAGE = "reoffending/estimates.csv", "reoffending/report.html"


def build_steps(settings: ReoffendingSettings, project: Project, before: Sequence[str]) -> list[Step]:
    """The step ``reoffending``: rates as CSV, their page, and a panel for the report.

    Parameters
    ----------
    settings
        The section ``[reoffending]``.
    project, before
        Not needed: people and events are read from their own files.
    """
    from dataclasses import asdict

    plain = {key: value for key, value in asdict(settings).items() if key not in {"file", "persons"}}
    plain["events"] = [{**part, "path": part["path"].name} for part in plain["events"]]
    return [
        Step(
            name="reoffending",
            run=lambda context: _make(context, settings),
            inputs=settings.inputs,
            settings={key: str(value) for key, value in plain.items()},
            outputs=(_ESTIMATES, _PAGE),
        )
    ]


def run_settings(settings: ReoffendingSettings) -> Report:
    """Rates, curves and rules that the section asks for.

    Parameters
    ----------
    settings
        From :func:`read_settings`.

    Raises
    ------
    KyotoError
        Everything that can be wrong with the files; codes start with ``reoffending.``.
    """
    from kyoto.analysis.reoffending.report import report_of_cohort, report_of_people

    return report_of_people(settings) if settings.file is not None else report_of_cohort(settings)


def _make(context: StepContext, settings: ReoffendingSettings) -> Facts:
    from kyoto.core.files import write_whole

    report = run_settings(settings)
    (context.folder / "reoffending").mkdir(exist_ok=True)
    write_whole(context.folder / _ESTIMATES, report.estimates().to_csv(index=False))
    write_whole(context.folder / _PAGE, report.html())
    panel = Panel(
        title=settings.title,
        sentence=report.sentence(),
        rows=tuple(_row(row) for row in report.rows()),
        unit="per cent",
        source=settings.origin or ", ".join(path.name for path in settings.inputs),
        page=_PAGE,
    )
    counted = {"rows": report.total.rows, "read": report.total.used, "rejected": report.total.rejected}
    return {**counted, "rules": list(report.total.rules), **panel.facts()}


def _row(row: dict[str, object]) -> PanelRow:
    def percent(name: str) -> float | None:
        value = row[name]
        return 100 * value if isinstance(value, float) else None

    window = f"within {row['window']} {row['unit']}"
    label = window if row["group"] == "all" else f"{row['group']}, {window}"
    return PanelRow(label, percent("estimate"), percent("lower"), percent("upper"), str(row["note"]))
