"""What adds up: the cells of one or several linked tables, and every equation between them that a reader knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from kyoto.core.errors import KyotoError
from kyoto.statistics.disclosure.hidden_totals import NO_CODE, row_numbers, with_hidden_totals

__all__ = ["TOTAL", "System", "build_system", "differences", "parents_in_use", "totals_and_parts"]

TOTAL = "_T"
"""Code of the total of a dimension."""
NOT_APPLICABLE = "_Z"
"""Code of what is outside a dimension; a total may or may not hold it."""

_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class System:
    """Distinct cells of linked tables and what is known to hold between them.

    The rows of ``relations`` are sums: +1 for the total, -1 for each part. A row times the values is zero where the
    parts make up the total, and then a reader is taken to know that. Where the total is larger (some records
    are known only to the total's level), or smaller (a person counted in several parts counts once in the
    total), the row holds as an inequality.

    Parameters
    ----------
    keys
        Codes of each cell, one column a dimension, in lexicographic order.
    values
        True values, shape ``(cells,)``; NaN where not known, even to the office.
    listed
        False for totals that no table shows but that tie tables together.
    relations
        Sparse, shape ``(relations, cells)``.
    lowest, highest
        Smallest and largest possible product of each relation with the values: 0 and 0, 0 and infinity, or
        minus infinity and 0.
    positions
        For each table, the number of the cell of each of its rows.
    """

    keys: pd.DataFrame
    values: NDArray[np.float64]
    listed: NDArray[np.bool_]
    relations: sparse.csr_array
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]
    positions: tuple[NDArray[np.int64], ...]


def build_system(
    frames: Sequence[pd.DataFrame],
    dimensions: Sequence[Sequence[str]],
    hierarchies: Mapping[str, Mapping[str, str]],
    *,
    assume_sums: bool = False,
) -> System:
    """Cells and relations of linked tables.

    Parameters
    ----------
    frames
        Checked cells, one frame a table, totals included.
    dimensions
        For each table, the columns that identify its cells. A dimension that a table does not have stands at
        its total there.
    hierarchies
        Parent of every code, for dimensions with levels.
    assume_sums
        A sum with an unknown member is taken to hold; else it is left out.

    Returns
    -------
    System

    Raises
    ------
    KyotoError
        ``disclosure.tables-disagree``: a shared cell has two values; ``disclosure.circular-hierarchy``.

    Examples
    --------
    >>> frame = pd.DataFrame({"sex": ["_T", "F", "M"], "value": [5.0, 2.0, 3.0]})
    >>> build_system([frame], [["sex"]], {}).relations.toarray().tolist()
    [[-1.0, -1.0, 1.0]]
    """
    names = list(dict.fromkeys(name for own in dimensions for name in own))
    stacked = _stacked(frames, dimensions, names, hierarchies)
    grouped = stacked.groupby(names, sort=True, dropna=False) if names else stacked.groupby(lambda _: 0)
    number = grouped.ngroup().to_numpy(dtype=np.int64)
    _check_agreement(stacked, grouped["value"].transform("first"), names)
    keys = stacked.iloc[np.unique(number, return_index=True)[1]]
    # a value that one table shows is known, whatever another withholds
    values = grouped["value"].first().to_numpy(dtype=np.float64)
    coded, parents, outside = _coded(keys[names], hierarchies)
    listed = np.ones(len(keys), dtype=bool)
    if len(frames) > 1:
        coded, values, listed = with_hidden_totals(coded, values, parents)
    relations, lowest, highest = _relations(coded, values, parents, outside, assume_sums)
    ends = np.cumsum([0, *map(len, frames)]).tolist()
    positions = tuple(number[start:end].astype(np.int64) for start, end in pairwise(ends))
    return System(keys[names].reset_index(drop=True), values, listed, relations, lowest, highest, positions)


def parents_in_use(codes: Sequence[str], hierarchy: Mapping[str, str] | None, dimension: str = "") -> dict[str, str]:
    """Nearest ancestor of each code among the codes themselves.

    A code without one belongs to ``_T`` if that is among the codes, else to nothing.

    Raises
    ------
    KyotoError
        ``disclosure.circular-hierarchy``: a code is its own ancestor.

    Examples
    --------
    >>> parents_in_use(["_T", "01", "010221", "_U"], {"010221": "01022", "01022": "0102", "0102": "01"})
    {'01': '_T', '010221': '01', '_U': '_T'}
    """
    present = set(codes)
    found: dict[str, str] = {}
    for code in codes:
        above = _nearest_ancestor(code, present, hierarchy or {}, dimension)
        if above is None and TOTAL in present and code != TOTAL:
            above = TOTAL
        if above is not None:
            found[code] = above
    return found


def _nearest_ancestor(code: str, present: set[str], hierarchy: Mapping[str, str], dimension: str) -> str | None:
    """First ancestor that is present; the whole way up is walked, so that no circle goes unseen."""
    seen = {code}
    nearest = None
    above = hierarchy.get(code)
    while above is not None:
        if above in seen:
            raise KyotoError(
                f"{above!r} is its own ancestor",
                code="disclosure.circular-hierarchy",
                got=f"a circle in the hierarchy of {dimension!r}" if dimension else "",
                hint="Give every code one parent, and the uppermost one none.",
            )
        seen.add(above)
        if nearest is None and above in present:
            nearest = above
        above = hierarchy.get(above)
    return nearest


def _stacked(
    frames: Sequence[pd.DataFrame],
    dimensions: Sequence[Sequence[str]],
    names: Sequence[str],
    hierarchies: Mapping[str, Mapping[str, str]],
) -> pd.DataFrame:
    """All cells below each other, codes as text, absent dimensions at their total."""
    parts = []
    for frame, own in zip(frames, dimensions, strict=True):
        columns = {
            name: frame[name].astype(str).to_numpy() if name in own else _root(hierarchies.get(name)) for name in names
        }
        values = frame["value"].to_numpy(dtype=np.float64, na_value=np.nan)
        parts.append(pd.DataFrame({**columns, "value": values}, index=range(len(frame))))
    return pd.concat(parts, ignore_index=True)


def _root(hierarchy: Mapping[str, str] | None) -> str:
    """Code at the top of a hierarchy; ``_T`` where there is none or more than one."""
    tops = {parent for parent in (hierarchy or {}).values() if parent not in (hierarchy or {})}
    return tops.pop() if len(tops) == 1 else TOTAL


def _check_agreement(stacked: pd.DataFrame, first: pd.Series[float], names: Sequence[str]) -> None:
    differs = (stacked["value"] - first).abs() > _TOLERANCE * np.maximum(first.abs(), 1.0)
    if differs.any():
        cell = stacked.loc[differs, list(names)].iloc[0].to_dict()
        raise KyotoError(
            f"{int(differs.sum())} cells have different values in linked tables",
            code="disclosure.tables-disagree",
            got=", ".join(f"{name} = {code}" for name, code in cell.items()),
            hint="Tables of different counting rules have no cells in common: protect them apart.",
        )


def _coded(
    keys: pd.DataFrame, hierarchies: Mapping[str, Mapping[str, str]]
) -> tuple[NDArray[np.int64], list[NDArray[np.int64]], list[int]]:
    """Keys as numbers, and for each dimension the number of each code's parent (or -1), and that of ``_Z`` (or -1)."""
    columns, parents, outside = [], [], []
    for name in keys.columns:
        codes = sorted(keys[name].unique())
        if codes and TOTAL not in codes and name not in hierarchies:
            parents.append(np.full(len(codes), NO_CODE))
        else:
            rank = {code: place for place, code in enumerate(codes)}
            above = parents_in_use(codes, hierarchies.get(name), name)
            parents.append(np.array([rank[above[code]] if code in above else NO_CODE for code in codes]))
        columns.append(np.searchsorted(codes, keys[name].to_numpy(dtype=str)))
        outside.append(codes.index(NOT_APPLICABLE) if NOT_APPLICABLE in codes else NO_CODE)
    coded = np.column_stack(columns) if columns else np.zeros((len(keys), 0))
    return coded.astype(np.int64), parents, outside


