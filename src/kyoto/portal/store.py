"""Snapshots of a build that is replaced while readers read."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kyoto.core.errors import KyotoError, Where
from kyoto.portal.snapshot import BuildChanged, Snapshot, open_snapshot

__all__ = ["Snapshot", "Store"]

_TRIES = 20
_SECONDS_BETWEEN_TRIES = 0.1

Stamp = tuple[int, int, int]


class Shared(Protocol):
    """A number in memory that several processes share."""

    value: int


@dataclass(slots=True)
class _Held:
    """A snapshot, and how many readers it has; the store itself counts as one while it is the newest."""

    snapshot: Snapshot
    readers: int = 1


class Store:
    """Hands out the newest build of a project as a :class:`Snapshot`.

    Whether there is a newer build is looked up (one call of the system) whenever a reader comes. The reader who finds
    one reads it in; others go on with the one before until that is done. A snapshot lives until its last reader left.

    Parameters
    ----------
    folder
        Folder of the project.
    memory
        Memory that the database of a snapshot may take before it spills to disk.
    threads
        Threads of one query; with many readers at once, more of them only wait for each other.
    newest
        Which build was read in last by any of the stores that share this number. A store that is behind reads in before
        it answers, so that no reader goes back to an older build when another process answers.

    Examples
    --------
    ::

        store = Store("examples/four-areas")
        with store.snapshot() as snapshot:
            snapshot.query("SELECT count(*) AS figures FROM berlin").to_pylist()
    """

    def __init__(
        self, folder: str | Path, *, memory: str = "1GB", threads: int | None = None, newest: Shared | None = None
    ) -> None:
        self.folder = Path(folder)
        self._memory = memory
        self._threads = threads or os.cpu_count() or 1
        self._newest = newest
        self._guard = threading.Lock()
        self._reading = threading.Lock()
        self._held: _Held | None = None
        self._stamp: Stamp | None = None
        self._problem: KyotoError | None = None

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Newest snapshot, kept whole while the block runs.

        Raises
        ------
        KyotoError
            ``portal.no-build``: there has been no build yet; ``portal.broken-build``: it cannot be read. Neither
            happens once a build could be read: then readers keep the last good one.
        """
        held = self._enter()
        try:
            yield held.snapshot
        finally:
            self._leave(held)

    @property
    def problem(self) -> KyotoError | None:
        """Why the build on disk is not the one that readers see; None if it is."""
        return self._problem

    def close(self) -> None:
        """Let go of the newest snapshot; it is freed when its last reader left."""
        with self._guard:
            held, self._held, self._stamp = self._held, None, None
        if held is not None:
            self._leave(held)

    def _enter(self) -> _Held:
        stamp = self._look()
        with self._guard:
            held = self._held
            fresh = held is not None and (stamp is None or stamp == self._stamp)
            if held is not None and fresh:
                held.readers += 1
                return held
        if self._reading.acquire(blocking=held is None or self._is_behind(stamp)):
            try:
                self._read_in()
            finally:
                self._reading.release()
        with self._guard:
            if self._held is not None:
                self._held.readers += 1
                return self._held
        raise self._problem or _gone(self.folder)

    def _is_behind(self, stamp: Stamp | None) -> bool:
        """Whether another process answers from the build that this store would only read in meanwhile."""
        return self._newest is not None and self._newest.value == _number_of(stamp)

    def _leave(self, held: _Held) -> None:
        with self._guard:
            held.readers -= 1
            last = held.readers == 0
        if last:
            held.snapshot.close()

    def _look(self) -> Stamp | None:
        """What tells one build from another without reading it; None if there is none."""
        try:
            found = (self.folder / "build" / "manifest.json").stat()
        except OSError:
            return None
        return (found.st_ino, found.st_mtime_ns, found.st_size)

    def _read_in(self) -> None:
        """Replace the newest snapshot, or remember why that is not possible."""
        stamp = self._look()
        with self._guard:
            if stamp is not None and stamp == self._stamp:
                return  # another reader has read it in while this one waited, or found that it cannot be read
        snapshot, self._problem = self._opened()
        with self._guard:
            old = None
            if snapshot is not None:
                old, self._held = self._held, _Held(snapshot)
            self._stamp = stamp  # a build that cannot be read is not tried again until it is replaced
            if self._newest is not None:
                self._newest.value = _number_of(stamp)
        if old is not None:
            self._leave(old)

    def _opened(self) -> tuple[Snapshot | None, KyotoError | None]:
        for _ in range(_TRIES):
            with suppress(BuildChanged):
                try:
                    return open_snapshot(self.folder, memory=self._memory, threads=self._threads), None
                except KyotoError as error:
                    return None, error
            time.sleep(_SECONDS_BETWEEN_TRIES)
        return None, KyotoError(
            "The build is not what its manifest says",
            code="portal.broken-build",
            where=Where(file=str(self.folder / "build")),
            expected="files with the SHA-256 of manifest.json",
            hint="Run `kyoto build --force` in the project's folder.",
        )


def _gone(folder: Path) -> KyotoError:
    return KyotoError("The store is closed", code="portal.closed", where=Where(file=str(folder)))


def _number_of(stamp: Stamp | None) -> int:
    """The stamp as one number of 64 bits, which a process writes in one go."""
    return int.from_bytes(hashlib.blake2b(repr(stamp).encode(), digest_size=8).digest())
