"""Workbooks (XLSX, XLSM, XLSB, XLS, ODS): one sheet, its header found, every cell as text without loss."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from kyoto.core.errors import KyotoError, Where, did_you_mean
from kyoto.statistics.sources.dialect import cleaned_name, header_line, unique_names
from kyoto.statistics.sources.model import Finding, RawFile, SourceSpec
from kyoto.statistics.sources.sheet_extent import require_modest_extent

__all__ = ["WORKBOOK_ENDINGS", "cell_text", "workbook_file"]

WORKBOOK_ENDINGS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_BATCH = 50_000


def workbook_file(
    path: Path, shown: str, spec: SourceSpec, wanted: Collection[str], target: Path
) -> tuple[RawFile, list[Finding]]:
    """Copy a sheet to Parquet, every cell as text.

    Parameters
    ----------
    path, shown
        The workbook, and its path for people.
    spec
        States the sheet and the row of the header, or leaves them open.
    wanted
        Columns that the header should have.
    target
        Where the Parquet file shall stand.

    Raises
    ------
    KyotoError
        ``source.damaged-workbook``, ``source.wrong-sheet``, ``source.empty-file``.
    """
    rows, sheet = _sheet(path, shown, spec, wanted)
    line = spec.header_row or header_line(rows[:200], wanted)
    header = rows[line - 1] if line <= len(rows) else []
    if not any(header):
        raise KyotoError(
            "The sheet is empty",
            code="source.empty-file",
            where=Where(file=shown),
            got=f"sheet {sheet!r}",
            expected="a row with column names",
        )
    while header and not header[-1]:
        header = header[:-1]
    columns = unique_names(header)
    _write([row for row in rows[line:] if any(row)], columns, target)
    findings = [
        Finding(
            "warning",
            "source.duplicate-column",
            f"The column {given!r} occurs again; here it is called {name!r}",
            file=shown,
            column=given,
        )
        for given, name in zip(header, columns, strict=True)
        if cleaned_name(given) not in ("", name)
    ]
    return RawFile(shown, path, target, tuple(columns), "xlsx"), findings


def cell_text(value: Any) -> str:
    """Text of a cell as a person reads it: dates in ISO 8601, whole numbers without decimals.

    Examples
    --------
    >>> cell_text(7.0), cell_text(0.5), cell_text(datetime(2016, 7, 1)), cell_text(True), cell_text("=A1")
    ('7', '0.5', '2016-07-01', 'true', '=A1')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return "" if value is None else str(value)


def _sheet(path: Path, shown: str, spec: SourceSpec, wanted: Collection[str]) -> tuple[list[list[str]], str]:
    from python_calamine import CalamineError, CalamineWorkbook

    require_modest_extent(path, shown, code="source.damaged-workbook")
    try:
        with CalamineWorkbook.from_path(path) as book:
            names = book.sheet_names
            if spec.sheet and spec.sheet not in names:
                raise KyotoError(
                    f"The workbook has no sheet {spec.sheet!r}",
                    code="source.wrong-sheet",
                    where=spec.where("sheet"),
                    hint=did_you_mean(spec.sheet, names),
                )
            best: tuple[list[list[str]], str] = ([], names[0] if names else "")
            for name in [spec.sheet] if spec.sheet else names:
                cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                rows = [[cell_text(cell) for cell in row] for row in cells]
                if _holds(rows, wanted):
                    return rows, name
                best = best if best[0] else (rows, name)
            return best
    except (CalamineError, OSError) as error:
        raise KyotoError(
            "The workbook is damaged, or is none",
            code="source.damaged-workbook",
            where=Where(file=shown),
            detail=str(error).splitlines()[0] if str(error) else "",
            hint="Open it in a spreadsheet program and save it anew as .xlsx, without a password.",
        ) from None


def _holds(rows: Sequence[Sequence[str]], wanted: Collection[str]) -> bool:
    names = {cleaned_name(name) for name in wanted}
    return any(names <= {cleaned_name(cell) for cell in row} for row in rows[:100])


def _write(rows: list[list[str]], columns: list[str], target: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.string()) for name in columns])
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for batch in _batches(rows):
            arrays = [
                pa.array([(row[place] if place < len(row) else "") or None for row in batch], pa.string())
                for place in range(len(columns))
            ]
            writer.write_table(pa.table(arrays, schema=schema))


def _batches(rows: list[list[str]]) -> Iterator[list[list[str]]]:
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]
