"""Small builds made by hand for the tests of SDMX: their observations are known, and as odd as they may be."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from kyoto.statistics.exchange.sdmx import Agency, open_build, read_catalogue
from kyoto.statistics.observations import observation_columns

NUMBERS = ("value", "lower", "upper")
BUILT = "2026-05-04T03:02:01+00:00"
ODD = "Kyōto & <sons>: \"one\", 'two'; =SUM(1)"


def table_of(rows, own=()):
    """Observations from rows that name only what matters."""
    names = observation_columns(own)
    usual = {
        "area": "XA",
        "period": "2016",
        "series": "crimes",
        "iccs": "_T",
        "sex": "_T",
        "age": "_T",
        "unit": "offence",
        "status": "A",
        "confidentiality": "F",
        "source": "police",
        "note": "",
    }
    filled = [{**usual, **dict.fromkeys(own, "_T"), **row} for row in rows]
    arrays = [
        pa.array([row.get(name) for row in filled], pa.float64() if name in NUMBERS else pa.string()) for name in names
    ]
    return pa.table(arrays, names=names)


def crimes():
    """Areas, months, sexes and classes, with missing and odd values."""
    rows = []
    number = 0
    for area in ("XA", "XB", "GB-SCT"):
        for period in ("2016-11", "2016-12", "2017-01", "2017-02"):
            for iccs in ("01", "0101", "0401", "_T"):
                for sex in ("F", "M", "_T"):
                    number += 1
                    row = {"area": area, "period": period, "iccs": iccs, "sex": sex, "value": number * 1.5}
                    row |= {"lower": number / 3, "upper": number * 2.0}
                    if number % 7 == 0:
                        row |= {"value": None, "lower": None, "upper": None, "status": "Q", "confidentiality": "C"}
                    if number % 11 == 0:
                        row |= {"status": "E", "note": ODD}
                    rows.append(row)
    return table_of(rows)


def motives():
    """A dimension of free texts, one of them empty, and counts beside rates."""
    rows = [
        {"series": "motives", "motive": text, "value": float(place), "period": period}
        for place, text in enumerate([ODD, "a b", "a/b", "plain", "_T"])
        for period in ("2019/2021", "2020")
    ]
    rows.append({"series": "motives.rate", "motive": "_T", "unit": "per 100000 population", "value": 1e-7})
    return table_of(rows, ["motive"])


def indicators():
    """One computed, one that has no period because it could not be computed."""
    return table_of(
        [
            {"series": "16.1.1", "unit": "per 100000 population", "value": 0.1 + 0.2, "period": "2016"},
            {"series": "16.1.4", "unit": "", "period": "_Z", "status": "M", "note": "needs a survey"},
        ]
    )


TITLES = {"crimes": "What was recorded?", "motives": "Why?"}


def write_project(folder: Path, tables=None, *, finished=BUILT, publish="") -> Path:
    """A project with a build of these tables."""
    tables = {"crimes": crimes(), "motives": motives(), "indicators": indicators()} if tables is None else tables
    build = folder / "build"
    (build / "tables").mkdir(parents=True, exist_ok=True)
    steps = {}
    for name, table in tables.items():
        path = "indicators.parquet" if name == "indicators" else f"tables/{name}.parquet"
        pq.write_table(table, build / path)
        digest = hashlib.sha256((build / path).read_bytes()).hexdigest()
        step = "indicators" if name == "indicators" else f"table:{name}"
        facts = {"computed": {"16.1.1": {"title": "Victims of homicide"}}} if name == "indicators" else {}
        steps[step] = {
            "outputs": [{"path": path, "sha256": digest}],
            "facts": {**facts, "title": TITLES.get(name, name)},
        }
    manifest = {"kyoto": "0", "started": finished, "finished": finished, "steps": steps}
    (build / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "kyoto.toml").write_text(f'[project]\ntitle = "Test"\n{publish}', encoding="utf-8")
    return folder


def opened(folder: Path, agency=None):
    """Source and catalogue of a project."""
    source = open_build(folder / "build")
    return source, read_catalogue(source, agency or Agency(), "Test")


def moment(text=BUILT):
    return datetime.fromisoformat(text).astimezone(UTC)


def rows_of(table):
    """Observations as comparable rows: missing text is empty text."""
    names = table.column_names
    return sorted(
        (tuple(row[name] if name in NUMBERS else row[name] or "" for name in names) for row in table.to_pylist()),
        key=repr,
    )
