"""Every result is a frame, a text and a chart."""

from __future__ import annotations

import pytest

from kyoto.analysis import reoffending
from kyoto.analysis.reoffending.audit import audit_instrument, read_scored
from kyoto.analysis.reoffending.survival import aalen_johansen, cox_regression, kaplan_meier, mean_count


@pytest.fixture(scope="module")
def results(people, periods):
    columns = reoffending.PeopleColumns("event", time="time", by=("group",))
    with reoffending.frame_table(people) as table:
        rates = reoffending.fixed_window_rates(table, columns, [20, 40])
        times = reoffending.read_times(table, columns)
        adjusted = reoffending.read_times(table, columns, adjust=["site"])
        scored = read_scored(table, "x2", reoffending.PeopleColumns("event"))
    return {
        "rates": rates,
        "curves": reoffending.follow(times, [20]),
        "comparison": reoffending.compare_groups(adjusted, [20], adjusted=["site"]),
        "weighted": reoffending.compare_groups(adjusted, [20], adjusted=["site"], method="weights"),
        "kaplan-meier": kaplan_meier(people.time, people.event),
        "aalen-johansen": aalen_johansen(people.time, people.cause),
        "mean count": mean_count(periods.person, periods.start, periods.stop, periods.event),
        "cox": cox_regression(people.time, people.event, people[["x1", "x2"]]),
        "audit": audit_instrument(scored, 0.5),
    }


NAMES = ["rates", "curves", "comparison", "weighted", "kaplan-meier", "aalen-johansen", "mean count", "cox", "audit"]


@pytest.mark.parametrize("name", NAMES)
def test_tidy_begins_with_the_common_columns_and_has_intervals(results, name):
    frame = results[name].tidy()
    assert frame.columns[:5].tolist() == ["term", "estimate", "std_error", "lower", "upper"]
    assert (frame["lower"] <= frame["estimate"] + 1e-12).all() and (frame["estimate"] <= frame["upper"] + 1e-12).all()
    assert len(frame) > 0


@pytest.mark.parametrize("name", NAMES)
def test_summary_is_text_with_a_figure(results, name):
    text = results[name].summary()
    assert any(letter.isdigit() for letter in text) and "nan" not in text


@pytest.mark.parametrize("name", NAMES)
def test_plot_is_a_chart_with_its_data(results, name):
    pytest.importorskip("altair")
    chart = results[name].plot().to_dict()
    assert sum(len(rows) for rows in chart["datasets"].values()) > 0


def test_the_adjusted_comparison_is_the_standardised_curve(results, people):
    found = reoffending.standardised_curves(people.time, people.event, people.group, people.site, 20)
    rows = {row["group"]: row for row in results["comparison"].records()}
    for rate in found:
        assert rows[rate.group]["estimate"] == pytest.approx(rate.estimate, rel=1e-12)
    base = rows[results["comparison"].reference]
    assert base["difference"] is None
    other = next(row for row in rows.values() if row is not base)
    assert other["difference"] == pytest.approx(other["estimate"] - base["estimate"])


def test_weighting_by_strata_is_standardising_by_strata(results):
    """With one categorical covariate the model of the groups is saturated: both ways give the same rates."""
    direct = {row["group"]: row["estimate"] for row in results["comparison"].records()}
    weighted = {row["group"]: row["estimate"] for row in results["weighted"].records()}
    # Kaplan-Meier of weighted people and weighted Kaplan-Meiers differ a little where people are censored
    assert weighted == pytest.approx(direct, abs=0.01)


def test_the_room_offers_what_it_names():
    assert all(callable(getattr(reoffending, name)) for name in reoffending.__all__)
    with pytest.raises(AttributeError):
        _ = reoffending.nothing
