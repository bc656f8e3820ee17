"""Sums made in DuckDB give the figures of single rows; the command prints them; what cannot be right is refused."""

from __future__ import annotations

import csv
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyoto.analysis.surveys.design import make_design
from kyoto.analysis.surveys.estimation import mean, proportion, ratio, total
from kyoto.analysis.surveys.from_file import estimate_table
from kyoto.analysis.surveys.quantiles import quantile
from kyoto.analysis.surveys.replicate_weights import make_replicates
from kyoto.analysis.surveys.request import Request, SampleColumns, Wanted, wanted_figures
from kyoto.analysis.surveys.tables_in import open_frame, open_table
from kyoto.core.errors import KyotoError, KyotoErrors

FIGURES = ("estimate", "std_error", "lower", "upper", "deff")


@pytest.fixture(scope="module")
def people():
    random = np.random.default_rng(11)
    rows = 600
    stratum = random.integers(0, 6, rows)
    frame = pd.DataFrame(
        {
            "stratum": stratum,
            "cluster": random.integers(0, 5, rows),
            "person": np.arange(rows),
            "fpc1": 40,
            "weight": random.uniform(5, 30, rows),
            "sex": random.choice(["F", "M", None], rows, p=[0.5, 0.45, 0.05]),
            "age": random.integers(0, 3, rows),
            "loss": np.where(random.random(rows) < 0.1, np.nan, random.gamma(2.0, 50.0, rows)),
            "hit": random.integers(0, 2, rows),
            "kind": random.choice(["theft", "fraud", "robbery"], rows),
        }
    )
    frame.loc[:9, "weight"] = 0.0
    return frame


def figures(found):
    return np.array([[getattr(one, name) for name in FIGURES] for one in found], dtype=float)


def equal(found, expected):
    np.testing.assert_allclose(figures(found), figures(expected), rtol=1e-9)
    assert [dict(one.by) for one in found] == [dict(one.by) for one in expected]
    counts = [[(one.n, one.cases, one.df, one.missing) for one in figures] for figures in (found, expected)]
    assert counts[0] == counts[1]


def estimate(frame, sample, wanted, **settings):
    with open_frame(frame) as table:
        return estimate_table(table, sample, Request(tuple(wanted), **settings))


@pytest.mark.parametrize("by", [(), ("sex",), ("sex", "age")])
@pytest.mark.parametrize("clusters", [(), ("cluster",), ("cluster", "person")])
def test_sums_give_the_figures_of_rows(people, by, clusters):
    sample = SampleColumns("weight", ("stratum",), clusters, ("fpc1",) if clusters else ())
    design = make_design(
        people["weight"],
        strata=[people["stratum"]],
        clusters=[people[name] for name in clusters],
        fpc=[people[name] for name in sample.fpc],
    )
    groups = {name: people[name] for name in by}
    whole = (
        Wanted("total", "loss"),
        Wanted("mean", "loss"),
        Wanted("ratio", "hit", "loss"),
        Wanted("proportion", "kind"),
    )
    found = [estimate(people, sample, [one], by=by) for one in whole]
    equal(found[0], total(design, people["loss"], by=groups))
    equal(found[1], mean(design, people["loss"], by=groups))
    equal(found[2], ratio(design, people["hit"], people["loss"], by=groups))
    equal(found[3], proportion(design, people["kind"], by=groups))
    hit = estimate(people, sample, [Wanted("proportion", "hit")], by=by)
    equal(hit, proportion(design, people["hit"], by=groups))
    assert {one.term for one in hit} == {"hit=1"}
    inside = people[people["weight"] > 0]
    keys = [inside[name].fillna("_U").astype(str) for name in by] or [np.zeros(len(inside))]
    by_hand = inside["hit"].groupby(keys).sum().to_dict()
    got = {tuple(one.by.values()) or (0.0,): one.cases for one in hit}
    assert got == {(key if isinstance(key, tuple) else (key,)): number for key, number in by_hand.items()}
    middle = estimate(people, sample, [Wanted("quantile", "loss", shares=(0.5,))], by=by)
    expected = quantile(design, people["loss"], [0.5], by=groups)
    np.testing.assert_allclose(figures(middle)[:, :4], figures(expected)[:, :4], rtol=1e-9)


