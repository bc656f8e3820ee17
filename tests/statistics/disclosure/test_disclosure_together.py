"""All tables and releases with noise attacked together, against an attacker who tries every table of whole numbers."""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

sys.path.insert(0, str(Path(__file__).parent))

from attacker import FLAT, PARENTS, TREE, BruteForce

from kyoto.statistics.disclosure import DisclosureSettings, Release, attack_together, protect_linked
from kyoto.statistics.disclosure.behind import counts_behind, noise_variance
from kyoto.statistics.disclosure.cell_key import perturb
from kyoto.statistics.disclosure.noise import KEY_RANGE, perturbation_table
from kyoto.statistics.disclosure.reader import known_to_readers
from kyoto.statistics.disclosure.rounding import round_conventionally, round_randomly
from kyoto.statistics.disclosure.telling import feasible_ranges, tell

WEAK = DisclosureSettings(threshold=1, max_deviation=1, variance=0.6)
SMALL = DisclosureSettings(threshold=2, max_deviation=2, variance=1.5)
SQUARE = {
    "sex": {"_T": {"F", "M"}, "F": {"F"}, "M": {"M"}},
    "age": {"_T": {"a", "b"}, "a": {"a"}, "b": {"b"}},
}
QUICK = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))


@lru_cache
def world(shape):
    return BruteForce({"flat": FLAT, "tree": TREE, "square": SQUARE}[shape], 4)


@lru_cache
def all_tables(shape, largest):
    """Every table of leaves up to a count that no figure of a small leaf can have behind it."""
    return BruteForce(world(shape).dimensions, largest).tables()


def nested(shape):
    """Pairs of cells of which the first covers all leaves of the second, written from the covers alone."""
    covers = world(shape).covers
    inside = (covers[:, None, :] >= covers[None, :, :]).all(axis=2)
    return [(a, b) for a, b in zip(*np.nonzero(inside), strict=True) if a != b]


def cells_of(shape, leaves, seed):
    """True cells, those that counted nothing left out, with keys that add up."""
    brute = world(shape)
    keys = np.random.default_rng(seed).integers(0, KEY_RANGE, len(leaves)) * (np.array(leaves) > 0)
    frame = brute.frame(leaves).assign(cell_key=(brute.covers @ keys) % KEY_RANGE)
    return frame[frame["value"] > 0].reset_index(drop=True)


def figures(shape, release):
    """Published figure of each cell in the order of the brute force, NaN for cells that are empty and known to be."""
    names = list(world(shape).dimensions)
    shown = release.published[0].set_index(names)["value"]
    return np.array([shown.get(cell, np.nan) for cell in world(shape).cells])


def fitting(shape, release, chosen, largest=2):
    """Every table whose counts can give the figures, by the perturbation table itself."""
    probabilities = perturbation_table(
        max_deviation=chosen.max_deviation, variance=chosen.variance, threshold=chosen.threshold
    ).probabilities
    # figures of the largest leaf are up to one deviation more, counts behind these up to another
    found = all_tables(shape, largest + 2 * chosen.max_deviation)
    shown = figures(shape, release)
    for place, figure in enumerate(shown):
        if np.isnan(figure):
            found = found[:, found[place] == 0]
            continue
        noise = figure - found[place]
        inside = np.abs(noise) <= chosen.max_deviation
        rows = np.minimum(found[place], len(probabilities) - 1)
        columns = np.where(inside, noise + chosen.max_deviation, 0).astype(int)
        found = found[:, inside & (probabilities[rows, columns] > 1e-9)]
    for total, part in nested(shape):
        if shown[total] != shown[part] and not np.isnan(shown[[total, part]]).any():
            found = found[:, found[total] > found[part]]
    assert found.shape[1], "the true table itself must fit"
    return found


def release_of(shape, leaves, chosen, seed):
    names = [list(world(shape).dimensions)]
    truth = cells_of(shape, leaves, seed)
    return Release([truth], [protect_linked([truth], names, PARENTS, chosen)[0].frame])


def each(reader):
    return sparse.csr_array(sparse.eye_array(len(reader.values)))


def by_cell(reader, values, names):
    return {
        (*(row[name] for name in names), row["release"]): value
        for row, value in zip(reader.cells.to_dict("records"), values, strict=True)
    }


