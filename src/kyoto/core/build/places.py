"""The folders of a build: the published one, the hidden one beside it, and the lock that guards them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kyoto.core.build.fingerprints import read_json
from kyoto.core.errors import KyotoError, Where
from kyoto.core.project import Project

__all__ = ["bytes_of", "hidden_folder", "locked", "read_manifest"]


@contextmanager
def locked(project: Project) -> Iterator[None]:
    """Hold the project's lock; the system frees it if the program is killed."""
    import filelock

    path = hidden_folder(project) / "lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(path)
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise KyotoError(
            "Another build of this project is running",
            code="build.running",
            where=Where(file=str(project.folder)),
            hint="Wait until it has finished.",
        ) from None
    except OSError as error:
        raise KyotoError(
            "Cannot write to the project folder",
            code="files.cannot-write",
            where=Where(file=str(project.folder)),
            detail=error.strerror or str(error),
            hint="Copy the project to a folder that you may write to.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def hidden_folder(project: Project) -> Path:
    """Folder of what a build keeps to itself: the unfinished build, the lock, remembered hashes."""
    return project.folder / ".kyoto"


def read_manifest(folder: Path) -> Mapping[str, Any]:
    """Manifest of a build folder; empty if there is none."""
    return read_json(folder / "manifest.json")


def bytes_of(path: Path) -> int:
    """Size of a file, or of all files of a folder."""
    if path.is_dir():
        return sum(part.stat().st_size for part in path.rglob("*") if part.is_file())
    return path.stat().st_size
