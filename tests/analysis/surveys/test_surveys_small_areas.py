"""Small areas: milk expenditure as published, metafor and nlme as oracles, error formulas by brute force."""

from __future__ import annotations

import numpy as np
import pytest

from kyoto.analysis.surveys.small_areas import benchmark, fay_herriot
from kyoto.analysis.surveys.unit_level import nested_error
from kyoto.core.errors import KyotoError

# Expenditure on fresh milk, 43 areas (Arora & Lahiri 1997, Statistica Sinica 7, 1053-1063; You & Chapman 2006,
# Survey Methodology 32, 97-103): direct figure and standard error times 1000; major areas of 7, 7, 11 and 18 areas
MILK = """1099 1075 1105 628 753 981 1257 1095 1405 1356 615 1460 1338 854 1176 1111 1257 1430 1278 1292 1002 1183 1044
1267 1193 791 795 759 796 565 886 952 807 582 684 787 440 759 770 800 756 865 640"""
ERROR = """163 80 83 109 119 141 202 127 168 178 100 201 148 143 149 145 135 172 137 163 125 247 140 171 106 121 121 259
106 89 225 205 119 67 106 126 92 132 100 113 83 121 129"""
Y = np.array(MILK.split(), dtype=float) / 1000
D = (np.array(ERROR.split(), dtype=float) / 1000) ** 2
MAJOR = np.repeat([0, 1, 2, 3], [7, 7, 11, 18])
X = np.column_stack([np.ones(43), MAJOR == 1, MAJOR == 2, MAJOR == 3]).astype(float)
SHOWN = [0, 3, 21, 27, 42]
# rma(yi, sd^2, mods=~factor(major), method=…, control=list(threshold=1e-14, maxiter=1000)) and blup(), whose squared se
# is g1 + g2; R 4.2.2, metafor 3.8-1
METAFOR = {
    "reml": {
        "variance": 0.0185503347627668,
        "beta": [0.968188986974965, 0.132780305456739, 0.226946224520593, -0.241301039944631],
        "error": [0.0693622082792575, 0.103000889948512, 0.0923299614595036, 0.0816172170835795],
        "blup": [1.02197054415062, 0.76081656508852, 1.19230572283366, 0.733844388082635, 0.681086885060739],
        "g12": [0.012591849239072, 0.00797576814301433, 0.0164088741978642, 0.0156672138726828, 0.00918566722166489],
    },
    "ml": {
        "variance": 0.0155175087124193,
        "beta": [0.967798625551161, 0.127875517563523, 0.226690886798659, -0.242580426338672],
        "error": [0.0659074172432299, 0.0984093275954176, 0.08813967522561, 0.0775386945035802],
        "blup": [1.01617323616576, 0.775349168253941, 1.19215974961806, 0.731564674423882, 0.684097693266086],
        "g12": [0.011527268766582, 0.00754577129280745, 0.0145476897291369, 0.0137027369730719, 0.00847658379389117],
    },
}
# mseFH(yi ~ as.factor(MajorArea), SD^2), R package sae (Molina & Marhuenda 2015, The R Journal 7, 81-98), to the
# precision of its iteration
SAE = {
    "reml": [0.013460220, 0.008541740, 0.017243977, 0.016476912, 0.009903626],
    "ml": [0.013579953, 0.008735454, 0.017193729, 0.016390149, 0.010037140],
}


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_milk_as_published(method):
    found, golden = fay_herriot(Y, D, X, method=method), METAFOR[method]
    assert found.area_variance == pytest.approx(golden["variance"], rel=1e-8)
    np.testing.assert_allclose(found.coefficients, golden["beta"], rtol=1e-8)
    np.testing.assert_allclose(found.coefficient_errors, golden["error"], rtol=1e-8)
    np.testing.assert_allclose([found.areas[at].estimate for at in SHOWN], golden["blup"], rtol=1e-8)
    np.testing.assert_allclose([found.areas[at].mse for at in SHOWN], SAE[method], rtol=2e-4)
    third = D**2 / (found.area_variance + D) ** 3 * 2 / ((found.area_variance + D) ** -2.0).sum()
    if method == "reml":
        exact = np.array(golden["g12"]) + 2 * third[SHOWN]
        np.testing.assert_allclose([found.areas[at].mse for at in SHOWN], exact, rtol=1e-8)


