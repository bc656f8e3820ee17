"""From the written design to the card: designs, freezing, power, worth, register, monitoring, and the build."""

from __future__ import annotations

import json
import math
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from typer.testing import CliRunner

from kyoto.analysis.evaluation import monitoring, register, synthesis, worth
from kyoto.analysis.evaluation.building import build_steps, read_settings
from kyoto.analysis.evaluation.card import card_of_evaluation, card_of_evidence, card_of_synthesis, render_card
from kyoto.analysis.evaluation.designs import two_way_fixed_effects
from kyoto.analysis.evaluation.designs.simulate import staggered_panel
from kyoto.analysis.evaluation.phrases import LANGUAGES, phrases
from kyoto.analysis.evaluation.plan import Indicator, Logframe, freeze, freeze_state, read_design
from kyoto.analysis.evaluation.plan.power import (
    power_of_means,
    power_of_shares,
    power_of_stepped_wedge,
    simulated_power,
    smallest_effect,
)
from kyoto.analysis.evaluation.plan.run import run_design
from kyoto.analysis.evaluation.worth import CostItem, Prevented, PriceTable, appraise
from kyoto.cli.main import app
from kyoto.core.build.model import StepContext
from kyoto.core.errors import KyotoError, Problems
from kyoto.core.project import Project

DESIGN = """
[evaluation]
title = "Lamps in the old town"
programme = "New street lamps in ten areas"
design = "staggered"
data = "crimes.csv"
unit = "burglary"
threats = ["Shops opened in the same year."]
assumptions = ["Areas would have moved alike."]
cost = 120000
currency = "EUR"

[columns]
unit = "area"
period = "year"
outcome = "crimes"
start = "first"

[dates]
end = 2020

[logframe]
inputs = ["120 lamps"]
activities = ["Repairs within a day"]
indicators = [
  { name = "lamps lit", level = "output", unit = "%", baseline = 60, target = 95, direction = "up" },
  { name = "burglaries", level = "outcome", baseline = 30, target = 20 },
]
"""


def write_project(folder, text=DESIGN, effect=-6.0):
    panel = staggered_panel(units=60, periods=8, effect=effect, seed=5)
    rows = pd.DataFrame(
        {
            "area": np.repeat(panel.units, 8),
            "year": np.tile(np.arange(2013, 2021), 60),
            "crimes": panel.outcome.ravel().round(3),
            "first": np.repeat([None if g < 0 else 2013 + g for g in panel.first], 8),
        }
    )
    rows.to_csv(folder / "crimes.csv", index=False)
    path = folder / "evaluation.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def design(tmp_path):
    return write_project(tmp_path)


def run(*words, text=None):
    return CliRunner().invoke(app, ["evaluate", *map(str, words)], input=text)


def code_of(call):
    with pytest.raises(KyotoError) as caught:
        call()
    return {problem.code for problem in caught.value.problems}


# --- the written design ---


def test_a_design_runs_as_written(design):
    found = run_design(read_design(design))
    assert found.result.headline.lower < -6 < found.result.headline.upper
    assert found.frozen.state == "none"
    assert (found.units, found.periods) == (60, 8)
    # what would have been is the observed mean of the treated minus the effect
    table = pd.read_csv(design.parent / "crimes.csv")
    on = table[table.year >= table["first"]]
    assert found.baseline == pytest.approx(on.crimes.mean() - found.result.headline.estimate)


def test_freezing_shows_later_changes(design):
    first = freeze(read_design(design))
    assert first.state == "frozen"
    assert first.outcomes_known
    design.write_text("# a comment\n" + DESIGN, encoding="utf-8")
    assert freeze_state(read_design(design)).state == "frozen"
    design.write_text(DESIGN.replace('outcome = "crimes"', 'outcome = "year"'), encoding="utf-8")
    changed = freeze_state(read_design(design))
    assert changed.state == "changed"
    assert changed.changes == ('columns.outcome was "crimes", is "year"',)
    assert "changed after it was frozen" in changed.sentence()
    assert code_of(lambda: freeze(read_design(design))) == {"evaluation.already-frozen"}
    assert freeze(read_design(design), again=True).state == "frozen"
    lock = json.loads(design.with_suffix(".frozen.json").read_text())
    assert lock["earlier"][0]["sha256"] == first.sha256


def test_freezing_before_there_are_outcomes(tmp_path):
    path = write_project(tmp_path)
    (tmp_path / "crimes.csv").unlink()
    assert not freeze(read_design(path)).outcomes_known


def test_a_forged_copy_is_refused(design):
    freeze(read_design(design))
    lock = design.with_suffix(".frozen.json")
    lock.write_text(lock.read_text().replace('"burglary"', '"theft"'))
    assert code_of(lambda: freeze_state(read_design(design))) == {"evaluation.broken-lock"}


