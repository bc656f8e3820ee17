"""Where things stand in the build folder, and how steps are called."""

from __future__ import annotations

__all__ = [
    "audit_file",
    "audit_step",
    "indicator_counts",
    "joint_audit_file",
    "protected_cells",
    "protection_step",
    "record_files",
    "table_files",
]


def record_files(source: str) -> tuple[str, str]:
    """Paths of a source's records and rejects, relative to the build folder."""
    return f"records/{source}.parquet", f"rejects/{source}.csv"


def table_files(table: str) -> tuple[str, str]:
    """Paths of a table's observations as Parquet and CSV, relative to the build folder."""
    return f"tables/{table}.parquet", f"tables/{table}.csv"


def indicator_counts(table: str) -> str:
    """Path of the protected counts of an indicator, where they were protected together with the tables."""
    return f"indicators/{table}.parquet"


def audit_file(name: str) -> str:
    """Path of the attacker's report on a table, on the tables of a source, or on the indicators."""
    return f"audit/{name}.json"


def joint_audit_file(source: str) -> str:
    """Path of the attacker's report on all tables of a source together, where figures carry noise."""
    return f"audit/sources/{source}.json"


def protected_cells(table: str) -> str:
    """Path of a protected table's true and published cells, for the office alone."""
    return f"protection/{table}.parquet"


def audit_step(source: str) -> str:
    """Name of the step that attacks all tables of a source together."""
    return f"audit:{source}"


def protection_step(source: str) -> str:
    """Name of the step that protects the tables of a source together."""
    return f"protection:{source}"
