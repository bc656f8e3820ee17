"""The one way in which commands print data: ``--table`` (default), ``--json``, ``--csv``."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from kyoto.core.files import neutral_cell

__all__ = ["CsvFlag", "JsonFlag", "TableFlag", "print_json", "print_rows"]

_PANEL = "Output"
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.", rich_help_panel=_PANEL)]
CsvFlag = Annotated[bool, typer.Option("--csv", help="Print CSV for spreadsheets.", rich_help_panel=_PANEL)]
TableFlag = Annotated[
    bool, typer.Option("--table", help="Print a table to read (the default).", rich_help_panel=_PANEL)
]


def print_rows(
    rows: Iterable[Mapping[str, Any]],
    *,
    as_json: bool = False,
    as_csv: bool = False,
    columns: Sequence[str] | None = None,
    title: str = "",
    empty: str = "Nothing found.",
) -> None:
    """Print rows in the format the user asked for.

    Parameters
    ----------
    rows
        One mapping a row, all with the same keys. Convert a frame with ``frame.to_dict("records")``.
    as_json, as_csv
        The flags of the command; neither means a table.
    columns
        Columns of the table and of the CSV, in order; the first row's keys if not given. JSON always holds all.
    title
        Heading of the table.
    empty
        What the table says when there are no rows.
    """
    table = [dict(row) for row in rows]
    if as_json:
        print_json(table)
        return
    names = list(columns or (table[0] if table else ()))
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([_csv_cell(row.get(name)) for name in names] for row in table)
        return
    _print_table(table, names, title=title, empty=empty)


def print_json(value: object) -> None:
    """Print any value as JSON; not-a-number and missing values become null."""
    sys.stdout.write(json.dumps(_plain(value), ensure_ascii=False, indent=2) + "\n")


def _print_table(rows: list[dict[str, Any]], names: list[str], *, title: str, empty: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(soft_wrap=False)
    if not rows:
        console.print(empty)
        return
    table = Table(title=title or None, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for name in names:
        numeric = all(_is_number(row.get(name)) for row in rows if row.get(name) is not None)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_shown(row.get(name))) for name in names))
    console.print(table)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _shown(value: object) -> str:
    plain = _plain(value)
    if plain is None:
        return ""
    if isinstance(plain, bool):
        return "yes" if plain else "no"
    if isinstance(plain, float):
        return f"{plain:,.6g}" if abs(plain) < 1e6 else f"{plain:,.0f}"
    if isinstance(plain, (list, dict)):
        return json.dumps(plain, ensure_ascii=False)
    return str(plain)


def _csv_cell(value: object) -> object:
    plain = _plain(value)
    if isinstance(plain, (list, dict)):
        plain = json.dumps(plain, ensure_ascii=False)
    return neutral_cell(plain) if isinstance(plain, str) else plain


def _plain(value: Any) -> Any:
    """Value made of the types JSON knows."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, (date, datetime)):
        return value.isoformat() if value == value else None  # NaT is not equal to itself
    if isinstance(value, Path):
        return value.as_posix()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if hasattr(value, "item"):  # NumPy scalars
        return _plain(value.item())
    if value != value or str(value) == "<NA>":
        return None
    return str(value)