@pytest.mark.parametrize("shape", ["flat", "tree"])
@pytest.mark.parametrize("chosen", [WEAK, SMALL], ids=["noise of 1", "noise of 2"])
def test_intervals_are_those_of_all_whole_tables(shape, chosen):
    """Brute force tries every table of the leaves; the programs find the same ends for every cell."""
    names = list(world(shape).dimensions)

    @QUICK
    @given(st.lists(st.integers(0, 2), min_size=6, max_size=6).filter(any), st.integers(0, 1000))
    def check(leaves, seed):
        release = release_of(shape, leaves, chosen, seed)
        tables = fitting(shape, release, chosen)
        reader = known_to_readers([release], [names], PARENTS, chosen)
        lower, upper = feasible_ranges(reader, each(reader))
        low, high = by_cell(reader, lower, names), by_cell(reader, upper, names)
        for place, cell in enumerate(world(shape).cells):
            if (*cell, 0) in low:
                assert (low[*cell, 0], high[*cell, 0]) == (tables[place].min(), tables[place].max()), cell

    check()


@pytest.mark.parametrize("shape", ["flat", "tree"])
@pytest.mark.parametrize("chosen", [WEAK, SMALL], ids=["noise of 1", "noise of 2"])
def test_what_is_told_is_what_no_whole_table_contradicts(shape, chosen):
    names = list(world(shape).dimensions)

    @QUICK
    @given(st.lists(st.integers(0, 2), min_size=6, max_size=6).filter(any), st.integers(0, 1000))
    def check(leaves, seed):
        release = release_of(shape, leaves, chosen, seed)
        tables = fitting(shape, release, chosen)
        found = attack_together([release], [names], PARENTS, chosen)
        true = dict(zip(world(shape).cells, world(shape).covers @ np.array(leaves), strict=True))
        expected = {
            cell
            for place, cell in enumerate(world(shape).cells)
            if 0 < true[cell] < 2 and tables[place].min() >= 1 and tables[place].max() < 2
        }
        assert {tuple(row) for row in found.tidy()[names].to_numpy().tolist()} == expected
        assert found.narrower == found.exact == len(expected)
        assert found.protected == sum(0 < value < 2 for value in true.values())
        assert found.not_examined == 0
        assert (found.verdict == "broken") == bool(expected or found.confident)

    check()


@QUICK
@given(st.lists(st.integers(0, 2), min_size=4, max_size=4), st.integers(0, 3), st.integers(0, 1000))
def test_two_releases_tell_what_all_pairs_of_tables_tell(leaves, place, seed):
    """A record is added to one cell. Brute force tries all pairs of tables that fit both releases and their ties."""
    names = list(SQUARE)
    later = list(leaves)
    later[place] += 1
    keys = np.random.default_rng(seed).integers(0, KEY_RANGE, 5)
    frames = []
    for values, added in ((leaves, 0), (later, 1)):
        own = keys[:4] * (np.array(leaves) > 0)
        own[place] += added * keys[4]
        frame = world("square").frame(values).assign(cell_key=(world("square").covers @ own) % KEY_RANGE)
        frames.append(frame[frame["value"] > 0].reset_index(drop=True))
    if not len(frames[0]):
        return
    releases = [Release([frame], [protect_linked([frame], [names], None, WEAK)[0].frame]) for frame in frames]
    first, second = (fitting("square", release, WEAK, largest=3) for release in releases)
    shown = [figures("square", release) for release in releases]
    rise = second[:, None, :].astype(int) - first[:, :, None]
    changed = world("square").covers[:, place] == 1
    pairs = (rise >= 0).all(axis=0) & (rise[~changed] == 0).all(axis=0)
    seen = changed & ~np.isnan(shown[0]) & (shown[0] != shown[1])
    pairs &= (rise[seen] >= 1).all(axis=0)
    assert pairs.any()
    reader = known_to_readers(releases, [names], {}, WEAK)
    lower, upper = feasible_ranges(reader, each(reader))
    low, high = by_cell(reader, lower, names), by_cell(reader, upper, names)
    for number, cell in enumerate(world("square").cells):
        old, new = first[number][pairs.any(axis=1)], second[number][pairs.any(axis=0)]
        if (*cell, 1) in low:
            assert (low[*cell, 1], high[*cell, 1]) == (new.min(), new.max()), cell
        if (*cell, 0) in low:
            assert (low[*cell, 0], high[*cell, 0]) == (old.min(), old.max()), cell
    found = attack_together(releases, [names], None, WEAK)
    # a change of one record is told where every pair of tables has it
    expected = {
        world("square").cells[number]
        for number in np.flatnonzero(changed & ~np.isnan(shown[0]))
        if set(rise[number][pairs]) == {1}
    }
    changes = found.tidy()
    assert {tuple(row) for row in changes.loc[changes["kind"] == "change", names].to_numpy().tolist()} == expected
    assert found.changes == int((changed & ~np.isnan(shown[0])).sum())
    assert found.changes_seen == int(seen.sum())