def test_all_problems_of_a_design_in_one_pass(tmp_path):
    text = DESIGN.replace('"staggered"', '"stagered"').replace("programme =", "program =")
    path = write_project(tmp_path, text.replace('{ name = "burglaries"', '{ title = "burglaries"'))
    with pytest.raises(KyotoError) as caught:
        read_design(path)
    problems = caught.value.problems
    assert {problem.code for problem in problems} >= {
        "project.wrong-value",
        "project.missing-key",
        "project.unknown-key",
    }
    assert any("staggered" in problem.hint for problem in problems)
    assert all(problem.where.line for problem in problems if problem.code == "project.wrong-value")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("end = 2020", "end = 2018"), "evaluation.after-end"),
        (('start = "first"', ""), "evaluation.no-start"),
        (('outcome = "crimes"', 'outcome = "crime"'), "evaluation.wrong-column"),
        (('data = "crimes.csv"', 'data = "no.csv"'), "source.missing-file"),
        (("[columns]", "[evaluation.options]\nmagic = 3\n[columns]"), "evaluation.unknown-option"),
        (
            ('start = "first"', "[columns.x]"),
            "project.unknown-key",
        ),
    ],
)
def test_designs_that_cannot_run(tmp_path, change, code):
    path = write_project(tmp_path, DESIGN.replace(*change))
    assert code in code_of(lambda: run_design(read_design(path)))


@pytest.mark.parametrize(
    ("months", "start"),
    [
        (list(range(60)), "30"),
        ([f"{2015 + m // 12}-{m % 12 + 1:02d}" for m in range(60)], "2017-07-01"),
        ([f"{2015 + m // 12}-{m % 12 + 1:02d}-01" for m in range(60)], '"2017-07"'),
    ],
)
def test_the_programme_begins_when_the_design_says(tmp_path, months, start):
    """Period 4 is before period 30, and a month is not before its own first day."""
    fall = np.where(np.arange(60) >= 30, -20.0, 0.0)
    noise = np.random.default_rng(1).normal(0, 1, 60)
    pd.DataFrame({"month": months, "crimes": 100 + fall + noise}).to_csv(tmp_path / "s.csv", index=False)
    (tmp_path / "evaluation.toml").write_text(
        "[evaluation]\ntitle = 'T'\nprogramme = 'P'\ndesign = 'time-series'\ndata = 's.csv'\n"
        f"[columns]\nperiod = 'month'\noutcome = 'crimes'\n[dates]\nstart = {start}\n",
        encoding="utf-8",
    )
    found = run_design(read_design(tmp_path))
    assert found.result.headline.lower < -20 < found.result.headline.upper
    assert found.result.headline.estimate == pytest.approx(-20, abs=1.5)


def test_periods_written_in_two_ways_are_refused(design):
    design.write_text(DESIGN.replace("end = 2020", 'end = "2020-Q4"'), encoding="utf-8")
    assert "evaluation.wrong-period" not in codes_of_running(design)  # years up to the length of a year
    design.write_text(DESIGN.replace("end = 2020", 'end = "Q4"'), encoding="utf-8")
    assert "evaluation.wrong-period" in codes_of_running(design)


def codes_of_running(design):
    try:
        run_design(read_design(design))
    except KyotoError as error:
        return {problem.code for problem in error.problems}
    return set()


def test_no_design(tmp_path):
    assert code_of(lambda: read_design(tmp_path)) == {"evaluation.missing-design"}


def test_treated_units_by_name_and_every_kind_of_design(tmp_path):
    text = DESIGN.replace('start = "first"\n', "").replace("end = 2020", "start = 2018\nend = 2020")
    text = text.replace('unit = "burglary"', 'unit = "burglary"\ntreated = ["unit 2", "unit 3"]')
    for kind in ("two-way", "synthetic-control", "synthetic-did"):
        found = run_design(read_design(write_project(tmp_path, text.replace('"staggered"', f'"{kind}"'))))
        assert math.isfinite(found.result.headline.estimate)
    wrong = text.replace('"unit 2"', '"unit two"')
    assert code_of(lambda: run_design(read_design(write_project(tmp_path, wrong)))) == {"evaluation.unknown-unit"}


@pytest.mark.parametrize(
    "kind", ["randomised", "weighting", "doubly-robust", "matching", "discontinuity", "time-series"]
)
def test_designs_over_rows(tmp_path, kind):
    generator = np.random.default_rng(3)
    n = 120
    table = pd.DataFrame({"x": generator.normal(size=n), "z": np.arange(n) % 2, "week": np.arange(n)})
    table["y"] = table.x + 2 * (table.x >= 0) + table.z + generator.normal(0, 0.3, n)
    table.to_csv(tmp_path / "rows.csv", index=False)
    roles = {"discontinuity": 'outcome = "y"\nscore = "x"', "time-series": 'outcome = "y"\nperiod = "week"'}
    columns = roles.get(kind, 'outcome = "y"\ntreatment = "z"')
    covariates = 'covariates = ["x"]' if kind not in roles else ""
    path = tmp_path / "evaluation.toml"
    path.write_text(
        f'[evaluation]\ntitle = "T"\nprogramme = "P"\ndesign = "{kind}"\ndata = "rows.csv"\n{covariates}\n'
        f"[columns]\n{columns}\n[dates]\nstart = 80\n",
        encoding="utf-8",
    )
    found = run_design(read_design(path))
    if kind in roles:
        assert found.result.headline.lower < found.result.headline.upper
    else:
        assert found.result.headline.lower < 1 < found.result.headline.upper
    assert render_card(card_of_evaluation(found))


