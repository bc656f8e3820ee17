"""Words of the room: stages of justice, what a case file says, what was noticed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from kyoto.core.errors import KyotoError, did_you_mean
from kyoto.core.findings import Finding

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LEAST_CASES", "STAGES", "CaseFile", "Finding", "StageFile", "Unit"]

Unit = Literal["case", "person"]
"""What is followed through the files of several agencies: every case, or each person from the first one."""

STAGES: Final = ("recorded", "solved", "charged", "convicted", "sentenced", "admitted", "released")
"""Stages of a case in order; a project names those it has, and may name others."""

LEAST_CASES: Final = 10
"""A group of fewer cases gives no breakdown."""


@dataclass(frozen=True, slots=True, eq=False)
class CaseFile:
    """Cases with the day on which each reached each stage.

    Parameters
    ----------
    days
        One column a stage, in order: days since 1970, missing where the case has not reached it; one row a case.
    groups
        Disaggregations of the cases, text, ``_U`` where unknown.
    until
        Last day that the file covers.
    rejected
        Cases left out, by reason.
    findings
        What was put right.
    keys
        Key of each case, the same in every release (0 to 2**32 - 1), for disclosure control; None if not asked for.
    """

    days: pd.DataFrame
    groups: pd.DataFrame
    until: int
    rejected: dict[str, int]
    findings: tuple[Finding, ...] = ()
    keys: Any = None

    @property
    def stages(self) -> tuple[str, ...]:
        """Names of the stages."""
        return tuple(self.days.columns)

    @property
    def rows_in(self) -> int:
        """Rows of the file: cases and rejected ones."""
        return len(self.days) + sum(self.rejected.values())

    def require_order(self, begin: str, end: str) -> None:
        """Raise for stages that the cases lack, or of which the second does not come after the first.

        Raises
        ------
        KyotoError
            ``flow.unknown-stage``, ``flow.wrong-order``.
        """
        for name in (begin, end):
            if name not in self.stages:
                hint = did_you_mean(name, self.stages)
                raise KyotoError(f"No stage {name!r}", code="flow.unknown-stage", hint=hint)
        if self.stages.index(begin) >= self.stages.index(end):
            raise KyotoError(
                f"{end} does not come after {begin}",
                code="flow.wrong-order",
                expected=" before ".join(self.stages),
                hint="Exchange --since and --to, or give the stages in their order.",
            )

    def facts(self) -> dict[str, Any]:
        """What became of the rows."""
        return {"rows": self.rows_in, "cases": len(self.days), "rejected": dict(self.rejected)}


@dataclass(frozen=True, slots=True)
class StageFile:
    """The file of a stage.

    Parameters
    ----------
    stage
        Its name.
    path
        CSV, Excel or Parquet, one row a record.
    identifier
        Column of the record's identifier: that of the linkage, or a number that all agencies use for a case.
    date
        Column of the day.
    link
        Name of the file in the linkage; empty where the identifiers are shared.
    """

    stage: str
    path: Path
    identifier: str
    date: str
    link: str = ""
