"""The reference page says what the vocabulary says."""

from __future__ import annotations

from pathlib import Path

from kyoto.statistics.sources import CONCEPTS
from kyoto.statistics.sources.reference import concepts_page

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "concepts.md"


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == concepts_page()


def test_every_concept_has_its_row():
    vocabulary = concepts_page().partition("## Kinds")[0]
    rows = [line for line in vocabulary.splitlines() if line.startswith("| `")]
    for name in CONCEPTS:
        assert sum(row.startswith(f"| `{name}` |") for row in rows) == 1
