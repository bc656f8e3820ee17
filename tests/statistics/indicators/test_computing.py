"""Figures of indicators from observations: zeros, missing denominators, withheld cells, shares and ratios."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kyoto.core.errors import KyotoError
from kyoto.statistics.indicators import (
    Count,
    Households,
    Indicator,
    Persons,
    compute,
    plan,
    read_given,
    registry,
    unavailable,
)
from kyoto.statistics.observations import observation_columns
from kyoto.statistics.tables.population import Population


def observations(series, rows, own=()):
    """Observations of rows of (dimensions, value); a value of None is withheld."""
    made = []
    for dimensions, value in rows:
        base = {"area": "A", "period": "2016", "iccs": "_T", "sex": "_T", "age": "_T", **dict.fromkeys(own, "_T")}
        made.append(
            base
            | dimensions
            | {
                "series": series,
                "unit": "victim",
                "value": np.nan if value is None else value,
                "lower": np.nan,
                "upper": np.nan,
                "status": "M" if value is None else "A",
                "confidentiality": "C" if value is None else "F",
                "source": "police",
                "note": "",
            }
        )
    return pd.DataFrame(made)[observation_columns(own)]


PEOPLE = Population(
    {
        ("A", "2016"): {"F": {"_T": 60_000.0}, "M": {"_T": 40_000.0}},
        ("A", "2017"): {"F": {"_T": 60_000.0}, "M": {"_T": 40_000.0}},
    }
)
HOMICIDE = registry()["16.1.1"]


def rows(table):
    return {
        (row["period"], row["sex"], row["age"]): (row["value"], row["status"])
        for row in table.to_pandas().to_dict("records")
    }


def test_a_rate_has_the_interval_of_its_count():
    # R 4.2.2: poisson.test(412, T = 54.633): 7.54122965972947, 6.83053340353007, 8.30578048456106
    people = Population({("A", "2016"): {"_T": {"_T": 5_463_300.0}}})
    found = compute(HOMICIDE, observations("16.1.1", [({}, 412)]), people).to_pylist()[0]
    expected = [7.54122965972947, 6.83053340353007, 8.30578048456106]
    assert [found[name] for name in ("value", "lower", "upper")] == pytest.approx(expected, rel=1e-12)
    assert (found["series"], found["unit"], found["status"]) == ("16.1.1", "per 100000 population", "A")


def test_no_victim_is_a_rate_of_zero_where_the_period_is_covered():
    counted = observations(
        "16.1.1",
        [({}, 3), ({"sex": "M"}, 3), ({"period": "2017"}, 2), ({"period": "2017", "sex": "F"}, 2), ({"sex": "_U"}, 1)],
    )
    found = rows(compute(HOMICIDE, counted, PEOPLE))
    assert found["2016", "F", "_T"] == (0.0, "A")
    assert found["2017", "M", "_T"] == (0.0, "A")
    assert found["2016", "M", "_T"] == (7.5, "A")
    assert found["2016", "_T", "_T"] == (3.0, "A")
    assert found["2016", "_U", "_T"][1] == "M" and np.isnan(found["2016", "_U", "_T"][0])
    assert len(found) == 7  # and no zero is made up for what is unknown


def test_a_missing_denominator_is_said_and_not_invented():
    counted = observations("16.1.1", [({}, 3), ({"period": "2018"}, 4), ({"area": "B"}, 4)])
    found = compute(HOMICIDE, counted, PEOPLE).to_pandas().set_index(["area", "period"])
    assert found.loc[("A", "2016"), "value"] == 3.0
    assert np.isnan(found.loc[("A", "2018"), "value"]) and found.loc[("A", "2018"), "status"] == "M"
    assert found.loc[("A", "2018"), "note"] == "the population file has nothing for A in 2018"
    assert found.loc[("B", "2016"), "note"] == "the population file has no area B"
    without = compute(HOMICIDE, counted).to_pandas()
    assert without.value.isna().all() and set(without.note) == {"the project names no population"}


def test_what_the_population_does_not_tell_is_left_out_and_said():
    counted = observations(
        "16.1.1", [({}, 3), ({"sex": "F"}, 1), ({"age": "Y0T14"}, 2), ({"sex": "F", "age": "Y0T14"}, 1)]
    )
    found = compute(HOMICIDE, counted, PEOPLE).to_pandas()
    assert found[["sex", "age"]].to_numpy().tolist() == [["F", "_T"], ["_T", "_T"]]
    assert set(found.note) == {"not by age: the population file is not"}
    nothing = Population({("A", "2016"): {"_T": {"_T": 100_000.0}}})
    found = compute(HOMICIDE, counted, nothing).to_pylist()
    assert [row["value"] for row in found] == [3.0]
    assert found[0]["note"] == "not by sex: the population file is not; not by age: the population file is not"


def test_what_is_withheld_stays_withheld():
    counted = observations("16.1.1", [({}, 9), ({"sex": "F"}, None), ({"sex": "M"}, None)])
    found = compute(HOMICIDE, counted, PEOPLE).to_pandas().set_index("sex")
    assert found.loc[["F", "M"], ["value", "lower", "upper"]].isna().all(axis=None)
    assert found.confidentiality.to_dict() == {"_T": "F", "F": "C", "M": "C"}


def test_rates_of_months_are_per_person_year():
    counted = observations("16.1.1", [({"period": "2016-02"}, 4)])
    found = compute(HOMICIDE, counted, PEOPLE).to_pylist()[0]
    assert found["value"] == pytest.approx(4 / (100_000 * 29 / 366) * 100_000)
    assert found["note"].startswith("person-years: population of 2016")


def test_the_sex_of_the_victim_stands_for_the_sex_of_the_row():
    counted = observations("16.1.1", [({}, 3), ({"victim_sex": "F"}, 3)], own=["victim_sex"])
    found = compute(HOMICIDE, counted, PEOPLE)
    assert "victim_sex" not in found.column_names
    assert rows(found) == {("2016", "_T", "_T"): (3.0, "A"), ("2016", "F", "_T"): (5.0, "A")}


def test_an_indicator_of_women_is_per_female_population():
    entry = registry()["women_killed_by_partner_or_family"]
    found = compute(entry, observations(entry.code, [({}, 3)]), PEOPLE).to_pylist()[0]
    assert (found["sex"], found["value"]) == ("F", 5.0)


SHARE = registry()["16.3.2"]


def test_a_share_has_wilsons_interval_and_zero_where_nothing_is_counted():
    # R 4.2.2: prop.test(81, 263, correct = FALSE)$conf.int: 0.255288519878274, 0.3662095769828
    counted = pd.concat(
        [
            observations("16.3.2", [({}, 81)]),
            observations("16.3.2.whole", [({}, 263), ({"sex": "F"}, 10), ({"sex": "M"}, 253)]),
            observations("other", [({}, 1000)]),
        ]
    )
    found = compute(SHARE, counted).to_pandas().set_index("sex")
    assert found.loc["_T", ["value", "lower", "upper"]].tolist() == pytest.approx(
        [100 * 81 / 263, 25.5288519878274, 36.62095769828]
    )
    assert found.loc["F", ["value", "lower"]].tolist() == [0.0, 0.0]
    assert found.loc["F", "upper"] == pytest.approx(27.7532799862889)  # R: prop.test(0, 10, correct = FALSE)
    assert set(found.unit) == {"%"}


def test_a_share_whose_whole_is_withheld_is_withheld():
    counted = pd.concat(
        [
            observations("16.3.2", [({}, 5), ({"sex": "F"}, 2), ({"sex": "M"}, None), ({"sex": "_U"}, 1)]),
            observations("16.3.2.whole", [({}, 3), ({"sex": "F"}, None), ({"sex": "M"}, 4)]),
        ]
    )
    found = compute(SHARE, counted).to_pandas().set_index("sex")
    assert found.loc["_T", "value"] == 100.0  # noise may lift a part above its whole
    assert found.loc[["F", "M", "_U"], "value"].isna().all()
    assert found.confidentiality.to_dict() == {"_T": "F", "F": "C", "M": "C", "_U": "F"}
    assert found.loc["F", "note"] == "the denominator is withheld"
    assert (found.loc["_U", "note"], found.loc["_U", "status"]) == ("the denominator counts nothing", "M")


def test_counts_of_different_units_give_a_ratio_that_may_pass_one():
    ratio = Indicator("r", "", Count("person convicted"), Count("person prosecuted"), 100, "per 100")
    counted = pd.concat([observations("r", [({}, 12)]), observations("r.whole", [({}, 10)])])
    found = compute(ratio, counted).to_pylist()[0]
    assert found["value"] == 120.0
    # R 4.2.2: poisson.test(12, T = 10)$conf.int: 0.62005751, 2.09615850
    assert [found["lower"], found["upper"]] == pytest.approx([62.005751, 209.61585], abs=1e-5)


def test_households_and_plain_counts():
    burglary = Indicator("b", "", Count("offence"), Households(), 1000, "per 1000 households")
    households = Population({("A", "2016"): {"_T": {"_T": 500.0}}})
    assert compute(burglary, observations("b", [({}, 3)]), None, households=households)["value"].to_pylist() == [6.0]
    assert compute(burglary, observations("b", [({}, 3)]), PEOPLE)["note"].to_pylist() == [
        "the project names no households"
    ]
    plain = Indicator("c", "", Count("offence"), None, 1, "number")
    found = compute(plain, observations("c", [({}, 10)])).to_pylist()[0]
    assert [found[name] for name in ("value", "lower", "upper")] == pytest.approx(
        [10, 4.79538869613243, 18.3903560420178]
    )


def test_an_age_group_of_the_population_is_the_denominator():
    youth = Indicator("y", "", Count("suspect"), Persons(age="Y10T17"), 1000, "per 1000")
    ages = {"Y10T14": 300.0, "Y15T17": 200.0}
    from kyoto.statistics.tables.labels import parse_age

    people = Population({("A", "2016"): {"_T": {parse_age(name): value for name, value in ages.items()}}})
    found = compute(youth, observations("y", [({}, 5)]), people).to_pylist()[0]
    assert (found["age"], found["value"]) == ("Y10T17", 10.0)


def test_no_observation_gives_no_figure():
    assert compute(HOMICIDE, observations("other", [({}, 1)]), PEOPLE).num_rows == 0
    with pytest.raises(ValueError, match="has no numerator"):
        compute(registry()["16.1.4"], observations("other", [({}, 1)]))


def test_what_cannot_be_computed_stands_with_its_reason():
    (row,) = unavailable(plan(HOMICIDE, []), area="A", period="2016").to_pylist()
    assert (row["series"], row["value"], row["status"]) == ("16.1.1", None, "M")
    assert row["note"].startswith('needs a source with unit = "victim"')


GIVEN = """indicator,area,period,value,part,whole,lower,upper,source,note
15.7.1,A,2016,,1500000,30000000,,,customs,values in USD
16.1.4,A,2016,71.5,,,69.9,73.1,survey,
"""


def test_given_figures_stand_beside_the_computed(tmp_path):
    file = tmp_path / "given.csv"
    file.write_text(GIVEN)
    wildlife, safety = read_given(file, registry()).to_pylist()
    assert (wildlife["series"], wildlife["value"], wildlife["lower"], wildlife["unit"]) == ("15.7.1", 5.0, None, "%")
    assert (safety["value"], safety["lower"], safety["upper"], safety["source"]) == (71.5, 69.9, 73.1, "survey")


def test_every_bad_given_figure_is_reported_in_one_pass(tmp_path):
    file = tmp_path / "given.csv"
    file.write_text(
        "indicator,area,period,value,part,whole,lower,upper\n"
        "16.1.44,A,2016,1,,,,\n"
        "16.1.4,,2016,1,,,,\n"
        "16.1.4,A,2016,many,,,,\n"
        "16.1.4,A,2016,,1,0,,\n"
        "16.1.4,A,2016,,1,,,\n"
        "16.1.4,A,2016,50,,,60,70\n"
    )
    with pytest.raises(KyotoError) as caught:
        read_given(file, registry())
    assert [(problem.where.line, problem.title) for problem in caught.value.problems] == [
        (2, "No indicator '16.1.44'"),
        (3, "A given figure without area or period"),
        (4, "value is no number"),
        (5, "The whole is not above 0"),
        (6, "A given figure needs a value, or a part and a whole"),
        (7, "The value is not between lower and upper"),
    ]


@pytest.mark.parametrize(
    ("text", "code"), [(None, "indicator.missing-file"), ("indicator,area\n", "indicator.missing-column")]
)
def test_files_of_given_figures_that_are_none(tmp_path, text, code):
    file = tmp_path / "given.csv"
    if text is not None:
        file.write_text(text)
    with pytest.raises(KyotoError) as caught:
        read_given(file, registry())
    assert caught.value.code == code
