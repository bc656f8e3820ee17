"""The room in use: ``[survey]`` in a project, the page, the codebook, the command's report, the synthetic survey."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from kyoto.analysis import surveys
from kyoto.analysis.surveys.answers import check_answers
from kyoto.analysis.surveys.building import build_steps, read_settings
from kyoto.analysis.surveys.charts import dots_svg, nice_ticks
from kyoto.analysis.surveys.indicator_run import run_settings
from kyoto.analysis.surveys.report import estimates_page, figures_page
from kyoto.core.errors import KyotoError, Problems
from kyoto.core.project import load_project
from kyoto.statistics.observations import observation_columns

SECTION = """
[project]
title = "Test"
area = "XX"

[survey]
file = "answers.csv"
weight = "weight"
strata = ["stratum"]
cluster = ["cluster"]
period = "2024"
age_groups = [15, 25, 65]
title = "What people have been through"
source = "Synthetic survey"

[survey.by]
sex = "sex"
age = "age_group"
region = "region"

[survey.figures.burglaries]
mean = "count_burglary"
iccs = "05012"
title = "Burglaries per 1,000 households"
per = 1000
unit = "per 1000 households"
"""


@pytest.fixture(scope="module")
def answers():
    drawn = surveys.simulate_survey(1500, seed=2)
    settings = surveys.WeightSettings(probabilities=("probability",), response="answered", classes=("region",))
    made = surveys.make_weights(drawn, settings).frame
    found = check_answers(made, surveys.instrument("persons"))
    assert {one.code for one in found.findings} <= {"no-consent", "unknown-column"}
    return surveys.derive(found.frame)


@pytest.fixture
def project(answers, tmp_path):
    answers.to_csv(tmp_path / "answers.csv", index=False)
    (tmp_path / "kyoto.toml").write_text(SECTION)
    return tmp_path


def settings_of(folder):
    problems = Problems()
    settings = read_settings(load_project(folder).section("survey", problems=problems))
    problems.raise_if_any()
    return settings


def test_the_section_gives_the_figures_of_the_functions(project, answers):
    found = run_settings(settings_of(project))
    series = {one.series: one for one in found.series}
    assert set(series) == {"16.1.3", "16.1.4", "16.3.1", "16.3.3", "16.5.1", "11.7.2", "5.2.1", "5.2.2", "burglaries"}
    design = surveys.make_design(answers["weight"], strata=[answers["stratum"]], clusters=[answers["cluster"]])
    safe = surveys.proportion(design, answers["sdg_16_1_4"].astype(float))[0]
    shown = series["16.1.4"].estimates[0]
    assert [shown.estimate, shown.lower, shown.upper] == pytest.approx(
        [100 * safe.estimate, 100 * safe.lower, 100 * safe.upper], rel=1e-9
    )
    burglary = surveys.mean(design, answers["count_burglary"].astype(float))[0]
    assert series["burglaries"].estimates[0].estimate == pytest.approx(1000 * burglary.estimate, rel=1e-9)
    by = [dict(one.by) for one in series["16.1.4"].estimates]
    assert by[0] == {}
    assert {"sex": "F"} in by
    assert {"age": "Y15T24"} in by
    assert {"region": "hills"} in by


def test_observations_have_the_shape_of_every_published_figure(project):
    table = run_settings(settings_of(project)).observations()
    assert table.column_names == observation_columns(["region"])
    frame = table.to_pandas()
    assert not frame.duplicated(["series", "iccs", "sex", "age", "region"]).any()
    assert set(frame["status"]) <= {"A", "U", "Q", "M"}
    told = frame[frame["value"].notna()]
    assert (told["lower"] <= told["value"]).all()
    assert (told["value"] <= told["upper"]).all()
    withheld = frame[frame["status"] == "Q"]
    assert len(withheld)
    assert withheld["value"].isna().all()
    assert withheld["note"].str.startswith("Withheld").all()
    assert set(frame["area"]) == {"XX"}
    assert set(frame.loc[frame["series"] == "16.1.3", "iccs"]) == {"02011", "0208", "0301", "0401"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('period = "2024"\n', "", "'period' is missing"),
        ('indicators = ["16.9.9"]', "", ""),
        ("age_groups = [15, 25, 65]", "age_groups = [25, 15]", "Not bounds of age groups"),
        ('mean = "count_burglary"', 'ratio = "count_burglary"', "Not the columns of a figure"),
        ('mean = "count_burglary"', "", "What shall be estimated?"),
        ('title = "What', 'indicators = ["16.9.9"]\ntitle = "What', "No survey indicator"),
        ('title = "What', 'rscales = "half"\ntitle = "What', "Not factors of replicates"),
        ('title = "What', 'wieght = "w"\ntitle = "What', "Unknown key 'wieght'"),
    ],
)
def test_sections_that_are_wrong(project, old, new, words):
    (project / "kyoto.toml").write_text(SECTION.replace(old, new))
    if not words:
        settings_of(project)
        return
    with pytest.raises(KyotoError) as caught:
        settings_of(project)
    assert words in str(caught.value)


def test_the_file_of_a_section_may_be_packed_and_in_another_encoding(project, answers):
    expected = run_settings(settings_of(project)).tidy()
    towns = answers.assign(region=answers["region"].replace({"coast": "Côte"}))
    text = "sep=;\r\n" + towns.to_csv(index=False, sep=";", lineterminator="\r\n")
    (project / "answers.csv").unlink()
    (project / "answers.csv.gz").write_bytes(gzip.compress(text.encode("cp1252")))
    (project / "kyoto.toml").write_text(SECTION.replace("answers.csv", "answers.csv.gz"))
    found = run_settings(settings_of(project)).tidy()
    assert found["term"].str.contains("region Côte").any()
    found["term"] = found["term"].str.replace("Côte", "coast")
    pd.testing.assert_frame_equal(
        found.sort_values("term", ignore_index=True), expected.sort_values("term", ignore_index=True)
    )


def test_indicators_that_the_file_does_not_serve(project, answers):
    text = SECTION.replace('title = "What', 'indicators = ["16.5.2"]\ninstrument = "business"\ntitle = "What')
    (project / "kyoto.toml").write_text(text)
    answers.drop(columns=[name for name in answers if "bribe" in name or name.startswith("sdg_")]).to_csv(
        project / "answers.csv", index=False
    )
    with pytest.raises(KyotoError) as caught:
        run_settings(settings_of(project))
    assert caught.value.code == "survey.no-indicator"


def test_replicates_of_the_section_give_the_figures_of_the_functions(project, answers):
    design = surveys.make_design(answers["weight"], strata=[answers["stratum"]], clusters=[answers["cluster"]])
    made = surveys.make_replicates(design, "jkn")
    columns = pd.DataFrame(made.replicates, index=answers.index).add_prefix("replicate_")
    pd.concat([answers, columns], axis=1).to_csv(project / "answers.csv", index=False)
    factors = ", ".join(f"{float(factor)!r}" for factor in made.spread.rscales)
    drawn = f'replicates = "replicate_*"\nreplicate_kind = "jkn"\nrscales = [{factors}]\nindicators = ["16.1.4"]'
    text = SECTION.replace('strata = ["stratum"]\ncluster = ["cluster"]', drawn).replace('age = "age_group"\n', "")
    (project / "kyoto.toml").write_text(text)
    found = next(one for one in run_settings(settings_of(project)).series if one.series == "burglaries")
    expected = surveys.mean(made, answers["count_burglary"]).scaled(1000)[0]
    assert found.estimates[0].estimate == pytest.approx(expected.estimate, rel=1e-9)
    assert found.estimates[0].std_error == pytest.approx(expected.std_error, rel=1e-9)


def test_raw_answers_are_derived_on_the_way(project, answers):
    whole = run_settings(settings_of(project)).observations()
    raw = answers.drop(columns=[name for name in answers if name.startswith(("sdg_", "count_"))])
    raw.to_csv(project / "answers.csv", index=False)
    assert run_settings(settings_of(project)).observations().equals(whole)


def test_a_build_makes_the_survey_part_of_it(project):
    (project / "police.csv").write_text("id,month\n1,2024-01\n2,2024-02\n")
    more = '\n[sources.police]\nfile = "police.csv"\nunit = "offence"\n[sources.police.columns]\nid = "id"\n'
    more += 'period = "month"\n[tables.by_month]\nsource = "police"\nby = ["period:month"]\n'
    (project / "kyoto.toml").write_text(SECTION + more)
    command = [sys.executable, "-m", "kyoto", "build", str(project)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    folder = project / "build" / "survey"
    assert pq.read_table(folder / "observations.parquet").num_rows > 50
    manifest = json.loads((project / "build" / "manifest.json").read_text())
    facts = manifest["steps"]["survey"]["facts"]
    panel = facts["panel"]
    assert panel["unit"] == "per cent"  # one scale: the burglaries per 1,000 households stand on the page alone
    assert not [row for row in panel["rows"] if "Burglaries" in row["label"]]
    assert facts["series_titles"] == {"burglaries": "Burglaries per 1,000 households"}
    assert panel["page"] == "survey/report.html"
    assert panel["rows"][0]["lower"] < panel["rows"][0]["estimate"] < panel["rows"][0]["upper"]
    page = (folder / "report.html").read_text()
    assert page.count('<svg class="wide"') == page.count('<svg class="narrow"') == 15


def test_the_step_names_its_files(project):
    (step,) = build_steps(settings_of(project), load_project(project), ())
    assert step.name == "survey"
    assert step.inputs == (project / "answers.csv",)
    json.dumps(step.settings, default=list)


def test_reading_the_section_needs_no_arrays():
    code = "import sys, kyoto.analysis.surveys.building; print('numpy' in sys.modules, 'pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_page_shows_every_figure_and_withholds_what_it_must(project):
    found = run_settings(settings_of(project))
    page = figures_page(found)
    assert page.count("<section>") == len(found.series)
    for one in found.series:
        for figure in one.estimates:
            if figure.estimate is None:
                assert figure.note in page
    assert "Female" in page
    assert "15 to 24" in page
    assert "Withheld: coefficient of variation" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_drawings_are_well_formed_and_escape_names():
    design = surveys.make_design(np.ones(40))
    found = surveys.mean(design, np.arange(40.0), by={"g": ["<b>&"] * 20 + ["x"] * 20})
    picture = ElementTree.fromstring(dots_svg(found.estimates, ["<b>&", "x"], unit="Things"))
    assert len(picture.findall("circle")) == 2
    assert picture.attrib["role"] == "img"
    small = ElementTree.fromstring(dots_svg(found.estimates, ["<b>&", "x"], unit="Things", narrow=True))
    assert float(small.attrib["width"]) <= 340
    assert [dot.find("title").text.split()[0] for dot in small.findall("circle")] == ["9.50", "29.5"]
    assert nice_ticks(-3, 7) == [-4, -2, 0, 2, 4, 6, 8]
    assert "&lt;b&gt;" in estimates_page(found, title="T")
    for chart in (found.plot(), surveys.differences(found).plot()):
        assert chart.to_dict()["layer"]


def test_the_codebook_has_every_variable():
    rows = {row["variable"]: row for row in surveys.codebook_rows(surveys.instrument("persons"), language="es")}
    assert rows["sex"]["codes"].startswith("F = Mujer")
    assert rows["count_robbery"]["iccs"] == "0401"
    assert rows["sdg_16_5_1"]["sdg"] == "16.5.1"
    assert "alone_note" not in rows
    assert "sdg_16_5_2" not in rows


def test_the_commands_write_the_codebook_and_the_report(project, survey_command):
    def run(*words):
        code, out, errors = survey_command(*words)
        assert code == 0, errors
        return out

    run("form", "--out", project / "form.xlsx", "--codebook", project / "codebook.csv")
    with (project / "codebook.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) > 100
    words = ["--weight", "weight", "--strata", "stratum", "--cluster", "cluster", "--proportion", "sdg_16_1_3_sexual"]
    told = run(
        "estimate", project / "answers.csv", *words, "--by", "region", "--publish", "default", "--per", 100,
        "--report", project / "r.html", "--json",
    )  # fmt: skip
    rows = json.loads(told)
    assert any(row["estimate"] is None and row["note"].startswith("Withheld") for row in rows)
    assert "<svg" in (project / "r.html").read_text()


def test_the_synthetic_survey_is_repeatable_and_fits_the_questionnaire():
    first, again = surveys.simulate_survey(80, seed=4), surveys.simulate_survey(80, seed=4)
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(surveys.simulate_survey(80, seed=5))
    refused = first[first["answered"] == 0]
    assert refused["consent"].isna().all()
