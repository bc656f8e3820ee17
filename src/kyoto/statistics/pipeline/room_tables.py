"""Tables of rooms above the pipeline on the one road out: rolled up, protected together, attacked, remembered.

A room counts its people or cases once, at the finest disaggregation that any of its tables can show or give away, and
gets back what ``[disclosure]`` lets out. Rates are then computed from the protected counts, never from the true ones:
a rate and its denominator give the count of events away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kyoto.core.errors import Problems
from kyoto.statistics.disclosure.settings import DisclosureSettings
from kyoto.statistics.observations import NOT_APPLICABLE, TOTAL, UNKNOWN
from kyoto.statistics.pipeline.layout import audit_file, protected_cells
from kyoto.statistics.pipeline.releases import release_inputs

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from kyoto.core.project import Project

__all__ = ["ProtectedTables", "RoomRoad", "protect_together", "road_of", "rolled_up"]

Hierarchies = Mapping[str, Mapping[str, str]]
_KEY_RANGE = 2**32


@dataclass(frozen=True, slots=True)
class RoomRoad:
    """The way from a room's counts to what is published.

    Parameters
    ----------
    room
        Name of the room's part, such as ``reoffending`` or ``flow-cases``; its files in ``audit/`` and
        ``protection/`` begin with it.
    folder
        Of the project, where earlier releases are kept.
    settings
        ``[disclosure]`` of the project.
    area, period
        Of the project; ``_Z`` and ``_U`` where it says none.
    """

    room: str
    folder: Path
    settings: DisclosureSettings
    area: str = NOT_APPLICABLE
    period: str = UNKNOWN

    def outputs(self, tables: Sequence[str]) -> tuple[str, ...]:
        """Files for the office that protection writes, relative to the build folder."""
        kept = tuple(protected_cells(name) for name in tables) if self.settings.protects else ()
        return (audit_file(self.room), *kept)

    def inputs(self, tables: Sequence[str]) -> tuple[Path, ...]:
        """Files of earlier releases that protection reads."""
        return release_inputs(self.folder, tables) if self.settings.protects else ()

    def plain(self) -> dict[str, Any]:
        """What changes the result, for the fingerprint of a step."""
        from dataclasses import asdict

        return {"disclosure": asdict(self.settings), "area": self.area, "period": self.period}


@dataclass(frozen=True, slots=True, eq=False)
class ProtectedTables:
    """Tables that may leave.

    Parameters
    ----------
    frames
        By name of the table: its dimensions, ``value`` (not-a-number where withheld), ``status``, ``confidentiality``.
    facts
        What readers may know of the protection, for the manifest.
    """

    frames: Mapping[str, pd.DataFrame]
    facts: dict[str, Any]


def road_of(project: Project, room: str) -> RoomRoad:
    """The road of a room in a project.

    Parameters
    ----------
    project
        Its ``[disclosure]`` and ``[project]`` are read; what is wrong in them the pipeline itself reports.
    room
        Name of the room's part.
    """
    unheard = Problems()
    head = project.section("project", problems=unheard)
    return RoomRoad(
        room,
        project.folder,
        DisclosureSettings.from_section(project.section("disclosure", problems=unheard)),
        head.text("area", NOT_APPLICABLE),
        head.text("period", UNKNOWN),
    )


def rolled_up(base: pd.DataFrame, dimensions: Sequence[str], hierarchies: Hierarchies | None = None) -> pd.DataFrame:
    """Cells of every total over the dimensions.

    Parameters
    ----------
    base
        One row a base cell (or a base cell and ``person``): the dimensions, ``value``, ``cell_key``. With a column
        ``person`` the cells also tell how many persons contribute and what the two largest of them do, which the
        rules of suppression need where a person can count several times.
    dimensions
        Columns that identify a cell.
    hierarchies
        For a dimension with levels, the parent of every code. A code without one belongs to ``_T``.

    Returns
    -------
    pandas.DataFrame
        The dimensions, ``value``, ``cell_key``, ``largest``, ``second_largest`` (one each where every count is another
        person), with persons also ``contributors``; sorted by the dimensions.

    Examples
    --------
    >>> import pandas as pd
    >>> base = pd.DataFrame({"sex": ["F", "M"], "value": [2, 3], "cell_key": [7, 2**32 - 1]})
    >>> rolled_up(base, ["sex"])[["sex", "value", "cell_key"]].values.tolist()
    [['F', 2, 7], ['M', 3, 4294967295], ['_T', 5, 6]]
    """
    keys = [*dimensions, *(["person"] if "person" in base.columns else [])]
    cells = _summed(base, keys)
    for name in dimensions:
        parents = (hierarchies or {}).get(name, {})
        parts, level = [cells], cells
        while (level := level[level[name] != TOTAL]).size:
            level = level.assign(**{name: [parents.get(code, TOTAL) for code in level[name]]})
            parts.append(level)
        cells = _concatenated(parts, keys)
    if "person" in base.columns:
        cells = _over_persons(cells, dimensions)
    else:
        cells = cells.assign(largest=1.0, second_largest=(cells["value"] > 1).astype(float))
    return cells.assign(cell_key=cells["cell_key"] % _KEY_RANGE).reset_index(drop=True)


def _summed(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    measures = {"value": "sum", "cell_key": "sum"}
    if not keys:
        return frame[list(measures)].sum().to_frame().T.astype("int64")
    return frame.groupby(list(keys), as_index=False, sort=True, observed=True, dropna=False).agg(measures)


def _concatenated(parts: Sequence[pd.DataFrame], keys: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    return _summed(pd.concat(parts, ignore_index=True), keys)


def _over_persons(cells: pd.DataFrame, dimensions: Sequence[str]) -> pd.DataFrame:
    """Cells from cells and persons: how many contribute, and the two largest."""
    names = [*dimensions, "_all"]  # so that a table without dimensions is a group too
    ranked = cells.assign(_all=0).sort_values("value", ascending=False, kind="stable")
    grouped = ranked.groupby(names, sort=True)
    found = grouped.agg(
        value=("value", "sum"), cell_key=("cell_key", "sum"), contributors=("value", "size"), largest=("value", "first")
    )
    second = ranked[grouped.cumcount() == 1].set_index(names)["value"]
    found["second_largest"] = second.reindex(found.index).fillna(0.0).astype(float)
    return found.reset_index().drop(columns="_all")


def protect_together(
    road: RoomRoad,
    build: Path,
    tables: Mapping[str, tuple[pd.DataFrame, Sequence[str]]],
    hierarchies: Hierarchies | None = None,
) -> ProtectedTables:
    """Protect the tables of a room so that none gives another one away; write what the office must keep.

    Parameters
    ----------
    road
        Where to.
    build
        Folder of the build: the attacker's report goes to ``audit/``, cells that a later release must know to
        ``protection/``.
    tables
        By name, unique in the project: cells from :func:`rolled_up`, and their dimensions.
    hierarchies
        As in :func:`rolled_up`.

    Returns
    -------
    ProtectedTables
    """
    import pyarrow as pa

    from kyoto.statistics.disclosure import protect_linked
    from kyoto.statistics.pipeline.auditing import attackers_report, joint_report, public_verdict, write_audit
    from kyoto.statistics.pipeline.releases import cells_with_figures, releases_of, write_cells

    names, parents = list(tables), dict(hierarchies or {})
    cells = [frame for frame, _ in tables.values()]
    dimensions = [tuple(own) for _, own in tables.values()]
    settings = road.settings
    kept = settings.method if settings.links_tables else None
    earlier = releases_of(road.folder, names, dimensions, method=kept) if settings.protects else []
    protected = protect_linked(cells, dimensions, parents, settings, earlier=earlier)
    arrow = [pa.Table.from_pandas(frame, preserve_index=False) for frame in cells]
    report = attackers_report(arrow, protected, dimensions, parents, settings, earlier)
    if settings.adds_noise:
        shown = [safe.frame for safe in protected]
        report |= joint_report(cells, shown, dimensions, parents, settings, earlier)
    write_audit(build, road.room, [{"tables": names, **report}])
    if settings.protects:
        for name, table, safe in zip(names, arrow, protected, strict=True):
            write_cells(build, name, cells_with_figures(table, safe))
    facts = {**protected[0].report.public_facts(), "attack": public_verdict(report)} if protected else {}
    for name in ("cells", "changed", "suppressed", "loss"):
        facts.pop(name, None)  # of one table alone; the room states its own figures
    return ProtectedTables({name: safe.frame for name, safe in zip(names, protected, strict=True)}, facts)
