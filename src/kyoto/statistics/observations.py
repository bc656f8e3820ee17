"""The one shape of a published figure.

Every table, indicator and export holds rows with the same columns in the same order, with SDMX's own codes:
``_T`` total, ``_U`` unknown, ``_Z`` not applicable; ``status`` is CL_OBS_STATUS, ``confidentiality`` CL_CONF_STATUS.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kyoto.core.files import writing

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "KEY_COLUMNS",
    "NOT_APPLICABLE",
    "TOTAL",
    "UNKNOWN",
    "VALUE_COLUMNS",
    "dimension_columns",
    "harmless",
    "observation_columns",
    "total_area",
    "write_observations",
]

TOTAL: Final = "_T"
UNKNOWN: Final = "_U"
NOT_APPLICABLE: Final = "_Z"

KEY_COLUMNS: Final = ("area", "period", "series", "iccs", "sex", "age")
"""First columns, in order; a table's own disaggregations follow."""
VALUE_COLUMNS: Final = ("unit", "value", "lower", "upper", "status", "confidentiality", "source", "note")
"""Last columns, in order."""


def observation_columns(disaggregations: Iterable[str] = ()) -> list[str]:
    """All columns in order, with a table's own disaggregations in their place.

    Examples
    --------
    >>> observation_columns(["motive"])[5:9]
    ['age', 'motive', 'unit', 'value']
    """
    own = [name for name in disaggregations if name not in KEY_COLUMNS]
    return [*KEY_COLUMNS, *own, *VALUE_COLUMNS]


def dimension_columns(columns: Iterable[str]) -> list[str]:
    """Columns of an observation frame that say which cell a figure is, without ``series``."""
    return [name for name in columns if name not in VALUE_COLUMNS and name != "series"]


def total_area(areas: Iterable[str], own: str) -> str:
    """Code that the total over areas carries in a table.

    Parameters
    ----------
    areas
        Areas of its figures.
    own
        The project's area.

    Returns
    -------
    str
        ``_T`` where the table has it, else the project's area, or the one area that all figures are of.

    Examples
    --------
    >>> total_area(["GB-SCT", "GB-SCT"], "_Z"), total_area(["XX", "A1", "A2"], "XX"), total_area(["_T", "A1"], "XX")
    ('GB-SCT', 'XX', '_T')
    """
    present = set(areas)
    if TOTAL in present:
        return TOTAL
    return next(iter(present)) if len(present) == 1 else own


def write_observations(table: pa.Table, folder: Path, name: str) -> tuple[Path, Path]:
    """Write observations as ``name.parquet`` and ``name.csv``.

    Parameters
    ----------
    table
        Observations; column order is kept.
    folder
        Where the two files go.
    name
        Their name.

    Returns
    -------
    tuple of pathlib.Path
        The Parquet file and the CSV file. In the CSV, text that a spreadsheet would run is made harmless.
    """
    from concurrent.futures import ThreadPoolExecutor

    parquet, text = folder / f"{name}.parquet", folder / f"{name}.csv"
    with ThreadPoolExecutor(1) as beside:  # Arrow lets go of the interpreter while it writes
        packed = beside.submit(_write_parquet, table, parquet)
        _write_csv(table, text)
        packed.result()
    return parquet, text


def _write_parquet(table: pa.Table, path: Path) -> None:
    import pyarrow.parquet as pq

    with writing(path) as part:
        pq.write_table(table, part, compression="zstd")


def _write_csv(table: pa.Table, path: Path) -> None:
    from pyarrow import csv

    with writing(path) as part:
        csv.write_csv(harmless(table), part)


def harmless(table: pa.Table) -> pa.Table:
    """Put an apostrophe before texts that start like a formula (see :func:`kyoto.core.files.neutral_cell`)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = []
    for column in table.columns:
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
        # most columns repeat few texts: those are looked at first, and the cells only where one is risky
        if is_text and pc.any(_risky(pc.unique(column))).as_py():
            column = pc.if_else(_risky(column), pc.binary_join_element_wise("'", column, ""), column)
        columns.append(column)
    return pa.table(columns, names=table.column_names)


def _risky(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    import pyarrow.compute as pc

    return pc.match_substring_regex(texts, r"^[=+\-@\t\r]")
