"""Suppression against an attacker who tries every table there is."""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from attacker import CUBE, FLAT, PARENTS, TREE, BruteForce

from kyoto.core.errors import KyotoError
from kyoto.statistics.disclosure import DisclosureSettings, attack, protect, protect_linked
from kyoto.statistics.disclosure.primary import primary_cells

SUPPRESSION = DisclosureSettings("suppression")
# dimensions, and the largest count of a leaf that the attacker tries: well above the true ones, for where an attacker
# stops short of what is possible, the intervals he finds are too narrow
SHAPES = {"flat": (FLAT, 9), "tree": (TREE, 9), "cube": (CUBE, 6)}
LARGEST_LEAF = {"flat": 3, "tree": 3, "cube": 1}
QUICK = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


@lru_cache
def brute(shape):
    dimensions, cap = SHAPES[shape]
    return BruteForce(dimensions, cap)


def leaves(shape, top):
    return st.lists(st.integers(0, top), min_size=len(brute(shape).leaves), max_size=len(brute(shape).leaves))


def assert_protected(world, truth, lower, upper, published):
    """Every count below three must be possible from zero to three, whoever looks."""
    withheld = published["value"].isna().to_numpy()
    small = ((truth["value"] > 0) & (truth["value"] < 3)).to_numpy()
    assert withheld[small].all()
    assert (lower[small] <= 0).all()
    assert (upper[small] >= 3).all()
    assert (published["value"].to_numpy()[~withheld] == truth["value"].to_numpy()[~withheld]).all()


@pytest.mark.parametrize("shape", ["flat", "tree", "cube"])
def test_no_table_gives_a_small_count_away(shape):
    world = brute(shape)

    @settings(QUICK, max_examples=12 if shape == "cube" else 30)
    @given(leaves(shape, LARGEST_LEAF[shape]))
    def check(values):
        truth = world.frame(values)
        published = protect(truth, list(world.dimensions), PARENTS, SUPPRESSION).frame
        assert_protected(world, truth, *world.intervals(published), published)

    check()


@pytest.mark.parametrize("shape", ["flat", "tree", "cube"])
def test_attack_finds_exactly_what_brute_force_finds(shape):
    """Random cells are withheld, well or badly; with the grand total shown, brute force covers all tables."""
    world = brute(shape)
    dimensions, cap = SHAPES[shape]

    @QUICK
    @given(leaves(shape, 2), st.lists(st.booleans(), min_size=len(world.cells), max_size=len(world.cells)))
    def check(values, hidden):
        truth = world.frame(values)
        grand = (truth[list(dimensions)] == "_T").all(axis=1)
        if truth["value"].max() > cap:
            return
        published = truth.drop(columns="cell_key").astype({"value": float})
        published.loc[np.array(hidden) & ~grand, "value"] = np.nan
        found = attack([published], [list(dimensions)], PARENTS)
        lower, upper = world.intervals(published)
        withheld = published["value"].isna().to_numpy()
        np.testing.assert_array_equal(found["lower"], lower[withheld])
        np.testing.assert_array_equal(found["upper"], upper[withheld])

    check()


def test_three_dimensions_with_many_small_counts():
    world = brute("cube")
    truth = world.frame([2, 0, 2, 1, 0, 1, 2, 0])
    published = protect(truth, list(CUBE), None, SUPPRESSION).frame
    assert_protected(world, truth, *world.intervals(published), published)


@settings(QUICK, max_examples=15)
@given(leaves("cube", 1))
def test_linked_tables_together_give_nothing_away(values):
    """Sex by age and sex by area share the margin of sex: what one withholds the other must not show."""
    world = brute("cube")
    whole = world.frame(values)
    by_age = whole[whole["area"] == "_T"].drop(columns="area").reset_index(drop=True)
    by_area = whole[whole["age"] == "_T"].drop(columns="age").reset_index(drop=True)
    names = [["sex", "age"], ["sex", "area"]]
    first, second = (part.frame for part in protect_linked([by_age, by_area], names, settings=SUPPRESSION))
    lower, upper = world.intervals_over([first, second])
    place = {cell: number for number, cell in enumerate(world.cells)}
    for frame, truth, key in ((first, by_age, "age"), (second, by_area, "area")):
        rows = frame.to_dict("records")
        at = [place[(r["sex"], r.get("age", "_T"), r.get("area", "_T"))] for r in rows]
        assert key in rows[0]
        assert_protected(world, truth, lower[at], upper[at], frame)


