"""Resolutions, documents, treaties, articles, Goals and targets that a text cites, in one spelling each."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

__all__ = ["Citation", "citations", "known_instruments"]

_BODIES = {
    "general assembly": "A",
    "assembly": "A",
    "economic and social council": "E",
    "ecosoc": "E",
    "council": "E",
    "security council": "S",
    "commission on crime prevention and criminal justice": "CCPCJ",
    "ccpcj": "CCPCJ",
    "commission on narcotic drugs": "CND",
    "commission": "CCPCJ",
    "ga": "A",
    "conference of the states parties to the united nations convention against corruption": "COSP",
    "conference of the parties to the united nations convention against transnational organized crime": "COP",
}
_NUMBER = (
    r"(?:S-)?\d{1,4}/\d{1,4}(?: [A-Z](?: and [A-Z])?(?![\w-]))?|\d{1,4} [A-Z]+ \([IVXLC]+\)"
    r"|\d{1,4} \([IVXLC]+\)|\d{3,4} \(\d{4}\)"
)
_RESOLUTION = re.compile(
    r"(?P<body>Conference of the (?:States )?Parties to the United Nations Convention against (?:Corruption"
    r"|Transnational Organized Crime)"
    r"|General Assembly|Economic and Social Council|Security Council"
    r"|Commission on Crime Prevention and Criminal Justice"
    r"|Commission on Narcotic Drugs|CCPCJ|ECOSOC|GA|(?<=the )Commission|(?<=the )Assembly|(?<=the )Council"
    r"|Commission|[Ii]ts|[Tt]heir)?\s*"
    rf"(?P<what>resolutions?|decisions?)\s+(?P<list>(?:{_NUMBER})(?:(?: of \d{{1,2}} [A-Z][a-z]+ \d{{4}})?"
    rf"(?:,? and |, | or )(?:{_NUMBER}))*)"
)
_EACH = re.compile(_NUMBER)
_SYMBOL = re.compile(
    r"(?<![\w/])(?P<symbol>(?:A|E|S|ST)/(?:(?:[A-Z]+(?:\.\d+)?|\d{1,4}|INF|SR)/)*(?:[A-Z]+\.)?\d{1,4}(?:/(?:Add|Rev|Corr|Add\.|L)\.?\d+)*)(?![\w/])"
)
_LOCATOR = re.compile(r",? (?:annex(?: [IVX]+)?|paras?\. ?\d+(?: ?\([a-z]\))?|sect\. [IVX]+|chap\. [IVX]+|rule \d+)")
_PLACE = r"(?:\d{1,3}|[IVX]{1,5})(?: ?\((?:[a-z]{1,3}|\d{1,2})\))*"
_PLACES = rf"{_PLACE}(?:(?:, and |, | and | or | to |–){_PLACE})*"
_BEFORE = re.compile(
    r"(?P<locator>\b(?:operative paragraphs?|paragraphs?|paras?\.|articles?|rules?|sections?|chapters?|annex(?:es)?"
    rf"|principles?|guidelines?) {_PLACES}(?:, paragraphs? (?:\([a-z0-9]\)|{_PLACES}))?|\bannex)"
    r",? (?:of|to)(?: the)?\s*$",
    re.IGNORECASE,
)
_WINDOW = 100
"""Characters before a citation in which its article or paragraph may stand."""
_ILO = re.compile(
    r"(?:ILO|International Labour Organization(?: \(ILO\))?)[^.;]{0,90}?(?:No\.|\(No\.) ?(?P<number>\d{1,3})\)?"
)
_GOALS = re.compile(
    r"\b(?:Sustainable Development )?(?:Goals?|SDGs?)\s?(?P<list>\d{1,2}(?:(?:, | and |, and )(?:Goal )?\d{1,2})*)\b"
)
_TARGETS = re.compile(r"\b[Tt]argets?\s(?P<list>\d{1,2}\.[0-9a-c]{1,2}(?:(?:, and | and |, )\d{1,2}\.[0-9a-c]{1,2})*)")


@dataclass(frozen=True, slots=True)
class Citation:
    """One citation.

    Parameters
    ----------
    kind
        ``resolution``, ``decision``, ``document``, ``treaty``, ``instrument``, ``goal`` or ``target``.
    target
        The thing cited, in one spelling: ``A/RES/70/174``, ``E/DEC/2015/234``, ``CCPCJ/RES/22/7``,
        ``E/CN.15/2019/10``, ``untoc``,
        ``ILO/C182``, ``sdg-16``, ``target-16.5``.
    locator
        Article, annex or paragraph, as printed.
    start, end
        Where it stands in the text.
    """

    kind: str
    target: str
    locator: str
    start: int
    end: int


@cache
def known_instruments() -> dict[str, dict[str, Any]]:
    """Return treaties and instruments by id, with ``kind`` added."""
    table = tomllib.loads(
        (resources.files("kyoto.cooperation.mandates") / "data" / "treaties.toml").read_text(encoding="utf-8")
    )
    return {
        identifier: {"kind": kind, **entry}
        for kind in ("treaty", "instrument")
        for identifier, entry in table[kind].items()
    }


@cache
def _instrument_pattern() -> tuple[re.Pattern[str], tuple[str, ...]]:
    entries = [
        (pattern, identifier) for identifier, entry in known_instruments().items() for pattern in entry["patterns"]
    ]
    entries.sort(key=lambda entry: len(entry[0]), reverse=True)
    names = "|".join(f"({text}(?!\\w))" for text, _ in entries)
    starts = "".join(sorted({start for text, _ in entries for start in _starts(text)}))
    # without the letters that a name begins with, every name would be tried at every word
    return re.compile(rf"(?<!\w)(?=[{starts}])(?:{names})"), tuple(identifier for _, identifier in entries)


def _starts(pattern: str) -> set[str]:
    """Characters with which the name of an instrument begins, before and after words that may be left out.

    Examples
    --------
    >>> sorted(_starts("(?:United Nations )?Convention")), _starts("Tokyo Rules")
    (['C', 'U'], {'T'})
    """
    found = re.fullmatch(r"(?:\(\?:(\w)[^()|]*\)\?)?(\w)[^|]*(?:\(\?:[^()]*\)\??[^|]*)*", pattern)
    if found is None:
        raise ValueError(f"An instrument's pattern begins with a letter, or with words that may be left out: {pattern}")
    return {start for start in found.groups() if start}


def citations(text: str, own_body: str = "") -> list[Citation]:
    """Find what a text cites.

    Parameters
    ----------
    text
        Clean text.
    own_body
        Body that “its resolution” means, such as ``General Assembly``.

    Returns
    -------
    list of Citation
        In order of the text.

    Examples
    --------
    >>> [found.target for found in citations("Recalling its resolutions 56/119 and 70/174, annex", "General Assembly")]
    ['A/RES/56/119', 'A/RES/70/174']
    >>> [(found.target, found.locator) for found in citations("article 31 of the Organized Crime Convention")]
    [('untoc', 'article 31')]
    """
    found = [*_resolutions(text, own_body), *_symbols(text), *_instruments(text), *_ilo(text), *_goals(text)]
    return sorted(found, key=lambda entry: (entry.start, entry.end, entry.target))


def _resolutions(text: str, own_body: str) -> Iterator[Citation]:
    last = own_body
    for found in _RESOLUTION.finditer(text):
        named = found["body"] or ""
        body = own_body or last if named.lower() in ("its", "their") else named or last
        last = named if named and named.lower() not in ("its", "their") else last
        kind = "decision" if found["what"].startswith("decision") else "resolution"
        before = _locator_before(text, found.start())
        numbers = list(_EACH.finditer(text, found.start("list"), found.end("list")))
        for place, number in enumerate(numbers):
            behind = _LOCATOR.match(text, number.end()) if place == len(numbers) - 1 else None
            locator = before[0] if place == 0 and before[0] else behind.group().strip(" ,") if behind else ""
            for one in _parts(number.group()):
                target = _target(one, kind, body, named=bool(named))
                yield Citation(kind, target, locator, number.start(), number.end())


def _locator_before(text: str, start: int) -> tuple[str, int]:
    """Article or paragraph “of” what begins at a place, and where it begins; empty if there is none."""
    window = max(0, start - _WINDOW)
    found = _BEFORE.search(text[window:start])
    return (found["locator"], window + found.start()) if found is not None else ("", start)


def _parts(number: str) -> list[str]:
    """Both of “53/243 A and B”."""
    found = re.fullmatch(r"(.+) ([A-Z]) and ([A-Z])", number)
    return [f"{found[1]} {found[2]}", f"{found[1]} {found[3]}"] if found is not None else [number]


def _target(number: str, kind: str, body: str, *, named: bool) -> str:
    letter = _BODIES.get(body.lower(), "")
    if not letter or (not named and not _may_be(letter, number)):
        letter = _body_of_number(number)
    short = "DEC" if kind == "decision" else "RES"
    return f"{letter}/{short}/{number.replace(' ', '')}"


def _may_be(letter: str, number: str) -> bool:
    """Whether a body numbers its resolutions so: years are the Council's, high sessions the Assembly's."""
    first = re.match(r"(\d+)/", number)
    if first is None:
        return True
    value = int(first[1])
    return {"E": value > 1900, "A": value < 1900, "CCPCJ": value < 60, "CND": value < 90}.get(letter, True)


def _body_of_number(number: str) -> str:
    """Body by the form of a number: years are the Council's, above 30 the Assembly's, else the Commission's."""
    first = re.match(r"(?:S-)?(\d+)", number)
    value = int(first[1]) if first is not None else 0
    if re.search(r"\(\d{4}\)", number):
        return "S"
    if "/" in number and value > 1900:
        return "E"
    if "/" in number and value <= 30 and "S-" not in number:
        return "CCPCJ"
    return "A"


