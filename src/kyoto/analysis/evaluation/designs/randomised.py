"""Randomised programmes: simple, in blocks, by cluster; adjusted, and by randomisation inference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.evaluation.arrays import Floats, Integers
from kyoto.analysis.evaluation.designs.regression import hc_covariance, least_squares
from kyoto.analysis.evaluation.designs.trial import Trial, read_trial
from kyoto.analysis.evaluation.result import Check, EffectResult, Estimate, t_estimate
from kyoto.analysis.evaluation.synthesis.robust import cluster_robust
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["balance_table", "randomisation_test", "randomised"]


def randomised(
    source: Any,
    *,
    outcome: str,
    treatment: str,
    block: str | None = None,
    cluster: str | None = None,
    covariates: Sequence[str] = (),
    replicates: int = 0,
    seed: int = 1,
    level: float = 0.95,
) -> EffectResult:
    """Effect in a randomised trial.

    Parameters
    ----------
    source
        Dataframe or file, one row a unit.
    outcome, treatment
        Columns; treatment is 0 or 1.
    block
        Column of blocks within which units were randomised.
    cluster
        Column of clusters that were randomised; errors are then CR2 with Satterthwaite degrees of freedom.
    covariates
        Columns measured before: the estimate is adjusted with interactions (Lin 2013), which randomisation justifies.
    replicates, seed
        Draws of randomisation inference; 0 for none.
    level
        Confidence.

    Returns
    -------
    EffectResult
        Headline: average effect, adjusted where there are covariates; then the plain difference, and the mean of the
        comparison group.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"back": [0, 1, 0, 0, 1, 1, 0, 1], "visit": [1, 1, 1, 1, 0, 0, 0, 0]})
    >>> round(randomised(rows, outcome="back", treatment="visit").headline.estimate, 2)
    -0.5
    """
    trial = read_trial(
        source, outcome=outcome, treatment=treatment, block=block, cluster=cluster, covariates=covariates
    )
    plain = _effect("difference", trial, adjusted=False, level=level)
    estimates = [plain]
    if covariates:
        estimates.insert(0, _effect("adjusted difference", trial, adjusted=True, level=level))
    estimates.append(_comparison_mean(trial, level))
    checks = [_arms(trial)]
    if covariates:
        checks.append(_balance(trial))
    if replicates:
        p_value = randomisation_test(trial, replicates=replicates, seed=seed)
        checks.append(Check("randomisation inference", "info", f"p = {p_value:.4f} for no effect on anybody", p_value))
    return EffectResult("randomised trial", tuple(estimates), tuple(checks), level, outcome)


def _effect(term: str, trial: Trial, *, adjusted: bool, level: float) -> Estimate:
    """Average effect over blocks, weighted by their sizes, with or without Lin's adjustment."""
    if int(trial.blocks.max()) > 0 and not trial.clustered and not adjusted:
        return _blocked(term, trial, level)
    x = _design(trial, adjusted)
    fit = least_squares(trial.outcome, x, names=("treatment", *trial.names))
    position = 1
    if trial.clustered:
        robust = cluster_robust(trial.outcome, x, np.eye(len(x)), trial.clusters)
        error, degrees = float(robust.std_errors[position]), float(robust.degrees[position])
    else:
        error, degrees = float(np.sqrt(hc_covariance(fit)[position, position])), float(len(x) - x.shape[1])
    return t_estimate(term, float(fit.coefficients[position]), error, degrees, level)


def _design(trial: Trial, adjusted: bool) -> Floats:
    """Intercept, treatment, then centred blocks and covariates and their products with treatment."""
    d = trial.treated
    extras = [(trial.blocks == block).astype(float) for block in range(1, int(trial.blocks.max()) + 1)]
    if adjusted:
        extras += list(trial.covariates.T)
    columns = [np.ones_like(d), d]
    for extra in extras:
        centred = extra - extra.mean()
        columns += [centred, centred * d]
    return np.column_stack(columns)


def _blocked(term: str, trial: Trial, level: float) -> Estimate:
    """Differences within blocks, weighted by their sizes; Neyman's variance, a block with one unit in an arm pooled."""
    effect = variance = 0.0
    degrees = 0.0
    n = len(trial.outcome)
    pooled = _pooled_variance(trial)
    for block in range(int(trial.blocks.max()) + 1):
        inside = trial.blocks == block
        share = inside.sum() / n
        parts = [trial.outcome[inside & (trial.treated == arm)] for arm in (1.0, 0.0)]
        effect += share * float(parts[0].mean() - parts[1].mean())
        for part in parts:
            spread = float(part.var(ddof=1)) if len(part) > 1 else pooled
            variance += share**2 * spread / len(part)
            degrees += len(part) - 1
    return t_estimate(term, effect, float(np.sqrt(variance)), max(degrees, 1.0), level)


def _pooled_variance(trial: Trial) -> float:
    cells = trial.blocks * 2 + trial.treated.astype(int)
    total = rest = 0.0
    for cell in np.unique(cells):
        values = trial.outcome[cells == cell]
        total += float(((values - values.mean()) ** 2).sum())
        rest += len(values) - 1
    if rest == 0:
        raise KyotoError(
            "No block has two units in one group",
            code="evaluation.few-units",
            expected="at least one, or pairs analysed by their differences with cluster = pair",
        )
    return total / rest


