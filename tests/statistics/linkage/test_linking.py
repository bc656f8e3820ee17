"""The whole linkage on synthetic records with known truth, and against Splink's own functions."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest

from kyoto.core.engine import open_engine
from kyoto.core.errors import KyotoError
from kyoto.statistics.linkage import (
    ErrorRates,
    LinkOptions,
    carry_linkage_error,
    link_frames,
    plausible_linkages,
    review_frame,
    simulate_agencies,
    truth_quality,
)
from kyoto.statistics.linkage.assembling import clustered
from kyoto.statistics.linkage.result import comparison_text


def codes(linkage):
    return np.unique(linkage.records["person_id"], return_inverse=True)[1]


def test_the_same_seed_gives_the_same_records_and_another_seed_others(records):
    again = simulate_agencies(500, seed=11)
    for name, frame in records.items():
        pd.testing.assert_frame_equal(frame, again[name])
    assert not records["police"].equals(simulate_agencies(500, seed=12)["police"])


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
    assert "were never compared" in linkage.quality.note


def test_probabilities_are_calibrated(linkage, truth):
    pairs = linkage.pairs
    same = truth[pairs["left"]] == truth[pairs["right"]]
    sure = pairs["probability"] >= 0.99
    assert same[sure].mean() > 0.985
    assert pairs["probability"].sum() == pytest.approx(same.sum(), rel=0.03)


def test_each_record_has_a_person_and_prisons_hold_each_once(linkage, records):
    assert len(linkage.records) == sum(map(len, records.values()))
    assert linkage.records["person_id"].notna().all()
    prisons = linkage.records[linkage.records["source"] == "prisons"]
    assert prisons["person_id"].is_unique
    low, high = linkage.persons_between
    assert low <= linkage.persons <= high
    assert linkage.sources()["records"].sum() == len(linkage.records)


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


def test_charts_are_drawn(linkage):
    for chart in (linkage.plot(), linkage.quality.plot()):
        assert chart.to_dict()["layer"]


@pytest.mark.spark
@pytest.mark.slow
def test_spark_gives_the_same_persons(records):
    frames = {"police": records["police"].iloc[:200], "courts": records["courts"].iloc[:100]}
    options = LinkOptions(pairs_sampled=1e5)
    here = link_frames(frames, options)
    with open_engine("spark"):  # as in a build: the session is there, and knows nothing of Splink
        there = link_frames(frames, LinkOptions(pairs_sampled=1e5, engine="spark"))
    joint = truth_quality(codes(here), codes(there))
    assert joint["precision"]["estimate"] > 0.97
    assert joint["recall"]["estimate"] > 0.97


def test_thresholds_order_the_clusters(linkage):
    count = len(linkage.records)
    persons = [int(clustered(count, linkage.pairs, edge, linkage.once).max()) for edge in (0.05, 0.5, 0.95, 0.999)]
    assert persons == sorted(persons)


def test_explain_names_levels_of_compared_pairs_alone(linkage):
    found = linkage.comparisons[0]
    assert linkage.explain(found.right, found.left) == comparison_text(found)
    with pytest.raises(KyotoError) as error:
        linkage.explain(0, 0)
    assert error.value.code == "linkage.not-compared"
