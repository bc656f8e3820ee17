"""Lines of a text file on which the records behind a figure begin.

The position of a record in the records file says where to look, but what is believed is the text: a line counts as a
record's only if its cells are those of the record.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

__all__ = ["Wanted", "broken_line_numbers", "find_lines"]

_MOST_RECORDS = 5_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A record to find.

    Parameters
    ----------
    row
        Where it should be among the records of its file, from 1; None if unknown.
    cells
        Text by column of the source, of the columns that are carried over as they stand.
    """

    row: int | None
    cells: Mapping[str, str]


def find_lines(
    path: Path, dialect: Mapping[str, Any], wanted: Sequence[Wanted], broken: Collection[int] = ()
) -> list[tuple[int, int] | None]:
    """Find where each wanted record begins.

    Parameters
    ----------
    path
        CSV file, ``.gz`` too.
    dialect
        ``delimiter``, ``quote``, ``encoding`` and ``header_line``, as in the manifest.
    wanted
        Records.
    broken
        Lines that are no record.

    Returns
    -------
    list of tuple or None
        Number and first line of each record, in the order of ``wanted``. None where no line among
        the first five million records says what the record says, or where the record has no text to compare.
    """
    found: list[tuple[int, int] | None] = [None] * len(wanted)
    open_ones = {number for number, record in enumerate(wanted) if record.cells}
    if not open_ones or not path.is_file():
        return found
    elsewhere: dict[int, tuple[int, int]] = {}
    taken: set[int] = set()
    last = max((wanted[number].row or 0 for number in open_ones), default=0)
    with _opened(path, str(dialect.get("encoding") or "utf-8")) as file:
        records = _records(file, dialect, broken)
        header = [cell.strip().lstrip("\ufeff") for cell in _cells(next(records, (0, 0, ""))[2], dialect)]
        index = _index(wanted, open_ones, header)
        likely = _hint([text for texts in index.values() for text in texts])
        for row, line, text in records:
            cells = _cells(text, dialect) if likely(text) else []
            for number in _alike(cells, index, wanted, header):
                if wanted[number].row == row:
                    found[number] = (row, line)
                elif number not in elsewhere and line not in taken:  # records that say the same get a line each
                    elsewhere[number] = (row, line)
                    taken.add(line)
            done = all(found[number] is not None or number in elsewhere for number in open_ones)
            if row >= _MOST_RECORDS or (done and row >= last):
                break
    return [place or elsewhere.get(number) for number, place in enumerate(found)]


_Index = dict[int, dict[str, list[int]]]


def _index(wanted: Sequence[Wanted], numbers: Collection[int], header: Sequence[str]) -> _Index:
    """Wanted records by the position and the text of their first column."""
    found: _Index = {}
    for number in sorted(numbers):
        name = next((name for name in wanted[number].cells if name in header), None)
        if name is not None:
            texts = found.setdefault(header.index(name), {})
            texts.setdefault(wanted[number].cells[name], []).append(number)
    return found


def _alike(cells: Sequence[str], index: _Index, wanted: Sequence[Wanted], header: Sequence[str]) -> Iterator[int]:
    """Wanted records that say what the cells say."""
    for position, texts in index.items():
        if position >= len(cells):
            continue
        for number in texts.get(cells[position].strip(), ()):
            own = wanted[number].cells
            if all(cells[header.index(name)].strip() == text for name, text in own.items() if name in header):
                yield number


def _records(file: IO[str], dialect: Mapping[str, Any], broken: Collection[int]) -> Iterator[tuple[int, int, str]]:
    """Header (row 0), then number, first line and text of each record."""
    quote = str(dialect.get("quote") or '"')
    header_line = int(dialect.get("header_line") or 1)
    number, start, pending = 0, 0, ""
    for line, text in enumerate(file, start=1):
        start = start if pending else line
        pending += text
        if pending.count(quote) % 2 and start not in broken:
            continue  # a quoted line break: the record goes on
        record, pending = pending, ""
        if start < header_line or start in broken or not record.strip("\r\n"):
            continue
        if start == header_line:
            yield 0, start, record
            continue
        number += 1
        yield number, start, record


def _cells(record: str, dialect: Mapping[str, Any]) -> list[str]:
    quote, delimiter = str(dialect.get("quote") or '"'), str(dialect.get("delimiter") or ",")
    return next(csv.reader([record], delimiter=delimiter, quotechar=quote), [])


def _hint(texts: Sequence[str]) -> Callable[[str], bool]:
    """Quick test that spares splitting most records: whether one of the texts stands in a record at all."""
    if not texts or any('"' in text for text in texts):  # a quote is doubled inside a quoted cell
        return lambda record: True
    pattern = re.compile("|".join(map(re.escape, texts)))
    return lambda record: pattern.search(record) is not None


def _opened(path: Path, encoding: str) -> IO[str]:
    if path.suffix == ".gz":
        return cast("IO[str]", gzip.open(path, "rt", encoding=encoding, errors="replace", newline=""))
    return path.open(encoding=encoding, errors="replace", newline="")


def broken_line_numbers(rejects: Path) -> dict[str, set[int]]:
    """Lines that are no record, by file: rejects without a row number."""
    found: dict[str, set[int]] = {}
    if not rejects.is_file():
        return found
    with rejects.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if not row.get("row") and (row.get("line") or "").isdigit():
                found.setdefault(row["file"], set()).add(int(row["line"]))
    return found
