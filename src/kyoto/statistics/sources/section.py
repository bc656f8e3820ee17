"""Reading ``[sources.NAME]`` of the project file into a :class:`SourceSpec`, every problem in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from kyoto.core.errors import did_you_mean
from kyoto.statistics.sources.concepts import CONCEPTS, KINDS, Concept, concept, is_own_name
from kyoto.statistics.sources.model import UNITS, ColumnSpec, Invalid, SourceSpec

if TYPE_CHECKING:
    from kyoto.core.project import Section

__all__ = ["source_spec"]

_INVALID = ("reject", "unknown")


def source_spec(section: Section) -> SourceSpec:
    """See :meth:`SourceSpec.from_section`."""
    on_invalid = cast(Invalid, section.text("on_invalid", "reject", choices=_INVALID))
    files = section.texts("file")
    more_files, tables = _files_key(section)
    spec = SourceSpec(
        name=section.name,
        unit=section.text("unit", choices=UNITS) or "",
        columns=_columns(section, on_invalid),
        area=section.text("area", ""),
        files=files + more_files,
        tables=tables,
        table=section.text("table", ""),
        sql=section.text("sql", ""),
        delimiter=_one_character(section, "delimiter"),
        encoding=_encoding(section),
        decimal=section.text("decimal", choices=(".", ",")) or "",
        quote=_one_character(section, "quote"),
        sheet=section.text("sheet", ""),
        header_row=section.whole("header_row", least=1),
        on_uncoded=cast(Any, section.text("on_uncoded", "unknown", choices=("unknown", "reject"))),
        on_invalid=on_invalid,
        project_file=str(section.project.file),
        lines=_lines(section),
    )
    section.require("unit", "columns")
    _check_origin(section, spec)
    section.finish()
    return spec


def _files_key(section: Section) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """``files``: a list of paths, or a table of names and paths for ``sql``."""
    value = section.raw("files")
    if not isinstance(value, dict):
        return section.texts("files"), ()
    pairs = []
    for name, path in value.items():
        if not isinstance(path, str):
            section.wrong("files", f"{name!r} has the wrong type", expected="text in quotes", got=repr(path))
        elif not is_own_name(name, ()):
            section.wrong("files", f"{name!r} is no name for a table", expected="small letters, digits and _")
        else:
            pairs.append((name, path))
    return (), tuple(pairs)


def _check_origin(section: Section, spec: SourceSpec) -> None:
    """A source comes from exactly one of: files, a table, or sql over named files."""
    origins = [bool(spec.files), bool(spec.table), bool(spec.tables)]
    if sum(origins) == 0 and not any(key in section for key in ("file", "files", "table")):
        section.require("file")
    if sum(origins) > 1:
        section.wrong("file", "A source has one origin", expected="one of file, files, table")
    if spec.tables and not spec.sql:
        section.require("sql")
    if spec.sql and spec.files:
        section.wrong("sql", "The query has no named tables", expected='files = { name = "file.csv" }')


def _one_character(section: Section, key: str) -> str:
    value = section.text(key, "")
    if len(value) > 1 or value in ("\n", "\r"):
        section.wrong(key, f"{key!r} is one character", expected='one character, such as ";" or "\\t"', got=repr(value))
        return ""
    return value


def _encoding(section: Section) -> str:
    import codecs

    value = section.text("encoding", "")
    if not value:
        return ""
    try:
        return codecs.lookup(value).name
    except LookupError:
        known = ("utf-8", "utf-16", "cp1252", "iso8859-1", "iso8859-15", "cp1250", "cp1251", "shift_jis", "gb18030")
        section.wrong("encoding", f"Unknown encoding {value!r}", hint=did_you_mean(value, known))
        return ""


def _lines(section: Section) -> tuple[tuple[str, int], ...]:
    """Lines of the keys of this source, kept for errors that show when data is read."""
    paths = [section.path] + [(*section.path, key) for key in section.data]
    columns = section.data.get("columns")
    if isinstance(columns, dict):
        paths += [(*section.path, "columns", key) for key in columns]
    found = ((".".join(path), section.project.line_of(*path)) for path in paths)
    return tuple((dotted, line) for dotted, line in found if line is not None)


def _columns(section: Section, on_invalid: Invalid) -> tuple[ColumnSpec, ...]:
    mapped = section.table("columns")
    found = [_column(mapped, name, on_invalid) for name in mapped.data]
    mapped.finish()
    columns = tuple(column for column in found if column is not None)
    names = {column.name for column in columns}
    for column in columns:
        if column.name.endswith("_status") and column.name.removesuffix("_status") in names:
            mapped.wrong(column.name, f"{column.name!r} is the name of a column that the records need themselves")
    return columns


def _column(mapped: Section, name: str, on_invalid: Invalid) -> ColumnSpec | None:
    value = mapped.raw(name)
    if isinstance(value, str):
        described = _concept(mapped, name, None)
        if described is None:
            return None
        return ColumnSpec(
            described,
            value,
            minimum=described.minimum,
            maximum=described.maximum,
            invalid=on_invalid,
            key=_key(mapped, name),
        )
    if not isinstance(value, dict):
        mapped.wrong(name, f"{name!r} has the wrong type", expected="a column name, or { column = ... }")
        return None
    return _described(mapped.table(name), mapped, name, on_invalid)


def _described(inner: Section, mapped: Section, name: str, on_invalid: Invalid) -> ColumnSpec | None:
    kind = inner.text("kind", choices=KINDS)
    described = _concept(mapped, name, kind)
    values = _pairs(inner)
    column = inner.text("column", "")
    inner.require("column")
    if described is None:
        return None
    spec = ColumnSpec(
        concept=described,
        column=column,
        correspondence=inner.text("correspondence", ""),
        values=values,
        values_file=inner.text("values", ""),
        formats=_formats(inner),
        unknown=_words(inner, "unknown"),
        not_applicable=_words(inner, "not_applicable"),
        missing=_words(inner, "missing"),
        minimum=inner.number("minimum", described.minimum),
        maximum=inner.number("maximum", described.maximum),
        decimal=inner.text("decimal", choices=(".", ",")) or "",
        invalid=cast(Invalid, inner.text("invalid", on_invalid, choices=_INVALID)),
        key=_key(mapped, name),
    )
    inner.finish()
    return spec


def _key(mapped: Section, name: str) -> str:
    return ".".join((*mapped.path, name))


def _concept(mapped: Section, name: str, kind: str | None) -> Concept | None:
    found = concept(name, cast(Any, kind))
    if found is None:
        hint = did_you_mean(name, CONCEPTS)
        own = f'For a variable of your own write {name} = {{ column = "...", kind = "code" }}.'
        mapped.wrong(name, f"Unknown concept {name!r}", hint=f"{hint} {own}" if is_own_name(name) else hint)
    return found


def _pairs(inner: Section) -> tuple[tuple[str, str], ...]:
    value = inner.raw("map", {})
    if not isinstance(value, dict):
        inner.wrong("map", "'map' has the wrong type", expected='{ "value in the source" = "code" }', got=repr(value))
        return ()
    return tuple((str(source), str(code)) for source, code in value.items())


def _words(inner: Section, key: str) -> tuple[str, ...]:
    """Texts at a key; numbers are allowed, as codes for unknown are often numbers."""
    value = inner.raw(key, [])
    items = value if isinstance(value, list) else [value]
    if any(isinstance(item, (dict, list, bool)) for item in items):
        inner.wrong(key, f"{key!r} has the wrong type", expected="a list of texts or numbers", got=repr(value))
        return ()
    return tuple(str(item) for item in items)


def _formats(inner: Section) -> tuple[str, ...]:
    patterns = inner.texts("format")
    for pattern in patterns:
        if "%" not in pattern:
            inner.wrong("format", f"{pattern!r} is no date pattern", expected='a pattern such as "%d/%m/%Y"')
    return tuple(pattern for pattern in patterns if "%" in pattern)
