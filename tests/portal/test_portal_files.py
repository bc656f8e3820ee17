"""What a reader takes away is what was published, and what was seen."""

from __future__ import annotations

import csv
import io
import struct
from urllib.parse import urlencode

import openpyxl
import pyarrow.parquet as pq
import pytest
from lxml import etree, html

CHOICE = (("by", "area"), ("iccs", "05"), ("from", "2021"))


@pytest.fixture(scope="module")
def rows(arboria) -> list[dict[str, object]]:
    """The published observations of the choice, straight from the build."""
    every = pq.read_table(arboria / "build" / "tables" / "by_area.parquet").to_pylist()
    return [
        row
        for row in every
        if row["series"] == "by_area" and row["iccs"] == "05" and row["area"] != "XX" and row["period"] >= "2021"
    ]


def _key(row) -> tuple[str, str]:
    return row["area"], row["period"]


def test_csv_holds_every_published_column_of_the_choice(site, rows):
    made = site.answer("en/explore/by_area/data.csv", CHOICE)
    assert made.answer.media.startswith("text/csv")
    assert made.answer.name == "by_area_area_05_2021.csv"
    found = list(csv.DictReader(io.StringIO(made.answer.body.decode())))
    assert sorted(map(_key, found)) == sorted(map(_key, rows))
    expected = {_key(row): row for row in rows}
    for row in found:
        theirs = expected[_key(row)]
        assert list(row) == list(theirs)
        for name in ("value", "lower", "upper"):
            assert (float(row[name]) if row[name] else None) == theirs[name]
        assert row["confidentiality"] == theirs["confidentiality"]


def test_csv_is_the_same_in_every_language(site):
    bodies = {
        site.answer(f"{language}/explore/by_area/data.csv", CHOICE).answer.body for language in ("en", "fr", "es")
    }
    assert len(bodies) == 1


def test_workbook_reads_in_another_program(site, rows):
    made = site.answer("fr/explore/by_area/data.xlsx", CHOICE)
    workbook = openpyxl.load_workbook(io.BytesIO(made.answer.body))
    head, *found = workbook["figures"].iter_rows(values_only=True)
    assert len(found) == len(rows)
    expected = {_key(row): row for row in rows}
    for cells in found:
        row = dict(zip(head, cells, strict=True))
        assert row["value"] == expected[_key(row)]["value"]
        assert isinstance(row["period"], str)
    about = [row[0] for row in workbook["about"].iter_rows(values_only=True)]
    assert about[0] == "What was recorded in each district?"
    assert any(line.startswith("Victimes par territoire") for line in about)
    assert any("Production du" in line for line in about)


def test_workbook_runs_no_formula(site, book):
    from kyoto.portal.pages.files import _write

    class Sheet:
        def __init__(self):
            self.cells = []

        def write_number(self, row, column, cell):
            self.cells.append(cell)

        def write_string(self, row, column, cell):
            self.cells.append(cell)

    sheet = Sheet()
    _write(sheet, 1, 0, "=HYPERLINK(1)")
    assert sheet.cells == ["=HYPERLINK(1)"]  # as a string cell, which no spreadsheet runs


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("by_area", CHOICE),
        ("by_area", (("iccs", "05"),)),
        ("by_area", (("by", "iccs"), ("chart", "bars"))),
        ("by_area", (("by", "area"), ("chart", "map"))),
        ("by_area.rate", (("by", "area"), ("chart", "map"))),
        ("by_month", ()),
        ("by_month", (("by", "sex"),)),
    ],
)
def test_drawing_is_a_document_of_its_own(site, path, query):
    made = site.answer(f"es/explore/{path}/data.svg", query)
    document = etree.fromstring(made.answer.body, etree.XMLParser(resolve_entities=False, no_network=True))
    assert document.tag == "{http://www.w3.org/2000/svg}svg"
    texts = [text for text in document.itertext() if text.strip()]
    assert any("Fuente: police" in text for text in texts)
    assert not document.xpath("//*[local-name()='script' or local-name()='image' or local-name()='foreignObject']")
    width, height = (float(document.get(name)) for name in ("width", "height"))
    assert 300 < width < 900 and 200 < height < 2000


