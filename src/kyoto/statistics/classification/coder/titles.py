"""Distinct titles of a column of the user's file, with how often each occurs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kyoto.core.errors import KyotoError, Where, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Titles", "read_titles"]

_WORKBOOKS = (".xlsx", ".xls", ".xlsb", ".ods")
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Titles:
    """Distinct titles, the most frequent first.

    Parameters
    ----------
    titles
        Text as it stands in the file, without spaces around it.
    counts
        Rows that hold it.
    groups
        Chapter that stands beside it most often; None if no column of chapters was named.
    blank
        Rows without a title.
    """

    titles: tuple[str, ...]
    counts: tuple[int, ...]
    groups: tuple[str, ...] | None
    blank: int


def read_titles(path: Path, column: str, *, group: str | None = None, shown: str = "") -> Titles:
    """Read a column of a CSV file (delimiter and encoding detected), a workbook or a Parquet file.

    Parameters
    ----------
    path
        The file.
    column
        Column of titles.
    group
        Column of chapters of the national classification.
    shown
        How messages call the file.

    Returns
    -------
    Titles
        Most frequent first, equally frequent ones in the order of the alphabet, whatever the order of the rows.

    Raises
    ------
    KyotoError
        ``source.wrong-column``, ``source.empty-file``, ``source.unreadable``.
    """
    wanted = [column, *([group] if group else [])]
    frame = _frame(path, shown or str(path))
    for name in wanted:
        if name not in frame.columns:
            raise KyotoError(
                f"The file has no column {name!r}",
                code="source.wrong-column",
                where=Where(file=shown or str(path), column=name),
                hint=did_you_mean(name, [str(known) for known in frame.columns]),
            )
    pairs = Counter(zip(*(_texts(frame[name]) for name in wanted), strict=True))
    return _counted(pairs, grouped=group is not None)


def _counted(pairs: Counter[tuple[str, ...]], *, grouped: bool) -> Titles:
    totals: Counter[str] = Counter()
    beside: dict[str, Counter[str]] = {}
    for pair, number in pairs.items():
        totals[pair[0]] += number
        beside.setdefault(pair[0], Counter())[pair[-1]] += number
    blank = totals.pop("", 0)
    titles = sorted(totals, key=lambda title: (-totals[title], title))
    groups = None
    if grouped:
        groups = tuple(min(beside[title].items(), key=lambda item: (-item[1], item[0]))[0] for title in titles)
    return Titles(tuple(titles), tuple(totals[title] for title in titles), groups, blank)


def _texts(values: pd.Series) -> Sequence[str]:
    return ["" if value is None or value != value else str(value).strip() for value in values]


def _frame(path: Path, shown: str) -> pd.DataFrame:
    import pandas as pd

    try:
        if path.suffix.casefold() in _WORKBOOKS:
            return pd.read_excel(path, dtype=str, engine="calamine")
        if path.suffix.casefold() in (".parquet", ".pq"):
            return pd.read_parquet(path)
        return _csv(path)
    except pd.errors.EmptyDataError:
        raise KyotoError(
            "The file is empty",
            code="source.empty-file",
            where=Where(file=shown),
            hint="It needs a header and at least one row.",
        ) from None
    except (ValueError, OSError, pd.errors.ParserError) as error:
        raise KyotoError(
            "The file cannot be read",
            code="source.unreadable",
            where=Where(file=shown),
            detail=str(error).splitlines()[0],
            hint="Give a CSV file, an Excel workbook or a Parquet file.",
        ) from error
    except Exception as error:
        if type(error).__module__.split(".")[0] != "python_calamine":
            raise
        raise KyotoError(
            "The workbook is damaged",
            code="source.unreadable",
            where=Where(file=shown),
            detail=str(error),
            hint="Open it in a spreadsheet and save it again.",
        ) from error


def _csv(path: Path) -> pd.DataFrame:
    import pandas as pd

    encoding = _encoding(path)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        first = file.readline()
    delimiter = max(_DELIMITERS, key=first.count)
    return pd.read_csv(path, sep=delimiter, dtype=str, keep_default_na=False, encoding=encoding, na_filter=False)


def _encoding(path: Path) -> str:
    """UTF-8 if the whole file is, else the likeliest."""
    from charset_normalizer import from_bytes

    data = path.read_bytes()
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        best = from_bytes(data[:1_000_000]).best()
        return best.encoding if best else "cp1252"
    return "utf-8-sig"
