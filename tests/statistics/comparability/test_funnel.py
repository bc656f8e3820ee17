"""The justice funnel: ranges against brute force, lags, and everything of which there is no range."""

from __future__ import annotations

import itertools
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyoto.statistics.comparability import Definition, StageTable, funnel_of, stage_counts
from kyoto.statistics.comparability.funnel import LAGS, LEAST_RECORDED, rounded_outwards
from kyoto.statistics.comparability.stages import Count, StageCounts

NONE = {"method": "none"}


def table(name, unit, figures, *, given_counts=False, disclosure=NONE, **rule):
    """A published table by class, year and area; ``figures`` by area and year, None withheld."""
    rows = [
        {
            "area": area, "period": str(year), "series": name, "iccs": code, "sex": "_T", "age": "_T",
            "unit": unit, "value": math.nan if value is None else value,
            "lower": math.nan if value is None else value * 0.9, "upper": math.nan if value is None else value * 1.1,
            "status": "Q" if value is None else "A",
        }
        for (code, area), years in figures.items()
        for year, value in years.items()
    ]  # fmt: skip
    facts = {
        "unit": unit, "source": name, "dimensions": ["iccs", "period", "area"], "where": None, "date": None,
        "disclosure": {"settings": disclosure}, **rule,
    }  # fmt: skip
    return StageTable(name, facts, pd.DataFrame(rows), given_counts)


def theft(years, area="XX"):
    return {("0502", area): years}


def definition(source, area="XX", **more):
    fields = {
        "source": source, "area": area, "units": ("offence",), "attempts": ("inside",), "principal_offence": False,
        "dates": (), "years": (2019, 2020), "coverage": "fully", "rest_above": (), "links": (),
    }  # fmt: skip
    return Definition(**{**fields, **more})


def one(tables, definitions=(), stage="prosecuted", area="XX"):
    funnel = funnel_of("0502", stage_counts(tables, "0502"), definitions)
    return next(each for each in funnel.ranges if (each.area, each.stage) == (area, stage))


RECORDED = table("police", "offence", theft({2018: 600.0, 2019: 1000.0, 2020: 800.0}))


@given(
    top=st.integers(1, 3000),
    base=st.lists(st.integers(LEAST_RECORDED + 5, 5000), min_size=3, max_size=3),
    stage=st.sampled_from(["suspect", "person prosecuted", "person convicted"]),
)
def test_every_possible_ratio_lies_in_the_range(top, base, stage):
    names = {"suspect": "suspected", "person prosecuted": "prosecuted", "person convicted": "convicted"}
    recorded = table("police", "offence", theft(dict(zip((2018, 2019, 2020), map(float, base), strict=True))))
    found = one([recorded, table("later", stage, theft({2020: float(top)}))], stage=names[stage])
    least, most = LAGS[names[stage]]
    behind = base[2 - most : 3 - least]
    ratios = [
        100 * top * up / (below * down) for below in behind for up, down in itertools.product((0.9, 1.1), repeat=2)
    ]
    assert found.lower <= min(ratios) + 1e-9
    assert found.upper >= max(ratios) - 1e-9
    assert found.base_years == tuple(range(2020 - most, 2021 - least))
    assert found.whole_lag


@given(lower=st.floats(0, 1e5), width=st.floats(0, 1e5))
def test_rounding_never_claims_more_and_has_few_digits(lower, width):
    low, high = rounded_outwards(lower, lower + width)
    assert low <= lower + 1e-6
    assert high >= lower + width - 1e-6
    digits = f"{high:.1f}".rstrip("0").rstrip(".").replace(".", "").strip("0")
    assert len(digits) <= 3
    assert high - (lower + width) <= max(1.0, (lower + width) / 15) + 1e-6


def test_nothing_is_said_before_a_break_in_the_record():
    broken = table("police", "offence", theft({2018: 600.0, 2019: 1000.0, 2020: 800.0}))
    broken.observations.loc[broken.observations["period"] == "2020", "status"] = "B"
    found = one([broken, table("courts", "person convicted", theft({2020: 100.0}))], stage="convicted")
    assert found.base_years == (2020,)
    assert not found.whole_lag


def test_held_on_a_day_is_no_stage_but_admitted_in_a_year_is():
    held = table("prisons", "prisoner", theft({2020: 500.0}), date="date")
    found = one([RECORDED, held], stage="imprisoned")
    assert (found.missing, found.lower) == ("stock", None)
    admitted = table("prisons", "prisoner", theft({2020: 50.0}), date="admitted")
    assert one([RECORDED, admitted], stage="imprisoned").lower == 4.0  # 45 of 1,100


@pytest.mark.parametrize(
    ("figures", "why"),
    [
        ({2020: None}, "withheld"),
        ({2025: 30.0}, "years"),
    ],
)
def test_why_there_is_no_range(figures, why):
    found = one([RECORDED, table("courts", "person prosecuted", theft(figures))])
    assert (found.missing, found.lower, found.upper) == (why, None, None)