def test_drawing_places_figures_where_they_belong(site, arboria):
    """Heights in the drawing are proportional to the published figures."""
    every = pq.read_table(arboria / "build" / "tables" / "by_month.parquet").to_pylist()
    values = [row["value"] for row in sorted(every, key=lambda row: row["period"]) if row["sex"] == "_T"]
    made = site.answer("en/explore/by_month/data.svg", ())
    document = etree.fromstring(made.answer.body)
    found = document.xpath("//*[local-name()='path' and contains(@class, 'line')]/@d")
    assert len(found) == 1
    ticks = document.xpath("//*[local-name()='line' and (@class='grid' or @class='axis')]")
    floor = next(float(tick.get("y1")) for tick in ticks if tick.get("class") == "axis")
    top = min(float(tick.get("y1")) for tick in ticks)
    highest = max(float(text.text) for text in document.xpath("//*[@class='tick' and @text-anchor='end']"))
    heights = [floor - y for _, y in _places(found[0])]
    scale = (floor - top) / highest
    assert len(heights) == len(values)
    assert max(abs(height - value * scale) for height, value in zip(heights, values, strict=True)) < 0.2


def _places(path: str) -> list[tuple[float, float]]:
    import re

    numbers = [float(number) for number in re.findall(r"-?\d*\.?\d+", path)]
    places, x, y = [], 0.0, 0.0
    for across, down in zip(numbers[::2], numbers[1::2], strict=True):
        x, y = x + across, y + down
        places.append((x, y))
    return places


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("by_area", CHOICE),
        ("by_area.rate", (("iccs", "05"), ("area", "XX-B"))),
        ("by_area", (("by", "iccs"), ("iccs", "05"), ("to", "2021"))),
        ("by_area", (("by", "area"), ("chart", "map"), ("to", "2022"))),
        ("by_month", (("sex", "F"), ("from", "2021-11"), ("to", "2022-02"))),
        ("16.1.1", (("by", "sex"),)),
    ],
)
def test_sdmx_link_leads_to_the_same_figures(client, path, query):
    """The SDMX service, asked by the link of the page, gives the values of the page's CSV."""
    address = f"/en/explore/{path}?{urlencode(query)}"
    link = html.fromstring(client.get(address).content).xpath("//a[normalize-space()='SDMX']/@href")
    answer = client.get(link[0], headers={"accept": "application/vnd.sdmx.data+csv"})
    assert answer.status_code == 200
    sdmx = list(csv.DictReader(io.StringIO(answer.text)))
    own = list(csv.DictReader(io.StringIO(client.get(address.replace("?", "/data.csv?")).text)))
    assert len(own) > 1

    def keyed(rows, names):
        return sorted((*(row[name] for name in names[:-1]), row[names[-1]] and float(row[names[-1]])) for row in rows)

    theirs = keyed(sdmx, ["REF_AREA", "ICCS", "SEX", "TIME_PERIOD", "OBS_VALUE"])
    assert theirs == keyed(own, ["area", "iccs", "sex", "period", "value"])


def test_picture_is_a_png_of_the_drawing(site):
    pytest.importorskip("vl_convert")
    made = site.answer("en/explore/by_month/data.png", ())
    assert made.answer.body[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", made.answer.body[16:24])
    assert width == 1600
    assert 600 < height < 1400


def test_there_is_no_chart_of_nothing(site, book):
    frame = book.snapshot.query(
        "SELECT area, iccs FROM by_area WHERE series = 'by_area' GROUP BY 1, 2 HAVING count(value) = 0"
    )
    hidden = frame.to_pylist()[0]
    query = (("area", hidden["area"]), ("iccs", hidden["iccs"]))
    periods = book.snapshot.query(
        "SELECT count(*) AS n FROM by_area WHERE series = 'by_area' AND area = ? AND iccs = ?", list(hidden.values())
    )
    if periods.to_pylist()[0]["n"] == 4:
        assert site.answer("en/explore/by_area/data.svg", query).answer.status == 404
    assert site.answer("en/explore/by_area/data.csv", query).answer.status == 200


@pytest.mark.parametrize("name", ["tables/by_area.csv", "tables/by_area.parquet", "indicators.csv", "report.html"])
def test_published_files_are_those_of_the_build(site, arboria, name):
    made = site.answer(f"files/{name}")
    assert made.answer.body == (arboria / "build" / name).read_bytes()
    assert made.answer.name == name.rpartition("/")[2]
