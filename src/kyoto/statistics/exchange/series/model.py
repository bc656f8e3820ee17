"""Published series as they were read: observations, and what a user should know about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from kyoto.statistics.observations import VALUE_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Note", "PublishedSeries", "key_columns"]

_SHOWN: Final = 8


def key_columns(columns: list[str]) -> list[str]:
    """Columns that say which figure a row is: all but the value and what describes it; the unit is one of them.

    Examples
    --------
    >>> key_columns(["area", "period", "series", "sex", "unit", "value", "status", "note"])
    ['area', 'period', 'series', 'sex', 'unit']
    """
    return [name for name in columns if name == "unit" or name not in VALUE_COLUMNS]


@dataclass(frozen=True, slots=True)
class Note:
    """Something about a file that a user should know.

    Parameters
    ----------
    code
        Stable name, such as ``series.duplicate-keys``.
    severity
        ``warning`` or ``note``.
    message
        In words.
    rows
        How many rows it is about.
    """

    code: str
    severity: str
    message: str
    rows: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        return {"code": self.code, "severity": self.severity, "message": self.message, "rows": self.rows}


@dataclass(frozen=True)
class PublishedSeries:
    """Series that somebody published, in the one shape of all figures.

    Parameters
    ----------
    publisher
        ``unodc``, ``eurostat``, ``owid``, ``world-bank`` or ``table``.
    file
        Where it was read.
    vintage
        Date of the publication, as far as the file tells; empty if not.
    observations
        Columns of :func:`~kyoto.statistics.observations.observation_columns`. Every row of the file with a figure or
        a status is there, doubles among them.
    notes
        Doubles, areas that no list holds, values that are no figures.
    """

    publisher: str
    file: str
    vintage: str
    observations: pd.DataFrame
    notes: tuple[Note, ...] = ()

    @property
    def keys(self) -> list[str]:
        """Columns that say which figure a row is."""
        return key_columns(list(self.observations.columns))

    @property
    def duplicates(self) -> pd.DataFrame:
        """Rows whose key stands more than once, next to each other."""
        frame = self.observations
        return frame[frame.duplicated(self.keys, keep=False)].sort_values(self.keys, kind="stable")

    def tidy(self) -> pd.DataFrame:
        """Observations as a new frame, one row a figure."""
        return self.observations.copy()

    def summary(self) -> str:
        """Text that a person reads in a terminal."""
        frame = self.observations
        periods = sorted(frame["period"].unique())
        span = f"{periods[0]} to {periods[-1]}" if periods else "no period"
        lines = [
            f"{self.file} ({self.publisher}{', ' + self.vintage if self.vintage else ''})",
            f"{len(frame):,} figures, {frame['series'].nunique():,} series, {frame['area'].nunique():,} areas, {span}",
        ]
        for name, rows in frame.groupby("series", sort=False).size().head(_SHOWN).items():
            lines.append(f"  {name}: {rows:,}")
        if frame["series"].nunique() > _SHOWN:
            lines.append(f"  and {frame['series'].nunique() - _SHOWN} more")
        lines += [f"{note.severity}: {note.message}" for note in self.notes]
        return "\n".join(lines)
