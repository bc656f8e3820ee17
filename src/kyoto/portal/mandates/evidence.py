"""What a brief is set beside: the figures of a built project, and the evaluations of an evidence register."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kyoto.cooperation.mandates.links.figures import Held, read_held_figures
from kyoto.core.errors import KyotoError

__all__ = ["AtHand", "EvidenceSource", "evaluations_of"]

_REGISTER = Path("build") / "evaluation" / "register.json"
_FIGURES = Path("build") / "indicators.csv"


@dataclass(frozen=True, slots=True)
class AtHand:
    """What is at hand at a moment.

    Parameters
    ----------
    held
        Figures on indicators by code; None if no project was named, or it holds none.
    evaluations
        Rows of the register; None if there is none.
    title
        Of the project.
    built
        When its figures were made; None without.
    problem
        Code of what keeps the figures or the register from being read now; empty if nothing does.
    """

    held: Mapping[str, Held] | None = None
    evaluations: tuple[Mapping[str, Any], ...] | None = None
    title: str = ""
    built: datetime | None = None
    problem: str = ""


class EvidenceSource:
    """A project and a register on disk, read again when a build or somebody changed them; safe for threads.

    Parameters
    ----------
    project
        Folder of a built project.
    evaluations
        Evidence register (CSV or Parquet); the one of the build if not given.
    """

    def __init__(self, project: Path | None = None, evaluations: Path | None = None) -> None:
        self._project = project
        self._evaluations = evaluations
        self._lock = threading.Lock()
        self._read: tuple[object, AtHand] = (None, AtHand())

    def require(self) -> None:
        """Refuse what cannot be read, before anybody asks for it.

        Raises
        ------
        KyotoError
            ``mandates.no-figures``, and those of the register.
        """
        if self._project is not None:
            read_held_figures(self._project)
        evaluations_of(self._evaluations, self._project)

    def at_hand(self) -> AtHand:
        """Return what is at hand now; a project that is being built anew keeps nobody from reading."""
        with self._lock:
            stamp = tuple(_stamp(path) for path in self._paths())
            if stamp != self._read[0]:
                self._read = (stamp, self._look())
            return self._read[1]

    def _paths(self) -> list[Path]:
        parts = [self._project / part for part in (_FIGURES, _REGISTER)] if self._project is not None else []
        return [*parts, *([self._evaluations] if self._evaluations is not None else [])]

    def _look(self) -> AtHand:
        problem = ""
        held: Mapping[str, Held] | None = None
        rows: list[dict[str, Any]] | None = None
        try:
            held = read_held_figures(self._project) if self._project is not None else None
            rows = evaluations_of(self._evaluations, self._project)
        except KyotoError as error:
            problem = error.code
        return AtHand(
            held=held,
            evaluations=tuple(rows) if rows is not None else None,
            title=_title(self._project) if self._project is not None else "",
            built=_built(self._project) if self._project is not None and held is not None else None,
            problem=problem,
        )


def evaluations_of(file: Path | None, project: Path | None) -> list[dict[str, Any]] | None:
    """Rows of an evidence register: of the file if one is named, else of the build of a project; None if neither is.

    Parameters
    ----------
    file
        Register as `kyoto evaluate register` reads it.
    project
        Folder of a built project.
    """
    if file is not None:
        from kyoto.analysis.evaluation.register import read_register

        return [record.row() for record in read_register(file)]
    path = project / _REGISTER if project is not None else None
    if path is None or not path.is_file():
        return None
    from kyoto.analysis.evaluation.register.storage import read_entries

    return [entry.record.row() for entry in read_entries(path)]


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return stat.st_mtime_ns, stat.st_size


def _title(project: Path) -> str:
    """Title in its project file; the name of the folder where there is none."""
    try:
        found = tomllib.loads((project / "kyoto.toml").read_text(encoding="utf-8"))
        return str(found["project"]["title"])
    except (OSError, ValueError, KeyError, TypeError):
        return project.resolve().name


def _built(project: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp((project / _FIGURES).stat().st_mtime, UTC)
    except OSError:
        return None
