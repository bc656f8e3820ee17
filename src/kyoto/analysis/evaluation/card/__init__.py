"""One page in plain language, made from results."""

from __future__ import annotations

from pathlib import Path

from kyoto.analysis.evaluation.card.drawing import effect_svg
from kyoto.analysis.evaluation.card.model import (
    CERTAINTY,
    Card,
    card_of_evaluation,
    card_of_evidence,
    card_of_synthesis,
)

__all__ = ["Card", "card_of_evaluation", "card_of_evidence", "card_of_synthesis", "render_card"]


def render_card(card: Card) -> str:
    """The card as one HTML file that opens without a network."""
    from jinja2 import Environment, FileSystemLoader, select_autoescape
    from markupsafe import Markup

    from kyoto import __version__

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape(["html"]), trim_blocks=True
    )
    return environment.get_template("page.html").render(
        card=card,
        word=CERTAINTY[card.certainty],
        drawing=Markup(effect_svg(card)),  # noqa: S704 - made of numbers and of text without markup
        version=__version__,
    )
