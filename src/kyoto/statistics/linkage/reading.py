"""Reading any table file as text, and finding the columns that say who a record is about."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean
from kyoto.statistics.linkage.model import ROLE_COLUMNS, ROLES, LinkFile

if TYPE_CHECKING:
    import pyarrow as pa

    from kyoto.core.engine import Engine
    from kyoto.statistics.sources.single import PlainTable

__all__ = ["found_columns", "read_link_file", "read_text_table"]


def read_text_table(path: str | Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Table of a CSV, Excel or Parquet file, every cell as trimmed text, empty cells null, rows in their order.

    Parameters
    ----------
    path
        The file, as :func:`kyoto.statistics.sources.single.plain_table` opens it; delimiter, header and sheet are
        detected as for the sources of a project.
    columns
        Columns to read; all by default.

    Returns
    -------
    pyarrow.Table
        Text columns.

    Raises
    ------
    KyotoError
        ``source.wrong-column`` and what opening raises.
    """
    from kyoto.core.engine import open_engine
    from kyoto.statistics.sources.single import naming, plain_table

    with plain_table(path) as plain, naming(Path(plain.path.name), str(path)), open_engine("duckdb") as engine:
        return _text_table(engine, plain, str(path), columns)


def _text_table(engine: Engine, plain: PlainTable, shown: str, columns: Sequence[str] | None) -> pa.Table:
    from kyoto.statistics.sources import ColumnSpec, Concept, SourceSpec, open_source
    from kyoto.statistics.sources.cells import as_text

    file = plain.path.resolve()
    bare = SourceSpec("records", "person", (), files=(str(file),))
    known = open_source(engine, bare, file.parent).files[0].columns
    names = list(columns) if columns is not None else list(known)
    problems = Problems()
    for name in names:
        if name not in known:
            where = Where(file=shown, column=name)
            problems.add(
                KyotoError("No such column", code="source.wrong-column", where=where, hint=did_you_mean(name, known))
            )
    problems.raise_if_any()
    specs = tuple(ColumnSpec(Concept(f"column_{n}", "text", ""), name) for n, name in enumerate(names, start=1))
    raw = open_source(engine, replace(bare, columns=specs), file.parent)
    return engine.fetch(raw.table.select(**{name: as_text(raw.table[name]) for name in names}))


def found_columns(names: Iterable[str], stated: dict[str, str]) -> dict[str, str]:
    """Column of each role: the stated ones, and those whose names are understood.

    Examples
    --------
    >>> found_columns(["Case ID", "First name", "Surname", "DOB"], {})
    {'id': 'Case ID', 'given': 'First name', 'family': 'Surname', 'birth': 'DOB'}
    """
    by_word = {re.sub(r"[\W_]+", "_", name.casefold()).strip("_"): name for name in names}
    found = dict(stated)
    taken = set(found.values())
    for role, words in ROLE_COLUMNS.items():
        match = next((by_word[word] for word in words if word in by_word and by_word[word] not in taken), None)
        if role not in found and match is not None and not (role == "name" and "family" in found):
            found[role] = match
            taken.add(match)
    return found


def read_link_file(file: LinkFile, exact: Collection[str] = ()) -> pa.Table:
    """Records of a file with one column a role, and ``id``.

    Parameters
    ----------
    file
        The file and its stated columns.
    exact
        Further columns that are compared.

    Raises
    ------
    KyotoError
        ``linkage.unknown-role``, ``linkage.too-few-columns``, ``source.wrong-column`` and what reading raises.
    """
    unknown = [role for role in file.columns if role not in (*ROLES, "id")]
    if unknown:
        raise KyotoError(
            f"Unknown role {unknown[0]!r}",
            code="linkage.unknown-role",
            where=Where(file=str(file.path)),
            hint=did_you_mean(unknown[0], [*ROLES, "id"]),
        )
    table = read_text_table(file.path)
    problems = Problems()
    for column in [*file.columns.values(), *exact]:
        if column not in table.column_names:
            hint = did_you_mean(column, table.column_names)
            where = Where(file=str(file.path), column=column)
            problems.add(KyotoError("No such column", code="source.wrong-column", where=where, hint=hint))
    problems.raise_if_any()
    found = found_columns(table.column_names, dict(file.columns))
    _require_person(file, found, table.column_names)
    return table.select([*found.values(), *exact]).rename_columns([*found, *exact])


def _require_person(file: LinkFile, found: dict[str, str], names: list[str]) -> None:
    """Refuse a file that does not say who its records are about: a name and one thing more."""
    said = [role for role in found if role != "id"]
    if ("family" in said or "name" in said) and len(said) >= 2:
        return
    raise KyotoError(
        "The file does not say enough about persons to link them",
        code="linkage.too-few-columns",
        where=Where(file=str(file.path)),
        expected="a column of names, and one of dates of birth, sex or place",
        got=", ".join(names),
        hint="State the columns, for example --family Surname --given Forename --birth DOB.",
    )
