"""Panels: the same units observed period after period, checked before anything is estimated from them.

What cannot be estimated is refused with what the design needs instead: units twice in a period, gaps, a programme that
ends in some units, no untreated units, an outcome that never moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.evaluation.arrays import Booleans, Floats, Integers
from kyoto.analysis.evaluation.tables import as_frame, column_of_numbers, name_of, require_columns
from kyoto.core.errors import KyotoError, Problems, Where

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NEVER", "Panel", "read_panel"]

NEVER = -1
"""First treated period of units that never are."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """A balanced panel.

    Parameters
    ----------
    units, periods
        Labels, in order: N units, T periods.
    outcome
        Shape (N, T).
    treated
        Whether the programme runs, shape (N, T).
    first
        Position of the first treated period of each unit, :data:`NEVER` for units that never are; shape (N,).
    weights
        Of units, shape (N,).
    clusters
        Number of the cluster of each unit, shape (N,).
    covariates
        By name, each (N, T).
    name
        Name of the outcome.
    """

    units: tuple[str, ...]
    periods: tuple[Any, ...]
    outcome: Floats
    treated: Booleans
    first: Integers
    weights: Floats
    clusters: Integers
    covariates: Mapping[str, Floats] = field(default_factory=dict)
    name: str = "outcome"

    @property
    def ever(self) -> Booleans:
        """Which units are ever treated, shape (N,)."""
        return np.asarray(self.first != NEVER)

    @property
    def cohorts(self) -> Integers:
        """Positions of the periods in which units start, ascending."""
        return np.unique(self.first[self.ever])

    def restricted(self, kept: Booleans) -> Panel:
        """The panel of some of its units."""
        names = tuple(unit for unit, keep in zip(self.units, kept, strict=True) if keep)
        covariates = {key: value[kept] for key, value in self.covariates.items()}
        clusters = np.unique(self.clusters[kept], return_inverse=True)[1]
        return Panel(
            names,
            self.periods,
            self.outcome[kept],
            self.treated[kept],
            self.first[kept],
            self.weights[kept],
            clusters,
            covariates,
            self.name,
        )


def read_panel(
    source: Any,
    *,
    unit: str,
    period: str,
    outcome: str,
    treatment: str | None = None,
    start: str | None = None,
    weights: str | None = None,
    cluster: str | None = None,
    covariates: Sequence[str] = (),
    need_untreated: bool = True,
) -> Panel:
    """Read a panel from a dataframe or file, one row a unit and period.

    Parameters
    ----------
    source
        Dataframe, or path of a CSV, Excel or Parquet file.
    unit, period, outcome
        Columns.
    treatment
        Column of 0 and 1: whether the programme runs in this unit and period.
    start
        Instead: column of the unit's first treated period, empty (or 0) for units that never start.
    weights
        Column of weights, constant within units.
    cluster
        Column of clusters for standard errors, constant within units; units are clusters if not given.
    covariates
        Further columns of numbers.
    need_untreated
        Whether the design needs units that are never treated or not yet.

    Raises
    ------
    KyotoError
        All problems of the table in one pass: ``evaluation.duplicate-unit-period``, ``evaluation.gap``,
        ``evaluation.switches-off``, ``evaluation.no-untreated``, ``evaluation.no-treated``,
        ``evaluation.no-variance``, ``evaluation.no-before`` and those of reading.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"area": list("aabb"), "year": [1, 2, 1, 2], "crime": [5., 3, 6, 6], "on": [0, 1, 0, 0]})
    >>> panel = read_panel(rows, unit="area", period="year", outcome="crime", treatment="on")
    >>> panel.outcome.shape, panel.first.tolist()
    ((2, 2), [1, -1])
    """
    frame, file = as_frame(source), name_of(source)
    problems = Problems()
    if (treatment is None) == (start is None):
        raise KyotoError(
            "Say when the programme runs",
            code="evaluation.no-treatment-column",
            where=Where(file=file),
            expected="a column of 0 and 1 (treatment), or one of first treated periods (start)",
        )
    names = [unit, period, outcome, treatment, start, weights, cluster, *covariates]
    if not require_columns(frame, names, file=file, problems=problems):
        problems.raise_if_any()
    numbers = {
        name: column_of_numbers(frame, name, file=file, problems=problems, missing=False)
        for name in [outcome, treatment, weights, *covariates]
        if name is not None
    }
    problems.raise_if_any()
    grid = _Grid.of(frame, unit, period, file, problems)
    problems.raise_if_any()
    values = {name: grid.place(column) for name, column in numbers.items()}
    first = _starts(grid, frame, values, treatment, start, file, problems)
    panel = Panel(
        units=grid.units,
        periods=grid.periods,
        outcome=values[outcome],
        treated=(np.arange(len(grid.periods))[None, :] >= first[:, None]) & (first[:, None] != NEVER),
        first=first,
        weights=values[weights].mean(axis=1) if weights else np.ones(len(grid.units)),
        clusters=grid.constant(frame, cluster) if cluster else np.arange(len(grid.units)),
        covariates={name: values[name] for name in covariates},
        name=outcome,
    )
    _check_design(panel, need_untreated, file, problems)
    problems.raise_if_any()
    return panel


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """Where each row of the table belongs among units and periods."""

    units: tuple[str, ...]
    periods: tuple[Any, ...]
    row: Integers
    column: Integers

    @classmethod
    def of(cls, frame: pd.DataFrame, unit: str, period: str, file: str | None, problems: Problems) -> _Grid:
        import pandas as pd

        labels = frame[unit] if frame[unit].dtype.kind in "iu" else frame[unit].astype(str)
        rows, units = pd.factorize(labels, sort=True)
        columns, periods = pd.factorize(frame[period], sort=True)
        missing = (columns < 0) | frame[unit].isna().to_numpy()
        if missing.any():
            place = Where(file=file, line=int(np.flatnonzero(missing)[0]) + 2, column=period)
            problems.add(KyotoError("A row has no unit or period", code="evaluation.missing-period", where=place))
            return cls((), (), rows, columns)
        counts = np.zeros((len(units), len(periods)), dtype=np.int64)
        np.add.at(counts, (rows, columns), 1)
        _check_cells(counts, units, periods, (unit, period), file, problems)
        return cls(tuple(map(str, units)), tuple(periods), rows, columns)

    def place(self, values: Floats) -> Floats:
        """Column of the table as (units, periods)."""
        out = np.empty((len(self.units), len(self.periods)))
        out[self.row, self.column] = values
        return out

    def constant(self, frame: pd.DataFrame, name: str) -> Integers:
        """Number of a unit's value in a column, as in the unit's first row."""
        import pandas as pd

        first = pd.Series(frame[name].astype(str).to_numpy()).groupby(self.row).first()
        return np.asarray(pd.factorize(first.sort_index())[0], dtype=np.int64)


def _check_cells(
    counts: Integers, units: Any, periods: Any, names: tuple[str, str], file: str | None, problems: Problems
) -> None:
    for wrong, title, code, hint in (
        (
            counts > 1,
            "A unit stands twice in a period",
            "evaluation.duplicate-unit-period",
            "Add the rows up, or keep one: a panel has one row a unit and period.",
        ),
        (
            counts == 0,
            "The panel has gaps",
            "evaluation.gap",
            "Fill in the outcome (0 if nothing was recorded, and only then), or leave the unit out of all periods.",
        ),
    ):
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            problems.add(
                KyotoError(
                    title,
                    code=code,
                    where=Where(file=file),
                    got=f"{names[0]} {units[row]!s}, {names[1]} {periods[column]!s}; {int(wrong.sum())} in all",
                    expected="one row for every unit in every period",
                    hint=hint,
                )
            )


def _starts(
    grid: _Grid,
    frame: pd.DataFrame,
    numbers: Mapping[str, Floats],
    treatment: str | None,
    start: str | None,
    file: str | None,
    problems: Problems,
) -> Integers:
    """Position of each unit's first treated period."""
    if treatment is not None:
        return _from_switch(grid, numbers[treatment], treatment, file, problems)
    import pandas as pd

    assert start is not None
    given = pd.Series(frame[start].to_numpy()).groupby(grid.row).first().sort_index()
    codes, values = pd.factorize(given)
    periods = pd.Series(grid.periods)
    places = np.full(len(values) + 1, NEVER, dtype=np.int64)  # the last one is for empty cells, whose code is -1
    for number, value in enumerate(values):
        if str(value).strip() not in {"", "0", "0.0", "never", "inf"}:
            places[number] = _first_at(periods, value, Where(file=file, column=start), problems)
    return places[codes]


