"""Reading lists: capture histories with counts, or one row a person.

All problems of an input are raised together; what can be put right without guessing is put right and reported as a
finding (see :mod:`kyoto.analysis.hidden.checks`). People in = people counted + people left out, and the findings say
why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.hidden.arrays import Floats
from kyoto.analysis.hidden.checks import Finding
from kyoto.analysis.hidden.model import MAXIMUM_LISTS, CaptureTable
from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CaptureInput", "Columns", "as_text", "collect", "from_frame", "read_captures"]

COUNT_NAMES = ("count", "n", "freq", "frequency", "number", "people", "cases")
RESERVED = frozenset(
    (
        "method",
        "model",
        "observed",
        "estimate",
        "std_error",
        "lower",
        "upper",
        "level",
        "interval",
        "verdict",
        "strata",
        "note",
    )
)
YES = frozenset({"1", "1.0", "true", "yes", "y", "x"})
NO = frozenset({"0", "0.0", "false", "no", "n", "", "nan", "none"})


@dataclass(frozen=True, slots=True, eq=False)
class CaptureInput:
    """What was read.

    Parameters
    ----------
    table
        All people together.
    strata
        Table of each stratum, by the values of the disaggregations in the order of ``by``.
    by
        Names of the disaggregations.
    findings
        What was put right on the way, and what was left out.
    """

    table: CaptureTable
    strata: Mapping[tuple[str, ...], CaptureTable]
    by: tuple[str, ...]
    findings: tuple[Finding, ...]


def read_captures(
    path: str | Path, *, lists: Sequence[str] = (), count: str | None = None, by: Sequence[str] = ()
) -> CaptureInput:
    """Read a CSV, Excel or Parquet file.

    Parameters
    ----------
    path
        The file, packed or not, in any encoding (:func:`kyoto.statistics.sources.single.plain_table`).
    lists
        Columns that are lists; by default all whose values are 0 and 1.
    count
        Column of counts; by default one named ``count``, ``n``, ``freq``, ``frequency``, ``number``, ``people`` or
        ``cases``. Without one, each row is a person.
    by
        Columns that split the people into strata.

    Raises
    ------
    KyotoError
        What opening raises; every problem of the table in one pass, with codes that start with ``hidden.``.
    """
    from kyoto.statistics.sources.single import text_frame

    frame = text_frame(path)
    return from_frame(frame, lists=lists, count=count, by=by, file=str(path), first_line=frame.attrs["first_line"])


def from_frame(
    frame: Any,
    *,
    lists: Sequence[str] = (),
    count: str | None = None,
    by: Sequence[str] = (),
    file: str | None = None,
    first_line: int = 2,
) -> CaptureInput:
    """Build from a dataframe (pandas, Polars, Arrow or anything Narwhals knows).

    Parameters
    ----------
    frame
        One row a capture history or a person. Columns that are lists hold 0 and 1 (or yes and no), or, if named in
        ``lists``, a person's identifier on that list, empty where the person is not on it.
    lists, count, by
        As in :func:`read_captures`.
    file, first_line
        Name for error messages, and the line in it of the first row.

    Examples
    --------
    >>> import pandas as pd
    >>> found = from_frame(pd.DataFrame({"A": [1, 0, 1], "B": [0, 1, 1], "n": [30, 20, 10]}))
    >>> found.table.list_totals()
    {'A': 40, 'B': 30}
    """
    table = as_text(frame)
    problems = Problems()
    columns = _roles(table, list(lists), count, list(by), file, problems)
    problems.raise_if_any()
    if columns.identifiers:
        return _from_identifiers(table, columns, file)
    return _from_flags(table, columns, file, first_line)


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns are: lists, counts, disaggregations, and whether lists hold identifiers."""

    lists: tuple[str, ...]
    count: str | None
    by: tuple[str, ...]
    identifiers: bool


