"""The pages of rates and of the audit in a real browser: light and dark, wide and narrow."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.browser

TEXT_SIZES = """() => [...document.querySelectorAll('svg text')].filter(text => text.getClientRects().length)
    .map(text => parseFloat(getComputedStyle(text).fontSize) * Math.hypot(text.getScreenCTM().a, text.getScreenCTM().b))
"""
RULES = "{ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }"


def made(kyoto, folder, name):
    random = np.random.default_rng(1)
    site = random.choice(["north", "south"], 900)
    score = np.clip(random.integers(1, 11, 900) + (site == "south"), 1, 10)
    people = {"score": score, "again": (random.random(900) < score / 13).astype(int), "site": site}
    people |= {"days": random.integers(1, 900, 900), "year": random.choice([2020, 2021], 900)}
    pd.DataFrame(people).to_csv(folder / "people.csv", index=False)
    page = folder / f"{name}.html"
    given = {
        "audit": ["audit-instrument", folder / "people.csv", "--score", "score", "--outcome", "again", "--cutoff", "6",
                  "--group", "site", "--year", "year"],
        "rates": ["reoffending", "report", folder / "people.csv", "--time", "days", "--event", "again", "--window",
                  "365", "--by", "site"],
    }[name]  # fmt: skip
    code, out, err = kyoto(*given, "--report" if name == "audit" else "--output", page)
    assert code == 0, out + err
    return page


@pytest.mark.parametrize("name", ["audit", "rates"])
def test_a_page_is_accessible_and_fits(kyoto, tmp_path, chromium, axe, name):
    file = made(kyoto, tmp_path, name)
    for width, scheme in ((1440, "light"), (375, "light"), (1440, "dark"), (375, "dark")):
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page = context.new_page()
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (width, scheme)
        assert min(page.evaluate(TEXT_SIZES)) >= 11, width  # smaller letters cannot be read
        page.evaluate(axe)
        found = page.evaluate(f"axe.run(document, {RULES})")
        told = [(part["id"], part["help"], part["nodes"][0]["html"][:150]) for part in found["violations"]]
        assert told == [], (width, scheme)
        context.close()
