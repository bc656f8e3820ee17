"""A table of recommendations in, CSV or a workbook: every wrong cell with its line, its value and the remedy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kyoto.cooperation.mandates.mechanisms.model import Recommendation
from kyoto.cooperation.mandates.mechanisms.rows import COLUMNS, Row, recommendation_of
from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean, nearest

__all__ = ["COLUMNS", "ReviewTable", "read_recommendations"]

_REQUIRED = ("state", "recommendation")
_ENOUGH = 200
"""Problems after which a table is no longer read on: it is another table."""
_LARGEST = 64_000_000
"""Bytes beyond which a file is no table of recommendations."""


@dataclass(frozen=True, slots=True)
class ReviewTable:
    """What was read.

    Parameters
    ----------
    recommendations
        One a row, in their order.
    ignored
        Columns whose names say nothing to Kyoto; they are not kept.
    """

    recommendations: tuple[Recommendation, ...]
    ignored: tuple[str, ...]


def read_recommendations(path: str | Path, *, mechanism: str = "", cycle: str = "") -> ReviewTable:
    """Read a table of recommendations; nothing is returned if a row is wrong.

    Parameters
    ----------
    path
        CSV (comma, semicolon or tab; UTF-8) or an Excel workbook, whose first sheet with these columns is read.
        Columns: see :data:`~kyoto.cooperation.mandates.mechanisms.COLUMNS`; ``state`` and ``recommendation`` are
        required, ``mechanism`` and ``cycle`` unless given.
    mechanism, cycle
        Of all rows whose table does not have the column.

    Raises
    ------
    KyotoError
        Every problem of the table in one pass: ``mandates.broken-table``, ``mandates.missing-column``,
        ``mandates.unknown-column``, ``mandates.wrong-row``, ``mandates.wrong-due``, ``mandates.double-row``.
    """
    file = str(path)
    lines = list(_lines(Path(path)))
    if not lines:
        raise _broken(file, "It holds no row", "a row of column names, then a row a recommendation")
    names, ignored, problems = _columns([name.strip() for name in lines[0][1]], file, lines[0][0])
    given = {"mechanism": mechanism, "cycle": cycle}
    for name in (*_REQUIRED, "mechanism", "cycle"):
        if name not in names and not given.get(name):
            problems.add(_missing(name, file, lines[0][1]))
    problems.raise_if_any()
    found = [
        recommendation_of(Row(_cells(names, cells, file, line, problems), given, file, line, problems))
        for line, cells in _while_few(lines[1:], problems)
    ]
    _check_doubles(found, lines[1:], file, problems)
    problems.raise_if_any()
    if not found:
        raise _broken(file, "It holds column names and no row", "a row a recommendation")
    return ReviewTable(tuple(found), ignored)


def _while_few(lines: Iterable[tuple[int, list[str]]], problems: Problems) -> Iterator[tuple[int, list[str]]]:
    for line in lines:
        if len(problems) >= _ENOUGH:
            return
        yield line


def _columns(header: list[str], file: str, line: int) -> tuple[list[str], tuple[str, ...], Problems]:
    """Name of each column as Kyoto calls it (empty for one that is not read), and those that are not read."""
    spellings = {spelling: name for name, others in COLUMNS.items() for spelling in (name, *others)}
    problems, names, ignored = Problems(), [], []
    for given in header:
        word = " ".join(given.replace("_", " ").casefold().split())
        name = spellings.get(word, "")
        if name and name in names:
            where = Where(file=file, line=line, column=given)
            problems.add(KyotoError("Two columns say the same", code="mandates.unknown-column", where=where, got=name))
        elif not name and word and nearest(word, spellings) is not None:
            problems.add(_misspelt(given, spellings, Where(file=file, line=line, column=given)))
        elif not name and word:
            ignored.append(given)
        names.append(name)
    return names, tuple(ignored), problems


def _misspelt(given: str, spellings: dict[str, str], where: Where) -> KyotoError:
    return KyotoError(
        "No such column", code="mandates.unknown-column", where=where, got=given, hint=did_you_mean(given, spellings)
    )


def _missing(name: str, file: str, header: list[str]) -> KyotoError:
    own = {"mechanism": " or say it for all rows with --mechanism", "cycle": " or say it for all rows with --cycle"}
    return KyotoError(
        f"The table has no column {name!r}",
        code="mandates.missing-column",
        where=Where(file=file),
        expected=", ".join((name, *COLUMNS[name])),
        got=", ".join(header[:20]),
        hint=f"Name the column so{own.get(name, '')}.",
    )


def _cells(names: list[str], cells: list[str], file: str, line: int, problems: Problems) -> dict[str, str]:
    more = [cell for cell in cells[len(names) :] if cell.strip()]
    if more:
        problems.add(
            KyotoError(
                "The row has more cells than the table has columns",
                code="mandates.wrong-row",
                where=Where(file=file, line=line),
                got=" | ".join(more)[:80],
                hint="Put a text that holds the separator in quotation marks.",
            )
        )
    return {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name}


def _check_doubles(
    found: list[Recommendation], lines: list[tuple[int, list[str]]], file: str, problems: Problems
) -> None:
    first: dict[str, int] = {}
    for one, (line, _) in zip(found, lines, strict=False):
        if one.id in first:
            problems.add(
                KyotoError(
                    "Two rows are the same recommendation",
                    code="mandates.double-row",
                    where=Where(file=file, line=line),
                    got=f"{one.id}, as in line {first[one.id]}",
                    hint="Remove one, or give each its own number or id.",
                )
            )
        elif one.id:
            first[one.id] = line


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line on which each row begins, and its cells; rows without any text are left out."""
    rows = _sheet(path) if _is_workbook(path) else _csv(path)
    return ((line, cells) for line, cells in rows if any(cell.strip() for cell in cells))


