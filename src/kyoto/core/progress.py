"""Progress of long work, for whoever watches.

The build reports to a :class:`Progress`; the command line draws it, tests and scripts leave it silent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

__all__ = ["Progress", "Silent"]


class Progress(Protocol):
    """Somebody who watches work that has named parts of known or guessed weight."""

    def start(self, total: float) -> None:
        """Begin work of ``total`` weight (seconds where they are known)."""

    def part(self, name: str, weight: float, fraction: Callable[[], float | None]) -> None:
        """Begin a part, maybe beside another one.

        ``fraction`` tells how much of it is done (0 to 1), or None where unknown.
        """

    def part_done(self, name: str) -> None:
        """End a part."""

    def stop(self) -> None:
        """End the work, done or not."""


class Silent:
    """Nobody watches."""

    def start(self, total: float) -> None:
        """Do nothing."""

    def part(self, name: str, weight: float, fraction: Callable[[], float | None]) -> None:
        """Do nothing."""

    def part_done(self, name: str) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""
