"""``kyoto check``: what a reader of the figures should know about the data."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_json, print_rows

if TYPE_CHECKING:
    from kyoto.core.project import Project
    from kyoto.statistics.quality import Finding, Findings

__all__ = ["check"]


class FailOn(StrEnum):
    """Severity from which the command fails."""

    error = "error"
    warning = "warning"
    note = "note"


_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}


def check(
    project: Annotated[Path, typer.Argument(help="Folder that holds kyoto.toml and a build.")] = Path(),
    source: Annotated[str | None, typer.Option("--source", "-s", help="Only findings of this source.")] = None,
    fail_on: Annotated[
        FailOn | None, typer.Option("--fail-on", help="Exit with 2 where a finding is as grave as this, or graver.")
    ] = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Print the quality findings of the last build: gaps, doubles, heaped dates, breaks, missing codes.

    Example: kyoto check my-project --fail-on error
    """
    from kyoto.core.project import load_project
    from kyoto.statistics.quality import SEVERITIES, Findings

    loaded = load_project(project)
    whole = _read(loaded)
    kept = tuple(finding for finding in whole if source in (None, finding.source))
    findings = Findings(kept, whole.profile, whole.coverage)
    current = _is_current(loaded)
    if as_json:
        print_json({"current": current, **findings.to_dict()})
    elif as_csv:
        print_rows((found.to_dict() for found in findings), as_csv=True)
    else:
        _print(findings, current)
    if fail_on and any(SEVERITIES.index(found.severity) <= SEVERITIES.index(fail_on.value) for found in findings):
        raise typer.Exit(2)


def _read(project: Project) -> Findings:
    from kyoto.core.errors import KyotoError, Where
    from kyoto.statistics.quality import Findings

    path = project.build_folder / "quality.json"
    try:
        return Findings.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise KyotoError(
            "This project has no build to check",
            code="check.no-build",
            where=Where(file=str(path)),
            hint=f"Run `kyoto build {project.folder}` first.",
        ) from None


def _is_current(project: Project) -> bool:
    """Whether a build would make the findings anew."""
    from kyoto.core.build import plan_build
    from kyoto.statistics.pipeline.settings import read_settings
    from kyoto.statistics.pipeline.steps import project_steps

    manifest = json.loads((project.build_folder / "manifest.json").read_text(encoding="utf-8"))
    plans = plan_build(project, project_steps(read_settings(project)), engine=manifest.get("engine", "duckdb"))
    return not next((plan.reason for plan in plans if plan.step.name == "quality"), "")


def _print(findings: Findings, current: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    from kyoto.statistics.quality.model import example_text

    console = Console(highlight=False)
    if not current:
        console.print(
            Text("The project, its data or Kyoto changed since this build; run `kyoto build` to check anew.", "yellow")
        )
    counts = [f"{n} {name}{'s' if n != 1 else ''}" for name, n in findings.by_severity.items() if n]
    console.print(Text(", ".join(counts) or "Nothing found.", "bold"))
    for finding in findings:
        console.print()
        console.print(_headline(finding))
        for example in finding.examples[:3]:
            console.print(Text("    " + example_text(example), "dim"))
        if finding.remedy:
            console.print(Text(f"    {finding.remedy}", "green"))


def _headline(finding: Finding) -> Any:
    from rich.text import Text

    head = Text(f"{finding.severity:<8}", _STYLES[finding.severity])
    return head + Text(f"{finding.source}: ", "bold") + Text(f"{finding.message} ") + Text(finding.code, "dim")