# --- power: R 4.2.2 power.t.test(strict=TRUE), power.prop.test ---


def test_power_of_means():
    assert power_of_means(0.5, sd=1, treated=64, untreated=64).power == pytest.approx(0.801458623368, abs=1e-6)
    assert power_of_means(0.7, sd=1.1, treated=25, untreated=25).power == pytest.approx(0.596692095434, abs=1e-9)


def test_power_of_shares():
    assert power_of_shares(0.5, 0.35, treated=170, untreated=170).power == pytest.approx(0.801602595613, abs=1e-9)
    assert power_of_shares(0.24, 0.41, treated=90, untreated=90).power == pytest.approx(0.685396840896, abs=1e-9)


def test_clusters_cost_power_as_the_design_effect_says():
    clustered = power_of_means(0.3, sd=1, treated=400, untreated=400, cluster_size=20, icc=0.05).power
    fewer = 400 / (1 + 19 * 0.05)
    ratio = 0.3 / math.sqrt(2 / fewer)
    critical = stats.t.ppf(0.975, 38)
    assert clustered == pytest.approx(stats.nct.sf(critical, 38, ratio), abs=1e-6)


def test_stepped_wedge_by_the_closed_form():
    # Hussey and Hughes (2007), equation 8, with I clusters and T periods
    clusters, periods, size, icc = 12, 5, 30, 0.05
    start = np.repeat(np.arange(1, 5), 3)
    x = (np.arange(5)[None, :] >= start[:, None]).astype(float)
    sigma, tau = (1 - icc) / size, icc
    u, w, v = x.sum(), (x.sum(axis=0) ** 2).sum(), (x.sum(axis=1) ** 2).sum()
    top = clusters * sigma * (sigma + periods * tau)
    bottom = (clusters * u - w) * sigma + (u**2 + clusters * periods * u - periods * w - clusters * v) * tau
    power = stats.norm.cdf(0.2 / math.sqrt(top / bottom) - stats.norm.ppf(0.975))
    found = power_of_stepped_wedge(0.2, sd=1, clusters=clusters, periods=periods, cluster_size=size, icc=icc)
    assert found.power == pytest.approx(power, abs=1e-5)  # the formula leaves the other tail out


def test_smallest_effect_has_the_wanted_power():
    size = smallest_effect(lambda s: power_of_means(s, sd=2, treated=50, untreated=50).power, wanted=0.9)
    assert power_of_means(size, sd=2, treated=50, untreated=50).power == pytest.approx(0.9)


def test_simulated_power_agrees_with_the_formula():
    history = np.random.default_rng(1).normal(10, 1, size=(40, 8))
    found = simulated_power(history, two_way_fixed_effects, -0.6, treated=20, start=4, replicates=200)
    # a comparison of the changes of means, which vary so much in this history
    changes = history[:, 4:].mean(axis=1) - history[:, :4].mean(axis=1)
    formula = power_of_means(0.6, sd=changes.std(ddof=1), treated=20, untreated=20).power
    assert found.lower - 0.04 < formula < found.upper + 0.04
    nothing = simulated_power(history, two_way_fixed_effects, 0.0, treated=20, start=4, replicates=200)
    assert nothing.power < 0.12


def test_power_command():
    row = json.loads(run("power", "--design", "means", "--n", "64", "--effect", "0.5", "--json").stdout)[0]
    assert row["power"] == pytest.approx(0.801458623368, abs=1e-6)
    row = json.loads(run("power", "--design", "shares", "--n", "400", "--share", "0.42", "--json").stdout)[0]
    assert row["power"] == pytest.approx(0.8, abs=1e-6)
    again = power_of_shares(0.42, 0.42 + row["effect"], treated=400, untreated=400)
    assert again.power == pytest.approx(0.8, abs=1e-6)
    assert code_of(lambda: power_of_stepped_wedge(0.2, sd=1, clusters=10, periods=5, cluster_size=9, icc=0.1)) == {
        "evaluation.wrong-number"
    }


def test_power_of_a_written_design_never_reads_the_programme(design):
    words = ("simulate", design, "--replicates", "40", "--json", "--effect")
    none, some = (json.loads(run(*words, size).stdout)[0] for size in ("0", "-3"))
    assert none["power"] < 0.2
    assert some["power"] > 0.9
    assert some["lower"] < some["power"] <= some["upper"]
    # outcomes from the first start on may be anything
    path = design.parent / "crimes.csv"
    table = pd.read_csv(path)
    started = int(table["first"].min())
    table.loc[table.year >= started, "crimes"] *= 7
    table.to_csv(path, index=False)
    assert json.loads(run(*words, "-3").stdout)[0] == some
    design.write_text(DESIGN.replace('"staggered"', '"time-series"').replace("end = 2020", "start = 2018"))
    assert run(*words, "-3").exception.code == "evaluation.no-simulation"


