"""Charts: what is drawn has the size and the place of the figure that it stands for."""

from __future__ import annotations

import itertools
import math
import random
import re

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyoto.core.engine import open_engine
from kyoto.statistics.report import BoundaryMap, ReportTable
from kyoto.statistics.report.bars import bars, ordered
from kyoto.statistics.report.maps import area_map, point_map
from kyoto.statistics.report.points import aggregate_points
from kyoto.statistics.report.scales import nice_ticks, path
from kyoto.statistics.report.tables import pivot
from kyoto.statistics.report.treemap import Rectangle, group_parts, squarify
from kyoto.statistics.report.trend import segments, trend_notes, trend_svg
from kyoto.statistics.report.views import Part, Point, Series, TableView
from kyoto.statistics.report.wording import decimals, interval, number, parse_period

PERIODS = [parse_period(f"{year}-{month:02d}") for year in (2020, 2021) for month in range(1, 13)]


def series(values, statuses=None) -> Series:
    states = ["missing" if value is None else "shown" for value in values]
    points = [
        Point(period, value, value and value * 0.8, value and value * 1.2, state, (statuses or {}).get(index, "A"))
        for index, (period, value, state) in enumerate(zip(PERIODS, values, states, strict=False))
    ]
    return Series("", "Total", tuple(points))


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=60), st.floats(50, 900), st.floats(50, 900))
def test_treemap_areas_are_the_values_and_fill_the_frame_without_overlap(values, width, height):
    values = sorted(values, reverse=True)
    frame = Rectangle(3, 5, width, height)
    tiles = squarify(values, frame)
    scale = width * height / sum(values)
    for value, tile in zip(values, tiles, strict=True):
        assert tile.width * tile.height == pytest.approx(value * scale, rel=1e-6, abs=1e-6)
        assert tile.x >= 3 - 1e-6
        assert tile.y >= 5 - 1e-6
        assert tile.x + tile.width <= 3 + width + 1e-5
        assert tile.y + tile.height <= 5 + height + 1e-5
    for one, other in itertools.combinations(tiles[:12], 2):
        across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
        down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
        assert across <= 1e-5 or down <= 1e-5


def test_treemap_groups_hold_their_classes_and_what_is_left():
    parts = [Part("02", "Harm", 100.0), Part("0201", "Assault", 60.0), Part("0208", "Fear", 30.0), Part("_U", "?", 5.0)]
    parts += [Part("05", "Property", 200.0), Part("0502", "Theft", 200.0), Part("050201", "deeper", 10.0)]
    groups = group_parts(parts)
    assert [group.code for group in groups] == ["05", "02", "_U"]
    assert [(tile.name, tile.value) for tile in groups[1].tiles] == [
        ("Assault", 60.0),
        ("Fear", 30.0),
        ("Not divided further", 10.0),
    ]
    assert [group.colour for group in groups] == [5, 2, 0]


def test_one_section_alone_is_shown_by_its_classes():
    parts = [Part("05", "Property", 9.0), Part("0501", "Burglary", 4.0), Part("0502", "Theft", 5.0)]
    parts.append(Part("05021", "Of a vehicle", 3.0))
    groups = group_parts(parts)
    assert [group.code for group in groups] == ["0502", "0501"]
    assert [tile.value for tile in groups[0].tiles] == [3.0, 2.0]


def test_line_is_interrupted_by_gaps_and_breaks():
    one = series([5, 6, None, None, 7, 8, 9, 10], {6: "B"})
    assert segments(one.points) == [(0, 2), (4, 6), (6, 8)]
    assert trend_notes(one)[0] == "No data for March to April 2020."
    assert trend_notes(one)[1].startswith("Break in the series at July 2020.")


def test_points_of_the_line_stand_at_their_values():
    drawing = str(trend_svg(series([10, 20, 30, 40]), "t", 760, 300, variant="wide"))
    line = re.search(r'class="line" d="M([\d.]+) ([\d.]+)l([^"]+)"', drawing)
    steps = [float(part) for part in re.findall(r"-?\d+(?:\.\d+)?", line[3])]
    # equal steps to the right, equal steps up: four values on a straight line from zero
    assert len({round(step, 0) for step in steps[::2]}) == 1
    assert len({round(step, 0) for step in steps[1::2]}) == 1
    zero = float(re.search(r'class="axis"[^>]* y1="([\d.]+)"', drawing)[1])
    first = float(line[2])
    assert (zero - first) * 2 == pytest.approx(zero - (first + steps[1]), abs=0.3)


def test_provisional_figures_are_dashed():
    drawing = str(trend_svg(series([10, 20, 30, 40], {2: "P", 3: "P"}), "t", 760, 300, variant="wide"))
    assert drawing.count('class="line"') == 1
    assert drawing.count('class="line loose"') == 1


