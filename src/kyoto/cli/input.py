"""The FILE of a command, the same for all: ``-`` is standard input, and packed or otherwise encoded tables are read."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["input_file"]

_TABLE = ".csv"


@contextmanager
def input_file(argument: str, *, suffix: str = _TABLE) -> Iterator[Path]:
    """Path of the user's file; ``-`` is standard input, spooled to a temporary file.

    A table may be packed (gzip, or a zip archive of one file) and in any encoding that can be recognised: what is
    handed on is unpacked and UTF-8 (:func:`kyoto.statistics.sources.single.plain_table`). Errors of the reader name
    the file as the user wrote it.

    Parameters
    ----------
    argument
        What the user wrote.
    suffix
        Format that standard input is taken to have; a table is one of ``.csv``, ``.parquet``, ``.xlsx`` by its content.

    Yields
    ------
    pathlib.Path
        A file that exists.

    Raises
    ------
    KyotoError
        ``source.missing-file``, ``source.not-a-file``, ``source.several-files``, ``source.damaged-archive``.
    """
    from kyoto.statistics.sources.single import naming, plain_table

    shown = "standard input" if argument == "-" else argument
    with tempfile.TemporaryDirectory(prefix="kyoto-") as name:
        path = _existing(argument, Path(name), suffix)
        if suffix != _TABLE:
            with naming(path, shown):
                yield path
            return
        with plain_table(path, shown=shown, guessed=lambda encoding: _tell(shown, encoding)) as plain:
            yield plain.path


def _tell(shown: str, encoding: str) -> None:
    sys.stderr.write(f"{shown} is not UTF-8; read as {encoding}.\n")


def _existing(argument: str, folder: Path, suffix: str) -> Path:
    """The file itself; a copy of what can be read only once, which standard input and pipes are."""
    from kyoto.statistics.sources.single import existing_file

    if argument != "-":
        path = existing_file(argument)
        if path.is_file():
            return path
    spooled = folder / f"stdin{suffix}"
    with spooled.open("wb") as file:
        if argument == "-":
            shutil.copyfileobj(sys.stdin.buffer, file)
        else:
            with path.open("rb") as pipe:
                shutil.copyfileobj(pipe, file)
    return spooled
