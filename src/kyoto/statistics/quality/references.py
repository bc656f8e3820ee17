"""Records of one source that name a record of another which is not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kyoto.core.errors import KyotoError, Where, did_you_mean
from kyoto.statistics.quality.model import Finding, percent
from kyoto.statistics.quality.subject import Subject
from kyoto.statistics.units import COUNTING_UNITS

__all__ = ["Reference", "broken_references", "references_between"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that names records of another source."""

    source: str
    column: str
    target: str
    target_column: str


def references_between(subjects: Mapping[str, Subject], stated: Mapping[str, str]) -> list[Reference]:
    """References that the project states, and those that go without saying.

    A source refers to another without a word where both have the identifier of the other's counting unit: offences
    with an ``incident_id`` refer to the source of incidents.

    Parameters
    ----------
    subjects
        Sources by name.
    stated
        ``source.column`` and the ``source.column`` in which its values must be found.

    Raises
    ------
    KyotoError
        ``quality.unknown-reference``: a stated source or column that is not there.
    """
    found = [Reference(*_checked(subjects, origin), *_checked(subjects, target)) for origin, target in stated.items()]
    known = {(reference.source, reference.column) for reference in found}
    for target in subjects.values():
        identifier = COUNTING_UNITS.get(target.unit, "")
        if identifier in ("", "person_id"):
            continue
        own = next((name for name in (identifier, "id") if name in target.records.columns), None)
        for origin in subjects.values():
            refers = origin.unit != target.unit and identifier in origin.records.columns
            if own is not None and refers and (origin.name, identifier) not in known:
                found.append(Reference(origin.name, identifier, target.name, own))
    return found


def broken_references(subjects: Mapping[str, Subject], reference: Reference) -> Iterator[Finding]:
    """Count the records of which the named record is not there."""
    origin, target = subjects[reference.source], subjects[reference.target]
    named = target.records.select(key=target.records[reference.target_column].cast("string")).distinct()
    records = origin.records.mutate(key=origin.records[reference.column].cast("string"))
    records = records.filter(records.key.notnull())
    orphans = records.anti_join(named, "key")
    counted = orphans.aggregate(orphans=orphans.count())
    count = int(origin.engine.fetch(counted)["orphans"][0].as_py())
    if not count:
        return
    total = origin.profile.records
    few = origin.engine.fetch(orphans.select("key").distinct().order_by("key").limit(3)).to_pylist()
    yield Finding(
        "warning",
        "references.broken",
        reference.source,
        f"{count:,} of {total:,} records name a {reference.column} that {reference.target} does not have"
        f" ({percent(count, total)}).",
        "Ask whether both extracts cover the same period and areas; joined figures lack these records.",
        variable=reference.column,
        count=count,
        share=count / total,
        examples=tuple({reference.column: row["key"]} for row in few),
    )


def _checked(subjects: Mapping[str, Subject], dotted: str) -> tuple[str, str]:
    source, _, column = dotted.partition(".")
    where = Where(key=f"quality.references.{dotted}")
    if source not in subjects:
        raise KyotoError(
            f"A reference names a source that is not there: {source!r}",
            code="quality.unknown-reference",
            where=where,
            hint=did_you_mean(source, subjects),
        )
    columns = subjects[source].records.columns
    if column not in columns:
        raise KyotoError(
            f"A reference names a column that {source!r} does not map: {column!r}",
            code="quality.unknown-reference",
            where=where,
            hint=did_you_mean(column, columns),
        )
    return source, column
