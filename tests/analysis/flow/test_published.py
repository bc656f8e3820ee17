"""Figures of flow against published tables, R and brute force."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kyoto.analysis import flow
from kyoto.analysis.flow.intervals import poisson_limits, ratio_limits, share_limits
from kyoto.analysis.flow.projection import leaving_rates, stock_after

# Prisoners of Japan on 31 December, by status: UNODC, Prisons and prisoners (file of 11 May 2023)
JAPAN = pd.DataFrame(
    {
        "period": [str(year) for year in range(2008, 2022)],
        "held": [76881, 75250, 72975, 69876, 67008, 62971, 60486, 58497, 55967, 53233, 50578, 48429, 46524, 44545],
        "unsentenced": [8244, 8164, 8084, 7792, 7332, 6861, 6953, 6588, 6267, 5900, 5818, 5993, 6169, 5650],
        "sentenced": [68637, 67086, 64891, 62084, 59676, 56110, 53533, 51909, 49700, 47333, 44760, 42436, 40355, 38895],
        "deaths": [None, None, 385, 290, 295, 312, 324, None, None, None, None, None, 264, None],
    }
)  # fmt: skip


def japan():
    columns = {name: name for name in ("held", "unsentenced", "sentenced", "deaths")}
    return flow.detention_figures(flow.counts_of(JAPAN, columns))


def test_pretrial_share_of_japan():
    rows = {(row["term"], row["period"]): row for row in japan().rows}
    row = rows[("pretrial_share", "2016")]
    assert row["estimate"] == pytest.approx(6267 / 55967)
    # R 4.2.2: prop.test(6267, 55967, correct = FALSE)$conf.int
    assert (row["lower"], row["upper"]) == pytest.approx((0.109390774981769, 0.114615888703020), rel=1e-10)
    deaths = rows[("deaths_per_1000", "2010")]
    # R 4.2.2: poisson.test(385)$conf.int / 72975 * 1000
    assert deaths["estimate"] == pytest.approx(385 / 72.975)
    assert (deaths["lower"], deaths["upper"]) == pytest.approx((4.76188372628453, 5.83001590654763), rel=1e-10)
    assert rows[("occupancy", "2016")]["estimate"] is None
    assert not japan().findings


def test_intervals_of_r():
    # R 4.2.2: prop.test(81, 263, correct = FALSE), poisson.test(c(42, 97)), poisson.test(c(30, 60)), poisson.test(10)
    assert share_limits(81, 263) == pytest.approx((0.255288519878274, 0.366209576982800), rel=1e-10)
    assert ratio_limits(42, 97) == pytest.approx((0.294025547526748, 0.627991984345666), rel=1e-10)
    assert ratio_limits(30, 60) == pytest.approx((0.311359197512, 0.787467833194), rel=1e-10)
    assert poisson_limits(10) == pytest.approx((4.79538869613, 18.39035604202), rel=1e-10)
    assert poisson_limits(0)[0] == 0.0
    assert ratio_limits(5, 0) == (0.0, np.inf)


REMISSION = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
ENDED = [True] * 9 + [False] * 12


def test_time_to_stage_of_r():
    """Freireich's trial, 6-MP arm; R 4.2.2, survival 3.5-3: survfit(Surv(t, e) ~ 1, conf.type = "log-log")."""
    found = flow.product_limit(REMISSION, ENDED)
    assert found.time.tolist() == [6, 7, 10, 13, 16, 22, 23]
    survival = [0.857142857142857, 0.806722689075630, 0.752941176470588, 0.690196078431372, 0.627450980392157,
                0.537815126050420, 0.448179271708683]  # fmt: skip
    lower = [0.619717955265984, 0.563146564622233, 0.503199510799957, 0.431610222486184, 0.367510855987502,
             0.267778936767135, 0.188052005959232]  # fmt: skip
    upper = [0.951551747646997, 0.922809019202880, 0.889361835169265, 0.849065963349451, 0.804912189471841,
             0.746790717635394, 0.680142628495241]  # fmt: skip
    assert found.open_share == pytest.approx(survival, rel=1e-12)
    assert found.lower == pytest.approx(lower, rel=1e-10)
    assert found.upper == pytest.approx(upper, rel=1e-10)
    assert found.quantile(0.5) == (23.0, 13.0, None)  # quantile(fit, c(0.25, 0.5)): 13 (6, 22) and 23 (13, NA)
    assert found.quantile(0.25) == (13.0, 6.0, 22.0)
    assert found.at(5) == (1.0, 1.0, 1.0)
    assert found.at(12)[0] == pytest.approx(0.752941176470588)