@given(st.floats(0.001, 1e9))
def test_axis_starts_at_zero_and_reaches_the_highest_value(highest):
    ticks = nice_ticks(highest, whole=highest >= 10)
    assert ticks[0] == 0
    assert ticks[-1] >= highest * 0.999
    assert 2 <= len(ticks) <= 12


@given(st.lists(st.tuples(st.floats(0, 900), st.floats(0, 400)), min_size=2, max_size=80))
def test_path_in_steps_does_not_drift(places):
    text = path(places)
    numbers = [float(part) for part in re.findall(r"-?\d+(?:\.\d+)?", text)]
    x = sum(numbers[::2])
    y = sum(numbers[1::2])
    assert x == pytest.approx(places[-1][0], abs=0.11)
    assert y == pytest.approx(places[-1][1], abs=0.11)


def test_bars_start_at_zero_and_areas_keep_the_order_of_their_codes():
    parts = [Part("B", "B", 10.0, 5.0, 20.0), Part("A", "A", 5.0, 2.0, 9.0), Part("C", "C", None, state="suppressed")]
    assert [part.code for part in ordered(sorted(parts, key=lambda part: part.code), "area")] == ["A", "B", "C"]
    assert [part.code for part in ordered(parts, "motive")] == ["B", "A", "C"]
    drawn = bars(parts)
    assert [bar.width for bar in drawn] == [50.0, 25.0, 0.0]
    assert (drawn[0].low, drawn[0].high) == (25.0, 100.0)


@given(st.floats(-1e9, 1e9), st.integers(0, 3))
def test_numbers_read_back(value, digits):
    text = number(value, digits).replace("\xa0", "").replace("−", "-")
    assert float(text) == pytest.approx(value, abs=0.51 * 10**-digits)


@given(st.floats(0.01, 1e6), st.floats(0.001, 1e5))
def test_shown_interval_never_claims_more_than_the_computed_one(middle, half):
    low, high = max(middle - half, 0.0), middle + half
    digits = decimals(middle + 0.1234, low, high)
    shown = [float(part.replace("\xa0", "")) for part in interval(low, high, digits).split(" to ")]
    assert shown[0] <= low + 1e-6
    assert shown[1] >= high - 1e-6


# maps


def scattered(count: int) -> tuple[list[float], list[float]]:
    chance = random.Random(8)
    return [chance.gauss(-1.5, 0.1) for _ in range(count)], [chance.gauss(53.8, 0.06) for _ in range(count)]


def test_every_point_counts_in_the_hexagon_whose_centre_is_nearest():
    longitudes, latitudes = scattered(3000)
    table = pa.table({"longitude": [*longitudes, None, 0.0], "latitude": [*latitudes, 53.8, 0.0]})
    with open_engine() as engine:
        found = aggregate_points(engine, engine.table(table, "p"), source="s", unit="offence", threshold=1, width=2.0)
    middle = None
    # brute force in kilometres: the centres of the shown hexagons, and which of them is nearest to each point
    centres = [(sum(x for x, _ in cell.outline) / 6, sum(y for _, y in cell.outline) / 6) for cell in found.cells]
    middle = pd.Series(latitudes).quantile([0.01, 0.99]).mean()
    squeeze = math.cos(math.radians(middle))
    counts = [0] * len(centres)
    for x, y in zip(longitudes, latitudes, strict=True):
        distances = [((x - a) * squeeze) ** 2 + (y - b) ** 2 for a, b in centres]
        counts[distances.index(min(distances))] += 1
    for cell, count in zip(found.cells, counts, strict=True):
        assert cell.least <= count
        assert cell.most is None or count <= cell.most
    assert sum(counts) == 3000
    assert found.without_point == 2


def test_cells_below_the_threshold_are_hidden_and_no_exact_number_is_kept():
    longitudes, latitudes = scattered(500)
    table = pa.table({"longitude": longitudes, "latitude": latitudes})
    with open_engine() as engine:
        found = aggregate_points(engine, engine.table(table, "p"), source="s", unit="offence", threshold=10)
    assert all(cell.least >= 10 for cell in found.cells)
    assert found.shown % 10 == found.hidden % 10 == 0
    assert found.hidden > 0
    drawing = point_map(found, "map-1", "XX")
    assert str(drawing.drawing).count("<polygon") == len(found.cells)
    assert "Hexagons with fewer than 10 records are not shown" in drawing.notes[0]


def test_no_point_at_all_gives_no_map():
    table = pa.table({"longitude": pa.array([None, 0.0]), "latitude": pa.array([1.0, 0.0])})
    with open_engine() as engine:
        assert aggregate_points(engine, engine.table(table, "p"), source="s", unit="offence") is None


