"""The small tables that records are joined with: spellings of national codes, and what they become.

A *plan* is a list of conditions that several codes share. Records branch over the distinct plans of a correspondence,
never over its codes, so a table of 3,000 codes that split attempts has one branch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from kyoto.statistics.classification.iccs import iccs
from kyoto.statistics.classification.model import Correspondence, Link
from kyoto.statistics.conditions import Condition, parse_condition

__all__ = ["NO_LINK", "UNMAPPED", "Alternative", "Lookup", "Pattern", "alternatives", "pattern_of"]

UNMAPPED = "_U"
NO_LINK = -1  # stands for null: Spark reads a null among integers of a small table as not-a-number


@dataclass(frozen=True, slots=True)
class Alternative:
    """What one national code becomes when one condition holds.

    Parameters
    ----------
    condition
        When it holds; empty for always, or for the rest.
    links
        Link numbers: one, or several that share the code by weight.
    iccs
        What records get: the class, or the deepest class that holds all weighted targets, or ``_Z`` or ``_U``.
    """

    condition: str
    links: tuple[int, ...]
    iccs: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A wildcard code, ready to be matched.

    Parameters
    ----------
    code
        The national code with its ``*``.
    regex
        Regular expression that matches a whole code.
    like
        The same as an SQL LIKE pattern; empty where the code holds characters that LIKE reads as wildcards.
    literals
        Characters that are fixed: the more, the more specific.
    """

    code: str
    regex: str
    like: str
    literals: int


def alternatives(correspondence: Correspondence, national_code: str) -> tuple[Alternative, ...]:
    """Alternatives of a national code in the order in which they are tried; the rest stands last.

    Examples
    --------
    >>> from kyoto.statistics.classification import correspondence
    >>> [(a.condition, a.iccs) for a in alternatives(correspondence("de-pks"), "010000")]
    [('attempted', '0102'), ('', '0101')]
    """
    by_condition: dict[str, list[int]] = {}
    for number in correspondence.groups[national_code]:
        by_condition.setdefault(correspondence.links[number].condition, []).append(number)
    ordered = sorted(by_condition.items(), key=lambda item: item[0] == "")
    return tuple(
        Alternative(condition, tuple(numbers), _target([correspondence.links[number] for number in numbers]))
        for condition, numbers in ordered
    )


def pattern_of(code: str) -> Pattern:
    """Pattern of a wildcard code: ``*`` is any one character, at the end any rest.

    Examples
    --------
    >>> pattern_of("326*00").like, pattern_of("09*").like
    ('326_00', '09%')
    """
    body, rest = (code[:-1], True) if code.endswith("*") else (code, False)
    regex = "".join("." if character == "*" else re.escape(character) for character in body)
    plain = not any(character in code for character in "%_\\")
    like = body.replace("*", "_") + ("%" if rest else "")
    return Pattern(
        code=code,
        regex=f"^{regex}{'.*' if rest else ''}$",
        like=like if plain else "",
        literals=len(code.replace("*", "")),
    )


