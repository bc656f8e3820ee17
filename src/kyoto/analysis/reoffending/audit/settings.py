"""The ``[instrument]`` section of a project file: the audit of a risk or needs instrument as part of a build.

.. code-block:: toml

   [instrument]
   title = "Does the risk score do what it claims?"
   origin = "Probation service, 2019 to 2022"
   file = "scored.csv"           # one row a scored person
   score = "decile"              # higher means more risk
   outcome = "rearrest"          # or "status=arrest"
   cutoff = 5                    # this score and higher ones are flagged
   by = ["sex"]
   time = "days"                 # with window, where not all were followed long enough
   window = 730
   year = "scored"               # year or date of the score, to see drift
   person = "person"             # column of identifiers, if there is one
   threshold = 10
   level = 0.95
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kyoto.core.project import Section

__all__ = ["TABLE", "YEARS", "InstrumentSettings", "read_settings"]

TABLE, YEARS = "instrument-groups", "instrument-years"
"""Names of the protected tables, for files."""


@dataclass(frozen=True, slots=True)
class InstrumentSettings:
    """What the section says.

    Parameters
    ----------
    title, origin
        Heading of the page, and where the data come from.
    file, score, outcome, cutoff
        One row a scored person; column of the score, of the outcome, and the lowest score that is flagged.
    by
        Columns that make the groups.
    time, window, year, person
        Further columns, and the days within which the outcome counts; None where not given.
    threshold, level
        Smallest group with figures, confidence.
    """

    title: str
    origin: str
    file: Path
    score: str
    outcome: str
    cutoff: float
    by: tuple[str, ...]
    time: str | None
    window: float | None
    year: str | None
    person: str
    threshold: int
    level: float

    @property
    def source(self) -> str:
        """What stands under every figure."""
        return self.origin or self.file.name

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the protected tables."""
        return (TABLE, YEARS) if self.year else (TABLE,)


def read_settings(section: Section) -> InstrumentSettings:
    """Settings from a parsed section; problems are recorded in it, not raised.

    Parameters
    ----------
    section
        ``project.section("instrument", problems=problems)``.
    """
    section.require("file", "score", "outcome", "cutoff")
    found = InstrumentSettings(
        title=section.text("title", "Does the instrument do what it claims?"),
        origin=section.text("origin", ""),
        file=section.project.folder / section.text("file", ""),
        score=section.text("score", ""),
        outcome=section.text("outcome", ""),
        cutoff=section.number("cutoff", 0.0) or 0.0,
        by=section.texts("by"),
        time=section.text("time"),
        window=section.number("window"),
        year=section.text("year"),
        person=section.text("person", "person"),
        threshold=section.whole("threshold", least=1) or 10,
        level=section.number("level") or 0.95,
    )
    if not 0.5 <= found.level < 1:
        section.wrong("level", "Not a confidence level", expected="0.5 to 0.999, such as 0.95", got=f"{found.level:g}")
    if (found.time is None) != (found.window is None):
        section.wrong("window", "Time and window go together", expected="both or neither")
    section.finish()
    return found
