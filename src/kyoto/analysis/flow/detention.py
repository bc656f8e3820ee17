"""Detention in figures: pretrial share (SDG 16.3.2), occupancy, deaths in custody, prisoners per population.

The inputs are published or counted stocks. They are complete counts, not samples: their intervals say how far the
figure would move by chance if the same conditions produced another year (binomial or Poisson), not a sampling error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.flow.intervals import poisson_limits, share_limits
from kyoto.analysis.flow.model import Finding
from kyoto.analysis.flow.result import FlowTable
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["QUANTITIES", "detention_figures"]

QUANTITIES = ("held", "unsentenced", "sentenced", "capacity", "deaths", "population")
"""What the figures are made of; ``held``, or both of the next two, are needed."""


def detention_figures(counts: pd.DataFrame, *, by: Sequence[str] = (), level: float = 0.95) -> FlowTable:
    """Figures of detention that the counts allow.

    Parameters
    ----------
    counts
        ``period``, ``by``, and columns of :data:`QUANTITIES` as far as they exist.
    by
        Disaggregations, such as area.
    level
        Confidence.

    Returns
    -------
    FlowTable
        Terms ``pretrial_share`` (unsentenced per held, SDG 16.3.2 when multiplied by 100), ``occupancy`` (held per
        place of capacity), ``deaths_per_1000`` prisoners, ``prisoners_per_100000`` people; ``unit`` of each row.

    Raises
    ------
    KyotoError
        ``flow.no-stock``: neither ``held`` nor ``unsentenced`` with ``sentenced``.

    Examples
    --------
    >>> import pandas as pd
    >>> counts = pd.DataFrame({"period": ["2016"], "held": [55967.0], "unsentenced": [6267.0]})
    >>> round(detention_figures(counts).row("pretrial_share")["estimate"], 4)
    0.112
    """
    if "held" not in counts and not {"unsentenced", "sentenced"} <= set(counts.columns):
        raise KyotoError(
            "No stock of prisoners",
            code="flow.no-stock",
            expected="a column held, or unsentenced and sentenced",
            got=", ".join(map(str, counts.columns)),
        )
    rows: list[dict[str, Any]] = []
    mismatched = 0
    for row in counts.to_dict("records"):
        known = {name: _value(row, name) for name in QUANTITIES}
        held, parts = known["held"], [known["unsentenced"], known["sentenced"]]
        if held is None and None not in parts:
            held = sum(part for part in parts if part is not None)
        elif held is not None and None not in parts and abs(sum(map(float, parts)) - held) > 0.005 * held:  # type: ignore[arg-type]
            mismatched += 1
        common = {"period": row["period"], **{name: row[name] for name in by}}
        rows += [{**figure, **common} for figure in _figures({**known, "held": held}, level)]
    findings = []
    if mismatched:
        message = "Periods in which unsentenced and sentenced do not add up to those held (by more than 0.5%)."
        findings.append(Finding("warning", "flow.stock-mismatch", message, mismatched))
    return FlowTable(
        "Who is held, and in what conditions?",
        tuple(rows),
        "mixed",
        by=tuple(by),
        level=level,
        method="Complete counts: intervals show chance variation of such counts, not sampling.",
        findings=tuple(findings),
    )


def _deaths(deaths: float | None, held: float | None, level: float) -> dict[str, Any]:
    unit = "deaths per 1000 prisoners"
    if deaths is not None and held is not None and deaths > held:
        return _none("deaths_per_1000", unit, "more deaths than held", deaths, held)
    return _per("deaths_per_1000", deaths, held, 1_000.0, unit, level)


def _value(row: dict[Any, Any], name: str) -> float | None:
    value = row.get(name)
    return None if value is None or np.isnan(float(value)) else float(value)


def _figures(known: dict[str, float | None], level: float) -> list[dict[str, Any]]:
    held = known["held"]
    return [
        _share("pretrial_share", known["unsentenced"], held, level),
        _per("occupancy", held, known["capacity"], 1.0, "held per place", level),
        _deaths(known["deaths"], held, level),
        _per("prisoners_per_100000", held, known["population"], 100_000.0, "prisoners per 100000 population", level),
    ]


def _share(term: str, part: float | None, whole: float | None, level: float) -> dict[str, Any]:
    if part is None or not whole or part > whole:
        note = "more unsentenced than held" if part is not None and whole and part > whole else "a count is missing"
        return _none(term, "share", note, part, whole)
    lower, upper = share_limits(part, whole, level)
    found = {"estimate": part / whole, "lower": lower, "upper": upper, "cases": part, "of": whole}
    return {"term": term, **found, "unit": "share", "note": ""}


def _per(term: str, count: float | None, base: float | None, scale: float, unit: str, level: float) -> dict[str, Any]:
    if count is None or not base:
        return _none(term, unit, "a count is missing", count, base)
    lower, upper = (scale * limit / base for limit in poisson_limits(count, level))
    found = {"estimate": scale * count / base, "lower": lower, "upper": upper, "cases": count, "of": base}
    return {"term": term, **found, "unit": unit, "note": ""}


def _none(term: str, unit: str, note: str, cases: float | None, base: float | None) -> dict[str, Any]:
    empty = {"estimate": None, "lower": None, "upper": None, "cases": cases, "of": base}
    return {"term": term, **empty, "unit": unit, "note": note}
