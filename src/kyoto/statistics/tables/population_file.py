"""Reading a population file, long or wide, with every bad cell reported in one pass."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean
from kyoto.statistics.observations import TOTAL, UNKNOWN
from kyoto.statistics.tables.labels import parse_age, period_days
from kyoto.statistics.tables.model import AgeBand
from kyoto.statistics.tables.population import KEY_NAMES

__all__ = ["read_figures"]

_SYNONYMS = {"year": "period", "population": "value"}
_SEXES = {
    "F": ("f", "female", "females", "woman", "women"),
    "M": ("m", "male", "males", "man", "men"),
    TOTAL: ("_t", "t", "total", "both", "bothsex", "both sexes", "all"),
    UNKNOWN: ("_u", "u", "unknown"),
}
_SEX_OF = {word: code for code, words in _SEXES.items() for word in words}
_MID_YEAR = ("-07-01", "-06-30")


@dataclass(frozen=True, slots=True)
class _Cell:
    """One figure with its key as the file writes it, and its place."""

    line: int
    column: str
    key: Mapping[str, str]
    value: str


def read_figures(
    path: Path, columns: Mapping[str, str], area: str
) -> dict[tuple[str, str], dict[str, dict[AgeBand | str, float]]]:
    """Figures of a population file (see :meth:`kyoto.statistics.tables.population.Population.read`)."""
    rows = _rows(path)
    header = next(rows, (1, []))[1]
    place = _columns(path, header, columns)
    wide = _checked_wide(path, header, place)
    problems = Problems()
    figures: dict[tuple[str, str], dict[str, dict[AgeBand | str, float]]] = {}
    for line, row in rows:
        if len(row) != len(header):
            problems.add(_ragged(path, line, len(header), len(row)))
            continue
        for cell in _cells(line, row, header, place, wide, area):
            _keep(figures, cell, path, problems)
    problems.raise_if_any()
    if not figures:
        raise KyotoError("The population file holds no figure", code="population.empty", where=Where(file=str(path)))
    return figures


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of each row that is not blank."""
    where = Where(file=str(path))
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise KyotoError(
            "No such population file",
            code="population.missing-file",
            where=where,
            hint="Name it in `population` of [project], relative to the folder of the project file.",
        ) from None
    except UnicodeDecodeError as error:
        raise KyotoError(
            "The population file is not UTF-8",
            code="population.wrong-encoding",
            where=where,
            got=f"byte 0x{error.object[error.start]:02x} at position {error.start}",
            hint="Save it as UTF-8.",
        ) from error
    first = text.split("\n", 1)[0]
    reader = csv.reader(StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    for row in reader:
        if any(field.strip() for field in row):
            yield reader.line_num, [field.strip() for field in row]


def _columns(path: Path, header: list[str], columns: Mapping[str, str]) -> dict[str, int]:
    """Position of each named column; the user's mapping first, then the names themselves, then synonyms."""
    problems = Problems()
    folded = {name.casefold(): position for position, name in reversed(list(enumerate(header)))}
    place: dict[str, int] = {}
    for name, column in columns.items():
        if name not in (*KEY_NAMES, "value"):
            problems.add(_wrong_column(path, name, f"Population has no {name!r}", (*KEY_NAMES, "value")))
        elif column.casefold() not in folded:
            problems.add(_wrong_column(path, column, f"No column {column!r} in the population file", header))
        else:
            place[name] = folded[column.casefold()]
    for word, name in [*((name, name) for name in (*KEY_NAMES, "value")), *_SYNONYMS.items()]:
        if word in folded and name not in place and name not in columns:
            place[name] = folded[word]
    problems.raise_if_any()
    return place


def _checked_wide(path: Path, header: list[str], place: Mapping[str, int]) -> dict[int, str]:
    """Columns of a wide file, none in a long one, when figures and periods can be found."""
    wide = {} if "value" in place else _wide(header, place)
    absent = [] if "value" in place or wide else ["value"]
    if "period" not in place and "period" not in wide.values():
        absent.append("period")
    if absent:
        raise KyotoError(
            "The population file has no column for " + " and ".join(absent),
            code="population.missing-column",
            where=Where(file=str(path), line=1),
            expected="area, period, sex, age, value; or one column a year, a sex or an age group",
            got=", ".join(header),
            hint=f"Say which it is, for example columns = {{ {absent[0]} = {header[-1] if header else ''!r} }}.",
        )
    return wide


def _wide(header: list[str], place: Mapping[str, int]) -> dict[int, str]:
    """Columns that hold figures, by position, and what their names are: all periods, all sexes or all ages."""
    free = {position: name for position, name in enumerate(header) if position not in place.values()}
    meanings: dict[str, Callable[[str], object]] = {"period": _period, "sex": _sex, "age": parse_age}
    for kind, meaning in meanings.items():
        found = {position: kind for position, name in free.items() if meaning(name) is not None}
        if found and kind not in place:
            return found
    return {}


def _cells(
    line: int, row: list[str], header: list[str], place: Mapping[str, int], wide: Mapping[int, str], area: str
) -> Iterator[_Cell]:
    """Cells of a row that hold a figure."""
    base = {"area": area, "sex": TOTAL, "age": TOTAL} | {
        name: row[position] for name, position in place.items() if name != "value"
    }
    if "value" in place:
        cells = [_Cell(line, header[place["value"]], base, row[place["value"]])]
    else:
        cells = [
            _Cell(line, header[position], base | {kind: header[position]}, row[position])
            for position, kind in wide.items()
        ]
    yield from (cell for cell in cells if cell.value)


def _keep(
    figures: dict[tuple[str, str], dict[str, dict[AgeBand | str, float]]], cell: _Cell, path: Path, problems: Problems
) -> None:
    """Put one cell in its place, or record what is wrong with it."""
    area, period = cell.key["area"], _period(cell.key["period"])
    sex, age = _sex(cell.key["sex"]), parse_age(cell.key["age"])
    value = _number(cell.value)
    wrong = [
        ("an area", "", not area),
        ("a year, quarter or month in ISO 8601, or a mid-year date", cell.key["period"], period is None),
        ("a sex: F, M, _T or _U", cell.key["sex"], sex is None),
        ("an age group such as 15-24, Y15T24, 65+ or _T", cell.key["age"], age is None),
        ("a number of persons, 0 or more, without separators", cell.value, value is None),
    ]
    for expected, got, is_wrong in wrong:
        if is_wrong:
            problems.add(_wrong_cell(path, cell, expected, got))
    if period is None or sex is None or age is None or value is None or not area:
        return
    ages = figures.setdefault((area, period), {}).setdefault(sex, {})
    if ages.setdefault(age, value) != value:
        problems.add(_contradiction(path, cell, ages[age]))


def _period(text: str) -> str | None:
    """Period in its canonical form; a mid-year date stands for its year."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return text[:4] if text[4:] in _MID_YEAR else None
    return text if period_days(text) is not None and "/" not in text and "W" not in text else None


def _sex(text: str) -> str | None:
    return _SEX_OF.get(text.casefold())


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _wrong_column(path: Path, column: str, title: str, known: list[str] | tuple[str, ...]) -> KyotoError:
    return KyotoError(
        title,
        code="population.missing-column",
        where=Where(file=str(path), column=column),
        hint=did_you_mean(column, known),
    )


def _ragged(path: Path, line: int, expected: int, got: int) -> KyotoError:
    return KyotoError(
        "Wrong number of fields",
        code="population.wrong-cell",
        where=Where(file=str(path), line=line),
        expected=str(expected),
        got=str(got),
    )


def _wrong_cell(path: Path, cell: _Cell, expected: str, got: str) -> KyotoError:
    return KyotoError(
        "Wrong cell in the population file",
        code="population.wrong-cell",
        where=Where(file=str(path), line=cell.line, column=cell.column),
        expected=expected,
        got=repr(got),
    )


def _contradiction(path: Path, cell: _Cell, earlier: float) -> KyotoError:
    return KyotoError(
        "Two figures for the same area, period, sex and age",
        code="population.contradiction",
        where=Where(file=str(path), line=cell.line, column=cell.column),
        expected=f"{earlier:g}, as in an earlier row",
        got=cell.value,
        hint="Keep one of the rows.",
    )