# --- worth it? ---


def test_present_values_by_hand():
    found = appraise(
        [CostItem("start", 0, 1000.0), CostItem("upkeep", 1, 200.0)],
        [Prevented("thefts", 4.0, 0.0, 150.0, first=1, years=2)],
        rate=0.05,
    )
    cost = 1000 + 200 / 1.05
    benefit = 600 / 1.05 + 600 / 1.05**2
    rows = found.tidy().set_index("term")
    assert rows.estimate["net present value"] == pytest.approx(benefit - cost)
    assert rows.estimate["benefit–cost ratio"] == pytest.approx(benefit / cost)
    assert rows.estimate["cost per offence prevented"] == pytest.approx(cost / 8)
    assert rows.lower["cost"] == pytest.approx(rows.upper["cost"])


def test_distributions_against_their_closed_forms():
    found = appraise([CostItem("all", 0, 1000.0)], [Prevented("thefts", 10.0, 4.0, 120.0)], rate=0.0, draws=100_000)
    worth_of = np.array([50.0, 100.0, 200.0])
    chance = found.acceptability(worth_of).chance.to_numpy()
    expected = stats.norm.cdf((worth_of * 10 - 1000) / (worth_of * 4))
    assert chance == pytest.approx(expected, abs=0.006)
    assert found.chance_of_gain == pytest.approx(stats.norm.cdf(200 / 480), abs=0.006)
    rows = found.tidy().set_index("term")
    assert rows.upper["cost per offence prevented"] == pytest.approx(1000 / (10 - 1.96 * 4), rel=0.03)
    skewed = appraise([CostItem("all", 0, 100.0, 50.0, 200.0)], [Prevented("t", 1.0, 0.0, 1.0)], draws=100_000)
    limits = skewed.tidy().set_index("term").loc["cost", ["lower", "upper"]].astype(float)
    assert limits.tolist() == pytest.approx([50, 200], rel=0.02)


def test_same_seed_same_numbers_and_the_tornado_is_ordered():
    items = ([CostItem("all", 0, 1000.0, 800.0, 1500.0)], [Prevented("thefts", 10.0, 4.0, 120.0, 60.0, 240.0)])
    one, two = (appraise(*items, seed=9) for _ in range(2))
    assert one.tidy().equals(two.tidy())
    assert one.tornado.swing.is_monotonic_decreasing
    by_input = one.tornado.set_index("input")
    assert by_input.at_upper["cost: all"] == pytest.approx(1200 - 1500)
    assert one.plot().to_dict()["layer"]
    assert one.plot_acceptability().to_dict()["layer"]


def test_a_programme_that_may_do_harm_has_no_upper_cost():
    found = appraise([CostItem("all", 0, 1000.0)], [Prevented("thefts", 1.0, 4.0, 120.0)])
    row = found.tidy().set_index("term").loc["cost per offence prevented"]
    assert math.isinf(row.upper)
    assert row.std_error is None or math.isnan(row.std_error)


COSTS = pd.DataFrame(
    {
        "iccs": ["0501", "05", "0501"],
        "area": ["GB", "GB", "NL"],
        "year": [2015, 2015, 2018],
        "cost": [5930, 4000, 3000],
        "lower": [4000, None, None],
        "upper": [8000, None, None],
        "component": ["all", "all", "all"],
        "currency": ["GBP", "GBP", "EUR"],
    }
)
PRICES = PriceTable(
    {("GB", 2015): 100.0, ("GB", 2023): 130.0, ("NL", 2018): 100.0, ("NL", 2023): 120.0},
    {("GB", 2023): 0.7, ("NL", 2023): 0.8},
)


def test_unit_costs_move_in_time_and_place():
    costs = worth.read_unit_costs(COSTS)
    own = worth.unit_cost_of(costs, "0501", area="GB", year=2023, prices=PRICES)
    assert [(item.cost, item.lower, item.upper) for item in own] == [(5930 * 1.3, 4000 * 1.3, 8000 * 1.3)]
    above = worth.unit_cost_of(costs, "0502", area="GB", year=2023, prices=PRICES)
    assert above[0].cost == pytest.approx(5200)
    moved = worth.unit_cost_of(costs[2:], "0501", area="GB", year=2023, prices=PRICES)
    assert moved[0].cost == pytest.approx(3000 * 1.2 / 0.8 * 0.7)
    assert code_of(lambda: worth.unit_cost_of(costs, "0201", area="GB", year=2023, prices=PRICES)) == {
        "evaluation.no-unit-cost"
    }
    assert code_of(lambda: worth.unit_cost_of(costs, "0501", area="GB", year=2030, prices=PRICES)) == {
        "evaluation.no-price"
    }
    assert code_of(lambda: worth.read_unit_costs(COSTS.assign(upper=1))) == {"evaluation.wrong-cost"}


