"""Which format a client gets: by its ``Accept`` header, or by the parameter ``format``.

Source: RFC 9110, section 12.5.1; SDMX REST, content negotiation (versions may be given as semantic ranges).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from kyoto.portal.sdmx.problems import not_acceptable
from kyoto.statistics.exchange.sdmx.formats import MessageFormat

__all__ = ["Chosen", "choose_format", "version_matches"]

_ALIASES: Final = {
    "application/xml": "+xml",
    "text/xml": "+xml",
    "application/json": "+json",
    "text/json": "+json",
    "text/csv": "+csv",
    "application/csv": "+csv",
}
_SHORT: Final = {
    "xml": "+xml",
    "sdmx-ml": "+xml",
    "json": "+json",
    "sdmx-json": "+json",
    "jsondata": "+json",
    "csv": "+csv",
    "sdmx-csv": "+csv",
    "csvdata": "+csv",
    "genericdata": "genericdata+xml",
    "structurespecificdata": "structurespecificdata+xml",
    "structure": ".structure+xml",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A format and the parameters that the client gave with it.

    Parameters
    ----------
    format
        The format.
    parameters
        Of its media type, such as ``labels`` of SDMX-CSV.
    """

    format: MessageFormat
    parameters: Mapping[str, str] = field(default_factory=dict)


def choose_format(accept: str, wanted: str, known: Mapping[str, MessageFormat], order: tuple[str, ...]) -> Chosen:
    """Choose the format of an answer.

    Parameters
    ----------
    accept
        The ``Accept`` header; empty if there is none.
    wanted
        The parameter ``format``: a name of ours, a short name or a media type; empty if there is none. It goes before
        the header.
    known
        Formats of this resource.
    order
        Their names, the default first; where several fit, the first one wins.

    Raises
    ------
    SdmxProblem
        406.

    Examples
    --------
    >>> from kyoto.statistics.exchange.sdmx.formats import DATA_FORMATS
    >>> choose_format("text/csv;q=0.8, */*;q=0.1", "", DATA_FORMATS, tuple(DATA_FORMATS)).format.name
    'sdmx-csv-2.0'
    """
    formats = [known[name] for name in order]
    if wanted:
        if wanted in known:
            return Chosen(known[wanted])
        accept = _SHORT.get(wanted.lower(), wanted)
    for media, parameters in _ranges(accept):
        for entry in formats:
            if _fits(media, parameters.get("version", ""), entry):
                return Chosen(entry, parameters)
    raise not_acceptable(wanted or accept, ", ".join(entry.media_type for entry in formats))


def version_matches(asked: str, actual: str) -> bool:
    """Whether a version is among those asked for; missing parts are zero, ``+`` allows later ones.

    Examples
    --------
    >>> version_matches("1.0", "1.0.0"), version_matches("1+.0", "1.2.0"), version_matches("2.0.0", "1.0.0")
    (True, True, False)
    """
    if asked in ("", "*", "all", "latest", "+", "~"):
        return True
    found = re.fullmatch(r"(\d{1,9})(\+)?(?:\.(\d{1,9})(\+)?)?(?:\.(\d{1,9})(\+)?)?", asked)
    if found is None:
        return False
    numbers = [int(found[n] or 0) for n in (1, 3, 5)]
    given = [int(part) for part in actual.split(".")]
    given += [0] * (3 - len(given))
    open_at = next((place for place, n in enumerate((2, 4, 6)) if found[n]), None)
    if open_at is None:
        return numbers == given
    return given[:open_at] == numbers[:open_at] and given >= numbers


def _fits(media: str, version: str, entry: MessageFormat) -> bool:
    name, _, actual = entry.media_type.partition(";version=")
    if media in ("*/*", "application/*"):
        return True
    ending = _ALIASES.get(media) or (media if media in _SHORT.values() else None)
    if ending is not None:
        return name.endswith(ending)
    return media == name and version_matches(version, actual)


def _ranges(accept: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Media types of a header with their parameters, the most wanted first; those with q=0 are left out."""
    found = []
    for place, text in enumerate((accept or "*/*").split(",")[:50]):
        media, *rest = (part.strip() for part in text.split(";"))
        pairs = (part.partition("=") for part in rest)
        parameters = {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
        try:
            weight = float(parameters.pop("q", "1"))
        except ValueError:
            weight = 0.0
        if weight > 0:
            found.append((-weight, place, media.lower(), parameters))
    for _, _, media, parameters in sorted(found, key=lambda entry: entry[:2]):
        yield media, parameters
