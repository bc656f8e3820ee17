"""Indicators computed the way a build does it: counted, protected as the project says, then computed."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from kyoto.core.engine import open_engine
from kyoto.statistics.disclosure.settings import DisclosureSettings
from kyoto.statistics.indicators import compute, plan
from kyoto.statistics.pipeline.tabulation import CountedSource, Tabulator


@pytest.fixture(scope="session")
def engine():
    with open_engine("duckdb") as opened:
        yield opened


class RecordsColumn:
    def __init__(self, name):
        self.name, self.correspondence = name, ""


class RecordsSource:
    """What the project file would say of a frame of records."""

    def __init__(self, name, unit, frame):
        self.name, self.unit, self.frame = name, unit, frame
        self.columns = tuple(RecordsColumn(column) for column in frame.columns)


@pytest.fixture
def figures(engine):
    """Function: figures of an indicator from frames of records, as a pandas frame."""

    def compute_from(indicator, population, *sources, by=None, area="_Z", households=None):
        planned = plan(indicator, sources, by=by)
        assert planned.possible, planned.reason
        tabulator = Tabulator(engine, area, None, DisclosureSettings(method="none"))
        tables = []
        for spec in planned.tables:
            source = next(entry for entry in sources if entry.name == spec.source)
            records = engine.table(pa.Table.from_pandas(source.frame, preserve_index=False), f"records_{source.name}")
            tables.append(tabulator.tabulate(CountedSource(source.name, source.unit, records), spec).observations)
        observations = pa.concat_tables(tables, promote_options="default")
        return compute(indicator, observations, population, households=households).to_pandas()

    compute_from.source = RecordsSource
    return compute_from


@pytest.fixture
def cell():
    """Function: the one row of a frame that fits."""

    def one(frame: pd.DataFrame, **wanted):
        for name, value in wanted.items():
            frame = frame[frame[name] == value]
        assert len(frame) == 1, frame
        return frame.iloc[0]

    return one