def test_unlisted_shared_totals_are_seen():
    """Neither table lists its total, but both have the same: 40 beside 20 + 21 would leave one for the women."""
    by_sex = pd.DataFrame({"iccs": ["01", "01"], "sex": ["F", "M"], "value": [1.0, 40.0]})
    by_age = pd.DataFrame({"iccs": ["01", "01"], "age": ["a", "b"], "value": [20.0, 21.0]})
    names = [["iccs", "sex"], ["iccs", "age"]]
    alone = [protect(by_sex, names[0], None, SUPPRESSION).frame, by_age]
    given_away = attack(alone, names)
    assert given_away[["lower", "upper"]].to_numpy().tolist() == [[1.0, 1.0]]
    tables = protect_linked([by_sex, by_age], names, settings=SUPPRESSION)
    found = attack([table.frame for table in tables], names)
    women = found[found["sex"] == "F"]
    assert women["lower"].item() == 0
    assert women["upper"].item() >= 3
    assert sum(table.report.suppressed for table in tables) == 2


def test_fischetti_salazar_gonzalez_example():
    """Management Science 47(7), 2001, figure 1: with four cells withheld the sensitive one lies in [5, 30]."""
    values = [[20, 50, 10, 80], [8, 19, 22, 49], [17, 32, 12, 61], [45, 101, 44, 190]]
    rows = [
        (activity, region, float(values[i][j]))
        for i, activity in enumerate(["I", "II", "III", "_T"])
        for j, region in enumerate(["A", "B", "C", "_T"])
    ]
    table = pd.DataFrame(rows, columns=["activity", "region", "value"])
    hidden = table["activity"].isin(["II", "III"]) & table["region"].isin(["A", "C"])
    table.loc[hidden, "value"] = np.nan
    found = attack([table], [["activity", "region"]])
    sensitive = found[(found["activity"] == "II") & (found["region"] == "C")]
    assert sensitive[["lower", "upper"]].to_numpy().tolist() == [[5.0, 30.0]]


def test_total_that_equals_one_protected_cell_is_withheld_too():
    cells = pd.DataFrame({"sex": ["_T", "F", "M"], "value": [2, 2, 0]})
    published = protect(cells, ["sex"], None, SUPPRESSION).frame
    assert published["value"].isna().tolist() == [True, True, False]
    assert published["status"].tolist() == ["Q", "Q", "A"]
    assert published["confidentiality"].tolist() == ["N", "N", "F"]


def test_two_small_cells_do_not_protect_each_other_when_their_sum_is_small():
    """1 + 1 = 2 shows that both are below three, so a third cell goes."""
    cells = pd.DataFrame({"age": ["_T", "a", "b", "c", "d"], "value": [102, 1, 1, 30, 70]})
    published = protect(cells, ["age"], None, SUPPRESSION).frame
    assert published["value"].isna().tolist() == [False, True, True, True, False]


@pytest.mark.parametrize("value", [0, 1, 2, 3, 50])
def test_one_cell(value):
    cells = pd.DataFrame({"iccs": ["_T"], "value": [value]})
    shown = protect(cells, ["iccs"], None, SUPPRESSION).frame["value"]
    assert shown.isna().item() == (0 < value < 3)


def test_all_zero_table_is_published_whole():
    world = brute("tree")
    truth = world.frame(np.zeros(6, dtype=int))
    result = protect(truth, ["iccs", "sex"], PARENTS, SUPPRESSION)
    assert (result.frame["value"] == 0).all()
    assert result.report.suppressed == 0


def test_zeros_are_protected_on_request():
    world = brute("flat")
    truth = world.frame([0, 5, 5, 5, 5, 5])
    chosen = DisclosureSettings("suppression", protect_zeros=True)
    published = protect(truth, ["sex", "age"], None, chosen).frame
    _, upper = world.intervals(published)
    zero = (truth["value"] == 0).to_numpy()
    assert published["value"].isna()[zero].all()
    assert (upper[zero] >= 3).all()


def test_order_of_rows_and_repetition_change_nothing():
    world = brute("tree")
    truth = world.frame([1, 4, 2, 7, 3, 1])
    first = protect(truth, ["iccs", "sex"], PARENTS, SUPPRESSION).frame
    shuffled = truth.sample(frac=1, random_state=7)
    second = protect(shuffled, ["sex", "iccs"], PARENTS, SUPPRESSION).frame.sort_index()
    pd.testing.assert_series_equal(first["value"], second["value"])
    assert first["value"].isna().any()


