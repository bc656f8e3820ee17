"""Command line, report, project section."""

from __future__ import annotations

import html.parser
import json
import re

import pandas as pd
import pytest
from typer.testing import CliRunner

from kyoto.analysis.hidden import Options, build_report, read_captures, read_settings, upset_chart
from kyoto.analysis.hidden.drawing import nice_ticks, upset_svg
from kyoto.cli.main import app
from kyoto.core.build import run_build
from kyoto.core.errors import KyotoError, Problems
from kyoto.core.project import load_project
from kyoto.statistics.pipeline.settings import read_settings as pipeline_settings
from kyoto.statistics.pipeline.steps import project_steps

RUN = CliRunner()
KEYS = {"method", "model", "observed", "estimate", "std_error", "lower", "upper", "level", "interval", "verdict"}


@pytest.fixture(scope="module")
def uk_file(tmp_path_factory, uk_histories):
    path = tmp_path_factory.mktemp("hidden") / "uk.csv"
    names = ["LA", "NG", "PFNCA", "GO", "GP"]
    rows = [
        ",".join([*("1" if at in history else "0" for at in range(5)), str(count)])
        for history, count in uk_histories.items()
    ]
    path.write_text("\n".join([",".join([*names, "count"]), *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def two_regions(tmp_path_factory):
    path = tmp_path_factory.mktemp("hidden") / "regions.csv"
    lines = ["A,B,C,region,count"]
    for region, factor in (("north", 1), ("south", 3)):
        for history, count in (("1,0,0", 40), ("0,1,0", 30), ("0,0,1", 25), ("1,1,0", 12), ("1,0,1", 9), ("0,1,1", 8)):
            lines.append(f"{history},{region},{count * factor}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def call(*arguments, stdin=None):
    return RUN.invoke(app, ["hidden", *(str(argument) for argument in arguments)], input=stdin)


def test_estimate_json(uk_file):
    """MultipleSystemsEstimation: estimate_population_stepwise(UKdat_5) gives 11312.99."""
    done = call("estimate", uk_file, "--method", "loglinear", "--select", "stepwise", "--seed", 1, "--json")
    assert done.exit_code == 0, done.output
    (row,) = json.loads(done.stdout)
    assert set(row) >= KEYS | {"strata", "note"}
    assert row["model"] == "[12,13,24,25,35,45]"
    assert row["estimate"] == pytest.approx(11312.9902894352)
    assert row["lower"] < row["estimate"] < row["upper"]
    assert row["verdict"] == "ok"
    assert row["strata"] == {}
    again = call("estimate", uk_file, "--seed", 1, "--json")
    assert again.stdout == done.stdout


@pytest.mark.parametrize(("arguments", "estimate"), [
    (["--select", "main"], 13444.1312090139), (["--method", "chao"], 17541.688372093),
    (["--select", "bic", "--max-order", "2", "--replicates", "0"], 22991.3313141601),
    (["--method", "coverage"], 11745.8589514391),
    (["--model", "[12,3,4,5]", "--replicates", "0"], None),
])  # fmt: skip
def test_methods_of_the_command(uk_file, arguments, estimate):
    (row,) = json.loads(call("estimate", uk_file, *arguments, "--json").stdout)
    if estimate is not None:
        assert row["estimate"] == pytest.approx(estimate)
    assert row["verdict"] == "ok"


def test_strata_are_columns_and_add_up(two_regions):
    for pooling in ("none", "partial"):
        done = call("estimate", two_regions, "--by", "region", "--pooling", pooling, "--select", "main", "--json")
        rows = {row["region"]: row for row in json.loads(done.stdout)}
        assert list(rows) == ["north", "south", "_T"]
        assert rows["north"]["strata"] == {"region": "north"}
        assert rows["_T"]["estimate"] == pytest.approx(rows["north"]["estimate"] + rows["south"]["estimate"])


def test_standard_input_csv_and_table(uk_file):
    done = call("estimate", "-", "--method", "chao", "--csv", stdin=uk_file.read_text(encoding="utf-8"))
    header, row = done.stdout.strip().splitlines()
    assert header.startswith("method,model,observed,estimate,lower,upper")
    assert row.startswith("chao,bias-corrected,2744,17541.68")
    shown = call("estimate", uk_file, "--method", "chao").stdout
    assert "17\u202f542" in shown
    assert "A lower bound" in shown


def test_check_prints_the_published_verdicts(tmp_path):
    path = tmp_path / "artificial.csv"
    path.write_text("A,B,C,n\n1,0,0,40\n0,1,0,30\n0,0,1,20\n1,1,0,6\n", encoding="utf-8")
    models = [part for model in ("[12,13,23]", "[12,3]", "[13,23]") for part in ("--model", model)]
    found = json.loads(call("check", path, *models, "--json").stdout)
    assert [row["code"] for row in found["verdicts"]] == [2, 1, 0]
    assert found["observed"] == 96
    assert [row["on_both"] for row in found["overlaps"]] == [6, 0, 0]
    text = call("check", path, *models).stdout
    assert "no-mle" in text
    assert "Forced to zero: A:C, B:C, A:B:C." in text
    refused = json.loads(call("estimate", path, "--model", "[12,3]", "--json").stdout)[0]
    assert refused["estimate"] is None
    assert refused["upper"] is None
    assert refused["verdict"] == "no-mle"


def test_imperfect_lists(uk_file):
    common = ("--model", "[12,13,4,5]", "--replicates", 100, "--json")
    (plain,) = json.loads(call("estimate", uk_file, *common).stdout)
    (linked,) = json.loads(call("estimate", uk_file, "--missed-links", 0.1, "--reviewed", 200, *common).stdout)
    assert linked["estimate"] < plain["estimate"]  # missed links had made two people of one
    (bounded,) = json.loads(call("estimate", uk_file, "--over-counting", "GP", *common).stdout)
    assert bounded["observed"] == 2744 - 316
    assert "over-counting" in bounded["model"]
    conflict = call("estimate", uk_file, "--over-counting", "GP", "--method", "chao")
    assert conflict.exception.code == "hidden.options-conflict"


def test_errors_reach_the_user(uk_file, tmp_path):
    done = call("estimate", tmp_path / "none.csv")
    assert isinstance(done.exception, KyotoError)
    done = call("estimate", uk_file, "--model", "[99]")
    assert isinstance(done.exception, KyotoError)
    assert done.exception.code == "hidden.wrong-model"
    assert isinstance(call("report", uk_file, "--method", "all").exception, KyotoError)


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.text, self.links = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in {"meta", "line", "rect", "circle", "br"}:
            self.open.append(tag)
        self.links += [value for key, value in attrs if key in {"src", "href"}]

    def handle_endtag(self, tag):
        if tag not in {"meta", "line", "rect", "circle", "br"}:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_report_is_one_whole_file(two_regions, tmp_path):
    output = tmp_path / "report.html"
    done = call(
        "report", two_regions, "--by", "region", "--title", "People <b>here</b>", "--source", "A & B", "-o", output,
        "--replicates", 200,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    content = output.read_text(encoding="utf-8")
    page = Page()
    page.feed(content)
    assert page.open == []
    assert page.links == []  # nothing is fetched
    text = " ".join(page.text)
    for part in (
        "Who is on which lists?",
        "Does an estimate exist?",
        "What would change the estimate?",
        "How to read this",
    ):
        assert part in text
    assert "People <b>here</b>" in text
    assert "<b>here" not in content
    assert "north" in text
    assert "Total" in text
    assert content.count('<svg class="wide"') == content.count('<svg class="narrow"') == 3


def test_report_without_an_estimate_says_so(artificial, tmp_path):
    from kyoto.analysis.hidden import CaptureInput

    report = build_report(
        CaptureInput(artificial, {}, (), ()), Options(select="model", model="[12,3]"), methods=("loglinear", "chao")
    )
    page = report.html()
    assert "These lists do not support an estimate." in page
    assert "no-mle" in page


def test_upset_chart_holds_every_history(uk, uk_histories):
    drawn = upset_svg(uk)
    assert drawn.count("<rect") == 18
    assert drawn.count('class="dot on"') == sum(len(history) for history in uk_histories)
    assert "995 people only on PFNCA" in drawn
    narrow = upset_svg(uk, narrow=True)
    shown = narrow.count("<rect")
    assert 4 <= shown < 18
    assert f"{18 - shown} smaller groups" in narrow and "995 people only on PFNCA" in narrow
    assert float(narrow.split('viewBox="0 0 ')[1].split()[0]) < 360  # of a telephone, so that letters keep their size
    assert nice_ticks(3.0) == [0.0, 1.0, 2.0, 3.0]
    assert len(upset_chart(uk).to_dict()["vconcat"]) == 2


def section_problems(folder, section):
    (folder / "kyoto.toml").write_text('[project]\ntitle = "T"\n' + section, encoding="utf-8")
    problems = Problems()
    read_settings(load_project(folder).section("hidden", problems=problems))
    return problems


def built(folder, section):
    """Build a project of one small source and the section."""
    (folder / "police.csv").write_text("offence\n0101\n0101\n0401\n", encoding="utf-8")
    (folder / "kyoto.toml").write_text(
        '[project]\ntitle = "T"\n[sources.police]\nfile = "police.csv"\nunit = "offence"\n'
        '[sources.police.columns]\niccs = "offence"\n' + section,
        encoding="utf-8",
    )
    settings = pipeline_settings(load_project(folder))
    return run_build(settings.project, project_steps(settings), engine="duckdb", settings=settings.engine)


def test_section_is_a_step_of_the_build(uk_file, tmp_path):
    section = f'[hidden]\nfile = "{uk_file}"\nselect = "main"\nreplicates = 0\nseed = 3\ntitle = "How many victims?"\n'
    result = built(tmp_path, section)
    (row,) = pd.read_csv(result.folder / "hidden" / "estimates.csv").to_dict("records")
    assert row["estimate"] == pytest.approx(13444.1312090139)  # SparseMSE, main effects
    panel = result.manifest["steps"]["hidden"]["facts"]["panel"]
    assert panel["rows"][0]["estimate"] == pytest.approx(13444.1312090139)
    assert "Between" in panel["sentence"]
    page = (result.folder / "report.html").read_text(encoding="utf-8")
    assert "How many victims?" in page
    assert re.search(r'class="n">13\s444<', page)
    assert 'href="hidden/report.html"' in page
    again = built(tmp_path, section)
    assert again.ran == ()
    uk_file.write_text(uk_file.read_text(encoding="utf-8").replace(",463", ",400"), encoding="utf-8")
    assert set(built(tmp_path, section).ran) == {"hidden", "report"}


def test_section_with_strata(two_regions, tmp_path):
    result = built(tmp_path, f'[hidden]\nfile = "{two_regions}"\nby = ["region"]\npooling = "partial"\n')
    frame = pd.read_csv(result.folder / "hidden" / "estimates.csv")
    assert frame["region"].tolist() == ["north", "south", "_T"]
    assert [row["label"] for row in result.manifest["steps"]["hidden"]["facts"]["panel"]["rows"]] == [
        "north", "south", "_T",
    ]  # fmt: skip


def test_section_with_mistakes(tmp_path):
    problems = section_problems(tmp_path, '[hidden]\nselect = "best"\nsede = 1\n')
    with pytest.raises(KyotoError) as caught:
        problems.raise_if_any()
    assert {problem.code for problem in caught.value.problems} == {
        "project.missing-key", "project.wrong-value", "project.unknown-key",
    }  # fmt: skip


def test_read_file_twice_is_the_same(uk_file):
    first, second = read_captures(uk_file), read_captures(uk_file)
    assert first.table.counts.tolist() == second.table.counts.tolist()