def test_areas_without_a_sample_are_the_models_alone():
    direct, variance = Y.copy(), D.copy()
    direct[4] = variance[4] = np.nan
    found = fay_herriot(direct, variance, X, areas=[f"area {at}" for at in range(43)])
    fifth = found.areas[4]
    assert fifth.own_share == 0
    assert fifth.direct is None
    assert fifth.note.startswith("Nobody of this area")
    assert fifth.estimate == pytest.approx(float(X[4] @ found.coefficients))
    assert fifth.mse > max(area.mse for area in found.areas if area.direct is not None) * 0.9
    assert "model's alone" in fifth.note
    assert "area 4" in found.summary()
    carried = [area for area in found if 0 < area.own_share < 0.5]
    assert carried
    assert all(area.note.startswith("The model carries") for area in carried)
    assert set(found.tidy().columns) >= {"term", "estimate", "std_error", "lower", "upper", "own_share"}


def test_no_variance_between_areas_leaves_the_regression():
    found = fay_herriot([1.0, 2.0, 3.0, 4.0, 5.0], [9.0] * 5, np.column_stack([np.ones(5), np.arange(1, 6)]))
    assert found.area_variance == 0
    assert {area.note for area in found} == {
        "The model found no difference between areas: this number is its regression alone."
    }
    assert [area.estimate for area in found] == pytest.approx([1, 2, 3, 4, 5])


@pytest.mark.parametrize("method", ["ratio", "difference"])
def test_benchmarked_areas_add_up(method):
    found = fay_herriot(Y, D, X)
    weights = np.linspace(1, 3, 43)
    weights /= weights.sum()
    together = benchmark(found, weights, 1.0, method=method)
    moved = np.array([area.estimate for area in together]) - [area.estimate for area in found]
    assert weights @ np.array([area.estimate for area in together]) == pytest.approx(1.0)
    np.testing.assert_allclose([area.mse for area in together], np.array([area.mse for area in found]) + moved**2)
    with pytest.raises(KyotoError):
        benchmark(found, weights[:5], 1.0)


@pytest.mark.parametrize(
    ("direct", "variance", "auxiliary"),
    [
        ([1, 2, 3, 4], [1, 1, 1, 0], np.ones((4, 1))),
        ([1, 2, 3, 4], [1, 1, 1, 1], [[1], [1], [np.nan], [1]]),
        ([1, 2, 3], [1, 1, 1, 1], np.ones((4, 1))),
        ([1, 2], [1, 1], np.ones((2, 1))),
        ([1, 2, 3, 4, 5], [1] * 5, np.ones((5, 2))),
    ],
)
def test_areas_that_make_no_model(direct, variance, auxiliary):
    with pytest.raises(KyotoError) as caught:
        fay_herriot(direct, variance, auxiliary)
    assert caught.value.code == "survey.small-areas"


AREA = np.repeat(np.arange(1, 9), [3, 5, 2, 6, 4, 3, 7, 5])
X_TEXT = """2.6 6.48 8.34 3.28 1.84 6.61 5.22 7.46 8.65 1.88 3.19 4.92 3.55 5.47 3.1 2.62 4.1 8.1 5.44 7.74 8.12 6.77
2.69 2.81 2.12 4.84 4.5 8.73 2.14 8.64 4.56 1.47 3.2 1.25 1.12"""
Y_TEXT = """15.39 25.86 26.16 16.08 12.53 22.31 24.39 27.27 25.27 14.65 15.8 19.86 17.76 20.28 14.03 15.19 16.37 23.9
22.22 26.07 25.86 23.4 16.98 13.13 11.1 17.58 18.14 24.1 11.38 23.59 19.86 12.81 16.67 11.28 11.58"""
PX, PY = np.array(X_TEXT.split(), dtype=float), np.array(Y_TEXT.split(), dtype=float)
MEANS = {str(at): [1.0, 4.0 + at / 10] for at in range(1, 10)}
# lme(y ~ x, random=~1|a, method="REML", control=lmeControl(msTol=1e-14, tolerance=1e-12, msMaxIter=1000, niterEM=200)):
# VarCorr, fixef, sqrt(diag(vcov)), ranef; R 4.2.2, nlme 3.1-162
NLME = {
    "variances": [0.9956709, 2.0737863],
    "beta": [9.78879099670405, 1.9679893135332],
    "error": [0.687924866355452, 0.11072454224391],
    "effects": [
        0.739995878577482,
        0.79028401377935,
        -0.0931980989397953,
        -0.0966622356100184,
        -0.0892241252537942,
        0.44785818781548,
        -1.75939258333748,
        0.06033896296882,
    ],
}


