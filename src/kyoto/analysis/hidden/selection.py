"""Which log-linear model: all hierarchical ones by a criterion, or stepwise by p-value.

The interval that comes with a chosen model here is conditional on the choice and therefore too short;
:func:`kyoto.analysis.hidden.bootstrap.bootstrap_population` repeats the choice in every replicate.

Sources: Silverman, B. W., Chan, L. and Vincent, K. (2024), Statistics and Computing 34, 44 (criterion over all
hierarchical models, BIC with the number of people); Chan, Silverman and Vincent (2021, section 3.2) (stepwise).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from kyoto.analysis.hidden.arrays import Floats, Integers
from kyoto.analysis.hidden.compiled import in_threads
from kyoto.analysis.hidden.existence import VERDICTS
from kyoto.analysis.hidden.hierarchy import Catalogue, catalogue, format_model, main_effects, pairs
from kyoto.analysis.hidden.loglinear import LogLinearFit, fit_loglinear, log_factorials
from kyoto.analysis.hidden.model import CaptureTable
from kyoto.analysis.hidden.options import DEFAULT_P
from kyoto.analysis.hidden.result import PopulationEstimate
from kyoto.analysis.hidden.searching import fit_catalogue, stepwise_terms
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = [
    "CRITERIA",
    "ModelSearch",
    "default_order",
    "penalties_of",
    "search_models",
    "select_stepwise",
]

CRITERIA = ("aic", "aicc", "bic")


@dataclass(frozen=True, slots=True, eq=False)
class ModelSearch:
    """All models of a catalogue, best first.

    Parameters
    ----------
    best
        Fit of the model of smallest criterion.
    criterion
        ``aic``, ``aicc`` or ``bic``.
    order
        Largest interaction that was admitted.
    ranked
        The models with an estimate, best first (packed).
    estimates, values, weights
        Population, criterion and weight ``exp(-difference / 2)``, normalised, of each ranked model.
    refusals
        Number of models without an estimate, by verdict.
    """

    best: LogLinearFit
    criterion: str
    order: int
    ranked: Catalogue
    estimates: Floats
    values: Floats
    weights: Floats
    refusals: dict[str, int]

    @property
    def population(self) -> PopulationEstimate:
        """Estimate of the best model; its interval does not know that a choice was made."""
        note = "The interval is conditional on the chosen model; the bootstrap repeats the choice."
        return replace(self.best.population, note=note)

    def tidy(self, top: int | None = 20) -> pd.DataFrame:
        """The ranked models: model, estimate, criterion, weight. No interval here: see the bootstrap.

        Parameters
        ----------
        top
            How many; None for all.
        """
        import pandas as pd

        count = len(self.values) if top is None else min(top, len(self.values))
        names = [format_model(self.ranked.model(index)) for index in range(count)]
        return pd.DataFrame(
            {
                "rank": np.arange(1, count + 1),
                "model": names,
                "estimate": self.estimates[:count],
                self.criterion: self.values[:count],
                "weight": self.weights[:count],
            }
        )

    def summary(self) -> str:
        """Best model and how much weight it has."""
        lines = [
            self.population.summary(),
            f"Weight of this model among {len(self.values)} with an estimate: {self.weights[0]:.0%}.",
        ]
        low, high = spread(self.estimates, self.weights)
        lines.append(f"Models that hold 95% of the weight reach from {low:,.0f} to {high:,.0f}.")
        if self.refusals:
            parts = ", ".join(f"{count} {verdict}" for verdict, count in self.refusals.items())
            lines.append(f"Models without an estimate: {parts}.")
        return "\n".join(lines)

    def plot(self) -> altair.Chart:
        """Estimate against weight, a point a model."""
        from kyoto.analysis.hidden.charts import weights_chart

        return weights_chart(self.tidy(top=100), self.criterion)


def spread(estimates: Floats, weights: Floats, share: float = 0.95) -> tuple[float, float]:
    """Range of the estimates of the best models that together hold a share of the weight (best first).

    Examples
    --------
    >>> spread(np.array([10.0, 12.0, 50.0]), np.array([0.6, 0.38, 0.02]))
    (10.0, 12.0)
    """
    count = int(np.searchsorted(np.cumsum(weights), share)) + 1
    return float(estimates[:count].min()), float(estimates[:count].max())


def default_order(k: int) -> int:
    """Largest interaction searched when the user does not say: 2 for three lists, 3 for four or five, 2 beyond.

    Examples
    --------
    >>> [default_order(k) for k in (2, 3, 4, 5, 6)]
    [1, 2, 3, 3, 2]
    """
    return {2: 1, 3: 2, 4: 3, 5: 3}.get(k, 2)


def penalties_of(criterion: str, parameters: Integers, people: float) -> Floats:
    """What each criterion adds to minus twice the log-likelihood.

    Parameters
    ----------
    criterion
        ``aic``, ``aicc`` or ``bic``.
    parameters
        Number of parameters of each model, those at minus infinity included.
    people
        Observed people, the sample size of AICc and BIC.
    """
    if criterion not in CRITERIA:
        raise KyotoError(
            "Unknown criterion", code="hidden.unknown-criterion", got=criterion, expected=", ".join(CRITERIA)
        )
    count = parameters.astype(float)
    if criterion == "bic":
        return count * math.log(people)
    if criterion == "aic":
        return 2.0 * count
    spare = people - count - 1.0
    return 2.0 * count + np.where(spare > 0, 2.0 * count * (count + 1.0) / np.where(spare > 0, spare, 1.0), np.inf)


def search_models(
    table: CaptureTable, criterion: str = "bic", *, order: int | None = None, level: float = 0.95
) -> ModelSearch:
    """Fit every hierarchical model up to an order and rank them.

    Parameters
    ----------
    table
        The lists.
    criterion
        ``aic``, ``aicc`` or ``bic``.
    order
        Largest interaction; by default :func:`default_order`, at most one less than the number of lists.
    level
        Confidence of the (conditional) profile interval of the best model.

    Raises
    ------
    KyotoError
        ``hidden.no-model``: not one model has an estimate. ``hidden.too-many-models``.

    Examples
    --------
    >>> korea = CaptureTable.from_histories(
    ...     "bcd", {(2,): 41, (1,): 5, (0,): 5, (0, 1): 54, (0, 2): 6, (0, 1, 2): 12})
    >>> search = search_models(korea, "bic")
    >>> search.best.model, round(search.best.bic, 4), search.refusals
    ('[12,23]', 57.1408, {'no-mle': 2})
    """
    order = min(order or default_order(table.k), table.k - 1)
    models = catalogue(table.k, order)
    codes, hidden, values = _fit_all(table, models)
    criteria = penalties_of(criterion, np.diff(models.starts), table.observed) - 2.0 * (
        values - log_factorials(table.counts)
    )
    usable = np.flatnonzero(codes == 0)
    if usable.size == 0:
        raise KyotoError(
            "No model has an estimate",
            code="hidden.no-model",
            got=f"{len(models)} hierarchical models of {table.k} lists",
            hint="Look at the overlaps with 'kyoto hidden check'; merge lists that share nobody.",
        )
    ranking = usable[np.argsort(criteria[usable], kind="stable")]
    relative = np.exp(-0.5 * (criteria[ranking] - criteria[ranking[0]]))
    refusals = {VERDICTS[code]: int((codes == code).sum()) for code in (1, 2, 3, 4) if (codes == code).any()}
    return ModelSearch(
        best=fit_loglinear(table, models.model(int(ranking[0])), level=level),
        criterion=criterion,
        order=order,
        ranked=models.subset(ranking.tolist()),
        estimates=table.observed + hidden[ranking],
        values=criteria[ranking],
        weights=relative / relative.sum(),
        refusals=refusals,
    )


def _fit_all(table: CaptureTable, models: Catalogue) -> tuple[Integers, Floats, Floats]:
    """Codes, unobserved people and log-likelihoods of all models, on all cores."""
    total = len(models)
    codes = np.zeros(total, dtype=np.int64)
    hidden = np.full(total, np.nan)
    values = np.full(total, np.nan)
    edges = np.linspace(0, total, 1 + max(1, min(8, total // 500)), dtype=int)

    def fit_part(part: tuple[int, int]) -> None:
        first, last = part
        starts = models.starts[first : last + 1]
        fit_catalogue(table.counts, models.terms, starts, codes[first:last], hidden[first:last], values[first:last])

    in_threads(fit_part, list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)))
    return codes, hidden, values


def select_stepwise(table: CaptureTable, *, threshold: float = DEFAULT_P, level: float = 0.95) -> LogLinearFit:
    """Forward selection of pairs by one-sided Poisson p-value.

    Parameters
    ----------
    table
        The lists.
    threshold
        Largest p-value at which a pair enters; 0 gives main effects.
    level
        Confidence of the (conditional) profile interval.

    Examples
    --------
    >>> korea = CaptureTable.from_histories(
    ...     "bcd", {(2,): 41, (1,): 5, (0,): 5, (0, 1): 54, (0, 2): 6, (0, 1, 2): 12})
    >>> fit = select_stepwise(korea)
    >>> fit.model, round(fit.population.estimate, 4)
    ('[12,3]', 268.7778)
    """
    candidates = pairs(table.k)
    included = np.zeros(candidates.size, dtype=np.bool_)
    if threshold > 0:
        stepwise_terms(table.counts, main_effects(table.k), candidates, threshold, included)
    terms = np.concatenate([main_effects(table.k), candidates[included]])
    return fit_loglinear(table, terms, level=level)


def model_names(models: Sequence[Integers]) -> list[str]:
    """Notation of several models."""
    return [format_model(model) for model in models]
