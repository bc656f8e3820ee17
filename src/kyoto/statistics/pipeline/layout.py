"""Where things stand in the build folder."""

from __future__ import annotations

__all__ = ["record_files", "table_files"]


def record_files(source: str) -> tuple[str, str]:
    """Paths of a source's records and rejects, relative to the build folder."""
    return f"records/{source}.parquet", f"rejects/{source}.csv"


def table_files(table: str) -> tuple[str, str]:
    """Paths of a table's observations as Parquet and CSV, relative to the build folder."""
    return f"tables/{table}.parquet", f"tables/{table}.csv"
