"""Who is asked: the parties between the verb and what they are to do."""

from __future__ import annotations

import re

from kyoto.cooperation.mandates.obligations.clauses import Clause
from kyoto.cooperation.mandates.obligations.lexicon import known_parties

__all__ = ["addressees"]

_INFINITIVE = re.compile(
    r":|\bto (?!the\b|those\b|these\b|this\b|that\b|their\b|its\b|an?\b|all\b|which\b|each\b|date\b|whom\b"
    r"|Member\b|it\b|them\b)"
    r"(?:[a-z]+ly )?[a-z]+"
)
_ADJUNCT = re.compile(
    r"(?:and )?(?:within|in (?!the (?:[a-z]+ )?States)|with|through|including|includes?|especially|particularly"
    r"|on|upon|as (?!well as)|pursuant|subject"
    r"|when|consistent|mindful|taking|bearing|if|where|whenever|by|from|at|for|under|based|together|inter alia"
    r"|via|without|having|(?!specialized|interested|concerned|related|affected)[a-z]{3,}ed|[a-z]{3,}ing)\b"
)
_WITH = re.compile(r"\bwith\b")
_MODIFIER = re.compile(
    r"\s(?:that|which|who|whose|established|mentioned|prepared|adopted|participating|to which|concerned with"
    r"|responsible"
    r"|in consultative status|in whose|in which)\b"
)
_THAT = re.compile(r"\s*,?\s*(?:in (?:this|that) regard,\s*)?that\b")
_BY = re.compile(r"\bbe (?:[a-z]+ly )?[a-z]+(?:ed|en|d) (?:[a-z ]{0,30})?by (?=the |Member|States|UNODC)")
_MODAL = re.compile(r"\s+(?:will|shall|should|may|must|[a-z]+)\b")
_DETERMINER = re.compile(
    r"(?:,?\s*(?:and |or |as well as )?(?:the |all |both |those |its |relevant |other |each of the |every )*)"
)


def addressees(text: str, clause: Clause) -> tuple[list[tuple[str, int, int]], int]:
    """Find who is asked in a clause.

    Parameters
    ----------
    text
        Clean text of the paragraph.
    clause
        The clause.

    Returns
    -------
    list of (id, start, end)
        Parties; empty where nobody is named.
    int
        Where the words on what they are to do begin.
    """
    if _THAT.match(text, clause.verb_end, clause.end):
        return _of_that_clause(text, clause)
    if clause.force == "decide":
        return [], clause.verb_end
    infinitive = _INFINITIVE.search(text, clause.verb_end, clause.end)
    zone_end = infinitive.start() if infinitive is not None else clause.end
    if re.match(r"\s*,?\s*(?:in (?:this|that) regard, )?them\b", text[clause.verb_end : clause.end]):
        return list(known_parties().find(text, 0, clause.start)), zone_end
    found = _in_zone(text, clause.verb_end, zone_end)
    if not _begins_with_party(text, clause, found):
        return [], clause.verb_end
    return found, zone_end


def _begins_with_party(text: str, clause: Clause, found: list[tuple[str, int, int]]) -> bool:
    """Whether the first party follows the verb, with at most a few words between (“all relevant”)."""
    if not found:
        return False
    between = text[clause.verb_end : found[0][1]].strip(" ,")
    between = re.sub(r"^(?:in (?:this|that) regard|once again|to)\b,?\s*", "", between)
    return len(between.split()) <= 6 and _ADJUNCT.match(between) is None and " between " not in f" {between} "


def _in_zone(text: str, start: int, end: int) -> list[tuple[str, int, int]]:
    """Parties of the leading segments; what begins with a preposition is an adjunct and names no addressee."""
    found: list[tuple[str, int, int]] = []
    position = start
    adjunct = ""
    for segment in re.split(r"(,)", text[start:end]):
        lead = segment.lstrip()
        first = not segment[:position].strip() if position == start else False
        if segment != "," and lead:
            aside = re.match(r"in (?:this|that) regard$", lead.strip())
            if not first and _ADJUNCT.match(lead) and not aside:
                adjunct = adjunct or lead
            elif not adjunct or (lead.startswith("and ") and _WITH.search(adjunct) is None):
                found += _of_segment(text, position, position + len(segment))
        position += len(segment)
    return found


def _of_segment(text: str, start: int, end: int) -> list[tuple[str, int, int]]:
    modifier = _MODIFIER.search(text, start, end)
    limit = modifier.start() if modifier is not None else end
    found = list(known_parties().find(text, start, limit))
    return [party for place, party in enumerate(found) if place == 0 or _coordinated(text, found[place - 1], party)]


def _coordinated(text: str, before: tuple[str, int, int], party: tuple[str, int, int]) -> bool:
    """Whether a party is joined to the one before it by “and” or a comma, not by a preposition."""
    between = text[before[2] : party[1]]
    return party[1] == before[1] or bool(re.search(r",|\band\b|\bor\b|as well as", between)) or not between.strip()


def _of_that_clause(text: str, clause: Clause) -> tuple[list[tuple[str, int, int]], int]:
    """“Recommends that Member States promote”, “decides that the group will”, “requests that it be sent by”."""
    that = _THAT.match(text, clause.verb_end, clause.end)
    assert that is not None
    begin = that.end()
    agent = _BY.search(text, begin, clause.end)
    if agent is not None:
        found = list(known_parties().find(text, agent.end(), min(agent.end() + 80, clause.end)))[:1]
        return found, begin
    lead = re.compile(r"\s*,?(?:\s*in accordance with [^,]+,|\s*in (?:this|that) regard,)?").match(text, begin)
    at = lead.end() if lead is not None else begin
    determiner = re.compile(r"\s*(?:the |all )?").match(text, at)
    at = determiner.end() if determiner is not None else at
    for party in known_parties().find(text, max(at - 4, begin), min(at + 120, clause.end)):
        if party[1] <= at and _MODAL.match(text, party[2]):
            return [party], party[2]
        break
    return [], begin
