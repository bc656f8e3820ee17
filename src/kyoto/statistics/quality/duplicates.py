"""Records that stand in a source more than once: by their identifier, or alike in everything.

Counting distinct keys of 50 million records costs more than all other checks together. So, in large sources, the keys
are first sampled by their hash: every record with a sampled key is looked at, so a key that is doubled anywhere is
doubled in the sample too. Only where the sample shows doubles is the whole counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kyoto.statistics.observations import NOT_APPLICABLE, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

    from kyoto.core.engine import Engine

__all__ = ["SAMPLED", "Duplicates", "count_duplicates"]

SAMPLED = 64
"""One in so many keys is looked at first."""

_LOOKED_AT = 10_000


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Keys that stand more than once.

    Parameters
    ----------
    keys
        Keys with more than one record.
    surplus
        Records beyond the first of each key.
    """

    keys: int
    surplus: int


def count_duplicates(engine: Engine, records: ir.Table, columns: Sequence[str], *, sample_first: bool) -> Duplicates:
    """Count keys that stand more than once.

    Parameters
    ----------
    engine
        Where the records are.
    records
        Records; those without a known value in any of the columns have no key and are left out.
    columns
        What makes the key.
    sample_first
        Look at one in :data:`SAMPLED` keys first, and at all of them only where that shows doubles. Fewer than about
        three hundred doubled keys may then go unseen.
    """
    if sample_first:
        # keys that are alike are alike in each column, so the column that tells most apart is enough to sample by
        chosen = records.filter(engine.one_in(SAMPLED, _text(records, _telling(engine, records, columns))))
        sample = _counted(engine, chosen, columns)
        if not sample.keys:
            return sample
    return _counted(engine, records, columns)


def _counted(engine: Engine, records: ir.Table, columns: Sequence[str]) -> Duplicates:
    grouped = records.group_by([records[name] for name in columns]).aggregate(times=records.count())
    several = grouped.filter(grouped.times > 1)
    # what is no key is left out here: asking it of each record would cost as much as counting them
    several = several.filter(~_all_null(several, columns))
    row = engine.fetch(several.aggregate(keys=several.count(), rows=several.times.sum())).to_pylist()[0]
    keys = int(row["keys"])
    return Duplicates(keys, int(row["rows"] or 0) - keys)


def _telling(engine: Engine, records: ir.Table, columns: Sequence[str]) -> Sequence[str]:
    """The one column that tells most records apart, if it tells many; else all."""
    some = records.select(*columns).limit(_LOOKED_AT)
    counts = engine.fetch(some.aggregate(**{name: some[name].nunique() for name in columns})).to_pylist()[0]
    best = max(columns, key=lambda name: counts[name])
    return [best] if counts[best] > _LOOKED_AT // 10 else columns


def _all_null(records: ir.Table, columns: Sequence[str]) -> Any:
    empty = _is_empty(records[columns[0]])
    for name in columns[1:]:
        empty = empty & _is_empty(records[name])
    return empty


def _is_empty(column: Any) -> Any:
    """Missing, unknown or not applicable."""
    return column.isnull() | column.isin([UNKNOWN, NOT_APPLICABLE]) if column.type().is_string() else column.isnull()


def _text(keyed: ir.Table, columns: Sequence[str]) -> Any:
    """Text that depends on the key alone."""
    import ibis

    parts = [keyed[name].cast("string").fill_null("") for name in columns]
    return parts[0] if len(parts) == 1 else ibis.literal("|").join(parts)
