"""The questionnaire as types: sections, tables, rows, columns, cells, and the questions on counting rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from kyoto.core.errors import KyotoError, did_you_mean
from kyoto.statistics.observations import TOTAL

__all__ = ["Cell", "Column", "Institution", "Population", "Question", "Questionnaire", "Row", "Section", "Table"]

Parts = tuple[tuple[str, ...], ...]
"""Sums: a whole, then its parts."""


@dataclass(frozen=True, slots=True)
class Population:
    """Who or what a figure counts.

    Parameters
    ----------
    name, label
        Its name, and words for people.
    units
        Counting units of a project that serve, the best first; empty where a project must name the table.
    role
        ``event``, ``victim`` or ``perpetrator``: which concepts hold sex, age and citizenship.
    dates
        Concepts one of which must place the records in time; any if empty.
    without_dates
        Concepts that must not.
    stock
        Counted on a date, not over a period.
    """

    name: str
    label: str
    units: tuple[str, ...] = ()
    role: str = "perpetrator"
    dates: tuple[str, ...] = ()
    without_dates: tuple[str, ...] = ()
    stock: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: a sex, an age group, both, or the total."""

    key: str
    label: str
    sex: str = TOTAL
    age: str = TOTAL


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Parameters
    ----------
    id, label
        Number in its table, and words.
    population
        Who is counted.
    iccs
        ICCS codes that are added up; empty for all crimes.
    age
        Age group of the row.
    dims
        Pairs of a value list and its entry, such as relationship and partner.
    match
        Own concepts and the codes that stand for the row, where a project names the table.
    of
        Row of the same table that holds this one.
    indicator
        Indicator that gives the figure.
    columns
        Keys of the columns that are asked.
    """

    id: str
    label: str
    population: Population
    iccs: tuple[str, ...] = ()
    age: str = TOTAL
    dims: tuple[tuple[str, str], ...] = ()
    match: tuple[tuple[str, tuple[str, ...]], ...] = ()
    of: str = ""
    indicator: str = ""
    columns: tuple[str, ...] = ()

    @property
    def told(self) -> bool:
        """Whether codes tell the row from others, not its words alone."""
        return bool(self.iccs or self.dims or self.match or self.population.units or self.age != TOTAL)


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the questionnaire.

    Parameters
    ----------
    id, section, title
        Its number, that of its section, and its heading.
    unit
        What one figure counts, in words.
    columns, rows
        In order.
    column_parts, row_parts
        Columns, and rows, that add up to another one.
    stock, percent
        Figures of a date; percentages.
    when
        Which time a figure is about, in words.
    """

    id: str
    section: str
    title: str
    unit: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    column_parts: Parts = ()
    row_parts: Parts = ()
    stock: bool = False
    percent: bool = False
    when: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure that is asked.

    Examples
    --------
    >>> from kyoto.statistics.exchange.cts import questionnaire
    >>> cell = questionnaire().cell("1.2.01.F")
    >>> cell.row.iccs, cell.sex, cell.row.population.label
    (('0101',), 'F', 'victims')
    """

    table: Table
    row: Row
    column: Column

    @property
    def id(self) -> str:
        """Table, row and column, such as ``1.2.01.F``."""
        return f"{self.table.id}.{self.row.id}.{self.column.key}"

    @property
    def sex(self) -> str:
        """Sex of those counted."""
        return self.column.sex

    @property
    def age(self) -> str:
        """Age group of those counted."""
        return self.row.age if self.row.age != TOTAL else self.column.age

    @property
    def counts(self) -> str:
        """What one figure counts, in words: the counting unit."""
        return self.row.population.label if self.row.population.units else self.table.unit

    @property
    def counted(self) -> bool:
        """Whether the figure is a count."""
        return not self.table.percent and self.row.population.name not in ("rate", "year")

    @property
    def meaning(self) -> tuple[object, ...] | None:
        """What the figure means, equal for cells that ask the same; None where only the row's words say it."""
        row = self.row
        if not row.population.units:
            return None
        return (row.population.name, row.iccs, self.sex, self.age, row.dims)


@dataclass(frozen=True, slots=True)
class Section:
    """A sheet of tables that one institution answers."""

    id: str
    sheet: str
    title: str
    institution: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Institution:
    """Who answers questions on counting rules."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question on counting rules; ``filled`` says what a build answers it with, ``choices`` what may be chosen."""

    id: str
    text: str
    filled: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Questionnaire:
    """The whole form.

    Parameters
    ----------
    edition
        Name of this edition; workbooks carry it.
    sections, tables
        In order.
    institutions, questions
        Of the sheet on counting rules.
    roles
        Concepts of sex, age and citizenship by role.
    values
        Value lists: entry, then concept, then the codes that stand for it.
    variables
        What each value list is, in words.
    """

    edition: str
    sections: tuple[Section, ...]
    tables: tuple[Table, ...]
    institutions: tuple[Institution, ...]
    questions: tuple[Question, ...]
    roles: Mapping[str, Mapping[str, tuple[str, ...]]]
    values: Mapping[str, Mapping[str, Mapping[str, tuple[str, ...]]]]
    variables: Mapping[str, str]

    @cached_property
    def cells(self) -> dict[str, Cell]:
        """Every cell by its id, in the order of the form."""
        found = {}
        for table in self.tables:
            for row in table.rows:
                for column in table.columns:
                    if not row.columns or column.key in row.columns:
                        cell = Cell(table, row, column)
                        found[cell.id] = cell
        return found

    @cached_property
    def answers(self) -> dict[str, tuple[Question, Institution]]:
        """Every answer on counting rules by its id, such as ``M.02.police``."""
        return {
            f"M.{question.id}.{institution.key}": (question, institution)
            for question in self.questions
            for institution in self.institutions
        }

    @cached_property
    def section_of(self) -> dict[str, Section]:
        """Section of each table."""
        by_id = {section.id: section for section in self.sections}
        return {table.id: by_id[table.section] for table in self.tables}

    def table(self, name: str) -> Table:
        """Table of a number.

        Raises
        ------
        KyotoError
            ``cts.unknown-table``.
        """
        known = {table.id: table for table in self.tables}
        if name not in known:
            raise KyotoError(
                f"The questionnaire has no table {name!r}", code="cts.unknown-table", hint=did_you_mean(name, known)
            )
        return known[name]

    def cell(self, name: str) -> Cell:
        """Cell of an id.

        Raises
        ------
        KyotoError
            ``cts.unknown-cell``.
        """
        if name not in self.cells:
            raise KyotoError(
                f"The questionnaire has no cell {name!r}",
                code="cts.unknown-cell",
                expected="table, row and column, such as 1.2.01.F",
                hint=did_you_mean(name, self.cells),
            )
        return self.cells[name]

    def definition(self, row: Row) -> str:
        """What a row counts, by reference to ICCS.

        Examples
        --------
        >>> from kyoto.statistics.exchange.cts import questionnaire
        >>> form = questionnaire()
        >>> form.definition(form.cell("1.2.02.T").row)
        'ICCS 0101, variable HomMech'
        """
        codes = "ICCS " + " + ".join(row.iccs) if row.iccs else ""
        dims = [self.variables[name] for name, _ in row.dims]
        return ", ".join(part for part in (codes, *dims) if part)
