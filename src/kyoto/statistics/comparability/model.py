"""What a comparison is made of: one definition a source and area, one verdict a pair."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Comparison", "Coverage", "Definition", "LinkUse", "Pair", "Place", "Verdict", "spans"]

Verdict = Literal["comparable", "with caution", "not comparable"]
Coverage = Literal["fully", "mixed", "partly", "none"]
"""How a source covers a class.

``fully``: all that belongs to it and nothing else; ``mixed``: also what belongs to other classes; ``partly``: not all
of it; ``none``: no national category leads to it or to a class below it.
"""
Place = Literal["at", "below", "above"]

_WIDTH = 110


@dataclass(frozen=True, slots=True)
class LinkUse:
    """One row of a correspondence table that stands behind a class.

    Parameters
    ----------
    national_code, title
        The national category.
    iccs
        Class it leads to.
    match
        Match quality of the row.
    place
        Whether that class is the one compared, one below it, or one above it (which may then hold part of it).
    note
        What the table says about the row.
    years
        Years in which records came by this row; empty where none did.
    """

    national_code: str
    title: str
    iccs: str
    match: str
    place: Place
    note: str = ""
    years: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """What one source means by a class, for one area.

    Parameters
    ----------
    source, area
        Where the figures come from and what they are about.
    units
        Counting units of its tables.
    attempts
        ``inside``, ``apart`` or ``excluded``.
    principal_offence
        Whether each unit counts once, under its gravest offence.
    dates
        Concepts that place a record in time.
    years
        Years with records of the class, or below it.
    coverage
        How the class is covered.
    rest_above
        Classes above that hold what is missing; empty where nothing is.
    links
        Rows of the correspondence behind the class.
    notes
        What the project states about the source.
    areas_differ
        Whether the areas of the source count by rules of their own.
    breaks
        Years missing between the first and the last, and breaks that the checks of the build found in the source.
    recomputed
        What was computed from the source's own categories: added up, divided by condition or weight, turned into rates.
    """

    source: str
    area: str
    units: tuple[str, ...]
    attempts: tuple[str, ...]
    principal_offence: bool
    dates: tuple[str, ...]
    years: tuple[int, ...]
    coverage: Coverage
    rest_above: tuple[str, ...]
    links: tuple[LinkUse, ...]
    notes: tuple[str, ...] = ()
    areas_differ: bool = False
    breaks: tuple[str, ...] = ()
    recomputed: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Name to read: the area, or the source where no area is known."""
        return self.source if self.area.startswith("_") else f"{self.area} ({self.source})"

    @property
    def covered(self) -> str:
        """Coverage in words."""
        words = {
            "fully": "fully",
            "mixed": "mixed: holds offences of other classes too",
            "partly": "partly",
            "none": "not at all",
        }[self.coverage]
        return f"{words}; part of it stands in {', '.join(self.rest_above)}" if self.rest_above else words


@dataclass(frozen=True, slots=True)
class Pair:
    """Verdict on two definitions.

    Parameters
    ----------
    left, right
        Labels of the definitions.
    verdict
        Whether their figures may stand side by side.
    reasons
        Why not, or what to mind; empty only for *comparable*.
    """

    left: str
    right: str
    verdict: Verdict
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One ICCS class in several sources.

    Parameters
    ----------
    iccs, title
        The class.
    definitions
        One a source and area, in the order of the project file.
    """

    iccs: str
    title: str
    definitions: tuple[Definition, ...]

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Verdict on every pair of the definitions; judged when asked for, because they grow with the square."""
        from kyoto.statistics.comparability.judging import judged

        return tuple(judged(left, right) for left, right in combinations(self.definitions, 2))

    def of(self, areas: Iterable[str]) -> Comparison:
        """The same class in some of the areas only."""
        wanted = set(areas)
        return replace(self, definitions=tuple(each for each in self.definitions if each.area in wanted))

    def tidy(self) -> pd.DataFrame:
        """One row a pair: ``iccs``, ``left``, ``right``, ``verdict``, ``reasons`` (joined by semicolons)."""
        import pandas as pd

        rows = [(self.iccs, pair.left, pair.right, pair.verdict, "; ".join(pair.reasons)) for pair in self.pairs]
        return pd.DataFrame(rows, columns=["iccs", "left", "right", "verdict", "reasons"])

    def definitions_frame(self) -> pd.DataFrame:
        """One row a definition, with lists joined by semicolons."""
        import pandas as pd

        rows = [
            {
                "iccs": self.iccs,
                "source": each.source,
                "area": each.area,
                "unit": "; ".join(each.units),
                "attempts": "; ".join(each.attempts),
                "principal_offence": each.principal_offence,
                "date": "; ".join(each.dates),
                "years": spans(each.years),
                "coverage": each.coverage,
                "rest_above": "; ".join(each.rest_above),
                "breaks": "; ".join(each.breaks),
                "recomputed": "; ".join(each.recomputed),
                "national": "; ".join(f"{link.national_code} ({link.match})" for link in each.links),
            }
            for each in self.definitions
        ]
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """Text for a terminal: each definition, then each verdict with its reasons."""
        lines = [f"{self.iccs} {self.title}", ""]
        for definition in self.definitions:
            lines += [*_described(definition), ""]
        width = max((len(f"{pair.left} – {pair.right}") for pair in self.pairs), default=0)
        for pair in self.pairs:
            lines.append(f"{f'{pair.left} – {pair.right}':<{width}}  {pair.verdict.upper()}")
            lines += [text for reason in pair.reasons for text in _wrapped(reason, "    - ")]
        return "\n".join(lines)


def spans(years: tuple[int, ...]) -> str:
    """Years as ranges.

    Examples
    --------
    >>> spans((2012, 2013, 2014, 2016))
    '2012–2014, 2016'
    """
    parts: list[list[int]] = []
    for year in sorted(years):
        if parts and year == parts[-1][-1] + 1:
            parts[-1].append(year)
        else:
            parts.append([year])
    return ", ".join(f"{part[0]}–{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)


def _described(definition: Definition) -> list[str]:
    gravest = "the gravest offence of each only" if definition.principal_offence else "every one"
    rule = f"{' or '.join(definition.units)}, {gravest}, attempts {' or '.join(definition.attempts)}"
    lines = [
        definition.label,
        f"  counts    {rule}",
        f"  years     {spans(definition.years) or 'no records'}",
        f"  covered   {definition.covered}",
    ]
    for link in definition.links:
        years = spans(link.years)
        shown = f"{link.iccs:<6}  {link.match:<8}  {link.national_code}" + (f", {years}" if years else ", no records")
        text = f"{shown}. {link.note}" if link.note else shown
        lines += _wrapped(text, f"  {link.place:<8}  ")
    told = {"computed": definition.recomputed, "break": definition.breaks, "note": definition.notes}
    for name, texts in told.items():
        for text in texts:
            lines += _wrapped(text, f"  {name:<10}")
    return lines


def _wrapped(text: str, start: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=start, subsequent_indent=" " * len(start))
