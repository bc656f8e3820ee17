"""Where the register is kept: one small interface, and a file behind it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from kyoto.cooperation.mandates.followup.register import Register
from kyoto.core.errors import KyotoError, Where
from kyoto.core.files import write_whole

__all__ = ["FileStore", "Store"]


class Store(Protocol):
    """What keeps a register. A database can stand behind it as well as a file.

    ``proposed`` names what the last saving did not write, since it waits for somebody to approve it.
    """

    proposed: tuple[str, ...]

    def load(self) -> Register:
        """Return the register as it stands; an empty one if there is none yet."""

    def save(self, register: Register) -> Register:
        """Write the register and return it with its new revision; refuse if another wrote since it was loaded."""


class FileStore:
    """A register in one JSON file, written whole or not at all.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.proposed: tuple[str, ...] = ()

    def load(self) -> Register:
        """Return the register as it stands; an empty one if there is no file.

        Raises
        ------
        KyotoError
            ``mandates.broken-register``.
        """
        if not self.path.exists():
            return Register()
        try:
            return Register.from_dict(json.loads(self.path.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise KyotoError(
                "The register cannot be read",
                code="mandates.broken-register",
                where=Where(file=str(self.path)),
                detail=f"{type(error).__name__}: {error}",
                hint="Restore it from a backup; the commands write it whole or not at all.",
            ) from error

    def save(self, register: Register) -> Register:
        """Write the register if nobody wrote it since it was loaded.

        Raises
        ------
        KyotoError
            ``mandates.changed-meanwhile``.
        """
        from filelock import FileLock

        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.path}.lock"):
            there = self.load().revision
            if there != register.revision:
                raise KyotoError(
                    "Another wrote the register meanwhile",
                    code="mandates.changed-meanwhile",
                    where=Where(file=str(self.path)),
                    expected=f"revision {register.revision}",
                    got=f"revision {there}",
                    hint="Run the command again.",
                )
            written = replace(register, revision=register.revision + 1)
            text = json.dumps(written.to_dict(), ensure_ascii=False, indent=1) + "\n"
            write_whole(
                self.path, text.encode("utf-8", "replace")
            )  # a name typed in another encoding is no reason to stop
            return written
