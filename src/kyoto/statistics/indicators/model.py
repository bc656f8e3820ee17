"""What an indicator is: declared, without behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kyoto.statistics.tables.model import Dimension, TableSpec

__all__ = [
    "SOURCE_TYPES",
    "Count",
    "Denominator",
    "Households",
    "Indicator",
    "IndicatorSettings",
    "Persons",
    "Plan",
    "PlannedSource",
    "SourceType",
]

SourceType = Literal["administrative", "survey", "estimation", "policy review"]
SOURCE_TYPES: tuple[str, ...] = get_args(SourceType)


@dataclass(frozen=True, slots=True)
class Count:
    """What is counted.

    Parameters
    ----------
    unit
        Counting unit.
    iccs
        ICCS classes; each stands for its branch. Empty for every record.
    sex
        ``F`` or ``M`` to count these persons alone; ``_T`` for all.
    where
        Conditions that say the same with different concepts; the first that a source can decide is used. Empty for
        none.
    attempts
        ``inside``, or ``excluded`` to leave attempts out.
    """

    unit: str
    iccs: tuple[str, ...] = ()
    sex: str = "_T"
    where: tuple[str, ...] = ()
    attempts: str = "inside"


@dataclass(frozen=True, slots=True)
class Persons:
    """Population of a sex and age group as the denominator; ``_T`` for all."""

    sex: str = "_T"
    age: str = "_T"


@dataclass(frozen=True, slots=True)
class Households:
    """Number of households as the denominator."""


Denominator: TypeAlias = Count | Persons | Households


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator, of the registry or of a project.

    Parameters
    ----------
    code
        Code of the global framework (``16.1.1``) or a name (``theft_rate``).
    title
        What it says.
    numerator
        What is counted; None where records cannot serve it, and ``needs`` says what would.
    denominator
        What the count is set against; None for a plain count, or where there is no numerator.
    multiplier
        Of the ratio: 100 for a percentage, 100000 for a rate per 100 000.
    unit
        Unit of the figures.
    by
        Disaggregations that are computed where a source has them.
    disaggregations
        Disaggregations that the indicator's custodian asks for, in words.
    iccs
        ICCS classes that it concerns, where it is not computed.
    custodian
        Organizations responsible for it.
    series
        SDG series codes.
    source_type
        One of :data:`SOURCE_TYPES`.
    needs
        What it takes, where records cannot serve it.
    note
        What to know about the figures.
    own
        Whether the project declares it.
    """

    code: str
    title: str
    numerator: Count | None = None
    denominator: Denominator | None = None
    multiplier: float = 1.0
    unit: str = ""
    by: tuple[Dimension, ...] = ()
    disaggregations: tuple[str, ...] = ()
    iccs: tuple[str, ...] = ()
    custodian: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    source_type: str = "administrative"
    needs: str = ""
    note: str = ""
    own: bool = False

    @property
    def computed(self) -> bool:
        """Whether records can serve it."""
        return self.numerator is not None


@dataclass(frozen=True, slots=True)
class IndicatorSettings:
    """Section ``[indicators]`` of a project.

    Parameters
    ----------
    use
        Indicators to compute, in the user's order.
    by
        Disaggregations that replace those of the indicators; None to keep them.
    sources
        Source that serves an indicator, by code, where the user chose one.
    given
        File of figures that come from elsewhere; None for none.
    households
        File of numbers of households, in the form of a population file; None for none.
    """

    use: tuple[Indicator, ...] = ()
    by: tuple[Dimension, ...] | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    given: str | None = None
    households: str | None = None


class _Mapped(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def correspondence(self) -> str: ...


class PlannedSource(Protocol):
    """What planning must know of a source; the descriptions of the project file fit."""

    @property
    def name(self) -> str:
        """Name of the source."""

    @property
    def unit(self) -> str:
        """Counting unit of its rows."""

    @property
    def columns(self) -> Sequence[_Mapped]:
        """Concepts it maps, each with its ``name`` and the ``correspondence`` that codes it to ICCS."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How an indicator is computed, or why it is not.

    Parameters
    ----------
    indicator
        The indicator.
    tables
        Counting rules: the numerator, then the denominator where it is a count. Empty where it cannot be computed.
    reason
        Why it cannot be computed; empty where it can.
    note
        What to know about the choice of source and of disaggregations.
    """

    indicator: Indicator
    tables: tuple[TableSpec, ...] = ()
    reason: str = ""
    note: str = ""

    @property
    def possible(self) -> bool:
        """Whether there is something to count."""
        return bool(self.tables)
