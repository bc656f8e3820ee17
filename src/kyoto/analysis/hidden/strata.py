"""Sex, age, form of exploitation, region, period: estimates by stratum that add up.

Three ways. *Separate*: each stratum alone, and a total that is their sum. *Partial pooling*: one model in which list
effects and interactions differ between strata by a normal amount whose size the data choose, so that small strata
borrow from large ones. *Together*: all people in one table, which is biased where strata differ in how well the lists
reach them.

Sources: Bishop, Fienberg and Holland (1975, chapter 6) for stratification; Zou and Donner (2008), Statistics in
Medicine 27, 1693-1702, for limits of a sum from limits of its parts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kyoto.analysis.hidden.arrays import Floats, Integers
from kyoto.analysis.hidden.checks import require_estimable
from kyoto.analysis.hidden.estimate import estimate_population
from kyoto.analysis.hidden.hierarchy import format_model, main_effects, parse_model
from kyoto.analysis.hidden.model import CaptureTable
from kyoto.analysis.hidden.options import Options
from kyoto.analysis.hidden.result import EstimateTable, PopulationEstimate, refused, settled
from kyoto.analysis.hidden.selection import select_stepwise
from kyoto.core.errors import KyotoError

__all__ = ["Trend", "pooled_strata", "rates", "separate_strata", "sum_of", "trend"]

Strata = Mapping[tuple[str, ...], CaptureTable]


def separate_strata(strata: Strata, by: Sequence[str], options: Options | None = None) -> EstimateTable:
    """Each stratum alone, then their sum as ``_T``.

    Parameters
    ----------
    strata
        Table of each stratum.
    by
        Names of the disaggregations.
    options
        How to estimate each.

    Returns
    -------
    EstimateTable
        One row a stratum and one total. The total is the sum; it is refused, with the reason, where a stratum that
        holds people has no estimate of its own.
    """
    chosen = options or Options()
    found = [_one_stratum(table, chosen).in_stratum(dict(zip(by, key, strict=True))) for key, table in strata.items()]
    total = sum_of(found).in_stratum(dict.fromkeys(by, "_T"))
    return EstimateTable((*found, total))


def _one_stratum(table: CaptureTable, options: Options) -> PopulationEstimate:
    if table.observed == 0:
        note = "Nobody was observed here."
        return refused(options.method, options.select, 0, "too-little-data", note)
    try:
        return estimate_population(require_estimable(table), options)
    except KyotoError as error:
        if error.code not in {"hidden.too-few-lists", "hidden.equal-lists", "hidden.no-model"}:
            raise
        note = f"{error.title}. {error.detail}".strip()
        return refused(options.method, options.select, table.observed, "too-little-data", note)


def sum_of(parts: Sequence[PopulationEstimate]) -> PopulationEstimate:
    """Sum of independent estimates, with limits from the limits of the parts.

    Parameters
    ----------
    parts
        Estimates; those without people are left out.

    Examples
    --------
    >>> part = PopulationEstimate("chao", "", 60, 100.0, 80.0, 140.0)
    >>> total = sum_of([part, part])
    >>> total.estimate, round(total.lower, 1), round(total.upper, 1)
    (200.0, 171.7, 256.6)
    """
    observed = sum(part.observed for part in parts)
    method = parts[0].method if parts else ""
    missing = [part for part in parts if part.estimate is None and part.observed > 0]
    if missing or not any(part.observed for part in parts):
        names = "; ".join(" ".join(part.strata.values()) for part in missing)
        note = f"No sum: there is no estimate for {names}. Use partial pooling, or merge strata."
        return refused(method, "sum of strata", observed, "too-little-data", note)
    kept = [part for part in parts if part.observed > 0]
    values = np.array([[part.estimate, part.lower, part.upper] for part in kept], dtype=float)
    estimate = float(values[:, 0].sum())
    below = math.sqrt(float(((values[:, 0] - values[:, 1]) ** 2).sum()))
    above = math.sqrt(float(((values[:, 2] - values[:, 0]) ** 2).sum()))
    lower = max(estimate - below, float(observed))
    return PopulationEstimate(
        method,
        "sum of strata",
        observed,
        estimate,
        lower,
        estimate + above,
        level=kept[0].level,
        interval="sum",
        note="Sum of the strata, taken as independent.",
    )


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where each parameter stands: shared effects, then for each stratum its intercept and its deviations."""

    terms: Integers
    strata: int

    @property
    def shared(self) -> int:
        return self.terms.size - 1

    @property
    def size(self) -> int:
        return self.shared + self.strata * self.terms.size

    def rows(self, stratum: int, design: Floats) -> Floats:
        rows = np.zeros((len(design), self.size))
        rows[:, : self.shared] = design[:, 1:]
        start = self.shared + stratum * self.terms.size
        rows[:, start : start + self.terms.size] = design
        return rows

    def intercept(self, stratum: int) -> int:
        return self.shared + stratum * self.terms.size

    def deviations(self) -> Floats:
        flags = np.zeros(self.size)
        for stratum in range(self.strata):
            start = self.intercept(stratum)
            flags[start + 1 : start + self.terms.size] = 1.0
        return flags


