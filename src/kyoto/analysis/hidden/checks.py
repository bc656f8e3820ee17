"""What is wrong or thin in a set of lists, before anything is estimated."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kyoto.analysis.hidden.model import CaptureTable
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Finding", "check_table", "drop_empty_lists", "overlap_frame", "require_estimable"]

FEW_OVERLAPS = 5
SMALL_STRATUM = 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the reader of an estimate should know.

    Parameters
    ----------
    code
        Stable identifier.
    severity
        ``error`` (no estimate until it is solved), ``warning`` or ``note``.
    message
        What it is and what it means.
    count
        People, rows or pairs that it concerns.
    """

    code: str
    severity: str
    message: str
    count: int = 0

    def row(self) -> dict[str, object]:
        """Mapping for the command line."""
        return {"severity": self.severity, "code": self.code, "count": self.count, "message": self.message}


def check_table(
    table: CaptureTable, strata: Mapping[tuple[str, ...], CaptureTable] | None = None
) -> tuple[Finding, ...]:
    """Findings of a table and its strata, errors first.

    Parameters
    ----------
    table
        All people.
    strata
        Tables of the strata.

    Examples
    --------
    >>> table = CaptureTable.from_histories("ABC", {(0,): 9, (0, 1): 6, (2,): 4})
    >>> [finding.code for finding in check_table(table)]
    ['hidden.nested-lists', 'hidden.no-overlap', 'hidden.no-overlap']
    """
    findings = [*_list_findings(table), *_pair_findings(table), *_stratum_findings(strata or {})]
    order = {"error": 0, "warning": 1, "note": 2}
    return tuple(sorted(findings, key=lambda finding: order[finding.severity]))


def _list_findings(table: CaptureTable) -> list[Finding]:
    findings = []
    totals = table.list_totals()
    for name, total in totals.items():
        if total == 0:
            message = f"Nobody is on {name}; the list is left out."
            findings.append(Finding("hidden.empty-list", "warning", message))
    if sum(total > 0 for total in totals.values()) == 2:
        message = (
            "Two lists only: the estimate rests on their independence, which two lists cannot test. "
            "Dependence between them biases it without any sign."
        )
        findings.append(Finding("hidden.two-lists", "warning", message, 2))
    if table.observed and all(mask.bit_count() <= 1 for mask in range(table.counts.size) if table.counts[mask]):
        message = "Nobody is on two lists: without overlap there is nothing to estimate from."
        findings.append(Finding("hidden.no-overlap-at-all", "error", message, table.observed))
    return findings


def _pair_findings(table: CaptureTable) -> list[Finding]:
    findings = []
    totals = table.totals()
    for first, second in itertools.combinations(range(table.k), 2):
        sizes = totals[1 << first], totals[1 << second]
        shared = totals[(1 << first) | (1 << second)]
        names = f"{table.lists[first]} and {table.lists[second]}"
        if min(sizes) == 0:
            continue
        if shared == sizes[0] == sizes[1]:
            message = f"{names} hold exactly the same people: one of them is a copy. Leave one out."
            findings.append(Finding("hidden.equal-lists", "error", message, int(shared)))
        elif shared == min(sizes):
            inner, outer = (first, second) if sizes[0] < sizes[1] else (second, first)
            message = f"Everybody on {table.lists[inner]} is on {table.lists[outer]}: is one drawn from the other?"
            findings.append(Finding("hidden.nested-lists", "warning", message, int(shared)))
        elif shared == 0:
            message = f"Nobody is on both {names}: an interaction of the two can only be minus infinity."
            findings.append(Finding("hidden.no-overlap", "note", message))
        elif shared < FEW_OVERLAPS:
            message = f"Only {shared:.0f} on both {names}: estimates hang on them."
            findings.append(Finding("hidden.few-overlaps", "note", message, int(shared)))
    return findings


def _stratum_findings(strata: Mapping[tuple[str, ...], CaptureTable]) -> list[Finding]:
    findings = []
    for key, table in strata.items():
        name = ", ".join(key)
        if table.observed == 0:
            findings.append(Finding("hidden.empty-stratum", "warning", f"Nobody was observed in stratum {name}."))
        elif table.observed < SMALL_STRATUM or table.frequencies()[1:].sum() < FEW_OVERLAPS:
            message = f"Stratum {name} has too little to stand alone; use partial pooling or merge it."
            findings.append(Finding("hidden.small-stratum", "warning", message, table.observed))
    return findings


def overlap_frame(table: CaptureTable) -> pd.DataFrame:
    """Every pair of lists: people on each, on both, and what independence of the two alone would estimate.

    Returns
    -------
    pandas.DataFrame
        ``first``, ``second``, ``on_first``, ``on_second``, ``on_both``, ``pair_estimate`` (Chapman's; None without
        overlap).
    """
    import pandas as pd

    totals = table.totals()
    rows = []
    for first, second in itertools.combinations(range(table.k), 2):
        one, two, both = (float(totals[mask]) for mask in (1 << first, 1 << second, (1 << first) | (1 << second)))
        rows.append(
            {
                "first": table.lists[first],
                "second": table.lists[second],
                "on_first": int(one),
                "on_second": int(two),
                "on_both": int(both),
                "pair_estimate": (one + 1) * (two + 1) / (both + 1) - 1 if both else None,
            }
        )
    return pd.DataFrame(rows)


def drop_empty_lists(table: CaptureTable) -> CaptureTable:
    """Table without the lists that hold nobody."""
    totals = table.list_totals()
    kept = [(name, (position,)) for position, name in enumerate(table.lists) if totals[name]]
    return table if len(kept) == table.k else table.merged(kept)


def require_estimable(table: CaptureTable) -> CaptureTable:
    """Table without empty lists, or an error where no method can say anything.

    Raises
    ------
    KyotoError
        ``hidden.too-few-lists``, ``hidden.equal-lists``, ``hidden.empty-table``.
    """
    if table.observed == 0:
        raise KyotoError("No people", code="hidden.empty-table", hint="Every count is zero.")
    reduced = drop_empty_lists(table)
    if reduced.k < 2:
        raise KyotoError(
            "Too few lists",
            code="hidden.too-few-lists",
            got=", ".join(reduced.lists),
            expected="at least two lists with people on them",
        )
    for finding in check_table(reduced):
        if finding.code == "hidden.equal-lists":
            raise KyotoError("Two lists are the same", code=finding.code, detail=finding.message)
    return reduced