@dataclass(frozen=True)
class Lookup:
    """Everything that coding needs to know of a correspondence, for records with certain columns.

    Parameters
    ----------
    correspondence
        The table.
    columns
        Columns of the records; a condition that names another one is passed over.
    """

    correspondence: Correspondence
    columns: tuple[str, ...]

    @cached_property
    def fold(self) -> bool:
        """Whether case may be ignored: not where two codes differ by case alone."""
        codes = list(self.correspondence.groups)
        return len({code.casefold() for code in codes}) == len(codes)

    @cached_property
    def slots(self) -> dict[str, int]:
        """Number of each national code."""
        return {code: number for number, code in enumerate(self.correspondence.groups)}

    @cached_property
    def spellings(self) -> dict[str, int]:
        """Slot by spelling: every code, and every title that leads to one code only."""
        codes = {code.strip(): slot for code, slot in self.slots.items()}
        taken = {self._folded(code) for code in codes}
        titles: dict[str, set[tuple[str, int]]] = {}
        for link in self.correspondence.links:
            for title in link.titles:
                titles.setdefault(self._folded(title), set()).add((title, self.slots[link.national_code]))
        free = {
            min(found)[0]: min(found)[1]
            for folded, found in titles.items()
            if folded not in taken and len({slot for _, slot in found}) == 1
        }
        return codes | free

    @cached_property
    def keys(self) -> dict[str, int]:
        """Slot by what an engine may make of a spelling; no key stands twice, so coding never multiplies a record.

        Engines lower a text by the word or by the letter (a final sigma differs), and DuckDB lowers a dotted capital I
        to a plain i.
        """
        if not self.fold:
            return self.spellings
        found: dict[str, int] = {}
        for lower in (str.lower, _lower_by_letter, _lower_without_dot):
            for text, slot in self.spellings.items():
                found.setdefault(lower(text), slot)
        return found

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        """Wildcards, most specific first; those equally specific in the order of the table."""
        found = [pattern_of(code) for code in self.slots if "*" in code]
        return tuple(sorted(found, key=lambda pattern: -pattern.literals))

    @cached_property
    def plans(self) -> tuple[tuple[Condition, ...], ...]:
        """Distinct lists of conditions; the first is empty."""
        return tuple(
            tuple(parse_condition(text) for text in plan)
            for plan in dict.fromkeys([(), *(self._plan(code) for code in self.slots)])
        )

    @cached_property
    def width(self) -> int:
        """Largest number of outcomes that a code has: one a condition, and the rest."""
        return max((len(self._plan(code)) + 1 for code in self.slots), default=1)

    @property
    def classes(self) -> list[str]:
        """Everything that ``iccs`` of a record can become."""
        found = {alternative.iccs for code in self.slots for alternative in alternatives(self.correspondence, code)}
        return sorted(found | {UNMAPPED})

    def outcome(self, code: str) -> dict[str, int | str]:
        """Row of the lookup for a code: its plan, and a link and a class for each alternative."""
        texts = [tuple(condition.text for condition in plan) for plan in self.plans]
        row: dict[str, int | str] = {"plan": texts.index(self._plan(code))}
        chosen = self._usable(code)
        for position in range(self.width):
            known = position < len(chosen)
            row[f"link_{position}"] = chosen[position].links[0] if known else NO_LINK
            row[f"iccs_{position}"] = chosen[position].iccs if known else UNMAPPED
        return row

    def find(self, value: str) -> str | None:
        """National code that a value of the records stands for, by spelling or else by the most specific wildcard.

        Examples
        --------
        >>> from kyoto.statistics.classification import correspondence
        >>> Lookup(correspondence("de-pks"), ()).find("326000")
        '326*00'
        """
        slot = self._by_folded.get(self._folded(value))
        if slot is not None:
            return list(self.slots)[slot]
        flags = re.IGNORECASE if self.fold else 0
        fitting = (pattern.code for pattern in self.patterns if re.search(pattern.regex, value.strip(), flags))
        return next(fitting, None)

    @cached_property
    def _by_folded(self) -> dict[str, int]:
        return {self._folded(text): slot for text, slot in self.spellings.items()}

    def _usable(self, code: str) -> tuple[Alternative, ...]:
        return tuple(
            alternative
            for alternative in alternatives(self.correspondence, code)
            if not alternative.condition or not parse_condition(alternative.condition).missing_names(self.columns)
        )

    def _plan(self, code: str) -> tuple[str, ...]:
        return tuple(alternative.condition for alternative in self._usable(code) if alternative.condition)

    def _folded(self, text: str) -> str:
        return text.strip().casefold() if self.fold else text.strip()


def _lower_by_letter(text: str) -> str:
    return "".join(letter.lower() for letter in text)


def _lower_without_dot(text: str) -> str:
    return _lower_by_letter(text.replace("\u0130", "i"))


def _target(links: Iterable[Link]) -> str:
    """Class that records of these links get before weights divide them."""
    observed = [link.observed for link in links]
    if len(set(observed)) == 1:
        return observed[0]
    if any(code not in iccs() for code in observed):
        return UNMAPPED
    shared = iccs().common_ancestor(observed)
    return shared.code if shared else UNMAPPED
