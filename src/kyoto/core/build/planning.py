"""Deciding which steps of a build run, and which are taken over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kyoto.core.build.fingerprints import FileHashes, read_json, step_fingerprint
from kyoto.core.build.model import Step, StepPlan
from kyoto.core.build.places import bytes_of, hidden_folder, read_manifest
from kyoto.core.project import Project

__all__ = ["plan_build", "planned"]


def plan_build(
    project: Project, steps: Sequence[Step], *, engine: str = "duckdb", force: bool = False
) -> list[StepPlan]:
    """Say which steps would run, and why, without running any.

    Parameters
    ----------
    project
        The project.
    steps
        Its steps, every one behind those it needs.
    engine
        Name of the engine.
    force
        Take nothing over.
    """
    hashes = FileHashes(hidden_folder(project) / "hashes.json")
    return planned(project, steps, hashes, engine=engine, force=force)


def planned(project: Project, steps: Sequence[Step], hashes: FileHashes, *, engine: str, force: bool) -> list[StepPlan]:
    """Decide for each step; outputs of a killed build count as well as those of the last whole one."""
    unfinished = hidden_folder(project) / "next"
    places = [
        (project.build_folder, read_manifest(project.build_folder).get("steps", {})),
        (unfinished, read_json(unfinished / "journal.json").get("steps", {})),
    ]
    prints: dict[str, str] = {}
    plans = []
    for step in steps:
        inputs = {str(path): hashes.of(path) for path in step.inputs}
        needs = {name: prints[name] for name in step.needs}
        prints[step.name] = step_fingerprint(step.settings, inputs, needs, engine)
        plans.append(_decision(step, prints[step.name], places, force=force))
    return plans


def _decision(
    step: Step, fingerprint: str, places: Sequence[tuple[Path, Mapping[str, Any]]], *, force: bool
) -> StepPlan:
    reason, seconds = "never built", None
    for folder, entries in places:
        entry = entries.get(step.name)
        if entry is None:
            continue
        seconds = entry.get("seconds", seconds)
        if entry.get("fingerprint") != fingerprint:
            reason = "inputs, settings or program changed"
        elif not all(_intact(folder, output) for output in entry["outputs"]):
            reason = "an output is missing or changed"
        else:
            return StepPlan(step, fingerprint, "forced" if force else "", folder, seconds)
    return StepPlan(step, fingerprint, reason, None, seconds)


def _intact(folder: Path, output: Mapping[str, Any]) -> bool:
    path = folder / output["path"]
    return path.exists() and bytes_of(path) == int(output["bytes"])