@pytest.mark.parametrize("by", [(), ("sex",)])
def test_replicate_sums_give_the_figures_of_rows(people, by):
    design = make_design(people["weight"], strata=[people["stratum"]], clusters=[people["cluster"]])
    made = make_replicates(design, "bootstrap", count=30, seed=5)
    frame = people.assign(**{f"rw{at}": made.replicates[:, at] for at in range(30)})
    groups = {name: people[name] for name in by}
    sample = SampleColumns("weight", replicates="rw*", kind="bootstrap")
    for wanted, expected in (
        (Wanted("total", "loss"), total(made, people["loss"], by=groups)),
        (Wanted("mean", "loss"), mean(made, people["loss"], by=groups)),
        (Wanted("ratio", "hit", "loss"), ratio(made, people["hit"], people["loss"], by=groups)),
        (Wanted("proportion", "kind"), proportion(made, people["kind"], by=groups)),
    ):
        found = estimate(frame, sample, [wanted], by=by)
        np.testing.assert_allclose(figures(found)[:, :2], figures(expected)[:, :2], rtol=1e-9)
        assert [(one.n, one.cases) for one in found] == [(one.n, one.cases) for one in expected]
    factors = people.assign(**{f"rw{at}": made.replicates[:, at] / people["weight"] for at in range(30)}).fillna(
        dict.fromkeys([f"rw{at}" for at in range(30)], 0.0)
    )
    again = SampleColumns("weight", replicates="rw*", kind="bootstrap", factors=True)
    one = estimate(factors, again, [Wanted("mean", "loss")])
    assert one[0].std_error == pytest.approx(estimate(frame, sample, [Wanted("mean", "loss")])[0].std_error, rel=1e-9)


def test_order_of_rows_changes_nothing(people):
    sample = SampleColumns("weight", ("stratum",), ("cluster",))
    wanted = [Wanted("mean", "loss"), Wanted("proportion", "kind")]
    first = estimate(people, sample, wanted, by=("sex",))
    second = estimate(people.sample(frac=1.0, random_state=3), sample, wanted, by=("sex",))
    np.testing.assert_allclose(figures(first), figures(second), rtol=1e-10)


def test_csv_parquet_and_excel_say_the_same(people, tmp_path):
    people.to_csv(tmp_path / "a.csv", index=False)
    people.to_csv(tmp_path / "b.csv", index=False, sep=";", na_rep="NA")
    people.to_parquet(tmp_path / "a.parquet")
    people.to_excel(tmp_path / "a.xlsx", index=False)
    sample = SampleColumns("weight", ("stratum",), ("cluster",))
    request = Request((Wanted("mean", "loss"), Wanted("proportion", "kind")), by=("sex",))
    found = []
    for name in ("a.csv", "b.csv", "a.parquet", "a.xlsx"):
        with open_table(tmp_path / name) as table:
            found.append(estimate_table(table, sample, request))
    for other in found[1:]:
        equal(other, found[0])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(2, 5))
def test_domains_add_up_and_weights_scale(seed, strata, clusters):
    """Totals of domains add up to the total, variance included; doubled weights double totals and change no mean."""
    random = np.random.default_rng(seed)
    rows = 60
    stratum, cluster = np.arange(rows) % strata, (np.arange(rows) // strata) % clusters
    weights, y, group = random.uniform(1, 9, rows), random.normal(5, 2, rows), random.integers(0, 3, rows)
    design = make_design(weights, strata=[stratum], clusters=[cluster])
    parts, whole = total(design, y, by={"g": group}), total(design, y)
    assert sum(one.estimate for one in parts) == pytest.approx(whole[0].estimate, rel=1e-12)
    assert parts.covariance.sum() == pytest.approx(whole[0].std_error ** 2, rel=1e-8, abs=1e-9)
    twice = make_design(2 * weights, strata=[stratum], clusters=[cluster])
    assert total(twice, y)[0].std_error == pytest.approx(2 * whole[0].std_error, rel=1e-10, abs=1e-9)
    assert mean(twice, y)[0].std_error == pytest.approx(mean(design, y)[0].std_error, rel=1e-10, abs=1e-12)


def test_degrees_of_freedom_and_factor_can_be_given(people):
    sample = SampleColumns("weight", ("stratum",), ("cluster",))
    normal = estimate(people, sample, [Wanted("mean", "hit")], df=math.inf, per=1000.0)[0]
    plain = estimate(people, sample, [Wanted("mean", "hit")])[0]
    assert normal.estimate == pytest.approx(1000 * plain.estimate)
    assert (normal.upper - normal.estimate) / normal.std_error == pytest.approx(1.959963984540054, rel=1e-12)
    assert plain.df == 24


LOSS = Wanted("mean", "loss")
PLAIN = SampleColumns("weight")
PLAIN_Y = SampleColumns("w")
DRAWN = SampleColumns("weight", ("stratum",), ("cluster",))
FINITE = SampleColumns("weight", ("stratum",), ("cluster",), ("fpc1",))
HALVES = SampleColumns("weight", replicates="rw*")
JACKKNIFE = SampleColumns("weight", replicates="rw*", kind="jkn")


@pytest.mark.parametrize(
    ("change", "sample", "wanted", "code"),
    [
        ({}, SampleColumns("wieght"), LOSS, "survey.wrong-column"),
        ({}, PLAIN, Wanted("mean", "kind"), "survey.not-a-number"),
        ({"weight": np.nan}, PLAIN, LOSS, "survey.missing-weight"),
        ({"weight": -1.0}, PLAIN, LOSS, "survey.negative-weight"),
        ({"weight": 0.0}, PLAIN, LOSS, "survey.no-weight"),
        ({"stratum": None}, DRAWN, LOSS, "survey.missing-design"),
        ({"fpc1": 1.5}, FINITE, LOSS, "survey.fpc-too-small"),
        ({"cluster": 1}, DRAWN, LOSS, "survey.lonely-cluster"),
        ({}, HALVES, LOSS, "survey.replicates-mismatch"),
        ({"rw1": 1.0, "rw2": None}, HALVES, LOSS, "survey.replicates-mismatch"),
        ({"rw1": 1.0, "rw2": 1.0}, HALVES, LOSS, "survey.replicates-mismatch"),
        ({"rw1": 20.0, "rw2": 20.0}, JACKKNIFE, LOSS, "survey.replicate-scales"),
    ],
)
def test_what_cannot_be_right_is_refused(people, change, sample, wanted, code):
    with pytest.raises(KyotoError) as caught:
        estimate(people.assign(**change), sample, [wanted])
    assert caught.value.code == code


def test_all_wrong_columns_come_out_at_once(people):
    with pytest.raises(KyotoErrors) as caught:
        estimate(people, SampleColumns("wieght", ("stratun",)), [Wanted("mean", "los")])
    assert len(caught.value.problems) == 3
    assert "Did you mean 'weight'?" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "survey.empty-table"),
        (b"w,y\n", "survey.empty-table"),
        (b"w,y,y\n1,2,3\n", "survey.double-column"),
        (b"PAR1 is no Parquet", "survey.unreadable-file"),
        (b"w,y\n1,2\n3,4,5,6\n", "survey.unreadable-file"),
    ],
)
def test_files_that_are_no_tables(tmp_path, content, code):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(KyotoError) as caught, open_table(tmp_path / "a.csv") as table:
        estimate_table(table, PLAIN_Y, Request((Wanted("mean", "y"),)))
    assert caught.value.code == code


