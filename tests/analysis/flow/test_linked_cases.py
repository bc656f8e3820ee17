"""Cases put together across agencies: the truth of the generator lies within limits that hold linkage error."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta

import pandas as pd
import pytest

from kyoto.analysis import flow
from kyoto.core.errors import KyotoError

STAGES = {"recorded": "police", "charged": "prosecution", "convicted": "courts", "admitted": "prisons"}


def true_shares(files, within):
    """Share of the police's cases at each stage within so many days, case by case over the true persons."""
    records = {
        stage: [(row["person"], date.fromisoformat(row["date"]), row["id"]) for row in files[agency].to_dict("records")]
        for stage, agency in STAGES.items()
    }
    last = max(day for rows in records.values() for _, day, _ in rows)
    cases = {}
    for person, day, name in sorted(records["recorded"], key=lambda row: (row[1], row[2])):
        cases.setdefault(person, []).append({"recorded": day, "id": name})
    latest = "recorded"
    before = [latest]
    for stage in ("charged", "convicted", "admitted"):
        for person, day, _ in sorted(records[stage], key=lambda row: (row[1], row[2])):
            own = [case for case in cases.get(person, []) if case["recorded"] <= day]
            if own and stage not in own[-1] and all(own[-1].get(name, day) <= day for name in before):
                own[-1][stage] = day
        before.append(stage)
    every = [case for own in cases.values() for case in own]
    followed = [case for case in every if case["recorded"] + timedelta(days=within) <= last]
    found = {}
    for place, stage in enumerate(STAGES):
        later = list(STAGES)[place:]
        reached = [min([case[name] for name in later if name in case], default=None) for case in followed]
        hits = [
            day is not None and day <= case["recorded"] + timedelta(days=within)
            for day, case in zip(reached, followed, strict=True)
        ]
        found[stage] = sum(hits) / len(followed)
    return found


def put_together(kyoto, folder, output, *more):
    files = [f"{stage}={folder / agency}.csv" for stage, agency in STAGES.items()]
    return kyoto("flow", "cases", *files, "--linked", folder / "persons.csv", "--keep", "sex", "-o", output, *more)


def attrition(kyoto, path, *more):
    code, out, err = kyoto("flow", "attrition", path, "--within", "365", "--id", "case", "--json", *more)
    assert code == 0, err
    return json.loads(out)


def width(row):
    return row["linkage_upper"] - row["linkage_lower"]


def test_with_the_true_persons_the_figures_are_those_counted_by_hand(agencies):
    from kyoto.statistics.linkage import Linked

    folder, files = agencies
    truth = pd.concat([files[name][["id", "person"]].assign(source=name) for name in STAGES.values()])
    linked = Linked(truth.rename(columns={"id": "identifier", "person": "linked"}), "truth")
    stages = [flow.StageFile(stage, folder / f"{name}.csv", "id", "date", name) for stage, name in STAGES.items()]
    found = flow.attrition_by_case(flow.linked_cases(flow.read_stages(stages), linked=linked), within=365)
    for stage, share in true_shares(files, 365).items():
        assert found.row(stage)["estimate"] == pytest.approx(share)


def test_the_band_holds_the_truth_and_is_wider_where_records_are_worse(kyoto, agencies, worse_agencies, tmp_path):
    widths = []
    for name, (folder, files) in (("usual", agencies), ("worse", worse_agencies)):
        output = tmp_path / f"{name}.csv"
        code, out, err = put_together(kyoto, folder, output)
        assert code == 0, err
        assert f"Wrote {output.with_suffix('.plausible.zip')}" in out
        found = attrition(kyoto, output)
        truth = true_shares(files, 365)
        rows = {row["term"]: row for row in found["estimates"]}
        for stage in ("charged", "convicted", "admitted"):
            assert rows[stage]["linkage_lower"] <= rows[stage]["lower"] < truth[stage] < rows[stage]["linkage_upper"]
        assert [row["code"] for row in found["findings"]].count("flow.linkage-error") == 1
        widths.append(width(rows["charged"]))
    assert widths[1] > 1.2 * widths[0]


def test_every_command_of_cases_has_the_band(kyoto, agencies, tmp_path):
    output = tmp_path / "cases.csv"
    assert put_together(kyoto, agencies[0], output)[0] == 0
    rows = attrition(kyoto, output, "--by", "sex")["estimates"]
    assert all(row["linkage_lower"] <= row["lower"] <= row["upper"] <= row["linkage_upper"] for row in rows)
    _, out, _ = kyoto("flow", "clearance", output, "--cleared", "charged", "--json")
    assert json.loads(out)["estimates"][0]["linkage_upper"] > json.loads(out)["estimates"][0]["upper"]
    _, out, _ = kyoto("flow", "time", output, "--since", "charged", "--to", "convicted", "--json")
    times = [row for row in json.loads(out)["estimates"] if row["estimate"] is not None]
    assert times and all(row["linkage_lower"] <= row["lower"] for row in times)
    _, out, _ = kyoto("flow", "pending", output, "--to", "convicted", "--json")
    found = json.loads(out)
    assert any(row["linkage_upper"] > row["pending"] for row in found["counts"])
    assert all(row["linkage_lower"] <= row["lower"] for row in found["forecast"])
    _, out, _ = kyoto("flow", "attrition", output)
    assert "linkage_upper" in out and "Linkages that could as well be true" in out


