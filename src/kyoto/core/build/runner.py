"""Running a build: what is stale runs, what is not is taken over, and the whole appears at once."""

from __future__ import annotations

import json
import platform
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto import __version__
from kyoto.core.build.fingerprints import FileHashes, read_json
from kyoto.core.build.model import BuildResult, Facts, Step, StepContext, StepPlan
from kyoto.core.build.opening import EngineOpener, engine_openers
from kyoto.core.build.order import run_steps
from kyoto.core.build.places import bytes_of, hidden_folder, locked, read_manifest
from kyoto.core.build.planning import planned
from kyoto.core.build.swap import link_or_copy, recover, swap_in
from kyoto.core.engine.model import SIDE_BY_SIDE
from kyoto.core.errors import KyotoError, Where
from kyoto.core.files import sha256_of, write_whole
from kyoto.core.progress import Progress, Silent
from kyoto.core.project import Project

if TYPE_CHECKING:
    from kyoto.core.engine import EngineSettings

__all__ = ["reconciliation", "run_build"]

_SHARED = ("duckdb", "ibis", "pyarrow.parquet", "pandas", "scipy.special")
_LIBRARIES = ("duckdb", "ibis-framework", "pyarrow", "numpy", "scipy", "pandas")


def run_build(
    project: Project,
    steps: Sequence[Step],
    *,
    engine: str = "duckdb",
    settings: EngineSettings | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> BuildResult:
    """Bring a project's build folder up to date.

    Parameters
    ----------
    project
        The project.
    steps
        Its steps, every one behind those it needs.
    engine, settings
        Where tables are computed, and with how much of the machine.
    force
        Redo everything.
    progress
        Who watches.

    Returns
    -------
    BuildResult

    Raises
    ------
    KyotoError
        ``build.running``: another build of the project is at work; ``files.cannot-write``; or what a step raises.
        The last build then stands as it was.
    """
    started = time.perf_counter()
    with locked(project):
        recover(project.build_folder, hidden_folder(project) / "old")
        hashes = FileHashes(hidden_folder(project) / "hashes.json")
        plans = planned(project, steps, hashes, engine=engine, force=force)
        hashes.save()
        previous = read_manifest(project.build_folder)
        stale = tuple(plan.step.name for plan in plans if plan.reason)
        kept = tuple(plan.step.name for plan in plans if not plan.reason)
        unchanged = not stale and set(previous.get("steps", {})) == set(kept)
        if not (unchanged and all(plan.source == project.build_folder for plan in plans)):
            watcher = progress or Silent()
            try:
                manifest = _made(project, plans, hashes, previous, engine, settings, watcher)
            finally:
                watcher.stop()
        else:
            manifest = previous
    return BuildResult(project.build_folder, manifest, stale, kept, time.perf_counter() - started)


def _made(
    project: Project,
    plans: Sequence[StepPlan],
    hashes: FileHashes,
    previous: Mapping[str, Any],
    engine: str,
    settings: EngineSettings | None,
    progress: Progress,
) -> Mapping[str, Any]:
    """Make the next build beside the last one, then exchange the two."""
    folder = hidden_folder(project) / "next"
    journal = read_json(folder / "journal.json")
    folder.mkdir(parents=True, exist_ok=True)
    records = {"steps": dict(journal.get("steps", {}))}
    _clear_unplanned(folder, plans)
    manifest = _head(project, plans, hashes, engine)
    entries: dict[str, Any] = manifest["steps"]
    for plan in plans:
        if not plan.reason:
            assert plan.source is not None
            from_last = plan.source == project.build_folder
            entries[plan.step.name] = _taken_over(plan, folder, previous if from_last else records)
    progress.start(sum(_weight(plan) for plan in plans if plan.reason))
    with engine_openers(engine, settings) as openers:
        maker = _Maker({plan.step.name: plan for plan in plans}, folder, previous, manifest, openers, progress)
        run_steps([plan.step for plan in plans if plan.reason], maker, side_by_side=engine in SIDE_BY_SIDE)
    manifest["steps"] = {plan.step.name: entries[plan.step.name] for plan in plans}
    manifest["reconciliation"] = reconciliation(manifest["steps"])
    manifest["finished"] = _now()
    write_whole(folder / "manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False, default=str) + "\n")
    (folder / "journal.json").unlink(missing_ok=True)
    swap_in(folder, project.build_folder, hidden_folder(project) / "old")
    return manifest


@dataclass(frozen=True, slots=True)
class _Maker:
    """Runs the steps of one build; ``openers`` are those of this thread's engine and of the helper's."""

    plans: Mapping[str, StepPlan]
    folder: Path
    previous: Mapping[str, Any]
    manifest: Mapping[str, Any]
    openers: tuple[EngineOpener, EngineOpener]
    progress: Progress

    def begin(self, step: Step, *, helper: bool) -> Callable[[], dict[str, Any]]:
        """See :class:`~kyoto.core.build.order.Worker`."""
        if helper:  # two threads that begin to import the same library may see half of it
            for library in _SHARED:
                import_module(library)
        opener = self.openers[helper]
        plan = self.plans[step.name]
        self.progress.part(step.name, _weight(plan), opener.fraction)
        facts = {known: entry["facts"] for known, entry in self.manifest["steps"].items()}
        return partial(_run, plan, StepContext(self.folder, facts, self.previous, self.manifest, opener.open))

    def end(self, step: Step, entry: dict[str, Any]) -> None:
        """See :class:`~kyoto.core.build.order.Worker`."""
        self.manifest["steps"][step.name] = entry
        self.progress.part_done(step.name)
        write_whole(self.folder / "journal.json", json.dumps({"steps": self.manifest["steps"]}, default=str))

    def interrupt(self) -> None:
        """See :class:`~kyoto.core.build.order.Worker`."""
        self.openers[1].interrupt()


def reconciliation(entries: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Rows in, counted and rejected of every step that reads rows, from the entries of a manifest."""
    keys = ("rows_in", "rows_counted", "rows_rejected")
    return {
        name.partition(":")[2]: {key: entry["facts"][key] for key in keys}
        for name, entry in entries.items()
        if all(key in entry["facts"] for key in keys)
    }


def _run(plan: StepPlan, context: StepContext) -> dict[str, Any]:
    started = time.perf_counter()
    for output in plan.step.outputs:
        target = context.folder / output
        shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
    try:
        facts: Facts = plan.step.run(context)
    except OSError as error:
        raise KyotoError(
            f"Step {plan.step.name} could not write its files",
            code="files.cannot-write",
            where=Where(file=str(error.filename or context.folder)),
            detail=error.strerror or str(error),
            hint="Free some disk space, or check the permissions of the project folder. The last build is untouched.",
        ) from error
    seconds = time.perf_counter() - started
    outputs = [_output(context.folder, output) for output in plan.step.outputs]
    return {
        "fingerprint": plan.fingerprint,
        "seconds": round(seconds, 3),
        "inputs": [str(path) for path in plan.step.inputs],
        "needs": list(plan.step.needs),
        "outputs": outputs,
        "facts": facts,
    }


def _taken_over(plan: StepPlan, folder: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = manifest["steps"][plan.step.name]
    for output in plan.step.outputs:
        target = folder / output
        if not target.exists():
            link_or_copy(Path(str(plan.source)) / output, target)
    return entry


def _output(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    return {"path": name, "bytes": bytes_of(path), "sha256": sha256_of(path)}


def _head(project: Project, plans: Sequence[StepPlan], hashes: FileHashes, engine: str) -> dict[str, Any]:
    files = sorted({path for plan in plans for path in plan.step.inputs if path.exists()})
    return {
        "kyoto": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
        "engine": engine,
        "started": _now(),
        "finished": None,
        "project": {"file": project.file.name, "sha256": sha256_of(project.file)},
        "inputs": [
            {"path": _shown(path, project), "bytes": path.stat().st_size, "sha256": hashes.of(path)} for path in files
        ],
        "steps": {},
    }


def _shown(path: Path, project: Project) -> str:
    try:
        return path.resolve().relative_to(project.folder.resolve()).as_posix()
    except ValueError:
        return path.as_posix()


def _clear_unplanned(folder: Path, plans: Sequence[StepPlan]) -> None:
    """Remove what a killed build left behind and no step of this one takes over."""
    wanted = {folder / output for plan in plans if plan.source == folder for output in plan.step.outputs}
    keep = wanted | {parent for path in wanted for parent in path.parents} | {folder}
    for path in sorted(folder.rglob("*"), reverse=True):
        if path in keep or any(parent in wanted for parent in path.parents):
            continue
        path.rmdir() if path.is_dir() else path.unlink()


def _weight(plan: StepPlan) -> float:
    """Guess at the seconds of a step: as last time, else by the size of what it reads."""
    if plan.seconds is not None:
        return max(plan.seconds, 0.05)
    megabytes = sum(path.stat().st_size for path in plan.step.inputs if path.exists()) / 1e6
    return 0.5 + megabytes / 50


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
