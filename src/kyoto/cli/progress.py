"""Progress bar on a terminal: what is being done, how much of it, and the time left."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kyoto.core.progress import Progress

__all__ = ["Bar", "progress_bar"]

_SECONDS_BETWEEN_LOOKS = 0.25


def progress_bar() -> Progress:
    """Bar on standard error if that is a terminal, else silence."""
    from kyoto.core.progress import Silent

    return Bar() if sys.stderr.isatty() else Silent()


class Bar:
    """A bar that asks the running parts how far they are."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=32),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("starting", total=None)
        self._done = 0.0
        self._parts: dict[str, tuple[float, Callable[[], float | None]]] = {}
        self._stopped = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def start(self, total: float) -> None:
        """See :class:`kyoto.core.progress.Progress`."""
        self._bar.update(self._task, total=total)
        self._bar.start()
        self._watcher.start()

    def part(self, name: str, weight: float, fraction: Callable[[], float | None]) -> None:
        """See :class:`kyoto.core.progress.Progress`."""
        self._parts = {**self._parts, name: (weight, fraction)}
        self._describe()

    def part_done(self, name: str) -> None:
        """See :class:`kyoto.core.progress.Progress`."""
        self._done += self._parts[name][0]
        self._parts = {other: part for other, part in self._parts.items() if other != name}
        self._describe()
        self._bar.update(self._task, completed=self._done)

    def stop(self) -> None:
        """See :class:`kyoto.core.progress.Progress`."""
        self._stopped.set()
        self._bar.stop()

    def _describe(self) -> None:
        if self._parts:
            self._bar.update(self._task, description=", ".join(name.replace(":", " ") for name in self._parts))

    def _watch(self) -> None:
        while not self._stopped.wait(_SECONDS_BETWEEN_LOOKS):
            part = sum(weight * (fraction() or 0.0) for weight, fraction in self._parts.values())
            # the last tenth of a part is its end, which only the part itself can tell
            self._bar.update(self._task, completed=self._done + 0.9 * part)