def test_many_overlapping_tables_with_little_noise_are_broken_and_the_true_counts_recovered():
    """Every pair, triple and so on of five yes-or-no properties: what little noise there is, is solved away."""
    import itertools

    rng = np.random.default_rng(3)
    names = [f"p{n}" for n in range(5)]
    people = pd.DataFrame(rng.choice(["n", "y"], (30, 5), p=[0.6, 0.4]), columns=names)
    people["key"] = rng.integers(0, KEY_RANGE, 30)
    parts = [
        people.assign(**dict.fromkeys(total, "_T")).groupby(names)["key"].agg(["size", "sum"]).reset_index()
        for size in range(6)
        for total in itertools.combinations(names, size)
    ]
    true = pd.concat(parts, ignore_index=True).rename(columns={"size": "value", "sum": "cell_key"})
    true["cell_key"] %= KEY_RANGE
    shown = protect_linked([true], [names], None, WEAK)[0].frame
    found = attack_together([Release([true], [shown])], [names], None, WEAK)
    assert found.verdict == "broken"
    assert found.narrower > 10
    # the reader's intervals are a single count, and it is the true one
    told = found.tidy().merge(true, on=names, validate="one_to_one")
    assert len(told) == found.narrower
    assert (told["lower"] == told["value"]).all()
    assert (told["upper"] == told["value"]).all()
    # the same tables with noise up to eight hold against proof, though not against averaging over so many sums
    strong = DisclosureSettings(max_deviation=8, variance=6.0)
    safe = protect_linked([true], [names], None, strong)[0].frame
    found = attack_together([Release([true], [safe])], [names], None, strong)
    assert found.narrower == 0


def one_way(areas, seed, chosen):
    rng = np.random.default_rng(seed)
    parts = pd.DataFrame(
        {
            "area": [f"{n:03d}" for n in range(areas)],
            "value": rng.integers(1, 9, areas),
            "cell_key": rng.integers(0, KEY_RANGE, areas),
        }
    )
    total = pd.DataFrame(
        {"area": ["_T"], "value": [parts["value"].sum()], "cell_key": [parts["cell_key"].sum() % KEY_RANGE]}
    )
    true = pd.concat([parts, total], ignore_index=True)
    return Release([true], [protect_linked([true], [["area"]], None, chosen)[0].frame])


def test_sound_settings_hold():
    found = attack_together([one_way(300, 4, DisclosureSettings())], [["area"]])
    assert (found.verdict, found.narrower, found.confident, found.not_examined) == ("holds", 0, 0, 0)
    assert found.protected == int((one_way(300, 4, DisclosureSettings()).cells[0]["value"] < 3).sum())
    assert "holds" in found.summary()


def test_little_work_is_said():
    """What the work allowed is not enough for is counted, and the verdict is left open."""
    release = one_way(300, 4, DisclosureSettings())
    found = attack_together([release], [["area"]], largest_part=100)
    assert found.verdict == "open"
    assert found.not_examined == found.protected > 0
    assert "not examined" in found.summary()