def as_text(frame: Any) -> pd.DataFrame:
    """Any dataframe as pandas, all cells as text without spaces around it."""
    import narwhals as nw

    pandas = nw.from_native(frame, eager_only=True).to_pandas()
    text = pandas.astype("string").fillna("")
    text.columns = [str(column).strip() for column in text.columns]
    stripped: pd.DataFrame = text.apply(lambda column: column.str.strip())
    return stripped


def _roles(
    table: pd.DataFrame, lists: list[str], count: str | None, by: list[str], file: str | None, problems: Problems
) -> Columns:
    names = list(table.columns)
    for name in [*lists, *by, *([count] if count else [])]:
        if name not in names:
            problems.add(
                KyotoError(
                    "No such column",
                    code="hidden.wrong-column",
                    where=Where(file=file, column=name),
                    hint=did_you_mean(name, names),
                )
            )
    for name in by:
        if name in RESERVED:
            problems.add(
                KyotoError(
                    "A disaggregation has the name of a result",
                    code="hidden.reserved-name",
                    where=Where(file=file, column=name),
                    hint="Rename the column.",
                )
            )
    if count is None:
        count = next((name for name in names if name.casefold() in COUNT_NAMES and name not in [*lists, *by]), None)
    flags = {name: set(table[name].str.casefold()) <= YES | NO for name in names}
    chosen = lists or [name for name in names if flags[name] and name not in by and name != count]
    identifiers = bool(lists) and count is None and not all(flags.get(name, True) for name in lists)
    _check_roles(table, chosen, flags, identifiers, file, problems)
    return Columns(tuple(chosen), count, tuple(by), identifiers)


def _check_roles(
    table: pd.DataFrame,
    chosen: list[str],
    flags: dict[str, bool],
    identifiers: bool,
    file: str | None,
    problems: Problems,
) -> None:
    if table.empty:
        problems.add(KyotoError("No rows", code="hidden.empty-table", where=Where(file=file)))
        return
    if len(chosen) < 2:
        problems.add(
            KyotoError(
                "Too few lists",
                code="hidden.too-few-lists",
                where=Where(file=file),
                got=", ".join(chosen) or "no column of 0 and 1",
                expected="at least two columns that say who is on which list",
                hint="One list alone says nothing of the people who are on none. Name the columns with --lists.",
            )
        )
    if len(chosen) > MAXIMUM_LISTS:
        problems.add(
            KyotoError(
                "Too many lists",
                code="hidden.too-many-lists",
                where=Where(file=file),
                got=f"{len(chosen)} lists",
                expected=f"at most {MAXIMUM_LISTS}",
                hint="Merge lists that come from the same kind of source.",
            )
        )
    if identifiers:
        return
    for name in chosen:
        if name in flags and not flags[name]:
            strange = next(value for value in table[name] if value.casefold() not in YES | NO)
            problems.add(
                KyotoError(
                    "A list holds 0 or 1",
                    code="hidden.not-a-list",
                    where=Where(file=file, column=name),
                    got=strange,
                    expected="0 and 1, or yes and no; identifiers only where every row is a person",
                )
            )


def _from_flags(table: pd.DataFrame, columns: Columns, file: str | None, first_line: int) -> CaptureInput:
    problems = Problems()
    masks = np.zeros(len(table), dtype=np.int64)
    for position, name in enumerate(columns.lists):
        masks |= table[name].str.casefold().isin(YES).to_numpy(dtype=np.int64) << position
    counts = _counts(table, columns.count, file, first_line, problems)
    unseen = (masks == 0) & (counts > 0)
    if unseen.any() and columns.count is not None:
        problems.add(
            KyotoError(
                "People on no list",
                code="hidden.all-zero-row",
                where=Where(file=file, line=int(np.flatnonzero(unseen)[0]) + first_line),
                got=f"{counts[unseen].sum():,.0f} people whose row is 0 everywhere",
                detail="Nobody can observe people who are on no list; their number is what is estimated.",
                hint="Remove the row.",
            )
        )
    problems.raise_if_any()
    findings = []
    empty = int((table[columns.count] == "").sum()) if columns.count is not None else 0
    if empty:
        message = "Empty counts are read as 0: nobody. A number that is withheld or not known is no 0; put it in."
        findings.append(Finding("hidden.empty-count", "warning", message, empty))
    if unseen.any():
        message = "Rows with no list are left out: such people were not observed."
        findings.append(Finding("hidden.all-zero-row", "warning", message, int(unseen.sum())))
    counts = np.where(masks == 0, 0.0, counts)
    return collect(columns, masks, counts, _keys(table, columns.by), findings)