def test_total_above_its_parts_is_no_equation():
    """Records coded at the level of the parent alone: 10 is not 4 + 5, and the reader knows only that it is more."""
    cells = pd.DataFrame({"iccs": ["01", "0101", "0102"], "value": [10, 4, 5]})
    hidden = cells.astype({"value": float})
    hidden.loc[1, "value"] = np.nan
    found = attack([hidden], [["iccs"]], PARENTS, truth=[cells])
    assert found[["lower", "upper"]].to_numpy().tolist() == [[0.0, 5.0]]


def test_persons_counted_in_several_parts():
    """Distinct persons: 6 in total, 4 and 5 in the parts; a part is at most the total, and fills what others lack."""
    cells = pd.DataFrame({"iccs": ["01", "0101", "0102"], "value": [6, 4, 5]})
    hidden = cells.astype({"value": float})
    hidden.loc[1, "value"] = np.nan
    found = attack([hidden], [["iccs"]], PARENTS, truth=[cells])
    assert found[["lower", "upper"]].to_numpy().tolist() == [[1.0, 6.0]]


def test_withheld_weighted_counts_stay_uncertain():
    cells = pd.DataFrame({"sex": ["_T", "F", "M"], "value": [41.5, 1.5, 40.0]})
    published = protect(cells, ["sex"], None, SUPPRESSION).frame
    assert published["value"].isna().tolist() == [False, True, True]
    found = attack([published], [["sex"]], settings=SUPPRESSION, truth=[cells])
    assert not found["narrower"].any()


@pytest.mark.parametrize(
    ("chosen", "columns", "reason", "rise"),
    [
        # Hundepool et al. (2012), section 4.2: p%-rule, x1 = 100, x2 = 30, rest 5 is less than 10 % of 100
        ({"p_percent": 10.0}, {"value": [135.0], "largest": [100], "second_largest": [30]}, "M", 5.0),
        ({"p_percent": 10.0}, {"value": [140.0], "largest": [100], "second_largest": [30]}, "", 0.0),
        # (1, 70): 100 is more than 70 % of 135; 143 would be enough
        (
            {"dominance_n": 1, "dominance_k": 70.0},
            {"value": [135.0], "largest": [100], "second_largest": [30]},
            "O",
            8.0,
        ),
        (
            {"dominance_n": 2, "dominance_k": 90.0},
            {"value": [135.0], "largest": [100], "second_largest": [30]},
            "G",
            10.0,
        ),
        ({"dominance_n": 1, "dominance_k": 75.0}, {"value": [135.0], "largest": [100], "second_largest": [30]}, "", 0),
        ({}, {"value": [500.0], "contributors": [2]}, "A", 50.0),
        ({}, {"value": [500.0], "contributors": [3]}, "", 0.0),
    ],
)
def test_primary_rules(chosen, columns, reason, rise):
    from kyoto.statistics.disclosure.primary import primary_cells

    found = primary_cells(pd.DataFrame(columns), DisclosureSettings("suppression", **chosen))
    assert found.reasons.tolist() == [reason]
    assert (found.highest - np.array(columns["value"])).tolist() == [rise]


def test_reasons_are_for_the_office_alone():
    """Which withheld cells are primary tells that they are small: the published frame does not say."""
    cells = pd.DataFrame({"sex": ["_T", "F", "M"], "value": [41, 1, 40]})
    result = protect(cells, ["sex"], None, SUPPRESSION)
    assert result.reasons.tolist() == ["", "A", "D"]
    assert result.frame.loc[result.frame["value"].isna(), "confidentiality"].unique().tolist() == ["N"]
    assert set(result.frame.columns) == {"sex", "value", "status", "confidentiality"}


def test_tables_that_disagree_are_refused():
    left = pd.DataFrame({"sex": ["_T", "F"], "value": [4, 1]})
    right = pd.DataFrame({"sex": ["_T", "F"], "value": [5, 1]})
    with pytest.raises(KyotoError) as caught:
        protect_linked([left, right], [["sex"], ["sex"]], settings=SUPPRESSION)
    assert caught.value.code == "disclosure.tables-disagree"


