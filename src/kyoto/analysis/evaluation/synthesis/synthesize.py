"""From studies to a synthesis: whole, by subgroup, with moderators, or with dependent effects."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from kyoto.analysis.evaluation.synthesis.heterogeneity import heterogeneity
from kyoto.analysis.evaluation.synthesis.multilevel import ThreeLevel, three_level
from kyoto.analysis.evaluation.synthesis.pooling import Pooled, check_effects, critical_value, pool, predict
from kyoto.analysis.evaluation.synthesis.result import Studies, Synthesis, SynthesisRow
from kyoto.analysis.evaluation.synthesis.robust import robust_variance
from kyoto.core.errors import KyotoError

__all__ = ["synthesize", "synthesize_studies"]

NARROW = (
    "The effects agree more than chance alone would have them, so Knapp–Hartung limits are narrower than plain ones: "
    "report the wider."
)


def synthesize(
    effects: ArrayLike,
    variances: ArrayLike,
    *,
    labels: Sequence[str] = (),
    groups: Sequence[str] = (),
    clusters: Sequence[str] = (),
    moderators: Mapping[str, ArrayLike] | None = None,
    model: str = "reml",
    hksj: bool = False,
    level: float = 0.95,
    exponentiate: bool = False,
) -> Synthesis:
    """Pool effects of studies.

    Parameters
    ----------
    effects, variances
        Shape (k,): effects on a scale on which they are about normal (logarithms of ratios), and their variances.
    labels
        Names of the studies.
    groups
        Subgroup of each study: each is pooled by itself, and then all.
    clusters
        Study of each effect where studies have several: REML becomes a three-level model, and every model's errors
        are cluster-robust (CR2).
    moderators
        Characteristics of studies by name: a meta-regression.
    model
        ``fixed``, ``dl``, ``reml``, ``pm``, ``ml``, ``eb``, ``sj``, ``he``, ``hs``.
    hksj
        Knapp–Hartung errors.
    level
        Confidence.
    exponentiate
        Show ratios; for effects that are logarithms.

    Examples
    --------
    >>> found = synthesize([-0.2, 0.1, -0.5], [0.04, 0.02, 0.05], model="dl", exponentiate=True)
    >>> found.tidy().loc[0, ["estimate", "lower", "upper"]].astype(float).round(2).tolist()
    [0.85, 0.6, 1.2]
    """
    y, v = check_effects(effects, variances, model)
    names = tuple(str(label) for label in labels) or tuple(f"Study {number}" for number in range(1, len(y) + 1))
    values = {name: np.asarray(value, dtype=np.float64) for name, value in (moderators or {}).items()}
    studies = Studies(names, y, v, tuple(map(str, groups)), tuple(map(str, clusters)), values)
    return synthesize_studies(studies, model=model, hksj=hksj, level=level, exponentiate=exponentiate)


def synthesize_studies(
    studies: Studies,
    *,
    model: str = "reml",
    hksj: bool = False,
    level: float = 0.95,
    exponentiate: bool = False,
    by: str = "",
    measure: str = "effect",
) -> Synthesis:
    """Pool studies that were read; parameters as in :func:`synthesize`.

    Raises
    ------
    KyotoError
        ``evaluation.options-conflict`` where subgroups, moderators or dependent effects do not go together.
    """
    check_effects(studies.effects, studies.variances, model)
    if studies.moderators and studies.groups:
        raise _conflict("subgroups or moderators, not both")
    if hksj and studies.clusters:
        raise _conflict("--hksj or --cluster: robust errors have their own t distribution")
    between: tuple[float, float, float] | None = None
    rows: list[SynthesisRow]
    if studies.moderators:
        rows, weights, between = _regression(studies, model, hksj, level)
    else:
        total, weights = _pooled_row("pooled", studies, model, hksj, level)
        parts = _subgroups(studies, model, hksj, level) if studies.groups else []
        between = _difference(parts) if len(parts) > 1 else None
        rows = [*parts, total]
    return Synthesis(
        rows=tuple(rows),
        studies=studies,
        model=model,
        hksj=hksj,
        level=level,
        by=by or ("group" if studies.groups else ""),
        between=between,
        exponentiate=exponentiate,
        measure=measure,
        weights=weights,
    )


def _conflict(expected: str) -> KyotoError:
    return KyotoError("These options do not go together", code="evaluation.options-conflict", expected=expected)


def _subgroups(studies: Studies, model: str, hksj: bool, level: float) -> list[SynthesisRow]:
    rows = []
    for name in dict.fromkeys(studies.groups):
        part = studies.only(np.array([group == name for group in studies.groups]))
        rows.append(_single(name, part, level) if len(part.effects) == 1 else _part(name, part, model, hksj, level))
    return rows


def _part(name: str, part: Studies, model: str, hksj: bool, level: float) -> SynthesisRow:
    if part.clusters and len(set(part.clusters)) < 2:
        row, _ = _independent(name, part, model, hksj, level)
        return _noted(row, "All effects are of one study: their error is that of independent effects.")
    return _pooled_row(name, part, model, hksj, level)[0]


def _noted(row: SynthesisRow, note: str) -> SynthesisRow:
    from dataclasses import replace

    return replace(row, note=note)


def _single(name: str, part: Studies, level: float) -> SynthesisRow:
    """One study: itself."""
    from scipy import stats

    effect, error = float(part.effects[0]), math.sqrt(float(part.variances[0]))
    reach = critical_value(level, None) * error
    return SynthesisRow(
        term=name,
        k=1,
        estimate=effect,
        std_error=error,
        lower=effect - reach,
        upper=effect + reach,
        p_value=float(2 * stats.norm.sf(abs(effect) / error)),
        note="One study: nothing to pool.",
    )


def _pooled_row(name: str, studies: Studies, model: str, hksj: bool, level: float) -> tuple[SynthesisRow, Any]:
    if not studies.clusters:
        return _independent(name, studies, model, hksj, level)
    return _dependent(name, studies, model, level)


def _independent(name: str, studies: Studies, model: str, hksj: bool, level: float) -> tuple[SynthesisRow, Any]:
    fitted = pool(studies.effects, studies.variances, model=model, hksj=hksj, level=level)
    predicted = predict(fitted)
    random = model != "fixed"
    spread = fitted.spread
    row = SynthesisRow(
        term=name,
        k=len(studies.effects),
        estimate=float(fitted.coefficients[0]),
        std_error=float(fitted.std_errors[0]),
        lower=float(fitted.lower[0]),
        upper=float(fitted.upper[0]),
        p_value=float(fitted.p_values[0]),
        prediction_lower=predicted[4] if random else None,
        prediction_upper=predicted[5] if random else None,
        tau2=spread.tau2,
        tau2_lower=spread.lower,
        tau2_upper=spread.upper,
        i2=spread.i2,
        h2=spread.h2,
        q=spread.q,
        q_df=spread.q_degrees,
        q_p=spread.q_p,
        note=NARROW if hksj and _narrower(fitted) else "",
    )
    return row, fitted.weights


def _narrower(fitted: Pooled) -> bool:
    """Whether Knapp–Hartung limits are inside the plain ones."""
    plain = critical_value(fitted.level, None) / math.sqrt(np.sum(1 / (fitted.variances + fitted.spread.tau2)))
    return float(fitted.upper[0] - fitted.coefficients[0]) < plain * (1 - 1e-9)


def _working(studies: Studies, model: str, level: float, moderators: Any = None, names: Sequence[str] = ()) -> Any:
    """Three-level model for REML where studies have several effects, else the model itself."""
    several = 1 < len(set(studies.clusters)) < len(studies.clusters)
    if model == "reml" and several:
        return three_level(
            studies.effects, studies.variances, studies.clusters, moderators=moderators, names=names, level=level
        )
    return pool(studies.effects, studies.variances, model=model, moderators=moderators, names=names, level=level)


def _dependent(name: str, studies: Studies, model: str, level: float) -> tuple[SynthesisRow, Any]:
    fitted: Pooled | ThreeLevel = _working(studies, model, level)
    robust = robust_variance(fitted, studies.clusters)
    lower, upper = robust.limits(fitted.coefficients, level)
    estimate, error = float(fitted.coefficients[0]), float(robust.std_errors[0])
    extra: dict[str, Any] = {"studies": robust.clusters, "degrees_of_freedom": float(robust.degrees[0])}
    if isinstance(fitted, ThreeLevel):
        tau2 = fitted.between + fitted.within
        extra |= {"tau2_between": fitted.between, "tau2_within": fitted.within}
        weights = np.linalg.inv(fitted.working_covariance()).sum(axis=1)
        weights = 100 * weights / weights.sum()
    else:
        tau2 = fitted.spread.tau2
        weights = fitted.weights
    spread = heterogeneity(studies.effects, studies.variances, fitted.design, None if model == "fixed" else tau2, level)
    wide = critical_value(level, float(robust.degrees[0])) * math.sqrt(error**2 + tau2)
    row = SynthesisRow(
        term=name,
        k=len(studies.effects),
        estimate=estimate,
        std_error=error,
        lower=float(lower[0]),
        upper=float(upper[0]),
        p_value=_t_p(estimate / error, float(robust.degrees[0])),
        prediction_lower=None if model == "fixed" else estimate - wide,
        prediction_upper=None if model == "fixed" else estimate + wide,
        tau2=tau2,
        i2=spread.i2,
        h2=spread.h2,
        q=spread.q,
        q_df=spread.q_degrees,
        q_p=spread.q_p,
        extra=extra,
    )
    return row, weights


def _regression(
    studies: Studies, model: str, hksj: bool, level: float
) -> tuple[list[SynthesisRow], Any, tuple[float, float, float] | None]:
    names = list(studies.moderators)
    columns = np.column_stack(list(studies.moderators.values()))
    k = len(studies.effects)
    if studies.clusters:
        fitted = _working(studies, model, level, columns, names)
        robust = robust_variance(fitted, studies.clusters)
        lower, upper = robust.limits(fitted.coefficients, level)
        tau2 = fitted.between + fitted.within if isinstance(fitted, ThreeLevel) else fitted.spread.tau2
        ratios = fitted.coefficients / robust.std_errors
        p_values = [_t_p(float(r), float(d)) for r, d in zip(ratios, robust.degrees, strict=True)]
        numbers = zip(fitted.terms, fitted.coefficients, robust.std_errors, lower, upper, p_values, strict=True)
        rows = [
            SynthesisRow(t, k, float(b), float(s), float(lo), float(hi), p, tau2=tau2) for t, b, s, lo, hi, p in numbers
        ]
        return rows, np.full(k, 100 / k), None
    found = pool(
        studies.effects, studies.variances, model=model, moderators=columns, names=names, hksj=hksj, level=level
    )
    spread = found.spread
    rows = [
        SynthesisRow(
            term=term,
            k=k,
            estimate=float(found.coefficients[i]),
            std_error=float(found.std_errors[i]),
            lower=float(found.lower[i]),
            upper=float(found.upper[i]),
            p_value=float(found.p_values[i]),
            tau2=spread.tau2,
            tau2_lower=spread.lower,
            tau2_upper=spread.upper,
            i2=spread.i2,
            h2=spread.h2,
            q=spread.q,
            q_df=spread.q_degrees,
            q_p=spread.q_p,
        )
        for i, term in enumerate(found.terms)
    ]
    return rows, found.weights, found.moderators


def _difference(parts: Sequence[SynthesisRow]) -> tuple[float, float, float]:
    """Test that subgroups have one effect, each with its own heterogeneity."""
    from scipy import stats

    estimates = np.array([row.estimate for row in parts])
    w = 1 / np.array([row.std_error for row in parts]) ** 2
    q = float((w * (estimates - (w * estimates).sum() / w.sum()) ** 2).sum())
    return q, float(len(parts) - 1), float(stats.chi2.sf(q, len(parts) - 1))


def _t_p(ratio: float, degrees: float) -> float:
    from scipy import stats

    return float(2 * stats.t.sf(abs(ratio), degrees))
