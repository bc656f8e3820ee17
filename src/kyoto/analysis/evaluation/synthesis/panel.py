"""All looks at publication bias side by side, each with what it means here."""

from __future__ import annotations

from typing import Any

from kyoto.analysis.evaluation.result import Estimate
from kyoto.analysis.evaluation.synthesis.bias import egger, pet_peese, rank_test, trim_and_fill
from kyoto.analysis.evaluation.synthesis.pooling import pool
from kyoto.analysis.evaluation.synthesis.result import Studies
from kyoto.analysis.evaluation.synthesis.selection import selection_model
from kyoto.core.errors import KyotoError

__all__ = ["publication_bias"]

FEW = 10


def publication_bias(studies: Studies, *, direction: str = "greater", level: float = 0.95) -> list[dict[str, Any]]:
    """Egger's test, rank correlation, PET-PEESE, trim and fill, and a selection model, one row each.

    Parameters
    ----------
    studies
        At least three.
    direction
        ``greater`` or ``less``: which effects were more welcome.
    level
        Confidence.

    Returns
    -------
    list of dict
        ``method``, ``estimate``, ``std_error``, ``lower``, ``upper``, ``p_value``, ``reading``; estimates are on the
        scale of the effects, for the tests the slope on the standard error.
    """
    if direction not in {"greater", "less"}:
        raise KyotoError(
            "No such direction", code="evaluation.unknown-direction", got=direction, expected="greater or less"
        )
    y, v = studies.effects, studies.variances
    plain = pool(y, v, level=level)
    rows = [
        _row(
            "random effects (REML)",
            Estimate(
                "pooled",
                float(plain.coefficients[0]),
                float(plain.std_errors[0]),
                float(plain.lower[0]),
                float(plain.upper[0]),
                float(plain.p_values[0]),
            ),
            "as if nothing were missing",
        )
    ]
    few = f"; fewer than {FEW} studies cannot show that nothing is missing" if len(y) < FEW else ""
    test = egger(y, v, level=level)
    rows.append(_row("Egger's test (slope)", test.slope, _asymmetry(test.p_value) + few))
    tau, rank_p = rank_test(y, v)
    rows.append(_blank("rank correlation", rank_p, f"Kendall's tau {tau:.2f}: {_asymmetry(rank_p)}"))
    pet, peese, chosen = pet_peese(y, v, level=level)
    for name, found in (("PET (study without error)", pet), ("PEESE (study without error)", peese)):
        rows.append(_row(name, found.limit, "the one that the rule reports" if found.method == chosen else ""))
    filled = trim_and_fill(y, v, level=level)
    rows.append(_row("trim and fill", filled.estimate, f"{filled.missing} studies filled in on the {filled.side}"))
    rows.append(_selection(studies, direction, level))
    return rows


def _selection(studies: Studies, direction: str, level: float) -> dict[str, Any]:
    name = "selection model (step at one-sided 0.025)"
    try:
        found = selection_model(studies.effects, studies.variances, direction=direction, level=level)
    except KyotoError as error:
        return _blank(name, None, f"none: {error.title[0].lower()}{error.title[1:]}")
    chance = f"others published {found.chances[1]:.2f} times as often as significant ones (p = {found.p_value:.2f})"
    return _row(name, found.estimate, chance)


def _asymmetry(p_value: float) -> str:
    return "small studies differ from large ones" if p_value < 0.1 else "no sign that small studies differ"


def _row(method: str, item: Estimate, reading: str) -> dict[str, Any]:
    row = item.row()
    kept = {name: row[name] for name in ("estimate", "std_error", "lower", "upper", "p_value")}
    return {"method": method, **kept, "reading": reading}


def _blank(method: str, p_value: float | None, reading: str) -> dict[str, Any]:
    empty = dict.fromkeys(("estimate", "std_error", "lower", "upper"))
    return {"method": method, **empty, "p_value": p_value, "reading": reading}