def test_figures_whose_interval_says_nothing_are_noted():
    frame = pd.DataFrame({"w": [1.0, 2, 3, 4], "y": [1.0, 2, 3, 4], "x": [0, 0, 1, 0], "g": ["a", "a", "b", "c"]})
    alone = estimate(frame, PLAIN_Y, [Wanted("mean", "y")], by=("g",))
    assert "says nothing" in alone[1].note
    assert "says nothing" in alone[2].note
    nothing = estimate(frame, PLAIN_Y, [Wanted("ratio", "y", "x")], by=("g",))
    assert nothing[0].note == "Nobody in this domain counts in the denominator."
    assert nothing[0].estimate is None


def test_dates_are_no_numbers(tmp_path):
    pd.DataFrame({"w": [1.0, 2], "y": pd.to_datetime(["2024-01-01"] * 2)}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(KyotoError) as caught, open_table(tmp_path / "a.parquet") as table:
        estimate_table(table, PLAIN_Y, Request((Wanted("mean", "y"),)))
    assert caught.value.code == "survey.not-a-number"


def test_labels_of_text_files_are_those_of_typed_ones(tmp_path):
    """1.0 and 1 are one label; none is one too; NA is missing."""
    (tmp_path / "a.csv").write_text("w,y,g\n1,1.0,none\n2,0.0,NA\n3,1,none\n4,0,x\n")
    with open_table(tmp_path / "a.csv") as table:
        found = estimate_table(table, PLAIN_Y, Request((Wanted("proportion", "y"),), by=("g",)))
    assert [(one.term, one.by["g"], one.estimate) for one in found] == [
        ("y=1", "none", 1.0),
        ("y=1", "x", 0.0),
        ("y=1", "_U", 0.0),
    ]


def test_text_among_numbers_names_the_row(people, tmp_path):
    people.assign(loss=people["loss"].astype(str).where(people.index != 7, "many")).to_csv(tmp_path / "a.csv")
    with pytest.raises(KyotoError) as caught, open_table(tmp_path / "a.csv") as table:
        estimate_table(table, SampleColumns("weight"), Request((Wanted("mean", "loss"),)))
    assert "'many'" in caught.value.got
    assert "row 8" in caught.value.got


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({}, "survey.nothing-asked"),
        ({"ratios": ["a"]}, "survey.wrong-ratio"),
        ({"quantiles": ["a@2"]}, "survey.wrong-quantile"),
        ({"means": ["a"], "by": ["estimate"]}, "survey.reserved-name"),
    ],
)
def test_requests_that_say_nothing(words, code):
    with pytest.raises(KyotoError) as caught:
        wanted_figures(**words)
    assert caught.value.code == code


