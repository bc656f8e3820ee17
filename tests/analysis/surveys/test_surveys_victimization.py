"""Victimization figures: by hand on small samples, as published (BJS, INEGI) on real ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kyoto.analysis.surveys.design import make_design
from kyoto.analysis.surveys.estimation import mean, total
from kyoto.analysis.surveys.from_file import estimate_table
from kyoto.analysis.surveys.incidents import (
    SeriesRule,
    attach_incidents,
    in_reference_period,
    months_before,
    times_counted,
)
from kyoto.analysis.surveys.publication import RULES, publish, reliability, rule_named
from kyoto.analysis.surveys.recorded_crime import beside_recorded, dark_figure, dark_share
from kyoto.analysis.surveys.request import Request, SampleColumns, Wanted
from kyoto.analysis.surveys.result import SurveyEstimate
from kyoto.analysis.surveys.tables_in import open_frame
from kyoto.analysis.surveys.victimization import (
    bounding_factor,
    bribery_prevalence,
    concentration,
    incidence,
    prevalence,
    reasons_not_reported,
    recall_profile,
    reporting_rate,
)
from kyoto.core.errors import KyotoError

WEIGHTS = np.array([2.0, 1, 1, 3, 1, 2])
COUNTS = np.array([0.0, 3, 1, 0, np.nan, 2])
DESIGN = make_design(WEIGHTS)


def only(found):
    assert len(found) == 1
    return found[0]


def test_prevalence_and_incidence_by_hand():
    assert only(prevalence(DESIGN, COUNTS)).estimate == pytest.approx(4 / 9)
    assert only(prevalence(DESIGN, COUNTS)).missing == 1
    assert only(incidence(DESIGN, COUNTS)).estimate == pytest.approx(1000 * 8 / 9)


def test_concentration_by_hand():
    each, repeat, suffered = (one.estimate for one in concentration(DESIGN, COUNTS))
    assert (each, repeat, suffered) == pytest.approx((8 / 4, 3 / 4, 7 / 8))
    worst = concentration(DESIGN, COUNTS, repeat=3)
    assert worst[2].estimate == pytest.approx(3 / 8)


def test_reporting_and_reasons_by_hand():
    reported = np.array([0.0, 1, 1, 0, 0, 0])
    assert only(reporting_rate(DESIGN, COUNTS, reported)).estimate == pytest.approx(2 / 8)
    assert only(dark_figure(DESIGN, COUNTS, reported)).estimate == pytest.approx(6 / 8)
    why = reasons_not_reported(DESIGN, COUNTS - reported, {"fear": [0, 2, 0, 0, 0, 0], "useless": [0, 0, 0, 0, 0, 2]})
    assert [(one.term, round(one.estimate, 6)) for one in why] == [
        ("fear", round(2 / 6, 6)),
        ("useless", round(4 / 6, 6)),
    ]


def test_the_base_of_a_ratio_is_who_counts_in_its_denominator():
    """Twelve victims among 400 people: a rate of reporting rests on twelve."""
    counts = np.repeat([1.0, 0.0], [12, 388])
    reported = np.repeat([1.0, 0.0], [5, 395])
    design = make_design(np.full(400, 10.0))
    figure = only(reporting_rate(design, counts, reported))
    assert figure.n == 12
    assert publish(reporting_rate(design, counts, reported), rule_named("default"))[0].note == "Withheld: 12 rows."
    assert [one.n for one in concentration(design, counts)] == [12, 12, 12]
    frame = pd.DataFrame({"w": 10.0, "crimes": counts, "told": reported, "r1": 8.0, "r2": 12.0})
    for sample in (SampleColumns("w"), SampleColumns("w", replicates="r*")):
        with open_frame(frame) as table:
            found = estimate_table(table, sample, Request((Wanted("ratio", "told", "crimes"),)))
        assert (found[0].n, found[0].estimate) == (12, figure.estimate)


def test_bribery_counts_only_those_with_a_contact():
    found = only(bribery_prevalence(DESIGN, [1, 1, 0, 1, 0, 1], [0, 1, 1, 0, 0, 1]))
    assert found.estimate == pytest.approx(3 / 8)
    assert found.n == 4


def test_series_count_up_to_the_cap():
    number, series = [1, 7, 12, np.nan, np.nan], [False, True, True, True, False]
    assert times_counted(number, series).tolist() == [1, 7, 10, 6, 1]
    assert times_counted(number, series, SeriesRule(cap=5, unknown=2)).tolist() == [1, 5, 5, 2, 1]
    assert times_counted(number, series, SeriesRule(exclude=True)).tolist() == [1, 0, 0, 0, 1]


def test_reference_period_is_the_whole_months_before_the_interview():
    interview = ["2024-03-15"] * 5
    incident = ["2023-03-31", "2023-02-28", "2024-02-29", "2024-03-01", None]
    assert months_before(incident, interview).tolist() == [12, 13, 1, 0, -1]
    assert in_reference_period(incident, interview).tolist() == [True, False, True, False, False]
    assert in_reference_period(incident, interview, months=6, include_month=True).tolist() == [
        False,
        False,
        True,
        True,
        False,
    ]


def test_bounding_factor_is_a_ratio_of_two_means_with_their_covariance():
    """Delta method by hand on independent strata."""
    y, bounded = np.array([1.0, 0, 2, 1, 3, 2, 2, 4]), np.arange(8) < 4
    design = make_design(np.ones(8), strata=[bounded.astype(int)])
    found = only(bounding_factor(design, y, bounded))
    one, other = y[:4], y[4:]
    factor = one.mean() / other.mean()
    relative = one.var(ddof=1) / 4 / one.mean() ** 2 + other.var(ddof=1) / 4 / other.mean() ** 2
    assert found.estimate == pytest.approx(factor)
    assert found.std_error == pytest.approx(factor * np.sqrt(relative), rel=1e-12)
    with pytest.raises(KyotoError):
        bounding_factor(design, y, np.ones(8, dtype=bool))


def test_recall_profile_has_a_figure_a_month():
    months = np.array([[1.0, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 0]])
    found = recall_profile(make_design(np.ones(4)), months)
    assert [one.estimate for one in found] == [500.0, 250.0, 0.0]
    assert found[1].term == "incidence in month 2"


def test_incidents_find_their_units_and_keep_their_weights():
    homes = pd.DataFrame({"home": ["a", "b", "c"], "w": [10.0, 20.0, 0.0]})
    crimes = pd.DataFrame({"home": ["b", "b", "a", "c"], "wi": [30.0, 10.0, 5.0, 7.0], "kind": [1, 2, 1, 1]})
    found = attach_incidents(
        homes,
        crimes,
        key="home",
        groups={"first": crimes["kind"] == 1, "all": np.ones(4, dtype=bool)},
        times=[2, 1, 1, 1],
        unit_weight="w",
        incident_weight="wi",
    )
    assert (found["first"] * found["w"]).tolist() == [5.0, 60.0, 0.0]
    assert (found["all"] * found["w"]).tolist() == [5.0, 70.0, 0.0]
    for change, code in (
        ({"key": "hom"}, "survey.wrong-column"),
        ({"incidents": crimes.assign(home="z")}, "survey.incident-without-unit"),
        ({"units": pd.concat([homes, homes])}, "survey.double-unit"),
    ):
        settings = {"units": homes, "incidents": crimes, "key": "home", "groups": {}, **change}
        with pytest.raises(KyotoError) as caught:
            attach_incidents(settings.pop("units"), settings.pop("incidents"), **settings)
        assert caught.value.code == code


def figure(estimate=0.1, error=0.01, n=500, statistic="mean", half=None, cases=100):
    half = 2 * error if half is None else half
    return SurveyEstimate("x", statistic, {}, estimate, error, estimate - half, estimate + half, n, 40.0, cases=cases)


@pytest.mark.parametrize(
    ("one", "rule", "verdict"),
    [
        (figure(), "default", "publish"),
        (figure(error=0.02), "default", "caution"),
        (figure(error=0.04), "default", "withheld"),
        (figure(n=40), "default", "caution"),
        (figure(n=29), "default", "withheld"),
        (figure(error=0.04), "bjs", "publish"),
        (figure(error=0.06), "bjs", "caution"),
        (figure(cases=10), "bjs", "caution"),
        (figure(cases=11), "bjs", "publish"),
        (figure(cases=None), "bjs", "publish"),
        (figure(error=0.02), "inegi", "caution"),
        (figure(error=0.031), "inegi", "withheld"),
        (figure(0.5, 0.05, statistic="proportion", half=0.16), "nchs", "withheld"),
        (figure(0.5, 0.05, statistic="proportion", half=0.10), "nchs", "publish"),
        (figure(0.05, 0.02, statistic="proportion", half=0.04), "nchs", "withheld"),
        (figure(0.98, 0.01, statistic="proportion"), "statcan", "withheld"),
        (figure(0.98, 0.01, statistic="mean"), "statcan", "publish"),
    ],
)
def test_publication_rules(one, rule, verdict):
    assert reliability(one, RULES[rule])[0] == verdict


def test_withheld_figures_lose_their_numbers():
    found = mean(make_design(np.ones(20)), np.arange(20.0))
    told = publish(found, rule_named("default"))
    assert told[0].estimate is None
    assert told[0].lower is None
    assert told[0].note == "Withheld: 20 rows."
    assert told.tidy()["estimate"].isna().all()
    with pytest.raises(KyotoError):
        rule_named("defalt")


def test_recorded_crime_beside_the_survey():
    theft = SurveyEstimate("theft", "total", {}, 1000.0, 100.0, 800.0, 1250.0, 90, 40.0)
    half = SurveyEstimate("reported", "ratio", {}, 0.5, 0.05, 0.4, 0.6, 90, 40.0)
    table = beside_recorded(
        {"0502": theft},
        {"05021": 200.0, "050211": 150.0, "05022": 300.0, "0401": 9.0},
        reported={"0502": half},
        covered={"0502": 0.8},
    )
    row = table.tidy().iloc[0]
    assert row["recorded"] == 500  # 05021 holds 050211 already
    assert row[["estimate", "lower", "upper"]].tolist() == pytest.approx([40.0, 32.0, 50.0])
    assert row["recorded_of_reported"] == pytest.approx(0.8)
    assert "victims report 50 %" in row["explanation"]
    assert "20 % of the records lie outside" in row["explanation"]
    with pytest.raises(KyotoError) as caught:
        beside_recorded({"0601": theft}, {"0502": 1.0})
    assert caught.value.code == "survey.nothing-recorded"


# Criminal Victimization, 2021 (Bureau of Justice Statistics, NCJ 305101): 11,682,056 property victimizations, 90.3 per
# 1,000 households; burglary and trespass 13.9, motor vehicle theft 4.3, other theft 72.1; violent total 4,598,306.
# Standard errors: svydesign(id=~V2118, strata=~V2117, weights=~WGTHHCY, nest=TRUE), svymean of the victimizations of
# each household (incident over household weight), R 4.2.2, survey 4.1-1.
NCVS = {
    "property": (90.3, 1.947885544539188),
    "burglary": (13.9, 0.6759973618140519),
    "vehicle theft": (4.3, 0.2895355788044794),
    "other theft": (72.1, 1.761876263400834),
}
REGIONS = [
    [70.36937204028797, 82.27427208656303, 75.69830467059185, 138.2949978738468],
    [3.580079273911063, 4.281225429976872, 3.096919290635002, 4.632008674118985],
]


@pytest.fixture(scope="module")
def ncvs(shared_data):
    folder = shared_data / "victimization"
    homes = pd.read_parquet(
        folder / "ncvs_2021_household.parquet", columns=["IDHH", "YEARQ", "WGTHHCY", "V2117", "V2118", "V2127B"]
    )
    crimes = pd.read_parquet(folder / "ncvs_2021_incident.parquet")
    crimes = crimes[crimes["V4022"].ne(1).fillna(True)].reset_index(drop=True)
    number = crimes["V4016"].astype(float).where(~crimes["V4016"].isin([997, 998]))
    single = crimes["V4017"].isin([1, 8]) | crimes["V4018"].isin([2, 8]) | crimes["V4019"].isin([1, 8])
    code = crimes["V4529"]
    groups = {
        "property": code >= 31,
        "burglary": code.isin([31, 32, 33]),
        "vehicle theft": code.isin([40, 41]),
        "other theft": code.between(54, 59),
        "violent": code <= 20,
        "reported": (code >= 31) & (crimes["V4399"] == 1),
        "violent reported": (code <= 20) & (crimes["V4399"] == 1),
    }
    return attach_incidents(
        homes,
        crimes,
        key=["IDHH", "YEARQ"],
        groups={name: chosen.fillna(False) for name, chosen in groups.items()},
        times=times_counted(number, ~single),
        unit_weight="WGTHHCY",
        incident_weight="WGTVICCY",
    )


@pytest.mark.shared
def test_ncvs_2021_as_published(ncvs):
    design = make_design(ncvs["WGTHHCY"], strata=[ncvs["V2117"]], clusters=[ncvs["V2118"]])
    assert round(total(design, ncvs["property"])[0].estimate) == 11_682_056
    assert round(total(design, ncvs["violent"])[0].estimate) == 4_598_306
    for name, (rate, error) in NCVS.items():
        found = only(incidence(design, ncvs[name]))
        assert round(found.estimate, 1) == rate, name
        assert found.std_error == pytest.approx(error, rel=1e-10), name
    by_region = incidence(design, ncvs["property"], by={"region": ncvs["V2127B"]})
    rows = [[getattr(one, name) for one in by_region] for name in ("estimate", "std_error")]
    np.testing.assert_allclose(rows, REGIONS, rtol=1e-10)
    # reported to police, published: 30.8 % of property and 45.6 % of violent victimizations
    assert round(100 * only(reporting_rate(design, ncvs["property"], ncvs["reported"])).estimate, 1) == 30.8
    assert round(100 * only(reporting_rate(design, ncvs["violent"], ncvs["violent reported"])).estimate, 1) == 45.6


@pytest.mark.shared
def test_mexico_dark_figure_by_year(shared_data):
    table = pd.read_csv(shared_data / "victimization" / "envipe_mexico_reporting_2012_2023.csv")
    nation = table[table["entity"] == "Estados Unidos Mexicanos"]
    found = {
        int(year): round(100 * dark_share(crimes, opened), 1)
        for year, crimes, opened in zip(
            nation["reference_year"], nation["crimes"], nation["investigation_opened"], strict=True
        )
    }
    # INEGI, ENVIPE, national dark figure by reference year
    published = {2011: 91.6, 2012: 92.1, 2013: 93.8, 2014: 92.8, 2015: 93.7, 2016: 93.6}
    assert found == published | {2017: 93.2, 2018: 93.2, 2019: 92.4, 2020: 93.3, 2021: 93.2, 2022: 92.4}


def test_a_dark_figure_needs_totals_that_make_sense():
    # ENVIPE 2023 (INEGI), crimes of 2022: 26,834,278, investigations opened 2,027,736
    assert round(100 * dark_share(26_834_278, 2_027_736), 1) == 92.4
    for crimes, known in ((0, 0), (10, 11), (10, -1)):
        with pytest.raises(KyotoError):
            dark_share(crimes, known)