def _first_at(periods: pd.Series[Any], value: Any, where: Where, problems: Problems) -> int:
    """Position of the first period that is not before a start."""
    try:
        after = np.flatnonzero((periods >= value).to_numpy())
    except TypeError:
        problems.add(
            KyotoError(
                "A start is not written like the periods",
                code="evaluation.wrong-period",
                where=where,
                got=repr(value),
                expected=f"a value such as {periods.iloc[0]!r}, or an empty cell",
            )
        )
        return NEVER
    return int(after[0]) if len(after) else NEVER


def _from_switch(grid: _Grid, on: Floats, column: str, file: str | None, problems: Problems) -> Integers:
    strange = ~np.isin(on, (0.0, 1.0))
    if strange.any():
        problems.add(
            KyotoError(
                "The treatment is neither 0 nor 1",
                code="evaluation.not-binary",
                where=Where(file=file, column=column),
                got=f"{on[strange][0]:g}",
                expected="0 before the programme, 1 from its first period on",
                hint="A share of the year in force belongs to panel_regression, as a covariate.",
            )
        )
        return np.full(len(grid.units), NEVER, dtype=np.int64)
    off = np.diff(on, axis=1) < 0
    if off.any():
        row, position = np.argwhere(off)[0]
        problems.add(
            KyotoError(
                "The programme switches off",
                code="evaluation.switches-off",
                where=Where(file=file, column=column),
                got=f"unit {grid.units[row]} ends in {grid.periods[position + 1]}; {int(off.any(axis=1).sum())} units",
                expected="a programme that, once begun, goes on to the last period",
                hint="End the panel before the programme ends, or study its end as a programme of its own.",
            )
        )
    return np.where(on.any(axis=1), on.argmax(axis=1), NEVER)


