"""Starting the engine of a build when a step first needs it, and closing it at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kyoto.core.engine import Engine, EngineSettings

__all__ = ["EngineOpener", "engine_openers"]


class EngineOpener:
    """Starts the engine when a step first asks for it.

    Parameters
    ----------
    start
        Starts it.
    """

    def __init__(self, start: Callable[[], Engine]) -> None:
        self._start = start
        self._engine: Engine | None = None
        self._opening = Lock()

    def open(self) -> Engine:
        """Engine of the build."""
        with self._opening:
            if self._engine is None:
                self._engine = self._start()
            return self._engine

    def fraction(self) -> float | None:
        """Part of the running query that is done; None where unknown."""
        return self._engine.fraction_done() if self._engine is not None else None

    def interrupt(self) -> None:
        """Break off the running query, if there is one."""
        if self._engine is not None:
            self._engine.interrupt()

    def close(self) -> None:
        """Close the engine if it was started."""
        if self._engine is not None:
            self._engine.__exit__(None, None, None)


@contextmanager
def engine_openers(name: str, settings: EngineSettings | None) -> Iterator[tuple[EngineOpener, EngineOpener]]:
    """Opener of the build's engine, and of one beside it for a second thread; both close what they opened."""

    def start() -> Engine:
        from kyoto.core.engine import open_engine

        return open_engine(name, settings)

    opener = EngineOpener(start)
    second = EngineOpener(lambda: opener.open().beside())
    try:
        yield opener, second
    finally:
        second.close()
        opener.close()
