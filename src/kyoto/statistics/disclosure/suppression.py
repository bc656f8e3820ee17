"""Secondary suppression: withhold more cells until no reader can narrow a primary cell down.

Every primary cell gets, for each of the two values that must stay possible, an alternative table that agrees with all
that is published (:mod:`~kyoto.statistics.disclosure.deviation`). These tables are kept: they are the proof that the
pattern holds, and :func:`pattern_holds` checks them against the equations alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kyoto.statistics.disclosure.deviation import Deviation, Neighbourhoods, cheapest_deviation
from kyoto.statistics.disclosure.structure import System

__all__ = ["Needs", "Pattern", "pattern_holds", "suppress"]

_FIRST_SIZE = 150
_LAST_TRIAL_SIZE = 600
_FREE = 1e-6
_SLACK = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Needs:
    """What must stay possible.

    Parameters
    ----------
    primary
        Cells that a rule withholds, shape ``(cells,)``.
    lowest, highest
        Values that each primary cell must be able to take.
    eligible
        Cells that may be withheld to protect others: not zeros, which readers may know to be zero.
    already
        Cells that are withheld before the search: those of earlier releases.
    """

    primary: NDArray[np.bool_]
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]
    eligible: NDArray[np.bool_]
    already: NDArray[np.bool_]


@dataclass(slots=True, eq=False)
class Pattern:
    """Cells to withhold, and the proof that this is enough.

    Parameters
    ----------
    withheld
        Shape ``(cells,)``; True for unlisted totals too, which nobody can read.
    proofs
        For each primary cell and direction (+1 or -1), an alternative table.
    """

    withheld: NDArray[np.bool_]
    proofs: dict[tuple[int, int], Deviation] = field(default_factory=dict)


def suppress(system: System, needs: Needs, *, trials: int | None = None) -> Pattern:
    """Find cells to withhold, small ones rather than large ones.

    Parameters
    ----------
    system
        Cells and relations of all tables that are published together.
    needs
        Primary cells and what must stay possible for them.
    trials
        How many secondary cells, the largest first, are tried for being published again; all if None. The
        effort grows with the square of the number of withheld cells.

    Returns
    -------
    Pattern
        To be checked by :func:`pattern_holds` before anything is published.
    """
    pattern = Pattern(needs.primary | needs.already | ~system.listed)
    search = _Search(system, needs)
    reach = np.zeros((2, len(system.values)))
    for cell in search.order():
        for sign in (1, -1):
            if search.amount(cell, sign) <= reach[int(sign < 0), cell] + _SLACK:
                continue
            deviation = search.deviation(cell, sign, pattern.withheld)
            pattern.withheld[deviation.cells] = True
            pattern.proofs[cell, sign] = deviation
            reach[0, deviation.cells] = np.maximum(reach[0, deviation.cells], deviation.amounts)
            reach[1, deviation.cells] = np.maximum(reach[1, deviation.cells], -deviation.amounts)
    _assign_shared_proofs(search, pattern)
    _take_back(search, pattern, trials)
    return pattern


class _Search:
    """The search's fixed parts: prices, neighbourhoods and what each cell needs."""

    def __init__(self, system: System, needs: Needs) -> None:
        self.system = system
        self.needs = needs
        usable = needs.eligible | needs.primary | needs.already | ~system.listed
        self.neighbourhoods = Neighbourhoods(system, usable)
        # a unit more for each cell: of two equal sums, withhold the one of fewer cells
        self.price = np.where(usable, system.values + 1.0, np.inf)
        self.whole = bool(np.all(system.values == np.rint(system.values)))

    def order(self) -> list[int]:
        """Primary cells, the most demanding first; ties in the order of the keys."""
        demand = np.maximum(self.needs.highest - self.system.values, self.system.values - self.needs.lowest)
        cells = np.flatnonzero(self.needs.primary)
        return [int(cell) for cell in cells[np.argsort(-demand[cells], kind="stable")]]

    def amount(self, cell: int, sign: int) -> float:
        """Needed rise (sign +1) or fall (-1) of a cell."""
        if sign > 0:
            return float(self.needs.highest[cell] - self.system.values[cell])
        return float(self.system.values[cell] - self.needs.lowest[cell])

    def deviation(self, cell: int, sign: int, withheld: NDArray[np.bool_]) -> Deviation:
        """Alternative table that withholds as little more as possible."""
        price = np.where(withheld, _FREE, self.price)
        amount = sign * self.amount(cell, sign)
        found = cheapest_deviation(
            self.system, self.neighbourhoods, price, cell, amount, whole=self.whole, size=_FIRST_SIZE
        )
        return found if found is not None else _proportional(self.system, cell, amount)

    def deviation_without(self, cell: int, sign: int, withheld: NDArray[np.bool_]) -> Deviation | None:
        """Alternative table that withholds nothing more, or None where none is near."""
        price = np.where(withheld, _FREE, np.inf)
        amount = sign * self.amount(cell, sign)
        return cheapest_deviation(
            self.system,
            self.neighbourhoods,
            price,
            cell,
            amount,
            whole=self.whole,
            size=_FIRST_SIZE,
            largest=_LAST_TRIAL_SIZE,
        )


