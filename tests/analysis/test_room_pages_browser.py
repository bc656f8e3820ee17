"""Pages of rooms in a real browser, unfolded: accessible and legible, wide and narrow, light and dark."""

from __future__ import annotations

from pathlib import Path

import pytest

from kyoto.analysis import surveys

pytestmark = pytest.mark.browser

LISTS = """police,shelters,health,count
1,0,0,212
0,1,0,95
0,0,1,58
1,1,0,14
1,0,1,9
0,1,1,6
1,1,1,2
"""
RULES = "{ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }"
TEXT_SIZES = """() => [...document.querySelectorAll('svg text')].filter(text => text.getClientRects().length)
    .map(text => parseFloat(getComputedStyle(text).fontSize) * Math.hypot(text.getScreenCTM().a, text.getScreenCTM().b))
"""


def hidden(kyoto, folder: Path) -> Path:
    (folder / "lists.csv").write_text(LISTS, encoding="utf-8")
    page = folder / "hidden.html"
    code, out, err = kyoto("hidden", "report", folder / "lists.csv", "--replicates", "50", "--output", page)
    assert code == 0, out + err
    return page


def survey(kyoto, folder: Path) -> Path:
    surveys.simulate_survey(600, seed=2).assign(weight=10.0).to_csv(folder / "answers.csv", index=False)
    page = folder / "survey.html"
    given = [
        "--weight",
        "weight",
        "--strata",
        "stratum",
        "--cluster",
        "cluster",
        "--proportion",
        "sex",
        "--by",
        "region",
    ]
    code, out, err = kyoto("survey", "estimate", folder / "answers.csv", *given, "--report", page)
    assert code == 0, out + err
    return page


@pytest.mark.parametrize("make", [hidden, survey])
def test_a_page_is_accessible_and_can_be_read(kyoto, tmp_path, chromium, axe, make):
    file = make(kyoto, tmp_path)
    for width, scheme in ((1440, "light"), (375, "dark")):
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page = context.new_page()
        page.goto(file.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
        assert min(page.evaluate(TEXT_SIZES)) >= 10.5, width
        page.evaluate(axe)
        found = page.evaluate(f"axe.run(document, {RULES})")
        assert [(part["id"], part["nodes"][0]["html"][:150]) for part in found["violations"]] == [], (width, scheme)
        context.close()
