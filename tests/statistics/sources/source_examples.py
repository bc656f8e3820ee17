"""Small projects on disk, opened and typed: what the tests of this folder share."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kyoto.core.errors import Problems
from kyoto.core.project import load_project
from kyoto.statistics.sources import (
    SourceSpec,
    broken_lines,
    column_typings,
    open_source,
    source_facts,
    typed,
    whole_vocabulary,
    write_rejects,
)


@dataclass
class Outcome:
    rows: list[dict[str, Any]]
    rejects: list[dict[str, str]]
    facts: dict[str, Any]

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]

    @property
    def reasons(self) -> list[str]:
        return [reject["reason"] for reject in self.rejects]

    @property
    def findings(self) -> list[str]:
        return [finding["code"] for finding in self.facts["findings"]]


def spec_of(folder: Path, toml: str) -> SourceSpec:
    """Source ``s`` of a project file; every problem of it is raised."""
    (folder / "kyoto.toml").write_text('[project]\ntitle = "T"\narea = "X"\n' + toml, encoding="utf-8")
    problems = Problems()
    spec = SourceSpec.from_section(load_project(folder).section("sources", "s", problems=problems))
    problems.raise_if_any()
    return spec


def outcome_of(engine, folder: Path, toml: str) -> Outcome:
    spec = spec_of(folder, toml)
    raw = open_source(engine, spec, folder)
    target = folder / f"records-{engine.name}.parquet"
    typings = column_typings(engine, raw, spec)
    engine.write_parquet(typed(engine, raw, spec, typings), target, keep_order=True)
    records = engine.read_parquet([target])
    if engine.enumerates:
        # each text typed once must give what each cell typed by itself gives
        texts = whole_vocabulary(
            engine, raw, [name for name in raw.table.columns if raw.table[name].type().is_string()]
        )
        by_text = folder / "records-by-text.parquet"
        engine.write_parquet(typed(engine, raw, spec, typings, vocabulary=texts), by_text, keep_order=True)
        assert pq.read_table(by_text).equals(without_empty_statuses(by_text, pq.read_table(target)))
    broken = broken_lines(engine, raw)
    count = write_rejects(engine, raw, records, spec, folder / "rejects.csv", broken)
    csv.field_size_limit(1 << 30)
    with (folder / "rejects.csv").open(encoding="utf-8", newline="") as file:
        rejects = list(csv.DictReader(file))
    assert len(rejects) == count
    facts = source_facts(engine, raw, records, spec, typings, broken)
    assert facts["rows_in"] == facts["rows_counted"] + facts["rows_rejected"]
    return Outcome(engine.fetch(records).to_pylist(), rejects, facts)


def without_empty_statuses(by_text: Path, table: pa.Table) -> pa.Table:
    """Table without the statuses that records typed text by text leave out; they must be empty."""
    left_out = [name for name in table.column_names if name not in pq.read_schema(by_text).names]
    for name in left_out:
        assert name.endswith("_status")
        assert table[name].null_count == table.num_rows
    return table.drop_columns(left_out)


def source(columns: str, head: str = 'file = "a.csv"') -> str:
    return f'[sources.s]\nunit = "offence"\n{head}\n[sources.s.columns]\n{columns}\n'