def test_a_table_of_the_margins_alone_adds_what_it_tells():
    """Neither table tells the count of one; together they do: 2 in all, of whom at least 1 man (brute force by hand).

    With noise of one at most, the total shown as 1 is 1 or 2; women are shown as 2, men too: each 1 to 3. The sum
    leaves one of each and no more.
    """
    total = pd.DataFrame({"area": ["_T", "x"], "value": [2, 2]})
    sexes = pd.DataFrame({"sex": ["F", "M"], "value": [1, 1]})
    shown = [total.assign(value=[1, 1]), sexes.assign(value=[2, 2])]
    names = [["area"], ["sex"]]
    alone = attack_together([Release([sexes], [shown[1]])], [["sex"]], settings=WEAK)
    both = attack_together([Release([total, sexes], shown)], names, settings=WEAK)
    assert (alone.verdict, alone.narrower) == ("holds", 0)
    assert (both.verdict, both.narrower, both.exact) == ("broken", 2, 2)
    assert both.tables == 2


def test_an_unchanged_release_tells_nothing_new():
    release = one_way(60, 1, DisclosureSettings())
    once = attack_together([release], [["area"]])
    twice = attack_together([release, release, release], [["area"]])
    assert twice.changes == 0
    assert {**once.facts(), "releases": 3} == twice.facts()


def test_another_secret_for_each_release_is_averaged_away():
    """Independent noise on the same counts: the mean of 40 figures has an error of 0.27. The same tells nothing."""
    true = pd.DataFrame({"area": ["_T", *"abcdef"], "value": [9, 1, 2, 1, 2, 1, 2]})
    true["cell_key"] = np.random.default_rng(2).integers(0, KEY_RANGE, 7)

    def releases(secrets):
        every = [DisclosureSettings(secret=secret) for secret in secrets]
        return [Release([true], [protect_linked([true], [["area"]], None, own)[0].frame], own) for own in every]

    same = attack_together(releases(["a"] * 40), [["area"]])
    other = attack_together(releases([f"s{n}" for n in range(40)]), [["area"]])
    assert (same.confident, same.verdict) == (0, "holds")
    assert other.confident > 0.2 * other.protected > 0
    assert other.verdict == "broken"


def test_an_older_release_by_suppression_is_known_exactly():
    """What an older release showed is known; the attacker takes it as it was protected then."""
    true = pd.DataFrame({"sex": ["_T", "F", "M"], "value": [41, 1, 40], "cell_key": [3, 1, 2]})
    before = Release([true], [true[["sex", "value"]]], DisclosureSettings("suppression"))
    now = Release([true], [protect_linked([true], [["sex"]])[0].frame])
    found = attack_together([before, now], [["sex"]])
    assert found.exact == found.protected == 2  # one woman, then and now
    assert attack_together([now], [["sex"]]).exact == 0


def test_a_change_of_one_record_is_told_where_the_noise_goes_apart():
    """100 shown as 105, then 101 shown as 96: with noise of 5 at most the first is 100 or more, the second 101 or less.

    Something was added, because the figure changed: one record.
    """
    old, new = (pd.DataFrame({"area": ["_T"], "value": [value]}) for value in (100, 101))
    releases = [Release([old], [old.assign(value=105)]), Release([new], [new.assign(value=96)])]
    found = attack_together(releases, [["area"]])
    assert (found.changes, found.changes_seen, found.changes_told, found.verdict) == (1, 1, 1, "broken")
    assert found.tidy()[["kind", "area", "lower", "upper"]].values.tolist() == [["change", "_T", 1.0, 1.0]]
    releases[1] = Release([new], [new.assign(value=101)])
    found = attack_together(releases, [["area"]])
    assert (found.changes_seen, found.changes_told, found.verdict) == (1, 0, "holds")


@pytest.mark.parametrize(
    "chosen", [DisclosureSettings(), WEAK, SMALL, DisclosureSettings(max_deviation=8, variance=6.0)]
)
def test_counts_behind_a_figure_are_those_that_draw_it(chosen):
    """All counts with all noise that keys draw, one by one."""
    counts, keys = np.meshgrid(np.arange(60), np.arange(0, KEY_RANGE, 2**21), indexing="ij")
    shown = perturb(counts.ravel().astype(float), keys.ravel(), chosen)
    drawn = pd.DataFrame({"shown": shown, "count": counts.ravel()}).query("shown <= 40").groupby("shown")["count"]
    least, most = counts_behind(drawn.min().index.to_numpy(), chosen)
    # keys on a grid of 2048 may miss rare noise; none may lie outside
    assert (least <= drawn.min()).all()
    assert (most >= drawn.max()).all()
    assert (most - least <= 2 * chosen.max_deviation).all()
    assert np.mean((least == drawn.min()) & (most == drawn.max())) > 0.9


