"""What a step's result depends on, as one hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import kyoto
from kyoto.core.files import sha256_of, write_whole

__all__ = ["FileHashes", "program_fingerprint", "read_json", "step_fingerprint"]


class FileHashes:
    """SHA-256 of files, remembered by path, size and modification time so that an unchanged build costs nothing.

    Parameters
    ----------
    memory
        JSON file that keeps them between builds.
    """

    def __init__(self, memory: Path) -> None:
        self._memory = memory
        self._known: dict[str, list[Any]] = read_json(memory)
        self._changed = False

    def of(self, path: Path) -> str:
        """SHA-256 of a file; ``absent`` if there is none."""
        try:
            found = path.stat()
        except OSError:
            return "absent"
        stamp = [found.st_size, found.st_mtime_ns]
        known = self._known.get(str(path))
        if known is not None and known[:2] == stamp:
            return str(known[2])
        digest = sha256_of(path)
        self._known[str(path)] = [*stamp, digest]
        self._changed = True
        return digest

    def save(self) -> None:
        """Write the memory if it changed."""
        if self._changed:
            write_whole(self._memory, json.dumps(self._known))


@cache
def program_fingerprint() -> str:
    """Hash that changes with the installed program: its version, and size and time of its files."""
    package = Path(kyoto.__file__).parent
    stamps = [
        f"{path.relative_to(package).as_posix()} {found.st_size} {found.st_mtime_ns}"
        for path in sorted(package.rglob("*"))
        if path.suffix not in (".pyc", ".nbi", ".nbc") and path.is_file() and (found := path.stat())
    ]
    return hashlib.sha256("\n".join([kyoto.__version__, *stamps]).encode()).hexdigest()


def step_fingerprint(settings: Any, inputs: Mapping[str, str], needs: Mapping[str, str], engine: str) -> str:
    """Hash over everything that a step's result depends on.

    Parameters
    ----------
    settings
        JSON-able settings.
    inputs
        SHA-256 of each input file by path.
    needs
        Fingerprint of each earlier step by name.
    engine
        Name of the engine.
    """
    parts = {"settings": settings, "inputs": inputs, "needs": needs, "engine": engine, "program": program_fingerprint()}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def read_json(path: Path) -> dict[str, Any]:
    """Content of a JSON object file; empty if there is none that can be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