def _relations(
    coded: NDArray[np.int64],
    values: NDArray[np.float64],
    parents: list[NDArray[np.int64]],
    outside: list[int],
    assume_sums: bool,
) -> tuple[sparse.csr_array, NDArray[np.float64], NDArray[np.float64]]:
    """Sums along every dimension, and how each holds."""
    matrices = [
        _sums_along(coded, values, dimension, above, outside[dimension]) for dimension, above in enumerate(parents)
    ]
    nothing = sparse.csr_array((0, len(coded)))
    return _with_kinds(sparse.csr_array(sparse.vstack([nothing, *matrices])), values, assume_sums)


def _sums_along(
    coded: NDArray[np.int64], values: NDArray[np.float64], dimension: int, above: NDArray[np.int64], outside: int
) -> sparse.csr_array:
    """One row for each cell that is a total along a dimension."""
    part, total = _children_and_totals(coded, dimension, above)
    distinct, group = np.unique(total, return_inverse=True)
    whole, shape = np.arange(len(distinct)), (len(distinct), len(coded))
    is_outside = coded[part, dimension] == outside if outside != NO_CODE else np.zeros(len(part), dtype=bool)
    inner = sparse.csr_array((-np.ones(len(part)), (group, part)), shape=shape)
    inner_alone = sparse.csr_array(
        (-np.ones((~is_outside).sum()), (group[~is_outside], part[~is_outside])), shape=shape
    )
    totals = sparse.csr_array((np.ones(len(distinct)), (whole, distinct)), shape=shape)
    # "not applicable" is a part of the total only where the figures say so
    alone = np.abs((totals + inner_alone) @ values) < np.abs((totals + inner) @ values)
    keep, drop = sparse.diags_array((~alone).astype(float)), sparse.diags_array(alone.astype(float))
    chosen = sparse.csr_array(totals + keep @ inner + drop @ inner_alone)
    chosen.eliminate_zeros()
    return chosen


