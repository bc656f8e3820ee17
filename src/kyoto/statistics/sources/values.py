"""Value lists: what a source writes, and the code it stands for."""

from __future__ import annotations

import csv
from pathlib import Path

from kyoto.core.errors import KyotoError, Problems, Where
from kyoto.statistics.sources.dialect import detected_dialect, rows_of
from kyoto.statistics.sources.model import ColumnSpec, SourceSpec
from kyoto.statistics.sources.paths import existing, shown_path

__all__ = ["value_lists"]


def value_lists(spec: SourceSpec, folder: Path) -> dict[str, tuple[tuple[str, str], ...]]:
    """Source value and code of each concept; what ``map`` says comes before the file.

    Raises
    ------
    KyotoError
        ``source.missing-file``, ``source.wrong-value-list``.
    """
    problems, found = Problems(), {}
    for column in spec.columns:
        pairs: dict[str, str] = {}
        if column.values_file:
            try:
                pairs = _read(column, spec, folder)
            except KyotoError as error:
                problems.add(error)
        pairs |= dict(column.values)
        if pairs:
            found[column.name] = tuple(pairs.items())
    problems.raise_if_any()
    return found


def _read(column: ColumnSpec, spec: SourceSpec, folder: Path) -> dict[str, str]:
    """First column: value in the source; second: code. The first line is a header."""
    path = existing(column.values_file, spec, folder, f"columns.{column.name}")[0]
    shown = shown_path(path, folder)
    try:
        text = path.read_bytes().decode("utf-8-sig")
        dialect = detected_dialect(text, (), delimiter="", quote="", encoding="utf-8", header_row=1)
        rows = rows_of(text + "\n", dialect.delimiter, dialect.quote, limit=10**7)
    except (UnicodeDecodeError, OSError, csv.Error) as error:
        raise KyotoError(
            "The value list cannot be read",
            code="source.wrong-value-list",
            where=Where(file=shown),
            detail=str(error),
            hint="Save it as CSV in UTF-8.",
        ) from None
    pairs: dict[str, str] = {}
    for line, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        value = row[0].strip()
        if len(row) < 2 or pairs.get(value, row[1].strip()) != row[1].strip():
            raise KyotoError(
                "The value list has a line that is no pair" if len(row) < 2 else f"{value!r} has two codes",
                code="source.wrong-value-list",
                where=Where(file=shown, line=line),
                expected="value,code",
                got=",".join(row),
            )
        pairs[value] = row[1].strip()
    return pairs
