"""What the desk says, in the languages of the portal, and names of the things that it shows."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from kyoto.cooperation.mandates.followup.views import occasion
from kyoto.cooperation.mandates.links.topics import known_topics
from kyoto.cooperation.mandates.obligations.lexicon import known_parties
from kyoto.core.catalogues import catalogue_texts
from kyoto.portal.wording import Words, words

__all__ = ["body_name", "desk_words", "due_name", "facet_name", "party_name", "session_name"]


@cache
def desk_words(language: str) -> Words:
    """Words of a language: those of the portal and of the desk.

    Examples
    --------
    >>> desk_words("en")("status.under-way"), desk_words("fr")("site.skip") != ""
    ('Under way', True)
    """
    base = words(language)
    return replace(base, texts={**base.texts, **catalogue_texts(__package__, language)})


def party_name(party: str) -> str:
    """Name of a party, in the language of the documents.

    Examples
    --------
    >>> party_name("secretary-general"), party_name("somebody-else")
    ('Secretary-General', 'somebody else')
    """
    return known_parties().names.get(party, party.replace("-", " "))


def due_name(spoken: Words, due: str) -> str:
    """When something is due, in words.

    Examples
    --------
    >>> due_name(desk_words("es"), "recurrence:annual"), due_name(desk_words("en"), "date:2019-06-30")
    ('cada año', '30 June 2019')
    """
    kind, _, value = due.partition(":")
    if kind == "recurrence" and f"recurrence.{value}" in spoken.texts:
        return spoken(f"recurrence.{value}")
    if kind == "date" and re.fullmatch(r"\d{4}(-\d\d){0,2}", value):
        return spoken.period(value)
    body, _, number = value.rpartition("-")
    if kind == "session" and number.isdigit() and body:
        return spoken("due.session", number=number, body=body_name(body))
    if kind == "session" and number == "next" and body:
        return spoken("due.next_session", body=body_name(body))
    return occasion(due)


def body_name(short: str) -> str:
    """Name of a body by the short form that sessions have.

    Examples
    --------
    >>> body_name("ga"), body_name("congress")
    ('General Assembly', 'Congress')
    """
    parties = known_parties()
    found = next((parties.names[party] for party, body in parties.sessions.items() if body == short), "")
    return found or short.replace("-", " ").capitalize()


def session_name(spoken: Words, identifier: str) -> str:
    """Session, or event, in words.

    Examples
    --------
    >>> session_name(desk_words("en"), "ccpcj-41"), session_name(desk_words("fr"), "congress-15")
    ('Commission on Crime Prevention and Criminal Justice, session 41', 'Congress 15')
    """
    body, _, number = identifier.rpartition("-")
    if body in known_parties().sessions.values():
        return f"{body_name(body)}, {spoken('sessions.number', number=number)}"
    return occasion(f"event:{identifier}")


def facet_name(spoken: Words, facet: str, value: str) -> str:
    """Value of a facet in words.

    Examples
    --------
    >>> facet_name(desk_words("en"), "sdg", "sdg-16"), facet_name(desk_words("en"), "force", "request")
    ('Goal 16', 'requests')
    """
    if facet == "addressee":
        return party_name(value)
    if facet == "topic" and value in known_topics():
        return known_topics()[value].name
    if facet == "sdg":
        return spoken("facet.goal", number=value.removeprefix("sdg-"))
    for section in {"kind": ("state", "node"), "status": ("status", "act_status")}.get(facet, (facet,)):
        if f"{section}.{value}" in spoken.texts:
            return spoken(f"{section}.{value}")
    return value
