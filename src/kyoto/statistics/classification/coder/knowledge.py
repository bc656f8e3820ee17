"""What the coder knows: phrases that name a class, each with its origin.

Titles and index of the standard, the legal terms of the thesaurus, the titles of national categories in the
correspondence tables that come with Kyoto and, if the user gives a copy, the inclusions of the standard.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kyoto.core.errors import KyotoError, did_you_mean
from kyoto.statistics.classification.coder.thesaurus import terms
from kyoto.statistics.classification.correspondences import correspondence, known_correspondences
from kyoto.statistics.classification.iccs import iccs

__all__ = ["Phrase", "areas_with_tables", "country_of", "labelled_titles", "left_out", "phrases"]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that name a class.

    Parameters
    ----------
    text
        The words.
    code
        The class.
    origin
        ``title``, ``index``, ``term``, ``table`` or ``text``.
    country
        ISO 3166-1 alpha-2 code of the country of a table; empty for the rest.
    """

    text: str
    code: str
    origin: str
    country: str = ""


def phrases(leave_out: Collection[str] = (), *, texts: Path | None = None, thesaurus: bool = True) -> Iterator[Phrase]:
    """Everything there is to compare a title with.

    Parameters
    ----------
    leave_out
        Countries whose tables are not used.
    texts
        The user's copy of definitions and inclusions of the standard.
    thesaurus
        Whether the legal terms of the thesaurus take part.
    """
    classification = iccs().with_texts(texts) if texts else iccs()
    for category in classification:
        yield Phrase(category.title, category.code, "title")
        yield Phrase(category.title_es, category.code, "title")
        explained = classification.texts(category.code)
        for inclusion in explained.inclusions if explained else ():
            if not inclusion.casefold().startswith("apply all"):
                yield Phrase(inclusion, category.code, "text")
    for entry in classification.index:
        yield Phrase(entry.term, entry.code, "index")
    for term in terms() if thesaurus else ():
        yield Phrase(term.text, term.code, "term")
    for country in areas_with_tables():
        if country not in leave_out:
            for title, codes in labelled_titles(country).items():
                for code in sorted(codes):
                    yield Phrase(title, code, "table", country)


def country_of(area: str) -> str:
    """Country of an area code: ``US-NY`` is in ``US``.

    Examples
    --------
    >>> country_of("US-NY")
    'US'
    """
    return area.split("-", 1)[0].upper()


@cache
def _tables() -> dict[str, tuple[str, ...]]:
    """Names of the tables that come with Kyoto, by country; ICCS itself belongs to none."""
    found: dict[str, tuple[str, ...]] = {}
    for known in known_correspondences():
        if known.area:
            country = country_of(known.area)
            found[country] = (*found.get(country, ()), known.name)
    return dict(sorted(found.items()))


def areas_with_tables() -> tuple[str, ...]:
    """Countries for which Kyoto has correspondence tables.

    Examples
    --------
    >>> "US" in areas_with_tables()
    True
    """
    return tuple(_tables())


@cache
def labelled_titles(country: str, table: str | None = None) -> dict[str, frozenset[str]]:
    """Titles of national categories with the classes that the tables of a country link them to.

    Parameters
    ----------
    country
        One of :func:`areas_with_tables`.
    table
        One table of it; all of them if not given.

    Returns
    -------
    dict
        Title to codes. A title with several links has all their codes; titles outside ICCS are not in it.
    """
    found: dict[str, set[str]] = {}
    for name in (table,) if table else _tables()[country]:
        for link in correspondence(name).links:
            if link.iccs_code and link.match != "none":
                for title in link.titles:
                    found.setdefault(title, set()).add(link.iccs_code)
    return {title: frozenset(codes) for title, codes in found.items()}


def left_out(areas: Collection[str]) -> tuple[str, ...]:
    """Countries that the user wants left out, checked.

    Parameters
    ----------
    areas
        ISO 3166 codes of countries or of their parts, or names of correspondence tables.

    Returns
    -------
    tuple of str
        Countries, sorted.

    Raises
    ------
    KyotoError
        ``coder.unknown-country``: Kyoto has no table of that country.
    """
    owners = {name: country for country, names in _tables().items() for name in names}
    found = set()
    for area in areas:
        country = owners.get(area.casefold(), country_of(area))
        if country not in _tables():
            raise KyotoError(
                f"Kyoto has no correspondence table of {area!r} to leave out",
                code="coder.unknown-country",
                expected="an ISO 3166 code of a country, or the name of a table",
                got=repr(area),
                hint=did_you_mean(area, [*_tables(), *owners]),
            )
        found.add(country)
    return tuple(sorted(found))
