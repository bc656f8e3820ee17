"""Pages of rooms: one look, names escaped, nothing loaded from elsewhere."""

from __future__ import annotations

import jinja2
import pytest

from kyoto.statistics.report.room_page import room_page


@pytest.fixture
def room(tmp_path):
    text = (
        '{% extends "room.html" %}{% block title %}{{ title }}{% endblock %}{% block look %}svg .own { fill: red; }'
        "{% endblock %}{% block content %}<h1>{{ title }}</h1>{{ 3|twice }}{% endblock %}"
        "{% block footer %} End.{% endblock %}"
    )
    (tmp_path / "report.html").write_text(text)
    return tmp_path


def test_a_room_fills_its_blocks_and_names_are_escaped(room):
    page = room_page(room, filters={"twice": lambda value: 2 * value}, title="<Cells> & people")
    assert page.count("&lt;Cells&gt; &amp; people") == 2
    assert "<Cells>" not in page
    assert "</h1>6" in page
    assert page.index("prefers-color-scheme: dark") < page.index("svg .own { fill: red; }") < page.index("</style>")
    assert "Made with Kyoto" in page
    assert " End.</footer>" in page
    assert "http" not in page


def test_a_name_that_is_not_given_is_an_error(room):
    with pytest.raises(jinja2.UndefinedError, match="title"):
        room_page(room, filters={"twice": abs})
