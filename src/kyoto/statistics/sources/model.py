"""What a source is: the description in the project file, and what reading it found.

Importing this module is cheap: the description is needed to decide whether anything must be read at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kyoto.core.errors import Where
from kyoto.statistics.sources.concepts import Concept
from kyoto.statistics.units import COUNTING_UNITS

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import BrokenLine
    from kyoto.core.project import Section

__all__ = ["UNITS", "ColumnSpec", "Dialect", "Finding", "RawFile", "RawSource", "SourceSpec"]

UNITS: tuple[str, ...] = tuple(COUNTING_UNITS)
"""Counting units: what one row (or one of its ``count``) stands for."""

Invalid = Literal["reject", "unknown"]


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """How one concept is read from a column.

    Parameters
    ----------
    concept
        The concept; its kind says how cells are typed.
    column
        Name of the column in the source.
    correspondence
        Correspondence table that codes the column (``offence``).
    values
        Pairs of a source value and the code it stands for, from ``map`` and from the file ``values_file``.
    values_file
        CSV file of value and code, relative to the project; empty if none.
    formats
        ``strptime`` patterns of dates; empty to detect them.
    unknown, not_applicable, missing
        Source values that mean so, besides the usual words.
    minimum, maximum
        Range outside which a number is impossible.
    decimal
        Decimal sign; empty to detect it.
    invalid
        What becomes of a cell that cannot be typed: its row is rejected, or the value counts as unknown.
    key
        Dotted key in the project file, for messages.
    """

    concept: Concept
    column: str
    correspondence: str = ""
    values: tuple[tuple[str, str], ...] = ()
    values_file: str = ""
    formats: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    not_applicable: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    decimal: str = ""
    invalid: Invalid = "reject"
    key: str = ""

    @property
    def name(self) -> str:
        """Name of the concept, which is the name of the column in the records."""
        return self.concept.name


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A source as the project file describes it.

    Parameters
    ----------
    name
        Its name in the project.
    unit
        Counting unit of a row, one of :data:`UNITS`.
    columns
        Concepts and the columns they come from, in the order of the project file.
    area
        Area that all its records are of, where it is not the project's; empty for that.
    files
        Paths or patterns relative to the project folder; ``archive.zip!/member.csv`` reads from an archive.
    tables
        Name in ``sql`` and file of each table of a relational extract.
    table
        Address of a database table; empty for files.
    sql
        Query over ``tables``.
    delimiter, encoding, decimal, quote
        Stated form of text files; empty to detect it.
    sheet
        Sheet of a workbook; empty for the first with data.
    header_row
        Line (workbook: row) of the header, counted from 1; None to find it.
    on_uncoded
        What becomes of offences without ICCS code.
    on_invalid
        What becomes of cells that cannot be typed, unless the column says otherwise.
    project_file, key
        For messages.
    """

    name: str
    unit: str
    columns: tuple[ColumnSpec, ...]
    area: str = ""
    files: tuple[str, ...] = ()
    tables: tuple[tuple[str, str], ...] = ()
    table: str = ""
    sql: str = ""
    delimiter: str = ""
    encoding: str = ""
    decimal: str = ""
    quote: str = ""
    sheet: str = ""
    header_row: int | None = None
    on_uncoded: Literal["unknown", "reject"] = "unknown"
    on_invalid: Invalid = "reject"
    project_file: str = ""
    lines: tuple[tuple[str, int], ...] = field(default=(), repr=False)

    @classmethod
    def from_section(cls, section: Section) -> SourceSpec:
        """Read ``[sources.NAME]``; what is wrong with it is added to the problems of the section.

        Returns
        -------
        SourceSpec
            Complete only if the section's problems stay empty.
        """
        from kyoto.statistics.sources.section import source_spec

        return source_spec(section)

    def column(self, concept: str) -> ColumnSpec | None:
        """Column of a concept, or None if it is not mapped."""
        return next((column for column in self.columns if column.name == concept), None)

    def input_files(self, folder: Path) -> list[Path]:
        """Files that the source reads, in the order in which it reads them.

        Parameters
        ----------
        folder
            Folder of the project.

        Returns
        -------
        list of Path
            Data files, archives and value lists that exist; a database file too.
        """
        from kyoto.statistics.sources.paths import input_files

        return input_files(self, folder)

    def where(self, *keys: str, column: str | None = None) -> Where:
        """Place of a key of this source in the project file."""
        dotted = ".".join(("sources", self.name, *keys))
        lines = dict(self.lines)
        while dotted not in lines and keys:
            keys = keys[:-1]
            dotted = ".".join(("sources", self.name, *keys))
        return Where(file=self.project_file or None, line=lines.get(dotted), key=dotted, column=column)


@dataclass(frozen=True, slots=True)
class Dialect:
    """Form of a text file.

    Parameters
    ----------
    delimiter, quote
        One character each.
    encoding
        Name of the character encoding, such as ``utf-8`` or ``cp1252``.
    header_line
        Line of the header, counted from 1.
    detected
        Which of the above were detected; the others were stated.
    """

    delimiter: str
    quote: str
    encoding: str
    header_line: int = 1
    detected: tuple[str, ...] = ("delimiter", "quote", "encoding", "header_line")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a reader of the figures should know about a source.

    Parameters
    ----------
    severity
        ``warning`` or ``note``.
    code
        Stable identifier, ``source.what-is-so``.
    message
        One sentence.
    file, column
        Where; empty for the whole source.
    hint
        What can be done about it.
    """

    severity: Literal["warning", "note"]
    code: str
    message: str
    file: str = ""
    column: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class RawFile:
    """One file of a source.

    Parameters
    ----------
    shown
        Path for people: relative to the project where it is inside.
    path
        The file itself (the archive, for a member of one).
    read
        What the engine reads: ``path``, or a converted copy.
    columns
        Its columns, in order.
    dialect
        Form of a text file; None for other kinds.
    kind
        ``csv``, ``parquet``, ``xlsx``, ``table`` (of a database) or ``sql``; all but ``csv`` are read as Parquet.
    """

    shown: str
    path: Path
    read: Path
    columns: tuple[str, ...]
    kind: str
    dialect: Dialect | None = None


@dataclass(frozen=True, slots=True)
class RawSource:
    """A source opened for reading.

    Parameters
    ----------
    table
        Ibis table: the columns of the source as text (or as the native types of Parquet and databases), and
        ``file``.
    files
        The files, in reading order; empty for a database.
    findings
        What detection found worth saying.
    sample
        Up to a few thousand values of each mapped column, from several places of the files.
    values
        Source value and code of each concept that has a value list or a map.
    broken
        Name under which the engine keeps lines that are no record; None where there can be none.
    broken_before
        Such lines of the tables of a query, which were read before.
    """

    table: ir.Table
    files: tuple[RawFile, ...]
    findings: tuple[Finding, ...] = ()
    sample: dict[str, list[Any]] = field(default_factory=dict, repr=False)
    values: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict, repr=False)
    broken: str | None = None
    broken_before: tuple[BrokenLine, ...] = ()
