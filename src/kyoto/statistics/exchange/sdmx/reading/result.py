"""Observations of an SDMX file in the shape of every published figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.exchange.sdmx.periods import UNTIMED, from_sdmx
from kyoto.statistics.exchange.sdmx.reading.collecting import Collector, missing_dimension
from kyoto.statistics.observations import TOTAL, observation_columns

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd
    import pyarrow as pa

__all__ = ["SdmxObservations", "observations_from"]

_COLUMNS: Final = {
    "SERIES": "series",
    "REF_AREA": "area",
    "ICCS": "iccs",
    "SEX": "sex",
    "AGE": "age",
    "UNIT_MEASURE": "unit",
    "TIME_PERIOD": "period",
    "PERIOD": "period",
    "OBS_VALUE": "value",
    "LOWER_BOUND": "lower",
    "UPPER_BOUND": "upper",
    "OBS_STATUS": "status",
    "CONF_STATUS": "confidentiality",
    "SOURCE_DETAIL": "source",
    "COMMENT_OBS": "note",
}
_NUMBERS: Final = ("value", "lower", "upper")
_ABSENT: Final = {"iccs": TOTAL, "sex": TOTAL, "age": TOTAL, "status": "A", "confidentiality": "F"}
"""What a column holds that the file has no component for."""


@dataclass(frozen=True, slots=True)
class SdmxObservations:
    """What an SDMX file holds.

    Parameters
    ----------
    file
        The file.
    format
        Name of its format.
    dataflow
        Identifier of its dataflow; empty if the file does not say.
    table
        Observations: the columns of published figures, other components between ``age`` and ``unit`` in lower case.
    """

    file: str
    format: str
    dataflow: str
    table: pa.Table

    def tidy(self) -> pd.DataFrame:
        """One row an observation."""
        frame: pd.DataFrame = self.table.to_pandas()
        return frame

    def summary(self) -> str:
        """What the file holds, in words."""
        import pyarrow.compute as pc

        periods = sorted(pc.unique(self.table.column("period")).to_pylist())
        missing = self.table.column("value").null_count
        lines = [
            f"{self.file}: {self.format}, dataflow {self.dataflow or 'not named'}",
            f"  {self.table.num_rows:,} observations, {missing:,} of them without a value",
            f"  columns: {', '.join(self.table.column_names)}",
        ]
        if periods:
            lines.append(f"  periods: {periods[0]} to {periods[-1]} ({len(periods)})")
        return "\n".join(lines)

    def plot(self) -> alt.Chart:
        """Values over time, a line a series; at most 5,000 observations are drawn."""
        import altair as alt

        frame = self.table.slice(0, 5000).to_pandas()
        keys = [name for name in frame.columns if name not in (*_NUMBERS, "period", "note", "source", "status")]
        frame["key"] = frame[keys].astype(str).agg(" ".join, axis=1)
        chart: alt.Chart = (
            alt.Chart(frame, title=f"How did {self.dataflow or 'it'} change?")
            .mark_line(point=True)
            .encode(x="period:O", y="value:Q", detail="key:N", color="series:N")
        )
        return chart


def observations_from(collector: Collector, file_format: str) -> SdmxObservations:
    """Observations of what a collector took.

    Parameters
    ----------
    collector
        All raw observations of the file.
    file_format
        Name of the format.

    Raises
    ------
    KyotoError
        ``sdmx.no-observations``, ``sdmx.missing-dimension``, ``sdmx.not-a-number``, ``sdmx.wrong-period``.
    """
    import pyarrow as pa

    if not len(collector):
        raise KyotoError(
            "The file holds no observations", code="sdmx.no-observations", where=Where(file=collector.file)
        )
    texts = {name: _decoded(collector, name) for name in collector.columns}
    frequencies = texts.pop("FREQ", None)
    columns: dict[str, Any] = {}
    for name, values in texts.items():
        column = collector.knowledge.columns.get(name) or _COLUMNS.get(name, name.lower())
        if column in _NUMBERS:
            columns[column] = _numbers(collector, name, values)
        elif name == "TIME_PERIOD":
            columns[column] = _periods(collector, values, frequencies)
        else:
            columns[column] = values
    collector.finish()
    for name in ("area", "period"):
        if name not in columns:
            wanted = {"area": "REF_AREA", "period": "TIME_PERIOD"}[name]
            raise missing_dimension(collector.file, wanted, collector.lines[0])
    defaults: Mapping[str, str] = {**_ABSENT, "series": collector.dataflow}
    own = [name for name in columns if name not in observation_columns()]
    arrays, names = [], observation_columns(own)
    for name in names:
        if name in _NUMBERS:
            arrays.append(pa.array(columns.get(name, [None] * len(collector)), pa.float64()))
        else:
            values = columns.get(name) or [defaults.get(name, "")] * len(collector)
            arrays.append(pa.array([value or "" for value in values], pa.string()))
    return SdmxObservations(collector.file, file_format, collector.dataflow, pa.table(arrays, names=names))


def _decoded(collector: Collector, name: str) -> list[str | None]:
    """Texts that the codes of a component stand for; the codes where there is no code list."""
    texts = collector.knowledge.codes.get(name)
    values = collector.columns[name]
    if texts is None or name == "FREQ":
        return values
    return [None if value is None else texts.get(value, value) for value in values]


def _numbers(collector: Collector, name: str, values: list[str | None]) -> list[float | None]:
    found: list[float | None] = []
    for value, line in zip(values, collector.lines, strict=True):
        try:
            number = float(value) if value not in (None, "", "NaN") else None
        except ValueError:
            number = None
            where = Where(file=collector.file, line=line, column=name)
            collector.report(
                KyotoError("Not a number", code="sdmx.not-a-number", where=where, got=str(value), expected="1234.5")
            )
        found.append(number)
    return found


def _periods(collector: Collector, values: list[str | None], frequencies: list[str | None] | None) -> list[str | None]:
    known: dict[str, str | None] = {}
    found: list[str | None] = []
    for number, value in enumerate(values):
        frequency = frequencies[number] if frequencies else None
        if frequency in UNTIMED:
            found.append(frequency)
            continue
        if value and value not in known:
            known[value] = from_sdmx(value)
            if known[value] is None:
                where = Where(file=collector.file, line=collector.lines[number], column="TIME_PERIOD")
                collector.report(KyotoError("Not a period", code="sdmx.wrong-period", where=where, got=value))
        elif not value and "TIME_PERIOD" not in collector.knowledge.dimensions:
            collector.report(missing_dimension(collector.file, "TIME_PERIOD", collector.lines[number]))
        found.append(known.get(value or ""))
    return found
