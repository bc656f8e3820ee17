"""Drawings say what the figures are, and nothing else."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import pytest
from lxml import etree

from kyoto.portal.catalogue import Axis, Boundaries, Series
from kyoto.portal.drawing import bars_svg, lines_svg, map_drawing, panels_svg, standalone
from kyoto.portal.drawing.lines import _apart
from kyoto.portal.figures import Figures, Line
from kyoto.portal.selection import read_selection
from kyoto.portal.wording import words
from kyoto.statistics.report.views import Point
from kyoto.statistics.report.wording import parse_period

EN = words("en")
PERIODS = tuple(parse_period(str(year)) for year in range(2015, 2022))


def _series(unit="offence", codes=("A", "B")):
    axis = Axis("area", codes, "_T")
    counted = frozenset(period.code for period in PERIODS)
    return Series("s", "s", "count", "How many?", unit, "police", (axis,), {}, PERIODS, counted, 0)


def _figures(lines, *, by="area", unit="offence", periods=PERIODS):
    made = []
    for code, values in lines.items():
        points = []
        for period, value in zip(periods, values, strict=True):
            if isinstance(value, Point):
                points.append(value)
            elif value is None:
                points.append(Point(period, None, None, None, "missing"))
            else:
                points.append(Point(period, value, value * 0.9, value * 1.1, "shown"))
        made.append(Line(code, f"Area {code}", tuple(points)))
    selection = read_selection(_series(unit, tuple(lines)), [("by", by)] if by else [])
    return Figures(selection, tuple(made), tuple(periods), 0)


def _tree(svg):
    return etree.fromstring(str(svg))


def test_a_line_ends_at_gaps_and_breaks():
    broken = Point(PERIODS[5], 50.0, 45.0, 55.0, "shown", "B", "new rules")
    figures = _figures({"A": [10.0, 20.0, None, 30.0, 40.0, broken, 60.0]}, by="")
    tree = _tree(lines_svg(figures, EN, "told", width=760, height=320, variant="wide"))
    assert len(tree.xpath("//*[contains(@class, 'line') and local-name()='path']")) == 3
    assert len(tree.xpath("//*[@class='gap']")) == 1
    assert tree.xpath("//text()")[-2:].count("60") == 1
    assert "break in the series" in tree.xpath("//text()")
    assert tree.get("aria-label") == "told"


def test_withheld_periods_are_hatched_and_carry_no_figure():
    hidden = Point(PERIODS[3], None, None, None, "suppressed", "Q")
    figures = _figures({"A": [10.0, 20.0, 30.0, hidden, 30.0, 20.0, 10.0]}, by="")
    tree = _tree(lines_svg(figures, EN, "told", width=760, height=320, variant="wide"))
    rect = tree.xpath("//*[@class='hidden']")
    assert len(rect) == 1
    left, width = (float(rect[0].get(name)) for name in ("x", "width"))
    right = float(tree.get("data-right"))
    start = float(tree.get("data-left"))
    middle = start + (right - start) * 3 / 6
    assert left < middle < left + width


def test_bars_start_at_zero_and_are_as_long_as_their_figures():
    figures = _figures({"A": [4.0], "B": [16.0], "C": [0.0]}, periods=PERIODS[-1:])
    tree = _tree(bars_svg(figures, EN, "told", width=760, variant="wide"))
    widths = [float(width) for width in tree.xpath("//*[@class='bar']/@width")]
    assert len(set(tree.xpath("//*[@class='bar']/@x"))) == 1
    assert widths[0] * 4 == pytest.approx(widths[1], abs=0.3)
    assert widths[2] == 0


def test_circles_of_a_map_have_the_area_of_their_counts():
    square = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
    shapes = {
        code: {"type": "Polygon", "coordinates": [[[x + 2 * number, y] for x, y in square]]}
        for number, code in enumerate("ABCD")
    }
    hidden = Point(PERIODS[-1], None, None, None, "suppressed", "Q")
    figures = _figures({"A": [9.0], "B": [36.0], "C": [hidden]}, periods=PERIODS[-1:])
    made = map_drawing(figures, Boundaries(shapes, {code: code for code in shapes}), EN, "told")
    tree = _tree(made.drawing)
    radii = sorted(float(radius) for radius in tree.xpath("//*[@class='count']/@r"))
    assert (radii[1] / radii[0]) ** 2 == pytest.approx(4.0, rel=0.02)
    assert len(tree.xpath("//*[@class='hidden']")) == 1
    assert [kind for kind, _ in made.legend] == [-1, 6, 0]
    other = Boundaries({"Z": shapes["A"]}, {"Z": "Z"})
    assert map_drawing(figures, other, EN, "told") is None


def test_rates_of_a_map_are_coloured_by_fifths():
    shapes = {
        f"{number}": {"type": "Polygon", "coordinates": [[[number, 0], [number + 1, 0], [number, 1], [number, 0]]]}
        for number in range(10)
    }
    lines = {code: [float(code) + 1] for code in shapes}
    figures = _figures(lines, unit="per 100000 population", periods=PERIODS[-1:])
    made = map_drawing(figures, Boundaries(shapes, {code: code for code in shapes}), EN, "told")
    kinds = _tree(made.drawing).xpath("//*[starts-with(@class, 'm') and @data-t]/@class")
    assert [kinds.count(f"m{number}") for number in range(1, 6)] == [2, 2, 2, 2, 2]


@pytest.mark.parametrize("ends", [[100.0] * 5, [10.0, 12.0, 200.0, 201.0, 290.0], [300.0, 299.0, 298.0, 5.0, 6.0]])
def test_labels_at_the_ends_of_lines_do_not_cover_each_other(ends):
    wanted = [(y, number, ["name", "value"]) for number, y in enumerate(ends, start=1)]
    placed = sorted((y, rows) for y, _, rows in _apart(wanted, 294.0))
    for (above, rows), (below, _) in pairwise(placed):
        assert below - above >= 17 * len(rows)
    assert placed[-1][0] + 17 <= 320
    assert placed[0][0] >= 10


def test_panels_have_scales_of_their_own():
    figures = _figures({"A": [1.0] * 7, "B": [1000.0] * 7})
    tree = _tree(panels_svg(figures, EN, "told", width=760, columns=3, variant="wide"))
    lines = tree.xpath("//*[@class='line ']/@d")
    starts = [float(re.match(r"M[\d.]+[ -]([\d.]+)", path)[1]) for path in lines]
    assert len(lines) == 2
    assert math.isclose(starts[0], starts[1], abs_tol=25)


def test_a_drawing_of_its_own_holds_title_notes_and_legend():
    figures = _figures({"A": [1.0] * 7}, by="")
    drawing = lines_svg(figures, EN, "told", width=760, height=320, variant="wide")
    text = standalone(drawing, "What <is> it?", "About", ["Source: police"], ((1, "up to 5"), (6, "withheld")))
    tree = etree.fromstring(text.encode())
    said = list(tree.itertext())
    assert "What <is> it?" in said
    assert {"Source: police", "up to 5", "withheld"} <= set(said)
    assert not tree.xpath("//*[contains(@class, 'cursor') and not(ancestor-or-self::*[local-name()='path'])]")
