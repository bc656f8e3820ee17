"""Opening a source: from its description to one table of raw cells."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import reduce
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean
from kyoto.statistics.sources.archive import extracted
from kyoto.statistics.sources.database import database_file, parsed_address, spark_table
from kyoto.statistics.sources.dialect import cleaned_name
from kyoto.statistics.sources.model import ColumnSpec, Finding, RawFile, RawSource, SourceSpec
from kyoto.statistics.sources.parquet import parquet_file, parquet_sample
from kyoto.statistics.sources.paths import MEMBER, existing, shown_path, split_member
from kyoto.statistics.sources.relational import query_file
from kyoto.statistics.sources.text import read_text_files, text_file, text_sample
from kyoto.statistics.sources.values import value_lists
from kyoto.statistics.sources.workbook import WORKBOOK_ENDINGS, workbook_file

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import BrokenLine, Engine

__all__ = ["open_source", "spread_files", "table_of"]

_SAMPLED_FILES = 8
_SAMPLED_ROWS = 5000


def open_source(engine: Engine, spec: SourceSpec, folder: Path) -> RawSource:
    """Open the files or the table of a source; little is read yet.

    Parameters
    ----------
    engine
        Where the table will be computed.
    spec
        Description of the source.
    folder
        Folder of the project.

    Returns
    -------
    RawSource
        Its table has the mapped columns of the source under their own names, and ``file``.

    Raises
    ------
    KyotoError
        ``source.missing-file``, ``source.no-match``, ``source.unreadable``, ``source.empty-file``,
        ``source.wrong-column``, ``source.wrong-encoding``, ``source.damaged-archive``, ``source.damaged-parquet``.
    """
    if spec.table.startswith("spark:"):
        return _spark_source(engine, spec, folder)
    files, findings, broken_before = _opened_origin(engine, spec, folder)
    mapping, more = _mapped_columns(spec, files)
    broken = f"{spec.name}_{uuid.uuid4().hex[:8]}"
    table = table_of(engine, files, list(dict.fromkeys(mapping.values())), broken)
    sample = _sample(files, set(mapping.values()))
    values = value_lists(spec, folder)
    return RawSource(table, tuple(files), tuple(findings + more), sample, values, broken, tuple(broken_before))


def _spark_source(engine: Engine, spec: SourceSpec, folder: Path) -> RawSource:
    """Table of the cluster: only a few thousand cells of it come here, as a sample."""
    address = parsed_address(spec)
    table = spark_table(engine, address, spec)
    file = RawFile(address.table, Path(address.table), Path(address.table), tuple(table.columns), "table")
    mapping, _ = _mapped_columns(spec, [file])
    names = list(dict.fromkeys(mapping.values()))
    chosen = table.select(*names, file=ibis_text(address.table))
    sample = engine.fetch(chosen.limit(_SAMPLED_ROWS)).to_pydict()
    return RawSource(chosen, (file,), (), sample, value_lists(spec, folder))


def ibis_text(text: str) -> ir.StringValue:
    """Literal text."""
    import ibis

    return ibis.literal(text)


def _opened_origin(
    engine: Engine, spec: SourceSpec, folder: Path
) -> tuple[list[RawFile], list[Finding], list[BrokenLine]]:
    """Files of the source, whichever of the three origins it has."""
    target = _new(engine.scratch, ".parquet")
    if spec.table:
        return [database_file(parsed_address(spec), spec, folder, target)], [], []
    if not spec.tables:
        return *_opened_files(spec, spec.files, folder, engine.scratch), []
    tables, findings = {}, []
    for name, pattern in spec.tables:
        tables[name], found = _opened_files(spec, (pattern,), folder, engine.scratch, wanted=())
        findings += found
    file, broken = query_file(engine, spec, tables, target)
    return [file], findings, broken


def _new(scratch: Path, ending: str) -> Path:
    return scratch / f"{uuid.uuid4().hex}{ending}"


def _opened_files(
    spec: SourceSpec, patterns: Sequence[str], folder: Path, scratch: Path, wanted: Collection[str] | None = None
) -> tuple[list[RawFile], list[Finding]]:
    problems, files, findings = Problems(), [], []
    names = [column.column for column in spec.columns] if wanted is None else wanted
    for pattern in patterns:
        archive, member = split_member(pattern)
        for path in existing(archive, spec, folder, "files" if spec.tables else "file"):
            shown = shown_path(path, folder) + (MEMBER + member if member else "")
            try:
                inner = path
                if member:
                    inner = extracted(path, member, _new(scratch, Path(member).suffix), shown, spec)
                file, found = _opened(inner, shown, spec, names, scratch)
            except KyotoError as error:
                problems.add(error)
            except PermissionError as error:
                problems.add(_unreadable(shown, error))
            else:
                files.append(replace(file, path=path))
                findings += found
    problems.raise_if_any()
    return files, findings


def _opened(
    path: Path, shown: str, spec: SourceSpec, wanted: Collection[str], scratch: Path
) -> tuple[RawFile, list[Finding]]:
    with path.open("rb") as file:
        start = file.read(4)
    if start == b"PAR1" or path.suffix == ".parquet":
        return parquet_file(path, shown), []
    if path.suffix.lower() in WORKBOOK_ENDINGS:
        return workbook_file(path, shown, spec, wanted, _new(scratch, ".parquet"))
    return text_file(path, shown, spec, wanted, scratch)


def _unreadable(shown: str, error: OSError) -> KyotoError:
    return KyotoError(
        "The file cannot be read",
        code="source.unreadable",
        where=Where(file=shown),
        detail=error.strerror or str(error),
        hint="Ask its owner for permission to read it.",
    )


def _mapped_columns(spec: SourceSpec, files: list[RawFile]) -> tuple[dict[str, str], list[Finding]]:
    """Unique name of each column that the description names; names that no file has are problems."""
    problems, findings, mapping = Problems(), [], {}
    known = list(dict.fromkeys(name for file in files for name in file.columns))
    for column in spec.columns:
        name = cleaned_name(column.column)
        having = [file for file in files if name in file.columns]
        if not having:
            problems.add(_wrong_column(spec, column, known, files))
            continue
        mapping[column.column] = name
        findings += [_lacking(file, name) for file in files if name not in file.columns]
    problems.raise_if_any()
    return mapping, findings


def _lacking(file: RawFile, name: str) -> Finding:
    return Finding(
        "warning",
        "source.column-lacking",
        f"The file has no column {name!r}; it is missing in all its rows",
        file=file.shown,
        column=name,
    )


def _wrong_column(spec: SourceSpec, column: ColumnSpec, known: list[str], files: list[RawFile]) -> KyotoError:
    where = spec.where("columns", column.name, column=column.column)
    return KyotoError(
        f"{files[0].shown if files else spec.name} has no column {column.column!r}",
        code="source.wrong-column",
        where=where,
        hint=did_you_mean(column.column, known),
    )


def table_of(engine: Engine, files: list[RawFile], names: list[str], broken: str) -> ir.Table:
    """Union of the files, in their order, with the columns ``names`` and ``file``.

    Lines that are no record are kept by the engine under the name ``broken``.
    """
    parts = [
        _part(engine, list(group), names, broken)
        for _, group in groupby(files, key=lambda file: (file.kind, file.columns, file.dialect))
    ]
    shared = [_common_type(parts, name) for name in names]
    same = [
        part.select("file", **{name: part[name].cast(kind) for name, kind in zip(names, shared, strict=True)})
        for part in parts
    ]
    # one after the other: ibis.union of many tables changes their order
    return reduce(lambda above, below: above.union(below), same)


def _part(engine: Engine, files: list[RawFile], names: list[str], broken: str) -> ir.Table:
    import ibis

    if files[0].kind != "csv":
        table = engine.read_parquet([file.read for file in files], file_column=True)
    else:
        table = read_text_files(engine, files, broken)
    shown = table.file.cases(
        # engines name a file by the path that they were given, or by that without its ".."
        *((name, file.shown) for file in files for name in dict.fromkeys((str(file.read), str(file.read.resolve())))),
        else_=table.file,
    )
    have = {name: table[name] for name in names if name in table.columns}
    lacking = {name: ibis.null(str) for name in names if name not in table.columns}
    return table.select(file=shown, **have, **lacking)


def _common_type(parts: list[ir.Table], name: str) -> Any:
    """Type that holds the cells of all parts: their own where they agree, text otherwise."""
    kinds = {part[name].type() for part in parts}
    return kinds.pop() if len(kinds) == 1 else "string"


def _sample(files: list[RawFile], names: set[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {name: [] for name in names}
    for file in spread_files(files):
        for name, cells in (text_sample if file.kind == "csv" else parquet_sample)(file, names).items():
            found[name] += cells
    return found


def spread_files(files: list[RawFile]) -> list[RawFile]:
    """At most eight of the files, first and last among them."""
    count = min(len(files), _SAMPLED_FILES)
    steps = {round(step * (len(files) - 1) / max(count - 1, 1)) for step in range(count)}
    return [files[step] for step in sorted(steps)]
