"""Linkage with decisions, labels, hashes, other scripts and bad luck, and against Splink's own clusters."""

from __future__ import annotations

import numpy as np
import pytest

from kyoto.core.errors import KyotoError
from kyoto.statistics.linkage import (
    ErrorRates,
    LinkFile,
    link_files,
    link_frames,
    read_decisions,
    review_frame,
    simulate_agencies,
    truth_quality,
    write_agencies,
)
from kyoto.statistics.linkage.quality import true_pairs


def codes(linkage):
    return np.unique(linkage.records["person_id"], return_inverse=True)[1]


def test_records_in_other_scripts_are_found():
    files = simulate_agencies(600, seed=3, errors=ErrorRates(other_script=0.1))
    some = {name: files[name] for name in ("police", "courts")}
    labels = codes(link_frames(some))
    persons = np.concatenate([frame["person"] for frame in some.values()])
    foreign = np.concatenate([[not name.isascii() for name in frame["family"]] for frame in some.values()])
    found = [
        labels[left] == labels[right]
        for left in np.flatnonzero(foreign)
        for right in np.flatnonzero((persons == persons[left]) & ~foreign)
    ]
    assert len(found) > 60
    assert np.mean(found) > 0.7


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


def test_a_chance_that_vanishes_in_training_does_not_stop_it():
    """In this draw expectation–maximisation drives a chance of agreement below what Splink can represent."""
    files = simulate_agencies(600, seed=1)
    linkage = link_frames({"police": files["police"], "prisons": files["prisons"]}, once={"prisons"})
    quality = truth_quality(np.concatenate([files[name]["person"] for name in ("police", "prisons")]), codes(linkage))
    assert quality["precision"]["estimate"] > 0.97
    assert quality["recall"]["estimate"] > 0.85
