"""What a classification is made of: categories, index terms, variables, and the links of a correspondence table."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

__all__ = [
    "MATCHES",
    "Category",
    "CategoryTexts",
    "Correspondence",
    "Finding",
    "IndexTerm",
    "Link",
    "Match",
    "Variable",
    "VariableValue",
]

Match = Literal["exact", "narrower", "broader", "partial", "none", "unstated"]
"""How well a national category fits its ICCS class.

``exact``: the same; ``narrower``: the national category is a part of the class; ``broader``: it is wider than the
class; ``partial``: they overlap; ``none``: outside ICCS (not a crime, or a total); ``unstated``: the source of the
table does not say.
"""

MATCHES: tuple[str, ...] = get_args(Match)


@dataclass(frozen=True, slots=True)
class Category:
    """One entry of a classification.

    Parameters
    ----------
    code
        Text with its leading zeros: 2, 4, 5 or 6 characters at levels 1 to 4.
    level
        1 (section) to 4.
    parent
        Code of the class above; None for a section.
    title, title_es
        Title in English and in Spanish.
    residual
        Whether it holds what its sisters leave over ("other ...").
    note
        Our editorial note on the printed standard, where there is one.
    """

    code: str
    level: int
    parent: str | None
    title: str
    title_es: str
    residual: bool
    note: str


@dataclass(frozen=True, slots=True)
class CategoryTexts:
    """Explanatory texts of a category, read from the user's own copy of the standard."""

    definition: str
    inclusions: tuple[str, ...]
    exclusions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IndexTerm:
    """One term of the standard's alphabetical index.

    Parameters
    ----------
    term
        Name of an offence.
    code
        Category it belongs to; always one that exists.
    printed
        Code as the published index prints it. It differs from ``code`` where the index is in error.
    note
        Our editorial note on such an error.
    """

    term: str
    code: str
    printed: str
    note: str


@dataclass(frozen=True, slots=True)
class VariableValue:
    """One value of a disaggregating variable; ``observation`` is how published figures write it."""

    code: str
    label: str
    parent: str | None

    @property
    def observation(self) -> str:
        """SDMX's ``_Z`` for "not applicable", ``_U`` for "not known", the code itself for the rest."""
        return {"Not applicable": "_Z", "Not known": "_U"}.get(self.label, self.code)


@dataclass(frozen=True, slots=True)
class Variable:
    """A disaggregating variable of the standard (Tables A and II to V).

    Parameters
    ----------
    code
        The standard's tag, such as ``At`` or ``SV``.
    group
        ``event``, ``victim``, ``perpetrator``, ``data_inclusion`` or ``homicide_only``.
    name
        Name of the variable.
    values
        Its value list, in order; empty where any value goes (date and time).
    note
        Our note on what the standard prints, or on codes that it does not print.
    """

    code: str
    group: str
    name: str
    values: tuple[VariableValue, ...]
    note: str

    def applies_to(self, code: str) -> bool:
        """Whether the variable is meant for a category.

        Attempted/completed does not apply to homicide (ICCS 1.0, Part One III); the homicide-only lists (Tables
        III to V) apply to intentional homicide alone, its situational context optionally to attempts.
        """
        if self.code == "HomSiC":
            return code in ("0101", "0102")
        if self.group == "homicide_only":
            return code == "0101"
        if self.code == "At":
            return not code.startswith(("0101", "0102", "0103"))
        return True


@dataclass(frozen=True, slots=True)
class Link:
    """One row of a correspondence table.

    Parameters
    ----------
    national_code
        Code as it stands in the records. ``*`` stands for any one character; at the end, for any rest.
    national_title
        Title; several spellings are separated by `` | ``, and the records may hold any of them instead of the code.
    national_group
        Chapter of the national classification, to read.
    iccs_code
        Target class; empty where there is none (``none``) or none that is wide enough (``broader``, ``partial``).
    match
        One of :data:`MATCHES`.
    weight
        Share of the national category that belongs to this class, over 0 up to 1; None for all of it.
    condition
        When this link holds (see :mod:`kyoto.statistics.conditions`); empty for always, or for the rest.
    note, source
        What to know about the link, and where it comes from.
    part_of
        National code of a total that already contains this category in published national tables.
    """

    national_code: str
    national_title: str
    national_group: str
    iccs_code: str
    match: str
    weight: float | None = None
    condition: str = ""
    note: str = ""
    source: str = ""
    part_of: str = ""

    @property
    def titles(self) -> tuple[str, ...]:
        """The spellings of the title."""
        return tuple(part.strip() for part in self.national_title.split(" | ") if part.strip())

    @property
    def wildcard(self) -> bool:
        """Whether the code is a pattern."""
        return "*" in self.national_code

    @property
    def observed(self) -> str:
        """What a record gets as ``iccs``: the class, ``_Z`` outside ICCS, ``_U`` where no class is wide enough."""
        return self.iccs_code or ("_Z" if self.match == "none" else "_U")


@dataclass(frozen=True)
class Correspondence:
    """A table that links national offence codes to ICCS.

    Parameters
    ----------
    name
        How a project file names it, for example ``uk-police``.
    title
        What it is, to read.
    area
        ISO 3166 code of where it applies; empty if unknown.
    links
        The rows. A row's position, counted from 0, is its link number in coded records.
    """

    name: str
    title: str
    area: str
    links: tuple[Link, ...]
    file: str = field(default="", compare=False)

    @cached_property
    def groups(self) -> dict[str, tuple[int, ...]]:
        """Link numbers by national code, in the order of the table."""
        found: dict[str, list[int]] = {}
        for number, link in enumerate(self.links):
            found.setdefault(link.national_code, []).append(number)
        return {code: tuple(numbers) for code, numbers in found.items()}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know about a correspondence table.

    Parameters
    ----------
    severity
        ``error`` (the table cannot be used), ``warning`` or ``note``.
    code
        Stable identifier, for example ``correspondence.unknown-iccs``.
    line
        Line in the file (the header is line 1), or None where it concerns the whole table.
    national_code
        The code concerned; empty for the whole table.
    message, hint
        What is so, and what to do about it.
    """

    severity: Literal["error", "warning", "note"]
    code: str
    line: int | None
    national_code: str
    message: str
    hint: str = ""
