"""Private folders of running portals, and the removal of those that a killed one left behind."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

if sys.platform != "win32":  # Windows has no such locks: folders that were left behind stay there
    import fcntl

__all__ = ["Scratch", "new_scratch", "remove_abandoned"]

_PREFIX = "kyoto-portal-"
_IN_USE = "in-use"


@dataclass(frozen=True, slots=True)
class Scratch:
    """A private folder, marked as in use as long as the process lives.

    Parameters
    ----------
    folder
        Where it is.
    """

    folder: Path
    _mark: int

    def remove(self) -> None:
        """Remove the folder and everything in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._mark)


def new_scratch() -> Scratch:
    """Make a private folder in the system's place for temporary files.

    The mark is a lock on a file in it, which the system lets go when the process ends, however it ends. A process
    number would not do: it is given again, and containers that share a folder have the same ones.

    Examples
    --------
    >>> scratch = new_scratch()
    >>> scratch.folder in remove_abandoned()
    False
    >>> scratch.remove()
    >>> scratch.folder.exists()
    False
    """
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    beginning = folder / "beginning"
    mark = os.open(beginning, os.O_RDWR | os.O_CREAT, 0o600)
    if sys.platform != "win32":
        fcntl.flock(mark, fcntl.LOCK_EX)
    beginning.rename(folder / _IN_USE)  # locked already when it gets the name that others look for
    return Scratch(folder, mark)


def remove_abandoned() -> list[Path]:
    """Remove the folders of portals that were killed; those of other users and of running portals stay.

    Returns
    -------
    list of Path
        Folders that were removed.
    """
    found = Path(tempfile.gettempdir()).glob(f"{_PREFIX}*")
    return [folder for folder in found if _remove_if_abandoned(folder)]


def _remove_if_abandoned(folder: Path) -> bool:
    if sys.platform == "win32":
        return False
    with suppress(OSError):  # in use, removed meanwhile, or without a mark
        if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
            return False
        mark = os.open(folder / _IN_USE, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)
            return True
        finally:
            os.close(mark)
    return False
