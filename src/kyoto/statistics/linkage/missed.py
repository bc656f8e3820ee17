"""How many true pairs were never looked at, or thrown out at once: a capture–recapture estimate.

A pair is found if it agrees on two of three things: the date of birth, how the given name sounds, how the family name
sounds. If errors in the three strike independently, the pairs that disagree on one tell how many disagree on two or
three: the independence model of three lists (Fienberg 1972, *Biometrika* 59, 591–603). Pairs that agree on both names
and not on the date are all found if they agree on the place, and are counted up from there. Real errors come together
(names in another script, both exchanged), so the estimate is rather too low than too high.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["MOST_MISSED", "missed_share", "thinned"]

_FACTORS = ("birth", "given_sound", "family_sound")
MOST_MISSED = 0.4
"""Share above which an estimate of what is missed is no longer believed; linkage this bad has no limits."""


def missed_share(table: pa.Table, left: Any, right: Any, probability: Any) -> float | None:
    """Share of the true pairs that are not among the candidates.

    Parameters
    ----------
    table
        Prepared records: ``birth``, ``given_sound``, ``family_sound``.
    left, right
        Positions of the records of each candidate pair, shape (pairs,).
    probability
        That they are one person.

    Returns
    -------
    float or None
        None where the records lack one of the three, or no candidate agrees on all of them.

    Examples
    --------
    >>> import pyarrow as pa
    >>> names = {"given_sound": list("aaaaaaaabb"), "family_sound": list("ccccccdddd")}
    >>> table = pa.table({"birth": list("1111222222"), **names})
    >>> pairs = [(0, 1), (2, 3), (4, 5), (0, 4), (6, 7), (8, 9)]
    >>> missed_share(table, *np.array(pairs).T, np.ones(6))
    0.0
    """
    if not set(_FACTORS) <= set(table.column_names):
        return None
    weight = np.asarray(probability, dtype=float)
    agree = np.stack([_agreement(table[name], left, right) for name in _FACTORS])
    counts = {cell: float(weight[_in_cell(agree, cell)].sum()) for cell in product((True, False), repeat=3)}
    whole = counts[True, True, True]
    if not whole:
        return None
    odds = [counts[cell] / whole for cell in ((False, True, True), (True, False, True), (True, True, False))]
    if "place" in table.column_names:
        same = _agreement(table["place"], left, right)
        both, one = (float(weight[same & _in_cell(agree, (day, True, True))].sum()) for day in (True, False))
        odds[0] = max(odds[0], one / both if both else 0.0)
    missed = 0.0
    for cell, found in counts.items():
        expected = whole * float(np.prod([odd for odd, agrees in zip(odds, cell, strict=True) if not agrees]))
        missed += max(0.0, expected - found) if not all(cell) else 0.0
    return missed / (missed + float(weight.sum()))


def _in_cell(agree: Any, cell: tuple[bool, ...]) -> Any:
    """Pairs that agree on just these of the three."""
    return (agree == np.array(cell)[:, None]).all(axis=0)


def _agreement(column: pa.ChunkedArray, left: Any, right: Any) -> Any:
    """Whether the two records of each pair hold the same value; empty ones agree with nothing."""
    codes = column.combine_chunks().dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False)
    one, other = codes[left], codes[right]
    return (one == other) & (one >= 0)


def thinned(labels: Any, missed: float, random: np.random.Generator) -> Any:
    """Persons of a linkage that misses as many true pairs again as it is estimated to miss.

    Each record leaves its person with the same chance. What a figure moves by then is what it moved by through the
    links that are missed already: the first step of simulation and extrapolation (Cook and Stefanski 1994, *Journal of
    the American Statistical Association* 89, 1314–1328).

    Parameters
    ----------
    labels
        Number of the person of each record, shape (records,).
    missed
        Share of the true pairs that is missed; at most :data:`MOST_MISSED` counts.
    random
        Draws.
    """
    share = min(missed, MOST_MISSED)
    alone = 1 - np.sqrt((1 - 2 * share) / (1 - share))
    found = np.array(labels, dtype=np.int64)
    leaves = random.random(found.size) < alone
    found[leaves] = int(found.max()) + 1 + np.arange(int(leaves.sum()))
    return found
