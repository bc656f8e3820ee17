"""What the checks of one source work on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kyoto.statistics.quality.examples import ExampleFinder
from kyoto.statistics.quality.profile import SourceProfile, profile_source
from kyoto.statistics.quality.settings import QualitySettings
from kyoto.statistics.units import COUNTING_UNITS

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import Engine

__all__ = ["Subject"]

_OWN_IDENTIFIER = ("incident", "offence", "victim", "household", "case", "person")


@dataclass(frozen=True, slots=True)
class Subject:
    """One source with everything the checks need to know.

    Parameters
    ----------
    engine
        Where the records are.
    name
        Of the source.
    records
        Its counted records.
    facts
        Of its step in the manifest.
    profile
        Its variables.
    examples
        Finder of example records.
    settings
        Thresholds.
    """

    engine: Engine
    name: str
    records: ir.Table
    facts: Mapping[str, Any]
    profile: SourceProfile
    examples: ExampleFinder
    settings: QualitySettings

    @classmethod
    def of(
        cls, engine: Engine, name: str, records: ir.Table, facts: Mapping[str, Any], settings: QualitySettings
    ) -> Subject:
        """Look at the records once and keep what was seen."""
        finder = ExampleFinder.of(engine, records, facts)
        # a filter that every record passes would double the cost of a pass
        filtered = "rejected" in records.columns and facts.get("rows_rejected") != 0
        counted = records.filter(records.rejected.isnull()) if filtered else records
        return cls(engine, name, counted, facts, profile_source(engine, counted), finder, settings)

    @property
    def unit(self) -> str:
        """Counting unit."""
        return str(self.facts.get("unit", ""))

    @property
    def counts_already(self) -> bool:
        """Whether rows are counts."""
        return "count" in self.records.columns

    @property
    def identifier(self) -> str | None:
        """Variable that should stand once in each record of this source; None if there is none."""
        own = [COUNTING_UNITS[self.unit]] if self.unit in _OWN_IDENTIFIER else []
        return next((name for name in ("id", *own) if name in self.records.columns), None)
