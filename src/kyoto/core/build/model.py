"""What a build is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kyoto.core.engine import Engine

__all__ = ["BuildResult", "Facts", "Step", "StepContext", "StepPlan"]

Facts = dict[str, Any]
"""JSON-able record of what a step did; it stands in the manifest."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a build makes.

    Parameters
    ----------
    name
        ``kind:what``, such as ``source:street``.
    run
        Makes the outputs in ``context.folder`` and returns its facts.
    inputs
        Files outside the build that it reads.
    needs
        Names of earlier steps whose outputs or facts it reads.
    settings
        JSON-able settings that change its result.
    outputs
        Files or folders it makes, relative to the build folder.
    company
        Whether another such step may run at the same time, in another thread with an engine of its own. Steps that use
        all cores and much memory throughout gain nothing by it.
    """

    name: str
    run: Callable[[StepContext], Facts]
    inputs: tuple[Path, ...] = ()
    needs: tuple[str, ...] = ()
    settings: Any = None
    outputs: tuple[str, ...] = ()
    company: bool = False


@dataclass(slots=True)
class StepContext:
    """What a running step sees.

    Parameters
    ----------
    folder
        The build being made; outputs of earlier steps are here, and this step writes here.
    facts
        Facts of earlier steps by name.
    previous
        Manifest of the last build; empty if there was none.
    manifest
        The manifest so far: project, inputs and the finished steps.
    """

    folder: Path
    facts: Mapping[str, Facts]
    previous: Mapping[str, Any]
    manifest: Mapping[str, Any]
    _open_engine: Callable[[], Engine] = field(repr=False)

    @property
    def engine(self) -> Engine:
        """The engine of this build, started when first asked for."""
        return self._open_engine()


@dataclass(frozen=True, slots=True)
class StepPlan:
    """Whether a step has to run.

    Parameters
    ----------
    step
        The step.
    fingerprint
        SHA-256 over its inputs, settings, needs and the program.
    reason
        Why it runs; empty if its outputs are taken over.
    source
        Folder that holds its outputs if they are taken over.
    seconds
        How long it took last time; None if unknown.
    """

    step: Step
    fingerprint: str
    reason: str
    source: Path | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build did.

    Parameters
    ----------
    folder
        The build folder.
    manifest
        Content of its ``manifest.json``.
    ran, kept
        Names of the steps that ran and of those taken over.
    seconds
        Wall-clock time.
    """

    folder: Path
    manifest: Mapping[str, Any]
    ran: tuple[str, ...]
    kept: tuple[str, ...]
    seconds: float