def _is_workbook(path: Path) -> bool:
    try:
        size = path.stat().st_size
        if size > _LARGEST:
            raise KyotoError(
                "The file is too large for a table of recommendations",
                code="mandates.too-large",
                where=Where(file=str(path)),
                expected=f"at most {_LARGEST / 1e6:.0f} MB",
                got=f"{size / 1e6:.0f} MB",
                hint="Split it by cycle or State.",
            )
        with path.open("rb") as file:
            return file.read(4) in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
    except OSError as error:
        raise _broken(str(path), error.strerror or str(error), "a table that can be read") from error


def _sheet(path: Path) -> Iterator[tuple[int, list[str]]]:
    from kyoto.statistics.exchange.workbooks import open_sheets
    from kyoto.statistics.sources.workbook import cell_text

    spellings = set(COLUMNS["state"]) | {"state"}
    for _, rows in open_sheets(path):
        texts = [[cell_text(cell) for cell in row] for row in rows]
        start = next((place for place, row in enumerate(texts[:50]) if _names(row) & spellings), None)
        if start is not None:
            yield from enumerate(texts[start:], start + 1)
            return
    raise _broken(str(path), "No sheet has a column of States under review", ", ".join(COLUMNS["state"]))


def _names(row: list[str]) -> set[str]:
    return {" ".join(cell.replace("_", " ").casefold().split()) for cell in row}


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    import csv
    import io

    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _broken(str(path), f"It is not UTF-8: {error.reason} at byte {error.start}", "text in UTF-8") from error
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise _broken(f"{path}", f"Line {line}: {error}", "a table of comma-separated values") from error


def _broken(file: str, detail: str, expected: str) -> KyotoError:
    return KyotoError(
        "The table cannot be read",
        code="mandates.broken-table",
        where=Where(file=file),
        detail=detail,
        expected=expected,
        hint="`kyoto mandates reviews template` writes an empty table with all columns.",
    )