def units():
    return nested_error(PY, np.column_stack([np.ones(35), PX]), AREA, MEANS)


def test_unit_level_model_equals_nlme():
    found = units()
    assert [found.area_variance, found.unit_variance] == pytest.approx(NLME["variances"], rel=1e-6)
    np.testing.assert_allclose(found.coefficients, NLME["beta"], rtol=1e-8)
    np.testing.assert_allclose(found.coefficient_errors, NLME["error"], rtol=1e-6)
    for at, effect in enumerate(NLME["effects"]):
        fitted = float(np.array(MEANS[str(at + 1)]) @ found.coefficients)
        assert found.areas[at].estimate - fitted == pytest.approx(effect, abs=2e-6)
    assert found.areas[8].estimate == pytest.approx(float(np.array(MEANS["9"]) @ found.coefficients))
    assert found.areas[8].own_share == 0


def test_unit_level_error_by_brute_force():
    """g1 + g2 from the matrices of the best linear unbiased predictor, g3 from numerical derivatives of its weights."""
    found = units()
    x, z = np.column_stack([np.ones(35), PX]), (AREA[:, None] == np.arange(1, 9)).astype(float)

    def parts(between, within):
        cover = between * z @ z.T + within * np.eye(35)
        return cover, between * z.T @ np.linalg.inv(cover)

    pair = np.array([found.area_variance, found.unit_variance])
    cover, weights = parts(*pair)
    inverse = np.linalg.inv(cover)
    slopes = [z @ z.T, np.eye(35)]
    information = 0.5 * np.array([[np.trace(inverse @ a @ inverse @ b) for b in slopes] for a in slopes])
    for at in range(8):
        target = np.array(MEANS[str(at + 1)])
        gap = target - weights[at] @ x
        known = pair[0] - weights[at] @ z[:, at] * pair[0]
        second = gap @ np.linalg.inv(x.T @ inverse @ x) @ gap
        steps = np.diag(pair * 1e-5)
        rise = np.array([(parts(*(pair + s))[1][at] - parts(*(pair - s))[1][at]) / (2 * s.sum()) for s in steps])
        third = np.trace(rise @ cover @ rise.T @ np.linalg.inv(information))
        assert found.areas[at].mse == pytest.approx(known + second + 2 * third, rel=1e-6)


def test_people_in_the_sample_count_as_themselves():
    """An area taken whole has its own mean and no error."""
    sample_means = {str(at): [1.0, PX[at == AREA].mean()] for at in range(1, 9)}
    found = nested_error(PY, np.column_stack([np.ones(35), PX]), AREA, sample_means, population={"3": 2.0, "1": 30.0})
    third = found.areas[2]
    assert third.estimate == pytest.approx(PY[AREA == 3].mean())
    assert third.mse == pytest.approx(0, abs=1e-12)
    assert found.areas[0].own_share > units().areas[0].own_share


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"outcome": [np.nan, *PY[1:]]}, "missing"),
        ({"means": {"1": [1.0, 2.0]}}, "no population means"),
        ({"means": {str(at): [1.0] for at in range(1, 9)}}, "do not fit"),
        ({"area": np.repeat([1, 2], [20, 15])}, "Too few"),
    ],
)
def test_persons_that_make_no_model(change, words):
    settings = {"outcome": PY, "auxiliary": np.column_stack([np.ones(35), PX]), "area": AREA, "means": MEANS, **change}
    with pytest.raises(KyotoError) as caught:
        nested_error(**settings)
    assert words in str(caught.value)