def _symbols(text: str) -> Iterator[Citation]:
    for found in _SYMBOL.finditer(text):
        symbol = found["symbol"]
        kind = "resolution" if "/RES/" in symbol else "decision" if "/DEC/" in symbol else "document"
        locator = _LOCATOR.match(text, found.end())
        yield Citation(kind, symbol, locator.group().strip(" ,") if locator else "", found.start(), found.end())


def _instruments(text: str) -> Iterator[Citation]:
    pattern, identifiers = _instrument_pattern()
    for found in pattern.finditer(text):
        identifier = identifiers[(found.lastindex or 1) - 1]
        locator, start = _locator_before(text, found.start())
        behind = re.match(
            r", in particular (?:its )?(article \d+|chapters? [IVX]+(?: and [IVX]+)?)",
            text[found.end() : found.end() + 60],
        )
        yield Citation(
            known_instruments()[identifier]["kind"],
            identifier,
            locator or (behind[1] if behind else ""),
            start,
            found.end(),
        )


def _ilo(text: str) -> Iterator[Citation]:
    for found in _ILO.finditer(text):
        locator, start = _locator_before(text, found.start())
        yield Citation("treaty", f"ILO/C{int(found['number']):03d}", locator, start, found.end())


def _goals(text: str) -> Iterator[Citation]:
    for pattern, kind in ((_GOALS, "goal"), (_TARGETS, "target")):
        for found in pattern.finditer(text):
            for number in re.finditer(r"\d{1,2}(?:\.[0-9a-c]{1,2})?", found["list"]):
                value = number.group()
                if kind == "goal" and not 1 <= int(value) <= 17:
                    continue
                start = found.start("list") + number.start()
                yield Citation(kind, f"{'sdg' if kind == 'goal' else 'target'}-{value}", "", start, start + len(value))
