"""The reference page and the how-to say what the registry says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from kyoto.core.errors import Problems
from kyoto.core.project import Project
from kyoto.statistics.indicators import read_settings, registry
from kyoto.statistics.indicators.reference import reference_page

DOCS = Path(__file__).parents[3] / "docs"


def test_the_reference_page_is_current():
    page = (DOCS / "reference" / "indicators.md").read_text(encoding="utf-8")
    assert page == reference_page(registry().values()), (
        "run: python -m kyoto.statistics.indicators.reference > docs/reference/indicators.md"
    )


def test_the_how_to_declares_indicators_that_are_read():
    text = (DOCS / "how-to" / "own-indicator.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    example = "[sources.death_register]\n" + blocks[0] + blocks[1]
    problems = Problems()
    settings = read_settings(Project(Path(), Path("kyoto.toml"), tomllib.loads(example), example), problems)
    problems.raise_if_any()
    assert [entry.code for entry in settings.use] == ["16.1.1", "bicycle_theft_rate", "knife_robbery_share"]
    assert settings.use[1].unit == "per 100000 population"
    assert settings.sources == {"16.1.1": "death_register"}
