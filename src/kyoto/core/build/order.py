"""Steps one after the other, and two at a time where they may run side by side.

An engine uses all cores for its queries, but each step also has parts that use one: reading settings, laying out
figures, writing files. Two steps side by side fill each other's gaps. The first of two is handed to a helper thread,
the second runs in the calling thread; steps that do not allow company run alone there, as they always did, so that
breaking off reaches them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Protocol

from kyoto.core.build.model import Step

__all__ = ["Worker", "run_steps"]

_SECONDS_BETWEEN_INTERRUPTS = 0.1


class Worker(Protocol):
    """What runs steps; all of it is called in the thread of the caller, except the functions that it hands out."""

    def begin(self, step: Step, *, helper: bool) -> Callable[[], dict[str, object]]:
        """Make ready for a step that begins now, and return what does it, to be called in the helper thread or here."""

    def end(self, step: Step, entry: dict[str, object]) -> None:
        """Note what a step gave."""

    def interrupt(self) -> None:
        """Break off the query that runs in the helper thread, if there is one."""


def run_steps(steps: Sequence[Step], worker: Worker, *, side_by_side: bool) -> None:
    """Run steps in their order, every one behind those it needs.

    Parameters
    ----------
    steps
        Steps to run, in order.
    worker
        Runs them.
    side_by_side
        Let steps that allow company run beside each other.

    Raises
    ------
    BaseException
        Of the first step that fails; what runs beside it comes to its end before, and is noted.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="kyoto-step") as helper:
        beside: tuple[Step, Future[dict[str, object]]] | None = None
        try:
            for place, step in enumerate(steps):
                if beside is not None and (not step.company or beside[0].name in step.needs or beside[1].done()):
                    worker.end(beside[0], beside[1].result())
                    beside = None
                following = steps[place + 1] if place + 1 < len(steps) else None
                if side_by_side and beside is None and following is not None and _go_together(step, following):
                    beside = step, helper.submit(worker.begin(step, helper=True))
                else:
                    worker.end(step, worker.begin(step, helper=False)())
            if beside is not None:
                worker.end(beside[0], beside[1].result())
        except BaseException as error:
            if beside is not None:
                _come_to_end(*beside, worker, at_once=not isinstance(error, Exception))
            raise


def _come_to_end(step: Step, running: Future[dict[str, object]], worker: Worker, *, at_once: bool) -> None:
    """Wait for what runs in the helper thread, or break off one query after the other, and note it if it succeeded."""
    while at_once and not running.done():
        worker.interrupt()
        wait([running], timeout=_SECONDS_BETWEEN_INTERRUPTS)
    if running.exception() is None:
        worker.end(step, running.result())


def _go_together(step: Step, following: Step) -> bool:
    return step.company and following.company and step.name not in following.needs
