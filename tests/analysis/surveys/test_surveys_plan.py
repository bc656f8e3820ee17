"""The plan: sizes as in published tables, allocations no other beats, samples with the chances they claim."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pandas as pd
import pytest

from kyoto.analysis.surveys.allocation import allocate, variance_of_allocation
from kyoto.analysis.surveys.drawing import draw_sample, inclusion_probabilities, systematic
from kyoto.analysis.surveys.planning import counts_from_words
from kyoto.analysis.surveys.sample_size import (
    DomainWish,
    cluster_design_effect,
    interviews_needed,
    margin_reached,
    optimal_cluster_take,
    plan_domains,
    wishes_from_rows,
)
from kyoto.core.errors import KyotoError, KyotoErrors


# Krejcie & Morgan (1970), Educational and Psychological Measurement 30, 607-610, table 1
@pytest.mark.parametrize(
    ("population", "size"),
    [(50, 44), (100, 80), (500, 217), (1000, 278), (2000, 322), (5000, 357), (10000, 370), (50000, 381)],
)
def test_sizes_of_krejcie_and_morgan(population, size):
    assert round(interviews_needed(0.5, 0.05, population=population)) == size


def test_a_plan_reaches_what_it_promises():
    found = plan_domains(
        [
            DomainWish("a", 0.1, 0.02, population=50_000, response=0.7, deff=1.6, cost=30),
            DomainWish("b", 0.02, 0.01, cluster_take=12, correlation=0.04, cost=25, cluster_cost=200),
        ]
    )
    first, second = found
    assert first.margin <= 0.02 < margin_reached(0.1, first.interviews - 1, population=50_000, deff=1.6)
    assert first.draw == -(-first.interviews * 10 // 7)
    assert second.deff == pytest.approx(cluster_design_effect(12, 0.04)) == pytest.approx(1.44)
    assert second.cost == second.interviews * 25 + second.clusters * 200
    assert second.cv == pytest.approx(second.margin / 1.959963984540054 / 0.02)


def test_no_other_cluster_size_is_cheaper():
    take = optimal_cluster_take(400, 25, 0.04)

    def cost_per_precision(m):
        return (400 / m + 25) * cluster_design_effect(m, 0.04)

    best = min(np.linspace(1, 80, 4000), key=cost_per_precision)
    assert take == pytest.approx(best, abs=0.03)


def test_impossible_wishes_come_out_at_once():
    with pytest.raises(KyotoErrors) as caught:
        plan_domains([DomainWish("a", prevalence=0, margin=2), DomainWish("b", response=0)])
    assert [one.where.key for one in caught.value.problems] == ["a.prevalence", "a.margin", "b.response"]
    for rows, code in (([{"area": 1}], "survey.wrong-column"), ([{"domain": 1, "margin": "x"}], "survey.not-a-number")):
        with pytest.raises(KyotoError) as one:
            wishes_from_rows(rows, DomainWish())
        assert one.value.code == code


def test_neyman_beats_every_other_allocation():
    people, spread = [60, 30, 45], [1.0, 3.0, 0.5]
    found = allocate(20, people, "neyman", spread=spread)
    best = min(
        ((a, b, 20 - a - b) for a, b in itertools.product(range(2, 17), repeat=2) if 20 - a - b >= 2),
        key=lambda numbers: variance_of_allocation(numbers, people, spread),
    )
    ideal = variance_of_allocation(best, people, spread)
    assert variance_of_allocation(found, people, spread) <= ideal * 1.005  # rounding by remainders, not by variance


def test_cost_allocation_gives_most_for_the_money():
    people, spread, cost = [500, 500], [1.0, 1.0], [1.0, 4.0]
    assert allocate(90, people, "cost", spread=spread, cost=cost).tolist() == [60, 30]


def test_power_allocation_lies_between_equal_and_neyman():
    people, relative = [10_000, 100], [1.0, 1.0]
    assert allocate(60, people, "power", spread=relative, power=0.0).tolist() == [30, 30]
    assert allocate(60, people, "power", spread=relative, power=1.0, least=0).tolist() == [59, 1]
    middle = allocate(110, people, "power", spread=relative, power=0.5)
    assert middle.tolist() == [100, 10]


@pytest.mark.parametrize("method", ["proportional", "equal", "neyman", "cost", "power"])
def test_allocations_add_up_and_fit(method):
    random = np.random.default_rng(2)
    for _ in range(60):
        people = random.integers(3, 60, 6)
        total = int(random.integers(12, people.sum()))
        found = allocate(total, people, method, spread=random.uniform(0.1, 5, 6), cost=random.uniform(1, 9, 6))
        assert found.sum() == total
        assert (found <= people).all()
        assert (found >= 2).all()


def test_allocations_that_do_not_fit():
    for settings in ({"total": 3}, {"total": 400}, {"method": "neyman"}, {"method": "newman"}):
        with pytest.raises(KyotoError) as caught:
            allocate(settings.get("total", 20), [100, 100], settings.get("method", "equal"))
        assert caught.value.code == "survey.wrong-allocation"


def test_systematic_draws_give_each_unit_its_probability():
    """Over all random starts, a unit is drawn as often as its probability says."""
    chance = inclusion_probabilities([3.0, 1, 4, 1, 5, 9, 2, 6], 4)
    assert chance.sum() == pytest.approx(4)
    starts = (np.arange(20_000) + 0.5) / 20_000
    drawn = np.bincount(np.concatenate([systematic(chance, start) for start in starts]), minlength=8)
    np.testing.assert_allclose(drawn / len(starts), chance, atol=2e-4)
    assert all(len(set(systematic(chance, start))) == 4 for start in starts[::100])


def frame():
    random = np.random.default_rng(8)
    cluster = np.repeat(np.arange(60), random.integers(4, 30, 60))
    return pd.DataFrame({"cluster": cluster, "area": cluster % 3, "person": np.arange(len(cluster))})


def test_two_stages_by_size_are_self_weighting():
    people = frame()
    drawn = draw_sample(
        people, {"0": 5, "1": 6, "2": 7}, seed=4, strata="area", method="pps", cluster="cluster", take=4
    )
    for area, number in ((0, 5), (1, 6), (2, 7)):
        inside = drawn.frame[drawn.frame["area"] == area]
        assert inside["cluster"].nunique() == number
        assert len(inside) == 4 * number
        assert inside["weight_base"].to_numpy() == pytest.approx((people["area"] == area).sum() / (4 * number))
    assert not drawn.frame["person"].duplicated().any()


def test_a_further_stage_multiplies_the_probabilities():
    """Areas by size, homes in them, one person of each home: the weights still sum to the people, on average."""
    random = np.random.default_rng(3)
    homes = frame().rename(columns={"person": "home"})
    homes["people"] = random.integers(1, 6, len(homes))
    sums = []
    for seed in range(120):
        first = draw_sample(homes, {"0": 4, "1": 4, "2": 4}, seed=seed, strata="area", cluster="cluster", take=3)
        listed = first.frame.loc[first.frame.index.repeat(first.frame["people"])].reset_index(drop=True)
        listed["person"] = np.arange(len(listed))
        drawn = draw_sample(listed, 1, seed=seed, strata="home")
        assert len(drawn.frame) == len(first.frame)
        assert drawn.frame["probability_3"].to_numpy() == pytest.approx(1 / drawn.frame["people"])
        product = drawn.frame["probability_1"] * drawn.frame["probability_2"] * drawn.frame["probability_3"]
        assert drawn.frame["weight_base"].to_numpy() == pytest.approx(1 / product)
        assert drawn.audit["stages_before"] == 2
        sums.append(drawn.frame["weight_base"].sum())
    assert np.mean(sums) == pytest.approx(homes["people"].sum(), abs=4 * np.std(sums) / np.sqrt(len(sums)))


def test_weights_estimate_the_population_without_bias():
    people = frame()
    sums = [
        draw_sample(people, 8, seed=seed, cluster="cluster", take=3).frame["weight_base"].sum() for seed in range(120)
    ]
    assert np.mean(sums) == pytest.approx(len(people), abs=4 * np.std(sums) / np.sqrt(len(sums)))


def test_the_seed_and_the_frame_settle_the_sample():
    people = frame()
    options = {"strata": "area", "method": "systematic", "order": ("cluster", "person")}
    first = draw_sample(people, {"0": 10, "1": 10}, seed=1, **options)
    again = draw_sample(people, {"0": 10, "1": 10}, seed=1, **options)
    other = draw_sample(people, {"0": 10, "1": 10}, seed=2, **options)
    pd.testing.assert_frame_equal(first.frame, again.frame)
    assert first.audit == again.audit
    assert set(other.frame["person"]) != set(first.frame["person"])
    assert (
        first.audit["frame_sha256"]
        != draw_sample(people.iloc[::-1], {"0": 1}, seed=1, strata="area").audit["frame_sha256"]
    )
    start = first.audit["random_starts"]["0"]
    inside = people[people["area"] == 0].sort_values(["cluster", "person"])
    step = len(inside) / 10
    places = [int((start + at) * step) for at in range(10)]
    assert first.frame.loc[first.frame["area"] == 0, "person"].tolist() == inside["person"].iloc[places].tolist()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"strata": "aera"}, "survey.wrong-column"),
        ({"count": {"9": 2}, "strata": "area"}, "survey.wrong-draw"),
        ({"count": 100_000}, "survey.wrong-draw"),
        ({"count": 0}, "survey.wrong-draw"),
        ({"method": "pps"}, "survey.wrong-draw"),
        ({"method": "ppps"}, "survey.wrong-draw"),
        ({"cluster": "cluster"}, "survey.wrong-draw"),
        ({"method": "pps", "size": "zero"}, "survey.wrong-draw"),
        ({"probability_1": 0.0}, "survey.wrong-draw"),
    ],
)
def test_draws_that_cannot_be(change, code):
    settings = {"count": 5, "seed": 1, **change}
    before = {name: settings.pop(name) for name in change if name == "probability_1"}
    with pytest.raises(KyotoError) as caught:
        draw_sample(frame().assign(zero=0, **before), settings.pop("count"), **settings)
    assert caught.value.code == code


def test_words_for_numbers():
    for words in (["a"], ["3", "4"], ["a=b"], ["-3"]):
        with pytest.raises(KyotoError):
            counts_from_words(words)


def test_the_commands_plan_and_draw(tmp_path, survey_command):
    def run(*words):
        code, out, errors = survey_command(*words)
        assert code == 0, errors
        return out

    (tmp_path / "areas.csv").write_text("domain,population,prevalence\nnorth,40000,0.05\nsouth,60000,\n")
    told = json.loads(run("plan", tmp_path / "areas.csv", "--prevalence", 0.1, "--margin", 0.02, "--json"))
    assert [row["interviews"] for row in told] == [
        plan.interviews
        for plan in plan_domains(
            [DomainWish("north", 0.05, 0.02, population=40000), DomainWish("south", 0.1, 0.02, population=60000)]
        )
    ]
    shared = json.loads(run("plan", tmp_path / "areas.csv", "--sample", 1000, "--json"))
    assert [row["interviews"] for row in shared] == [400, 600]
    frame().to_csv(tmp_path / "frame.csv", index=False)
    run(
        "draw",
        tmp_path / "frame.csv",
        "--count",
        12,
        "--cluster",
        "cluster",
        "--take",
        3,
        "--seed",
        5,
        "-o",
        tmp_path / "d.csv",
    )
    drawn, audit = pd.read_csv(tmp_path / "d.csv"), json.loads((tmp_path / "d.audit.json").read_text())
    assert len(drawn) == 36 == audit["drawn"]
    assert audit["seed"] == 5