def pooled_strata(
    strata: Strata,
    by: Sequence[str],
    *,
    model: str | None = None,
    draws: int = 8000,
    seed: int = 1,
    level: float = 0.95,
) -> EstimateTable:
    """Estimates by stratum with partial pooling of list effects and interactions.

    In stratum ``s`` the effect of term ``t`` is ``a[t] + d[s, t]`` with ``d`` normal around zero; its standard
    deviation is averaged over by Laplace's method. Each stratum has a free intercept. Draws of all strata are joint,
    and the estimates are posterior means, so that they add up to the total.

    Parameters
    ----------
    strata
        Table of each stratum.
    by
        Names of the disaggregations.
    model
        Notation; by default the model that stepwise selection finds for all people together.
    draws, seed, level
        Posterior draws, seed, credibility.

    Returns
    -------
    EstimateTable
        One row a stratum, and ``_T``. Strata without people have no estimate and are not in the total.
    """
    filled = {key: table for key, table in strata.items() if table.observed > 0}
    if not filled:
        raise KyotoError("No people", code="hidden.empty-table", hint="Every stratum is empty.")
    whole = _together(filled)
    require_estimable(whole)
    terms = parse_model(model, whole) if model else _found_terms(whole)
    positive = whole.totals()
    terms = np.array([term for term in terms if term == 0 or positive[term] > 0], dtype=np.int64)
    hidden = _joint_draws(list(filled.values()), terms, draws, seed)
    name = f"pooled {format_model(terms)}"
    results = []
    position = {key: index for index, key in enumerate(filled)}
    for key, table in strata.items():
        label = dict(zip(by, key, strict=True))
        if key in position:
            results.append(_from_draws(name, table.observed, hidden[:, position[key]], level).in_stratum(label))
        else:
            note = "Nobody was observed here."
            results.append(refused("loglinear", name, 0, "too-little-data", note).in_stratum(label))
    total = _from_draws(name, whole.observed, hidden.sum(axis=1), level)
    return EstimateTable((*results, total.in_stratum(dict.fromkeys(by, "_T"))))


def _together(strata: Strata) -> CaptureTable:
    first = next(iter(strata.values()))
    counts: Floats = np.sum([table.counts for table in strata.values()], axis=0)
    return first.with_counts(counts)


def _found_terms(table: CaptureTable) -> Integers:
    fit = select_stepwise(table)
    return parse_model(fit.model, table) if fit.verdict.exists else main_effects(table.k)


def _from_draws(name: str, observed: int, hidden: Floats, level: float) -> PopulationEstimate:
    tails = (0.5 - level / 2.0, 0.5 + level / 2.0)
    lower, upper = (observed + float(limit) for limit in np.quantile(hidden, tails))
    found = PopulationEstimate(
        "loglinear",
        name,
        observed,
        observed + float(hidden.mean()),
        lower,
        upper,
        std_error=float(hidden.std(ddof=1)),
        level=level,
        interval="posterior",
    )
    return settled(found)


def _joint_draws(tables: list[CaptureTable], terms: Integers, draws: int, seed: int) -> Floats:
    """Draws of the unobserved people of every stratum (columns)."""
    from kyoto.analysis.hidden.existence import design

    layout = _Layout(terms, len(tables))
    histories = np.arange(1, tables[0].counts.size)
    rows = np.vstack([layout.rows(index, design(terms, histories)) for index in range(len(tables))])
    counts = np.concatenate([table.counts[1:] for table in tables])
    scales = np.geomspace(0.03, 3.0, 15)
    modes, factors, evidence = [], [], []
    start = np.zeros(layout.size)
    for index, table in enumerate(tables):
        start[layout.intercept(index)] = math.log(table.observed + 1.0)
    for scale in scales:
        precision = layout.deviations() / scale**2 + (1.0 - layout.deviations()) * 1e-6
        mode, factor, value = _laplace(rows, counts, precision, start)
        modes.append(mode)
        factors.append(factor)
        # a half-normal prior of scale one keeps the spread away from nonsense; the grid is even in its logarithm
        free = float(layout.deviations().sum())
        evidence.append(value - free * math.log(scale) - 0.5 * scale**2 + math.log(scale))
        start = mode
    weights = np.exp(np.array(evidence) - max(evidence))
    generator = np.random.default_rng(seed)
    chosen = generator.choice(scales.size, size=draws, p=weights / weights.sum())
    intercepts = [layout.intercept(index) for index in range(len(tables))]
    hidden = np.empty((draws, len(tables)))
    for draw, pick in enumerate(chosen):
        step = np.linalg.solve(factors[pick].T, generator.standard_normal(layout.size))
        hidden[draw] = np.exp(np.minimum((modes[pick] + step)[intercepts], 40.0))
    return generator.poisson(hidden).astype(float)


