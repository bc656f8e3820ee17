"""An explanation: what is known about one published figure."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kyoto.statistics.explain.rules import Fact

_WIDTH = 110

__all__ = ["Explanation", "LinkUse", "SourceRows"]


@dataclass(frozen=True, slots=True)
class LinkUse:
    """A row of a correspondence table, and how many rows came through it (None where that may not be told)."""

    national_code: str
    national_title: str
    iccs: str
    match: str
    weight: float | None
    condition: str
    note: str
    rows: int | None


@dataclass(frozen=True, slots=True)
class SourceRows:
    """Records behind a figure.

    Parameters
    ----------
    rows
        How many.
    unprotected
        What they count to, before disclosure control.
    sample
        The first of them: ``file``, ``row``, ``line`` and their concepts.
    written
        File that holds all of them; empty if none was asked for.
    """

    rows: int
    unprotected: float
    sample: tuple[Mapping[str, Any], ...]
    written: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a published figure was made.

    Parameters
    ----------
    series, cell
        Which figure.
    title
        Of its table or indicator.
    unit, value, lower, upper, status, confidentiality, note
        As published; value None for a figure that is withheld or missing.
    rule, mapping
        Counting rule and column mapping, as labels and texts.
    classification
        Words on the correspondence table; empty where the source is not coded by one.
    links
        Rows of the correspondence table that lead to the figure.
    denominator
        Words on what rates are divided by.
    disclosure
        Words on what protects the figure, and whether it may be changed.
    protected
        Whether disclosure control applies; then rows are shown only on request.
    rows
        Records behind the figure; None where they are not shown.
    findings
        Quality findings that touch the figure.
    remarks
        What else to know, such as the period that was chosen.
    command
        Command that lists all rows.
    labels
        Words for the values of the cell that are codes.
    """

    series: str
    cell: Mapping[str, str]
    title: str
    unit: str
    value: float | None
    lower: float | None
    upper: float | None
    status: str
    confidentiality: str
    note: str
    rule: tuple[Fact, ...]
    mapping: tuple[Fact, ...]
    classification: str
    links: tuple[LinkUse, ...]
    denominator: str
    disclosure: str
    protected: bool
    rows: SourceRows | None
    findings: tuple[Mapping[str, Any], ...] = ()
    remarks: tuple[str, ...] = ()
    command: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        rows = None
        if self.rows is not None:
            rows = {
                "rows": self.rows.rows,
                "unprotected": self.rows.unprotected,
                "sample": [dict(row) for row in self.rows.sample],
                "written": self.rows.written,
            }
        return {
            "series": self.series,
            "cell": dict(self.cell),
            "title": self.title,
            "figure": {
                "value": self.value,
                "lower": self.lower,
                "upper": self.upper,
                "unit": self.unit,
                "status": self.status,
                "confidentiality": self.confidentiality,
                "note": self.note,
            },
            "counting_rule": dict(self.rule),
            "columns": dict(self.mapping),
            "classification": self.classification,
            "correspondence": [{name: getattr(link, name) for name in LinkUse.__slots__} for link in self.links],
            "denominator": self.denominator,
            "disclosure": self.disclosure,
            "protected": self.protected,
            "source_rows": rows,
            "findings": [dict(finding) for finding in self.findings],
            "remarks": list(self.remarks),
        }

    def summary(self) -> str:
        """Text for a terminal."""
        parts = [
            self._figure(),
            _block("Counting rule", [f"{label}: {text}" for label, text in self.rule]),
            _block("Columns", [f"{label}: {text}" for label, text in self.mapping]),
            _block("Classification", [self.classification, *map(_link_line, self.links)]),
            _block("Denominator", [self.denominator]),
            _block("Disclosure control", [self.disclosure]),
            self._source_rows(),
            _block("Quality", [_finding_line(finding) for finding in self.findings] or ["No finding touches it."]),
        ]
        return "\n\n".join(part for part in parts if part)

    def _figure(self) -> str:
        shown = ", ".join(f"{name} {value}{self._label(name)}" for name, value in self.cell.items())
        lines = [self.title or self.series, f"  {shown}", f"  {self._value()}"]
        lines += [f"  {remark}" for remark in self.remarks]
        return "\n".join(lines)

    def _label(self, name: str) -> str:
        return f" ({self.labels[name]})" if name in self.labels else ""

    def _value(self) -> str:
        if self.value is None:
            withheld = self.status == "Q" or self.confidentiality not in ("", "F")
            return "not published, to protect confidentiality" if withheld else f"no figure{_after(self.note)}"
        bounds = [bound for bound in (self.lower, self.upper) if bound is not None and math.isfinite(bound)]
        between = f" (95 % interval {plain(bounds[0])} to {plain(bounds[1])})" if len(bounds) == 2 else ""
        return f"{plain(self.value)} {self.unit}{between}{_after(self.note)}"

    def _source_rows(self) -> str:
        if self.rows is None:
            lines = ["Not shown: they would tell the figure as it was before disclosure control."]
            lines += [f"Inside the office: {self.command}"] if self.command else []
            return _block("Source rows", lines)
        head = f"{self.rows.rows:,} {'row' if self.rows.rows == 1 else 'rows'}".replace(",", " ")
        if self.protected:
            head = f"CONFIDENTIAL. {head}, which count to {plain(self.rows.unprotected)} before disclosure control"
        lines = [head, *(_row_line(row) for row in self.rows.sample)]
        if self.rows.written:
            lines.append(f"All of them: {self.rows.written}")
        elif self.rows.rows > len(self.rows.sample) and self.command:
            lines.append(f"All of them: {self.command}")
        return _block("Source rows", lines)


def plain(value: float) -> str:
    """Number with a space between thousands and no useless digits.

    Examples
    --------
    >>> plain(1234.0), plain(12.3456)
    ('1 234', '12.35')
    """
    text = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"
    return text.replace(",", " ")


def _after(note: str) -> str:
    return f"; {note}" if note else ""


def _block(title: str, lines: list[str]) -> str:
    shown = [
        textwrap.fill(line, _WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
        for line in lines
        if line
    ]
    return "\n".join([title, *shown]) if shown else ""


def _link_line(link: LinkUse) -> str:
    weight = f", weight {link.weight:g}" if link.weight is not None else ""
    condition = f", if {link.condition}" if link.condition else ""
    rows = f"{link.rows:,} {'row' if link.rows == 1 else 'rows'}: ".replace(",", " ") if link.rows is not None else ""
    name = link.national_title or link.national_code
    code = f"{link.national_code}: " if link.national_title and link.national_title != link.national_code else ""
    note = f" – {link.note}" if link.note else ""
    return f"{rows}{code}{name} → {link.iccs or 'no ICCS code'} ({link.match}{weight}{condition}){note}"


def _row_line(row: Mapping[str, Any]) -> str:
    place = str(row.get("file") or "")
    if row.get("line") is not None:
        place += f":{row['line']}"
    elif row.get("row") is not None:
        place += f", row {row['row']}"
    rest = ", ".join(
        f"{name} {value}"
        for name, value in row.items()
        if name not in ("file", "row", "line") and value is not None and not name.endswith("_status")
    )
    return f"{place}  {rest}"


def _finding_line(finding: Mapping[str, Any]) -> str:
    text = str(finding.get("message") or finding.get("title") or finding.get("code"))
    remedy = finding.get("remedy")
    return f"{finding.get('severity', 'note')}: {text}{f' {remedy}' if remedy else ''}"
