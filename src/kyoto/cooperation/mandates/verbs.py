"""The verbs of operative paragraphs, read from ``data/verbs.toml``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

__all__ = ["Verbs", "known_verbs"]


@dataclass(frozen=True, slots=True)
class Verbs:
    """Verbs and the patterns made of them.

    Parameters
    ----------
    force_of
        Force by verb in the third person, such as ``{"requests": "request"}``.
    asks
        Forces that ask somebody to act.
    start
        Matches a text that begins with an operative verb; groups ``adverb`` and ``verb``.
    within
        Matches a further verb in the middle of a sentence (“, and invites …”).
    preamble
        Matches the beginning of a paragraph of a preamble.
    """

    force_of: dict[str, str]
    asks: frozenset[str]
    start: re.Pattern[str]
    within: re.Pattern[str]
    preamble: re.Pattern[str]

    def force(self, verb: str) -> str:
        """Return the force of a verb as printed.

        Examples
        --------
        >>> known_verbs().force("Takes note"), known_verbs().force("calls  upon")
        ('note', 'call')
        """
        return self.force_of[" ".join(verb.lower().split())]


@cache
def known_verbs() -> Verbs:
    """Return the verbs that come with Kyoto."""
    table = tomllib.loads((resources.files(__package__) / "data" / "verbs.toml").read_text(encoding="utf-8"))
    force_of = {verb: force for force, entry in table["forces"].items() for verb in entry["verbs"]}
    verbs = "|".join(re.escape(verb).replace(r"\ ", r"\s+") for verb in sorted(force_of, key=len, reverse=True))
    words = [*table["adverbs"]["plain"], *table["adverbs"]["strong"]]
    adverbs = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(words, key=len, reverse=True))
    lead = rf"(?P<adverb>(?:(?:{adverbs})\s+)*)(?P<verb>{verbs})\b"
    openers = "|".join(re.escape(word) for word in sorted(table["preamble"]["openers"], key=len, reverse=True))
    return Verbs(
        force_of=force_of,
        asks=frozenset(table["asks"]),
        start=re.compile(rf"[\s*_]*{lead}", re.IGNORECASE),
        within=re.compile(
            r"(?P<link>[,;]\s+(?:and\s+)?|\s+and\s+)"
            r"(?P<aside>(?:(?:in\s+(?:this|that)\s+(?:regard|context|respect)|to\s+that\s+end|for\s+that\s+purpose),?\s+)?)"
            rf"{lead}"
        ),
        preamble=re.compile(rf"[\s*_]*(?:{openers})\b"),
    )
