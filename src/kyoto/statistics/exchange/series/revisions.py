"""Two vintages of the same series: what was added, taken out and revised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.exchange.series.model import PublishedSeries

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Revisions", "revisions"]

_KINDS: Final = ("revised", "added", "removed", "status", "unchanged")


@dataclass(frozen=True)
class Revisions:
    """How a later vintage differs from an earlier one.

    Parameters
    ----------
    table
        One row a key: the key columns, ``old`` and ``new`` figure, ``difference``, ``relative`` (of the old one), the
        statuses, and ``kind``: revised, added, removed, status (only that changed), unchanged.
    old, new
        Files, with their vintage.
    doubles
        Rows left out because their key stands more than once in a vintage: which one was revised cannot be told.
    """

    table: pd.DataFrame
    old: str
    new: str
    doubles: int = 0

    def tidy(self) -> pd.DataFrame:
        """Rows that changed, the largest relative revision first."""
        changed = self.table[self.table["kind"] != "unchanged"].copy()
        changed["size"] = changed["relative"].abs().fillna(-1)
        order = {kind: number for number, kind in enumerate(_KINDS)}
        changed["rank"] = changed["kind"].map(order)
        changed = changed.sort_values(["rank", "size"], ascending=[True, False], kind="stable")
        return changed.drop(columns=["size", "rank"]).reset_index(drop=True)

    @property
    def counts(self) -> dict[str, int]:
        """Keys of each kind."""
        found = self.table["kind"].value_counts()
        return {kind: int(found.get(kind, 0)) for kind in _KINDS}

    def summary(self) -> str:
        """Text that a person reads in a terminal."""
        counts = self.counts
        lines = [
            f"From {self.old}",
            f"to   {self.new}",
            ", ".join(f"{number:,} {kind}" for kind, number in counts.items()),
        ]
        revised = self.table[self.table["kind"] == "revised"]
        if len(revised):
            relative = revised["relative"].abs().dropna()
            lines.append(f"median revision {relative.median():.1%}, largest {relative.max():.0%}")
        if self.doubles:
            lines.append(f"{self.doubles:,} rows left out: their key stands more than once")
        return "\n".join(lines)


def revisions(old: PublishedSeries, new: PublishedSeries) -> Revisions:
    """Compare two vintages.

    Parameters
    ----------
    old, new
        The earlier and the later one.

    Returns
    -------
    Revisions

    Raises
    ------
    KyotoError
        ``series.nothing-in-common``: no key stands in both.
    """
    keys = [name for name in old.keys if name in new.keys]
    left, right = _single(old, keys), _single(new, keys)
    merged = left.merge(right, on=keys, how="outer", suffixes=("_old", "_new"), indicator=True)
    if not (merged["_merge"] == "both").any():
        raise KyotoError(
            "The two files have no figure in common",
            code="series.nothing-in-common",
            where=Where(file=new.file),
            expected=f"series of {old.file}: " + ", ".join(old.observations["series"].unique()[:4]),
            got=", ".join(new.observations["series"].unique()[:4]),
            hint="Compare two vintages of the same file.",
        )
    table = merged.rename(columns={"value_old": "old", "value_new": "new"})
    table["difference"] = table["new"] - table["old"]
    table["relative"] = (table["difference"] / table["old"]).where(table["old"] != 0)
    table["kind"] = _kinds(table)
    columns = [*keys, "old", "new", "difference", "relative", "status_old", "status_new", "kind"]
    doubles = sum(len(each.duplicates) for each in (old, new))
    return Revisions(table[columns], _named(old), _named(new), doubles)


def _single(series: PublishedSeries, keys: list[str]) -> pd.DataFrame:
    frame = series.observations
    return frame[~frame.duplicated(keys, keep=False)][[*keys, "value", "status"]]


def _kinds(table: pd.DataFrame) -> pd.Series:
    import numpy as np
    import pandas as pd

    same = (table["old"] == table["new"]) | (table["old"].isna() & table["new"].isna())
    conditions = [
        table["_merge"] == "right_only",
        table["_merge"] == "left_only",
        ~same,
        table["status_old"] != table["status_new"],
    ]
    return pd.Series(np.select(conditions, ["added", "removed", "revised", "status"], "unchanged"), index=table.index)


def _named(series: PublishedSeries) -> str:
    return f"{series.file} ({series.vintage})" if series.vintage else series.file
