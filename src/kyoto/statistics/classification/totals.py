"""Published national tables that hold a total beside its parts: taking the parts out, so that nothing counts twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kyoto.core.errors import KyotoError, did_you_mean
from kyoto.statistics.classification.engines import without_blanks
from kyoto.statistics.classification.lookup import Lookup
from kyoto.statistics.classification.model import Correspondence

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["without_parts"]

_TOTAL, _PARTS = "_kyoto_total", "_kyoto_parts"


def without_parts(table: ir.Table, column: str, count: str, correspondence: Correspondence) -> ir.Table:
    """Counts in which every total is lowered by those of its parts that stand in the same cell.

    A national table may publish "robbery" and, beside it, "of which street robbery". Coded to ICCS and rolled up, the
    street robberies would count twice. Here the total keeps only what its parts leave over, so that the roll-up gives
    the published total again, and the detail stays.

    Parameters
    ----------
    table
        Ibis table of counts, one row a national category and cell; all columns but ``column`` and ``count`` make the
        cell.
    column
        Column with the national code or title.
    count
        Column with the count.
    correspondence
        Table whose links say of which total a category is a part (``part_of``).

    Returns
    -------
    ibis.expr.types.Table
        The same rows and columns. A remainder is negative where the publisher's parts exceed their total.

    Raises
    ------
    KyotoError
        ``coding.unknown-column``.

    Examples
    --------
    >>> import ibis
    >>> from kyoto.statistics.classification import correspondence
    >>> counts = ibis.memtable({"year": [2019, 2019], "offence": ["Robbery", "Street_robbery"], "n": [70, 46]})
    >>> lower = without_parts(counts, "offence", "n", correspondence("de-berlin"))
    >>> lower.order_by("offence").n.execute().tolist()
    [24, 46]
    """
    for name in (column, count):
        if name not in table.columns:
            raise KyotoError(
                f"The counts have no column {name!r}",
                code="coding.unknown-column",
                got=name,
                hint=did_you_mean(name, table.columns),
            )
    lookup = Lookup(correspondence, ())
    totals = _keys_by_total(lookup)
    if not totals:
        return table
    cell = [name for name in table.columns if name not in (column, count)]
    text = without_blanks(table[column].cast("string"))
    text = text.lower() if lookup.fold else text
    lowered = table.mutate(**{_TOTAL: _first_match(text, {total: whole for total, (whole, _) in totals.items()})})
    parts = table.mutate(**{_TOTAL: _first_match(text, {total: part for total, (_, part) in totals.items()})})
    parts = parts.filter(parts[_TOTAL].notnull()).group_by([_TOTAL, *cell]).agg(**{_PARTS: parts[count].sum()})
    parts = parts.rename({f"_kyoto_of_{name}": name for name in (_TOTAL, *cell)})
    same = [lowered[name].identical_to(parts[f"_kyoto_of_{name}"]) for name in cell]
    joined = lowered.left_join(parts, [lowered[_TOTAL] == parts[f"_kyoto_of_{_TOTAL}"], *same])
    remainder = joined[count] - joined[_PARTS].fill_null(0).cast(table[count].type())
    return joined.mutate(**{count: remainder}).select(*table.columns)


def _keys_by_total(lookup: Lookup) -> dict[str, tuple[list[str], list[str]]]:
    """For each total, how it may be written, and how its direct parts may be."""
    codes = list(lookup.slots)
    written: dict[str, list[str]] = {}
    for key, slot in lookup.keys.items():
        written.setdefault(codes[slot], []).append(key)
    parts: dict[str, list[str]] = {}
    for code in codes:
        total = lookup.correspondence.links[lookup.correspondence.groups[code][0]].part_of
        if total:
            parts.setdefault(total, []).extend(written[code])
    return {total: (written[total], keys) for total, keys in parts.items()}


def _first_match(text: ir.StringValue, keys: dict[str, list[str]]) -> ir.StringValue:
    """Total whose list holds the text; null for any other text."""
    import ibis

    return ibis.cases(*((text.isin(listed), total) for total, listed in keys.items()))