def _proportional(system: System, cell: int, amount: float) -> Deviation:
    """The whole table multiplied: it obeys every sum, so withholding everything always protects."""
    factor = np.ceil(amount / system.values[cell]) if amount > 0 else -1.0
    moved = np.flatnonzero(system.values > 0)
    return Deviation(moved, factor * system.values[moved])


def _assign_shared_proofs(search: _Search, pattern: Pattern) -> None:
    """Give each need that another cell's table already met a proof of its own, so that all can be checked."""
    open_needs = {
        (cell, sign)
        for cell in search.order()
        for sign in (1, -1)
        if search.amount(cell, sign) > _SLACK and (cell, sign) not in pattern.proofs
    }
    for deviation in list(pattern.proofs.values()):
        for cell, amount in zip(deviation.cells.tolist(), deviation.amounts.tolist(), strict=True):
            sign = 1 if amount > 0 else -1
            if (cell, sign) in open_needs and abs(amount) >= search.amount(cell, sign) - _SLACK:
                pattern.proofs[cell, sign] = deviation
                open_needs.discard((cell, sign))


def _take_back(search: _Search, pattern: Pattern, trials: int | None) -> None:
    """Publish again each secondary cell without which every primary cell is still protected, dearest first."""
    system = search.system
    secondary = np.flatnonzero(pattern.withheld & search.needs.eligible & ~search.needs.primary)
    for cell in secondary[np.argsort(-system.values[secondary], kind="stable")][:trials]:
        trial = pattern.withheld.copy()
        trial[cell] = False
        replaced: dict[tuple[int, int], Deviation] = {}
        for need, proof in pattern.proofs.items():
            if cell not in proof.cells:
                continue
            other = search.deviation_without(*need, trial)
            if other is None:
                break
            replaced[need] = other
        else:
            pattern.withheld = trial
            pattern.proofs.update(replaced)


def pattern_holds(system: System, needs: Needs, pattern: Pattern) -> bool:
    """Check the proofs of a pattern against the equations, without the solver that found them.

    Parameters
    ----------
    system, needs, pattern
        As in :func:`suppress`.

    Returns
    -------
    bool
        True if every primary cell is withheld, and for each value that must stay possible there is a
        table that has no negative cell, obeys every relation, agrees with every published cell, and takes it.
    """
    if (needs.primary & ~pattern.withheld).any():
        return False
    for cell in np.flatnonzero(needs.primary):
        for sign, target in ((1, needs.highest[cell]), (-1, needs.lowest[cell])):
            if abs(target - system.values[cell]) <= _SLACK:
                continue
            proof = pattern.proofs.get((int(cell), sign))
            if proof is None or not _proves(system, pattern, proof, int(cell), sign, float(target)):
                return False
    return True


def _proves(system: System, pattern: Pattern, proof: Deviation, cell: int, sign: int, target: float) -> bool:
    table = system.values.copy()
    table[proof.cells] += proof.amounts
    sums = system.relations @ table
    scale = _SLACK * np.maximum(abs(system.relations) @ system.values, 1.0)
    return bool(
        pattern.withheld[proof.cells].all()
        and table.min() >= -_SLACK
        and (sums >= system.lowest - scale).all()
        and (sums <= system.highest + scale).all()
        and sign * (table[cell] - target) >= -_SLACK
    )
