"""The concept vocabulary: the standard names that columns of a source are mapped to, declared as data.

Event, victim and perpetrator variables follow UNODC (2015), International Classification of Crime for Statistical
Purposes 1.0, Table A and Tables II to V; ``iccs_variable`` is the standard's tag (``SV``, ``We``, ...).
A concept may also be the user's own: any snake_case name with a ``kind``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

__all__ = ["CONCEPTS", "KINDS", "RESERVED", "Concept", "Kind", "concept", "is_own_name"]

Kind = Literal[
    "identifier", "code", "text", "whole", "decimal", "count", "date", "period", "time", "longitude", "latitude"
]
"""What a cell of a concept holds.

``identifier``: text that names a unit; ``code``: a short text from a list; ``text``: free text; ``whole``,
``decimal``: numbers; ``count``: how many units the row stands for; ``date``: a day, with the time of day where the
source has it; ``period``: an ISO 8601 year, quarter, month, week or day as text; ``time``: time of day ``HH:MM``;
``longitude``, ``latitude``: degrees.
"""

KINDS: tuple[str, ...] = get_args(Kind)

RESERVED = ("file", "link", "rejected", "rejected_values", "record_key")
"""Columns of the records that no concept may be named after."""


@dataclass(frozen=True, slots=True)
class Concept:
    """One entry of the vocabulary.

    Parameters
    ----------
    name
        Standard name, the key in ``[sources.x.columns]``.
    kind
        One of :data:`KINDS`.
    description
        What it holds.
    iccs_variable
        Tag of the ICCS disaggregating variable, or empty.
    minimum, maximum
        Range outside which a number is impossible, both ends possible; None for none.
    """

    name: str
    kind: Kind
    description: str
    iccs_variable: str = ""
    minimum: float | None = None
    maximum: float | None = None


_AGE = (0.0, 120.0)

_LIST: tuple[Concept, ...] = (
    # identifiers
    Concept("id", "identifier", "Identifier of the row's own unit"),
    Concept("incident_id", "identifier", "Identifier of the incident"),
    Concept("offence_id", "identifier", "Identifier of the offence"),
    Concept("case_id", "identifier", "Identifier of the case or proceeding"),
    Concept("person_id", "identifier", "Identifier of the person the row is about"),
    Concept("victim_id", "identifier", "Identifier of the victim"),
    Concept("suspect_id", "identifier", "Identifier of the suspect or perpetrator"),
    Concept("arrest_id", "identifier", "Identifier of the arrest"),
    Concept("household_id", "identifier", "Identifier of the household"),
    # what happened
    Concept("offence", "code", "National offence code or title; coded to ICCS by a correspondence table"),
    Concept("iccs", "code", "ICCS code, where the source has it already"),
    Concept("attempted", "code", "Whether the crime was attempted (1) or completed (2)", "At"),
    Concept("count", "count", "How many units the row stands for, where rows are already counts"),
    # when
    Concept("date", "date", "Date of the row, where the source has one date only"),
    Concept("occurred", "date", "When the crime happened, or its start"),
    Concept("occurred_end", "date", "Latest moment at which the crime can have happened"),
    Concept("reported", "date", "When it was reported to the authority"),
    Concept("recorded", "date", "When the authority recorded it"),
    Concept("arrested", "date", "When the person was arrested or brought into formal contact"),
    Concept("prosecuted", "date", "When prosecution began"),
    Concept("convicted", "date", "When the person was convicted"),
    Concept("admitted", "date", "When the person was admitted to prison or another measure"),
    Concept("released", "date", "When the person was released"),
    Concept("period", "period", "Year, quarter, month, week or day that the row belongs to"),
    Concept("time", "time", "Time of day, or its start"),
    Concept("time_end", "time", "Latest time of day"),
    Concept("hour", "whole", "Hour of the day, 0 to 23", "", 0, 23),
    # where
    Concept("area", "code", "Area of the figures: country or other area of publication"),
    Concept("region", "code", "Part of the area: region, district, beat, statistical zone"),
    Concept("place", "text", "Address or name of the place"),
    Concept("longitude", "longitude", "Longitude in degrees (WGS 84)", "", -180, 180),
    Concept("latitude", "latitude", "Latitude in degrees (WGS 84)", "", -90, 90),
    # the person the row is about
    Concept("sex", "code", "Sex of the person the row is about: M, F"),
    Concept("age", "whole", "Age in completed years of the person the row is about", "", *_AGE),
    Concept("age_group", "code", "Age group, where the source has groups only"),
    Concept("birth", "date", "Date of birth of the person the row is about"),
    Concept("citizenship", "code", "Citizenship of the person the row is about"),
    Concept("legal_status", "code", "Status in proceedings, such as sentenced or unsentenced"),
    # event variables
    Concept("situation_context", "code", "Situational context: organized crime, gang, family, terrorism ...", "SiC"),
    Concept("geographic_location", "code", "Geographical location: division of the country, extraterritorial", "Geo"),
    Concept("reported_by", "code", "Who reported the crime", "Rep"),
    Concept("weapon", "code", "Type of weapon used", "We"),
    Concept("location_type", "code", "Type of location of the crime", "Lo"),
    Concept("motive", "code", "Motive", "Mot"),
    Concept("cybercrime", "code", "Whether the crime is cybercrime-related", "Cy"),
    # inclusions
    Concept("threat", "code", "Threats included", "Th"),
    Concept("aiding", "code", "Aiding, abetting, accessory included", "AA"),
    Concept("accomplice", "code", "Accomplice included", "Ac"),
    Concept("conspiracy", "code", "Conspiracy or planning included", "CP"),
    Concept("incitement", "code", "Incitement to commit crime included", "In"),
    # victim
    Concept("victim_sex", "code", "Sex of the victim: M, F", "SV"),
    Concept("victim_age", "whole", "Age of the victim in completed years", "AV", *_AGE),
    Concept("victim_age_group", "code", "Age group of the victim, where the source has groups only", "AV"),
    Concept("victim_minor", "code", "Whether the victim is a minor (1) or an adult (2)", "STV"),
    Concept("victim_relationship", "code", "Relationship of the victim to the perpetrator", "ViP"),
    Concept("victim_citizenship", "code", "Citizenship of the victim", "Cit"),
    Concept("victim_legal_status", "code", "Legal status of the victim: natural person, legal entity", "LS"),
    Concept("victim_intoxication", "code", "Intoxication of the victim", "Int"),
    Concept("victim_economic_sector", "code", "Economic sector of a business victim", "ES"),
    # perpetrator
    Concept("perpetrator_sex", "code", "Sex of the perpetrator: M, F", "SP"),
    Concept("perpetrator_age", "whole", "Age of the perpetrator in completed years", "AP", *_AGE),
    Concept("perpetrator_age_group", "code", "Age group of the perpetrator, where the source has groups only", "AP"),
    Concept("perpetrator_minor", "code", "Whether the perpetrator is a minor (1) or an adult (2)", "STP"),
    Concept("perpetrator_relationship", "code", "Relationship of the perpetrator to the victim", "ViP"),
    Concept("perpetrator_citizenship", "code", "Citizenship of the perpetrator", "Cit"),
    Concept("perpetrator_legal_status", "code", "Legal status of the perpetrator", "LS"),
    Concept("perpetrator_intoxication", "code", "Intoxication of the perpetrator", "Int"),
    Concept("perpetrator_economic_activity", "code", "Economic activity status of the perpetrator", "EASt"),
    Concept("perpetrator_repeat", "code", "Repeat offender or recidivist", "Rec"),
    # intentional homicide only
    Concept("homicide_context", "code", "Situational context of intentional homicide", "HomSiC"),
    Concept("homicide_relationship", "code", "Relationship of victim and perpetrator of homicide", "HomRel"),
    Concept("homicide_mechanism", "code", "Mechanism of killing", "HomMech"),
)

CONCEPTS: dict[str, Concept] = {entry.name: entry for entry in _LIST}
"""The vocabulary by name, in the order of the reference page."""


def concept(name: str, kind: Kind | None = None) -> Concept | None:
    """Concept of a name: the standard one, or the user's own where a kind is given.

    Parameters
    ----------
    name
        Name in the project file.
    kind
        Kind that the user states; it overrides that of the vocabulary.

    Returns
    -------
    Concept or None
        None where the name is neither in the vocabulary nor the user's own.

    Examples
    --------
    >>> concept("victim_sex").iccs_variable
    'SV'
    >>> concept("bias_motive", "code").kind
    'code'
    >>> concept("bias_motive") is None
    True
    """
    known = CONCEPTS.get(name)
    if known is not None:
        if kind is None or kind == known.kind:
            return known
        return Concept(name, kind, known.description, known.iccs_variable)
    if kind is not None and is_own_name(name):
        return Concept(name, kind, "Own variable of the project")
    return None


def is_own_name(name: str, reserved: Iterable[str] = RESERVED) -> bool:
    """Report whether a name may be given to an own variable: snake_case, not a column of the records.

    Examples
    --------
    >>> is_own_name("bias_motive"), is_own_name("Bias"), is_own_name("link")
    (True, False, False)
    """
    return re.fullmatch(r"[a-z][a-z0-9_]*", name) is not None and name not in reserved
