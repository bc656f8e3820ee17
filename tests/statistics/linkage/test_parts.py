"""Names, dates, clusters, quality and the combination of linkages, each against something independent."""

from __future__ import annotations

import hashlib
import hmac
import itertools
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyoto.core.errors import KyotoError
from kyoto.statistics.linkage import (
    LinkFile,
    combine_estimates,
    hash_records,
    normal_name,
    prepare_file,
    read_key,
    sound_key,
    truth_quality,
)
from kyoto.statistics.linkage.births import Birth, parse_birth
from kyoto.statistics.linkage.clusters import Edges, cluster_records
from kyoto.statistics.linkage.hashing import HASHED_MARK
from kyoto.statistics.linkage.names import split_name
from kyoto.statistics.linkage.quality import estimated_quality, labelled_quality, wilson
from kyoto.statistics.linkage.transliterating import written_in


@pytest.mark.parametrize(
    ("spellings", "key"),
    [
        (["Yusuf", "Youssef", "Юсуф", "يوسف"], None),
        (["Georgios", "Γεώργιος", "Георгиос"], "krks"),
        (["Shevchenko", "Шевченко", "Chevtchenko"], "sfsnk"),
        (["Petrov", "Петров", "Petroff", "PETROV "], "ptrf"),
        (["Müller", "Muller", "MÜLLER"], "mlr"),
        (["al-Hassan", "El Hasan", "الحسن"], None),
    ],
)
def test_spellings_of_a_name_share_their_sound(spellings, key):
    keys = {sound_key(normal_name(name)) for name in spellings}
    if key is None:  # scripts without vowels join the article, and begin otherwise: at least two spellings agree
        assert len(keys) < len(spellings)
    else:
        assert keys == {key}


def test_names_that_differ_keep_different_sounds():
    assert len({sound_key(normal_name(name)) for name in ("Petrov", "Pavlov", "Ivanov", "Markov", "Sokolov")}) == 5


@given(st.text(max_size=30))
@settings(deadline=None)
def test_a_normal_name_is_stable_and_plain(text):
    name = normal_name(text)
    assert normal_name(name) == name
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    sound_key(name)


@pytest.mark.parametrize("script", ["cyrillic", "greek", "arabic"])
def test_what_was_written_in_another_script_is_read_back(script):
    for name in ("Karimona", "Goluzif", "Dechuro", "Bisumel"):
        assert sound_key(normal_name(written_in(name, script))) == sound_key(name.casefold())


def test_full_names():
    assert split_name("de la Cruz, Ana") == ("Ana", "de la Cruz")
    assert split_name("") == ("", "")


@given(st.dates(date(1881, 1, 1), date(2020, 12, 31)))
@settings(deadline=None)
def test_every_date_is_read_in_every_form(day):
    whole = Birth(day.year, day.month, day.day)
    assert parse_birth(day.isoformat()) == whole
    assert parse_birth(day.strftime("%d/%m/%Y")) == whole
    assert parse_birth(day.strftime("%m/%d/%Y"), month_first=True) == whole
    assert parse_birth(day.strftime("%Y%m%d")) == whole
    assert parse_birth(f"{day.isoformat()}T00:00:00") == whole


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1975", Birth(1975)),
        ("1975-00-00", Birth(1975)),
        ("1975-06", Birth(1975, 6)),
        ("06/1975", Birth(1975, 6)),
        ("??/06/1975", Birth(1975, 6)),
        ("1975-06-31", Birth(1975, 6)),
        ("25/12/1975", Birth(1975, 12, 25)),
        ("12/25/1975", Birth(1975, 12, 25)),
        ("1975-25-12", Birth(1975, 12, 25)),
        ("3024-01-01", None),
        ("1779-01-01", None),
        ("12/25/75", None),
        ("unknown", None),
        ("", None),
    ],
)
def test_partial_and_impossible_dates(text, read):
    assert parse_birth(text) == read


def edges(pairs):
    left, right, weight = (np.array(side) for side in zip(*pairs, strict=True)) if pairs else ([], [], [])
    return Edges(np.array(left, dtype=np.int64), np.array(right, dtype=np.int64), np.array(weight, dtype=float))


def groups(labels):
    found = {}
    for record, label in enumerate(labels):
        found.setdefault(label, set()).add(record)
    return sorted(sorted(group) for group in found.values())


PAIRS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.floats(0, 20)).filter(lambda pair: pair[0] < pair[1]),
    max_size=20,
)


@given(PAIRS)
@settings(deadline=None)
def test_clusters_are_the_connected_components(pairs):
    reached = {record: {record} for record in range(10)}
    for _ in range(10):
        for left, right, _ in pairs:
            both = reached[left] | reached[right]
            for record in both:
                reached[record] = reached[record] | both
    components = sorted({tuple(sorted(group)) for group in reached.values()})
    assert groups(cluster_records(10, edges(pairs)).tolist()) == [list(group) for group in components]


@given(PAIRS, st.lists(st.integers(-1, 2), min_size=10, max_size=10), PAIRS)
@settings(max_examples=150, deadline=None)
def test_no_cluster_breaks_a_constraint(pairs, once, refused):
    labels = cluster_records(10, edges(pairs), once=np.array(once), refused=edges(refused))
    for left, right, _ in refused:
        assert labels[left] != labels[right]
    for left, right in itertools.combinations(range(10), 2):
        if labels[left] == labels[right]:
            assert once[left] == -1 or once[left] != once[right]


def test_the_surer_link_wins():
    labels = cluster_records(3, edges([(0, 1, 3.0), (1, 2, 9.0)]), once=np.array([5, -1, 5]))
    assert labels.tolist() == [0, 1, 1]


