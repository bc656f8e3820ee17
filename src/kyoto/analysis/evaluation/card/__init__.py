"""One page in plain language, made from results."""

from __future__ import annotations

from pathlib import Path

from kyoto.analysis.evaluation.card.drawing import effect_svg
from kyoto.analysis.evaluation.card.evaluations import card_of_evaluation
from kyoto.analysis.evaluation.card.model import Card
from kyoto.analysis.evaluation.card.records import card_of_evidence
from kyoto.analysis.evaluation.card.syntheses import card_of_synthesis
from kyoto.analysis.evaluation.phrases import phrases

__all__ = ["Card", "card_of_evaluation", "card_of_evidence", "card_of_synthesis", "effect_svg", "render_card"]


def render_card(card: Card) -> str:
    """The card as one HTML file that opens without a network."""
    from jinja2 import Environment, FileSystemLoader, select_autoescape
    from markupsafe import Markup

    from kyoto import __version__

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape(["html"]), trim_blocks=True
    )
    say = phrases(card.language)
    return environment.get_template("page.html").render(
        card=card,
        say=say,
        word=say(f"certainty.level{card.certainty}"),
        drawing=Markup(effect_svg(card)),  # noqa: S704 - made of numbers and of text without markup
        version=__version__,
    )
