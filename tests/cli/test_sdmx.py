"""``kyoto sdmx``: what a build publishes, on the command line."""

from __future__ import annotations

import csv
import io
import json

import pytest
from sdmx_builds import rows_of, write_project


@pytest.fixture
def project(tmp_path):
    return write_project(tmp_path / "project")


def test_flows_are_listed(kyoto, project):
    ran = kyoto("sdmx", "list", project, "--json")
    assert ran.code == 0
    found = {row["flow"]: row for row in json.loads(ran.out)}
    assert set(found) == {"CRIMES", "MOTIVES", "INDICATORS"}
    assert found["CRIMES"]["observations"] == 144
    assert found["MOTIVES"]["key"] == "FREQ.SERIES.REF_AREA.ICCS.SEX.AGE.MOTIVE.UNIT_MEASURE"


def test_structures_are_printed_and_written(kyoto, project, tmp_path):
    printed = kyoto("sdmx", "structures", project, "--format", "sdmx-json-2.0")
    assert {entry["id"] for entry in json.loads(printed.out)["data"]["dataflows"]} == {
        "CRIMES",
        "MOTIVES",
        "INDICATORS",
    }
    ran = kyoto("sdmx", "structures", project, "--out", tmp_path / "s.xml")
    assert (ran.code, ran.out.split()[0]) == (0, "Wrote")
    assert (tmp_path / "s.xml").read_bytes().startswith(b"<?xml")


def test_data_are_filtered(kyoto, project):
    ran = kyoto(
        "sdmx", "data", project, "--flow", "crimes", "--key", "M.*.XA+XB.0401.F", "--start", "2017", "--last", "1"
    )
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [(row["REF_AREA"], row["TIME_PERIOD"]) for row in rows] == [("XA", "2017-02"), ("XB", "2017-02")]
    ran = kyoto("sdmx", "data", project, "--flow", "CRIMES", "--filter", "OBS_STATUS=Q", "--filter", "SEX=F,M")
    assert {row["OBS_STATUS"] for row in csv.DictReader(io.StringIO(ran.out))} == {"Q"}


def test_all_flows_go_into_a_folder_and_come_back(kyoto, project, tmp_path):
    from kyoto.statistics.exchange.sdmx import open_build

    out = tmp_path / "out"
    assert kyoto("sdmx", "data", project, "--format", "sdmx-ml-3.0", "--out", out).code == 0
    kyoto("sdmx", "structures", project, "--out", out / "structures.xml")
    source = open_build(project / "build")
    for flow in ("crimes", "motives", "indicators"):
        ran = kyoto(
            "sdmx", "read", out / f"{flow.upper()}.sdmx-ml-3.0.xml", "--structures", out / "structures.xml", "--json"
        )
        assert ran.code == 0
        wanted = source.query(f"SELECT * FROM {flow}")
        read = json.loads(ran.out)
        assert list(read[0]) == wanted.column_names
        assert sorted(map(repr, (tuple(row.values()) for row in read))) == sorted(map(repr, rows_of(wanted)))


def test_reading_says_what_a_file_holds(kyoto, project, tmp_path):
    path = tmp_path / "crimes.csv"
    kyoto("sdmx", "data", project, "--flow", "crimes", "--out", path)
    ran = kyoto("sdmx", "read", path, "--summary", "--json")
    assert json.loads(ran.out)["observations"] == 144
    shown = kyoto("sdmx", "read", path)
    assert "period" in shown.out
    assert "unit" not in shown.out.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["data", "PROJECT", "--flow", "crime"], "sdmx.unknown-flow"),
        (["data", "PROJECT"], "sdmx.needs-folder"),
        (["data", "PROJECT", "--flow", "crimes", "--format", "sdmx-csv"], "sdmx.unknown-format"),
        (["data", "PROJECT", "--flow", "crimes", "--key", "Q"], "sdmx.no-results"),
        (["data", "PROJECT", "--flow", "crimes", "--filter", "SEX"], "sdmx.wrong-filter"),
        (["data", "PROJECT", "--flow", "crimes", "--start", "soon"], "sdmx.wrong-period"),
        (["structures", "PROJECT", "--format", "xml"], "sdmx.unknown-format"),
        (["list", "NOWHERE"], "project.missing-file"),
        (["read", "NOWHERE"], "source.missing-file"),
        (["read", "PROJECT/kyoto.toml"], "sdmx.not-sdmx"),
    ],
)
def test_mistakes_are_explained(kyoto, project, arguments, code):
    ran = kyoto("sdmx", *(word.replace("PROJECT", str(project)) for word in arguments))
    assert ran.code == 2
    assert code in ran.err


def test_an_agency_that_sdmx_does_not_allow_is_refused(kyoto, tmp_path):
    folder = write_project(tmp_path / "p", publish='[publish]\nagency = "1 office"\nsdmx_formats = ["pdf"]\n')
    ran = kyoto("sdmx", "list", folder)
    assert ran.code == 2
    assert "is no SDMX agency" in ran.err
    assert "Unknown format 'pdf'" in ran.err


def test_the_files_of_a_build(project):
    from kyoto.statistics.exchange.sdmx import Agency, SdmxSettings, write_build_files

    written = write_build_files(project / "build", SdmxSettings(agency=Agency("NSO", "Office")), title="Crime")
    assert sorted(path.as_posix() for path in written) == [
        "sdmx/CRIMES.sdmx-csv-2.0.csv",
        "sdmx/CRIMES.sdmx-ml-3.0.xml",
        "sdmx/INDICATORS.sdmx-csv-2.0.csv",
        "sdmx/INDICATORS.sdmx-ml-3.0.xml",
        "sdmx/MOTIVES.sdmx-csv-2.0.csv",
        "sdmx/MOTIVES.sdmx-ml-3.0.xml",
        "sdmx/structures.sdmx-json-2.0.json",
        "sdmx/structures.sdmx-ml-2.1.xml",
        "sdmx/structures.sdmx-ml-3.0.xml",
    ]
    before = {path: (project / "build" / path).read_bytes() for path in written}
    assert b"NSO:CRIMES(1.0.0)" in before[next(path for path in written if path.name == "CRIMES.sdmx-csv-2.0.csv")]
    write_build_files(project / "build", SdmxSettings(agency=Agency("NSO", "Office")), title="Crime")
    assert before == {path: (project / "build" / path).read_bytes() for path in written}


def test_a_key_that_stands_twice_is_refused(kyoto, tmp_path):
    from sdmx_builds import table_of

    folder = write_project(tmp_path / "p", {"t": table_of([{"value": 1.0}, {"value": 2.0}])})
    ran = kyoto("sdmx", "data", folder, "--flow", "t")
    assert ran.code == 2
    assert "sdmx.repeated-key" in ran.err
    assert "area=XA, " in ran.err.replace("series=crimes, ", "")
