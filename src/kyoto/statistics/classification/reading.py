"""Reading the CSV form of a correspondence table."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from kyoto.core.errors import did_you_mean, nearest
from kyoto.statistics.classification.iccs import ALIASES
from kyoto.statistics.classification.model import Finding, Link

__all__ = ["COLUMNS", "REQUIRED", "Row", "link_of", "number_of", "read_rows"]

Row = Mapping[str, str]
REQUIRED = ("national_code", "iccs_code")
COLUMNS = (
    "national_code",
    "national_title",
    "national_group",
    "iccs_code",
    "match",
    "weight",
    "condition",
    "note",
    "source",
    "part_of",
)
_IGNORED = ("iccs_title",)  # written for the reader's eye


def read_rows(path: Path) -> tuple[list[tuple[int, Row]], list[Finding]]:
    """Rows of a file with their line numbers, and what is wrong with the file as a whole or with its form.

    Parameters
    ----------
    path
        CSV in UTF-8, with or without a byte order mark; the delimiter (comma, semicolon or tab) is taken from the
        header.

    Returns
    -------
    tuple
        Rows (line, cells by column) and findings; there are no rows where the file cannot be read at all.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        return [], [
            _whole(
                "correspondence.encoding",
                f"The file is not UTF-8 (byte {error.start + 1})",
                "Save it as CSV UTF-8.",
            )
        ]
    header_line = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header_line.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    header = [name.strip() for name in next(reader, [])]
    if not any(header):
        return [], [_whole("correspondence.empty-file", "The file is empty", "It needs a header and one row a link.")]
    findings = _header_findings(header)
    if any(finding.severity == "error" for finding in findings):
        return [], findings
    rows: list[tuple[int, Row]] = []
    end = reader.line_num
    for cells in reader:
        line, end = end + 1, reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            findings.append(_ragged(line, len(header), len(cells)))
            continue
        rows.append((line, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}))
    if not rows and not findings:
        findings.append(_whole("correspondence.empty-file", "The file has no rows", "Write one row a link."))
    return rows, findings


def link_of(row: Row) -> Link:
    """Link of a row; what cannot be read is left out (:func:`row_findings` reports it)."""
    code = row["iccs_code"].strip()
    return Link(
        national_code=row["national_code"].strip(),
        national_title=row.get("national_title", "").strip(),
        national_group=row.get("national_group", "").strip(),
        iccs_code=ALIASES.get(code, code),
        match=row.get("match", "").strip().casefold() or "unstated",
        weight=number_of(row.get("weight", "")),
        condition=row.get("condition", "").strip(),
        note=row.get("note", ""),
        source=row.get("source", ""),
        part_of=row.get("part_of", "").strip(),
    )


def number_of(text: str) -> float | None:
    """Number of a cell, with a decimal point or a decimal comma; None where it holds none."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


def _header_findings(header: list[str]) -> list[Finding]:
    findings = []
    for name in REQUIRED:
        if name not in header:
            hint = did_you_mean(name, [column for column in header if column])
            findings.append(_whole("correspondence.missing-column", f"The file has no column {name!r}", hint, line=1))
    for name in dict.fromkeys(header):
        if header.count(name) > 1:
            findings.append(_whole("correspondence.duplicate-column", f"Two columns are called {name!r}", "", line=1))
        likely = nearest(name, COLUMNS)
        if name not in (*COLUMNS, *_IGNORED) and likely and likely not in (*header, *REQUIRED):
            findings.append(
                Finding(
                    "warning",
                    "correspondence.strange-column",
                    1,
                    "",
                    f"The column {name!r} is not read",
                    f"Did you mean {likely!r}?",
                )
            )
    return findings


def _whole(code: str, message: str, hint: str, line: int | None = None) -> Finding:
    return Finding("error", code, line, "", message, hint)


def _ragged(line: int, expected: int, got: int) -> Finding:
    return Finding(
        "error",
        "correspondence.ragged-row",
        line,
        "",
        f"The row has {got} cells, the header {expected}",
        "Put cells that hold the delimiter in double quotes.",
    )
