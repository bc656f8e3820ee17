"""``[comparability.SOURCE]``: what the office that made a source says about it, and the data cannot."""

from __future__ import annotations

from dataclasses import dataclass

from kyoto.core.errors import Problems, did_you_mean
from kyoto.core.project import Project, Section

__all__ = ["Statement", "read_statements"]

_ATTEMPTS = ("inside", "apart", "excluded")


@dataclass(frozen=True, slots=True)
class Statement:
    """How a source was counted before it came here.

    Parameters
    ----------
    principal_offence
        Whether the office counts each unit once, under its gravest offence; None to take it from the tables.
    attempts
        Whether attempts are inside, apart or excluded; empty to take it from the tables.
    areas_differ
        Whether its areas count by rules of their own, as in a collection of national figures.
    notes
        Remarks for whoever compares.
    """

    principal_offence: bool | None = None
    attempts: str = ""
    areas_differ: bool = False
    notes: tuple[str, ...] = ()


def read_statements(project: Project, problems: Problems) -> dict[str, Statement]:
    """Read the section; every problem goes to the collector.

    Parameters
    ----------
    project
        The project file.
    problems
        Collector of problems.

    Returns
    -------
    dict
        Statement by name of source.

    Examples
    --------
    >>> from pathlib import Path
    >>> data = {"sources": {"a": {}}, "comparability": {"a": {"attempts": "excluded"}}}
    >>> read_statements(Project(Path("."), Path("kyoto.toml"), data, ""), Problems())["a"].attempts
    'excluded'
    """
    known = list(project.data.get("sources", {}))
    found = {}
    for section in project.section("comparability", problems=problems).tables():
        if section.name not in known:
            problems.add(
                project.problem(
                    f"No source is called {section.name!r}",
                    "comparability",
                    section.name,
                    hint=did_you_mean(section.name, known),
                )
            )
        found[section.name] = _statement(section)
    return found


def _statement(section: Section) -> Statement:
    statement = Statement(
        principal_offence=section.flag("principal_offence") if "principal_offence" in section else None,
        attempts=section.text("attempts", choices=_ATTEMPTS) or "",
        areas_differ=section.flag("areas_differ", False),
        notes=section.texts("notes"),
    )
    section.finish()
    return statement
