"""The FILE of a command, the same for all: ``-`` is standard input, and packed or otherwise encoded tables are read."""

from __future__ import annotations

import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from kyoto.core.errors import KyotoError, Where

__all__ = ["input_file"]

_TABLE = ".csv"
_OFFICE = ("[Content_Types].xml", "mimetype")
"""Members that make a zip archive a workbook or a text document."""


@contextmanager
def input_file(argument: str, *, suffix: str = _TABLE) -> Iterator[Path]:
    """Path of the user's file; ``-`` is standard input, spooled to a temporary file.

    A table may be packed (gzip, or a zip archive of one file) and in any encoding that can be recognised: what is
    handed on is unpacked and UTF-8. Errors of the reader name the file as the user wrote it.

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
        ``source.missing-file``, ``source.not-a-file``, ``source.damaged-archive``.
    """
    shown = "standard input" if argument == "-" else argument
    with tempfile.TemporaryDirectory(prefix="kyoto-") as name:
        path = _existing(argument, Path(name), suffix)
        if suffix == _TABLE:
            path = _plain_table(path, Path(name), shown)
        try:
            yield path
        except KyotoError as error:
            if str(path) != argument:
                _name_as_written(error, str(path), shown)
            raise


def _existing(argument: str, folder: Path, suffix: str) -> Path:
    """The file itself; a copy of what can be read only once, which standard input and pipes are."""
    path = Path(argument)
    if argument != "-" and path.is_file():
        return path
    if argument != "-" and path.is_dir():
        raise KyotoError(
            "A folder, not a file",
            code="source.not-a-file",
            where=Where(file=argument),
            hint="Name one file in it.",
        )
    if argument != "-" and not path.exists():
        raise KyotoError(
            "No such file",
            code="source.missing-file",
            where=Where(file=argument),
            hint="Check the path; it is read from the folder in which you run the command.",
        )
    spooled = folder / f"stdin{suffix}"
    with spooled.open("wb") as file:
        if argument == "-":
            shutil.copyfileobj(sys.stdin.buffer, file)
        else:
            with path.open("rb") as pipe:
                shutil.copyfileobj(pipe, file)
    return spooled


def _plain_table(path: Path, folder: Path, shown: str) -> Path:
    """The table unpacked, in UTF-8, and with an ending that says its format where it has another's."""
    from kyoto.statistics.sources.encoding import is_gzip, unpacked

    if is_gzip(path):
        path = unpacked(path, folder / (path.stem if Path(path.stem).suffix else "unpacked.csv"), shown)
    elif zipfile.is_zipfile(path):
        path = _only_member(path, folder, shown)
    with path.open("rb") as file:
        start = file.read(4)
    if start == b"PAR1":
        return _with_ending(path, folder, ".parquet")
    if start == b"PK\x03\x04":
        return _with_ending(path, folder, ".xlsx")
    if path.suffix.lower() in {".parquet", ".xlsx", ".xls", ".xlsb", ".ods"}:
        return path  # the reader of that format says what is wrong with it
    return _utf8(path, folder, shown)


def _only_member(archive: Path, folder: Path, shown: str) -> Path:
    """The file in an archive of one; workbooks and archives of several are for their readers."""
    from kyoto.statistics.sources.archive import extracted
    from kyoto.statistics.sources.model import SourceSpec

    try:
        with zipfile.ZipFile(archive) as opened:
            names = [name for name in opened.namelist() if not name.endswith("/")]
    except zipfile.BadZipFile:
        return archive  # a damaged workbook, by far the most often
    if any(name in _OFFICE for name in names):
        return archive
    if len(names) != 1:
        raise KyotoError(
            "An archive of several files" if names else "An empty archive",
            code="source.several-files",
            where=Where(file=shown),
            got=", ".join(names[:12]) + (" …" if len(names) > 12 else ""),
            expected="a table, or an archive that holds one",
            hint="Unpack it and name one file." if names else "Pack it again.",
        )
    return extracted(archive, names[0], folder / Path(names[0]).name, shown, SourceSpec("archive", "offence", ()))


def _with_ending(path: Path, folder: Path, ending: str) -> Path:
    """The same content under a name with the right ending: readers go by it."""
    if path.suffix.lower() == ending or (ending == ".xlsx" and path.suffix.lower() in {".xlsb", ".ods", ".xlsm"}):
        return path
    named = folder / f"named{ending}"
    if path.parent == folder:
        return path.rename(named)
    shutil.copyfile(path, named)
    return named


def _utf8(path: Path, folder: Path, shown: str) -> Path:
    """The text itself, or a copy in UTF-8; an encoding that was guessed is told on standard error."""
    from kyoto.statistics.sources.encoding import encoding_of, scanned, utf8_copy

    scan = scanned(path)
    encoding, certain = encoding_of(scan)
    as_it_stands = encoding == "utf-8" and scan.bad == 0 and scan.nul == 0 and scan.mac_breaks == 0
    if as_it_stands:
        return path
    if not certain:
        sys.stderr.write(f"{shown} is not UTF-8; read as {encoding}.\n")
    return utf8_copy(path, folder / f"utf8{path.suffix or _TABLE}", encoding, shown)


def _name_as_written(error: KyotoError, path: str, shown: str) -> None:
    """Put the user's name of the file into an error where the temporary one stands."""
    for problem in dict.fromkeys((error, *error.problems)):
        if problem.where.file == path:
            problem.where = replace(problem.where, file=shown)
        problem.detail = problem.detail.replace(path, shown)