def test_circular_hierarchy_is_refused():
    cells = pd.DataFrame({"iccs": ["01", "02"], "value": [4, 1]})
    with pytest.raises(KyotoError) as caught:
        protect(cells, ["iccs"], {"iccs": {"01": "02", "02": "01"}}, SUPPRESSION)
    assert caught.value.code == "disclosure.circular-hierarchy"


def test_not_applicable_outside_the_total_does_not_hide_the_equation():
    """ICCS: the total holds 01, 02 and unknown, and not what is outside ICCS. A reader knows, and so must we."""
    cells = pd.DataFrame({"iccs": ["_T", "01", "02", "_U", "_Z"], "value": [100, 1, 90, 9, 7]})
    published = protect(cells, ["iccs"], None, SUPPRESSION).frame
    assert published["value"].isna().tolist() == [False, True, False, True, False]
    inside = pd.DataFrame({"iccs": ["_T", "01", "02", "_Z"], "value": [100, 1, 90, 9]})
    published = protect(inside, ["iccs"], None, SUPPRESSION).frame
    assert published["value"].isna().tolist() == [False, True, False, True]


def test_shared_margin_withheld_in_one_table_and_shown_in_the_other_is_found_out():
    """Protected apart, the first table withholds its margin of women and the second shows it: 12 - 11 = 1."""
    by_age = pd.DataFrame(
        {"sex": ["F", "F", "F"], "age": ["_T", "a", "b"], "value": [12, 11, 1]},
    )
    by_area = pd.DataFrame({"sex": ["F", "F", "F"], "area": ["_T", "x", "y"], "value": [12, 6, 6]})
    names = [["sex", "age"], ["sex", "area"]]
    hidden = by_age.assign(value=[np.nan, 11.0, np.nan])
    alone = attack([hidden], [names[0]], settings=SUPPRESSION, truth=[by_age])
    assert not alone["narrower"].any()
    both = attack([hidden, by_area], names, settings=SUPPRESSION, truth=[by_age, by_area])
    assert both.loc[both["age"] == "b", ["lower", "upper", "narrower"]].to_numpy().tolist() == [[1.0, 1.0, True]]
    together = [result.frame for result in protect_linked([by_age, by_area], names, settings=SUPPRESSION)]
    assert not attack(together, names, settings=SUPPRESSION, truth=[by_age, by_area])["narrower"].any()


@pytest.mark.parametrize(
    "rule", [{"p_percent": 20.0}, {"dominance_n": 1, "dominance_k": 70.0}, {"dominance_n": 2, "dominance_k": 85.0}]
)
def test_dominated_cells_of_linked_tables_stand_the_attack(rule):
    """Few large contributors, by region and by age and by court, the region shared; none is told beyond the rule."""
    rng = np.random.default_rng(7)
    people = pd.DataFrame(
        {
            "region": rng.choice(list("abc"), 60),
            "age": rng.choice(["y", "o"], 60),
            "court": rng.choice(["p", "q", "r"], 60),
            "person": np.arange(60),
            "value": np.ceil(rng.pareto(1.1, 60) * 3).astype(int),
        }
    )
    chosen = DisclosureSettings("suppression", **rule)
    names = [["region", "age"], ["region", "court"]]
    tables = []
    for own in names:
        parts = [
            people.assign(**dict.fromkeys(total, "_T")).groupby(own)["value"].agg(["sum", "max", second_of])
            for total in ([], own[:1], own[1:], own)
        ]
        cells = pd.concat(parts).reset_index()
        tables.append(cells.rename(columns={"sum": "value", "max": "largest", "second_of": "second_largest"}))
    published = [safe.frame for safe in protect_linked(tables, names, None, chosen)]
    found = attack(published, names, None, chosen, truth=tables)
    assert len(found) > 0
    assert not found["narrower"].any()
    # withheld by the rule alone, without the secondary cells, they are told
    dominated = [primary_cells(table, chosen).reasons != "" for table in tables]
    assert any(mask.any() for mask in dominated)
    careless = [
        table[[*own, "value"]].astype({"value": float}).assign(value=lambda t, mask=mask: t["value"].where(~mask))
        for table, own, mask in zip(tables, names, dominated, strict=True)
    ]
    assert attack(careless, names, None, chosen, truth=tables)["narrower"].any()


def second_of(values):
    """The second largest contribution, zero where there is none."""
    ranked = sorted(values)
    return ranked[-2] if len(ranked) > 1 else 0
