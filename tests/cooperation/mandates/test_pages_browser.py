"""The dashboard, the report and the brief in headless Chromium: axe finds nothing, nothing runs off a telephone."""

from __future__ import annotations

from datetime import date

import pytest

from kyoto.cooperation.mandates.followup import (
    Register,
    add_obligations,
    build_dashboard,
    calendar_for,
    change,
    session_of,
    set_session,
)
from kyoto.cooperation.mandates.followup.dashboard_page import dashboard_html
from kyoto.cooperation.mandates.followup.report import build_report, report_html
from kyoto.cooperation.mandates.links import evidence_brief
from kyoto.cooperation.mandates.links.brief import brief_html
from kyoto.cooperation.mandates.mechanisms import add_recommendations
from kyoto.cooperation.mandates.mechanisms.model import Recommendation
from kyoto.cooperation.mandates.obligations import obligations

pytestmark = pytest.mark.browser
DAY = date(2031, 6, 1)
RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"


@pytest.fixture(scope="module")
def pages(report):
    register = add_obligations(Register(), obligations(report), titles={}, adopted="2031-03-07", today=DAY, by="rules")
    first = next(entry.id for entry in register.entries if entry.due)
    register = change(register, first, by="desk", today=DAY, state="accepted", status="under-way", evidence="A/1")
    register = set_session(register, session_of("ga-87", "2032-09-14", verified=False), by="desk", today=DAY)
    recommended = [
        Recommendation(f"upr-4-{state}-1", "upr", "4", state, "Plant trees.", number="1", due=(f"date:{year}",))
        for state, year in (("AUT", 2030), ("FRA", 2033))
    ]
    register = add_recommendations(register, recommended, today=DAY, by="desk")
    calendar = calendar_for(register)
    brief = evidence_brief(report, "draft-resolution-A-I", evaluations=[{"id": "a", "title": "Police and gardens"}])
    return {
        "dashboard": dashboard_html(build_dashboard(register, calendar, today=DAY)),
        "empty dashboard": dashboard_html(build_dashboard(Register(), calendar, today=DAY)),
        "report": report_html(build_report(register, calendar, today=DAY, title="Gardens", since=date(2031, 1, 1))),
        "brief": brief_html(brief),
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["dashboard", "empty dashboard", "report", "brief"])
def test_axe_finds_nothing_and_nothing_runs_off_the_side(chromium, axe, pages, name, scheme):
    page = chromium.new_page(color_scheme=scheme, viewport={"width": 360, "height": 800})
    page.set_content(pages[name])
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    page.evaluate(axe)
    violations = page.evaluate(f"axe.run(document, {{ runOnly: {RULES} }})")["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()