def test_worth_command_with_tables(tmp_path):
    COSTS.to_csv(tmp_path / "costs.csv", index=False)
    prices = pd.DataFrame({"area": ["GB", "GB"], "year": [2015, 2023], "index": [100, 130], "parity": [None, 0.7]})
    prices.to_csv(tmp_path / "prices.csv", index=False)
    path = tmp_path / "worth.toml"
    path.write_text(
        '[worth]\ncurrency = "GBP"\nrate = 0.0\narea = "GB"\nyear = 2023\nunit_costs = "costs.csv"\n'
        'prices = "prices.csv"\n[[cost]]\nname = "lamps"\namount = 10000\n'
        '[[prevented]]\nname = "burglaries"\niccs = "0501"\nper_year = 2\nstd_error = 0.5\n',
        encoding="utf-8",
    )
    rows = json.loads(run("worth", path, "--json").stdout)
    assert rows[4]["estimate"] == pytest.approx(2 * 5930 * 1.3)
    path.write_text(path.read_text().replace("per_year = 2", "per_yaer = 2"))
    done = run("worth", path)
    assert {problem.code for problem in done.exception.problems} == {"project.missing-key", "project.unknown-key"}


# --- the card ---


class Words(HTMLParser):
    def __init__(self):
        super().__init__()
        self.words, self.inside, self.open = [], False, []

    def handle_starttag(self, tag, attrs):
        self.inside = self.inside or tag == "body"
        if tag not in {"meta", "line", "rect", "circle"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in {"meta", "line", "rect", "circle"}:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.inside:
            self.words.append(data)


def text_of(page):
    parser = Words()
    parser.feed(page)
    assert parser.open == []
    return " ".join(" ".join(parser.words).split())


def test_the_card_says_what_the_result_says(design, tmp_path):
    freeze(read_design(design))
    found = run_design(read_design(design))
    page = render_card(card_of_evaluation(found))
    text = text_of(page)
    share = -100 * found.result.headline.estimate / found.baseline
    assert f"Burglary fell by about {share:.0f} %. The programme probably helped." in text
    assert "120 lamps" in text
    assert "Shops opened in the same year." in text
    assert "120 000 EUR" in text
    assert "has not changed since" in text
    assert "Fairly sure" in text
    assert not re.search(r"https?://(?!www\.w3\.org)", page)
    assert not re.search(r"\bnan\b|\binf\b|None", text)
    output = tmp_path / "card.html"
    assert run("card", design, "-o", output).exit_code == 0
    assert output.read_text() == page


def test_the_card_does_not_claim_what_it_cannot(tmp_path):
    text = text_of(render_card(card_of_evaluation(run_design(read_design(write_project(tmp_path, effect=0.0))))))
    assert "We cannot tell whether burglary changed." in text
    assert "was not frozen" in text
    assert "helped" not in text


def test_the_card_with_costs(design):
    appraisal = appraise([CostItem("lamps", 0, 1000.0)], [Prevented("b", 10.0, 1.0, 300.0)], currency="EUR")
    text = text_of(render_card(card_of_evaluation(run_design(read_design(design)), appraisal)))
    assert "For each EUR spent it saved about 3.0" in text
    assert "One offence prevented cost about 100 EUR." in text


def test_cards_escape_what_users_write(tmp_path):
    text = DESIGN.replace("Lamps in the old town", "<script>alert(1)</script>")
    page = render_card(card_of_evaluation(run_design(read_design(write_project(tmp_path, text)))))
    assert "<script>" not in page


def test_card_of_a_synthesis():
    pooled = synthesis.synthesize([-0.4, -0.5, -0.45, -0.4, -0.5, -0.42], [0.01] * 6, exponentiate=True)
    text = text_of(render_card(card_of_synthesis(pooled, title="T", programme="P", outcome="reoffending")))
    assert "Reoffending fell by about 36 %. The programme helped." in text


# --- the register ---

RECORDS = pd.DataFrame(
    {
        "id": ["lamps", "patrol", "guide"],
        "title": ["Street lighting", "Hot spots patrol", "How to light a street"],
        "year": [2010, 2015, 2020],
        "kind": ["evaluation", "evaluation", "practice"],
        "programme": ["Brighter lamps", "Police patrols", "Lamps, step by step"],
        "setting": ["Éire town centre", "City", ""],
        "area": ["IE", "US", "IE"],
        "iccs": ["0401; 0501", "02", "04"],
        "sdg": ["16.1", "16.1.1", "11.7"],
        "outcome": ["burglary", "violence", ""],
        "randomised": ["no", "yes", None],
        "comparison": ["yes", "yes", None],
        "before": ["yes", "yes", None],
        "adjusted": ["no", "no", None],
        "units": [12, 40, None],
        "measure": ["rate ratio", "rate ratio", None],
        "effect": [0.8, 0.9, None],
        "lower": [0.65, 0.75, None],
        "upper": [0.95, 1.08, None],
    }
)


def test_import_grades_and_direction():
    lamps, patrol, guide = register.read_register(RECORDS)
    assert (lamps.grade.level, patrol.grade.level, guide.grade.level) == (3, 5, None)
    assert "other causes were not held constant" in lamps.grade.reasons
    assert (lamps.direction, patrol.direction, guide.direction) == ("works", "unclear", "not measured")
    frame = register.register_frame((lamps, patrol))
    assert frame.grade.tolist() == [3, 5]


@pytest.mark.parametrize(
    ("design", "level"),
    [
        ({"randomised": True, "units": 40}, 5),
        ({"randomised": True, "units": 2}, 3),
        ({"comparison": True, "before": True, "adjusted": True, "units": 20}, 4),
        ({"comparison": True, "before": True, "adjusted": True, "units": 2}, 3),
        ({"before": True}, 2),
        ({"comparison": True}, 1),
        ({"comparison": True, "adjusted": True}, 2),
        ({"comparison": False}, 1),
        ({}, None),
    ],
)
def test_maryland_scale(design, level):
    record = register.Evidence("1", "T", 2020, "evaluation", "P", **design)
    assert record.grade.level == level
    assert record.grade.reasons


def test_search():
    records = register.read_register(RECORDS)

    def ids(*words, **filters):
        return [record.id for record in register.search_register(records, *words, **filters)]

    assert ids() == ["guide", "patrol", "lamps"]
    assert ids("light") == ["guide", "lamps"]
    assert ids("eire") == ["lamps"]
    assert ids("lamps police") == []
    assert ids(iccs="04") == ["guide", "lamps"]
    assert ids(iccs="020111") == ["patrol"]
    assert ids(sdg="16") == ["patrol", "lamps"]
    assert ids(sdg="1") == []
    assert ids(least_grade=4) == ["patrol"]
    assert ids(area="IE", kind="evaluation") == ["lamps"]
    assert register.facets(records)["grade"] == {"3": 1, "5": 1, "_U": 1}


def test_pooling_records():
    found = register.pool_records(register.read_register(RECORDS), model="fixed", hksj=False)
    sizes = synthesis.from_interval([0.8, 0.9], [0.65, 0.75], [0.95, 1.08], ratio=True)
    expected = np.exp(np.average(sizes.effect, weights=1 / sizes.variance))
    assert found.to_rows()[0]["estimate"] == pytest.approx(expected)
    assert found.studies.left_out == 1
    mixed = RECORDS.assign(measure=["rate ratio", "difference", None])
    assert code_of(lambda: register.pool_records(register.read_register(mixed))) == {"evaluation.mixed-measures"}


def test_bad_records_all_at_once():
    table = RECORDS.assign(
        id=["a", "a", "c"],
        kind=["evaluation", "trial", "practice"],
        iccs=["9999", "02", "04"],
        sdg=["sixteen", "", ""],
        upper=[None, 1.08, None],
        randomised=["maybe", "yes", None],
        colour="red",
    )
    with pytest.raises(KyotoError) as caught:
        register.read_register(table)
    codes = [problem.code for problem in caught.value.problems]
    assert codes.count("evaluation.wrong-record") == 5
    assert "evaluation.no-error" in codes
    assert "evaluation.unknown-column" in codes


def test_register_command_and_its_card(tmp_path):
    path = tmp_path / "register.csv"
    RECORDS.to_csv(path, index=False)
    rows = json.loads(run("register", path, "--words", "street", "--grade", "3", "--json").stdout)
    assert [row["id"] for row in rows] == ["lamps"]
    assert rows[0]["iccs"] == ["0401", "0501"]
    assert json.loads(run("register", path, "--pool", "--json").stdout)[0]["k"] == 2
    rows = json.loads(run("register", path, "--outcome", "violence", "--programme", "Police patrols", "--json").stdout)
    assert [row["id"] for row in rows] == ["patrol"]
    records = register.read_register(path)
    text = text_of(render_card(card_of_evidence(records[0])))
    assert "Burglary was about 20 % lower than expected" in text
    assert "level 3 of 5" in text
    assert "was not measured" in text_of(render_card(card_of_evidence(records[2])))


def test_text_of_a_file_stays_what_it_is(tmp_path):
    """Semicolons and decimal commas; codes with leading zeros, the target 16.10 and the country NA."""
    path = tmp_path / "register.csv"
    path.write_text(
        "id;title;kind;programme;area;iccs;sdg;measure;effect;lower;upper\n"
        "007;Lamps;evaluation;lamps;NA;02011;16.10;rate ratio;0,8;0,7;0,9\n",
        encoding="utf-8",
    )
    (record,) = register.read_register(path)
    assert (record.id, record.area, record.iccs, record.sdg) == ("007", "NA", ("02011",), ("16.10",))
    assert (record.effect, record.lower, record.upper) == (0.8, 0.7, 0.9)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"units": [12.5, 40, None]}, "evaluation.wrong-record"),
        ({"level": [95, 0.95, None]}, "evaluation.wrong-record"),
        ({"lower": [-0.2, 0.75, None]}, "evaluation.wrong-record"),
        ({"lower": [0.8, 0.75, None], "upper": [0.8, 1.08, None]}, "evaluation.no-error"),
    ],
)
def test_figures_that_cannot_be(change, code):
    assert code in code_of(lambda: register.read_register(RECORDS.assign(**change)))


