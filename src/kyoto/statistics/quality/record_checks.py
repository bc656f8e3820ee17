"""Checks of records: completeness, coding, rejects, duplicates, totals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kyoto.statistics.quality.duplicates import count_duplicates
from kyoto.statistics.quality.model import Finding, Severity, percent, several
from kyoto.statistics.quality.profile import VariableProfile, variables_of
from kyoto.statistics.quality.subject import Subject
from kyoto.statistics.quality.totals import totals_of_parts

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["coding", "completeness", "duplicates", "parts", "rejects"]

_MOST_REASONS = 20
_REJECTS_LOOKED_AT = 1000
_SHOWN_COLUMNS = 4


def completeness(subject: Subject) -> Iterator[Finding]:
    """Variables without values, or with unknown ones."""
    if not subject.profile.records:
        yield Finding(
            "error",
            "records.none",
            subject.name,
            "No record of this source is counted.",
            "Look at the rejects; a wrong format or value list rejects every row.",
        )
        return
    for name, variable in subject.profile.variables.items():
        if name not in subject.settings.optional:
            yield from _missing(subject, name, variable)
            yield from _unknown(subject, name, variable)


def _missing(subject: Subject, name: str, variable: VariableProfile) -> Iterator[Finding]:
    records, threshold = subject.profile.records, subject.settings.missing
    share = variable.missing / records
    if variable.missing == records:
        yield Finding(
            "warning",
            "completeness.empty",
            subject.name,
            f"{name} has no value in any of {records:,} records.",
            "Map another column, or remove it from the source's columns.",
            variable=name,
            count=records,
            share=1.0,
        )
    elif share >= threshold / 10:
        shown = [other for other in variables_of(subject.records) if other != name][:_SHOWN_COLUMNS]
        yield Finding(
            "warning" if share >= threshold else "note",
            "completeness.missing",
            subject.name,
            f"{name} is missing in {variable.missing:,} of {records:,} records ({percent(variable.missing, records)}).",
            f"Ask the provider why; if it may be missing, add {name} to `optional` in [quality].",
            variable=name,
            count=variable.missing,
            share=share,
            examples=subject.examples.find(lambda table: _counted(table) & _without_value(table, name), shown),
        )


def _unknown(subject: Subject, name: str, variable: VariableProfile) -> Iterator[Finding]:
    share = variable.unknown / subject.profile.records
    if share >= subject.settings.unknown:
        yield Finding(
            "warning",
            "completeness.unknown",
            subject.name,
            f"{name} is unknown (_U) in {variable.unknown:,} of {subject.profile.records:,} records"
            f" ({percent(variable.unknown, subject.profile.records)}).",
            "Check that no known value is taken for unknown; figures by it show _U as a category of its own.",
            variable=name,
            count=variable.unknown,
            share=share,
        )


def coding(subject: Subject) -> Iterator[Finding]:
    """Records without ICCS code, coded to residual classes, or to a section only."""
    coverage, settings, name = subject.profile.coverage, subject.settings, subject.name
    if not coverage or not subject.profile.records:
        return
    uncoded, records, coded = coverage["uncoded"], subject.profile.records, subject.profile.coded
    if uncoded:
        values = [{"value": row["value"], "rows": row["rows"]} for row in list(subject.facts.get("uncoded", ()))[:5]]
        yield Finding(
            _above(uncoded / records, settings.uncoded),
            "coding.uncoded",
            name,
            f"{uncoded:,} of {records:,} records have no ICCS code ({percent(uncoded, records)}).",
            "Add the national codes to the correspondence table; `kyoto iccs code` suggests links.",
            variable="iccs",
            count=uncoded,
            share=uncoded / records,
            examples=tuple(values),
        )
    if coded and subject.profile.residual / coded >= settings.residual:
        yield Finding(
            "warning",
            "coding.residual",
            name,
            f"{subject.profile.residual:,} of {coded:,} coded records are in residual classes of ICCS"
            f" ({percent(subject.profile.residual, coded)}).",
            "See whether the correspondence table can be finer; a residual class tells little.",
            variable="iccs",
            count=subject.profile.residual,
            share=subject.profile.residual / coded,
        )
    coarse = coverage["level 1"]
    if coded and coarse / coded >= settings.coarse:
        yield Finding(
            "warning",
            "coding.coarse",
            name,
            f"{coarse:,} of {coded:,} coded records have a section of ICCS only ({percent(coarse, coded)}).",
            "Classes below it lack these records; compare countries by section, or refine the correspondence table.",
            variable="iccs",
            count=coarse,
            share=coarse / coded,
        )


def rejects(subject: Subject) -> Iterator[Finding]:
    """Rows that are not counted, and the values that are the reason."""
    rows, rejected = int(subject.facts.get("rows_in", 0)), int(subject.facts.get("rows_rejected", 0))
    if not rejected:
        return
    yield Finding(
        _above(rejected / max(rows, 1), subject.settings.rejected),
        "records.rejected",
        subject.name,
        f"{rejected:,} of {rows:,} rows are rejected and not counted ({percent(rejected, rows)}).",
        f"Their reasons stand in rejects/{subject.name}.csv.",
        count=rejected,
        share=rejected / max(rows, 1),
    )
    reasons = dict(list(dict(subject.facts.get("rejected_by_reason", {})).items())[:_MOST_REASONS])
    found = _rejected_rows(subject) if reasons else ()
    for reason, count in reasons.items():
        variable, _, why = reason.rpartition(": ") if ": " in reason else ("", "", reason)
        examples = tuple(row for row in found if reason in str(row["rejected"]).split("; "))[:3]
        yield Finding(
            "note",
            "records.impossible",
            subject.name,
            f"{several(int(count), 'row')}: {variable + ' ' if variable else ''}{why}.",
            "Correct them at the source, or state the format, the range or the value in the source's columns.",
            variable=variable.split(":")[0],
            count=int(count),
            share=int(count) / max(rows, 1),
            examples=examples,
        )


def _rejected_rows(subject: Subject) -> tuple[dict[str, object], ...]:
    values = [name for name in ("rejected", "rejected_values") if name in subject.examples.records.columns]
    if "rejected" not in values:
        return ()
    return subject.examples.find(lambda table: table.rejected.notnull(), values, few=_REJECTS_LOOKED_AT)


def duplicates(subject: Subject) -> Iterator[Finding]:
    """Records that stand more than once."""
    if subject.counts_already or not subject.profile.records:
        return
    large = subject.profile.records > subject.settings.exact_rows
    name = subject.identifier
    if name is not None:
        found = count_duplicates(subject.engine, subject.records, [name], sample_first=large)
        if found.keys:
            yield _doubled(subject, name, found.keys, found.surplus)
        return
    columns = variables_of(subject.records)
    found = count_duplicates(subject.engine, subject.records, columns, sample_first=large)
    if found.keys:
        yield Finding(
            "note",
            "duplicates.rows",
            subject.name,
            f"{found.surplus:,} of {subject.profile.records:,} records are alike another in every mapped column"
            f" ({percent(found.surplus, subject.profile.records)}); without an identifier, records that were entered"
            " twice cannot be told from events that are alike.",
            "Map an identifier, if the source has one.",
            count=found.surplus,
            share=found.surplus / subject.profile.records,
        )


def _doubled(subject: Subject, name: str, keys: int, surplus: int) -> Finding:
    records = subject.records
    repeated = records.group_by(key=records[name]).aggregate(times=records.count())
    repeated = repeated.filter(repeated.key.notnull() & ~repeated.key.isin(["_U", "_Z"]) & (repeated.times > 1))
    worst = subject.engine.fetch(repeated.order_by([repeated.times.desc(), repeated.key]).limit(3)).to_pylist()
    return Finding(
        "warning",
        "duplicates.identifier",
        subject.name,
        f"{several(keys, 'value')} of {name} {'stands' if keys == 1 else 'stand'} more than once:"
        f" {several(surplus, 'record')} too many if each is one {subject.unit}.",
        f"Ask whether {name} names the {subject.unit}; if so remove the doubles, if not map it to another concept.",
        variable=name,
        count=surplus,
        share=surplus / subject.profile.records,
        examples=tuple({name: row["key"], "records": row["times"]} for row in worst),
    )


def parts(subject: Subject) -> Iterator[Finding]:
    """Totals that are not the sum of their parts."""
    if not subject.counts_already or not subject.profile.records:
        return
    for found in totals_of_parts(subject.engine, subject.records):
        yield Finding(
            "warning",
            "totals.parts",
            subject.name,
            f"{found.differing:,} of {found.compared:,} totals over {found.variable} differ from the sum of their"
            f" parts ({percent(found.differing, found.compared)}).",
            "Totals and parts often come from different sources or dates: use one of them, and say which.",
            variable=found.variable,
            count=found.differing,
            share=found.differing / found.compared,
            examples=found.examples,
        )


def _above(share: float, threshold: float) -> Severity:
    return "warning" if share >= threshold else "note"


def _counted(table: ir.Table) -> ir.BooleanValue:
    import ibis

    return table.rejected.isnull() if "rejected" in table.columns else ibis.literal(True)


def _without_value(table: ir.Table, name: str) -> ir.BooleanValue:
    """Records of which nothing is said; a typed value that is stated to be unknown or not applicable is said."""
    empty = table[name].isnull()
    told = f"{name}_status"
    return empty & table[told].isnull() if told in table.columns else empty