@pytest.mark.parametrize("base", [3, 5])
def test_counts_behind_a_rounded_figure_are_those_that_round_to_it(base):
    counts = np.arange(100.0)
    conventional = pd.Series(counts).groupby(round_conventionally(counts, base))
    least, most = counts_behind(
        np.arange(0.0, 90, base), DisclosureSettings("rounding", base=base, rounding="conventional")
    )
    assert least.tolist() == conventional.min().iloc[: len(least)].tolist()
    assert most.tolist() == conventional.max().iloc[: len(least)].tolist()
    draws = np.linspace(0, 0.999, 50)
    every = np.array([round_randomly(counts, base, np.full(100, draw)) for draw in draws])
    random = pd.Series(np.tile(counts, 50)).groupby(every.ravel())
    least, most = counts_behind(np.arange(0.0, 90, base), DisclosureSettings("rounding", base=base))
    assert least.tolist() == random.min().iloc[: len(least)].tolist()
    assert most.tolist() == random.max().iloc[: len(least)].tolist()
    assert noise_variance(DisclosureSettings("rounding", base=base)) == pytest.approx(
        np.mean([(every[:, c] - c).var(ddof=0) + (every[:, c] - c).mean() ** 2 for c in range(base)]), rel=0.05
    )


def test_share_of_noise_left_is_the_diagonal_of_the_projection():
    """numpy's pseudo-inverse gives the projection on the tables that add up directly."""
    from kyoto.statistics.disclosure.averaging import shares_left
    from kyoto.statistics.disclosure.structure import build_system

    truth = world("tree").frame([3, 4, 5, 6, 7, 8])
    system = build_system([truth], [list(TREE)], PARENTS)
    found = shares_left(system, system.values, 1.0)[system.positions[0]]
    covers = world("tree").covers
    np.testing.assert_allclose(found, np.diag(covers @ np.linalg.pinv(covers)), atol=1e-6)


def test_large_parts_are_settled_as_the_small_ones_are():
    """The same table asked at once and count by count: the few programs for many counts lose nothing."""
    chosen = DisclosureSettings(threshold=2, max_deviation=2, variance=1.5)
    rng = np.random.default_rng(9)
    records = pd.DataFrame({"area": rng.choice(list("abcdefgh"), 60), "sex": rng.choice(["F", "M"], 60)})
    records["key"] = rng.integers(0, KEY_RANGE, 60)
    parts = [
        records.assign(**dict.fromkeys(total, "_T")).groupby(["area", "sex"])["key"].agg(["size", "sum"]).reset_index()
        for total in ([], ["area"], ["sex"], ["area", "sex"])
    ]
    true = pd.concat(parts, ignore_index=True).rename(columns={"size": "value", "sum": "cell_key"})
    true["cell_key"] %= KEY_RANGE
    names = [["area", "sex"]]
    release = Release([true], [protect_linked([true], names, None, chosen)[0].frame])
    reader = known_to_readers([release], names, {}, chosen)
    numbers = each(reader)[(reader.values > 0) & (reader.values < 8)]
    small = 8
    found = tell(reader, numbers, small, largest_part=10_000, work=10**9)
    lower, upper = feasible_ranges(reader, numbers)
    assert found.examined.all()
    assert (found.told == ((lower > 0) & (upper < small))).all()
    assert found.told.any()
    assert not found.told.all()


@pytest.mark.parametrize(("deviation", "expected"), [(5, 1.402e-4), (8, 7.3e-10)])
def test_how_often_a_change_of_one_record_is_told(deviation, expected):
    """Of a large count: all pairs of noise, weighted, of which the figures leave a change of 1 or 2 (documentation)."""
    chosen = DisclosureSettings(max_deviation=deviation)
    table = perturbation_table(max_deviation=deviation, variance=3.0, threshold=3)
    likely = table.probabilities[-1]
    told = 0.0
    for first, second in np.ndindex(len(likely), len(likely)):
        shown = np.array([500.0 + first - deviation, 501.0 + second - deviation])
        least, most = counts_behind(shown, chosen)
        # the figure changed, so the change is 1 or more
        if shown[0] != shown[1] and most[1] - least[0] < 3:
            told += likely[first] * likely[second]
    assert told == pytest.approx(expected, rel=0.01)


