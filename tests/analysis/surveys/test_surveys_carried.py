"""The survey files that the package samplics carries (NHANES II): figures of R 4.2.2, survey 4.1-1, on the same rows.

The R calls start from ``D <- svydesign(ids=~psuid, strata=~stratid, weights=~finalwgt, nest=TRUE, data=nhanes2.csv)``.
"""

from __future__ import annotations

from importlib.metadata import distribution

import numpy as np
import pandas as pd
import pytest

from kyoto.analysis import surveys

FOLDER = distribution("samplics").locate_file("samplics/datasets/data")


@pytest.fixture(scope="module")
def people():
    return pd.read_csv(FOLDER / "nhanes2.csv")


@pytest.fixture(scope="module")
def design(people):
    return surveys.make_design(people["finalwgt"], strata=[people["stratid"]], clusters=[people["psuid"]])


def same(found, expected, names=("estimate", "std_error")):
    got = [getattr(figure, name) for name in names for figure in found]
    np.testing.assert_allclose(got, expected, rtol=1e-10)


def test_a_mean_its_limits_and_its_design_effect(people, design):
    # svymean(~zinc, D, na.rm=TRUE, deff=TRUE); confint(., df=degf(D))
    expected = [87.1820670506954, 0.49448268618504, 86.1735629632107, 88.19057113818, 10.3481108069875]
    found = surveys.mean(design, people["zinc"])
    same(found, expected, ("estimate", "std_error", "lower", "upper", "deff"))
    assert (found[0].n, found[0].missing, found[0].df) == (9189, 1148, 31)


@pytest.mark.parametrize(
    ("method", "limits"),  # svyciprop(~I(highbp==1), D, method=METHOD)
    [("logit", [0.340047441291873, 0.398398880758814]), ("beta", [0.339467026553666, 0.398758738224774])],
)
def test_a_share_and_its_limits_from_the_file(method, limits):
    wanted = surveys.wanted_figures(proportions=["highbp"])
    sample = surveys.SampleColumns("finalwgt", ("stratid",), ("psuid",))
    with surveys.open_table(FOLDER / "nhanes2.csv") as table:
        found = surveys.estimate_table(table, sample, surveys.Request(wanted, method=method))
    same(found, [0.368743298310302, 0.0143201227457871, *limits], ("estimate", "std_error", "lower", "upper"))


def test_domains_and_their_difference(people, design):
    # svyby(~zinc, ~race, D, svymean, na.rm=TRUE); svyby(~highbp, ~region, D, svymean, covmat=TRUE); svycontrast
    by_race = surveys.mean(design, people["zinc"], by={"race": people["race"]})
    means = [87.4953889193077, 85.0857443309065, 83.5709102186042]
    same(by_race, [*means, 0.47919633060507, 1.16520869262503, 1.58546272005664])
    regions = surveys.proportion(design, people["highbp"], by={"region": people["region"]})
    shares = [0.396572830560222, 0.347583662374301, 0.369527617039464, 0.366311211311186]
    errors = [0.0327344841421453, 0.0318281180004395, 0.0258943558040573, 0.0249004057265697]
    same(regions, [*shares, *errors])
    same(surveys.contrast(regions, [-1, 0, 0, 1]), [-0.0302616192490359, 0.0411287813750924])


def test_quantiles_and_regression(people, design):
    # svyquantile(~zinc, D, c(.25, .5, .75), na.rm=TRUE)
    # svyglm(highbp ~ factor(race) + factor(region), D, family=quasibinomial()), started again until it stands still
    same(surveys.quantile(design, people["zinc"], [0.25, 0.5, 0.75]), [77, 86, 96], ("estimate",))
    predictors = {"race": people["race"].astype(str), "region": people["region"].astype(str)}
    found = surveys.regress(design, people["highbp"], predictors, family="logistic").tidy()
    slopes = [-0.436463252800587, 0.333657068355206, 0.143652254196191]
    slopes += [-0.228470092188306, -0.159539395300156, -0.140456657923221]
    errors = [0.139786708560427, 0.0958305869148028, 0.259328571963993]
    errors += [0.199131971799058, 0.17510834858299, 0.175429702998737]
    np.testing.assert_allclose(found["estimate"], slopes, rtol=1e-10)
    np.testing.assert_allclose(found["std_error"], errors, rtol=1e-10)


@pytest.mark.parametrize(
    ("file", "columns", "options", "ratio", "mean"),
    [
        # svrepdesign(repweights=brr_1…brr_32, weights=~finalwgt, type="BRR", combined.weights=TRUE)
        (
            "nhanes2brr_subset.csv",
            "brr_*",
            {"kind": "brr"},
            [0.426082149155134, 0.00273010460557992],
            [71.8455573626798, 0.519013775509931],
        ),
        # svrepdesign(repweights=jkw_1…jkw_62, weights=~finalwgt, type="JKn", scale=1, rscales=rep(.5, 62))
        (
            "nhanes2jk_subset.csv",
            "jkw_*",
            {"kind": "jkn", "rscales": (0.5,)},
            [0.423501541815317, 0.00346433422230638],
            [71.2366051315437, 0.71311220070346],
        ),
    ],
)
def test_replicate_weights_of_the_files(file, columns, options, ratio, mean):
    # svyratio(~weight, ~height, .); svymean(~weight, .)
    sample = surveys.SampleColumns("finalwgt", replicates=columns, **options)
    wanted = surveys.wanted_figures(ratios=["weight/height"], means=["weight"])
    with surveys.open_table(FOLDER / file) as table:
        found = {one.term: one for one in surveys.estimate_table(table, sample, surveys.Request(wanted))}
    same([found["weight/height"]], ratio)
    same([found["weight"]], mean)