def test_records_reconcile(kyoto, agencies, tmp_path):
    folder, files = agencies
    _, out, _ = put_together(kyoto, folder, tmp_path / "cases.csv", "--json")
    found = json.loads(out)
    for stage, agency in STAGES.items():
        count = found["records"][stage]
        assert count["rows"] == len(files[agency]) == sum(count.values()) - count["rows"]
    assert found["cases"] == found["records"]["recorded"]["used"]
    cases = pd.read_csv(tmp_path / "cases.csv")
    for stage in ("charged", "convicted", "admitted"):
        assert cases[stage].notna().sum() == found["records"][stage]["used"]
    assert not {"given", "family", "birth"} & set(cases.columns)


def test_persons_are_followed_from_their_first_record(kyoto, agencies, tmp_path):
    _, out, _ = put_together(kyoto, agencies[0], tmp_path / "cases.csv", "--unit", "person", "--json")
    found = json.loads(out)["records"]["recorded"]
    assert found["a further record of the person"] == found["rows"] - found["used"] > 0


def test_a_number_that_all_agencies_share_needs_no_linkage(kyoto, tmp_path):
    (tmp_path / "police.csv").write_text(
        "id,date\nA,2020-01-01\nB,2020-01-02\nB,2020-01-03\n,2020-01-03\nC,2020-02-01\n"
    )
    (tmp_path / "courts.csv").write_text("id,date\nA,2020-03-01\nA,2020-05-01\nC,2020-01-15\nD,2020-03-01\nB,\n")
    files = [f"recorded={tmp_path / 'police.csv'}", f"convicted={tmp_path / 'courts.csv'}"]
    code, out, err = kyoto("flow", "cases", *files, "-o", tmp_path / "cases.csv", "--json")
    assert code == 0, err
    assert json.loads(out)["records"] == {
        "recorded": {"rows": 5, "used": 3, "identifier repeated": 1, "no identifier": 1},
        "convicted": {
            "rows": 5,
            "used": 1,
            "no case of the person before it": 2,
            "no date": 1,
            "stage reached before": 1,
        },
    }
    cases = pd.read_csv(tmp_path / "cases.csv", dtype=str).set_index("case")["convicted"]
    assert cases.dropna().to_dict() == {"A": "2020-03-01"}
    assert not (tmp_path / "cases.plausible.zip").exists()


PROJECT = """
[project]
title = "Linked (synthetic)"
area = "XX"
[sources.police]
file = "police.csv"
unit = "offence"
[sources.police.columns]
id = "id"
date = "date"
[tables.by_year]
source = "police"
by = ["period:year"]
[disclosure]
method = "METHOD"
[flow]
by = ["sex"]
[link.files.prisons]
file = "prisons.csv"
unique = true
"""
PROJECT += "".join(f'[link.files.{name}]\nfile = "{name}.csv"\n' for name in STAGES.values() if name != "prisons")
PROJECT += "".join(
    f'[flow.files.{name}]\nfile = "{name}.csv"\nstage = "{stage}"\nlink = "{name}"\n' for stage, name in STAGES.items()
)


