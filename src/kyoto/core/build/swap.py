"""Putting one folder in the place of another in a single step."""

from __future__ import annotations

import ctypes
import os
import shutil
from pathlib import Path

__all__ = ["link_or_copy", "recover", "swap_in"]

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def swap_in(new: Path, place: Path, old: Path) -> None:
    """Make ``new`` stand at ``place``; what stood there is removed.

    Parameters
    ----------
    new
        Finished folder, on the same file system as ``place``.
    place
        Where readers look. They see the old folder or the new one, never a mixture: the two are exchanged by the
        kernel where it can (Linux), else by two renames.
    old
        Name for the outgoing folder until it is removed. If the program is killed between the two renames,
        :func:`recover` brings it back.
    """
    if not place.exists():
        new.replace(place)
        return
    if _exchange(new, place):
        shutil.rmtree(new, ignore_errors=True)
        return
    shutil.rmtree(old, ignore_errors=True)
    place.replace(old)
    new.replace(place)
    shutil.rmtree(old, ignore_errors=True)


def recover(place: Path, old: Path) -> None:
    """Undo a swap that was killed between its two renames."""
    if old.exists() and not place.exists():
        old.replace(place)
    shutil.rmtree(old, ignore_errors=True)


def link_or_copy(source: Path, target: Path) -> None:
    """Make a file or folder appear at ``target`` without copying its content where the file system can."""
    if source.is_dir():
        for part in sorted(source.rglob("*")):
            if part.is_file():
                link_or_copy(part, target / part.relative_to(source))
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two paths atomically; False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    failed: int = rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    return failed == 0