def test_relative_changes_are_pooled_as_ratios():
    """A fall of a third and a rise of a half undo each other: their ratios multiply to one."""
    table = RECORDS.iloc[:2].assign(
        measure="relative change", effect=[-1 / 3, 0.5], lower=[-0.5, 0.125], upper=[-1 / 9, 1.0]
    )
    found = register.pool_records(register.read_register(table), model="fixed", hksj=False)
    assert found.to_rows()[0]["estimate"] == pytest.approx(1.0)


def test_words_of_cards_are_the_same_in_every_language():
    english = phrases("en").texts
    for language in LANGUAGES[1:]:
        other = phrases(language).texts
        assert list(other) == list(english)
        for key, text in english.items():
            assert set(re.findall(r"{(\w+)}", other[key])) == set(re.findall(r"{(\w+)}", text)), (language, key)
        same = [key for key, text in english.items() if other[key] == text and len(text.split()) > 2]
        assert same == []


@pytest.mark.parametrize(("language", "words"), [("fr", "de moins que prévu"), ("es", "menos de lo esperado")])
def test_cards_in_other_languages(design, language, words, tmp_path):
    output = tmp_path / "card.html"
    assert run("card", design, "-o", output, "--language", language).exit_code == 0
    page = output.read_text(encoding="utf-8")
    assert f'<html lang="{language}">' in page
    assert words in text_of(page)
    assert "best guess" not in text_of(page)


