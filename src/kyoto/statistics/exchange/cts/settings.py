"""``[cts]``: what a project says to the questionnaire that its records cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kyoto.core.errors import KyotoError, Problems, did_you_mean
from kyoto.core.project import Project, Section
from kyoto.statistics.exchange.cts.questionnaire import questionnaire

__all__ = ["RESPONDENT", "CtsSettings", "read_settings"]

RESPONDENT = {"name": "Country or area", "office": "Office that answers", "contact": "Contact"}
"""What the first sheet asks of the respondent."""


@dataclass(frozen=True, slots=True)
class CtsSettings:
    """``[cts]`` of a project.

    Parameters
    ----------
    tables
        Table of the project that answers a table of the questionnaire, or a row of one.
    cells
        By year: figures that the office gives itself, or names of indicators that hold them.
    answers
        Answers on counting rules, by id.
    respondent
        Name, office, contact.
    """

    tables: Mapping[str, str] = field(default_factory=dict)
    cells: Mapping[str, Mapping[str, float | str]] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    respondent: Mapping[str, str] = field(default_factory=dict)


def read_settings(project: Project, problems: Problems) -> CtsSettings:
    """Read the section; every problem goes to the collector.

    Parameters
    ----------
    project
        The project file.
    problems
        Collector of problems.

    Returns
    -------
    CtsSettings
        Empty if the project has no ``[cts]``.

    Examples
    --------
    >>> from pathlib import Path
    >>> data = {"cts": {"cells": {"2023": {"5.9.02.T": 1200}}}}
    >>> read_settings(Project(Path("."), Path("kyoto.toml"), data, ""), Problems()).cells["2023"]
    {'5.9.02.T': 1200.0}
    """
    if "cts" not in project.data:
        return CtsSettings()
    section = project.section("cts", problems=problems)
    settings = CtsSettings(
        tables=_tables(section.table("tables")),
        cells={year.name: _cells(year) for year in section.table("cells").tables()},
        answers=_answers(section.table("answers")),
        respondent=_respondent(section.table("respondent")),
    )
    section.finish()
    return settings


def _tables(section: Section) -> dict[str, str]:
    """Both sides must be there: the questionnaire's table, and the project's."""
    known = [*section.project.data.get("tables", {})] or [*section.project.data.get("sources", {})]
    found = {}
    for key in section:
        name = section.text(key, "")
        _check_place(section, key)
        if name and name not in known:
            section.wrong(key, f"No table {name!r}", hint=did_you_mean(name, known))
        found[key] = name
    return found


def _check_place(section: Section, key: str) -> None:
    """A key is a table of the questionnaire whose rows a project's table can tell apart, or one row."""
    table_id, _, row = key.rpartition(".") if key.count(".") == 2 else (key, "", "")
    try:
        table = questionnaire().table(table_id)
    except KyotoError as error:
        section.wrong(key, error.title, hint=error.hint)
        return
    rows = [each for each in table.rows if not row or each.id == row]
    if not rows:
        section.wrong(
            key, f"Table {table_id} has no row {row!r}", hint=did_you_mean(row, [each.id for each in table.rows])
        )
    elif table.percent:
        section.wrong(key, f"Table {table_id} asks percentages, which are no counts", hint="Use [cts.cells].")
    elif len(rows) > 1 and not all(each.told for each in rows):
        section.wrong(
            key,
            f"No table can tell the rows of {table_id} apart",
            hint=f'Name a table for each row, such as "{table_id}.{rows[0].id}".',
        )


def _cells(section: Section) -> dict[str, float | str]:
    found: dict[str, float | str] = {}
    for key in section:
        value = section.raw(key)
        try:
            questionnaire().cell(key)
        except KyotoError as error:
            section.wrong(key, error.title, expected=error.expected, hint=error.hint)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            found[key] = float(value)
        elif isinstance(value, str):
            found[key] = value
        else:
            section.wrong(key, "Neither a number nor the name of an indicator", got=repr(value))
    return found


def _answers(section: Section) -> dict[str, str]:
    known = questionnaire().answers
    found = {}
    for key in section:
        if key not in known:
            section.wrong(key, f"No question {key!r}", expected="such as M.11.police", hint=did_you_mean(key, known))
        found[key] = section.text(key, "")
    return found


def _respondent(section: Section) -> dict[str, str]:
    found = {key: section.text(key, "") for key in RESPONDENT if key in section}
    section.finish()
    return found
