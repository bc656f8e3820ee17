"""Facts of a source for the manifest: what was read, how it was typed, and how the rows reconcile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kyoto.statistics.sources.model import Finding, RawFile, RawSource, SourceSpec
from kyoto.statistics.sources.rejects import reasons_of
from kyoto.statistics.sources.typing import ColumnTyping, Typings

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import BrokenLine, Engine

__all__ = ["source_facts"]


def source_facts(
    engine: Engine,
    raw: RawSource,
    records: ir.Table,
    spec: SourceSpec,
    typings: Typings,
    broken: Sequence[BrokenLine],
) -> dict[str, Any]:
    """Facts of a source step.

    Parameters
    ----------
    engine
        Engine that reads the records.
    raw
        The opened source.
    records
        Its records as they were written.
    spec
        Its description.
    typings
        How its columns were typed.
    broken
        Its lines that are no record.

    Returns
    -------
    dict
        JSON-able: ``unit``, ``files`` (path, rows, dialect), ``columns`` (concept, column, typing), ``findings``,
        ``rows_in``, ``rows_counted``, ``rows_rejected``, ``rejected_by_reason``. A row that is rejected for two
        reasons counts under both; lines that are no record count in ``rows_in`` and ``rows_rejected``.
    """
    by_file = records.group_by("file").aggregate(rows=records.count(), counted=records.rejected.isnull().sum())
    counts = {row["file"]: (row["rows"], row["counted"]) for row in engine.fetch(by_file).to_pylist()}
    rows = sum(rows for rows, _ in counts.values())
    counted = sum(int(counted) for _, counted in counts.values())
    return {
        "unit": spec.unit,
        "files": [_file_facts(file, counts.get(file.shown, (0, 0))[0]) for file in raw.files],
        "columns": [_column_facts(typing) for typing in typings.columns],
        "findings": [_finding_facts(found) for found in (*raw.findings, *typings.findings, *_quotes(broken))],
        "rows_in": rows + len(broken),
        "rows_counted": counted,
        "rows_rejected": rows + len(broken) - counted,
        "rejected_by_reason": _by_reason(engine, records, [line.reason for line in broken]),
    }


def _quotes(broken: Sequence[BrokenLine]) -> list[Finding]:
    """A quote without end takes the lines behind it into its cell, so good lines may be lost with it."""
    lost = [line for line in broken if line.text.strip("\r\n").count("\n")]
    if not lost:
        return []
    lines = sum(line.text.strip("\r\n").count("\n") for line in lost)
    return [
        Finding(
            "warning",
            "source.unbalanced-quote",
            f"A quote without end took {lines} more lines into its cell; all of them are in the rejects",
            hint="Correct the quote in the source, then these lines are read.",
        )
    ]


def _file_facts(file: RawFile, rows: int) -> dict[str, Any]:
    facts: dict[str, Any] = {"path": file.shown, "kind": file.kind, "rows": rows}
    if file.dialect is not None:
        facts["dialect"] = asdict(file.dialect)
    return facts


def _column_facts(typing: ColumnTyping) -> dict[str, str]:
    return {"concept": typing.spec.name, "column": typing.spec.column, "typing": typing.described}


def _finding_facts(finding: Finding) -> dict[str, str]:
    return {key: value for key, value in asdict(finding).items() if value}


def _by_reason(engine: Engine, records: ir.Table, broken: list[str]) -> dict[str, int]:
    """Rows by reason, most frequent first."""
    refused = records.filter(records.rejected.notnull())
    grouped = engine.fetch(refused.group_by("rejected").aggregate(rows=refused.count())).to_pylist()
    found: Counter[str] = Counter(broken)
    for row in grouped:
        for name, reason, _ in reasons_of(row["rejected"]):
            found[f"{name}: {reason}"] += row["rows"]
    return dict(found.most_common())