def _laplace(rows: Floats, counts: Floats, precision: Floats, start: Floats) -> tuple[Floats, Floats, float]:
    """Mode, Cholesky factor of the curvature and log-evidence of a penalised Poisson regression."""

    def value_of(parameters: Floats) -> float:
        predictor = rows @ parameters
        if predictor.max() > 300.0:
            return -math.inf
        return float(counts @ predictor - np.exp(predictor).sum() - 0.5 * (precision * parameters**2).sum())

    parameters = start.copy()
    value = value_of(parameters)
    for _ in range(100):
        means = np.exp(rows @ parameters)
        gradient = rows.T @ (counts - means) - precision * parameters
        factor = np.linalg.cholesky((rows.T * means) @ rows + np.diag(precision))
        step = np.linalg.solve(factor.T, np.linalg.solve(factor, gradient))
        length = 1.0
        while length > 1e-8 and value_of(parameters + length * step) < value - 1e-10:
            length *= 0.5
        parameters = parameters + length * step
        reached = value_of(parameters)
        if abs(reached - value) < 1e-10 * (abs(value) + 1.0):
            break
        value = reached
    return parameters, np.asarray(factor, dtype=np.float64), value_of(parameters) - float(np.log(np.diag(factor)).sum())


def rates(table: EstimateTable, population: Mapping[tuple[str, ...], float], *, per: float = 100_000.0) -> pd.DataFrame:
    """Estimates as rates of a resident population.

    Parameters
    ----------
    table
        Estimates by stratum.
    population
        Residents of each stratum, by the values of ``strata``; those of ``_T`` too if its rate is wanted.
    per
        Unit of the rate.

    Returns
    -------
    pandas.DataFrame
        The tidy frame with ``population``, ``rate``, ``rate_lower``, ``rate_upper``.
    """
    frame = table.tidy()
    residents = [population.get(tuple(estimate.strata.values()), math.nan) for estimate in table]
    frame["population"] = residents
    for name, source in (("rate", "estimate"), ("rate_lower", "lower"), ("rate_upper", "upper")):
        frame[name] = frame[source].astype(float) / frame["population"] * per
    return frame


@dataclass(frozen=True, slots=True)
class Trend:
    """Change of a population over equally spaced periods.

    Parameters
    ----------
    change
        Relative change a period, such as 0.05.
    lower, upper
        Limits.
    level
        Confidence.
    heterogeneity
        Chi-squared of the periods around the trend, divided by its degrees of freedom; above 1 the trend is not the
        whole story, and the limits are widened by its square root.
    """

    change: float
    lower: float
    upper: float
    level: float
    heterogeneity: float


def trend(estimates: Sequence[PopulationEstimate], *, level: float = 0.95) -> Trend:
    """Log-linear trend through estimates of successive periods, weighed by their precision.

    Parameters
    ----------
    estimates
        At least three periods, in order, each with an estimate.
    level
        Confidence.

    Examples
    --------
    >>> periods = [PopulationEstimate("chao", "", 50, 100.0 * 1.1**t, 90.0 * 1.1**t, 111.11 * 1.1**t) for t in range(5)]
    >>> round(trend(periods).change, 3)
    0.1
    """
    from scipy.special import ndtri

    kept = [(time, estimate) for time, estimate in enumerate(estimates) if estimate.estimate is not None]
    if len(kept) < 3:
        raise KyotoError(
            "Too few periods for a trend", code="hidden.too-few-periods", got=str(len(kept)), expected="three or more"
        )
    times = np.array([time for time, _ in kept], dtype=float)
    values = np.array([math.log(estimate.estimate or math.nan) for _, estimate in kept])
    widths = np.array([_log_width(estimate) for _, estimate in kept])
    weights = 1.0 / widths**2
    rows = np.column_stack([np.ones_like(times), times])
    information = (rows.T * weights) @ rows
    solution = np.linalg.solve(information, rows.T @ (weights * values))
    spread = math.sqrt(float(np.linalg.inv(information)[1, 1]))
    chi = float((weights * (values - rows @ solution) ** 2).sum()) / (len(kept) - 2)
    reach = float(ndtri(0.5 + level / 2.0)) * spread * math.sqrt(max(1.0, chi))
    change, lower, upper = (math.expm1(float(solution[1]) + shift) for shift in (0.0, -reach, reach))
    return Trend(change, lower, upper, level, chi)


def _log_width(estimate: PopulationEstimate) -> float:
    """Standard error on the logarithmic scale, from the limits."""
    from scipy.special import ndtri

    assert estimate.lower is not None
    assert estimate.upper is not None
    return (math.log(estimate.upper) - math.log(estimate.lower)) / (2.0 * float(ndtri(0.5 + estimate.level / 2.0)))
