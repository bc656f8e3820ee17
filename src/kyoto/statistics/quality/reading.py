"""What reading and coding a source found worth saying, as findings beside the others."""

from __future__ import annotations

from collections.abc import Iterator

from kyoto.statistics.quality.model import Finding
from kyoto.statistics.quality.subject import Subject

__all__ = ["reading"]


def reading(subject: Subject) -> Iterator[Finding]:
    """Findings of the source step (``facts["findings"]``): dates read in two ways, broken quotes, conditions undecided.

    Parameters
    ----------
    subject
        The source.
    """
    for found in subject.facts.get("findings", ()):
        where = f"{found['file']}: " if found.get("file") else ""
        yield Finding(
            found["severity"],
            found["code"],
            subject.name,
            f"{where}{found['message']}{'' if found['message'].endswith('.') else '.'}",
            found.get("hint", ""),
            variable=found.get("column", ""),
        )
