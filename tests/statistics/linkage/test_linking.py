"""The whole linkage on synthetic records with known truth, and against Splink's own functions."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest

from kyoto.core.errors import KyotoError
from kyoto.statistics.linkage import (
    ErrorRates,
    LinkFile,
    LinkOptions,
    carry_linkage_error,
    link_files,
    link_frames,
    plausible_linkages,
    read_decisions,
    review_frame,
    simulate_agencies,
    truth_quality,
    write_agencies,
)
from kyoto.statistics.linkage.assembling import clustered
from kyoto.statistics.linkage.quality import true_pairs
from kyoto.statistics.linkage.result import comparison_text

PERSONS = 500


@pytest.fixture(scope="module")
def records():
    return simulate_agencies(PERSONS, seed=11)


@pytest.fixture(scope="module")
def truth(records):
    return np.concatenate([frame["person"].to_numpy() for frame in records.values()])


@pytest.fixture(scope="module")
def linkage(records):
    return link_frames(records, once={"prisons"})


def codes(linkage):
    return np.unique(linkage.records["person_id"], return_inverse=True)[1]


def test_the_same_seed_gives_the_same_records_and_another_seed_others(records):
    again = simulate_agencies(PERSONS, seed=11)
    for name, frame in records.items():
        pd.testing.assert_frame_equal(frame, again[name])
    assert not records["police"].equals(simulate_agencies(PERSONS, seed=12)["police"])


def test_error_rates_are_those_asked_for():
    spoiled = simulate_agencies(20_000, seed=4, errors=ErrorRates(typo=0.0, missing_given=0.1, swapped_names=0.0))
    police = spoiled["police"]
    assert (police["given"] == "").mean() == pytest.approx(0.1, abs=0.01)
    assert (police["birth"].str.len() == 4).mean() == pytest.approx(0.01, abs=0.003)
    pure = simulate_agencies(500, seed=4, errors=ErrorRates().times(0))["police"]
    assert pure.groupby("person")[["given", "family", "birth", "sex", "place"]].nunique().max().max() == 1


def test_links_are_right(linkage, truth):
    quality = truth_quality(truth, codes(linkage))
    assert quality["precision"]["estimate"] > 0.985
    assert quality["recall"]["estimate"] > 0.93


def test_the_estimated_quality_is_near_the_true_one(linkage, truth):
    quality = truth_quality(truth, codes(linkage))
    assert linkage.quality["precision"]["estimate"] == pytest.approx(quality["precision"]["estimate"], abs=0.02)
    # pairs that no blocking rule finds are missing from the estimate, as its note says
    assert 0 <= linkage.quality["recall"]["estimate"] - quality["recall"]["estimate"] < 0.08
    assert "no blocking rule" in linkage.quality.note


def test_probabilities_are_calibrated(linkage, truth):
    pairs = linkage.pairs
    same = truth[pairs["left"]] == truth[pairs["right"]]
    sure = pairs["probability"] >= 0.99
    assert same[sure].mean() > 0.985
    assert same[pairs["probability"] < 0.02].mean() < 0.5
    assert pairs["probability"].sum() == pytest.approx(same.sum(), rel=0.03)


def test_each_record_has_a_person_and_prisons_hold_each_once(linkage, records):
    assert len(linkage.records) == sum(map(len, records.values()))
    assert linkage.records["person_id"].notna().all()
    prisons = linkage.records[linkage.records["source"] == "prisons"]
    assert prisons["person_id"].is_unique
    low, high = linkage.persons_between
    assert low <= linkage.persons <= high
    assert linkage.sources()["records"].sum() == len(linkage.records)


def test_clusters_are_those_of_splink(records):
    """Splink's connected components of the same scored pairs, found by SQL, give the same persons."""
    import pyarrow as pa
    from splink import DuckDBAPI
    from splink.clustering import cluster_pairwise_predictions_at_threshold

    linkage = link_frames({"police": records["police"], "courts": records["courts"]})
    api = DuckDBAPI()
    nodes = api.register(pa.table({"record": np.arange(len(linkage.records))}))
    pairs = linkage.pairs.rename(columns={"left": "record_l", "right": "record_r", "probability": "match_probability"})
    edges = api.register(pairs[["record_l", "record_r", "match_probability"]])
    theirs = cluster_pairwise_predictions_at_threshold(
        nodes=nodes, edges=edges, db_api=api, node_id_column_name="record", threshold_match_probability=0.95
    ).as_pandas_dataframe()
    theirs = theirs.sort_values("record")["cluster_id"].to_numpy()
    joint = truth_quality(theirs, codes(linkage))
    assert joint["precision"]["estimate"] == joint["recall"]["estimate"] == 1.0
    assert true_pairs(theirs) > 300


