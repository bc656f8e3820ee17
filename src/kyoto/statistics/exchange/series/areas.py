"""Codes of areas as publishers write them, brought to one: ISO 3166 alpha-3, and what no ISO list holds.

UNODC asks the jurisdictions of the United Kingdom and two parts of Iraq apart (``GBR_E_W``, ``IRQ_KRI``); Eurostat
writes ``EL`` and ``UK``, and NUTS codes below countries; Kosovo is ``XKX``; the World Bank's aggregates look like
countries. Codes of countries: UNSD, Standard country or area codes for statistical use (M49). Names in French and
Spanish: the same where the United Nations' differ from common ones, else Unicode CLDR. Regions: levels 1 and 2 of NUTS
2013, 2016 and 2021 by their names in Latin script (Regulation (EC) No 1059/2003 with its amendments); those below are
called by their code and their country.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Literal, cast

__all__ = ["Area", "area_name", "area_named", "area_names", "area_of", "areas_of", "country_names"]

Kind = Literal["country", "part", "nuts", "aggregate", "unknown"]

_AGGREGATE: Final = re.compile(r"EU\d*(_\d{4})?|EA\d*(_\d{4})?|EFTA|OWID_\w+|WLD|World|EEA.*", re.IGNORECASE)
_NUTS: Final = re.compile(r"[A-Z]{2}(\d|[A-Z](?=\d)|Z)[A-Z0-9]{0,2}|UK[C-N]")
"""NUTS 1 to 3; three letters that are no country are not taken for one, but for those of the United Kingdom."""


@dataclass(frozen=True, slots=True)
class Area:
    """An area.

    Parameters
    ----------
    code
        ISO 3166 alpha-3 of a country; else the publisher's code.
    name
        In English; empty if unknown.
    kind
        ``country``; ``part`` of one; ``nuts`` region; ``aggregate`` of several; ``unknown``.
    of
        Country that it is a part of.
    french, spanish
        Its name in French and in Spanish; empty if unknown.
    """

    code: str
    name: str = ""
    kind: Kind = "unknown"
    of: str = ""
    french: str = ""
    spanish: str = ""

    def named(self, language: str) -> str:
        """Name in a language (``en``, ``fr``, ``es``); in English for others."""
        return {"fr": self.french, "es": self.spanish}.get(language) or self.name


@cache
def area_of(code: str) -> Area:
    """Area of a publisher's code.

    Examples
    --------
    >>> area_of("AT").code, area_of("EL").code, area_of("GBR_E_W").of, area_of("AT13").kind, area_of("EU27_2020").kind
    ('AUT', 'GRC', 'GBR', 'nuts', 'aggregate')
    >>> area_of("XKX").name[:6], area_of("ZZZ").kind
    ('Kosovo', 'unknown')
    """
    text = code.strip()
    known = _known()
    found = known.get(_aliases().get(text.upper(), text.upper()))
    if found is not None:
        return found
    if _AGGREGATE.fullmatch(text):
        return Area(text, kind="aggregate")
    country = known.get(_aliases().get(text[:2], text[:2]))
    if country is not None and _NUTS.fullmatch(text):
        return Area(text, kind="nuts", of=country.code)
    return Area(text)


@cache
def area_name(code: str, language: str = "en") -> str:
    """Name of a publisher's code; the code itself where nobody knows it.

    A region whose name is not listed is called by its code and its country.

    Parameters
    ----------
    code
        ISO 3166 alpha-3, or what :func:`area_of` knows.
    language
        ``en``, ``fr`` or ``es``.

    Examples
    --------
    >>> area_name("GBR_S", "fr"), area_name("DEU", "es"), area_name("AT13"), area_name("AT130", "fr"), area_name("X1")
    ('Écosse', 'Alemania', 'Wien', 'AT130 (Autriche)', 'X1')
    """
    area = area_of(code)
    if area.kind == "nuts" and not area.name:
        return f"{code} ({area_of(area.of).named(language)})"
    return area.named(language) or code


def area_names(codes: Iterable[str], language: str = "en") -> dict[str, str]:
    """Names of the areas of a project, where all its codes are those of an international list.

    A project may number its areas as it likes, and ``CA`` is California to some: if any code is on no list, none of
    them is taken to be. Two letters count as a country only beside NUTS codes, as Eurostat writes them.

    Parameters
    ----------
    codes
        All codes of the project; those that begin with an underscore stand for no area.
    language
        ``en``, ``fr`` or ``es``.

    Examples
    --------
    >>> area_names(["FRA", "IRQ_KRI", "_T"])
    {'FRA': 'France', 'IRQ_KRI': 'Iraq (Kurdistan Region)'}
    >>> area_names(["CA", "AL"]), area_names(["DE", "DE21"]), area_names(["FRA", "somewhere"])
    ({}, {'DE': 'Germany', 'DE21': 'Oberbayern'}, {})
    """
    every = [code for code in codes if code and not code.startswith("_")]
    regions = any(area_of(code).kind in ("nuts", "aggregate") for code in every)
    known = all(area_of(code).kind != "unknown" and code == code.upper() for code in every)
    if not known or (not regions and any(len(code) == 2 for code in every)):
        return {}
    named = {code: area_name(code, language) for code in every}
    return {code: name for code, name in named.items() if name != code}


def area_named(name: str) -> Area | None:
    """Country of a code or of an English name, also without what follows the short name; None if there is none.

    Examples
    --------
    >>> [area_named(name).code for name in ("Bolivia", "france", "KOR", "United Kingdom")]
    ['BOL', 'FRA', 'KOR', 'GBR']
    >>> area_named("Atlantis") is None, area_named("Korea") is None
    (True, True)
    """
    text = " ".join(name.split())
    by_code = area_of(text.upper() if len(text) <= 3 else text)
    if by_code.kind == "country":
        return by_code
    wanted = text.casefold()
    countries = {area.name.casefold(): area for area in _known().values() if area.kind == "country"}
    longer = [
        area for known, area in countries.items() if wanted and known.startswith((f"{wanted} (", f"{wanted} of "))
    ]
    return countries.get(wanted) or (longer[0] if len(longer) == 1 else None)


def country_names() -> list[str]:
    """English names of all countries."""
    return sorted({area.name for area in _known().values() if area.kind == "country"})


def areas_of(codes: Iterable[str]) -> dict[str, Area]:
    """Area of each code."""
    return {code: area_of(code) for code in codes}


@cache
def _known() -> dict[str, Area]:
    found = {}
    for row in _rows("areas.csv"):
        area = Area(row["code"], row["name"], cast("Kind", row["kind"]), row["of"], row["name_fr"], row["name_es"])
        found[row["code"]] = area
        if row["iso2"]:
            found[row["iso2"]] = area
    countries = {**found, **{alias: found[code] for alias, code in _aliases().items() if code in found}}
    for row in _rows("nuts.csv"):
        found[row["code"]] = Area(row["code"], row["name"], "nuts", countries[row["code"][:2]].code)
    return found


@cache
def _aliases() -> dict[str, str]:
    return {row["alias"]: row["code"] for row in _rows("area_aliases.csv")}


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
