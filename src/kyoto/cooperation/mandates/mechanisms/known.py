"""The review mechanisms that Kyoto knows, read from ``data/mechanisms.toml``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

__all__ = ["Mechanism", "known_mechanisms", "mechanism_of", "name_of_mechanism"]

_OWN = re.compile(r"other:[a-z0-9][a-z0-9-]{0,40}")


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A mechanism: id, name, the treaty whose articles it reviews (or empty), other spellings."""

    id: str
    name: str
    treaty: str = ""
    aliases: tuple[str, ...] = ()


@cache
def known_mechanisms() -> dict[str, Mechanism]:
    """Return the mechanisms by id."""
    text = (resources.files("kyoto.cooperation.mandates") / "data" / "mechanisms.toml").read_text(encoding="utf-8")
    return {
        identifier: Mechanism(identifier, entry["name"], entry.get("treaty", ""), tuple(entry.get("aliases", ())))
        for identifier, entry in tomllib.loads(text).items()
    }


def mechanism_of(text: str) -> str | None:
    """Return the id of a mechanism as a table may write it; None if it is not known.

    Examples
    --------
    >>> mechanism_of("UNCAC IRM"), mechanism_of("Universal Periodic Review"), mechanism_of("other:peer-review")
    ('uncac-irm', 'upr', 'other:peer-review')
    >>> mechanism_of("UPRR") is None
    True
    """
    word = " ".join(text.split()).casefold()
    if _OWN.fullmatch(word):
        return word
    return _spellings().get(word)


def name_of_mechanism(identifier: str) -> str:
    """Return the name to show.

    Examples
    --------
    >>> name_of_mechanism("upr"), name_of_mechanism("other:peer-review")
    ('Universal Periodic Review', 'Peer review')
    """
    known = known_mechanisms().get(identifier)
    return known.name if known is not None else identifier.removeprefix("other:").replace("-", " ").capitalize()


@cache
def _spellings() -> dict[str, str]:
    return {
        spelling.casefold(): one.id
        for one in known_mechanisms().values()
        for spelling in (one.id, one.name, *one.aliases)
    }