def test_the_command_prints_rows_for_scripts(people, tmp_path, survey_command):
    run = survey_command
    people.to_csv(tmp_path / "a.csv", index=False)
    design = ("--weight", "weight", "--strata", "stratum", "--cluster", "cluster", "--fpc", "fpc1")
    code, out, _ = run(
        "estimate", tmp_path / "a.csv", *design, "--ratio", "hit/loss", "--by", "sex", "--by", "age", "--json"
    )
    rows = json.loads(out)
    assert code == 0
    assert len(rows) == 9
    assert set(rows[0]) >= {"term", "sex", "age", "estimate", "std_error", "lower", "upper", "n", "deff", "cv"}
    expected = ratio(
        make_design(people["weight"], strata=[people["stratum"]], clusters=[people["cluster"]], fpc=[people["fpc1"]]),
        people["hit"],
        people["loss"],
        by={"sex": people["sex"], "age": people["age"]},
    )
    assert rows[0]["std_error"] == pytest.approx(expected[0].std_error, rel=1e-9)
    code, out, _ = run("estimate", "-", *design, "--total", "loss", "--csv", text=(tmp_path / "a.csv").read_text())
    assert code == 0
    assert float(next(csv.DictReader(out.splitlines()))["estimate"]) == pytest.approx(
        (people["weight"] * people["loss"]).sum(), rel=1e-12
    )
    code, out, errors = run("estimate", tmp_path / "a.csv", "--weight", "weight", "--mean", "kind")
    assert code == 2
    assert "survey.not-a-number" in errors


# svydesign(id=~V2118, strata=~V2117, weights=~WGTHHCY, nest=TRUE), svyby(~SC214A, ~V2127B, d, svymean, na.rm=TRUE,
# deff=TRUE), the same by V2143, svymean(~I(V2015==1), d, na.rm=TRUE), degf(d); R 4.2.2, survey 4.1-1
REGION = [
    [12.71520579522048, 12.17137186265053, 11.90237615315335, 12.79148725758473],
    [0.051926248895272, 0.04724900775488264, 0.05473117620885389, 0.08144718977144443],
    [3.160595707035744, 5.398958296825451, 8.572168419613112, 13.09879022623116],
]
URBAN = [
    [11.85684281139284, 12.41711032863554, 12.17509869115229],
    [0.05937289845168021, 0.03848553500885884, 0.07576135816490674],
    [2.383737917768476, 8.707364885255574, 11.08559423833866],
]
OWN = (0.6404874611268728, 0.003193096343412374)


@pytest.mark.shared
def test_ncvs_households_equal_r(shared_data):
    sample = SampleColumns("WGTHHCY", ("V2117",), ("V2118",))
    with open_table(shared_data / "victimization" / "ncvs_2021_household.parquet") as table:
        for by, golden in (("V2127B", REGION), ("V2143", URBAN)):
            found = estimate_table(table, sample, Request((Wanted("mean", "SC214A"),), by=(by,)))
            rows = np.array([[getattr(one, name) for one in found] for name in ("estimate", "std_error", "deff")])
            np.testing.assert_allclose(rows, golden, rtol=1e-10)
        own = estimate_table(table, sample, Request((Wanted("proportion", "V2015"),)))[0]
        assert (own.term, own.df) == ("V2015=1", 170)
        np.testing.assert_allclose([own.estimate, own.std_error], OWN, rtol=1e-10)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_decimal_commas_are_read_where_no_comma_stands_between_cells(tmp_path, separator):
    rows = [["w", "y", "place"], ["1,5", "2,25", "a,b"], ["2", "", "c"], ["0,5", "-1e1", "7,5"]]
    file = tmp_path / "answers.csv"
    file.write_text("\n".join(separator.join(row) for row in rows), encoding="utf-8")
    with open_table(file) as table:
        table.require_numbers(["w", "y"])
        frame = table.frame()
    assert frame["w"].tolist() == [1.5, 2.0, 0.5]
    assert frame["y"].fillna(0).tolist() == [2.25, 0.0, -10.0]
    assert frame["place"].tolist() == ["a,b", "c", "7,5"]


def test_true_and_false_are_one_and_zero(tmp_path):
    file = tmp_path / "answers.csv"
    file.write_text("w,hit\n1,True\n1,FALSE\n1,\n2,true\n", encoding="utf-8")
    request = Request(wanted=wanted_figures(means=["hit"], totals=["hit"]))
    with open_table(file) as table:
        found = {figure.statistic: figure for figure in estimate_table(table, SampleColumns(weight="w"), request)}
    assert found["mean"].estimate == pytest.approx(3 / 4)
    assert found["total"].estimate == pytest.approx(3)
    assert found["mean"].missing == 1
