"""Answers as files of observations: Parquet or CSV."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kyoto.core.errors import KyotoError, Where
from kyoto.core.files import neutral_cell, writing
from kyoto.statistics.exchange.cts.answers import Answers, answers_from, observations
from kyoto.statistics.observations import harmless

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["read_answers", "write_answers"]


def write_answers(answers: Answers, path: Path) -> None:
    """Write answers as observations, by the ending of the file.

    Parameters
    ----------
    answers
        Of one area and year.
    path
        ``.parquet`` or ``.csv``. In CSV, texts that a spreadsheet would run are made harmless.

    Raises
    ------
    KyotoError
        ``cts.unknown-format``, ``files.cannot-write``.
    """
    import pyarrow.parquet as pq
    from pyarrow import csv

    table = observations(answers)
    ending = path.suffix.casefold()
    if ending not in (".parquet", ".csv"):
        raise KyotoError(
            f"Answers are not written as {ending or 'a file without ending'}",
            code="cts.unknown-format",
            where=Where(file=str(path)),
            expected=".parquet or .csv",
        )
    with writing(path) as part:
        if ending == ".parquet":
            pq.write_table(table, part, compression="zstd")
        else:
            csv.write_csv(harmless(table), part)


def read_answers(path: Path) -> Answers:
    """Read what :func:`write_answers` wrote.

    Raises
    ------
    KyotoError
        ``cts.missing-file``, ``cts.no-answers``, ``cts.several-answers``.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import csv

    try:
        if path.suffix.casefold() == ".parquet":
            table = pq.read_table(path)
        else:
            types = {name: pa.string() for name in observations(Answers("", "")).column_names if name != "value"}
            options = csv.ConvertOptions(column_types=types | {"value": pa.float64()}, strings_can_be_null=False)
            table = csv.read_csv(path, convert_options=options)
    except FileNotFoundError:
        raise KyotoError("No such file of answers", code="cts.missing-file", where=Where(file=str(path))) from None
    except (pa.ArrowException, OSError) as error:
        raise KyotoError(
            "These are no answers to the questionnaire",
            code="cts.no-answers",
            where=Where(file=str(path)),
            detail=str(error).splitlines()[0],
            expected="observations that `kyoto cts import` wrote",
        ) from None
    return answers_from(_with_original_texts(table), file=str(path))


def _with_original_texts(table: pa.Table) -> pa.Table:
    """Take away the apostrophe that a CSV needed before texts a spreadsheet would run."""
    return _mapped(table, lambda text: text[1:] if text[:1] == "'" and neutral_cell(text[1:]) == text else text)


def _mapped(table: pa.Table, change: Callable[[str], str]) -> pa.Table:
    import pyarrow as pa

    columns = [
        pa.array([None if text is None else change(text) for text in column.to_pylist()], pa.string())
        if pa.types.is_string(column.type)
        else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)
