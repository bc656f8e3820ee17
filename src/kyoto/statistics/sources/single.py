"""One table in one file, for rooms and commands that need no project: found, unpacked, in UTF-8, of a known kind.

What :func:`plain_table` hands on can be read as it stands by pandas and DuckDB alike. Packed files (gzip, a zip archive
of one file), other encodings, Parquet and workbooks under any name, and the line ``sep=;`` that Excel writes above the
names are dealt with here, once.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kyoto.core.archives import UNREADABLE_ARCHIVE
from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.sources.sheet_extent import require_modest_extent

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PlainTable", "existing_file", "naming", "plain_table", "text_frame"]

_OFFICE = ("[Content_Types].xml", "mimetype")
"""Members that make a zip archive a workbook or a text document."""
_WORKBOOKS = frozenset((".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"))
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_FIRST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class PlainTable:
    """A table that can be read as it stands.

    Parameters
    ----------
    path
        The file, or an unpacked copy of it that lives as long as the context.
    kind
        Text is UTF-8 (a byte order mark may stand before it).
    delimiter
        Sign between the cells of a text.
    skip
        Lines above the names: 1 where Excel's ``sep=;`` stands there, else 0.
    """

    path: Path
    kind: Literal["text", "parquet", "workbook"]
    delimiter: str = ","
    skip: int = 0

    @property
    def first_line(self) -> int:
        """Line of the file in which the first row below the names stands."""
        return 2 + self.skip


@contextmanager
def plain_table(
    path: str | Path, *, shown: str = "", guessed: Callable[[str], None] | None = None
) -> Iterator[PlainTable]:
    r"""Open a file that holds one table.

    Parameters
    ----------
    path
        CSV (comma, semicolon, tab or bar between the cells), Parquet or a workbook; packed or not, in any encoding
        that can be recognised.
    shown
        Name for messages, if not the path.
    guessed
        Is told the encoding where it is no more than a guess.

    Yields
    ------
    PlainTable

    Raises
    ------
    KyotoError
        ``source.missing-file``, ``source.not-a-file``, ``source.several-files``, ``source.damaged-archive``,
        ``source.wrong-encoding``.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "people.csv"
    ...     _ = file.write_bytes("sep=;\nplace;n\nÎle;2\n".encode("cp1252"))
    ...     with plain_table(file) as table:
    ...         table.delimiter, table.first_line, table.path.read_text(encoding="utf-8").splitlines()[2]
    (';', 3, 'Île;2')
    """
    file = existing_file(path)
    name = shown or str(path)
    with tempfile.TemporaryDirectory(prefix="kyoto-") as folder:
        plain = _plain(file, Path(folder), name, guessed or (lambda encoding: None))
        with naming(plain.path, name):
            yield plain


def text_frame(path: str | Path, *, shown: str = "") -> pd.DataFrame:
    """Table of a file with every cell as the text that it is; empty and missing cells are empty texts.

    Parameters
    ----------
    path, shown
        As in :func:`plain_table`.

    Returns
    -------
    pandas.DataFrame
        ``attrs["first_line"]`` is the line of the file in which its first row stands.

    Raises
    ------
    KyotoError
        As :func:`plain_table`; ``source.unreadable-table``.
    """
    import pandas as pd

    with plain_table(path, shown=shown) as plain:
        if plain.kind == "workbook":
            require_modest_extent(plain.path, shown or str(path), code="source.unreadable-table")
        try:
            if plain.kind == "parquet":
                frame = pd.read_parquet(plain.path).astype("string").fillna("")
            elif plain.kind == "workbook":
                frame = pd.read_excel(plain.path, dtype=str, keep_default_na=False, engine="calamine").fillna("")
            else:
                frame = pd.read_csv(
                    plain.path,
                    dtype=str,
                    sep=plain.delimiter,
                    skiprows=plain.skip,
                    encoding="utf-8-sig",
                    keep_default_na=False,
                )
        except Exception as error:  # every reader fails in its own way
            raise KyotoError(
                "Cannot read the file",
                code="source.unreadable-table",
                where=Where(file=shown or str(path)),
                detail=str(error).splitlines()[0] if str(error) else type(error).__name__,
                expected="a CSV, Excel or Parquet table with the names of columns in its first row",
            ) from error
    frame.attrs["first_line"] = plain.first_line
    return frame


def existing_file(path: str | Path) -> Path:
    """Path of a file that is there.

    Raises
    ------
    KyotoError
        ``source.missing-file``, ``source.not-a-file``.
    """
    file = Path(path)
    if file.is_dir():
        raise KyotoError(
            "A folder, not a file",
            code="source.not-a-file",
            where=Where(file=str(path)),
            hint="Name one file in it.",
        )
    if not file.exists():
        raise KyotoError(
            "No such file",
            code="source.missing-file",
            where=Where(file=str(path)),
            hint="Check the path; it is read from the folder in which you run the command.",
        )
    return file


@contextmanager
def naming(path: Path, shown: str) -> Iterator[None]:
    """Errors that leave this context name a file as its user wrote it, where they would name the path of a copy."""
    try:
        yield
    except KyotoError as error:
        if str(path) != shown:
            for problem in dict.fromkeys((error, *error.problems)):
                if problem.where.file == str(path):
                    problem.where = replace(problem.where, file=shown)
                problem.detail = problem.detail.replace(str(path), shown)
        raise


def _plain(file: Path, folder: Path, shown: str, guessed: Callable[[str], None]) -> PlainTable:
    from kyoto.statistics.sources.encoding import is_gzip, unpacked

    if is_gzip(file):
        file = unpacked(file, folder / (file.stem if Path(file.stem).suffix else "unpacked.csv"), shown)
    elif zipfile.is_zipfile(file):
        file = _only_member(file, folder, shown)
    with file.open("rb") as opened:
        start = opened.read(4)
    if start == b"PAR1":
        return PlainTable(_with_ending(file, folder, ".parquet"), "parquet")
    if start == b"PK\x03\x04":
        return PlainTable(_with_ending(file, folder, ".xlsx"), "workbook")
    if start == _OLD_OFFICE:
        return PlainTable(_with_ending(file, folder, ".xls"), "workbook")
    if file.suffix.lower() in _WORKBOOKS:
        return PlainTable(file, "workbook")  # the reader of that format says what is wrong with it
    if file.suffix.lower() == ".parquet":
        return PlainTable(file, "parquet")
    return _text(_utf8(file, folder, shown, guessed))


def _text(file: Path) -> PlainTable:
    from kyoto.statistics.sources.dialect import separator_line

    with file.open("rb") as lines:
        first = lines.readline(_FIRST_LINE).decode("utf-8-sig", errors="replace")
    stated = separator_line(first)
    return PlainTable(file, "text", stated or max(",;\t|", key=first.count), 1 if stated else 0)


def _only_member(archive: Path, folder: Path, shown: str) -> Path:
    """The file in an archive of one; workbooks and archives of several are for their readers."""
    from kyoto.statistics.sources.archive import extracted
    from kyoto.statistics.sources.model import SourceSpec

    try:
        with zipfile.ZipFile(archive) as opened:
            names = [name for name in opened.namelist() if not name.endswith("/")]
    except UNREADABLE_ARCHIVE:
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


def _with_ending(file: Path, folder: Path, ending: str) -> Path:
    """The same content under a name with the right ending: readers go by it."""
    if file.suffix.lower() == ending or (ending == ".xlsx" and file.suffix.lower() in _WORKBOOKS - {".xls"}):
        return file
    named = folder / f"named{ending}"
    if file.parent == folder:
        return file.rename(named)
    shutil.copyfile(file, named)
    return named


def _utf8(file: Path, folder: Path, shown: str, guessed: Callable[[str], None]) -> Path:
    """The text itself, or a copy in UTF-8."""
    from kyoto.statistics.sources.encoding import encoding_of, scanned, utf8_copy

    scan = scanned(file)
    encoding, certain = encoding_of(scan)
    if encoding == "utf-8" and scan.bad == 0 and scan.nul == 0 and scan.mac_breaks == 0:
        return file
    if not certain:
        guessed(encoding)
    hint = "No single encoding fits it: save it again as UTF-8 (“CSV UTF-8” in a spreadsheet)."
    return utf8_copy(file, folder / f"utf8{file.suffix or '.csv'}", encoding, shown, hint=hint)
