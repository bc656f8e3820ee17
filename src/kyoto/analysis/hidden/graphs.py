r"""Bayesian averaging over decomposable graphs of dependence between the lists.

For a decomposable graph the marginal likelihood of a completed table (``m`` unobserved people in the empty history)
is a product over cliques divided by separators, each the marginal likelihood of a Dirichlet-multinomial. With the
prior :math:`1/N` on the population :math:`N = n + m` and a flat prior over graphs,

.. math:: p(G, m \mid n) \propto \frac{1}{n+m}\,\frac{(n+m)!}{m!}\,\prod_{C} f_C(m) \Big/ \prod_{S} f_S(m).

Each :math:`f` depends on ``m`` through one cell and the total, so all graphs share ``2**k`` curves, and averaging is
one sum of a few of them for each. Graphs are enumerated up to 6 lists; beyond, the edges are
explored by a Markov chain over decomposable graphs and the graphs it met are weighed exactly.

Sources: Madigan, D. and York, J. C. (1997), Biometrika 84, 19-31; Dawid and Lauritzen (1993), Annals of Statistics 21,
1272-1317, section 3.4 (hyper-Dirichlet law).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from kyoto.analysis.hidden.arrays import Floats, Integers
from kyoto.analysis.hidden.compiled import compiled
from kyoto.analysis.hidden.graph_search import ENUMERATED, Graph, PackedGraphs, decomposable_graphs, explore_graphs
from kyoto.analysis.hidden.model import CaptureTable
from kyoto.analysis.hidden.result import EstimateTable, PopulationEstimate, refused, settled
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["GraphAverage", "average_graphs", "delta_sensitivity"]

GRID = 40_000


@lru_cache(maxsize=8)
def _packed(k: int) -> PackedGraphs:
    return PackedGraphs(decomposable_graphs(k))


@dataclass(frozen=True, slots=True, eq=False)
class GraphAverage:
    """Posterior of the population, averaged over graphs.

    Parameters
    ----------
    population
        Posterior median with its interval.
    delta
        Prior people in each cell.
    missing
        Grid of unobserved people.
    posterior
        Posterior probability of each.
    graphs, weights
        Graphs and their posterior probabilities, largest first.
    mean, mode
        Posterior mean and mode of the population.
    at_end
        Posterior probability of the last hundredth of the grid; if not tiny, the grid is too short.
    """

    population: PopulationEstimate
    delta: float
    missing: Floats
    posterior: Floats
    graphs: tuple[Graph, ...]
    weights: Floats
    mean: float
    mode: float
    at_end: float

    def quantile(self, probability: float) -> float:
        """Posterior quantile of the population: the first grid point that reaches the probability."""
        return _grid_quantile(self.population.observed, self.missing, self.posterior, probability)

    def tidy(self, top: int | None = 20) -> pd.DataFrame:
        """Graphs by posterior probability."""
        import pandas as pd

        shown = self.graphs[:top]
        return pd.DataFrame({"model": [graph.model for graph in shown], "weight": self.weights[: len(shown)]})

    def summary(self) -> str:
        """Posterior of the population and the graphs that carry it."""
        best = ", ".join(
            f"{graph.model} {weight:.0%}" for graph, weight in zip(self.graphs[:3], self.weights[:3], strict=False)
        )
        return f"{self.population.summary()}\nGraphs with most weight: {best}."

    def plot(self) -> altair.LayerChart:
        """Posterior of the population."""
        from kyoto.analysis.hidden.charts import density_chart

        return density_chart(self.population.observed + self.missing, self.posterior, self.population)


def average_graphs(
    table: CaptureTable,
    *,
    delta: float | None = None,
    missing: int | Floats | None = None,
    level: float = 0.95,
    steps: int = 20_000,
    seed: int = 1,
) -> GraphAverage:
    """Average over all decomposable graphs.

    Parameters
    ----------
    table
        The lists.
    delta
        Prior people in each cell of the whole table; by default ``2**-k``, one person in all. Results can depend on
        it heavily: see :func:`delta_sensitivity`.
    missing
        Grid of unobserved people, or its last point. By default 0 to 40,000 or twenty times the observed, the larger:
        every number up to 500, then steps of one half percent, each point weighed by the numbers it stands for.
    level
        Credibility of the equal-tailed interval.
    steps, seed
        Beyond 6 lists: proposals of the Markov chain over graphs, and its seed.

    Examples
    --------
    Spina bifida in upstate New York (Madigan and York 1997, section 4):

    >>> spina = CaptureTable.from_histories("123", {(2,): 60, (1,): 49, (1, 2): 4, (0,): 247, (0, 2): 112,
    ...                                             (0, 1): 142, (0, 1, 2): 12})
    >>> average_graphs(spina, delta=0.125, missing=300).graphs[0].model
    '[23,1]'
    """
    grid, widths = _grid(table, missing)
    prior = 2.0**-table.k if delta is None else delta
    if prior <= 0.0:
        raise KyotoError("Not a prior", code="hidden.wrong-prior", got=f"delta = {delta}", expected="a positive number")
    curves = _curves(table, prior, grid)
    common = _common(table, grid) + np.log(widths)
    if table.k <= ENUMERATED:
        graphs, packed = decomposable_graphs(table.k), _packed(table.k)
    else:
        graphs = explore_graphs(table.k, curves, common, steps=steps, seed=seed)
        packed = PackedGraphs(graphs)
    posterior, weights = _posterior(packed, curves, common)
    return _assemble(table, prior, grid, posterior, weights, graphs, level)


def _grid(table: CaptureTable, missing: int | Floats | None) -> tuple[Floats, Floats]:
    """Grid of unobserved people, and how many numbers each point stands for."""
    if isinstance(missing, int):
        grid = np.arange(1.0, missing + 1.0)
    elif missing is not None:
        grid = np.asarray(missing, dtype=float)
    else:
        last = max(GRID, 20 * table.observed)
        coarse = np.geomspace(500.0, last, int(np.log(last / 500.0) / np.log(1.005)) + 2).round()
        grid = np.unique(np.concatenate([np.arange(0.0, 500.0), coarse]))
        edges = np.concatenate([[-0.5], (grid[1:] + grid[:-1]) / 2.0, [last + 0.5]])
        return grid, np.diff(edges)
    return grid, np.ones(grid.size)


def _curves(table: CaptureTable, delta: float, grid: Floats) -> Floats:
    """Logarithm of the marginal likelihood of each set of lists (row) for each number of unobserved people."""
    from scipy.special import gammaln

    size = table.counts.size
    whole = delta * size
    total = gammaln(whole + table.observed + grid) - gammaln(whole)
    curves = np.zeros((size, grid.size))
    histories = np.arange(size)
    for lists in range(1, size):
        cells = np.bincount(histories & lists, weights=table.counts, minlength=size)
        seen = [part for part in range(1, size) if part & lists == part]
        prior = delta * 2.0 ** (table.k - lists.bit_count())
        fixed = float((gammaln(prior + cells[seen]) - gammaln(prior)).sum()) - gammaln(prior)
        curves[lists] = fixed + gammaln(prior + cells[0] + grid) - total
    return curves


def _common(table: CaptureTable, grid: Floats) -> Floats:
    """Prior 1/N and multinomial coefficient, the same for all graphs."""
    from scipy.special import gammaln

    return np.asarray(gammaln(table.observed + grid) - gammaln(grid + 1.0))


def _posterior(graphs: PackedGraphs, curves: Floats, common: Floats) -> tuple[Floats, Floats]:
    """Posterior over the grid, and of each graph. Only graphs whose best point can matter are exponentiated."""
    best = np.empty(len(graphs))
    size = max(1, 4_000_000 // common.size)
    values = np.empty((min(size, len(graphs)), common.size))
    for first in range(0, len(graphs), size):
        last = min(first + size, len(graphs))
        add_curves(graphs.starts, graphs.sets, graphs.signs, curves, common, first, values[: last - first])
        best[first:last] = values[: last - first].max(axis=1)
    posterior = np.zeros(common.size)
    weights = np.zeros(len(graphs))
    for graph in np.flatnonzero(best > best.max() - 45.0).tolist():
        if len(graphs) > size:
            add_curves(graphs.starts, graphs.sets, graphs.signs, curves, common, graph, values[:1])
            row = values[0]
        else:
            row = values[graph]
        chances = np.exp(row - best.max())
        posterior += chances
        weights[graph] = chances.sum()
    return posterior / posterior.sum(), weights / weights.sum()


@compiled
def add_curves(
    starts: Integers, sets: Integers, signs: Floats, curves: Floats, common: Floats, first: int, values: Floats
) -> None:
    """Logarithm of the joint posterior of the graphs from ``first`` on (rows) over the grid, into ``values``."""
    for row in range(values.shape[0]):
        for point in range(common.shape[0]):
            values[row, point] = common[point]
        for position in range(starts[first + row], starts[first + row + 1]):
            lists, sign = sets[position], signs[position]
            for point in range(common.shape[0]):
                values[row, point] += sign * curves[lists, point]


def _assemble(
    table: CaptureTable,
    delta: float,
    grid: Floats,
    posterior: Floats,
    weights: Floats,
    graphs: Sequence[Graph],
    level: float,
) -> GraphAverage:
    observed = table.observed
    order = np.argsort(-weights, kind="stable")
    tails = (0.5 - level / 2.0, 0.5, 0.5 + level / 2.0)
    lower, median, upper = (_grid_quantile(observed, grid, posterior, probability) for probability in tails)
    mean = observed + float(grid @ posterior)
    spread = float(np.sqrt(((grid - (mean - observed)) ** 2) @ posterior))
    at_end = float(posterior[-max(1, grid.size // 100) :].sum())
    model = f"average of {len(graphs)} graphs, delta={delta:g}"
    found = settled(
        PopulationEstimate(
            "graphs", model, observed, median, lower, upper, std_error=spread, level=level, interval="posterior"
        )
    )
    if at_end > 0.01 or upper >= observed + grid[-1]:
        note = "The posterior has not fallen off at the end of the grid: the data do not fix the number."
        found = refused("graphs", model, observed, "too-imprecise", note)
    return GraphAverage(
        population=found,
        delta=delta,
        missing=grid,
        posterior=posterior,
        graphs=tuple(graphs[index] for index in order),
        weights=weights[order],
        mean=mean,
        mode=observed + float(grid[int(posterior.argmax())]),
        at_end=at_end,
    )


def _grid_quantile(observed: int, grid: Floats, posterior: Floats, probability: float) -> float:
    index = int(np.searchsorted(np.cumsum(posterior), probability))
    return observed + float(grid[min(index, grid.size - 1)])


def delta_sensitivity(
    table: CaptureTable,
    deltas: Sequence[float] | None = None,
    *,
    missing: int | Floats | None = None,
    level: float = 0.95,
) -> EstimateTable:
    """The same average under several priors; estimates that move are the prior's and not the data's.

    Parameters
    ----------
    table
        The lists.
    deltas
        Priors; by default ``2**-k``, 0.5 and 1.
    missing, level
        As in :func:`average_graphs`.
    """
    chosen = deltas if deltas is not None else (2.0**-table.k, 0.5, 1.0)
    averages = [average_graphs(table, delta=delta, missing=missing, level=level) for delta in chosen]
    return EstimateTable(tuple(average.population for average in averages))
