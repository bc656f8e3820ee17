"""With whom, for whom, and to whom a report goes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kyoto.cooperation.mandates.obligations.lexicon import known_parties

__all__ = ["beneficiaries", "partners", "recipients"]

Party = tuple[str, int, int]

_NEAR = 120
_FAR = 1_000
_PARTNER = re.compile(
    r"\b(?:in (?:close )?(?:cooperation|collaboration|consultation|coordination"
    r"|partnership)(?: and (?:close )?(?:cooperation|collaboration|"
    r"consultation|coordination|partnership))?(?:, (?:when|where) appropriate,)? with|(?:in collaboration"
    r"|in cooperation) with,? when appropriate,|"
    r"together with|jointly with|in (?:close )?(?:collaboration|cooperation) with)\s+"
)
_STOP = re.compile(
    r",? to (?!the\b|their\b)[a-z]+|, (?:and )?(?:within|upon|in|on|through|with|taking|including)\b|[;:]"
)
_BENEFIT = re.compile(
    r"\b(?:assistance|support|advisory services|training|capacity-building|information|resources"
    r"|data) (?:and [a-z-]+(?: [a-z-]+)? )?to\s+(?:the |all |requesting |those )*|"
    r"\b(?:assist|support|supporting|assisting|help|helping|enable|build(?:ing)? the capacity of"
    r"|for building the capacity of)\s+(?:the |all |requesting |those |efforts of )*"
)
_REPORT = re.compile(
    r"\b(?:report(?: thereon| on [^,;]{0,80}?| that information"
    r"| back)?(?:,)?(?: (?P<way>through the [A-Z][^,;]*?),)? to|submit(?: a report)? to|"
    r"submission to|to be submitted to|provide (?:a report|information|an update) to|inform|for (?:submission"
    r"|transmission) to)\s+"
    r"(?:the )?"
)


def partners(text: str, start: int, end: int) -> Iterator[Party]:
    """Yield parties with whom something is to be done.

    Examples
    --------
    >>> [found[0] for found in partners("to do it in consultation with Member States", 0, 43)]
    ['member-states']
    """
    for found in _PARTNER.finditer(text, start, end):
        stop = _STOP.search(text, found.end(), end)
        yield from known_parties().find(
            text, found.end(), min(found.end() + _FAR, stop.start() if stop is not None else end)
        )


def beneficiaries(text: str, start: int, end: int) -> Iterator[Party]:
    """Yield parties to whom help is to be given.

    Examples
    --------
    >>> [found[0] for found in beneficiaries("to provide technical assistance to Member States", 0, 48)]
    ['member-states']
    """
    for found in _BENEFIT.finditer(text, start, end):
        for party in known_parties().find(text, max(found.end() - 4, start), min(end, found.end() + _NEAR)):
            if party[1] <= found.end():
                yield party
            break


def recipients(text: str, start: int, end: int) -> Iterator[Party]:
    """Yield parties to whom a report goes.

    Examples
    --------
    >>> [found[0] for found in recipients("to report thereon to the General Assembly through the Commission", 0, 64)]
    ['general-assembly']
    """
    for found in _REPORT.finditer(text, start, end):
        for party in known_parties().find(text, max(found.end() - 4, start), min(end, found.end() + _NEAR)):
            if party[1] <= found.end():
                yield party
            break
