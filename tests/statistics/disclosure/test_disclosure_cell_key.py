"""Cell-key perturbation and rounding: what is promised, and what two other programs do with the same tables."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from attacker import CUBE, FLAT, PARENTS, TREE, BruteForce

from kyoto.core.errors import KyotoError
from kyoto.statistics.disclosure import DisclosureSettings, protect, protect_linked
from kyoto.statistics.disclosure.cell_key import perturb
from kyoto.statistics.disclosure.noise import KEY_RANGE, perturbation_table


def cells(count, seed=1):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "id": np.arange(count),
            "value": rng.poisson(6, count),
            "cell_key": rng.integers(0, KEY_RANGE, count),
        }
    )


def test_default_is_cell_key():
    result = protect(cells(50), ["id"])
    assert result.report.method == "cell-key"
    assert result.report.changed > 10


def test_noise_over_many_cells_is_unbiased_and_of_the_stated_size():
    table = cells(400_000)
    result = protect(table, ["id"])
    noise = result.frame["value"] - table["value"]
    positive = table["value"] > 0
    assert abs(noise[positive].mean()) < 4 * np.sqrt(3 / positive.sum())
    assert abs(noise[positive].var() - 3) < 0.05
    assert noise.abs().max() == 5
    assert (noise[~positive] == 0).all()
    assert not result.frame["value"].isin([1, 2]).any()
    assert result.report.loss.max_deviation == 5
    np.testing.assert_allclose(result.report.loss.mean_deviation, noise.abs().mean())


def test_ptable_1_0_0_gives_the_same_symmetric_row():
    """R ptable 1.0.0, vignette 'Introduction': create_cnt_ptable(D = 2, V = 1), tMatrix row 2 and p_stay."""
    table = perturbation_table(max_deviation=2, variance=1.0, threshold=1)
    np.testing.assert_allclose(table.probabilities[-1, 0], 0.0638, atol=5e-5)
    np.testing.assert_allclose(table.probabilities[-1, 2], 0.383, atol=5e-4)


def test_cell_key_package_has_the_same_support():
    """R cellKey, tests/testthat: ck_params_cnts(D = 5, V = 3, js = 2) has 66 transitions for the counts 0 to 8."""
    table = perturbation_table(max_deviation=5, variance=3.0, threshold=3)
    assert int((table.probabilities > 0).sum()) == 66
    assert len(table.probabilities) - 1 == 8


def test_python_cell_key_perturbation_draws_the_same_noise():
    """cell-key-perturbation 3.1 (Office for National Statistics, MIT) on the same records with the same table.

    It reads keys of 0 to 255, so the bounds of our table are spread over 256 keys for this test.
    """
    package = pytest.importorskip("cell_key_perturbation.create_perturbed_table")
    rng = np.random.default_rng(8)
    records = pd.DataFrame(
        {
            "area": rng.choice(list("pqrst"), 3000),
            "offence": rng.choice([f"{n:02d}" for n in range(60)], 3000, p=rng.dirichlet(np.full(60, 0.4))),
            "record_key": rng.integers(0, 256, 3000),
        }
    )
    spread = KEY_RANGE // 256
    table = perturbation_table(max_deviation=5, variance=3.0, threshold=3)
    counts, keys = np.meshgrid(np.arange(1, 751), np.arange(256), indexing="ij")
    lookup = pd.DataFrame({"pcv": counts.ravel(), "ckey": keys.ravel()})
    lookup["pvalue"] = table.noise(lookup["pcv"].to_numpy(), lookup["ckey"].to_numpy() * spread)
    theirs = package.create_perturbed_table(
        records, lookup, ["area"], ["offence"], "record_key", use_existing_ons_id=False, threshold=0
    )
    ours = records.groupby(["area", "offence"]).agg(value=("record_key", "size"), cell_key=("record_key", "sum"))
    ours["cell_key"] = ours["cell_key"] % 256 * spread
    ours = ours.reset_index()
    published = protect(ours, ["area", "offence"]).frame
    both = published.merge(theirs, on=["area", "offence"], how="left", validate="one_to_one")
    assert len(both) > 200
    assert (both["value"] == both["count"]).all()
    assert (both["value"] != both["pre_sdc_count"]).mean() > 0.5


@given(st.integers(1, 60), st.integers(0, KEY_RANGE - 1))
@settings(max_examples=80, deadline=None)
def test_same_records_same_noise_in_any_table(value, key):
    """A cell alone, among others, in another order and in another table of the same build gets the same figure."""
    alone = pd.DataFrame({"iccs": ["0101"], "value": [value], "cell_key": [key]})
    among = pd.concat([cells(5).rename(columns={"id": "iccs"}).astype({"iccs": str}), alone], ignore_index=True)
    other = alone.assign(sex="_T")
    figures = {
        protect(alone, ["iccs"]).frame["value"].iloc[0],
        protect(among.iloc[::-1], ["iccs"]).frame["value"].iloc[0],
        protect_linked([among, other], [["iccs"], ["iccs", "sex"]])[1].frame["value"].iloc[0],
    }
    assert len(figures) == 1


def test_one_record_more_draws_new_noise():
    """The difference between two releases tells a record no better than the noise of two cells allows."""
    rng = np.random.default_rng(2)
    value = rng.integers(10, 200, 200_000)
    key, record = rng.integers(0, KEY_RANGE, (2, 200_000))
    chosen = DisclosureSettings()
    before = perturb(value.astype(float), key, chosen)
    after = perturb(value + 1.0, (key + record) % KEY_RANGE, chosen)
    difference = after - before - 1
    assert abs(difference.mean()) < 0.03
    assert abs(difference.var() - 6) < 0.1
    assert abs(np.corrcoef(after - value - 1, before - value)[0, 1]) < 0.01


def test_secret_changes_the_noise_and_not_its_law():
    table = cells(100_000)
    plain = protect(table, ["id"]).frame["value"]
    secret = protect(table, ["id"], None, DisclosureSettings(secret="a")).frame["value"]
    other = protect(table, ["id"], None, DisclosureSettings(secret="b")).frame["value"]
    assert (plain != secret).mean() > 0.5
    assert (secret != other).mean() > 0.5
    assert abs((secret - table["value"])[table["value"] > 0].var() - 3) < 0.1


def test_weighted_counts_come_out_whole_and_right_on_average():
    table = cells(200_000).assign(value=lambda t: 20.3)
    shown = protect(table, ["id"]).frame["value"]
    assert (shown == np.rint(shown)).all()
    assert abs(shown.mean() - 20.3) < 0.03


def test_cell_keys_and_contributors_do_not_leave():
    table = cells(5).assign(largest=1, note="true value 5")
    assert list(protect(table, ["id"]).frame.columns) == ["id", "value", "status", "confidentiality"]


def test_missing_values_stay_missing_with_their_status():
    table = cells(3).astype({"value": float})
    table["status"] = ["P", "M", "A"]
    table.loc[1, "value"] = np.nan
    for method in ("cell-key", "suppression", "rounding", "none"):
        result = protect(table, ["id"], None, DisclosureSettings(method))
        assert np.isnan(result.frame["value"].iloc[1]), method
        assert result.frame["status"].tolist() == ["P", "M", "A"], method
        assert result.report.suppressed == 0, method


def test_arrow_frame_gives_the_same_as_pandas():
    table = cells(20)
    left = protect(table, ["id"]).frame
    right = protect(pa.Table.from_pandas(table), ["id"]).frame
    pd.testing.assert_frame_equal(left, right)


def test_none_says_so():
    table = cells(4)
    result = protect(table, ["id"], None, DisclosureSettings("none"))
    assert result.frame["value"].tolist() == table["value"].tolist()
    assert result.report.guarantee.startswith("No disclosure control was applied")


@pytest.mark.parametrize("method", ["cell-key", "rounding", "suppression", "none"])
def test_empty_table(method):
    table = pd.DataFrame({"id": pd.Series(dtype=str), "value": pd.Series(dtype=int), "cell_key": pd.Series(dtype=int)})
    result = protect(table, ["id"], None, DisclosureSettings(method))
    assert len(result.frame) == 0
    assert result.report.cells == 0


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (pd.DataFrame({"id": [1], "cell_key": [1]}), "disclosure.missing-column"),
        (pd.DataFrame({"value": [1], "cell_key": [1]}), "disclosure.missing-column"),
        (pd.DataFrame({"id": [1], "value": [1]}), "disclosure.missing-column"),
        (pd.DataFrame({"id": [1, 1], "value": [1, 2], "cell_key": [1, 2]}), "disclosure.duplicate-cells"),
        (pd.DataFrame({"id": [1], "value": [-1], "cell_key": [1]}), "disclosure.negative-value"),
        (pd.DataFrame({"id": [1], "value": [np.inf], "cell_key": [1]}), "disclosure.negative-value"),
        (pd.DataFrame({"id": [1], "value": ["5"], "cell_key": [1]}), "disclosure.not-a-number"),
        (pd.DataFrame({"id": [1], "value": [5], "cell_key": [2**32]}), "disclosure.wrong-cell-key"),
        (pd.DataFrame({"id": [1], "value": [5], "cell_key": [None]}, dtype="Int64"), "disclosure.wrong-cell-key"),
    ],
)
def test_bad_cells_are_refused(table, code):
    with pytest.raises(KyotoError) as caught:
        protect(table, ["id"])
    assert caught.value.code == code


@pytest.mark.parametrize("rounding", ["conventional", "random", "controlled"])
def test_rounding_gives_neighbouring_multiples(rounding):
    table = cells(500)
    shown = protect(table, ["id"], None, DisclosureSettings("rounding", rounding=rounding)).frame["value"]
    assert (shown % 5 == 0).all()
    assert ((shown - table["value"]).abs() < 5).all()
    exact = table["value"] % 5 == 0
    assert (shown[exact] == table["value"][exact]).all()


def test_random_rounding_is_unbiased():
    table = cells(400_000).assign(value=13)
    shown = protect(table, ["id"], None, DisclosureSettings("rounding")).frame["value"]
    # 13 goes to 15 with probability 3/5: variance 2 * 3 = 6
    assert abs(shown.mean() - 13) < 4 * np.sqrt(6 / 400_000)


@pytest.mark.parametrize(("dimensions", "cap"), [(FLAT, 1), (TREE, 1), (CUBE, 1)])
def test_controlled_rounding_adds_up(dimensions, cap):
    world = BruteForce(dimensions, cap)

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.integers(0, 40), min_size=len(world.leaves), max_size=len(world.leaves)))
    def check(values):
        truth = world.frame(values)
        chosen = DisclosureSettings("rounding", rounding="controlled")
        shown = protect(truth, list(dimensions), PARENTS, chosen).frame["value"].to_numpy()
        leaf = world.covers.sum(axis=1) == 1
        np.testing.assert_array_equal(world.covers @ shown[leaf][np.argmax(world.covers[leaf], axis=0)], shown)
        assert (shown % 5 == 0).all()
        assert (np.abs(shown - truth["value"]) < 5).all()

    check()


def test_controlled_rounding_is_the_nearest_that_adds_up():
    """All roundings of a small table are tried; none that adds up is nearer."""
    import itertools

    values = np.array([7, 11, 3, 13, 9, 18])
    world = BruteForce(FLAT, 1)
    truth = world.frame(values)
    chosen = DisclosureSettings("rounding", rounding="controlled")
    shown = protect(truth, list(FLAT), None, chosen).frame["value"].to_numpy()
    true = truth["value"].to_numpy()
    best = np.inf
    for ups in itertools.product([0, 1], repeat=6):
        leaf = (values // 5 + np.array(ups)) * 5
        table = world.covers @ leaf
        if (np.abs(table - true) < 5).all():
            best = min(best, np.abs(table - true).sum())
    assert np.abs(shown - true).sum() == best


def test_too_large_part_is_rounded_apart_and_says_so():
    world = BruteForce(FLAT, 1)
    truth = pd.concat([world.frame([7, 11, 3, 13, 9, 18]).assign(period=str(year)) for year in range(9)])
    big = pd.DataFrame({"sex": [*map(str, range(200)), "_T"], "age": "_T", "period": "x", "value": [*[7] * 200, 1400]})
    chosen = DisclosureSettings("rounding", rounding="controlled", exact_cells=10)
    result = protect(pd.concat([truth, big], ignore_index=True), ["sex", "age", "period"], None, chosen)
    assert any(note.startswith("201 cells belong to a part") for note in result.report.notes)


def test_averaging_attack_equals_constrained_least_squares():
    """The best guess is the projection on the sums; numpy's pseudo-inverse gives it directly."""
    from kyoto.statistics.disclosure.averaging import averaged
    from kyoto.statistics.disclosure.structure import build_system

    world = BruteForce(TREE, 1)
    truth = world.frame([30, 41, 52, 63, 74, 85])
    shown = protect(truth, list(TREE), PARENTS).frame["value"].to_numpy()
    system = build_system([truth], [list(TREE)], PARENTS)
    found = averaged(system, shown[np.argsort(system.positions[0])])
    projection = world.covers @ np.linalg.pinv(world.covers)
    np.testing.assert_allclose(found[system.positions[0]], projection @ shown, atol=1e-6)


def test_attack_on_noise_counts_what_a_reader_gets_right():
    from kyoto.statistics.disclosure import attack_noise

    rng = np.random.default_rng(4)
    parts = pd.DataFrame({"area": [f"{n:03d}" for n in range(300)], "value": rng.integers(1, 9, 300)})
    total = pd.DataFrame({"area": ["_T"], "value": [parts["value"].sum()]})
    truth = pd.concat([parts, total], ignore_index=True)
    truth["cell_key"] = rng.integers(0, KEY_RANGE, 301)
    result = protect(truth, ["area"])
    found = attack_noise([truth], [result], [["area"]])
    noise = result.frame["value"] - truth["value"]
    small = truth["value"] < 3
    np.testing.assert_allclose(found.error_published, np.sqrt((noise**2).mean()))
    assert found.error_averaged <= found.error_published
    assert found.small_cells == small.sum()
    # counts of one and two are never published, so a figure taken at its word is never right
    assert found.small_found_published == 0
    # one sum of 300 parts says nearly nothing about a part
    assert found.small_found_averaged < 0.1