def test_clusters_do_not_depend_on_the_order_of_pairs():
    random = np.random.default_rng(3)
    pairs = [(int(a), int(b), float(w)) for a, b, w in random.integers(0, 40, (90, 3)) if a < b]
    once = random.integers(-1, 4, 40)
    first = cluster_records(40, edges(pairs), once=once)
    assert first.tolist() == cluster_records(40, edges(pairs[::-1]), once=once).tolist()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=12))
@settings(deadline=None)
def test_precision_and_recall_are_those_of_counted_pairs(rows):
    truth, labels = zip(*rows, strict=True)
    both = linked = same = 0
    for first, second in itertools.combinations(range(len(rows)), 2):
        one, joined = truth[first] == truth[second], labels[first] == labels[second]
        both, linked, same = both + (one and joined), linked + joined, same + one
    quality = truth_quality(np.array(truth), np.array(labels))
    for term, trials in (("precision", linked), ("recall", same)):
        if trials:
            assert quality[term]["estimate"] == pytest.approx(both / trials)
        else:
            assert np.isnan(quality[term]["estimate"])


def test_wilson_as_published():
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3
    for hits, trials, lower, upper in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (1, 29, 0.0061, 0.1718)]:
        assert wilson(hits, trials) == pytest.approx((lower, upper), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_quality_from_labels():
    quality = labelled_quality([True] * 8 + [False] * 4, [True] * 6 + [False] * 5 + [True])
    assert quality["precision"]["estimate"] == pytest.approx(6 / 7)
    assert quality["recall"]["estimate"] == pytest.approx(6 / 8)
    assert "precision: 85.7%" in quality.summary()


def test_estimated_quality_agrees_with_simulation():
    random = np.random.default_rng(5)
    probability = random.beta(0.3, 0.2, 4000)
    accepted = probability > 0.8
    found = estimated_quality(probability, accepted)
    drawn = random.random((2000, 4000)) < probability
    precision = drawn[:, accepted].mean(axis=1)
    recall = drawn[:, accepted].sum(axis=1) / drawn.sum(axis=1)
    for term, values in (("precision", precision), ("recall", recall)):
        assert found[term]["estimate"] == pytest.approx(values.mean(), abs=1e-3)
        assert found[term]["std_error"] == pytest.approx(values.std(), rel=0.05)


def test_rubins_rules():
    # W = 1, B = 1, m = 3: T = 1 + 4/3; degrees of freedom 2 (1 + 1 / (4/3))^2 = 6.125
    # R 4.2.2: qt(0.975, 6.125) * sqrt(1 + 4/3)
    estimate, error, lower, upper, share = combine_estimates([(10.0, 1.0), (12.0, 1.0), (11.0, 1.0)])
    assert (estimate, error, share) == pytest.approx((11.0, 1.527525231651947, 4 / 7), rel=1e-12)
    assert upper - estimate == pytest.approx(2.43485782317834 * 1.527525231651947, rel=1e-9)
    assert lower + upper == pytest.approx(22.0)
    assert combine_estimates([(5.0, 0.5)] * 4)[2:4] == pytest.approx(
        (5 - 1.959963984540054 * 0.5, 5 + 1.959963984540054 * 0.5)
    )
    with pytest.raises(KyotoError) as error:
        combine_estimates([(1.0, 0.1)])
    assert error.value.code == "linkage.too-few-draws"


def prepared(**columns):
    return prepare_file(pa.table(columns), LinkFile("a", "a.csv"))


def test_heaped_dates_keep_their_year_alone():
    births = [f"19{year:02}-01-01" for year in range(50, 90)] + [f"1970-02-{day:02}" for day in range(1, 29)]
    found = prepared(family=["Kato"] * 68, birth=births)
    assert [finding.code for finding in found.findings] == ["linkage.heaped-birth"]
    assert found.findings[0].count == 40
    assert found.table["birth"].null_count == 40
    assert found.table["birth_year"].null_count == 0
    spread = [f"1970-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 28)]
    few = prepared(family=["Kato"] * len(spread), birth=spread)
    assert few.findings == ()


def test_codes_are_keyed_and_shared_by_swapped_names():
    key = b"an agreed secret of two agencies"
    table = hash_records(prepared(given=["Ana", "Lopez"], family=["López", "Ana"], birth=["1980-02-03"] * 2), key)
    given, family = (table[HASHED_MARK + name].to_pylist() for name in ("given", "family"))
    assert given[0] == family[1]
    assert given[1] == family[0]
    assert given[0] == hmac.new(key, b"name\0ana", hashlib.sha256).hexdigest()[:32]
    assert (
        given[0] != hash_records(prepared(given=["Ana"], family=["Ana"]), key + b"!")[HASHED_MARK + "given"][0].as_py()
    )
    text = str(table.to_pydict()).casefold()
    assert "ana'" not in text
    assert "lopez" not in text
    assert "1980" not in text


def test_short_and_missing_keys(tmp_path):
    (tmp_path / "short.key").write_text("abc\n")
    for name, code in (("short.key", "linkage.short-key"), ("none.key", "linkage.missing-key")):
        with pytest.raises(KyotoError) as error:
            read_key(tmp_path / name)
        assert error.value.code == code


def test_parts_of_dates_stand_in_their_columns():
    table = prepared(family=["Kato"] * 3, birth=["1980-12-03", "1980-03", "1980"]).table
    row = {name: table[name].to_pylist() for name in table.column_names if name.startswith("birth")}
    assert row == {
        "birth": ["1980-12-03", None, None],
        "birth_sorted": ["1980:03:12", None, None],
        "birth_year_month": ["1980-12", "1980-03", None],
        "birth_month_day": ["12-03", None, None],
        "birth_year_day": ["1980--03", None, None],
        "birth_year": ["1980", "1980", "1980"],
    }
