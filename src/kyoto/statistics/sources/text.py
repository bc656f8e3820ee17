"""Delimited text files made ready for an engine: unpacked, in UTF-8, with a known dialect."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.sources.dialect import detected_dialect, mixed_delimiters, rows_of, unique_names
from kyoto.statistics.sources.encoding import ByteScan, encoding_of, is_gzip, scanned, unpacked, utf8_copy
from kyoto.statistics.sources.model import Dialect, Finding, RawFile, SourceSpec

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import Engine

__all__ = ["read_text_files", "sampled_lines", "text_file", "text_sample"]

_SAMPLE_BYTES = 1 << 18
_PLACES = 5
_SAMPLED_PLACES = 64


def text_file(
    path: Path, shown: str, spec: SourceSpec, wanted: Collection[str], scratch: Path
) -> tuple[RawFile, list[Finding]]:
    """Look at a text file and make it readable.

    Parameters
    ----------
    path, shown
        The file, and its path for people.
    spec
        What is stated about its form.
    wanted
        Columns that its header should have.
    scratch
        Folder for converted copies.

    Raises
    ------
    KyotoError
        ``source.empty-file``, ``source.damaged-archive``, ``source.wrong-encoding``.
    """
    readable = unpacked(path, scratch / f"{len(list(scratch.iterdir()))}.txt", shown) if is_gzip(path) else path
    scan = scanned(readable)
    if scan.size == 0:
        raise KyotoError(
            "The file is empty", code="source.empty-file", where=Where(file=shown), expected="a line with column names"
        )
    guessed, certain = encoding_of(scan)
    encoding = spec.encoding or guessed
    findings = list(_encoding_findings(scan, shown, encoding, certain or bool(spec.encoding)))
    if encoding not in ("utf-8", "utf-8-sig") or not scan.readable:
        readable = utf8_copy(readable, scratch / f"{len(list(scratch.iterdir()))}.utf8", encoding, shown)
    start = _start(readable)
    dialect = detected_dialect(
        start, wanted, delimiter=spec.delimiter, quote=spec.quote, encoding=encoding, header_row=spec.header_row
    )
    if not spec.encoding:
        dialect = Dialect(
            dialect.delimiter, dialect.quote, encoding, dialect.header_line, ("encoding", *dialect.detected)
        )
    rows = rows_of(start, dialect.delimiter, dialect.quote)
    header = rows[dialect.header_line - 1] if len(rows) >= dialect.header_line else []
    columns = unique_names(header)
    findings += _form_findings(rows[dialect.header_line :], dialect, header, columns, shown)
    return RawFile(shown, path, readable, tuple(columns), "csv", dialect), findings


def read_text_files(engine: Engine, files: list[RawFile], broken: str) -> ir.Table:
    """Table of text files with the same columns and dialect, every cell text."""
    dialect = files[0].dialect
    assert dialect is not None
    return engine.read_text(
        [file.read for file in files],
        columns=files[0].columns,
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        skip_lines=dialect.header_line,
        broken=broken,
    )


def text_sample(file: RawFile, columns: Collection[str]) -> dict[str, list[Any]]:
    """Cells of some columns from several places of a file: its start, its end, and between.

    Returns
    -------
    dict
        Column name to cells; rows of the wrong length are left out.
    """
    dialect = file.dialect
    assert dialect is not None
    places = [position for position, name in enumerate(file.columns) if name in columns]
    found: dict[str, list[Any]] = {file.columns[position]: [] for position in places}
    for number, part in enumerate(_parts(file.read)):
        rows = rows_of(part, dialect.delimiter, dialect.quote, limit=2000)
        for row in rows[dialect.header_line :] if number == 0 else rows:
            if len(row) == len(file.columns):
                for position in places:
                    found[file.columns[position]].append(row[position])
    return found


def sampled_lines(file: RawFile, size: int) -> Iterator[bytes]:
    """Whole lines of a file from its start, header included, and from evenly spaced later places.

    Parameters
    ----------
    file
        A text file.
    size
        About how many bytes; a file that is not larger comes whole.
    """
    length = file.read.stat().st_size
    places = _SAMPLED_PLACES if length > size else 1
    with file.read.open("rb") as lines:
        for place in range(places):
            lines.seek((length - size // places) * place // max(places - 1, 1))
            if place:
                lines.readline(1 << 24)
            part = lines.read(size // places) + lines.readline(1 << 24)
            yield part if part.endswith(b"\n") or not part else part + b"\n"


def _start(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(_SAMPLE_BYTES)
        if not data.endswith(b"\n"):
            data += file.readline(1 << 24) if len(data) == _SAMPLE_BYTES else b"\n"
    return data.decode("utf-8-sig", errors="replace")


def _parts(path: Path) -> Iterator[str]:
    """Whole lines from the start and from evenly spaced later places of a file."""
    size = path.stat().st_size
    yield _start(path)
    if size <= 2 * _SAMPLE_BYTES:
        if size > _SAMPLE_BYTES:
            yield _at(path, _SAMPLE_BYTES)
        return
    for place in range(1, _PLACES):
        yield _at(path, (size - _SAMPLE_BYTES) * place // (_PLACES - 1))


def _at(path: Path, position: int) -> str:
    with path.open("rb") as file:
        file.seek(position)
        file.readline(1 << 24)
        data = file.read(_SAMPLE_BYTES)
        data += file.readline(1 << 24)
    return data.decode("utf-8", errors="replace")


def _encoding_findings(scan: ByteScan, shown: str, encoding: str, certain: bool) -> Iterator[Finding]:
    if not certain and encoding != "utf-8":
        yield Finding(
            "note",
            "source.encoding-guessed",
            f"The file is not UTF-8; it was read as {encoding}",
            file=shown,
            hint=f'If letters look wrong, state the right one, such as encoding = "{encoding}".',
        )
    if encoding == "utf-8" and scan.bad:
        yield Finding(
            "warning",
            "source.broken-encoding",
            "Some lines hold bytes that are not UTF-8; those with such bytes in a mapped column are rejected",
            file=shown,
            hint="The file was joined from parts in different encodings: save it anew from its origin.",
        )
    if scan.nul and not encoding.startswith(("utf-16", "utf-32")):
        yield Finding("warning", "source.zero-bytes", f"{scan.nul} zero bytes were left out", file=shown)
    if scan.mixed_breaks and not encoding.startswith(("utf-16", "utf-32")):
        yield Finding("note", "source.mixed-line-breaks", "Lines end in different ways; all are read", file=shown)


def _form_findings(
    rows: list[list[str]], dialect: Dialect, header: list[str], columns: list[str], shown: str
) -> Iterator[Finding]:
    other = mixed_delimiters(rows, dialect.delimiter, len(columns))
    if other:
        yield Finding(
            "warning",
            "source.mixed-delimiters",
            f"Some lines are separated by {other!r} instead of {dialect.delimiter!r}; they are among the rejects",
            file=shown,
            hint="Save the file anew with one delimiter.",
        )
    for given, name in zip(header, columns, strict=True):
        if " ".join(given.replace("\ufeff", "").split()) not in ("", name):
            yield Finding(
                "warning",
                "source.duplicate-column",
                f"The column {given!r} occurs again; here it is called {name!r}",
                file=shown,
                column=given,
            )
    if not rows:
        yield Finding("warning", "source.no-rows", "The file has a header and no rows", file=shown)
