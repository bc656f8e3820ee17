"""All checks of all sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kyoto.statistics.quality import record_checks, time_checks
from kyoto.statistics.quality.changes import changes
from kyoto.statistics.quality.model import Finding, Findings
from kyoto.statistics.quality.reading import reading
from kyoto.statistics.quality.references import broken_references, references_between
from kyoto.statistics.quality.settings import QualitySettings
from kyoto.statistics.quality.subject import Subject

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import Engine

__all__ = ["quality"]

_CHECKS = (
    reading,
    record_checks.completeness,
    record_checks.coding,
    record_checks.rejects,
    record_checks.duplicates,
    record_checks.parts,
    time_checks.gaps_and_breaks,
    time_checks.heaps,
)


def quality(
    engine: Engine,
    records: Mapping[str, ir.Table],
    facts: Mapping[str, Mapping[str, Any]],
    settings: QualitySettings | None = None,
    previous: Mapping[str, Mapping[str, Any]] | None = None,
) -> Findings:
    """Check the records of a project. Nothing is refused: what is found is said.

    Parameters
    ----------
    engine
        Where the records are.
    records
        Records by source, rejected rows among them, in the order of the source.
    facts
        Facts of the source steps in the manifest, by source: ``unit`` is needed, the others where they are.
    settings
        Thresholds; the defaults if None.
    previous
        Facts of the source steps of the last build, by source; None if there is none.

    Returns
    -------
    Findings

    Raises
    ------
    KyotoError
        ``quality.unknown-reference``: a reference of the settings names what is not there.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from kyoto.core.engine import open_engine
    >>> with open_engine("duckdb") as engine:
    ...     records = engine.table(pa.table({"id": ["1", "2", "2"], "sex": ["F", "M", "M"]}), "people")
    ...     found = quality(engine, {"people": records}, {"people": {"unit": "person"}})
    >>> [(finding.code, finding.count) for finding in found]
    [('duplicates.identifier', 1)]
    """
    chosen = settings or QualitySettings()
    subjects = {name: Subject.of(engine, name, table, facts.get(name, {}), chosen) for name, table in records.items()}
    findings = [finding for finding in _found(subjects, chosen, previous or {}) if finding.code not in chosen.ignore]
    return Findings.collected(
        findings,
        profile=[row for subject in subjects.values() for row in _profile_rows(subject)],
        coverage=[
            {"source": subject.name, "records": subject.profile.records, **subject.profile.coverage}
            | {"residual": subject.profile.residual}
            for subject in subjects.values()
            if subject.profile.coverage
        ],
    )


def _found(
    subjects: Mapping[str, Subject], settings: QualitySettings, previous: Mapping[str, Mapping[str, Any]]
) -> Iterator[Finding]:
    for name, subject in subjects.items():
        for check in _CHECKS:
            yield from check(subject)
        if name in previous:
            yield from changes(name, subject.facts, previous[name], settings)
    for reference in references_between(subjects, settings.references):
        yield from broken_references(subjects, reference)


def _profile_rows(subject: Subject) -> Iterator[dict[str, Any]]:
    for name, variable in subject.profile.variables.items():
        yield {
            "source": subject.name,
            "variable": name,
            "records": subject.profile.records,
            "missing": variable.missing,
            "unknown": variable.unknown,
            "not_applicable": variable.not_applicable,
        }
