"""Figures of a choice against the observations themselves, read by pandas."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from kyoto.portal.figures import cell_words, read_figures, runs, sentences
from kyoto.portal.selection import NotPublished, read_selection
from kyoto.portal.wording import words
from kyoto.statistics.report.model import ReportTable
from kyoto.statistics.report.views import TableView

EN = words("en")


@pytest.fixture(scope="module")
def observed(arboria) -> dict[str, pd.DataFrame]:
    tables = {
        name: pd.read_parquet(arboria / "build" / "tables" / f"{name}.parquet") for name in ("by_area", "by_month")
    }
    return {
        "by_area": tables["by_area"][tables["by_area"]["series"] == "by_area"],
        "by_area.rate": tables["by_area"][tables["by_area"]["series"] == "by_area.rate"],
        "by_month": tables["by_month"],
        "16.1.1": pd.read_parquet(arboria / "build" / "indicators.parquet"),
    }


def _shown(book, code, query=()):
    selection = read_selection(book.catalogue.series[code], list(query))
    return selection, read_figures(book.snapshot, book.catalogue, selection, EN)


def _published(frame: pd.DataFrame, **codes: str) -> dict[str, tuple[float, float, float, str]]:
    for name, code in codes.items():
        frame = frame[frame[name].astype(str) == code]
    assert not frame["period"].duplicated().any()
    return {row.period: (row.value, row.lower, row.upper, row.confidentiality) for row in frame.itertuples()}


def _agrees(line, published, *, zero_where_absent: bool) -> None:
    for point in line.points:
        row = published.get(point.period.code)
        if row is None:
            assert point.value == (0.0 if zero_where_absent else None)
        elif math.isnan(row[0]):
            assert (point.value, point.state) == (None, "suppressed" if row[3] != "F" else "missing")
        else:
            assert (point.value, point.lower, point.upper) == row[:3]


@pytest.mark.parametrize("code", ["by_area", "by_area.rate"])
@pytest.mark.parametrize("iccs", ["_T", "05", "0301", "05022"])
def test_lines_of_areas_are_the_published_figures(book, observed, code, iccs):
    _, figures = _shown(book, code, [("by", "area"), ("iccs", iccs)])
    assert [line.code for line in figures.lines] == sorted(set(observed[code]["area"]) - {"XX"})
    for line in figures.lines:
        _agrees(line, _published(observed[code], area=line.code, iccs=iccs), zero_where_absent=True)


def test_the_first_view_is_the_grand_total(book, observed):
    _, figures = _shown(book, "by_area")
    assert len(figures.lines) == 1
    _agrees(figures.lines[0], _published(observed["by_area"], area="XX", iccs="_T"), zero_where_absent=True)
    _, months = _shown(book, "by_month", [("sex", "F"), ("from", "2021-03"), ("to", "2021-08")])
    assert [point.period.code for point in months.lines[0].points] == [f"2021-0{month}" for month in range(3, 9)]
    _agrees(months.lines[0], _published(observed["by_month"], sex="F"), zero_where_absent=True)


def test_an_indicator_without_a_row_has_no_data_and_is_not_zero(book, observed):
    _, figures = _shown(book, "16.1.1", [("by", "sex")])
    for line in figures.lines:
        _agrees(line, _published(observed["16.1.1"], sex=line.code, area="XX"), zero_where_absent=False)


def test_portal_and_report_read_the_same_observations_alike(book, observed):
    """The report's own view of the same table: every margin, point for point."""
    frame = observed["by_area"]
    view = TableView(ReportTable("by_area", frame), "by_area", "XX")
    for iccs in view.values("iccs"):
        _, figures = _shown(book, "by_area", [("iccs", iccs)])
        theirs = view.over_time("iccs", iccs)
        assert [(p.period.code, p.value, p.lower, p.upper, p.state) for p in figures.lines[0].points] == [
            (p.period.code, p.value, p.lower, p.upper, p.state) for p in theirs.points
        ]


def test_parts_of_a_class_are_its_children_that_have_figures(book):
    selection, _ = _shown(book, "by_area", [("by", "iccs")])
    assert all(len(code) == 2 for code in selection.shown)
    selection, _ = _shown(book, "by_area", [("by", "iccs"), ("iccs", "05")])
    assert selection.shown == ("0501", "0502")
    selection, figures = _shown(book, "by_area", [("by", "iccs"), ("iccs", "0101")])
    assert selection.shown == ("0101",)
    assert len(figures.lines) == 1