def test_time_to_stage_of_lifelines():
    lifelines = pytest.importorskip("lifelines")
    random = np.random.default_rng(2)
    days, limit = random.weibull(0.9, 400) * 200, random.uniform(20, 400, 400)
    theirs = lifelines.KaplanMeierFitter().fit(np.minimum(days, limit), days <= limit)
    ours = flow.product_limit(np.minimum(days, limit), days <= limit)
    expected = theirs.survival_function_at_times(ours.time).to_numpy()
    assert ours.open_share == pytest.approx(expected, rel=1e-10)


def test_leaving_rates_solve_the_differential_equation():
    from scipy.integrate import solve_ivp

    random = np.random.default_rng(1)
    before, admitted, rate = random.uniform(500, 5000, 6), random.uniform(100, 20000, 6), random.uniform(0.1, 6, 6)
    after = stock_after(before, admitted, rate)
    for stock, came, leaving, end in zip(before, admitted, rate, after, strict=True):
        path = solve_ivp(lambda _, n, a=came, r=leaving: a - r * n, (0, 1), [stock], rtol=1e-10, atol=1e-8)
        assert path.y[0, -1] == pytest.approx(end, rel=1e-7)
    assert leaving_rates(before, admitted, after) == pytest.approx(rate, rel=1e-6)


def test_a_steady_prison_obeys_littles_law():
    """In the long run the stock is admissions times length of stay, so that a scenario's effect is known."""
    years = tuple(str(year) for year in range(2010, 2020))
    steady = {"unsentenced": flow.History(years, np.full(10, 500.0), np.full(10, 2000.0))}
    scenarios = (
        flow.named_scenario("bail-reform", 0.2, "unsentenced", returned=0.25),
        flow.named_scenario("shorter-remand", 0.8, "unsentenced"),
    )
    compared = flow.compare_scenarios(steady, scenarios, 10, draws=3000)
    last = compared.base.total()[:, -1]
    assert np.median(last) == pytest.approx(500, rel=0.03)
    for found, factor in zip(compared.scenarios, (0.85, 0.8), strict=True):
        assert np.median(found.total()[:, -1] / last) == pytest.approx(factor, rel=0.002)
    rows = [row for row in compared.rows() if row["term"] == "difference" and row["period"] == "2029"]
    assert all(row["lower"] < row["estimate"] < row["upper"] < 0 for row in rows)
    assert all(found.assumptions for found in compared.scenarios)


def simulated_prison(seed, length_of_stay):
    """Stock and admissions whose logarithms walk at random, as flows through the differential equation."""
    random = np.random.default_rng(seed)
    rate, stock, admitted = 1 / length_of_stay, 3000.0, 3000.0 / length_of_stay
    rows = []
    for _ in range(20):
        admitted *= np.exp(0.06 * random.standard_normal())
        rate *= np.exp(0.05 * random.standard_normal())
        stock = stock_after(stock, admitted, rate)
        rows.append((round(stock), round(admitted)))
    stocks, admissions = np.array(rows, dtype=float).T
    return flow.History(tuple(str(2000 + step) for step in range(20)), stocks, admissions)


@pytest.mark.parametrize("length_of_stay", [0.3, 2.0])
def test_intervals_of_stock_and_flow_hold_as_often_as_they_claim(length_of_stay):
    history = {str(seed): simulated_prison(seed, length_of_stay) for seed in range(40)}
    for level, least, most in ((0.95, 0.91, 0.98), (0.8, 0.74, 0.86)):
        whole = flow.backtest_population(history, ahead=5, draws=400, level=level).rows()[-1]
        assert least < whole["estimate"] < most


def us_states(shared_data):
    frame = pd.read_csv(shared_data / "prisons_courts" / "us_state_prisoners_and_crime_2001_2016.csv")
    return frame.rename(columns={"year": "period", "prisoner_count": "stock"})


