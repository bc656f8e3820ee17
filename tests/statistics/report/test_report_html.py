"""What the report says: read back from its HTML and compared with the observations and with the raw records."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import io
import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from report_examples import hate_crimes, manifest, observed

from kyoto.statistics.report import ReportInput, ReportTable, render_report

VOID = {"meta", "br", "img", "link", "input", "path", "rect", "line", "circle", "polygon"}


class Reader(HTMLParser):
    """Collects tables (rows of cell texts, by caption), text, attributes and embedded CSV."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.text: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: dict[str, str] = {}
        self._rows: list[list[str]] = []
        self._caption: str | None = None
        self._inside = ""
        self._script: str | None = None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag == "table":
            self._rows, self._caption = [], ""
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th") and self._rows:
            self._rows[-1].append("")
        elif tag == "script":
            self._script = given.get("id") or "code"
            self.scripts[self._script] = ""
        self._inside = tag

    def handle_endtag(self, tag):
        if tag == "table":
            self.tables[self._caption or self._rows[0][0]] = self._rows
            self._rows = []
        if tag == "script":
            self._script = None
        self._inside = ""

    def handle_data(self, data):
        if self._script is not None:
            self.scripts[self._script] += data
            return
        self.text.append(data)
        if self._inside == "caption":
            self._caption += data
        elif self._rows and self._rows[-1]:
            self._rows[-1][-1] += data


@pytest.fixture(scope="module")
def page(report_html: str) -> Reader:
    return Reader(report_html)


def table_with(page: Reader, words: str) -> list[list[str]]:
    return next(rows for caption, rows in page.tables.items() if words in caption)


