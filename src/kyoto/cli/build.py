"""``kyoto build``: from the project file to published evidence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli.output import JsonFlag, print_json

if TYPE_CHECKING:
    from kyoto.core.build import BuildResult, StepPlan

__all__ = ["build"]


def build(
    project: Annotated[Path, typer.Argument(help="Folder that holds kyoto.toml.")] = Path(),
    engine: Annotated[str, typer.Option(help="Where tables are computed: duckdb or spark.")] = "duckdb",
    memory: Annotated[str | None, typer.Option(help="Memory before spilling to disk, such as 3GB.")] = None,
    threads: Annotated[int | None, typer.Option(help="Processor cores to use.", min=1)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and why; do nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Redo everything.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Build a project: records, rejects, tables, indicators, quality and report.

    Only what changed is made again. A build that fails or is killed leaves the last one as it was.

    Example: kyoto build my-project --dry-run
    """
    import dataclasses

    from kyoto.cli.progress import progress_bar
    from kyoto.core.build import plan_build, run_build
    from kyoto.core.engine.model import ENGINES
    from kyoto.core.errors import KyotoError, did_you_mean
    from kyoto.core.project import load_project
    from kyoto.statistics.pipeline.settings import read_settings
    from kyoto.statistics.pipeline.steps import project_steps

    if engine not in ENGINES:
        raise KyotoError(
            f"Unknown engine {engine!r}",
            code="engine.unknown",
            expected="one of " + ", ".join(ENGINES),
            hint=did_you_mean(engine, ENGINES),
        )
    settings = read_settings(load_project(project))
    steps = project_steps(settings)
    if dry_run:
        _print_plan(plan_build(settings.project, steps, engine=engine, force=force), as_json=as_json)
        return
    limits = dataclasses.replace(
        settings.engine, memory=memory or settings.engine.memory, threads=threads or settings.engine.threads
    )
    result = run_build(settings.project, steps, engine=engine, settings=limits, force=force, progress=progress_bar())
    if as_json:
        print_json(result.manifest)
        return
    _print_result(result)


def _print_plan(plans: list[StepPlan], *, as_json: bool) -> None:
    from kyoto.cli.output import print_rows

    rows = [
        {
            "step": plan.step.name,
            "runs": bool(plan.reason),
            "why": plan.reason or "nothing changed",
            "seconds last time": plan.seconds,
        }
        for plan in plans
    ]
    print_rows(rows, as_json=as_json)


def _print_result(result: BuildResult) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    if not result.ran:
        console.print(f"Nothing changed; {result.folder} is up to date ({result.seconds:.1f} s).")
        return
    for name, entry in result.manifest["steps"].items():
        kind, _, what = name.partition(":")
        if kind == "source":
            console.print(_reconciled(what, entry["facts"]))
        elif kind == "table":
            console.print(f"table [bold]{what}[/]: {entry['facts']['cells']:,} cells")
        elif kind == "audit":
            console.print(_attacked(what, entry["facts"]), soft_wrap=True)
        elif kind == "quality":
            console.print(_found(entry["facts"]))
    done = f"{len(result.ran)} steps made, {len(result.kept)} kept"
    console.print(f"[green]Built[/] {result.folder} in {result.seconds:.1f} s ({done}).")
    report = result.folder / "report.html"
    if report.exists():
        console.print(f"Open {report.resolve().as_uri()}", soft_wrap=True)


def _reconciled(source: str, facts: Mapping[str, Any]) -> str:
    """Rows of a source in one line, so that everyone sees that they add up."""
    line = (
        f"source [bold]{source}[/]: {facts['rows_in']:,} rows in = {facts['rows_counted']:,} counted"
        f" + {facts['rows_rejected']:,} rejected"
    )
    coding = facts.get("coding")
    if coding and coding["uncoded"]:
        line += f"; {coding['uncoded']:,} without ICCS code"
    return line


def _attacked(source: str, facts: Mapping[str, Any]) -> str:
    """What the attack on all tables of a source came to; a broken protection must not be overlooked."""
    from kyoto.statistics.pipeline.layout import joint_audit_file

    attack = facts["attack"]
    if not attack["attacked"]:
        return f"attack on all tables of [bold]{source}[/]: none, {attack['reason']}"
    kept = attack["releases"] - 1
    after = f" and {kept} earlier release{'s' if kept != 1 else ''}" if kept else ""
    words = {
        "holds": "the protection holds",
        "open": "[yellow]the protection holds as far as it was examined[/]",
        "broken": "[red]the protection is broken[/]",
    }[attack["verdict"]]
    see = "" if attack["verdict"] == "holds" else f"; see build/{joint_audit_file(source)}"
    return f"attack on all tables of [bold]{source}[/]{after}: {words}{see}"


def _found(facts: Mapping[str, Any]) -> str:
    counts = facts.get("by_severity", {})
    parts = [f"{count} {severity}{'s' if count != 1 else ''}" for severity, count in counts.items() if count]
    return "quality: " + (", ".join(parts) or "nothing found")
