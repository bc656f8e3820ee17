"""Studies from a table: which column is the effect, which its error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.evaluation.arrays import Booleans, Floats
from kyoto.analysis.evaluation.synthesis.result import Studies
from kyoto.analysis.evaluation.tables import as_frame, column_of_numbers, name_of, require_columns
from kyoto.core.errors import KyotoError, Problems, Where

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Columns", "read_studies"]

LABEL_NAMES = ("study", "author", "trial", "label", "name", "id")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is what.

    Parameters
    ----------
    effect
        Effects.
    variance, std_error
        One of them: sampling variances or standard errors.
    label
        Names of studies; found by its name if not given.
    by
        Subgroups.
    cluster
        Studies to which several effects belong.
    moderators
        Characteristics; text becomes one column of 0 and 1 for each value but the first.
    """

    effect: str
    variance: str | None = None
    std_error: str | None = None
    label: str | None = None
    by: str | None = None
    cluster: str | None = None
    moderators: tuple[str, ...] = ()


def read_studies(source: Any, columns: Columns) -> Studies:
    """Read studies from a dataframe or a CSV, Excel or Parquet file.

    Rows without an effect are left out and counted; an effect without its error is a problem.

    Raises
    ------
    KyotoError
        Every problem of the table in one pass: ``evaluation.wrong-column``, ``evaluation.not-a-number``,
        ``evaluation.no-error``, ``evaluation.negative-variance``, ``evaluation.zero-variance``,
        ``evaluation.no-effects``, ``evaluation.missing-number`` and ``evaluation.missing-cluster``.

    Examples
    --------
    >>> import pandas as pd
    >>> found = read_studies(pd.DataFrame({"d": [0.1, 0.3], "se": [0.1, 0.2]}), Columns("d", std_error="se"))
    >>> found.variances.round(2)
    array([0.01, 0.04])
    """
    frame, file = as_frame(source), name_of(source)
    problems = Problems()
    if (columns.variance is None) == (columns.std_error is None):
        raise KyotoError(
            "An effect needs its error",
            code="evaluation.no-error-column",
            where=Where(file=file),
            expected="one column of variances or one of standard errors",
            hint="Name it with --variance or --se.",
        )
    roles = [columns.effect, columns.variance, columns.std_error, columns.label, columns.by, columns.cluster]
    if not require_columns(frame, [*roles, *columns.moderators], file=file, problems=problems):
        problems.raise_if_any()
    effects = column_of_numbers(frame, columns.effect, file=file, problems=problems)
    error_column = columns.variance or columns.std_error or ""
    errors = column_of_numbers(frame, error_column, file=file, problems=problems)
    kept = ~np.isnan(effects)
    problems.raise_if_any()
    _check_errors(effects, errors, error_column, file, problems)
    if not kept.any():
        problems.add(KyotoError("There are no effects to pool", code="evaluation.no-effects", where=Where(file=file)))
    inside = frame.loc[kept]
    moderators = _moderators(inside, columns.moderators, file, problems)
    groups = _names(inside, columns.by, file, problems)
    clusters = _names(inside, columns.cluster, file, problems)
    problems.raise_if_any()
    variances = errors[kept] if columns.variance else errors[kept] ** 2
    return Studies(
        labels=_labels(inside, columns.label),
        effects=effects[kept],
        variances=variances,
        groups=groups,
        clusters=clusters,
        moderators=moderators,
        left_out=int((~kept).sum()),
    )


def _check_errors(effects: Floats, errors: Floats, column: str, file: str | None, problems: Problems) -> None:
    faults: tuple[tuple[Booleans, str, str, str], ...] = (
        (
            ~np.isnan(effects) & np.isnan(errors),
            "An effect has no error",
            "evaluation.no-error",
            "A study without its uncertainty has no weight: take it from the interval, test or counts, or remove it.",
        ),
        (errors < 0, "An error is negative", "evaluation.negative-variance", "Is this the right column?"),
        (
            errors == 0,
            "An error is zero",
            "evaluation.zero-variance",
            "A study that knows its effect exactly would outweigh all others: look at its source again.",
        ),
    )
    for wrong, title, code, hint in faults:
        if wrong.any():
            rows = np.flatnonzero(wrong)
            more = f"{len(rows)} rows" if len(rows) > 1 else "1 row"
            place = Where(file=file, line=int(rows[0]) + 2, column=column)
            problems.add(KyotoError(title, code=code, where=place, got=more, hint=hint))


def _names(frame: pd.DataFrame, column: str | None, file: str | None, problems: Problems) -> tuple[str, ...]:
    if column is None:
        return ()
    values = frame[column]
    if values.isna().any():
        problems.add(
            KyotoError(
                "A study has no group",
                code="evaluation.missing-cluster",
                where=Where(file=file, line=int(frame.index[values.isna()][0]) + 2, column=column),
                expected="a value in every row with an effect",
            )
        )
    return tuple(str(value) for value in values)


def _moderators(frame: pd.DataFrame, names: Sequence[str], file: str | None, problems: Problems) -> dict[str, Floats]:
    import pandas as pd

    found: dict[str, Floats] = {}
    for name in names:
        values = frame[name]
        numbers = pd.to_numeric(values, errors="coerce")
        if numbers.notna().sum() == values.notna().sum() and not values.isna().any():
            found[name] = numbers.to_numpy(dtype=np.float64)
            continue
        if values.isna().any() or numbers.notna().any():
            column_of_numbers(frame, name, file=file, problems=problems, missing=False)
            continue
        for value in sorted(values.astype(str).unique())[1:]:
            found[f"{name}={value}"] = (values.astype(str) == value).to_numpy(dtype=np.float64)
    return found


def _labels(frame: pd.DataFrame, column: str | None) -> tuple[str, ...]:
    name = column or next((str(c) for c in frame.columns if str(c).casefold() in LABEL_NAMES), None)
    if name is None:
        return tuple(f"Study {number}" for number in range(1, len(frame) + 1))
    return tuple(str(value) for value in frame[name])