def test_few_records_give_no_range_and_no_stage_says_so():
    few = table("police", "offence", theft({2019: 12.0, 2020: 19.0}) | {("0502", "YY"): {2020: 90.0, 2019: 80.0}})
    courts = table("courts", "person prosecuted", {("0502", "XX"): {2020: 5.0}})
    held = table("remand", "suspect", {("0502", "YY"): {2020: 40.0}})
    tables = [few, courts, held]
    assert one(tables).missing == "few"
    assert one(tables, area="YY").missing == "none"
    assert one(tables, stage="suspected", area="YY").upper == 62.0  # 44 of 72


def test_records_that_are_not_listed_are_zero_and_given_counts_are_missing():
    figures = {("0502", "XX"): {2019: 40.0}, ("0501", "XX"): {2020: 9.0}}
    assert one([RECORDED, table("courts", "person prosecuted", figures)]).year == 2020
    zero = one([RECORDED, table("courts", "person prosecuted", figures)])
    assert (zero.lower, zero.upper) == (0.0, 0.6)  # at most 3.69 of 720
    assert one([RECORDED, table("courts", "person prosecuted", figures, given_counts=True)]).year == 2019


def test_noise_widens_the_range():
    noisy = {"method": "cell-key", "max_deviation": 5}
    plain = one([RECORDED, table("courts", "person prosecuted", theft({2020: 20.0}))])
    wide = one([RECORDED, table("courts", "person prosecuted", theft({2020: 20.0}), disclosure=noisy)])
    assert (plain.lower, plain.upper) == (1.6, 3.1)  # 18 of 1,100 and 22 of 720
    assert (wide.lower, wide.upper) == (1.1, 3.8)  # 13 of 1,100 and 27 of 720


def test_tables_of_a_part_and_by_month_are_passed_over():
    part = table("men", "person prosecuted", theft({2020: 90.0}), where='sex == "M"')
    assert not funnel_of("0502", stage_counts([RECORDED, part], "0502")).areas
    incidents = table("calls", "incident", theft({2019: 500.0, 2020: 500.0}))
    found = one([incidents, RECORDED, table("courts", "person prosecuted", theft({2020: 90.0}))])
    assert found.base_unit == "offence"


def test_a_stage_of_another_class_is_not_set_against_the_record():
    tables = [RECORDED, table("courts", "person prosecuted", theft({2020: 90.0}))]
    whole = [definition("police"), definition("courts")]
    assert one(tables, whole).reasons == ()
    dwellings = [definition("police", coverage="partly", rest_above=("05",)), definition("courts")]
    found = one(tables, dwellings)
    assert (found.missing, found.lower) == ("not comparable", None)
    assert "holds part of the class in 05" in found.reasons[0]
    gravest = [definition("police"), definition("courts", principal_offence=True)]
    assert "gravest offence only" in one(tables, gravest).reasons[0]


def test_verdict_on_two_areas_is_the_worse_of_record_and_stage():
    years = {2019: 1000.0, 2020: 800.0}
    police = table("police", "offence", theft(years) | theft(years, "YY"))
    courts = table("courts", "person prosecuted", theft({2020: 90.0}) | theft({2020: 90.0}, "YY"))
    alike = [definition(source, area) for source in ("police", "courts") for area in ("XX", "YY")]

    def verdict(definitions):
        funnel = funnel_of("0502", stage_counts([police, courts], "0502"), definitions)
        return funnel.verdicts[0]

    assert verdict(alike).verdict == "comparable"
    assert verdict([]).verdict == "with caution"
    own = [definition("police", area, areas_differ=True) for area in ("XX", "YY")] + alike[2:]
    assert verdict(own).verdict == "with caution"
    apart = [definition("police"), definition("police", "YY", units=("household",)), *alike[2:]]
    found = verdict(apart)
    assert found.verdict == "not comparable"
    assert found.reasons[0].startswith("recorded: ")


def test_areas_that_show_other_years_are_told():
    police = table("police", "offence", theft({2019: 1000.0, 2020: 800.0}) | theft({2019: 500.0, 2020: 700.0}, "YY"))
    courts = table("courts", "person prosecuted", theft({2020: 90.0}) | theft({2019: 90.0}, "YY"), given_counts=True)
    funnel = funnel_of("0502", stage_counts([police, courts], "0502"))
    reasons = funnel.verdicts[0].reasons
    assert "XX shows 2020, YY 2019" in reasons
    assert "YY lacks the record of some years of the lag" in reasons


def test_out_of_counts_and_in_words():
    base = StageCounts("recorded", "XX", "a", "a", "offence", False, {2020: Count(100.0, 80.0, 120.0)})
    later = StageCounts("suspected", "XX", "b", "b", "suspect", False, {2020: Count(50.0, 40.0, 60.0)})
    funnel = funnel_of("0502", {("recorded", "XX"): base, ("suspected", "XX"): later})
    assert funnel.tidy()[["lower", "upper", "recorded_in"]].iloc[0].tolist() == [32.0, 76.0, "2020"]
    assert "suspected   32 to 76: 2020 against the record of 2020" in funnel.summary()
    assert funnel.highest == 76.0
