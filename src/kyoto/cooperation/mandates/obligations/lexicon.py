"""Parties and conditions, read from ``data/parties.toml`` and ``data/conditions.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

__all__ = ["Parties", "known_conditions", "known_parties", "meaning_of_condition"]


@dataclass(frozen=True, slots=True)
class Parties:
    """Names of parties as one pattern.

    Parameters
    ----------
    pattern
        Finds any party; the number of the group that matched names it.
    ids
        Ids a match stands for, by number of the group.
    names
        Name to show by id.
    sessions
        Short name of the body in sessions, by id.
    """

    pattern: re.Pattern[str]
    ids: tuple[tuple[str, ...], ...]
    names: dict[str, str]
    sessions: dict[str, str]

    def find(self, text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[str, int, int]]:
        """Yield (id, start, end) of each party in a stretch of text.

        Examples
        --------
        >>> [found[0] for found in known_parties().find("the Office and Member States")]
        ['unodc', 'member-states']
        """
        for found in self.pattern.finditer(text, start, len(text) if end is None else end):
            for identifier in self.ids[(found.lastindex or 1) - 1]:
                yield identifier, found.start(), found.end()


def _table(name: str) -> dict[str, object]:
    return tomllib.loads((resources.files("kyoto.cooperation.mandates") / "data" / name).read_text(encoding="utf-8"))


@cache
def known_parties() -> Parties:
    """Return the parties that come with Kyoto."""
    entries: list[dict[str, object]] = _table("parties.toml")["party"]  # type: ignore[assignment]
    groups: list[str] = []
    ids: list[tuple[str, ...]] = []
    names: dict[str, str] = {}
    sessions: dict[str, str] = {}
    for entry in entries:
        patterns: list[str] = entry["patterns"]  # type: ignore[assignment]
        identifier = str(entry["id"])
        groups.append(f"((?<![\\w-])(?:{'|'.join(patterns)})(?![\\w-]))")
        ids.append(tuple(entry.get("ids", [identifier])))  # type: ignore[arg-type]
        names.setdefault(identifier, str(entry["name"]))
        if "session" in entry:
            sessions[identifier] = str(entry["session"])
    return Parties(re.compile("|".join(groups)), tuple(ids), names, sessions)


@cache
def known_conditions() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return (id, pattern) of each condition."""
    table: dict[str, dict[str, object]] = _table("conditions.toml")  # type: ignore[assignment]
    return tuple(
        (identifier, re.compile("|".join(entry["patterns"]), re.IGNORECASE))  # type: ignore[arg-type]
        for identifier, entry in table.items()
    )


@cache
def meaning_of_condition(identifier: str) -> str:
    """Return what a condition means, in words."""
    table: dict[str, dict[str, str]] = _table("conditions.toml")  # type: ignore[assignment]
    return table[identifier]["meaning"]
