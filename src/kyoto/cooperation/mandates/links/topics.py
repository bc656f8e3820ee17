"""Topics of a text, by a small thesaurus of Kyoto's own (``data/topics.toml``)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

__all__ = ["Topic", "known_topics", "topics_of"]


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic of the thesaurus.

    Parameters
    ----------
    id, name
        Identifier, and the words to show.
    pattern
        Finds the topic in a text.
    broader
        Topic above, or empty.
    targets, iccs, indicators
        SDG targets, ICCS classes and codes of indicators that belong to it.
    missing
        Data that a question on it would need and that no indicator of Kyoto's registry holds.
    """

    id: str
    name: str
    pattern: re.Pattern[str]
    broader: str = ""
    targets: tuple[str, ...] = ()
    iccs: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@cache
def known_topics() -> dict[str, Topic]:
    """Return the thesaurus by id."""
    text = (resources.files("kyoto.cooperation.mandates") / "data" / "topics.toml").read_text(encoding="utf-8")
    return {
        identifier: Topic(
            id=identifier,
            name=entry["name"],
            pattern=re.compile("|".join(entry["words"]), re.IGNORECASE),
            broader=entry.get("broader", ""),
            targets=tuple(entry.get("targets", ())),
            iccs=tuple(entry.get("iccs", ())),
            indicators=tuple(entry.get("indicators", ())),
            missing=tuple(entry.get("missing", ())),
        )
        for identifier, entry in tomllib.loads(text).items()
    }


def topics_of(text: str) -> dict[str, int]:
    """Return how often each topic is spoken of in a text, the most frequent first.

    Examples
    --------
    >>> topics_of("Alternatives to imprisonment reduce prison overcrowding")
    {'prisons': 3, 'alternatives': 1}
    """
    counts = {identifier: len(topic.pattern.findall(text)) for identifier, topic in known_topics().items()}
    return {identifier: count for identifier, count in sorted(counts.items(), key=lambda entry: -entry[1]) if count}
