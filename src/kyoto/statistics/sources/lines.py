"""Which line of a text file a record begins on, found by reading the file again only where someone asks."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from kyoto.statistics.sources.model import RawFile

if TYPE_CHECKING:
    from kyoto.core.engine import BrokenLine

__all__ = ["LineFinder"]


class LineFinder:
    """Lines of records; questions about one file must come in the order of its rows.

    Parameters
    ----------
    files
        Files of the source.
    broken
        Its lines that are no record.
    rows
        Number of records of each file by its shown path, where known: it tells files of one line a record, which need
        no reading.
    """

    def __init__(
        self, files: Sequence[RawFile], broken: Sequence[BrokenLine], rows: Mapping[str, int] | None = None
    ) -> None:
        self._rows = rows or {}
        self._plain: dict[str, bool] = {}
        self._by_read = {str(file.read): file for file in files}
        self._by_read |= {str(file.read.resolve()): file for file in files}
        self._by_shown = {file.shown: file for file in files}
        self._broken: dict[str, set[int]] = {}
        for line in broken:
            self._broken.setdefault(self.shown(line.file), set()).add(line.byte)
        self._walks: dict[str, Iterator[tuple[int, int]]] = {}
        self._bytes: dict[str, tuple[int, int]] = {}

    def shown(self, read: str) -> str:
        """Path for people of a path that the engine read."""
        file = self._by_read.get(read)
        return file.shown if file else read

    def line_of_byte(self, line: BrokenLine) -> int | None:
        """Line on which a broken record begins; questions in the order of the file."""
        file = self._by_read.get(line.file)
        if file is None:
            return None
        position, number = self._bytes.get(line.file, (0, 1))
        if line.byte < position:
            position, number = 0, 1
        with file.read.open("rb") as opened:
            opened.seek(position)
            left = line.byte - position
            while left > 0:
                chunk = opened.read(min(left, 1 << 20))
                number += chunk.count(b"\n")
                left -= len(chunk)
                if not chunk:
                    break
        self._bytes[line.file] = (line.byte, number)
        return number

    def line_of_row(self, shown: str, row: int | None) -> int | None:
        """Line on which record ``row`` (counted from 1, broken lines left out) of a file begins."""
        file = self._by_shown.get(shown)
        if file is None or file.dialect is None or row is None:
            return None
        if self._one_line_a_record(file):
            return file.dialect.header_line + row
        walk = self._walks.setdefault(shown, _walk(file, self._broken.get(shown, set())))
        return next((line for number, line in walk if number == row), None)

    def _one_line_a_record(self, file: RawFile) -> bool:
        """Whether a file has as many lines as records: then no line is blank and no record has two."""
        if file.shown not in self._plain:
            records = self._rows.get(file.shown)
            expected = None if records is None or file.dialect is None else records + file.dialect.header_line
            self._plain[file.shown] = not self._broken.get(file.shown) and expected == _lines(file)
        return self._plain[file.shown]


def _lines(file: RawFile) -> int:
    """Number of lines of a file, the last one with or without its end."""
    import numpy as np

    count, last = 0, b"\n"
    with file.read.open("rb") as opened:
        # parts that stay in the cache of a processor take a quarter of the time of larger ones; and with a line break
        # every few bytes, numpy counts in a third of the time of bytes.count
        while chunk := opened.read(1 << 18):
            count += int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == ord("\n")))
            last = chunk[-1:]
    return count + (last != b"\n")


def _walk(file: RawFile, broken: set[int]) -> Iterator[tuple[int, int]]:
    """Number and first line of each record of a text file."""
    dialect = file.dialect
    assert dialect is not None
    csv.field_size_limit(1 << 30)
    with file.read.open("rb") as opened:
        number = line = position = 0
        record = b""
        start_line, start_byte, records = 1, 0, 0
        quote = dialect.quote.encode()
        for text in opened:
            line += 1
            if not record:
                start_line, start_byte = line, position
            record += text
            position += len(text)
            if record.count(quote) % 2 and start_byte not in broken:
                continue
            records += 1
            blank = not record.strip(b"\r\n")
            if records > dialect.header_line and start_byte not in broken and not (blank and len(file.columns) > 1):
                number += 1
                yield number, start_line
            record = b""
