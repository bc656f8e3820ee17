"""The only road out: every table goes through :func:`protect`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kyoto.statistics.disclosure.settings import DisclosureSettings

if TYPE_CHECKING:
    from kyoto.statistics.disclosure.result import Protected, Release

__all__ = ["protect", "protect_linked"]


def protect(
    cells: Any,
    dimensions: Sequence[str],
    hierarchies: Mapping[str, Mapping[str, str]] | None = None,
    settings: DisclosureSettings | None = None,
) -> Protected:
    """Protect one table.

    Parameters
    ----------
    cells
        Frame in long form, one row a cell, totals included: the dimensions, ``value`` (count; not whole where
        weighted) and ``cell_key`` (sum of the record keys modulo 2**32). For dominance rules also ``largest`` and
        ``second_largest``: the contributions of the two largest contributors, in the unit of the value.
    dimensions
        Columns that identify a cell.
    hierarchies
        For a dimension with levels, the parent of every code. A code without a parent belongs to ``_T`` where the
        dimension has one. Dimensions that are not named here are flat below ``_T``; without ``_T``, they have no total.
    settings
        What to do; cell-key perturbation if None.

    Returns
    -------
    Protected
        Table, report, and the reasons for the office alone.

    Raises
    ------
    KyotoError
        ``disclosure.missing-column``, ``disclosure.duplicate-cells``, ``disclosure.negative-value``,
        ``disclosure.not-a-number``, ``disclosure.wrong-cell-key``, ``disclosure.circular-hierarchy``.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.DataFrame({"sex": ["_T", "F", "M"], "value": [40, 1, 39], "cell_key": [5, 6, 4294967295]})
    >>> protect(cells, ["sex"]).frame
      sex  value status confidentiality
    0  _T   35.0      A               F
    1   F    0.0      A               F
    2   M   44.0      A               F
    """
    return protect_linked([cells], [dimensions], hierarchies, settings)[0]


def protect_linked(
    tables: Sequence[Any],
    dimensions: Sequence[Sequence[str]],
    hierarchies: Mapping[str, Mapping[str, str]] | None = None,
    settings: DisclosureSettings | None = None,
    *,
    earlier: Sequence[Release] = (),
) -> list[Protected]:
    """Protect several tables that share cells, so that no table gives another one away.

    Parameters
    ----------
    tables
        Frames as in :func:`protect`. Two cells are the same if their dimensions have the same codes; a dimension
        that a table does not have stands at ``_T`` in it.
    dimensions
        For each table, the columns that identify its cells.
    hierarchies, settings
        As in :func:`protect`; one hierarchy a dimension serves all tables.
    earlier
        Suppression: earlier releases of the same tables, oldest first. What they showed stays known to readers; what
        they withheld stays protected. The other methods need no memory.

    Returns
    -------
    list of Protected
        In the order of the tables.
    """
    from kyoto.statistics.disclosure.methods import METHOD_FUNCTIONS

    chosen = settings or DisclosureSettings()
    return METHOD_FUNCTIONS[chosen.method](tables, dimensions, hierarchies or {}, chosen, earlier)
