"""Published series as files of observations."""

from __future__ import annotations

from pathlib import Path

from kyoto.core.errors import KyotoError, Where
from kyoto.core.files import neutral_cell, writing
from kyoto.statistics.exchange.series.model import PublishedSeries

__all__ = ["write_series"]


def write_series(series: PublishedSeries, path: Path) -> None:
    """Write the observations, by the ending of the file.

    Parameters
    ----------
    series
        From :func:`~kyoto.statistics.exchange.series.reading.read_series`.
    path
        ``.parquet`` or ``.csv``. In CSV, texts that a spreadsheet would run are made harmless.

    Raises
    ------
    KyotoError
        ``series.unknown-format``, ``files.cannot-write``.
    """
    ending = path.suffix.casefold()
    if ending not in (".parquet", ".csv"):
        raise KyotoError(
            f"Series are not written as {ending or 'a file without ending'}",
            code="series.unknown-format",
            where=Where(file=str(path)),
            expected=".parquet or .csv",
        )
    frame = series.tidy()
    with writing(path) as part:
        if ending == ".parquet":
            frame.to_parquet(part, index=False, compression="zstd")
        else:
            texts = frame.select_dtypes(exclude="number").columns
            frame[texts] = frame[texts].map(neutral_cell)
            frame.to_csv(part, index=False)
