"""Indicators recomputed from published counts equal the published figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kyoto.statistics.indicators import registry
from kyoto.statistics.tables.population import Population

pytestmark = pytest.mark.shared

# United Nations Statistics Division, SDG Global Database, series VC_IHR_PSRC (victims of intentional homicide per
# 100 000 population, both sexes), release of 2022, for years of which the counts of 2020 have both sexes and were not
# revised since. UNODC divides by the World Population Prospects of the time.
SDG_16_1_1 = {
    "ALB": {2009: 2.86, 2010: 4.31, 2011: 4.85, 2012: 5.39, 2013: 4.27, 2014: 4.04, 2015: 2.21, 2017: 2.01},
    "AUS": {2008: 1.22, 2010: 1.04, 2011: 1.10, 2012: 1.06, 2013: 1.05, 2014: 1.03, 2015: 0.99, 2016: 0.94},
    "AZE": {2010: 2.28, 2012: 2.18, 2013: 2.35, 2014: 2.48},
    "DZA": {2014: 1.48, 2015: 1.36},
    "AFG": {2015: 9.78, 2016: 6.55, 2017: 6.68, 2018: 6.66},
    "ARG": {2015: 6.59, 2017: 5.27, 2018: 5.38},
    "ATG": {1993: 6.08, 1995: 10.19},
}
# The same database, series VC_PRS_UNSEC (unsentenced detainees as a percentage of all), release of 2019; the figure
# of 2017 stands for the three years 2015 to 2017.
SDG_16_3_2 = {
    "ALB": 46.9, "CHL": 30.2, "FIN": 19.2, "JPN": 11.1, "CHE": 42.4, "THA": 18.2, "DNK": 31.2, "HUN": 21.1,
    "CZE": 8.7, "EST": 22.8, "FRA": 28.2, "SWE": 25.7, "POL": 7.8, "ZAF": 26.5, "CAN": 38.2, "NLD": 25.8,
}  # fmt: skip


def mid_year(years):
    return pd.to_datetime(years.astype(str) + "-07-01")


def homicides(shared_data):
    frame = pd.read_csv(shared_data / "un" / "sdg_16_1_1_homicide_counts_2020vintage.csv")
    return pd.DataFrame(
        {
            "area": frame.iso3,
            "date": mid_year(frame.year),
            "sex": frame.sex.map({"female": "F", "male": "M"}),
            "count": frame.value.astype("int64"),
            "iccs": "0101",
        }
    )


def test_16_1_1_equals_the_published_rates(shared_data, figures, cell):
    population = Population.read(shared_data / "un" / "population_total_wdi_2025.csv", {"area": "iso3"})
    counts = homicides(shared_data)
    counts = counts[counts.area.isin(SDG_16_1_1)]
    found = figures(registry()["16.1.1"], population, figures.source("homicides", "victim", counts))
    compared = 0
    for area, published in SDG_16_1_1.items():
        for year, rate in published.items():
            row = cell(found, area=area, period=str(year), sex="_T", age="_T")
            victims = counts[(counts.area == area) & (counts.date.dt.year == year)]["count"].sum()
            assert row.value == pytest.approx(1e5 * victims / population.value(area, str(year)), rel=1e-12)
            # another estimate of the population: within 2.5 percent and rounding
            assert row.value == pytest.approx(rate, rel=0.025, abs=0.005), (area, year)
            assert row.lower < row.value < row.upper
            assert (row.unit, row.status) == ("per 100000 population", "A")
            compared += 1
    assert compared == 31
    assert set(found.sex) == {"_T"}
    assert found.note.str.contains("not by sex: the population file is not").all()


def test_16_1_1_equals_a_direct_count_everywhere(shared_data, figures):
    population = Population.read(shared_data / "un" / "population_total_wdi_2025.csv", {"area": "iso3"})
    counts = homicides(shared_data)
    found = figures(registry()["16.1.1"], population, figures.source("homicides", "victim", counts))
    direct = counts.groupby(["area", counts.date.dt.strftime("%Y").rename("period")])["count"].sum()
    wanted = pd.read_csv(shared_data / "un" / "population_total_wdi_2025.csv")
    people = wanted.assign(period=wanted.year.astype(str)).set_index(["iso3", "period"]).population
    expected = (1e5 * direct / people.reindex(direct.index)).dropna()
    totals = found[(found.sex == "_T") & (found.area != "_Z")].set_index(["area", "period"]).value
    assert len(expected) > 2000
    np.testing.assert_allclose(totals.reindex(expected.index), expected, rtol=1e-12)


def test_16_3_2_equals_the_published_shares(shared_data, figures, cell):
    frame = pd.read_csv(shared_data / "un" / "unodc_cts_prisons_counts_2023vintage.csv")
    frame = frame[(frame.Sex == "Total") & (frame.Age == "Total") & frame.Year.between(2015, 2017)]
    held = frame[(frame.Indicator == "Persons held") & (frame.Dimension == "Total")]
    unsentenced = frame[(frame.Dimension == "by status") & (frame.Category == "Unsentenced")]
    both = held.merge(unsentenced, on=["Iso3_code", "Year"], suffixes=("", "_unsentenced"))
    both = both[both.Iso3_code.isin(SDG_16_3_2)].drop_duplicates(["Iso3_code", "Year"])
    rest = (both.VALUE - both.VALUE_unsentenced).astype("int64")
    parts = [("unsentenced", both.VALUE_unsentenced.astype("int64")), ("sentenced", rest)]
    records = pd.concat(
        pd.DataFrame({"area": both.Iso3_code, "legal_status": status, "count": count}) for status, count in parts
    )
    found = figures(registry()["16.3.2"], None, figures.source("prisons", "prisoner", records))
    for area, published in SDG_16_3_2.items():
        row = cell(found, area=area)
        assert row.value == pytest.approx(published, abs=1.0), area
        assert row.lower < row.value < row.upper
    close = [abs(cell(found, area=area).value - share) < 0.15 for area, share in SDG_16_3_2.items()]
    assert sum(close) >= 8


def test_rates_of_cities_equal_the_published_rates(shared_data, figures, tmp_path, cell):
    """The Marshall Project's file has counts, populations and the rates it published for 68 jurisdictions."""
    frame = pd.read_csv(shared_data / "incidents" / "us_city_violent_crime_1975_2015.csv")
    frame = frame[frame.total_pop.notna() & frame.homs_sum.notna() & frame.rob_sum.notna() & frame.ORI.notna()]
    people = frame[["ORI", "year", "total_pop"]].rename(columns={"ORI": "area", "total_pop": "value"})
    people.to_csv(tmp_path / "population.csv", index=False)
    population = Population.read(tmp_path / "population.csv")
    key = {"area": frame.ORI, "date": mid_year(frame.year)}
    robberies = pd.DataFrame({**key, "count": frame.rob_sum.astype("int64"), "iccs": "0401"})
    killed = pd.DataFrame({**key, "count": frame.homs_sum.astype("int64"), "iccs": "0101"})
    sources = [figures.source("police", "offence", robberies), figures.source("victims", "victim", killed)]
    for code, published in (("robbery_rate", "rob_per_100k"), ("16.1.1", "homs_per_100k")):
        found = figures(registry()[code], population, *sources).set_index(["area", "period"]).value
        expected = pd.Series(
            frame[published].to_numpy(), pd.MultiIndex.from_arrays([frame.ORI, frame.year.astype(str)])
        )
        assert len(expected) > 2500
        np.testing.assert_allclose(found.reindex(expected.index), expected, rtol=1e-9)