def test_bars_and_maps_show_the_latest_of_the_chosen_periods_alone(book, observed):
    _, figures = _shown(book, "by_area", [("by", "area"), ("chart", "bars"), ("to", "2021")])
    assert [period.code for period in figures.periods] == ["2021"]
    for line in figures.lines:
        assert line.points[0].value == _published(observed["by_area"], area=line.code, iccs="_T")["2021"][0]


@pytest.mark.parametrize(
    "query",
    [
        [],
        [("by", "area")],
        [("by", "area"), ("show", "XX-B"), ("show", "XX-A")],
        [("by", "area"), ("show", "XX-A"), ("area", "XX-C")],
        [("iccs", "0401"), ("area", "XX-C"), ("from", "2021")],
        [("by", "iccs"), ("iccs", "05"), ("chart", "bars")],
        [("by", "none"), ("from", "2023"), ("to", "2020")],
    ],
)
def test_permanent_link_leads_to_the_same_choice(book, query):
    series = book.catalogue.series["by_area"]
    first = read_selection(series, query)
    again = read_selection(series, first.query())
    assert again == first
    assert again.query() == first.query()
    assert first.start <= first.end


def test_defaults_are_left_out_of_the_permanent_link(book):
    series = book.catalogue.series["by_area"]
    full = [
        ("by", "none"),
        ("iccs", "_T"),
        ("area", "XX"),
        ("from", "2020"),
        ("to", "2023"),
        ("chart", "time"),
        ("x", "y"),
    ]
    assert read_selection(series, full).query() == []
    assert read_selection(series, [("iccs", "")]).query() == []


@pytest.mark.parametrize(
    "pair",
    [("iccs", "9999"), ("area", "XX-Q"), ("by", "sex"), ("from", "1066"), ("chart", "pie"), ("iccs", "' OR 1=1 --")],
)
def test_what_is_not_published_is_said_and_not_guessed(book, pair):
    with pytest.raises(NotPublished) as caught:
        read_selection(book.catalogue.series["by_area"], [("by", "area"), pair] if pair[0] == "chart" else [pair])
    assert (caught.value.name, caught.value.value) == pair


def test_sentences_hold_the_figures_of_the_table(book, observed):
    selection, figures = _shown(book, "by_area", [("iccs", "05"), ("area", "XX-H")])
    value, lower, upper, _ = _published(observed["by_area"], iccs="05", area="XX-H")["2023"]
    before = _published(observed["by_area"], iccs="05", area="XX-H")["2022"][0]
    said = " ".join(sentences(figures, book.catalogue, EN))
    assert said == (
        "Victims: Acts against property only (05), Hazel, 2020 to 2023. "
        f"2023: {value:.0f} (95 % interval {math.floor(lower)} to {math.ceil(upper)}). "
        f"The period before, 2022: {before:.0f}."
    )
    assert cell_words(book.catalogue, words("es"), selection).endswith(", Hazel")


def test_withheld_figures_are_counted_in_the_sentence(book):
    _, figures = _shown(book, "by_area", [("by", "area"), ("iccs", "0301")])
    hidden = sum(point.state == "suppressed" for line in figures.lines for point in line.points)
    assert hidden > 0
    assert f"{hidden} figures are withheld to protect confidentiality." in sentences(figures, book.catalogue, EN)


def test_a_page_of_very_many_parts_says_what_it_leaves_out(book, monkeypatch):
    from kyoto.portal.pages.figure_table import figure_table

    monkeypatch.setattr("kyoto.portal.figures._MOST_POINTS", 8)
    monkeypatch.setattr("kyoto.portal.figures._FEWEST_LINES", 3)
    _, figures = _shown(book, "by_area", [("by", "area")])
    assert [line.code for line in figures.lines] == ["XX-A", "XX-B", "XX-C"]
    assert figure_table(figures, EN).notes[0].startswith("Shown are the first 3 of 8")


def test_runs():
    assert runs([]) == []
    assert runs([True]) == [(0, 1)]
    assert runs([False, True, True, False, True]) == [(1, 3), (4, 5)]