def test_steps_add_up_to_the_weight_and_the_weight_gives_the_probability(linkage):
    assert len(linkage.comparisons) > 20
    pairs = linkage.pairs.set_index(["left", "right"])
    for found in linkage.comparisons:
        assert found.prior + sum(bits for _, _, bits in found.steps) == pytest.approx(found.weight, abs=1e-6)
        odds = 2**found.weight
        assert found.probability == pytest.approx(odds / (1 + odds), abs=1e-6)
        assert pairs.loc[(found.left, found.right), "probability"] == pytest.approx(found.probability, abs=1e-6)
    assert "bits: probability" in comparison_text(linkage.comparisons[0])


def test_prior_weights_and_levels_are_those_of_the_trained_model(linkage):
    weights = {(row["comparison"], row["level"]): row["weight"] for row in linkage.parameters}
    for found in linkage.comparisons:
        for name, level, bits in found.steps:
            if level != "empty" and (name, level) not in {(one, "equal") for one in ("given", "family", "place")}:
                assert bits == pytest.approx(weights[(name, level)], abs=1e-6)


def test_no_result_holds_a_name_a_date_or_a_place(linkage, records):
    texts = [linkage.summary(), repr(linkage), str(linkage.parameters)]
    texts += [frame.to_csv() for frame in (linkage.records, linkage.pairs, review_frame(linkage), linkage.tidy())]
    texts += [comparison_text(found) for found in linkage.comparisons]
    whole = "\n".join(texts).casefold()
    for frame in records.values():
        for column in ("family", "birth"):
            values = {value.casefold() for value in frame[column] if len(value) > 5}
            assert not [value for value in values if f"{value}" in whole]


def test_nothing_is_logged(records, caplog, capfd):
    with caplog.at_level(logging.DEBUG):
        link_frames({"police": records["police"]})
    assert [record for record in caplog.records if "splink" in record.name] == []
    assert capfd.readouterr().err == ""


def test_decisions_of_reviewers_are_kept(records, tmp_path):
    some = {"police": records["police"], "prisons": records["prisons"]}
    review = review_frame(link_frames(some))
    assert 0 < len(review) <= 300
    joined, parted = review[review["linked_now"] == "no"].index[0], review[review["linked_now"] == "yes"].index[0]
    review.loc[joined, "decision"] = "same"
    review.loc[parted, "decision"] = "different"
    review.to_csv(tmp_path / "review.csv", index=False)
    decisions = read_decisions(tmp_path / "review.csv")
    assert len(decisions) == 2
    again = link_frames(some, reviewed=decisions)
    person = again.records.set_index(["source", "identifier"])["person_id"]
    one, two = review.loc[joined], review.loc[parted]
    assert person[(one["left_source"], one["left_id"])] == person[(one["right_source"], one["right_id"])]
    assert person[(two["left_source"], two["left_id"])] != person[(two["right_source"], two["right_id"])]
    assert len(review_frame(again)) <= 300
    assert not {(row["left_id"], row["right_id"]) for _, row in review_frame(again).iterrows()} & {
        (one["left_id"], one["right_id"]),
        (two["left_id"], two["right_id"]),
    }


def test_labels_measure_and_change_nothing(linkage, records, truth):
    keys = list(linkage.records[["source", "identifier"]].itertuples(index=False, name=None))
    pairs = linkage.pairs.sample(400, random_state=1)
    labels = [
        (keys[a], keys[b], bool(truth[a] == truth[b])) for a, b in zip(pairs["left"], pairs["right"], strict=True)
    ]
    measured = link_frames(records, once={"prisons"}, labels=labels)
    assert (measured.records["person_id"] == linkage.records["person_id"]).all()
    linked = linkage.records["person_id"].to_numpy()
    joined = [linked[a] == linked[b] for a, b in zip(pairs["left"], pairs["right"], strict=True)]
    right = [same and found for (_, _, same), found in zip(labels, joined, strict=True)]
    assert measured.quality.basis == "labels"
    assert measured.quality["precision"]["estimate"] == pytest.approx(sum(right) / sum(joined))


def test_plausible_linkages_spread_around_the_truth(linkage, truth):
    persons = [int(labels.max()) + 1 for labels in plausible_linkages(linkage, draws=30, seed=3)]
    assert min(persons) < max(persons)
    low, high = linkage.persons_between
    assert low - 10 <= np.mean(persons) <= high + 10
    again = [int(labels.max()) + 1 for labels in plausible_linkages(linkage, draws=30, seed=3)]
    assert persons == again


