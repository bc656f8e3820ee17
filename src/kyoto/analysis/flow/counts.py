"""Reading counts by period: wide tables and observations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kyoto.analysis.flow.groups import require_columns
from kyoto.analysis.flow.reading import is_observations, read_table
from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["counts_of", "number_column", "read_counts"]


def number_column(frame: pd.DataFrame, column: str, file: str | None = None) -> pd.Series[float]:
    """Numbers of a column, none below zero; empty is missing.

    Raises
    ------
    KyotoError
        ``flow.wrong-number``: every line that holds none, up to ten.
    """
    import pandas as pd

    text = frame[column].astype("string").str.strip()
    text = text.mask(text == "")
    parsed: pd.Series[float] = pd.to_numeric(text, errors="coerce").astype("float64")
    wrong = text.notna() & (parsed.isna() | (parsed < 0))
    problems = Problems()
    for line in [int(str(place)) for place in frame.index[wrong.to_numpy()][:10]]:
        where = Where(file=file, line=line + 2, column=column)
        problems.add(
            KyotoError(
                "Not a count",
                code="flow.wrong-number",
                where=where,
                expected="a number, 0 or more",
                got=str(text[line]),
            )
        )
    problems.raise_if_any()
    return parsed


def read_counts(
    path: str | Path, columns: Mapping[str, str], *, by: Sequence[str] = (), period: str = "period"
) -> pd.DataFrame:
    """Read counts by period, from a wide table or from observations.

    Parameters
    ----------
    path
        CSV, Excel or Parquet.
    columns
        Quantity and the column that holds it or, in observations, the series.
    by
        Disaggregations. Observations are read at ``_T`` of all others.
    period
        Column of periods, in ISO 8601.

    Returns
    -------
    pandas.DataFrame
        ``period``, ``by``, and one column a quantity; sorted by ``by`` and ``period``.

    Raises
    ------
    KyotoError
        ``flow.wrong-column``, ``flow.wrong-number``, ``flow.no-series``, ``flow.duplicate-period``.
    """
    frame = read_table(path)
    if is_observations(frame):
        frame, period = _wide(frame, columns, by, str(path)), "period"
        columns = {name: name for name in columns}  # _wide names them so
    return counts_of(frame, columns, by=by, period=period, file=str(path))


def counts_of(
    frame: pd.DataFrame,
    columns: Mapping[str, str],
    *,
    by: Sequence[str] = (),
    period: str = "period",
    file: str | None = None,
) -> pd.DataFrame:
    """Counts of a wide dataframe; parameters as in :func:`read_counts`."""
    import pandas as pd

    require_columns(frame, [period, *by, *columns.values()], file)
    text = frame.astype("string")
    table = pd.DataFrame({"period": text[period].str.strip()})
    for name in by:
        table[name] = text[name].fillna("_U")
    for name, column in columns.items():
        table[name] = number_column(frame.reset_index(drop=True), column, file).to_numpy()
    repeated = table.duplicated(["period", *by])
    if repeated.any():
        raise KyotoError(
            "A period stands there twice",
            code="flow.duplicate-period",
            where=Where(file=file, line=int(repeated.to_numpy().argmax()) + 2, column=period),
            got=str(table.loc[repeated, "period"].iloc[0]),
            hint="State what tells the rows apart with --by, or add them up first.",
        )
    return table.sort_values([*by, "period"], ignore_index=True)


def _wide(frame: pd.DataFrame, columns: Mapping[str, str], by: Sequence[str], file: str) -> pd.DataFrame:
    """Observations as a wide table: the series wanted, totals of every other disaggregation."""
    from kyoto.statistics.observations import TOTAL, dimension_columns

    require_columns(frame, list(by), file)
    known = sorted(frame["series"].dropna().unique())
    for series in columns.values():
        if series not in known:
            raise KyotoError(
                f"No series {series!r}", code="flow.no-series", where=Where(file=file), hint=did_you_mean(series, known)
            )
    others = [name for name in dimension_columns(frame.columns) if name not in ("period", "area", *by)]
    kept = frame["series"].isin(list(columns.values()))
    for name in others:
        kept &= frame[name].fillna(TOTAL) == TOTAL
    for name in by:
        kept &= frame[name] != TOTAL
    chosen = frame[kept]
    names = {series: name for name, series in columns.items()}
    wide = chosen.assign(series=chosen["series"].map(names)).pivot_table(
        index=["period", *by], columns="series", values="value", aggfunc="first"
    )
    return wide.reset_index().rename_axis(columns=None)
