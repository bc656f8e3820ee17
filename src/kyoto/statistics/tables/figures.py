"""From protected cells to observations: intervals, rates, shares, and the columns that every figure carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.statistics.observations import TOTAL, observation_columns
from kyoto.statistics.tables.intervals import poisson_interval, rate_interval, wilson_interval
from kyoto.statistics.tables.model import TableSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from kyoto.statistics.tables.population import Population

    Floats = NDArray[np.float64]

__all__ = ["FigureContext", "observations"]


@dataclass(frozen=True, slots=True)
class FigureContext:
    """What a figure says about itself besides its cell.

    Parameters
    ----------
    area
        Area that a table without areas, and the total of one with areas, stands for.
    period
        Period of a table that is not by period.
    unit
        Counting unit.
    source
        Name of the source.
    population
        Denominators of rates; None if the project names none.
    note
        Goes into every row.
    """

    area: str
    period: str
    unit: str
    source: str
    population: Population | None = None
    note: str = ""


def observations(
    cells: pa.Table, protected: Mapping[str, Any], spec: TableSpec, dimensions: list[str], context: FigureContext
) -> pa.Table:
    """Observations of one table.

    Parameters
    ----------
    cells
        Cells of :func:`~kyoto.statistics.tables.counting.count_cells`: the dimension columns are used.
    protected
        ``value`` (not-a-number where withheld), ``status`` and ``confidentiality``, aligned with the cells.
    spec
        The counting rule.
    dimensions
        Names of the dimension columns.
    context
        Area, period, unit, source and denominators.

    Returns
    -------
    pyarrow.Table
        Columns of :func:`~kyoto.statistics.observations.observation_columns`: the counts with exact Poisson
        intervals, then rates (series ``NAME.rate``), then shares with Wilson intervals (``NAME.share``).
    """
    import pyarrow as pa

    keys = _keys(cells, dimensions, context)
    value = np.asarray(protected["value"], dtype=float)
    marks = {name: np.asarray(protected[name], dtype=object) for name in ("status", "confidentiality")}
    blocks = [_block(keys, spec.name, context.unit, _poisson(value), marks, context)]
    if spec.rate is not None:
        unit = f"per {spec.rate} population"
        blocks.append(_block(keys, f"{spec.name}.rate", unit, *_rates(keys, value, marks, spec, context), context))
    if spec.share is not None:
        column = "area" if spec.share == "region" else spec.share
        estimates, rows = _shares(keys, value, column, context)
        kept = {name: mark[rows] for name, mark in marks.items()}
        blocks.append(
            _block(keys.filter(pa.array(rows)), f"{spec.name}.share", f"share of {column}", estimates, kept, context)
        )
    return pa.concat_tables(blocks).select(observation_columns(dimensions))


def _keys(cells: pa.Table, dimensions: list[str], context: FigureContext) -> pa.Table:
    """Key columns of all cells; what the table is not by is constant."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = cells.num_rows
    columns = {name: cells[name].cast(pa.string()) for name in dimensions}
    if "area" in columns:
        columns["area"] = pc.if_else(pc.equal(columns["area"], TOTAL), context.area, columns["area"])
    fixed = {"area": context.area, "period": context.period, "iccs": TOTAL, "sex": TOTAL, "age": TOTAL}
    for name, constant in fixed.items():
        if name not in columns:
            columns[name] = pa.repeat(constant, rows)
    return pa.table(columns)


def _poisson(value: Floats) -> tuple[Floats, Floats, Floats]:
    """Exact intervals; each different count is computed once, since large tables repeat small counts."""
    different, place = np.unique(value, return_inverse=True)
    interval = poisson_interval(different)
    return value, interval.lower[place], interval.upper[place]


def _rates(
    keys: pa.Table, value: Floats, marks: Mapping[str, Any], spec: TableSpec, context: FigureContext
) -> tuple[tuple[Floats, Floats, Floats], dict[str, Any]]:
    """Rates against the population of the same area, period, sex and age."""
    people = np.full(len(value), np.nan)
    if context.population is not None:
        wanted = keys.select(["area", "period", "sex", "age"]).to_pandas()
        people = np.asarray(context.population.denominators(wanted), dtype=float)
    rate = rate_interval(value, people, multiplier=float(spec.rate or 1))
    without = np.isnan(people) & ~np.isnan(value)
    status = np.where(without, "M", marks["status"])
    return (rate.estimate, rate.lower, rate.upper), {**marks, "status": status}


def _shares(
    keys: pa.Table, value: Floats, column: str, context: FigureContext
) -> tuple[tuple[Floats, Floats, Floats], NDArray[np.bool_]]:
    """Parts of one dimension over their total in the same cell otherwise."""
    frame = keys.to_pandas()
    frame["value"] = value
    total = context.area if column == "area" else TOTAL
    others = [name for name in frame.columns if name not in (column, "value")]
    wholes = frame[frame[column] == total].set_index(others)["value"]
    rows = (frame[column] != total).to_numpy()
    parts = frame[rows]
    whole = wholes.reindex(parts.set_index(others).index).to_numpy(dtype=float)
    part = parts["value"].to_numpy(dtype=float)
    usable = ~np.isnan(part) & ~np.isnan(whole)
    # perturbation may leave a part above its whole; its share is then all of it
    share = wilson_interval(np.where(usable, np.minimum(part, whole), 0.0), np.where(usable, whole, 0.0))
    return (share.estimate, share.lower, share.upper), rows


def _block(
    keys: pa.Table,
    series: str,
    unit: str,
    estimates: tuple[Floats, Floats, Floats],
    marks: Mapping[str, Any],
    context: FigureContext,
) -> pa.Table:
    import pyarrow as pa

    rows = keys.num_rows
    value, lower, upper = (pa.array(part, from_pandas=True) for part in estimates)
    columns = {name: keys[name] for name in keys.column_names}
    columns |= {
        "series": pa.repeat(series, rows),
        "unit": pa.repeat(unit, rows),
        "value": value,
        "lower": lower,
        "upper": upper,
        "status": _texts(marks["status"]),
        "confidentiality": _texts(marks["confidentiality"]),
        "source": pa.repeat(context.source, rows),
        "note": pa.repeat(context.note, rows),
    }
    return pa.table(columns)


def _texts(marks: NDArray[np.object_]) -> pa.Array:
    """Marks as an Arrow column; most tables have one mark throughout, which is then converted once."""
    import pyarrow as pa

    if len(marks) and (marks == marks[0]).all():
        return pa.repeat(pa.scalar(marks[0], pa.string()), len(marks))
    return pa.array(marks, pa.string())