def test_drawn_links_have_their_probability(linkage):
    """Each pair of nuclei with one doubtful link is joined as often as its probability says."""
    from dataclasses import replace

    pairs = pd.DataFrame(
        {
            "left": range(0, 400, 2),
            "right": range(1, 401, 2),
            "probability": 0.3,
            "weight": -1.2,
            "decision": "",
            "linked": False,
        }
    )
    small = replace(linkage, records=linkage.records.iloc[:400], pairs=pairs, once=np.full(400, -1))
    persons = [int(labels.max()) + 1 for labels in plausible_linkages(small, draws=200, seed=1)]
    assert np.mean(persons) == pytest.approx(400 - 200 * 0.3, abs=2)
    assert np.std(persons) == pytest.approx((200 * 0.3 * 0.7) ** 0.5, rel=0.2)


def test_linkage_error_reaches_a_later_figure(linkage, truth):
    sources = linkage.records["source"].to_numpy()

    def imprisoned(frame):
        """Share of the persons of the police whom the prisons know."""
        police = frame.loc[sources == "police", "person_id"].unique()
        known = np.isin(police, frame.loc[sources == "prisons", "person_id"].unique())
        share = known.mean()
        return float(share), float((share * (1 - share) / known.size) ** 0.5)

    band = carry_linkage_error(linkage, imprisoned, term="share imprisoned", draws=20)
    true_share, error = imprisoned(linkage.records.assign(person_id=truth))
    assert band.lower < true_share < band.upper
    assert band.std_error**2 * (1 - band.linkage_share) == pytest.approx(error**2, rel=0.1)
    assert 0 <= band.linkage_share < 0.5
    assert band.strict <= band.best <= band.loose
    assert "from linkage" in band.summary()
    assert list(band.tidy().columns[:5]) == ["term", "estimate", "std_error", "lower", "upper"]


def test_files_and_hashed_files(records, truth, tmp_path):
    from pyarrow import csv

    from kyoto.statistics.linkage import hash_records, prepare_file
    from kyoto.statistics.linkage.reading import read_link_file

    paths = write_agencies({name: records[name] for name in ("police", "prisons")}, tmp_path)
    assert [path.name for path in paths] == ["synthetic_police.csv", "synthetic_prisons.csv", "synthetic_truth.csv"]
    files = []
    for path in paths[:2]:
        source = LinkFile(path.stem, path)
        target = tmp_path / f"h_{path.name}"
        csv.write_csv(hash_records(prepare_file(read_link_file(source), source), b"0123456789abcdef"), target)
        files.append(LinkFile(path.stem, target, unique="prisons" in path.name))
    hashed = link_files(files)
    known = np.concatenate([records[name]["person"].to_numpy() for name in ("police", "prisons")])
    quality = truth_quality(known, codes(hashed))
    assert quality["precision"]["estimate"] > 0.98
    assert quality["recall"]["estimate"] > 0.85
    with pytest.raises(KyotoError) as error:
        link_files([files[0], LinkFile("clear", paths[1])])
    assert error.value.code == "linkage.mixed-hashing"


def test_charts_are_drawn(linkage):
    for chart in (linkage.plot(), linkage.quality.plot()):
        assert chart.to_dict()["layer"]


@pytest.mark.spark
@pytest.mark.slow
def test_spark_gives_the_same_persons(records):
    frames = {"police": records["police"].iloc[:200], "courts": records["courts"].iloc[:100]}
    options = LinkOptions(pairs_sampled=1e5)
    here = link_frames(frames, options)
    there = link_frames(frames, LinkOptions(pairs_sampled=1e5, engine="spark"))
    joint = truth_quality(codes(here), codes(there))
    assert joint["precision"]["estimate"] > 0.97
    assert joint["recall"]["estimate"] > 0.97


def test_thresholds_order_the_clusters(linkage):
    count = len(linkage.records)
    persons = [int(clustered(count, linkage.pairs, edge, linkage.once).max()) for edge in (0.05, 0.5, 0.95, 0.999)]
    assert persons == sorted(persons)


def test_a_chance_that_vanishes_in_training_does_not_stop_it():
    """In this draw expectation–maximisation drives a chance of agreement below what Splink can represent."""
    files = simulate_agencies(600, seed=1)
    linkage = link_frames({"police": files["police"], "prisons": files["prisons"]}, once={"prisons"})
    quality = truth_quality(np.concatenate([files[name]["person"] for name in ("police", "prisons")]), codes(linkage))
    assert quality["precision"]["estimate"] > 0.97
    assert quality["recall"]["estimate"] > 0.85
