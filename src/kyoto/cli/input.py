"""Reading ``-`` as standard input, the same for every command that takes a FILE."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kyoto.core.errors import KyotoError, Where

__all__ = ["input_file"]


@contextmanager
def input_file(argument: str, *, suffix: str = ".csv") -> Iterator[Path]:
    """Path of the user's file; ``-`` is standard input, spooled to a temporary file.

    Parameters
    ----------
    argument
        What the user wrote.
    suffix
        Format that standard input is taken to have.

    Yields
    ------
    pathlib.Path
        A file that exists.

    Raises
    ------
    KyotoError
        ``source.missing-file``.
    """
    if argument != "-":
        path = Path(argument)
        if not path.exists():
            raise KyotoError(
                "No such file",
                code="source.missing-file",
                where=Where(file=argument),
                hint="Check the path; it is read from the folder in which you run the command.",
            )
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="kyoto-") as folder:
        path = Path(folder) / f"stdin{suffix}"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield path
