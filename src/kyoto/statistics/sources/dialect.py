"""The form of a text file, found from a sample: delimiter, quote, the line of the header."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Sequence

from kyoto.statistics.sources.model import Dialect

__all__ = [
    "cleaned_name",
    "detected_dialect",
    "header_line",
    "mixed_delimiters",
    "rows_of",
    "separator_line",
    "unique_names",
]

DELIMITERS = (",", ";", "\t", "|")
_ROWS = 300


def detected_dialect(
    sample: str, wanted: Collection[str], *, delimiter: str, quote: str, encoding: str, header_row: int | None
) -> Dialect:
    r"""Dialect of a text by its first lines.

    Parameters
    ----------
    sample
        Start of the file.
    wanted
        Names of columns that the header should have.
    delimiter, quote, header_row
        What is stated; empty or None to detect it.
    encoding
        Carried over.

    Examples
    --------
    >>> found = detected_dialect("Title\nid;date\n1;2016\n", ["id"],
    ...                          delimiter="", quote="", encoding="utf-8", header_row=None)
    >>> found.delimiter, found.header_line
    (';', 2)
    """
    chosen_quote = quote or _quote(sample)
    stated_above = separator_line(sample.split("\n", 1)[0])
    chosen = delimiter or stated_above
    chosen = chosen or max(DELIMITERS, key=lambda sign: _fitness(rows_of(sample, sign, chosen_quote), wanted))
    above = 1 if stated_above else 0
    line = header_row or above + header_line(rows_of(sample, chosen, chosen_quote)[above:], wanted)
    stated = {"delimiter": bool(delimiter), "quote": bool(quote), "header_line": header_row is not None}
    return Dialect(chosen, chosen_quote, encoding, line, tuple(name for name, given in stated.items() if not given))


def separator_line(first: str) -> str:
    r"""Sign that Excel's first line ``sep=;`` names; empty for any other line.

    Examples
    --------
    >>> separator_line("sep=;\r\n"), separator_line("id;date\n")
    (';', '')
    """
    found = re.fullmatch(r'\ufeff?"?sep=([,;\t|])"?', first.rstrip("\r\n"), re.IGNORECASE)
    return found[1] if found else ""


def rows_of(sample: str, delimiter: str, quote: str, limit: int = _ROWS) -> list[list[str]]:
    """First rows of a sample; the last one, which may be cut, is left out if there are others."""
    csv.field_size_limit(1 << 30)
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, quotechar=quote)
    rows = []
    for row in reader:
        rows.append(row)
        if len(rows) > limit:
            break
    return rows if len(rows) == 1 or sample.endswith(("\n", "\r")) else rows[:-1]


def unique_names(header: Sequence[str], taken: Collection[str] = ("file",)) -> list[str]:
    """Names that are all different, also for engines that do not tell upper from lower case.

    Examples
    --------
    >>> unique_names(["id", "ID", "", "date", "file"])
    ['id', 'ID_2', 'column_3', 'date', 'file_2']
    """
    used = {name.casefold() for name in taken}
    names = []
    for position, name in enumerate(header, start=1):
        base = cleaned_name(name) or f"column_{position}"
        unique, number = base, 2
        while unique.casefold() in used:
            unique, number = f"{base}_{number}", number + 1
        used.add(unique.casefold())
        names.append(unique)
    return names


def cleaned_name(name: str) -> str:
    """Name of a column without the blanks, the byte order mark and the line breaks around and in it."""
    return " ".join(name.replace("\ufeff", "").split())


def mixed_delimiters(rows: Sequence[Sequence[str]], delimiter: str, width: int) -> str:
    """Another delimiter that some rows of a sample use instead, or nothing."""
    for other in DELIMITERS:
        if other != delimiter and width > 1:
            for row in rows:
                if len(row) < width and delimiter.join(row).count(other) >= width - 1:
                    return other
    return ""


def _quote(sample: str) -> str:
    """Double quotes, unless single ones enclose fields and double ones do not occur."""
    if '"' in sample:
        return '"'
    starts = sum(sample.count(f"{sign}'") for sign in DELIMITERS)
    ends = sum(sample.count(f"'{sign}") for sign in DELIMITERS)
    return "'" if starts > 1 and ends > 1 and abs(starts - ends) <= max(starts, ends) * 0.1 else '"'


def _fitness(rows: Sequence[Sequence[str]], wanted: Collection[str]) -> tuple[int, float, int]:
    """How well a delimiter fits: wanted names found, rows of the usual width, that width."""
    names = set(wanted)
    found = max((len(names & {cleaned_name(cell) for cell in row}) for row in rows), default=0)
    widths = Counter(len(row) for row in rows if row)
    if not widths:
        return 0, 0.0, 0
    width, count = max(widths.items(), key=lambda item: (item[1] if item[0] > 1 else 0, item[0]))
    share = count / sum(widths.values())
    return found, (share if width > 1 else 0.0), width


def header_line(rows: Sequence[Sequence[str]], wanted: Collection[str]) -> int:
    """Row of the header, counted from 1: the one with the wanted names, or the first of the usual width."""
    names = set(wanted)
    scores = [len(names & {cleaned_name(cell) for cell in row}) for row in rows[:100]]
    if scores and max(scores) > 0 and max(scores) * 2 >= len(names):
        return scores.index(max(scores)) + 1
    widths = Counter(len(row) for row in rows if row)
    usual = widths.most_common(1)[0][0] if widths else 0
    return next((number for number, row in enumerate(rows, start=1) if len(row) == usual), 1)