def persons_of(shape, leaves, seed):
    """Cells of distinct persons: one of seven can stand in several leaves, and counts once in each total."""
    rng = np.random.default_rng(seed)
    keys = rng.integers(0, KEY_RANGE, 7)
    inside = np.zeros((len(leaves), 7), dtype=bool)
    for place, leaf in enumerate(leaves):
        inside[place, rng.permutation(7)[:leaf]] = True
    every = world(shape).covers @ inside > 0
    frame = pd.DataFrame(world(shape).cells, columns=list(world(shape).dimensions))
    frame = frame.assign(value=every.sum(axis=1).astype(float), cell_key=(every @ keys) % KEY_RANGE)
    return frame[frame["value"] > 0].reset_index(drop=True)


METHODS = [
    DisclosureSettings(),
    WEAK,
    *(
        DisclosureSettings("rounding", base=3, rounding=rounding)
        for rounding in ("random", "conventional", "controlled")
    ),
]


@pytest.mark.parametrize(
    "chosen", METHODS, ids=lambda chosen: f"{chosen.method} {chosen.rounding} {chosen.max_deviation}"
)
@pytest.mark.parametrize("kind", ["records", "persons", "weighted", "missing", "revised"])
def test_what_readers_know_is_true(chosen, kind):
    """Sums that hold, persons in several parts, weights, unknown cells, and releases in which records vanished."""

    @settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.integers(0, 4), min_size=6, max_size=6), st.integers(0, 1000))
    def check(leaves, seed):
        rng = np.random.default_rng(seed)
        releases = []
        for later in range(2):
            own = [max(leaf + int(rng.integers(-1 if kind == "revised" else 0, 2)) * later, 0) for leaf in leaves]
            frame = cells_of("tree", own, seed).astype({"value": float})
            if kind == "persons":
                frame = persons_of("tree", own, seed)
            if kind == "weighted":
                frame["value"] *= 0.75
            if kind == "missing" and len(frame):
                frame.loc[0, "value"] = np.nan
            tables = [frame, frame[frame["sex"] == "_T"].drop(columns="sex").reset_index(drop=True)]
            names = [["iccs", "sex"], ["iccs"]]
            releases.append(
                Release(tables, [safe.frame for safe in protect_linked(tables, names, PARENTS, chosen)], chosen)
            )
        reader = known_to_readers(releases, names, PARENTS, chosen)
        assert (reader.least <= reader.values + 1e-9).all()
        assert (reader.values <= reader.most + 1e-9).all()
        held = reader.relations @ reader.values
        assert (reader.lowest <= held + 1e-9).all()
        assert (held <= reader.highest + 1e-9).all()
        found = attack_together(releases, names, PARENTS, chosen)
        assert found.narrower <= found.protected
        assert found.not_examined == 0

    check()


def test_tables_without_cells_or_dimensions():
    empty = pd.DataFrame({"sex": pd.Series(dtype=str), "value": pd.Series(dtype=int)})
    found = attack_together([Release([empty], [empty])], [["sex"]])
    assert (found.cells, found.verdict) == (0, "holds")
    alone = pd.DataFrame({"value": [2]})
    found = attack_together([Release([alone], [alone.assign(value=[3])])], [[]])
    assert (found.cells, found.protected, found.narrower) == (1, 1, 0)
    changed = Release([alone.assign(value=[3])], [alone.assign(value=[0])])
    found = attack_together([Release([alone], [alone.assign(value=[3])]), changed], [[]])
    assert (found.changes, found.changes_seen) == (1, 1)


def test_rounding_that_is_not_random_is_not_averaged():
    assert noise_variance(DisclosureSettings("rounding", rounding="conventional")) == 0
    truth = world("tree").frame([3, 4, 5, 6, 7, 8])
    chosen = DisclosureSettings("rounding", base=3, rounding="controlled")
    shown = protect_linked([truth], [list(TREE)], PARENTS, chosen)[0].frame
    assert attack_together([Release([truth], [shown])], [list(TREE)], PARENTS, chosen).confident == 0