def clean(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\xa0", "")).strip()


def test_totals_of_the_table_are_the_counts_of_the_raw_records(page):
    rows = table_with(page, "Hate crimes by county. ")
    heads = [clean(cell) for cell in rows[0]]
    years = hate_crimes()["year"].value_counts()
    total = next(row for row in rows if clean(row[0]) == "Total" and clean(row[1]) == "US-NYC")
    for year, cell in zip(heads[2:], total[2:], strict=True):
        assert int(clean(cell)) == years[year]


def test_every_figure_of_the_county_table_is_an_observation(page, report_input):
    frame = report_input.tables[1].observations
    frame = frame[frame["series"] == "by_county"].set_index(["iccs", "area", "period"])["value"]
    rows = table_with(page, "Hate crimes by county. ")
    years = [clean(cell) for cell in rows[0]][2:]
    assert len(rows) - 1 == len(frame.reset_index()[["iccs", "area"]].drop_duplicates())
    seen = 0
    for row in rows[1:]:
        code = re.match(r"\s*(\d{2,6})", row[0])
        iccs = code[1] if code else {"Total": "_T", "Not coded": "_U"}[clean(row[0])]
        for year, cell in zip(years, row[2:], strict=True):
            assert int(clean(cell)) == frame.get((iccs, clean(row[1]), year), 0)
            seen += 1
    assert seen > 200


def test_download_holds_the_observations_bit_for_bit(page, report_input):
    packed = page.scripts["table-3-csv"]
    text = gzip.decompress(base64.b64decode(packed)).decode()
    back = pd.read_csv(io.StringIO(text), dtype={"period": str, "motive": str}, float_precision="round_trip")
    frame = report_input.tables[2].observations.reset_index(drop=True)
    assert list(back.columns) == list(frame.columns)
    assert back["value"].tolist() == frame["value"].tolist()
    assert back["upper"].tolist() == frame["upper"].tolist()
    assert back["motive"].tolist() == frame["motive"].tolist()


def test_chart_table_of_the_trend_states_gap_suppression_and_interval(page):
    rows = {clean(row[0]): row for row in table_with(page, "How many offences were recorded each month?")}
    assert clean(rows["April 2020"][1]) == "no data"
    month = (hate_crimes()["month"] == "2019-01").sum()
    assert int(clean(rows["January 2019"][1])) == month
    low, high = (int(part) for part in clean(rows["January 2019"][2]).split(" to "))
    assert low < month < high
    text = clean(" ".join(page.text))
    assert "No data for April to May 2020" in text
    assert "Break in the series at July 2021: new recording rules." in text
    assert "Dashed: provisional or estimated, August to December 2023." in text


def test_suppressed_figures_are_marked_and_never_drawn_as_zero(report_input):
    frame = report_input.tables[0].observations
    recent = frame[frame["period"].between("2022-01", "2022-03")]
    html = render_report(dataclasses.replace(report_input, tables=[ReportTable("by_month", recent, "Types")]))
    page = Reader(html)
    rows = {clean(row[0]): row for row in table_with(page, "Types. ")}
    property_row = next(row for name, row in rows.items() if name.startswith("05 "))
    assert clean(property_row[2]) == "c"
    assert "not published, to protect confidentiality" in clean(" ".join(page.text))


def test_treemap_tiles_are_the_published_sums(page):
    rows = {
        clean(row[0]): row for row in table_with(page, "What kinds of offences were they? Offences by ICCS section")
    }
    records = hate_crimes()
    harm = records["iccs"].str.startswith("02").sum()
    counties = next(
        r for c, r in page.tables.items() if "What kinds" in c and "2019 to 2023" in c and "January" not in c
    )
    row = next(row for row in counties if row[0].startswith("02 "))
    assert int(clean(row[1])) == harm
    assert float(clean(row[2])) == pytest.approx(harm / len(records) * 100, abs=0.05)
    assert rows


def test_bars_state_the_interval_of_the_sum(page):
    # exact limits of a Poisson mean for 877 events: R 4.2, poisson.test(877)$conf.int = 819.9 937.0
    rows = {clean(row[0]): row for row in table_with(page, "Where were the offences recorded?")}
    assert clean(rows["NEW YORK"][1]) == "877"
    assert clean(rows["NEW YORK"][2]) == "819 to 938"


def test_areas_are_never_ranked(page):
    names = [clean(row[0]) for row in table_with(page, "Where were the offences recorded?")[1:]]
    assert names == sorted(names) == ["BRONX", "KINGS", "NEW YORK", "QUEENS", "RICHMOND"]


def test_rows_reconcile_and_a_loss_is_shouted(page, report_input):
    rows = table_with(page, "Source")
    assert [clean(cell) for cell in rows[1]] == ["complaints", "2408", "2406", "2", "yes"]
    broken = manifest(["by_month"])
    broken["reconciliation"]["complaints"]["rows_rejected"] = 1
    told = clean(" ".join(Reader(render_report(dataclasses.replace(report_input, manifest=broken))).text))
    assert "no: 1 rows are unaccounted for" in told


def test_quality_disclosure_method_and_explanation_are_there_and_no_secret(page, report_html):
    text = clean(" ".join(page.text))
    for words in (
        "No records for a month.",
        "Remedy. Ask for the month, or mark it as a gap.",
        "complaints, offence · 24.2 % quality.unknown-share",
        "No published count differs from the true one by more than 3.",
        "kyoto explain . by_county iccs=",
        "kyoto explain . by_county.rate iccs=",
        "Rule not applied: each offence of an event counts.",
        "by the correspondence table “new-york”",
        "column “PD Code Description”",
    ):
        assert words in text, words
    assert "9182" not in report_html
    assert "ONE SINGLE RECORD" not in report_html  # examples are records, and these figures are protected


def test_nothing_is_loaded_from_anywhere(page, report_html):
    for tag, given in page.tags:
        for name in ("src", "href", "action", "poster", "data", "xlink:href"):
            link = given.get(name) or ""
            assert not re.match(r"(?i)\s*(https?:)?//", link), (tag, link)
    assert not re.search(r"url\((?!data:)", report_html)
    assert "@import" not in report_html
    policy = next(given["content"] for tag, given in page.tags if given.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")


HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


def test_hostile_texts_stay_texts():
    records = hate_crimes().head(400)
    records = records.assign(area=records["area"].replace({"KINGS": HOSTILE}), motive='=HYPERLINK("x")')
    table = observed(records, "t", ["iccs", "area", "motive"], "year")
    report = ReportInput(
        HOSTILE,
        "US-NYC",
        {**manifest(["t"]), "kyoto": HOSTILE},
        [ReportTable("t", table, HOSTILE, HOSTILE)],
        table[table["iccs"] == "_T"].assign(series=HOSTILE),
        {HOSTILE: HOSTILE},
        [{"severity": "error", "message": HOSTILE, "remedy": HOSTILE, "examples": [HOSTILE], "code": HOSTILE}],
    )
    html = render_report(report)
    page = Reader(html)
    assert HOSTILE in "".join(page.text)
    assert not [given for tag, given in page.tags if tag == "img"]
    assert sorted(page.scripts) == ["code", "table-1-csv"]
    assert not [name for _, given in page.tags for name in given if name.startswith("on")]
    text = gzip.decompress(base64.b64decode(page.scripts["table-1-csv"])).decode()
    assert "'=HYPERLINK" in text
    assert ",=HYPERLINK" not in text


def test_empty_project_and_empty_table_say_so():
    assert "No tables were published" in render_report(ReportInput("T", "XX", {}))
    table = observed(hate_crimes(), "t", ["iccs"], "year")
    html = render_report(ReportInput("T", "XX", {}, [ReportTable("t", table[:0], "Empty one")]))
    assert "No figures: no counted record meets this table" in html


def test_the_same_input_gives_the_same_bytes(report_input, report_html):
    assert render_report(report_input) == report_html


def test_two_hundred_tables_stay_small(report_input):
    many = [dataclasses.replace(report_input.tables[index % 3], title=f"Table {index}") for index in range(200)]
    html = render_report(dataclasses.replace(report_input, tables=many))
    assert len(html.encode()) < 7_500_000
