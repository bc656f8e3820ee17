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
    low = text.lower()
    counts = {identifier: len(pattern.findall(low)) for identifier, pattern in _low_patterns().items()}
    return {identifier: count for identifier, count in sorted(counts.items(), key=lambda entry: -entry[1]) if count}


@cache
def _low_patterns() -> dict[str, re.Pattern[str]]:
    """Words of each topic in small letters: twice as fast on small letters as patterns that ignore the case."""
    return {
        identifier: re.compile(
            re.sub(r"\\.|[^\\]", lambda part: part[0] if part[0][0] == "\\" else part[0].lower(), topic.pattern.pattern)
        )
        for identifier, topic in known_topics().items()
    }
