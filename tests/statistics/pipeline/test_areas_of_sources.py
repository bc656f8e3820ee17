"""A project of several areas: each source, its tables and their explanation carry its own."""

from __future__ import annotations

from projects import build_project, make_project, read_table, value

from kyoto.core.project import load_project
from kyoto.statistics.explain.tracing import explain_figure

PROJECT = """
[project]
title = "Two areas"
population = "population.csv"
[sources.north]
area = "NO"
file = "north.csv"
unit = "offence"
[sources.north.columns]
iccs = "offence"
period = "year"
[sources.south]
area = "SO"
file = "south.csv"
unit = "offence"
[sources.south.columns]
iccs = "offence"
period = "year"
[tables.north]
source = "north"
by = ["iccs", "period:year"]
rate = 100000
[tables.south]
source = "south"
by = ["iccs", "period:year"]
rate = 100000
[disclosure]
method = "none"
"""


def test_area_of_a_source(tmp_path):
    make_project(
        tmp_path,
        PROJECT,
        north__csv="offence,year\n0101,2020\n0101,2020\n",
        south__csv="offence,year\n0101,2020\n",
        population__csv="area,period,value\nNO,2020,1000\nSO,2020,4000\n",
    )
    result = build_project(tmp_path)
    north, south = read_table(result, "north"), read_table(result, "south")
    assert set(north["area"].astype(str)) == {"NO"}
    assert set(south["area"].astype(str)) == {"SO"}
    cell = {"iccs": "0101", "period": "2020"}
    assert value(north, series="north.rate", **cell) == 200.0  # 2 in 1,000
    assert value(south, series="south.rate", **cell) == 25.0  # 1 in 4,000
    explained = explain_figure(load_project(tmp_path), "north.rate", {"iccs": "0101"})
    assert explained.cell["area"] == "NO"
    assert explained.value == 200.0
    page = (result.folder / "report.html").read_text(encoding="utf-8")
    headlines = page[page.index('id="headline"') : page.index("</ul>", page.index('id="headline"'))]
    assert "NO, 2020" in headlines
    assert "SO, 2020" in headlines
    assert "all its areas, 2020" not in page  # each chart names the area of its source
