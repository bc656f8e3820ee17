"""Thresholds of the checks: section ``[quality]`` of a project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from kyoto.core.errors import did_you_mean
from kyoto.core.project import Section

__all__ = ["CHECKS", "THRESHOLDS", "QualitySettings"]

CHECKS = (
    "completeness.missing",
    "completeness.unknown",
    "completeness.empty",
    "coding.uncoded",
    "coding.residual",
    "coding.coarse",
    "records.none",
    "records.rejected",
    "records.impossible",
    "time.missing-months",
    "time.incomplete-month",
    "areas.missing",
    "series.break",
    "series.break-in-area",
    "heaping.day",
    "heaping.hour",
    "duplicates.identifier",
    "duplicates.rows",
    "references.broken",
    "totals.parts",
    "change.rows",
    "change.rejected",
    "change.columns",
    "change.uncoded",
)
"""Codes of all findings."""

THRESHOLDS: Mapping[str, str] = {
    "missing": "share of records without a value from which a variable is a warning; a tenth of it is a note",
    "unknown": "share of records with unknown value (_U) from which a variable is a warning",
    "uncoded": "share of records without ICCS code from which it is a warning; any is a note",
    "residual": "share of coded records in residual classes of ICCS from which it is a warning",
    "coarse": "share of coded records that have a section of ICCS only from which it is a warning",
    "rejected": "share of rejected rows from which it is a warning; any is a note",
    "gap": "records expected in a month, or of an area in a month, from which having none is a gap",
    "heaping": "times as many records as expected on day 1 or 15, or in hour 0 or 12, from which dates are heaped",
    "level_shift": "change of the level of a monthly series from which it is a break",
    "change": "change of the number of rows since the last build from which it is a warning",
    "exact_rows": "records up to which duplicates are counted in full at once; beyond, a sample of keys comes first",
}
"""Numbers of ``[quality]`` and what they mean."""


@dataclass(frozen=True, slots=True)
class QualitySettings:
    """Thresholds (see :data:`THRESHOLDS`), references between sources, and what is not to be reported.

    Parameters
    ----------
    references
        ``source.column`` that must be found in ``source.column``.
    optional
        Variables that may be missing, such as the date of release.
    ignore
        Codes of findings that are not wanted.
    """

    missing: float = 0.05
    unknown: float = 0.10
    uncoded: float = 0.01
    residual: float = 0.20
    coarse: float = 0.20
    rejected: float = 0.01
    gap: float = 10.0
    heaping: float = 1.25
    level_shift: float = 0.30
    change: float = 0.30
    exact_rows: float = 2_000_000
    references: Mapping[str, str] = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    @classmethod
    def from_section(cls, section: Section) -> QualitySettings:
        """Read ``[quality]``; problems go to the section's collector.

        Parameters
        ----------
        section
            ``project.section("quality", problems=problems)``.
        """
        numbers = {name: _positive(section, name, getattr(_DEFAULT, name)) for name in THRESHOLDS}
        settings = cls(
            **numbers,
            references=_references(section),
            optional=section.texts("optional"),
            ignore=_known(section, "ignore", CHECKS),
        )
        section.finish()
        return settings

    def plain(self) -> dict[str, Any]:
        """Settings as a mapping, for a build to see that they changed."""
        return {entry.name: _listed(getattr(self, entry.name)) for entry in fields(self)}


_DEFAULT = QualitySettings()


def _listed(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value


def _positive(section: Section, key: str, default: float) -> float:
    value = section.number(key, default)
    if value is None or value <= 0:
        section.wrong(key, f"{key!r} is not above 0", expected=THRESHOLDS[key], got=repr(value))
        return default
    return value


def _known(section: Section, key: str, choices: Iterable[str]) -> tuple[str, ...]:
    found = section.texts(key)
    for word in found:
        if word not in choices:
            section.wrong(key, f"No check {word!r}", hint=did_you_mean(word, choices))
    return found


def _references(section: Section) -> dict[str, str]:
    """Read ``[quality.references]``: ``"offences.incident_id" = "incidents.incident_id"``."""
    references = section.table("references")
    found = {}
    for key in references.data:
        target = references.text(key, "")
        if key.count(".") != 1 or target.count(".") != 1:
            references.wrong(
                key, "Not a reference", expected='"source.column" = "source.column"', got=f"{key} = {target}"
            )
            continue
        found[key] = target
    return found