def _check_design(panel: Panel, need_untreated: bool, file: str | None, problems: Problems) -> None:
    place = Where(file=file)
    if not panel.ever.any():
        problems.add(
            KyotoError(
                "No unit is ever treated", code="evaluation.no-treated", where=place, expected="at least one that is"
            )
        )
        return
    if need_untreated and panel.ever.all() and len(panel.cohorts) < 2:
        problems.add(
            KyotoError(
                "There are no untreated units",
                code="evaluation.no-untreated",
                where=place,
                got=f"{len(panel.units)} units, all treated from {panel.periods[int(panel.cohorts[0])]}",
                expected="units that are never treated, or that are treated later",
                hint="Without a comparison, an interrupted time series is what remains.",
            )
        )
    if (panel.first[panel.ever] == 0).all():
        problems.add(
            KyotoError(
                "There is no period before the programme",
                code="evaluation.no-before",
                where=place,
                got=f"all treated units start in {panel.periods[0]}",
                expected="at least one period before",
            )
        )
    if np.ptp(panel.outcome) == 0:
        problems.add(
            KyotoError(
                "The outcome never changes",
                code="evaluation.no-variance",
                where=Where(file=file, column=panel.name),
                got=f"{panel.outcome.flat[0]:g} in every row",
                expected="an outcome that varies",
            )
        )
