"""Rooms that add steps of their own to a build.

A section of ``kyoto.toml`` that the statistical pipeline does not know may belong to a room above it (estimates of
hidden populations, a survey, a prison projection) or to a package of somebody else. Rooms announce themselves as entry
points of the group ``kyoto.rooms``, named after their section, so that no lower floor has to know the upper ones:

.. code-block:: toml

   [project.entry-points."kyoto.rooms"]
   hidden = "kyoto.analysis.hidden.building"

Such a module offers the two functions of :class:`RoomModule` and imports nothing heavy: it is loaded for every build.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from kyoto.core.errors import Problems, did_you_mean

if TYPE_CHECKING:
    from kyoto.core.build.model import Facts, Step
    from kyoto.core.project import Project, Section

__all__ = ["Panel", "PanelRow", "Room", "RoomModule", "read_rooms"]

_GROUP = "kyoto.rooms"


class RoomModule(Protocol):
    """What a room's module offers to the build.

    One that other rooms build upon also says ``FOR_OTHERS = True``: its steps then stand before theirs.
    """

    def read_settings(self, section: Section) -> Any:
        """Read the section; problems are recorded in it, not raised. It ends with ``section.finish()``."""

    def build_steps(self, settings: Any, project: Project, before: Sequence[str]) -> list[Step]:
        """Steps that the section asks for.

        Parameters
        ----------
        settings
            From :meth:`read_settings`.
        project
            The project.
        before
            Names of the steps that come before, for ``Step.needs``.
        """


@dataclass(frozen=True, slots=True)
class Room:
    """A room that a project uses.

    Parameters
    ----------
    name
        Of its section.
    module
        Its functions.
    settings
        What the section says.
    """

    name: str
    module: RoomModule
    settings: Any


def read_rooms(project: Project, known: Iterable[str], problems: Problems) -> tuple[Room, ...]:
    """Rooms of the sections that the pipeline does not know itself.

    Parameters
    ----------
    project
        The project.
    known
        Sections that others read.
    problems
        Gets ``project.unknown-key`` for a section that nobody knows.
    """
    own = tuple(known)
    others = [name for name in project.section(problems=problems) if name not in own]
    if not others:
        return ()
    from importlib.metadata import entry_points

    rooms = {point.name: point for point in entry_points(group=_GROUP)}
    found = []
    for name in others:
        if name not in rooms:
            hint = did_you_mean(name, [*own, *rooms])
            problems.add(project.problem(f"Unknown section [{name}]", name, code="project.unknown-key", hint=hint))
            continue
        module = cast("RoomModule", rooms[name].load())
        found.append(Room(name, module, module.read_settings(project.section(name, problems=problems))))
    # whoever other rooms build upon comes first, wherever its section stands in the file
    return tuple(sorted(found, key=lambda room: not getattr(room.module, "FOR_OTHERS", False)))


@dataclass(frozen=True, slots=True)
class PanelRow:
    """One estimate on a panel.

    Parameters
    ----------
    label
        What is estimated, in a few words.
    estimate, lower, upper
        The figure and its interval; None where there is none, and ``note`` says why.
    note
        What a reader must know beside it.
    """

    label: str
    estimate: float | None
    lower: float | None
    upper: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """What a room shows of its result in the report and in the portal.

    Its :meth:`facts` go into the facts of the step under ``panel``. Nothing on it is about a single person.

    Parameters
    ----------
    title
        The question that it answers.
    sentence
        The answer in one sentence.
    rows
        Estimates with their intervals.
    unit
        Of the estimates, such as ``people`` or ``per cent``.
    source
        Where the data come from.
    page
        The room's own page, relative to the build folder; empty if it has none.
    """

    title: str
    sentence: str
    rows: tuple[PanelRow, ...]
    unit: str
    source: str = ""
    page: str = ""

    def facts(self) -> Facts:
        """As JSON-able facts.

        Examples
        --------
        >>> panel = Panel("How many?", "About ten.", (PanelRow("all", 10.0, 8.0, 13.0),), "people")
        >>> panel.facts()["panel"]["rows"][0]["upper"]
        13.0
        """
        from dataclasses import asdict

        return {"panel": asdict(self)}