def square(code: str, west: float) -> dict[str, object]:
    ring = [[west, 0.0], [west + 1, 0.0], [west + 1, 1.0], [west, 1.0], [west, 0.0]]
    return {"properties": {"code": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def by_area(unit: str, values: dict[str, float | None]) -> TableView:
    rows = [{"area": area, "period": "2020", "value": value} for area, value in values.items()]
    fixed = {"series": "t", "iccs": "_T", "sex": "_T", "age": "_T", "unit": unit, "lower": None, "upper": None}
    frame = pd.DataFrame(
        [{**fixed, "status": "A", "confidentiality": "F", "source": "s", "note": "", **row} for row in rows]
    )
    return TableView(ReportTable("t", frame), area="XX")


SQUARES = BoundaryMap({"features": [square(code, index) for index, code in enumerate("ABCDEF")]}, "code")


def test_counts_are_circles_whose_area_is_the_count():
    view = by_area("offence", {"XX": 500.0, "A": 100.0, "B": 400.0, "C": None})
    drawing = str(area_map(view, SQUARES, "m", "XX").drawing)
    radii = {
        name: float(radius)
        for name, radius in re.findall(r'class="count" data-t="(\w): [^"]+"[^>]* r="([\d.]+)"', drawing)
    }
    assert radii["B"] / radii["A"] == pytest.approx(2, abs=0.01)
    assert 'class="m0" data-t="C: no data"' in drawing
    assert "m1" not in drawing


def test_rates_fill_the_areas_by_fifths():
    view = by_area("per 100000 population", {"XX": 3.0, "A": 1.5, "B": 2.5, "C": 3.5, "D": 4.5, "E": 5.5})
    drawing = str(area_map(view, SQUARES, "m", "XX").drawing)
    assert re.findall(r'class="(m\d)" data-t="(\w)', drawing) == [
        ("m1", "A"),
        ("m2", "B"),
        ("m3", "C"),
        ("m4", "D"),
        ("m5", "E"),
        ("m0", "F"),
    ]
    assert "<circle" not in drawing


def test_boundaries_that_fit_no_area_say_what_to_do():
    view = by_area("offence", {"XX": 5.0, "Y1": 2.0, "Y2": 3.0})
    found = area_map(view, SQUARES, "m", "XX")
    assert not found.drawing
    assert "none has its code in “code”" in found.empty


# colours

HEX = re.compile(r"--(c\d+|tile):(#[0-9a-f]{6})")


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("block", [r":root\{(.*?)\}", r":root\[data-theme=dark\]\{(.*?)\}"], ids=["light", "dark"])
def test_text_on_every_tile_has_the_contrast_of_wcag_aa(block):
    from importlib import resources

    style = resources.files("kyoto.statistics.report").joinpath("assets", "report.css").read_text(encoding="utf-8")
    colours = dict(HEX.findall(re.search(block, style, re.DOTALL)[1].replace("#fff;", "#ffffff;")))
    text = luminance(colours.pop("tile"))
    assert len(colours) == 12
    for name, colour in colours.items():
        light, dark = sorted((text, luminance(colour)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, name


# what perturbation made zero must not differ from what is zero


def limits(value):
    from scipy.stats import chi2

    return {"lower": chi2.ppf(0.025, 2 * value) / 2 if value else 0.0, "upper": chi2.ppf(0.975, 2 * value + 2) / 2}


def test_a_perturbed_zero_looks_like_a_true_zero():
    def page(rows):
        fixed = {"series": "t", "area": "XX", "sex": "_T", "age": "_T", "unit": "offence", "status": "A"}
        fixed |= {"confidentiality": "F", "source": "s", "note": ""}
        table = ReportTable("t", pd.DataFrame([{**fixed, **row, **limits(row["value"])} for row in rows]))
        view = TableView(table, area="XX")
        return pivot(view, 1000), view.parts("iccs"), view.over_time("iccs", "02")

    shown = [
        {"iccs": code, "period": period, "value": value}
        for code, values in {"_T": (9.0, 8.0), "01": (4.0, 3.0), "02": (5.0, 0.0)}.items()
        for period, value in zip(("2020", "2021"), values, strict=True)
    ]
    perturbed = [*shown, {"iccs": "03", "period": "2020", "value": 0.0}]
    true = [row for row in shown if row["value"] != 0]
    one, other = page(perturbed), page(true)
    assert one[0] == other[0]
    for mine, theirs in zip(one[1], other[1], strict=True):
        assert (mine.code, mine.value, mine.state) == (theirs.code, theirs.value, theirs.state)
        assert (mine.lower, mine.upper) == pytest.approx((theirs.lower, theirs.upper))
    assert [point.value for point in one[2].points] == [point.value for point in other[2].points] == [5.0, 0.0]
