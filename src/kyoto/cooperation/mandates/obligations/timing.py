"""When something is due: sessions, events, dates, recurrences."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kyoto.cooperation.mandates.obligations.lexicon import known_parties

__all__ = ["due_dates", "number_of_ordinal"]

_UNITS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"]
_TEENS = [
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
]
_TENS = ["twent", "thirt", "fort", "fift", "sixt", "sevent", "eight", "ninet"]
_ORDINALS = {word: place for place, word in enumerate([*_UNITS, *_TEENS], 1)}
_ORDINALS |= {f"{ten}ieth": 20 + 10 * place for place, ten in enumerate(_TENS)}
_ORDINALS |= {
    f"{ten}y-{unit}": 20 + 10 * place + one for place, ten in enumerate(_TENS) for one, unit in enumerate(_UNITS, 1)
}
_ORDINAL = "|".join(sorted(_ORDINALS, key=len, reverse=True))

_SESSION = re.compile(
    rf"\b(?:at|by|before|during|no later than) (?:its|the|their) (?P<ordinal>{_ORDINAL}|next|\d+(?:st|nd|rd|th))"
    r"(?: and (?:its )?subsequent| regular| reconvened| resumed)? sessions?",
    re.IGNORECASE,
)
_EVENT = re.compile(
    rf"\b(?P<lead>(?:for presentation |presented |submitted |for submission |for consideration |report "
    rf"|discuss(?:ed|ion) )?)"
    r"(?P<how>at|before|prior to|by|in advance of|to|during) (?:the (?:commencement|opening|beginning) of )?the "
    rf"(?:(?P<ordinal>{_ORDINAL}) )?(?:United Nations )?(?P<event>Congress)\b",
    re.IGNORECASE,
)
_OF_NOUN = re.compile(
    r"\b(?:to be )?(?:held|discussed|examined|considered|made|given|adopted|addressed) $|\bhigh-level segment $"
)
_SUBJECT = re.compile(r"\b(?:items?|topics?|issues?|matters?|questions?|themes?) to be (?:discussed )?$", re.IGNORECASE)
"""What is on an agenda is no time: “items to be discussed at the Congress”."""
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_DATE = re.compile(
    r"\b(?:by|before|until|no later than|not later than|as early as possible in|by the end of"
    r"|by the beginning of|by late|by early)"
    rf" (?:the end of )?(?:(?:(?P<day>\d{{1,2}}) )?(?P<month>{'|'.join(_MONTHS)}) )?(?P<year>(?:19"
    rf"|20)\d\d)\b(?! Agenda)",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"\b(?:no|not) later than (?P<count>\d+|[a-z]+) (?P<unit>(?:working )?(?:day|week|month)s?) (?:before"
    r"|prior to|after)",
    re.IGNORECASE,
)
_REPORTED = r"(?:reports?|updates?|meetings?|briefings?|reviews?|information|reporting|consultations?)"
_RECURRENCES = (
    ("annual", rf"\bannually\b|\bevery year\b|\bon an annual basis\b|\byearly basis\b|\bannual {_REPORTED}"),
    ("biennial", rf"\bbiennially\b|\bevery two years\b|\bon a biennial basis\b|\bbiennial {_REPORTED}"),
    ("quarterly", r"\bquarterly\b"),
    ("every-session", r"\bat each (?:of its |regular )?sessions?\b"),
    ("periodic", rf"\bperiodically\b|\bon a periodic basis\b|\bperiodic {_REPORTED}"),
    ("regular", rf"\bregularly\b|\bon a regular basis\b|\bregular {_REPORTED}"),
)
_RECURRENCE = tuple((value, re.compile(pattern, re.IGNORECASE)) for value, pattern in _RECURRENCES)
_PAST = re.compile(r"\b[a-z]+(?:ed|en) by the (?:[A-Z][\w-]+ ?|on |and |of |the )+$")
_NEAR = 200
_FAR = 4_000
_PURPOSE = re.compile(r"\bwith a view to\b")


def number_of_ordinal(word: str) -> int:
    """Return the number of an ordinal in words or digits.

    Examples
    --------
    >>> [number_of_ordinal(word) for word in ("twenty-seventh", "Fourteenth", "30th", "seventieth")]
    [27, 14, 30, 70]
    """
    lowered = word.lower()
    return _ORDINALS[lowered] if lowered in _ORDINALS else int(re.sub(r"\D", "", lowered))


def due_dates(text: str, start: int, end: int, congress: int | None = None) -> Iterator[tuple[str, str, int, int]]:
    """Yield what a stretch of text says on when, as (kind, value, start, end).

    What stands behind “with a view to” is a purpose, not a date; “finalized by the Commission at its session” is past.

    Parameters
    ----------
    text
        Clean text of the paragraph.
    start, end
        The clause.
    congress
        Number of the congress that “the Congress” means here.

    Examples
    --------
    >>> list(due_dates("to report to the General Assembly at its seventy-third session", 0, 62))
    [('session', 'ga-73', 34, 62)]
    """
    purpose = _PURPOSE.search(text, start, end)
    limit = purpose.start() if purpose is not None else end
    for found in _SESSION.finditer(text, start, limit):
        if _PAST.search(text, max(start, found.start() - _NEAR), found.start()):
            continue
        body = _body(text, start, found.start())
        number = "next" if found["ordinal"].lower() == "next" else str(number_of_ordinal(found["ordinal"]))
        yield "session", f"{body}-{number}" if body else number, found.start(), found.end()
    yield from _events(text, start, limit, congress)
    for found in _DATE.finditer(text, start, limit):
        if _in_title(text, found.start()):
            continue
        yield "date", _iso(found), found.start(), found.end()
    for found in _BEFORE.finditer(text, start, limit):
        yield "before", f"{found['count']}-{found['unit'].lower().replace(' ', '-')}", found.start(), found.end()
    for value, pattern in _RECURRENCE:
        for found in pattern.finditer(text, start, limit):
            yield "recurrence", value, found.start(), found.end()


def _body(text: str, start: int, end: int) -> str:
    """Short name of the body named last before a session, in the clause or else in those before it."""
    parties = known_parties()
    for begin, stop in ((max(start, end - _FAR), end), (max(0, start - _FAR), start)):
        named = [identifier for identifier, _, _ in parties.find(text, begin, stop) if identifier in parties.sessions]
        if named:
            return parties.sessions[named[-1]]
    return ""


def _events(text: str, start: int, end: int, congress: int | None) -> Iterator[tuple[str, str, int, int]]:
    for found in _EVENT.finditer(text, start, end):
        if found["how"].lower() == "to" and not re.match(r"present|submi|for ", found["lead"], re.IGNORECASE):
            continue
        if found["how"].lower() == "by" and "of the" not in found.group():
            continue
        near = max(start, found.start() - _NEAR)
        if _SUBJECT.search(text, near, found.start()):
            continue
        if not found["lead"] and _OF_NOUN.search(text, near, found.start()) and "advance" not in found["how"]:
            continue
        number = number_of_ordinal(found["ordinal"]) if found["ordinal"] else congress
        yield "event", f"congress-{number}" if number else "congress", found.start(), found.end()


def _in_title(text: str, start: int) -> bool:
    """Whether a date belongs to a title (“Ending the Epidemic by 2030”): a capital before it that is no party's."""
    before = text[max(0, start - _NEAR) : start].rstrip()
    last = re.search(r"[\w-]+$", before)
    if last is None or not last.group()[0].isupper():
        return False
    return not any(end == len(before) for _, _, end in known_parties().find(before))


def _iso(found: re.Match[str]) -> str:
    if not found["month"]:
        return found["year"]
    month = f"{found['year']}-{_MONTHS.index(found['month'].lower()) + 1:02d}"
    return f"{month}-{int(found['day']):02d}" if found["day"] else month
