"""A few records that show a finding, with the place where they stand in the source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import Engine

__all__ = ["ExampleFinder"]

_FEW = 3


@dataclass(frozen=True, slots=True)
class ExampleFinder:
    """Finds records in the records of one source.

    Parameters
    ----------
    engine
        Where the records are.
    records
        All records of the source, rejected ones too, in the order of the source.
    first_rows
        Number of records before the first of each file.
    """

    engine: Engine
    records: ir.Table
    first_rows: Mapping[str, int]

    @classmethod
    def of(cls, engine: Engine, records: ir.Table, facts: Mapping[str, Any]) -> ExampleFinder:
        """Finder of a source; ``facts`` are those of its step in the manifest."""
        first_rows, before = {}, 0
        for file in facts.get("files", ()):
            first_rows[str(file["path"])] = before
            before += int(file["rows"])
        return cls(engine, records, first_rows)

    def find(
        self,
        condition: Callable[[ir.Table], ir.BooleanValue],
        columns: Sequence[str],
        *,
        few: int = _FEW,
    ) -> tuple[dict[str, Any], ...]:
        """Records that fulfil a condition.

        Parameters
        ----------
        condition
            Of a table of records.
        columns
            Values to show.
        few
            How many.

        Returns
        -------
        tuple of dict
            ``file``, ``row`` (counted from 1 within the file; left out on engines that do not keep the order of
            rows), then the values; the first of the source where order is kept.
        """
        import ibis

        place = ["file"] if "file" in self.records.columns else []
        table = self.records
        if self.engine.keeps_order:
            table, place = table.mutate(row=ibis.row_number() + 1), [*place, "row"]
        chosen = table.filter(condition(table)).select(*dict.fromkeys([*place, *columns])).limit(few)
        rows = self.engine.fetch(chosen).to_pylist()
        return tuple(self._placed(row) for row in rows)

    def _placed(self, row: dict[str, Any]) -> dict[str, Any]:
        if "row" in row:
            row["row"] -= self.first_rows.get(str(row.get("file")), 0)
        return row
