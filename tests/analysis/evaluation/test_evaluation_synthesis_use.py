"""Synthesis as it is used: the command, its rows, its charts, and its errors."""

from __future__ import annotations

import gzip
import io
import json
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from kyoto.analysis.evaluation import synthesis
from kyoto.analysis.evaluation.tables import column_of_numbers, read_table
from kyoto.cli.main import app
from kyoto.core.errors import KyotoError, Problems
from kyoto.core.results import Result

STUDIES = pd.DataFrame(
    {
        "study": ["A & B", "C", "D", "E", "F"],
        "place": ["north", "south", "north", "south", "east"],
        "yi": [-0.25, 0.1, -0.4, -0.1, 0.05],
        "vi": [0.04, 0.02, 0.09, 0.01, 0.03],
    }
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "studies.csv"
    STUDIES.to_csv(path, index=False)
    return path


def run(*words, text=None):
    return CliRunner().invoke(app, ["evaluate", *map(str, words)], input=text)


def rows_of(*words, text=None):
    done = run(*words, "--json", text=text)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def refused(*words, text=None):
    done = run(*words, text=text)
    assert isinstance(done.exception, KyotoError)
    return {problem.code for problem in done.exception.problems}


@pytest.mark.parametrize("model", ["fixed", "dl", "reml", "pm"])
@pytest.mark.parametrize("hksj", [[], ["--hksj"]])
def test_rows_that_scripts_rely_on(file, model, hksj):
    row = rows_of("synthesize", file, "--effect", "yi", "--variance", "vi", "--model", model, *hksj)[0]
    expected = synthesis.pool(STUDIES.yi, STUDIES.vi, model=model, hksj=bool(hksj))
    for name, value in (
        ("estimate", expected.coefficients[0]),
        ("std_error", expected.std_errors[0]),
        ("lower", expected.lower[0]),
        ("upper", expected.upper[0]),
        ("tau2", expected.spread.tau2),
    ):
        assert row[name] == pytest.approx(value)
    assert row["k"] == 5


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx", ";"])
def test_formats(tmp_path, suffix):
    path = tmp_path / f"studies{suffix if suffix != ';' else '.csv'}"
    if suffix == ".csv":
        STUDIES.to_csv(path, index=False, encoding="utf-8-sig")
    elif suffix == ";":
        STUDIES.to_csv(path, index=False, sep=";")
    elif suffix == ".parquet":
        STUDIES.to_parquet(path)
    else:
        STUDIES.to_excel(path, index=False)
    found = rows_of("synthesize", path, "--effect", "yi", "--variance", "vi")
    assert found[0]["estimate"] == pytest.approx(synthesis.pool(STUDIES.yi, STUDIES.vi).coefficients[0])


def test_standard_input_standard_errors_and_level():
    text = "d,se\n0.2,0.1\n0.3,0.2\n"
    found = rows_of("synthesize", "-", "--effect", "d", "--se", "se", "--model", "fixed", "--level", "0.9", text=text)[
        0
    ]
    assert found["estimate"] == pytest.approx(0.22)  # weights 100 and 25
    assert found["upper"] == pytest.approx(0.22 + 1.6448536 * 125**-0.5)


def test_subgroups_ratios_and_csv(file):
    found = rows_of("synthesize", file, "--effect", "yi", "--variance", "vi", "--by", "place", "--exp")
    assert [row["place"] for row in found] == ["north", "south", "east", "_T"]
    assert found[2]["estimate"] == pytest.approx(np.exp(0.05))
    assert found[2]["tau2"] is None
    assert "nothing to pool" in found[2]["note"]
    text = run("synthesize", file, "--effect", "yi", "--variance", "vi", "--by", "place", "--csv").stdout
    assert pd.read_csv(io.StringIO(text)).term.tolist() == ["north", "south", "east", "pooled"]


def test_dependent_effects(file):
    found = rows_of("synthesize", file, "--effect", "yi", "--variance", "vi", "--cluster", "place")[0]
    fitted = synthesis.three_level(STUDIES.yi, STUDIES.vi, STUDIES.place)
    assert found["std_error"] == pytest.approx(synthesis.robust_variance(fitted).std_errors[0])
    assert found["tau2"] == pytest.approx(found["tau2_between"] + found["tau2_within"])
    fixed = rows_of("synthesize", file, "--effect", "yi", "--variance", "vi", "--cluster", "place", "--model", "fixed")
    assert fixed[0]["estimate"] == pytest.approx(np.average(STUDIES.yi, weights=1 / STUDIES.vi))


def test_rows_without_an_effect_are_counted():
    text = "d,v\n0.2,0.1\n,0.2\n0.4,0.1\n"
    found = rows_of("synthesize", "-", "--effect", "d", "--variance", "v", text=text)[0]
    assert (found["k"], found["left_out"]) == (2, 1)


@pytest.mark.parametrize(
    ("text", "words", "code"),
    [
        ("d,v\n0.2,\n0.1,0.2\n", [], "evaluation.no-error"),
        ("d,v\n0.2,-0.1\n0.1,0.2\n", [], "evaluation.negative-variance"),
        ("d,v\n0.2,0\n0.1,0.2\n", [], "evaluation.zero-variance"),
        ("d,v\nabout 0.2,0.1\n0.1,0.2\n", [], "evaluation.not-a-number"),
        ("d,v\ninf,0.1\n0.1,0.2\n", [], "evaluation.not-a-number"),
        ("d,v\n0.2,0.1\n", [], "evaluation.one-study"),
        ("d,v\n0.2,0.1\n", ["--model", "fixed", "--hksj"], "evaluation.one-study"),
        ("d,v\n,0.1\n,0.2\n", [], "evaluation.no-effects"),
        ("d,v\n", [], "evaluation.empty-table"),
        ("", [], "evaluation.unreadable-file"),
        ("d,w\n0.2,0.1\n", [], "evaluation.wrong-column"),
        ("d,v,g\n0.2,0.1,\n0.1,0.2,a\n", ["--by", "g"], "evaluation.missing-cluster"),
        ("d,v,g\n0.2,0.1,a\n0.1,0.2,b\n", ["--cluster", "g", "--hksj"], "evaluation.options-conflict"),
        ("d,v,g\n0.2,0.1,1\n0.1,0.2,2\n", ["--moderator", "g"], "evaluation.collinear"),
        ("d,v,g\n0.2,0.1,1\n0.1,0.2,2\n", ["--moderator", "g", "--by", "g"], "evaluation.options-conflict"),
        ("d,v,g\n0.2,0.1,a\n0.1,0.2,a\n", ["--cluster", "g"], "evaluation.few-clusters"),
    ],
)
def test_bad_input(text, words, code):
    assert refused("synthesize", "-", "--effect", "d", "--variance", "v", *words, text=text) == {code}


def test_tables_may_be_packed_in_another_encoding_and_have_the_line_of_excel(tmp_path):
    text = "sep=;\r\n" + STUDIES.replace("A & B", "Évora").to_csv(
        index=False, sep=";", decimal=",", lineterminator="\r\n"
    )
    (tmp_path / "studies.csv.gz").write_bytes(gzip.compress(text.encode("cp1252")))
    pd.testing.assert_frame_equal(read_table(tmp_path / "studies.csv.gz"), STUDIES.replace("A & B", "Évora"))
    as_text = read_table(tmp_path / "studies.csv.gz", text=True)
    assert as_text["yi"].tolist() == ["-0.25", "0.1", "-0.4", "-0.1", "0.05"]
    words = ["synthesize", tmp_path / "studies.csv.gz", "--effect", "yi", "--variance", "vi"]
    assert rows_of(*words)[0]["k"] == 5
    (tmp_path / "wrong.csv").write_bytes(text.replace("-0,4", "much").replace(",", ".").encode("cp1252"))
    problems = Problems()
    column_of_numbers(read_table(tmp_path / "wrong.csv"), "yi", file="wrong.csv", problems=problems)
    with pytest.raises(KyotoError) as caught:
        problems.raise_if_any()
    assert str(caught.value.where) == "wrong.csv:5, column 'yi'"


def test_an_effect_needs_an_error_column(file):
    assert refused("synthesize", file, "--effect", "yi") == {"evaluation.no-error-column"}
    assert refused("synthesize", file, "--effect", "yi", "--variance", "vi", "--se", "vi") == {
        "evaluation.no-error-column"
    }


def test_one_study_under_the_fixed_model_is_itself():
    row = rows_of("synthesize", "-", "--effect", "d", "--variance", "v", "--model", "fixed", text="d,v\n0.2,0.04\n")[0]
    assert (row["estimate"], row["std_error"], row["tau2"]) == pytest.approx((0.2, 0.2, 0.0))


def test_equal_effects_have_no_spread():
    found = synthesis.synthesize([0.1, 0.1, 0.1], [0.1, 0.2, 0.3], hksj=True)
    assert found.overall.tau2 == 0
    assert found.overall.lower == pytest.approx(0.1)
    assert "report the wider" in found.overall.note


def test_charts(file, tmp_path):
    words = ("synthesize", file, "--effect", "yi", "--variance", "vi", "--by", "place")
    assert run(*words, "--chart", tmp_path / "f.svg", "--funnel", tmp_path / "f.html").exit_code == 0
    drawing = ET.fromstring((tmp_path / "f.svg").read_text())
    texts = [item.text for item in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert "A & B" in texts
    assert sum(text.startswith("−0.25") for text in texts) == 1
    # a square for each study, a diamond for each of the three groups and all
    assert len(list(drawing.iter("{http://www.w3.org/2000/svg}rect"))) == 1 + 5
    assert len(list(drawing.iter("{http://www.w3.org/2000/svg}polygon"))) >= 3
    assert "<circle" in (tmp_path / "f.html").read_text()
    assert refused(*words, "--chart", tmp_path / "f.gif") == {"evaluation.unknown-format"}


def test_result_protocol(file):
    found = synthesis.synthesize(STUDIES.yi, STUDIES.vi, labels=STUDIES.study)
    assert isinstance(found, Result)
    assert found.tidy().columns[:5].tolist() == ["term", "estimate", "std_error", "lower", "upper"]
    assert found.plot().to_dict()["layer"]
    assert "5 effects" in found.summary()


def test_bias_command(file):
    found = rows_of("bias", file, "--effect", "yi", "--variance", "vi", "--direction", "less")
    by_method = {row["method"].split(" (")[0]: row for row in found}
    slope = synthesis.egger(STUDIES.yi, STUDIES.vi).slope
    assert by_method["Egger's test"]["estimate"] == pytest.approx(slope.estimate)
    assert by_method["selection model"]["estimate"] is None
    assert "holds no study" in by_method["selection model"]["reading"]
    assert refused("bias", file, "--effect", "yi", "--variance", "vi", "--direction", "up") == {
        "evaluation.unknown-direction"
    }


def test_polars_and_arrow_frames():
    polars = pytest.importorskip("polars")
    columns = synthesis.Columns("yi", "vi")
    found = synthesis.read_studies(polars.from_pandas(STUDIES), columns)
    assert found.effects == pytest.approx(STUDIES.yi)


def test_decimal_commas_of_semicolon_files():
    found = rows_of(
        "synthesize", "-", "--effect", "d", "--se", "se", "--model", "fixed", text="d;se\n0,2;0,1\n0,3;0,2\n"
    )
    assert found[0]["estimate"] == pytest.approx(0.22)
    assert refused("synthesize", "-", "--effect", "d", "--se", "se", text='d,se\n"0,2",0.1\n0.3,0.2\n') == {
        "evaluation.not-a-number"
    }


def test_the_warning_of_narrow_limits_is_about_limits():
    # two studies: the t distribution with one degree of freedom is wide whatever the spread
    assert synthesis.synthesize([0.1, 0.2], [0.1, 0.1], hksj=True).overall.note == ""


REPORTS = "study,a,b,c,d\nA,4,119,11,128\nB,6,300,29,274\n"


def test_effects_of_reports_go_on_to_synthesis():
    done = run("effects", "-", "--measure", "risk-ratio", "--columns", "a,b,c,d", "--csv", text=REPORTS)
    table = pd.read_csv(io.StringIO(done.stdout))
    # escalc(measure="RR"), metafor 3.8-1
    assert table.effect.tolist() == pytest.approx([-0.889311333920205, -1.58538865720143])
    assert table.variance.tolist() == pytest.approx([0.325584765003961, 0.194581121398144])
    found = rows_of("synthesize", "-", "--effect", "effect", "--variance", "variance", text=done.stdout)
    assert found[0]["k"] == 2
    words = ("effects", "-", "--measure", "change-ratio", "--columns", "a,b,c,d", "--dispersion", "2")
    spread = rows_of(*words, text=REPORTS)
    assert spread[0]["variance"] == pytest.approx(2 * (1 / 4 + 1 / 119 + 1 / 11 + 1 / 128))


@pytest.mark.parametrize(
    ("measure", "columns", "more", "code"),
    [
        ("odds", "a,b,c,d", [], "evaluation.unknown-measure"),
        ("odds-ratio", "a,b", [], "evaluation.wrong-columns"),
        ("odds-ratio", "a,b,c,e", [], "evaluation.wrong-column"),
        ("odds-ratio", "a,b,c,study", [], "evaluation.not-a-number"),
        ("odds-ratio", "a,b,c,d", ["--dispersion", "2"], "evaluation.options-conflict"),
    ],
)
def test_reports_that_are_refused(measure, columns, more, code):
    words = ("effects", "-", "--measure", measure, "--columns", columns, *more)
    assert code in refused(*words, text=REPORTS)


def test_every_measure_names_what_it_needs():
    from kyoto.analysis.evaluation.synthesis.reported import REPORTED, effects_of_table

    for measure, (_, needs) in REPORTED.items():
        values = {"correlation": 0.3, "estimate": 2.0, "lower": 1.0, "upper": 3.0}
        frame = pd.DataFrame({name: [values.get(name, 12.0)] for name in needs})
        found = effects_of_table(frame, measure, list(needs))
        assert found.variance[0] > 0