def _counts(table: pd.DataFrame, name: str | None, file: str | None, first_line: int, problems: Problems) -> Any:
    import pandas as pd

    if name is None:
        return np.ones(len(table))
    numbers = pd.to_numeric(table[name].replace("", "0"), errors="coerce").to_numpy(dtype=float)
    faults = {
        "not a number": ~np.isfinite(numbers),
        "negative": numbers < 0,
        "not whole": np.isfinite(numbers) & (numbers != np.round(numbers)),
    }
    for fault, where in faults.items():
        if where.any():
            row = int(np.flatnonzero(where)[0])
            problems.add(
                KyotoError(
                    f"A count is {fault}",
                    code="hidden.wrong-count",
                    where=Where(file=file, line=row + first_line, column=name),
                    got=str(table[name].iloc[row]),
                    expected="a whole number of people, 0 or more",
                )
            )
    return np.nan_to_num(numbers)


def _keys(table: pd.DataFrame, by: Sequence[str]) -> list[tuple[str, ...]]:
    if not by:
        return [()] * len(table)
    return [tuple(value or "_U" for value in row) for row in table[list(by)].itertuples(index=False, name=None)]


def collect(
    columns: Columns, masks: Any, counts: Any, keys: list[tuple[str, ...]], findings: Iterable[Finding]
) -> CaptureInput:
    """Count people by history, in all and by stratum."""
    size = 1 << len(columns.lists)
    whole = CaptureTable(columns.lists, _table_counts(masks, counts, size))
    strata: dict[tuple[str, ...], CaptureTable] = {}
    if columns.by:
        for key in sorted(set(keys)):
            inside = np.array([other == key for other in keys])
            part = _table_counts(masks[inside], counts[inside], size)
            strata[key] = CaptureTable(columns.lists, part)
    return CaptureInput(whole, strata, columns.by, tuple(findings))


def _table_counts(masks: Any, counts: Any, size: int) -> Floats:
    return np.asarray(np.bincount(masks, weights=counts, minlength=size), dtype=np.float64)


def _from_identifiers(table: pd.DataFrame, columns: Columns, file: str | None) -> CaptureInput:
    """One row a person with identifiers; rows that share an identifier on a list are the same person."""
    parent = list(range(len(table)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    repeated = dict.fromkeys(columns.lists, 0)
    for name in columns.lists:
        first: dict[str, int] = {}
        for row, value in enumerate(table[name]):
            if not value:
                continue
            if value in first:
                parent[root(row)] = root(first[value])
                repeated[name] += 1
            else:
                first[value] = row
    people: dict[int, int] = {}
    for row in range(len(table)):
        mask = sum(1 << position for position, name in enumerate(columns.lists) if table[name].iloc[row])
        people[root(row)] = people.get(root(row), 0) | mask
    findings = [
        Finding(
            "hidden.duplicates", "warning", f"Identifiers that occur again on {name}; their rows were merged.", number
        )
        for name, number in repeated.items()
        if number
    ]
    nobody = sum(mask == 0 for mask in people.values())
    if nobody:
        message = "Rows without an identifier on any list are left out."
        findings.append(Finding("hidden.all-zero-row", "warning", message, nobody))
    kept = [(row, mask) for row, mask in people.items() if mask]
    keys = _keys(table, columns.by)
    masks = np.array([mask for _, mask in kept], dtype=np.int64)
    return collect(columns, masks, np.ones(len(kept)), [keys[row] for row, _ in kept], findings)
