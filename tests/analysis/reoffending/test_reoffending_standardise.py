"""Fair comparison: against arithmetic by hand, leaving one person out, and R's base functions."""

from __future__ import annotations

import numpy as np
import pytest

from kyoto.analysis.reoffending.standardise import difference, standardised_curves, standardised_rates
from kyoto.analysis.reoffending.survival import kaplan_meier
from kyoto.analysis.reoffending.weighting import inverse_weights, weighted_rates
from kyoto.core.errors import KyotoError


def test_direct_standardisation_by_hand(people):
    total = people.groupby("site").size() / len(people)
    for rate in standardised_rates(people.event, people.group, people.site):
        own = people[people.group == int(rate.group)].groupby("site").event
        shares, sizes = own.mean(), own.size()
        assert rate.estimate == pytest.approx((total * shares).sum(), rel=1e-12)
        variance = (total**2 * shares * (1 - shares) / sizes).sum()
        assert rate.std_error == pytest.approx(variance**0.5, rel=1e-12)
        assert rate.lower < rate.estimate < rate.upper


def test_standardising_to_its_own_composition_changes_nothing(people):
    own = people[people.group == 1]
    standard = {str(site): float(count) for site, count in own.groupby("site").size().items()}
    rates = standardised_rates(people.event, people.group, people.site, standard=standard)
    assert rates[1].estimate == pytest.approx(own.event.mean(), rel=1e-12)


def test_a_stratum_without_anybody_gives_no_estimate():
    rates = standardised_rates([1, 0, 1, 0], ["a", "a", "b", "b"], ["x", "y", "x", "x"])
    assert rates[1].estimate is None and rates[1].note == "nobody to compare in y"
    with pytest.raises(KyotoError):
        difference(rates[0], rates[1])
    with pytest.raises(KyotoError) as caught:
        standardised_rates([1, 0], ["a", "b"], ["x", "x"], standard={"z": 1})
    assert caught.value.code == "reoffending.wrong-standard"


def test_standardised_curves_of_complete_follow_up_are_rates(people):
    time = np.where(people.event == 1, 10, 100)
    curves = standardised_curves(time, people.event, people.group, people.site, 50)
    rates = standardised_rates(people.event, people.group, people.site)
    for curve, rate in zip(curves, rates, strict=True):
        assert (curve.estimate, curve.std_error) == pytest.approx((rate.estimate, rate.std_error), rel=1e-9)


def test_standardised_curves_with_censoring_by_hand(people):
    total = people.groupby("site").size() / len(people)
    curves = standardised_curves(people.time, people.event, people.group, people.site, 30)
    for curve in curves:
        parts = [
            kaplan_meier(own.time, own.event).at([30]).iloc[0]
            for _, own in people[people.group == int(curve.group)].groupby("site")
        ]
        assert curve.estimate == pytest.approx(sum(w * p["estimate"] for w, p in zip(total, parts, strict=True)))


def test_inverse_weights_of_two_groups_are_those_of_r(people):
    # R 4.2.2: p <- fitted(glm((group == 2) ~ x1 + x2, binomial, data = d[d$group > 0, ]))
    # sum(1 / (1 - p)) of group 1, sum(1 / p) of group 2
    two = people[people.group > 0]
    weights, shares, labels = inverse_weights(two.group, two[["x1", "x2"]])
    sums = [weights[two.group == int(label)].sum() for label in labels]
    assert sums == pytest.approx([201.890994333168, 202.092034825362], rel=1e-8)
    assert shares.sum(axis=1) == pytest.approx(np.ones(len(two)))


@pytest.mark.parametrize("target", [None, "1"])
def test_weighted_rates_and_their_errors(people, target):
    """The jackknife, which knows nothing of the formulas, gives the same errors but for a few per cent."""
    covariates = people[["x1", "x2"]].to_numpy()
    event, group = people.event.to_numpy(), people.group.to_numpy()
    found = weighted_rates(event, group, covariates, target=target)
    without = []
    for left_out in range(0, 300, 1):
        kept = np.arange(300) != left_out
        rates = weighted_rates(event[kept], group[kept], covariates[kept], target=target)
        without.append([rate.estimate for rate in rates])
    spread = np.array(without) - np.array([rate.estimate for rate in found])
    jackknife = np.sqrt((spread**2).sum(axis=0))
    assert jackknife == pytest.approx([rate.std_error for rate in found], rel=0.05)


def test_weighting_balances_the_covariates(people):
    weights, _, labels = inverse_weights(people.group, people[["x1", "x2"]])
    for label in labels:
        own = (people.group == int(label)).to_numpy()
        mean = np.average(people.loc[own, ["x1", "x2"]], weights=weights[own], axis=0)
        assert mean == pytest.approx(people[["x1", "x2"]].mean().to_numpy(), abs=0.02)
