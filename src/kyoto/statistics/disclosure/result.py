"""What comes out of disclosure control: the protected table and the report on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from kyoto.statistics.disclosure.settings import DisclosureSettings

__all__ = [
    "FREE",
    "NORMAL",
    "NOT_FOR_PUBLICATION",
    "SUPPRESSED",
    "DisclosureReport",
    "JointAttack",
    "Loss",
    "NoiseAttack",
    "Protected",
    "Reason",
    "Release",
]

NORMAL = "A"
"""CL_OBS_STATUS 2.2, ``A``: normal value."""
SUPPRESSED = "Q"
"""CL_OBS_STATUS 2.2, ``Q``: missing value, suppressed."""
FREE = "F"
"""CL_CONF_STATUS 1.2, ``F``: free for publication."""
NOT_FOR_PUBLICATION = "N"
"""CL_CONF_STATUS 1.2, ``N``: not for publication, restricted for internal use only."""

FEWEST_CELLS = 100
"""Cells over which a loss can be stated to readers without saying much about any of them."""


class Reason:
    """Codes of CL_CONF_STATUS 1.2 (SDMX, 2018) that say why a cell is withheld.

    They are for the office alone: to tell readers that a cell is *primary* tells them that its count is small.
    """

    SMALL_COUNT = "A"
    SECONDARY = "D"
    DOMINANCE_OF_ONE_OR_TWO = "G"
    CONCENTRATION = "M"
    DOMINANCE_OF_ONE = "O"
    DOMINANCE_OF_TWO = "T"


@dataclass(frozen=True, slots=True)
class Loss:
    """What protection cost in accuracy.

    Parameters
    ----------
    mean_deviation, median_deviation, max_deviation
        Of the absolute differences between published and true values, over the published cells, in the unit of
        the values; None where no cell is published.
    hellinger
        Distance between the published and the true values over the published cells, each divided by its sum:
        sqrt(sum((sqrt(p) - sqrt(q))**2) / 2), between 0 (same) and 1 (nothing in common).
    suppressed_share
        Sum of withheld values over the sum of all values, totals included.
    """

    mean_deviation: float | None
    median_deviation: float | None
    max_deviation: float | None
    hellinger: float | None
    suppressed_share: float


@dataclass(frozen=True, slots=True)
class DisclosureReport:
    """What was done to a table.

    Parameters
    ----------
    method
        One of the methods of the settings.
    settings
        Settings that the method used; never the secret.
    cells
        Number of cells.
    changed
        Published cells whose value differs from the true one.
    suppressed
        Withheld cells.
    primary
        Withheld cells by reason, as codes of :class:`Reason`.
    loss
        Cost in accuracy.
    guarantee
        Sentence for the reader: what is protected, and what that means for the use of the figures.
    notes
        What went otherwise than the settings alone would tell.
    """

    method: str
    settings: Mapping[str, Any]
    cells: int
    changed: int
    suppressed: int
    primary: Mapping[str, int]
    loss: Loss
    guarantee: str
    notes: tuple[str, ...] = ()

    def public_facts(self) -> dict[str, Any]:
        """JSON-able form that may stand beside the figures.

        The report itself can give figures away: the share of the sum that is withheld, times the total, is the sum of
        the withheld cells; the largest deviation of two cells is the noise of one. Readers get the loss only over
        :data:`FEWEST_CELLS` cells or more and rounded, and never the share or the reasons.
        """
        facts = self.facts()
        del facts["suppressed_by_reason"]
        shown = self.cells - self.suppressed >= FEWEST_CELLS and self.loss.mean_deviation is not None
        names = ("mean_deviation", "hellinger")
        facts["loss"] = {name: round(facts["loss"][name], 2) for name in names} if shown else None
        return facts

    def facts(self) -> dict[str, Any]:
        """JSON-able form of all of it, for the office alone."""
        return {
            "method": self.method,
            "settings": dict(self.settings),
            "cells": self.cells,
            "changed": self.changed,
            "suppressed": self.suppressed,
            "suppressed_by_reason": dict(self.primary),
            "loss": {name: getattr(self.loss, name) for name in Loss.__slots__},
            "guarantee": self.guarantee,
            "notes": list(self.notes),
        }

    def summary(self) -> str:
        """Text for the office's terminal; not to be published, see :meth:`public_facts`."""
        lines = [f"Disclosure control: {self.method}", f"  {self.guarantee}"]
        lines.append(f"  cells {self.cells}, changed {self.changed}, suppressed {self.suppressed}")
        loss = self.loss
        if loss.mean_deviation is not None:
            lines.append(
                f"  deviation: mean {loss.mean_deviation:.2f}, median {loss.median_deviation:g}, "
                f"largest {loss.max_deviation:g}; Hellinger distance {loss.hellinger:.4f}"
            )
        if self.suppressed:
            lines.append(f"  withheld: {loss.suppressed_share:.1%} of the sum of all cells")
        lines += [f"  note: {note}" for note in self.notes]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Protected:
    """A table that may leave, and the report on it.

    Parameters
    ----------
    frame
        The dimensions, ``value`` (NaN where withheld), ``status`` and ``confidentiality``, in the order and with
        the index of the cells. It holds nothing else: cell keys and contributors would undo the protection.
    report
        What was done.
    reasons
        For the office alone, aligned with ``frame``: the reason why a cell is withheld, empty where it is not.
    """

    frame: pd.DataFrame
    report: DisclosureReport
    reasons: pd.Series[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Release:
    """An earlier release, which readers have kept.

    Parameters
    ----------
    cells
        The cells of its tables, in the order of the tables that are protected now.
    published
        What was published of each: the dimensions and ``value``, empty where withheld.
    settings
        How it was protected; None where as now.
    """

    cells: Sequence[Any]
    published: Sequence[Any]
    settings: DisclosureSettings | None = None


@dataclass(frozen=True, slots=True)
class NoiseAttack:
    """What averaging and differencing get out of published noise.

    Parameters
    ----------
    cells
        Number of positive cells.
    error_published, error_averaged
        Root mean square error of a reader who takes the published figures, and of one who averages over all sums.
    small_cells
        Number of positive counts below the threshold.
    small_found_published, small_found_averaged
        Share of them that the published figure, or the rounded average, gets exactly right.
    differences
        Number of pairs of a total and one of its parts that differ by fewer records than the threshold.
    differences_found
        Share of them in which the difference of the published figures is the true one.
    """

    cells: int
    error_published: float
    error_averaged: float
    small_cells: int
    small_found_published: float
    small_found_averaged: float
    differences: int
    differences_found: float

    def summary(self) -> str:
        """Text for the attacker's report."""
        return "\n".join(
            [
                "Attack on the noise",
                f"  averaging over all sums brings the error from {self.error_published:.2f} to "
                f"{self.error_averaged:.2f} (root mean square, {self.cells} positive cells)",
                f"  small counts guessed exactly: {self.small_found_published:.1%} from the figure alone, "
                f"{self.small_found_averaged:.1%} after averaging ({self.small_cells} small counts)",
                f"  small differences between a total and a part found exactly: {self.differences_found:.1%} "
                f"({self.differences} such differences)",
            ]
        )


@dataclass(frozen=True, slots=True)
class JointAttack:
    """What a reader who holds all tables and releases with noise can prove, or be confident of.

    Parameters
    ----------
    tables, releases, cells
        Numbers of tables and releases that were put together, and of different positive true counts in them.
    small
        Counts from 1 to below this are protected.
    protected
        Number of protected counts.
    narrower
        Number of them that are proved to be small: all true counts that fit lie from 1 to below ``small``.
    exact
        Number of those that are proved to the record.
    confident
        Number of protected counts of which averaging over all sums makes a reader 95 % sure that they are small.
    changes
        Number of cells that changed by fewer than ``small`` records between two releases.
    changes_seen
        Number of those whose figure changed, so that a reader knows that something did.
    changes_told
        Number of those whose change is proved to be from 1 to below ``small``.
    not_examined
        Number of protected counts and changes that the work allowed was not enough for.
    intervals
        The counts and changes that are told: ``kind`` (``cell`` or ``change``), ``release``, the dimensions,
        ``lower`` and ``upper``.
    """

    tables: int
    releases: int
    cells: int
    small: int
    protected: int
    narrower: int
    exact: int
    confident: int
    changes: int
    changes_seen: int
    changes_told: int
    not_examined: int
    intervals: pd.DataFrame = field(repr=False)

    @property
    def verdict(self) -> str:
        """``broken`` if anything protected is told; ``open`` if not all was examined; else ``holds``."""
        if self.narrower or self.confident or self.changes_told:
            return "broken"
        return "open" if self.not_examined else "holds"

    def tidy(self) -> pd.DataFrame:
        """What is told, one row a count or change."""
        return self.intervals.copy()

    def facts(self) -> dict[str, Any]:
        """Numbers and verdict, for the office alone."""
        names = [name for name in self.__slots__ if name != "intervals"]
        return {"verdict": self.verdict, **{name: getattr(self, name) for name in names}}

    def summary(self) -> str:
        """Text for the attacker's report."""
        last = self.small - 1
        range_ = "1" if last == 1 else f"1 to {last}"
        lines = [
            f"Attack on all tables together: {self.verdict}",
            f"  {_number(self.tables, 'table')}, {_number(self.releases, 'release')}, {self.cells:,} positive counts, "
            f"{self.protected:,} of them protected ({range_})",
            f"  proved to be {range_}: {self.narrower:,}, to the record {self.exact:,}",
            f"  95 % sure to be {range_} after averaging: {self.confident:,}",
            f"  changes of {range_} between releases: {self.changes:,}, seen {self.changes_seen:,}, "
            f"told {self.changes_told:,}",
        ]
        if self.not_examined:
            lines.append(f"  not examined, for lack of work allowed: {self.not_examined:,}")
        return "\n".join(lines)


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