def test_odds_are_no_risks():
    """A fall of the odds by a third is told as one of the odds."""
    record = register.read_register(RECORDS.iloc[:1].assign(measure="odds ratio"))[0]
    assert "The odds of burglary" in card_of_evidence(record).answer


# --- monitoring ---

# Montgomery, Introduction to Statistical Quality Control, example 7.1: nonconforming cans in 30 samples of 50
CANS = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6]


def test_share_chart_of_the_textbook():
    found = monitoring.control_chart(CANS, kind="p", denominators=[50] * 30)
    assert found.centre == pytest.approx(0.2313, abs=5e-5)
    assert (found.lower[0], found.upper[0]) == pytest.approx((0.0524, 0.4102), abs=5e-5)
    assert found.signals[found.signals.rule == "beyond"].period.tolist() == [15, 23]


def test_laney_widens_by_the_spread_of_the_standardised_points():
    generator = np.random.default_rng(2)
    n = generator.integers(5000, 9000, 24)
    shares = np.clip(generator.normal(0.1, 0.02, 24), 0.01, 1)
    counts = np.round(n * shares)
    plain = monitoring.control_chart(counts, kind="p", denominators=n)
    laney = monitoring.control_chart(counts, kind="laney-p", denominators=n)
    z = (counts / n - plain.centre) / plain.sigma
    factor = np.abs(np.diff(z)).mean() / 1.128
    assert laney.inflation == pytest.approx(factor)
    assert laney.sigma == pytest.approx(plain.sigma * factor)
    assert len(plain.signals) > len(laney.signals)


def test_individuals_by_moving_ranges():
    values = [5.0, 7, 6, 8, 5, 6]
    found = monitoring.control_chart(values)
    sigma = np.mean([2, 1, 2, 3, 1]) / 1.128
    assert found.upper[0] == pytest.approx(np.mean(values) + 3 * sigma)


@pytest.mark.parametrize(
    ("z", "rule", "last"),
    [
        ([0, 0, 0, 0, 3.5], "beyond", 5),
        ([0, 0, 2.2, 0, 2.4], "two of three", 5),
        ([1.2, 1.3, 0, 1.4, 1.5], "four of five", 5),
        ([0.5] * 8, "shift", 8),
        ([-0.9, -0.6, -0.3, 0.1, 0.4, 0.7], "trend", 6),
    ],
)
def test_rules(z, rule, last):
    from kyoto.analysis.evaluation.monitoring.charts import _signals

    values = np.array(z, dtype=float)
    found = _signals(values, 0.0, np.ones(len(z)), list(range(1, len(z) + 1)))
    assert last in found[found.rule == rule].period.tolist()
    calm = _signals(np.array([0.2, -0.3] * 6), 0.0, np.ones(12), list(range(12)))
    assert calm.empty


def test_runs():
    assert monitoring.run_chart([1, 9] * 10)["signal"] == "more runs than chance: two processes alternate"
    assert monitoring.run_chart([1, 9, 2, 3, 8, 7, 1, 9, 8, 2, 9, 1])["signal"] == "no sign of change"


