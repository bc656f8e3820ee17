"""What was refused, cell by cell: ``file, row, line, column, value, reason``."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.core.engine.model import ROW_COLUMN
from kyoto.core.files import neutral_cell, writing
from kyoto.statistics.sources.model import RawSource, SourceSpec
from kyoto.statistics.sources.records import VALUE_SEPARATOR

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import BrokenLine, Engine

__all__ = ["REJECT_COLUMNS", "Reject", "broken_lines", "reasons_of", "write_rejects"]

REJECT_COLUMNS = ("file", "row", "line", "column", "value", "reason")
_LONGEST_VALUE = 1000
_BATCH = 10_000
_UNCODED = "not coded: "


@dataclass(frozen=True, slots=True)
class Reject:
    """One refused cell, or one line that is no record.

    Parameters
    ----------
    file
        Source file.
    row
        Number of the record within the records of its file, counted from 1; None for a line that is no record,
        and on engines that do not keep order.
    line
        Line of the text file on which it begins, counted from 1; None for other kinds of file.
    column
        Column of the source; empty for a line that is no record.
    value
        The cell, or the line, as it stands in the source.
    reason
        Why it was refused.
    """

    file: str
    row: int | None
    line: int | None
    column: str
    value: str
    reason: str


def write_rejects(
    engine: Engine, raw: RawSource, records: ir.Table, spec: SourceSpec, path: Path, broken: Sequence[BrokenLine]
) -> int:
    """Write the rejects of a source as CSV, in the order of the source.

    Parameters
    ----------
    engine
        Engine that read the source.
    raw
        The opened source.
    records
        Its records as they were written, ``rejected`` among their columns.
    spec
        Its description.
    path
        Where the file shall stand; it is written even if nothing was rejected.
    broken
        Lines of the source that are no record (:func:`broken_lines`).

    Returns
    -------
    int
        Lines written below the header.

    Notes
    -----
    Values and lines over 1 000 characters are cut. Cells that a spreadsheet would run as a formula get an
    apostrophe before them.
    """
    count = 0
    with writing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(REJECT_COLUMNS)
        for reject in _rejects(engine, raw, records, spec, broken):
            writer.writerow([_shown(cell) if isinstance(cell, str) else cell for cell in _fields(reject)])
            count += 1
    return count


def broken_lines(engine: Engine, raw: RawSource) -> list[BrokenLine]:
    """Lines of the source that are no record; complete once its records have been written."""
    return [*raw.broken_before, *(engine.broken_lines(raw.broken) if raw.broken else [])]


@lru_cache(maxsize=1024)  # thousands of records are refused for the same reason
def reasons_of(rejected: str) -> tuple[tuple[str, str, str | None], ...]:
    """Concept, reason and (for offences that were not coded) value of each refusal of a record.

    Examples
    --------
    >>> reasons_of("age: above 120; offence: not coded: Arson; other")
    (('age', 'above 120', None), ('offence', 'not coded', 'Arson; other'))
    """
    found: list[tuple[str, str, str | None]] = []
    for part in re.split(r"; (?=[a-z][a-z0-9_]*: )", rejected):
        name, _, reason = part.partition(": ")
        if reason.startswith(_UNCODED):
            found.append((name, "not coded", reason.removeprefix(_UNCODED)))
        else:
            found.append((name, reason, None))
    return tuple(found)


def _fields(reject: Reject) -> tuple[Any, ...]:
    return reject.file, reject.row, reject.line, reject.column, reject.value, reject.reason


@lru_cache(maxsize=1024)
def _shown(cell: str) -> str:
    if re.fullmatch(r"[+-]?[0-9.,]*", cell):
        return cell
    return neutral_cell(cell if len(cell) <= _LONGEST_VALUE else cell[:_LONGEST_VALUE] + "…")


def _rejects(
    engine: Engine, raw: RawSource, records: ir.Table, spec: SourceSpec, broken: Sequence[BrokenLine]
) -> Iterator[Reject]:
    from kyoto.statistics.sources.lines import LineFinder

    extents = _extents(engine, records)
    finder = LineFinder(raw.files, broken, {file: rows for file, (_, rows) in extents.items()})
    for line in broken:
        swallowed = line.text.strip("\r\n").count("\n")
        reason = f"{line.reason}; {swallowed + 1} lines are part of it" if swallowed else line.reason
        yield Reject(finder.shown(line.file), None, finder.line_of_byte(line), "", line.text.rstrip("\r\n"), reason)
    for row in _rejected_rows(engine, records, {file: start for file, (start, _) in extents.items()}):
        yield from _of_row(row, spec, finder)


def _of_row(row: dict[str, Any], spec: SourceSpec, finder: Any) -> Iterator[Reject]:
    values = (row["rejected_values"] or "").split(VALUE_SEPARATOR)
    line = finder.line_of_row(row["file"], row["row"])
    for position, (name, reason, uncoded) in enumerate(reasons_of(row["rejected"])):
        column = spec.column(name)
        value = uncoded if uncoded is not None else values[position] if position < len(values) else ""
        yield Reject(row["file"], row["row"], line, column.column if column else name, value, reason)


def _extents(engine: Engine, records: ir.Table) -> dict[str, tuple[int | None, int]]:
    """First record (counted from 1) and number of records of each file; nothing where no record was rejected."""
    import ibis

    place = _place(engine, records)
    numbered = records.mutate(kyoto_place=ibis.null("int64") if place is None else place)
    found = engine.fetch(
        numbered.group_by("file").aggregate(
            start=numbered.kyoto_place.min(), rows=numbered.count(), bad=numbered.rejected.count()
        )
    ).to_pylist()
    if not any(row["bad"] for row in found):
        return {}
    return {row["file"]: (row["start"], row["rows"]) for row in found}


def _place(engine: Engine, records: ir.Table) -> Any:
    """Place of each record in the source, counted from 1; None where the engine keeps no order."""
    import ibis

    if not engine.keeps_order:
        return None
    return records[ROW_COLUMN] + 1 if ROW_COLUMN in records.columns else ibis.row_number() + 1


def _rejected_rows(engine: Engine, records: ir.Table, starts: dict[str, int | None]) -> Iterator[dict[str, Any]]:
    """Rejected records with their number within their file, in batches."""
    import ibis

    if not starts:
        return
    place = _place(engine, records)
    few = records.mutate(row=ibis.null("int64") if place is None else place)
    few = few.select("file", "rejected", "rejected_values", "row")
    for batch in engine.backend.to_pyarrow_batches(few.filter(few.rejected.notnull()), chunk_size=_BATCH):
        for row in batch.to_pylist():
            start = starts.get(row["file"])
            yield {**row, "row": None if start is None else row["row"] - start + 1}