@pytest.mark.parametrize("method", ["none", "cell-key"])
def test_a_build_takes_linkage_error_up_by_itself(kyoto, agencies, tmp_path, method):
    folder, files = agencies
    for name in STAGES.values():
        shutil.copy(folder / f"{name}.csv", tmp_path)
    (tmp_path / "kyoto.toml").write_text(PROJECT.replace("METHOD", method))
    code, out, err = kyoto("build", tmp_path)
    assert code == 0, out + err
    table = pd.read_csv(tmp_path / "build/flow_cases/attrition.csv")
    total = table[table["sex"] == "_T"].set_index("term")
    for stage, share in true_shares(files, 365).items():
        row = total.loc[stage]
        assert stage == "recorded" or row["linkage_lower"] < share < row["linkage_upper"]
    assert (table["linkage_upper"] - table["linkage_lower"] >= table["upper"] - table["lower"] - 1e-9).all()
    times = pd.read_csv(tmp_path / "build/flow_cases/time.csv")
    assert times.loc[times["estimate"].notna(), "linkage_lower"].notna().all()
    found = pd.read_parquet(tmp_path / "build/flow_cases/observations.parquet")
    shown = found[(found["series"] == "flow.reached") & (found["stage"] == "charged")]
    assert shown["note"].str.contains("limits hold linkage error").all()
    assert shown.iloc[0]["lower"] == pytest.approx(100 * total.loc["charged", "linkage_lower"])
    counts = found[(found["series"] == "flow.cases") & (found["stage"] == "charged") & (found["sex"] == "_T")]
    assert counts["note"].str.contains("limits hold linkage error").all()
    true = true_shares(files, 365)["charged"] * total.loc["charged", "of"]
    assert (counts["lower"] < true).all() and (true < counts["upper"]).all()
    facts = json.loads((tmp_path / "build/manifest.json").read_text())["steps"]["flow:cases"]["facts"]
    assert "With linkage error" in facts["panel"]["rows"][0]["note"]
    assert "flow.linkage-error" in {row["code"] for row in facts["findings"]}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('stage = "recorded"\nlink = "police"\n', 'stage = "recorded"\n', "Some files are linked and some are not"),
        (
            '[flow]\nby = ["sex"]',
            '[flow]\nby = ["sex"]\ncases = "police.csv"\n[flow.stages]\nrecorded = "date"',
            "twice",
        ),
        (
            'stage = "charged"\nlink = "prosecution"',
            'stage = "charged"\nlink = "prosecutors"',
            "no source 'prosecutors'",
        ),
    ],
)
def test_mistakes_in_the_section(kyoto, agencies, tmp_path, old, new, words):
    for name in STAGES.values():
        shutil.copy(agencies[0] / f"{name}.csv", tmp_path)
    text = PROJECT.replace("METHOD", "none")
    assert old in text
    (tmp_path / "kyoto.toml").write_text(text.replace(old, new))
    code, out, err = kyoto("build", tmp_path)
    assert code == 2 and words in " ".join((out + err).split())


def test_a_section_without_a_linkage_says_so(kyoto, agencies, tmp_path):
    for name in STAGES.values():
        shutil.copy(agencies[0] / f"{name}.csv", tmp_path)
    kept = PROJECT.replace("METHOD", "none").split("[link.files.")[0] + PROJECT[PROJECT.index("[flow.files.") :]
    (tmp_path / "kyoto.toml").write_text(kept)
    code, out, err = kyoto("build", tmp_path)
    assert code == 2 and "flow.not-linked" in out + err


def test_what_was_changed_by_hand_is_refused(kyoto, agencies, tmp_path):
    output = tmp_path / "cases.csv"
    assert put_together(kyoto, agencies[0], output)[0] == 0
    output.write_text(output.read_text().replace(",M,", ",F,", 1))
    code, _, err = kyoto("flow", "attrition", output)
    assert code == 2 and "linkage.changed-table" in err
    output.with_suffix(".plausible.zip").write_bytes(b"no archive")
    code, _, err = kyoto("flow", "attrition", output)
    assert code == 2 and "linkage.no-plausible" in err


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda folder: (folder / "persons.plausible.parquet").unlink(), "linkage.no-plausible"),
        (lambda folder: (folder / "persons.plausible.parquet").write_bytes(b"PAR1"), "linkage.no-plausible"),
        (lambda folder: (folder / "persons.csv").write_text("source,identifier,person_id\n"), "linkage.other-linkage"),
        (lambda folder: (folder / "police.csv").rename(folder / "policed.csv"), "linkage.unknown-source"),
    ],
)
def test_a_linkage_that_is_not_whole_is_refused(kyoto, agencies, tmp_path, change, code):
    folder = tmp_path / "records"
    shutil.copytree(agencies[0], folder)
    change(folder)
    police = next(folder.glob("police*.csv"))
    files = [f"recorded={police}", f"charged={folder / 'prosecution.csv'}"]
    ended, _, err = kyoto("flow", "cases", *files, "--linked", folder / "persons.csv", "-o", tmp_path / "cases.csv")
    assert ended == 2 and code in err


def test_mistakes_of_the_command(kyoto, agencies, tmp_path):
    folder = agencies[0]
    first, second = f"recorded={folder / 'police.csv'}", f"charged={folder / 'prosecution.csv'}"
    output = ["-o", tmp_path / "cases.csv"]
    for given, code in [
        ([first, *output], "flow.too-few-files"),
        ([first, f"recorded={folder / 'courts.csv'}", *output], "flow.repeated-stage"),
        ([first, "charged", *output], "flow.wrong-option"),
        ([first, second, "--date", "dates", *output], "flow.wrong-column"),
        ([first, second, "--date", "family", *output], "flow.wrong-date"),
        ([first, second, "--keep", "sexe", *output], "flow.wrong-column"),
        ([first, second, "--until", "1990-01-01", *output], "flow.no-cases"),
        ([first, second, *output], "flow.nothing-links"),  # numbers of their own, and no linkage
        ([first, second, "--id", "birth", "--linked", folder / "persons.csv", *output], "flow.no-cases"),
    ]:
        ended, _, err = kyoto("flow", "cases", *given)
        assert ended == 2 and code in err, (given, err)


def test_two_files_are_needed_in_python_too():
    with pytest.raises(KyotoError) as error:
        flow.read_stages([])
    assert error.value.code == "flow.too-few-files"