def test_indicators_against_targets():
    frame = Logframe(
        indicators=(
            Indicator("homes burgled", "outcome", baseline=30, target=20),
            Indicator("lamps lit", "output", "%", 60, 95, "up"),
            Indicator("meetings", "activity"),
            Indicator("money", "input", target=5),
        )
    )
    values = pd.DataFrame(
        {
            "indicator": ["lamps lit"] * 6 + ["homes burgled"] * 2 + ["money"],
            "period": [*range(6), 0, 1, 0],
            "value": [60, 62, 61, 63, 62, 97, 30, 32, 9],
        }
    )
    rows = {row["indicator"]: row for row in monitoring.monitor(values, frame)}
    assert list(rows) == ["money", "meetings", "lamps lit", "homes burgled"]
    assert rows["lamps lit"]["status"] == "reached"
    assert "three standard deviations" in rows["lamps lit"]["signal"]
    assert rows["homes burgled"]["status"] == "wrong way"
    assert rows["homes burgled"]["reached"] == pytest.approx(-0.2)
    assert rows["meetings"]["status"] == "no data"
    assert rows["money"]["status"] == "not reached"
    assert code_of(lambda: monitoring.monitor(values.assign(indicator="lamp lit"), frame)) == {
        "evaluation.unknown-indicator",
        "evaluation.duplicate-unit-period",
    }


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: monitoring.control_chart([1, 2, 3]), "evaluation.few-periods"),
        (lambda: monitoring.control_chart([1, 2, 3, 4], kind="p"), "evaluation.no-denominator"),
        (lambda: monitoring.control_chart([9, 2, 3, 4], kind="p", denominators=[5] * 4), "evaluation.wrong-count"),
        (lambda: monitoring.control_chart([1, 2, 3, 4], kind="q"), "evaluation.unknown-chart"),
        (lambda: monitoring.control_chart([1, float("nan"), 3, 4]), "evaluation.gap"),
    ],
)
def test_charts_that_are_refused(call, code):
    assert code_of(call) == {code}


# --- the commands and the build ---


def test_commands_of_a_design(design, tmp_path):
    assert "was not frozen" in run("run", design).stdout
    refused = run("run", design, "--require-frozen")
    assert refused.exception.code == "evaluation.not-frozen"
    assert "frozen on" in run("freeze", design).stdout
    rows = json.loads(run("run", design, "--require-frozen", "--json").stdout)
    assert rows[0]["design"] == "frozen"
    assert rows[0]["lower"] < rows[0]["estimate"] < rows[0]["upper"]
    checks = json.loads(run("run", design, "--checks", "--json").stdout)
    assert {"check", "verdict", "value", "message"} == set(checks[0])
    chart = tmp_path / "event.svg"
    assert run("run", design, "--chart", chart).exit_code == 0
    assert chart.read_text().startswith("<svg")
    values = "indicator,period,value\nburglaries,2019,25\n"
    rows = json.loads(run("monitor", design, "--values", "-", "--json", text=values).stdout)
    assert [row["status"] for row in rows] == ["no data", "on the way"]


def test_steps_of_a_build(design, tmp_path):
    studies = pd.DataFrame({"study": list("abc"), "yi": [0.1, 0.2, 0.3], "vi": [0.02, 0.03, 0.02]})
    studies.to_csv(design.parent / "studies.csv", index=False)
    data = {
        "evaluation": {
            "designs": [design.name],
            "synthesis": {"studies": "studies.csv", "effect": "yi", "variance": "vi"},
        }
    }
    project = Project(design.parent, design.parent / "kyoto.toml", data, "")
    problems = Problems()
    settings = read_settings(project.section("evaluation", problems=problems))
    problems.raise_if_any()
    steps = build_steps(settings, project, [])
    assert design.parent / "crimes.csv" in steps[0].inputs
    folder = tmp_path / "build"
    folder.mkdir()
    context = StepContext(folder, {}, {}, {}, lambda: None)
    for step in steps:
        facts = step.run(context)
        json.dumps(facts)
        if step.name == "evaluation:register":
            assert (facts["records"], facts["by_kind"]) == (1, {"evaluation": 1})
            assert step.needs == ("evaluation:" + design.parent.name,)
        else:
            assert facts["panel"]["rows"][0]["lower"] < facts["panel"]["rows"][0]["upper"]
        for output in step.outputs:
            assert (folder / output).is_file()
    assert "Pool" not in (folder / "evaluation" / "synthesis.csv").read_text()


def test_sections_that_are_wrong(tmp_path):
    for data, code in (
        ({}, "project.wrong-value"),
        ({"design": ["a"]}, "project.unknown-key"),
        ({"synthesis": {"effect": "yi"}}, "project.missing-key"),
        ({"synthesis": {"studies": "a", "effect": "b", "model": "magic"}}, "project.wrong-value"),
        ({"designs": ["one/evaluation.toml", "one.toml"]}, "project.wrong-value"),
        ({"designs": ["register.toml"]}, "project.wrong-value"),
    ):
        problems = Problems()
        project = Project(tmp_path, tmp_path / "kyoto.toml", {"evaluation": data}, "")
        read_settings(project.section("evaluation", problems=problems))
        assert code in code_of(problems.raise_if_any)
