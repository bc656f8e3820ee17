"""Starting the engine of a build when a step first needs it, and closing it at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kyoto.core.engine import Engine, EngineSettings

__all__ = ["EngineOpener", "engine_opener"]


class EngineOpener:
    """Starts the engine when a step first asks for it."""

    def __init__(self, name: str, settings: EngineSettings | None) -> None:
        self._name, self._settings = name, settings
        self._engine: Engine | None = None

    def open(self) -> Engine:
        """Engine of the build."""
        if self._engine is None:
            from kyoto.core.engine import open_engine

            self._engine = open_engine(self._name, self._settings)
        return self._engine

    def fraction(self) -> float | None:
        """Part of the running query that is done; None where unknown."""
        return self._engine.fraction_done() if self._engine is not None else None

    def close(self) -> None:
        """Close the engine if it was started."""
        if self._engine is not None:
            self._engine.__exit__(None, None, None)


@contextmanager
def engine_opener(name: str, settings: EngineSettings | None) -> Iterator[EngineOpener]:
    """Opener that closes what it opened."""
    opener = EngineOpener(name, settings)
    try:
        yield opener
    finally:
        opener.close()
