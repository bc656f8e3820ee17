"""Records of frames, checked on an engine."""

from __future__ import annotations

import itertools

import pandas as pd
import pyarrow as pa
import pytest

from kyoto.core.engine import open_engine
from kyoto.statistics.quality import QualitySettings, quality

_numbers = itertools.count()


@pytest.fixture(scope="session")
def duckdb():
    with open_engine("duckdb") as opened:
        yield opened


@pytest.fixture(scope="session", params=["duckdb", pytest.param("spark", marks=pytest.mark.spark)])
def any_engine(request):
    with open_engine(request.param) as opened:
        yield opened


def check(engine, frames, facts=None, settings=None, previous=None):
    """Findings of frames of records by source; a frame is of offences unless its facts say otherwise."""
    tables = {}
    for name, frame in frames.items():
        table = pa.Table.from_pandas(frame, preserve_index=False)
        kinds = [pa.string() if pa.types.is_null(field.type) else field.type for field in table.schema]
        table = table.cast(pa.schema(zip(table.column_names, kinds, strict=True)))
        tables[name] = engine.table(table, f"quality_{name}_{next(_numbers)}")
    stated = {name: {"unit": "offence", **(facts or {}).get(name, {})} for name in frames}
    return quality(engine, tables, stated, settings or QualitySettings(), previous)


@pytest.fixture(scope="session")
def checked():
    return check


@pytest.fixture(scope="session")
def found():
    """Function: the one finding with a code (and variable)."""

    def one(findings, code, variable=None):
        fitting = [f for f in findings if f.code == code and variable in (None, f.variable)]
        assert len(fitting) == 1, [(f.code, f.variable) for f in findings]
        return fitting[0]

    return one


@pytest.fixture(scope="session")
def clean():
    """Function: records with nothing to find, 40 a day over a number of months in four areas."""

    def records(months=24, a_day=40, first="2015-01-01"):
        days = pd.date_range(first, periods=months, freq="MS")
        every = pd.date_range(first, days[-1] + pd.offsets.MonthEnd(0), freq="D")
        size = len(every) * a_day
        index = pd.Series(range(size))
        return pd.DataFrame(
            {
                "file": "police.csv",
                "id": index.map("P{:07d}".format),
                "occurred": every.repeat(a_day) + pd.to_timedelta(index.to_numpy() * 37 % 1440, unit="min"),
                "region": index.mod(4).map({0: "N", 1: "E", 2: "S", 3: "W"}),
                "sex": index.mod(7).map(lambda n: "F" if n < 3 else "M"),
                "age": (18 + index.mod(50)).astype("int64"),
                "age_status": pd.Series([None] * size, dtype="object"),
                "iccs": index.mod(3).map({0: "0401", 1: "05012", 2: "050211"}),
                "link": 0,
                "rejected": pd.Series([None] * size, dtype="object"),
            }
        )

    return records
