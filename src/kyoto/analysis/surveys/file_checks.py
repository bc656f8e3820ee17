"""What must hold of a file before it is summed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kyoto.analysis.surveys.replicates import check_sums
from kyoto.analysis.surveys.request import Request, SampleColumns
from kyoto.analysis.surveys.tables_in import SurveyTable
from kyoto.core.errors import KyotoError, Where

__all__ = ["check_replicates", "check_table"]


def check_table(table: SurveyTable, sample: SampleColumns, request: Request) -> None:
    """Refuse columns that are absent, hold text for numbers, or weights that cannot be."""
    replicates = sample.replicate_columns(table.columns)
    table.require([*sample.columns, *request.columns])
    table.require_numbers([sample.weight, *sample.fpc, *replicates, *request.number_columns])
    weight = table.number(sample.weight)
    row = table.connection.execute(
        f"SELECT count(*), count(*) FILTER ({weight} IS NULL), count(*) FILTER ({weight} < 0), "
        f"count(*) FILTER ({weight} > 0), min({weight}) FROM {table.source}"
    ).fetchone()
    assert row is not None
    rows, missing, negative, used, least = row
    where = Where(file=table.file, column=sample.weight)
    if missing:
        raise KyotoError(
            "Rows without a weight",
            code="survey.missing-weight",
            where=where,
            got=f"{missing:,} of {rows:,} rows",
            expected="a number, 0 or more, in every row",
            hint="Give people who were not interviewed the weight 0, or take their rows out.",
        )
    if negative:
        raise KyotoError(
            "A weight is negative",
            code="survey.negative-weight",
            where=where,
            got=f"{negative:,} rows, the least is {least:g}",
            expected="0 or more",
        )
    if not used:
        raise KyotoError("No row has a weight above 0", code="survey.no-weight", where=where, got=f"{rows:,} rows")


def check_replicates(table: SurveyTable, sample: SampleColumns, columns: Sequence[str], sets: Sequence[str]) -> None:
    """Refuse replicate weights that are missing, negative, or of another unit than the weights.

    Parameters
    ----------
    table, sample
        The answers, and which columns say how they were drawn.
    columns, sets
        Names of the replicate columns, and the expressions that read them.
    """
    probes = [f"sum({one}), min({one}), count({one})" for one in sets]
    row = table.connection.execute(
        f"SELECT count(*), sum({table.number(sample.weight)}), {', '.join(probes)} FROM {table.source}"
    ).fetchone()
    assert row is not None
    sums = []
    for at, column in enumerate(columns):
        total, least, count = row[2 + 3 * at : 5 + 3 * at]
        if count < row[0] or least < 0 or total != total:
            got = f"{row[0] - count:,} rows without one" if count < row[0] else f"{least:g}"
            raise KyotoError(
                "A replicate weight is missing or negative",
                code="survey.replicates-mismatch",
                where=Where(file=table.file, column=column),
                got=got,
                expected="a number, 0 or more, in every row",
            )
        sums.append(float(total))
    try:
        check_sums(float(row[1]), np.array(sums, dtype=np.float64))
    except KyotoError as error:
        raise KyotoError(
            error.title,
            code=error.code,
            where=Where(file=table.file, column=sample.replicates),
            got=error.got,
            expected=error.expected,
            hint=error.hint,
        ) from error