@pytest.mark.shared
def test_us_prisoners_projected_from_every_year(shared_data):
    """51 jurisdictions, 2001 to 2016 (BJS, National Prisoner Statistics)."""
    frame = us_states(shared_data)
    assert len(frame) == 816
    assert frame.groupby("period")["stock"].sum().loc[[2001, 2009, 2016]].tolist() == [1_329_806, 1_524_650, 1_417_017]
    history = flow.history_of(frame[["period", "stock", "jurisdiction"]], group="jurisdiction")
    assert len(history) == 51
    whole = flow.backtest_population(history, ahead=5, draws=600).rows()[-1]
    assert whole["forecasts"] == 2040
    assert 0.93 < whole["estimate"] < 0.985
    assert whole["mean_error"] < 1.05 * whole["naive_error"]
    eighty = flow.backtest_population(history, ahead=5, draws=600, level=0.8).rows()[-1]
    assert 0.78 < eighty["estimate"] < 0.90


def unodc(shared_data):
    frame = pd.read_csv(shared_data / "un" / "unodc_cts_prisons_counts_2023vintage.csv")
    return frame[(frame["Sex"] == "Total") & (frame["Age"] == "Total")]


@pytest.mark.shared
def test_prisons_of_other_countries_hold_what_was_chosen_on_the_states(shared_data):
    """Constants of the projection were chosen on the states of the USA; here they are tested elsewhere."""
    held = unodc(shared_data).query("Indicator == 'Persons held' and Category == 'Total'")
    wide = held.drop_duplicates(["Country", "Year"]).pivot(index="Year", columns="Country", values="VALUE")
    wide = wide.loc[2008:2021].dropna(axis=1)
    wide = wide.loc[:, (wide > 1000).all()]
    assert wide.shape == (14, 57)
    years = tuple(str(year) for year in wide.index)
    history = {name: flow.History(years, wide[name].to_numpy(dtype=float)) for name in wide}
    whole = flow.backtest_population(history, ahead=3, draws=600).rows()[-1]
    assert 0.90 < whole["estimate"] < 0.98
    assert whole["mean_error"] < whole["naive_error"]


@pytest.mark.shared
def test_unodc_pretrial_shares(shared_data):
    frame = unodc(shared_data)
    assert len(pd.read_csv(shared_data / "un" / "unodc_cts_prisons_counts_2023vintage.csv")) == 28_336
    names = {"Total": "held", "Unsentenced": "unsentenced", "Sentenced": "sentenced"}
    kept = frame[(frame["Indicator"] == "Persons held") & frame["Category"].isin(list(names))]
    wide = kept.drop_duplicates(["Iso3_code", "Category", "Year"]).pivot(
        index=["Iso3_code", "Year"], columns="Category", values="VALUE"
    )
    counts = flow.counts_of(
        wide.reset_index().rename(columns={**names, "Iso3_code": "area", "Year": "period"}),
        {name: name for name in names.values()},
        by=["area"],
    )
    found = flow.detention_figures(counts, by=["area"])
    shares = {(row["area"], row["period"]): row for row in found.rows if row["term"] == "pretrial_share"}
    assert shares[("JPN", "2016")]["estimate"] == pytest.approx(6267 / 55967)
    assert shares[("NLD", "2021")]["estimate"] == pytest.approx(2829 / 11309)
    assert [finding.code for finding in found.findings] == ["flow.stock-mismatch"]
    estimates = [row["estimate"] for row in shares.values() if row["estimate"] is not None]
    assert min(estimates) >= 0
    assert max(estimates) <= 1


@pytest.mark.shared
def test_new_york_release_decisions(shared_data):
    """846,163 arraigned cases; shares of a decision are sums of the file's own columns."""
    frame = pd.read_csv(shared_data / "prisons_courts" / "nyc_pretrial_release_2020_2025.csv")
    kinds = ["ror", "disposed", "nmr", "bail", "remanded", "unknown"]
    assert (len(frame), int(frame["total"].sum())) == (1928, 846_163)
    assert int(frame[kinds].sum().sum()) == 846_163
    long = frame.melt(["year", "county", "severity"], kinds, "release", "cases")
    long["release"] = long["release"].replace("unknown", "_U")
    found = flow.decision_shares(long.astype(str), "release", count="cases", by=["year"])
    known = frame.groupby("year")[kinds[:-1]].sum()
    row = found.row("bail", year="2020")
    assert row["estimate"] == pytest.approx(known.loc[2020, "bail"] / known.loc[2020].sum())
    assert found.findings[0].count == int(frame["unknown"].sum())
    assert sum(found.row(kind)["estimate"] for kind in kinds[:-1]) == pytest.approx(1.0)
    # after the reform of January 2020 more people were released on recognizance than in 2024
    assert found.row("ror", year="2020")["estimate"] > found.row("ror", year="2024")["estimate"]
