"""One call for every method, alone or side by side."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from kyoto.analysis.hidden.bayes import average_shrinkage, bayesian_threshold
from kyoto.analysis.hidden.bootstrap import bootstrap_population
from kyoto.analysis.hidden.capture_frequencies import chao_lower_bound, heterogeneity_model
from kyoto.analysis.hidden.checks import require_estimable
from kyoto.analysis.hidden.compiled import is_compiled
from kyoto.analysis.hidden.coverage import sample_coverage, sample_coverage_estimate
from kyoto.analysis.hidden.graphs import average_graphs
from kyoto.analysis.hidden.latent import latent_classes
from kyoto.analysis.hidden.loglinear import fit_loglinear
from kyoto.analysis.hidden.model import CaptureTable
from kyoto.analysis.hidden.options import SELECTIONS, Options
from kyoto.analysis.hidden.result import EstimateTable, PopulationEstimate, refused
from kyoto.core.errors import KyotoError, did_you_mean

__all__ = ["METHODS", "Options", "compare_methods", "estimate_population"]


def estimate_population(table: CaptureTable, options: Options | None = None) -> PopulationEstimate:
    """Estimate a population by one method.

    Parameters
    ----------
    table
        The lists.
    options
        How; stepwise log-linear with a bootstrap interval by default.

    Returns
    -------
    PopulationEstimate
        Or its refusal: look at ``verdict``.

    Raises
    ------
    KyotoError
        Nothing that any method could estimate from (one list, the same list twice), or an unknown option.

    Examples
    --------
    >>> table = CaptureTable.from_histories("ABC", {(0,): 40, (1,): 30, (2,): 20, (0, 1): 6})
    >>> estimate_population(table, Options(select="model", model="[12,3]")).verdict
    'no-mle'
    """
    chosen = options or Options()
    _known("method", chosen.method, METHODS)
    if not 0.0 < chosen.level < 1.0:
        raise KyotoError("Not a level", code="hidden.wrong-level", got=str(chosen.level), expected="between 0 and 1")
    usable = require_estimable(table)
    if chosen.method != "loglinear" and usable.frequencies()[1:].sum() == 0:
        note = "Nobody is on two lists: a prior could give a number, these lists cannot."
        return refused(chosen.method, "", usable.observed, "no-overlap", note)
    return METHODS[chosen.method](usable, chosen)


def compare_methods(
    table: CaptureTable, options: Options | None = None, *, methods: Sequence[str] | None = None
) -> EstimateTable:
    """All methods side by side.

    Parameters
    ----------
    table
        The lists.
    options
        Seed, level, replicates and the rest; ``method`` and ``select`` are varied.
    methods
        Which; by default log-linear three ways, Chao, coverage, graphs, Bayesian and (with Numba) latent classes.
    """
    chosen = replace(options or Options(), patient=False)
    names = methods or ("loglinear", "chao", "coverage", "graphs", "bayes", *(("latent",) if is_compiled() else ()))
    found: list[PopulationEstimate] = []
    for name in names:
        selections = ("main", "stepwise", "bic") if name == "loglinear" else (chosen.select,)
        found += [_or_refusal(table, replace(chosen, method=name, select=select)) for select in selections]
    return EstimateTable(tuple(found))


def _or_refusal(table: CaptureTable, options: Options) -> PopulationEstimate:
    try:
        return estimate_population(table, options)
    except KyotoError as error:
        if error.code not in {"hidden.too-many-models", "hidden.no-model"}:
            raise
        return refused(options.method, options.select, table.observed, error.code.split(".")[1], error.title)


def _known(what: str, value: str, known: Collection[str]) -> None:
    if value not in known:
        raise KyotoError(
            f"Unknown {what}", code=f"hidden.unknown-{what}", got=value, hint=did_you_mean(value, list(known))
        )


def _loglinear(table: CaptureTable, options: Options) -> PopulationEstimate:
    _known("selection", options.select, SELECTIONS)
    if options.select == "model" and not options.model:
        raise KyotoError("No model given", code="hidden.wrong-model", hint='Add for example --model "[12,3]".')
    if options.replicates <= 0 or options.select in {"main", "model"}:
        return _conditional(table, options)
    boot = bootstrap_population(
        table,
        options.select,
        order=options.order,
        threshold=options.threshold,
        replicates=options.replicates,
        seed=options.seed,
        level=options.level,
    )
    return _labelled(boot.population, options.select)


def _conditional(table: CaptureTable, options: Options) -> PopulationEstimate:
    from kyoto.analysis.hidden.downhill import search_downhill
    from kyoto.analysis.hidden.selection import search_models, select_stepwise

    if options.select in {"main", "model"}:
        fit = fit_loglinear(table, options.model or "main", level=options.level)
        return _labelled(fit.population, options.select)
    if options.select == "stepwise":
        fit = select_stepwise(table, threshold=options.threshold, level=options.level)
        note = "The interval is conditional on the chosen model, so it is too short."
        return _labelled(replace(fit.population, note=fit.population.note or note), options.select)
    if options.select == "downhill":
        return _labelled(search_downhill(table, order=options.order, level=options.level).population, options.select)
    found = search_models(table, options.select, order=options.order, level=options.level)
    return _labelled(found.population, options.select)


def _labelled(found: PopulationEstimate, select: str) -> PopulationEstimate:
    return replace(found, details={**found.details, "select": select})


def _chao(table: CaptureTable, options: Options) -> PopulationEstimate:
    return chao_lower_bound(table, level=options.level)


def _coverage(table: CaptureTable, options: Options) -> PopulationEstimate:
    variant = "low" if sample_coverage(table) < 0.55 else "high"
    replicates = max(options.replicates, 200)
    found = sample_coverage_estimate(
        table, variant, replicates=min(replicates, 500), seed=options.seed, level=options.level
    )
    if found.estimate is None and variant == "high":
        found = sample_coverage_estimate(table, "low", replicates=500, seed=options.seed, level=options.level)
    return found


def _heterogeneity(table: CaptureTable, options: Options) -> PopulationEstimate:
    return heterogeneity_model(table, "darroch", level=options.level)


def _graphs(table: CaptureTable, options: Options) -> PopulationEstimate:
    return average_graphs(table, delta=options.delta, seed=options.seed, level=options.level).population


def _latent(table: CaptureTable, options: Options) -> PopulationEstimate:
    return latent_classes(table, seed=options.seed, level=options.level, longer=5 if options.patient else 1).population


def _bayes(table: CaptureTable, options: Options) -> PopulationEstimate:
    if table.k <= 5:
        return average_shrinkage(table, seed=options.seed, level=options.level).population
    return bayesian_threshold(table, seed=options.seed, level=options.level).population


METHODS: dict[str, Callable[[CaptureTable, Options], PopulationEstimate]] = {
    "loglinear": _loglinear,
    "chao": _chao,
    "heterogeneity": _heterogeneity,
    "coverage": _coverage,
    "graphs": _graphs,
    "bayes": _bayes,
    "latent": _latent,
}
"""Methods by the name that the command line takes (:data:`kyoto.analysis.hidden.options.METHOD_NAMES`)."""