def _children_and_totals(
    coded: NDArray[np.int64], dimension: int, above: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cells that have a total along a dimension, and that total: the nearest one that is among the cells."""
    cells = np.arange(len(coded))
    found_child, found_total = [], []
    waiting, level = cells, above[coded[:, dimension]]
    while True:
        waiting, level = waiting[level != NO_CODE], level[level != NO_CODE]
        if not len(waiting):
            break
        raised = coded[waiting].copy()
        raised[:, dimension] = level
        numbers = row_numbers(np.vstack([coded, raised]))
        known, wanted = numbers[: len(coded)], numbers[len(coded) :]
        place = np.full(numbers.max() + 1, NO_CODE)
        place[known] = cells
        total = place[wanted]
        hit = total != NO_CODE
        found_child.append(waiting[hit])
        found_total.append(total[hit])
        waiting, level = waiting[~hit], above[level[~hit]]
    if not found_child:
        return np.array([], dtype=np.int64), np.array([], dtype=np.int64)
    return np.concatenate(found_child), np.concatenate(found_total)


def _with_kinds(
    matrix: sparse.csr_array, values: NDArray[np.float64], assume_sums: bool
) -> tuple[sparse.csr_array, NDArray[np.float64], NDArray[np.float64]]:
    """How each sum holds; where the total is smaller than its parts, also that no part exceeds it."""
    unknown = np.isnan(values)
    open_sums = abs(matrix) @ unknown.astype(float) > 0
    if not assume_sums:
        matrix, open_sums = matrix[~open_sums], open_sums[~open_sums]
    values = np.where(unknown, 0.0, values)
    rest = np.where(open_sums, 0.0, matrix @ values)
    scale = np.maximum(abs(matrix) @ values, 1.0)
    larger, smaller = rest > _TOLERANCE * scale, rest < -_TOLERANCE * scale
    lowest = np.where(smaller, -np.inf, 0.0)
    highest = np.where(larger, np.inf, 0.0)
    if smaller.any():
        pairs = differences(*totals_and_parts(matrix[smaller]), matrix.shape[1])
        matrix = sparse.csr_array(sparse.vstack([matrix, pairs]))
        lowest = np.concatenate([lowest, np.zeros(pairs.shape[0])])
        highest = np.concatenate([highest, np.full(pairs.shape[0], np.inf)])
    return matrix, lowest, highest


def totals_and_parts(relations: sparse.csr_array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cell numbers of the total and the part, for each part of each sum.

    Examples
    --------
    >>> total, part = totals_and_parts(sparse.csr_array([[-1.0, -1.0, 1.0]]))
    >>> total.tolist(), part.tolist()
    ([2, 2], [0, 1])
    """
    coo = relations.tocoo()
    total_of = np.zeros(relations.shape[0], dtype=np.int64)
    total_of[coo.row[coo.data > 0]] = coo.col[coo.data > 0]
    return total_of[coo.row[coo.data < 0]], coo.col[coo.data < 0].astype(np.int64)


def differences(larger: NDArray[np.int64], smaller: NDArray[np.int64], cells: int) -> sparse.csr_array:
    """One row a pair of cells: the larger less the smaller.

    Examples
    --------
    >>> differences(np.array([2, 2]), np.array([0, 1]), 3).toarray().tolist()
    [[-1.0, 0.0, 1.0], [0.0, -1.0, 1.0]]
    """
    rows = np.tile(np.arange(len(larger)), 2)
    signs = np.repeat([1.0, -1.0], len(larger))
    return sparse.csr_array((signs, (rows, np.concatenate([larger, smaller]))), shape=(len(larger), cells))
