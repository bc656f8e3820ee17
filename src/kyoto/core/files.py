"""Files written whole or not at all, and their fingerprints."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kyoto.core.errors import KyotoError, Where

__all__ = ["neutral_cell", "sha256_of", "write_whole", "writing"]

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, or of a folder's files in the order of their names, as hexadecimal text."""
    if path.is_dir():
        whole = hashlib.sha256()
        for part in sorted(path.rglob("*")):
            if part.is_file():
                whole.update(f"{part.relative_to(path).as_posix()}\0{sha256_of(part)}\n".encode())
        return whole.hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it replaces ``path`` in one step.

    Parameters
    ----------
    path
        Where the finished file shall stand. Its folder is made if absent.

    Yields
    ------
    pathlib.Path
        Write here. If the block raises, or the program is killed, ``path`` keeps its old content.

    Raises
    ------
    KyotoError
        ``files.cannot-write``: no permission, or the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error
    os.close(handle)
    part = Path(name)
    try:
        yield part
        part.chmod(0o644)
        part.replace(path)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write text (UTF-8) or bytes so that readers see the old file or the new one, never a part."""
    data = content.encode() if isinstance(content, str) else content
    with writing(path) as part:
        part.write_bytes(data)


def neutral_cell(text: str) -> str:
    """Text that a spreadsheet will show and not run (CSV injection).

    Examples
    --------
    >>> neutral_cell("=HYPERLINK(1)")
    "'=HYPERLINK(1)"
    >>> neutral_cell("Theft")
    'Theft'
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _cannot_write(path: Path, error: OSError) -> KyotoError:
    return KyotoError(
        "Cannot write the file",
        code="files.cannot-write",
        where=Where(file=str(error.filename or path)),
        detail=error.strerror or str(error),
        hint="Free some disk space, or choose a folder that you may write to.",
    )