def _comparison_mean(trial: Trial, level: float) -> Estimate:
    inside = trial.treated == 0
    values, clusters = trial.outcome[inside], np.unique(trial.clusters[inside], return_inverse=True)[1]
    count = int(clusters.max()) + 1
    if count < 2:
        raise KyotoError(
            "One unit is no comparison group",
            code="evaluation.few-units",
            got=f"{count} untreated {'cluster' if trial.clustered else 'unit'}",
            expected="at least two in each group",
        )
    sums = np.bincount(clusters, values - values.mean())
    error = float(np.sqrt(count / (count - 1) * (sums**2).sum())) / len(values)
    return t_estimate("comparison mean", float(values.mean()), error, count - 1, level)


def _arms(trial: Trial) -> Check:
    counts = [int((trial.treated == arm).sum()) for arm in (1.0, 0.0)]
    text = f"{counts[0]} treated, {counts[1]} not"
    if not trial.clustered:
        return Check("groups", "pass" if min(counts) >= 10 else "warn", text, float(min(counts)))
    clusters = [len(np.unique(trial.clusters[trial.treated == arm])) for arm in (1.0, 0.0)]
    verdict = "pass" if min(clusters) >= 10 else "warn"
    return Check("groups", verdict, f"{text}; {clusters[0]} and {clusters[1]} clusters", float(min(clusters)))


def _balance(trial: Trial) -> Check:
    """Joint test that covariates do not tell the groups apart: permutations of the Wald statistic are not needed."""
    from scipy import stats

    d = trial.treated
    x = np.column_stack([np.ones_like(d), trial.covariates - trial.covariates.mean(axis=0)])
    kept = np.flatnonzero(np.abs(x).max(axis=0) > 0)
    fit = least_squares(d, x[:, kept], names=trial.names)
    k = len(kept) - 1
    covariance = hc_covariance(fit)[1:, 1:]
    statistic = float(fit.coefficients[1:] @ np.linalg.solve(covariance, fit.coefficients[1:])) / k
    p_value = float(stats.f.sf(statistic, k, len(d) - k - 1))
    words = (
        "groups are alike in what was measured before"
        if p_value >= 0.05
        else "groups differ more than chance makes likely"
    )
    return Check("balance", "pass" if p_value >= 0.05 else "warn", f"{words} (p = {p_value:.2f})", p_value)


def balance_table(x: Floats, treated: Floats, names: Sequence[str], weights: Floats | None = None) -> pd.DataFrame:
    """Means of both groups and their difference in standard deviations of the treated and untreated pooled."""
    import pandas as pd

    w = np.ones_like(treated) if weights is None else weights
    rows = []
    for position, name in enumerate(names):
        means = [float(np.average(x[treated == arm, position], weights=w[treated == arm])) for arm in (1.0, 0.0)]
        spread = np.sqrt((x[treated == 1, position].var(ddof=1) + x[treated == 0, position].var(ddof=1)) / 2)
        difference = (means[0] - means[1]) / spread if spread > 0 else 0.0
        rows.append({"covariate": name, "treated": means[0], "comparison": means[1], "difference": float(difference)})
    return pd.DataFrame(rows)


def randomisation_test(trial: Trial, *, replicates: int = 10_000, seed: int = 1, effect: float = 0.0) -> float:
    """p-value of a constant effect by drawing the assignment again as it was drawn (within blocks, by cluster).

    Parameters
    ----------
    trial
        From :func:`read_trial`.
    replicates, seed
        Draws.
    effect
        Effect under the hypothesis, the same for all.
    """
    generator = np.random.default_rng(seed)
    y = trial.outcome - effect * trial.treated
    count = int(trial.clusters.max()) + 1
    totals = np.bincount(trial.clusters, y, count).astype(np.float64)
    sizes = np.bincount(trial.clusters, minlength=count).astype(float)
    first = np.unique(trial.clusters, return_index=True)[1]
    assigned, blocks = trial.treated[first], trial.blocks[first]
    own = float(_difference(assigned[None, :], totals, sizes, blocks)[0])
    extreme = 0
    for start in range(0, replicates, 1000):
        rows = min(1000, replicates - start)
        draws = np.empty((rows, count))
        for block in np.unique(blocks):
            inside = np.flatnonzero(blocks == block)
            order = np.argsort(generator.random((rows, len(inside))), axis=1)
            draws[:, inside] = assigned[inside][order]
        extreme += int((np.abs(_difference(draws, totals, sizes, blocks)) >= abs(own) - 1e-12).sum())
    return (1 + extreme) / (replicates + 1)


def _difference(assigned: Floats, totals: Floats, sizes: Floats, blocks: Integers) -> Floats:
    """Differences of means within blocks, weighted by block sizes, for every row of assignments."""
    whole = np.zeros(len(assigned))
    for block in np.unique(blocks):
        inside = blocks == block
        d, t, s = assigned[:, inside], totals[inside], sizes[inside]
        difference = d @ t / (d @ s) - (1 - d) @ t / ((1 - d) @ s)
        whole += s.sum() / sizes.sum() * difference
    return whole
