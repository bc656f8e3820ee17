"""Parquet files: opened for their columns, their native types kept."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.sources.dialect import unique_names
from kyoto.statistics.sources.model import RawFile

__all__ = ["parquet_file", "parquet_sample"]

_ROWS = 5000


def parquet_file(path: Path, shown: str) -> RawFile:
    """Look at the schema of a Parquet file.

    Raises
    ------
    KyotoError
        ``source.damaged-parquet``.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names = pq.read_schema(path).names
    except (pa.ArrowInvalid, OSError) as error:
        raise KyotoError(
            "The Parquet file is damaged or cut off",
            code="source.damaged-parquet",
            where=Where(file=shown),
            detail=str(error).splitlines()[0],
            hint="Fetch or write the file again.",
        ) from None
    return RawFile(shown, path, path, tuple(unique_names(names)), "parquet")


def parquet_sample(file: RawFile, columns: Collection[str]) -> dict[str, list[Any]]:
    """Cells of some columns from the first and the last row group."""
    import pyarrow.parquet as pq

    found: dict[str, list[Any]] = {name: [] for name in file.columns if name in columns}
    opened = pq.ParquetFile(file.read)
    groups = sorted({0, opened.num_row_groups - 1}) if opened.num_row_groups else []
    for group in groups:
        for batch in opened.iter_batches(_ROWS, row_groups=[group], columns=list(found)):
            for name in found:
                found[name] += batch.column(name).to_pylist()
            break
    return found
