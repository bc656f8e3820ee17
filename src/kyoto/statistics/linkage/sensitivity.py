"""Linkage error carried into later figures: the same figure over linkages that could as well be true.

A doubtful pair is drawn as link or no link with its probability, and the figure is computed again for each drawing
(multiple imputation of links; Rubin 1987, *Multiple Imputation for Nonresponse in Surveys*, equations 3.1.2 to 3.1.8).
Beside it stand the figures at the strict and the loose end of the review range, which need no model of the doubt. Links
whose pairs were never compared are in none of them: limits reach as far as these may move the figure (:mod:`.missed`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from kyoto.core.errors import KyotoError
from kyoto.core.results import estimates_frame
from kyoto.statistics.linkage.assembling import clustered
from kyoto.statistics.linkage.clusters import Edges, cluster_records
from kyoto.statistics.linkage.missed import thinned

if TYPE_CHECKING:
    import altair
    import pandas as pd

    from kyoto.statistics.linkage.result import Linkage

__all__ = [
    "LinkageBand",
    "carry_linkage_error",
    "combine_estimates",
    "plausible_frame",
    "plausible_linkages",
    "thinned_linkages",
]

SURE = 0.999
THINNED = 5


@dataclass(frozen=True, slots=True)
class LinkageBand:
    """A figure with its sampling error and its linkage error.

    Parameters
    ----------
    term
        Name of the figure.
    estimate
        Mean over the plausible linkages.
    std_error
        Of sampling and linkage together.
    lower, upper
        Interval at ``level``; it reaches as far as the links that no rule found may move the figure.
    best
        Figure of the linkage itself.
    strict, loose
        Figures at the upper and lower end of the review range.
    linkage_share
        Share of the variance that linkage adds.
    level
        Confidence.
    draws
        Plausible linkages.
    """

    term: str
    estimate: float
    std_error: float
    lower: float
    upper: float
    best: float
    strict: float
    loose: float
    linkage_share: float
    level: float
    draws: int

    def tidy(self) -> pd.DataFrame:
        """Frame of one row."""
        return estimates_frame([{name: getattr(self, name) for name in self.__slots__}])

    def summary(self) -> str:
        """Two lines for a terminal."""
        return (
            f"{self.term}: {self.estimate:.6g} ({self.level:.0%} {self.lower:.6g} to {self.upper:.6g}), "
            f"{self.linkage_share:.0%} of the variance from linkage\n"
            f"  as linked {self.best:.6g}; with strict links {self.strict:.6g}, with loose links {self.loose:.6g}"
        )

    def plot(self) -> altair.LayerChart:
        """Interval, and the figures at the ends of the review range."""
        import altair as alt
        import pandas as pd

        whole = alt.Chart(self.tidy())
        x = alt.X("lower:Q", title=self.term, scale=alt.Scale(zero=False))
        rule = whole.mark_rule(strokeWidth=3).encode(x=x, x2="upper:Q")
        point = whole.mark_point(filled=True, size=80).encode(x="estimate:Q")
        ends = pd.DataFrame({"x": [self.strict, self.best, self.loose], "what": ["strict", "as linked", "loose"]})
        marks = alt.Chart(ends).mark_tick(thickness=2, size=24).encode(x="x:Q", color=alt.Color("what:N", title=None))
        title = alt.Title("What does linkage error change?", subtitle="Bar: interval with sampling and linkage error.")
        return cast("altair.LayerChart", alt.layer(rule, point, marks).properties(title=title, width=480))


def plausible_linkages(linkage: Linkage, *, draws: int = 20, seed: int | None = None) -> Iterator[Any]:
    """Draw linkages that could as well be true.

    Records joined by sure pairs (probability at least 0.999, or decided by a reviewer) form nuclei. Between two nuclei
    one draw decides, with the probability of their surest pair: the many pairs of two nuclei are the same question
    asked again, and independent draws would join too much.

    Parameters
    ----------
    linkage
        From :func:`.linking.link_files`.
    draws
        How many.
    seed
        The seed of the linkage by default.

    Yields
    ------
    numpy.ndarray of int64
        Number of the person of each record.
    """
    random = np.random.default_rng(linkage.options.seed if seed is None else seed)
    pairs, records = linkage.pairs, len(linkage.records)
    nuclei = clustered(records, pairs, SURE, linkage.once)
    probability = pairs["probability"].to_numpy()
    left, right = nuclei[pairs["left"].to_numpy()], nuclei[pairs["right"].to_numpy()]
    open_pairs = (left != right) & (pairs["decision"].to_numpy() == "")
    low, high = np.minimum(left, right)[open_pairs], np.maximum(left, right)[open_pairs]
    chance = probability[open_pairs]
    order = np.lexsort((-chance, high, low))
    low, high, chance = low[order], high[order], chance[order]
    first = np.ones(low.size, dtype=bool)
    first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    edges = Edges(low[first], high[first], chance[first])
    constraints = _nucleus_constraints(linkage, nuclei)
    for _ in range(draws):
        drawn = edges.chosen(random.random(edges.weight.size) < edges.weight)
        yield _drawn(nuclei, drawn, constraints)


def thinned_linkages(linkage: Linkage, *, draws: int = THINNED, seed: int | None = None) -> Iterator[Any]:
    """The linkage with as many links again missed as are estimated to be missed because no rule found their pairs.

    No draw of :func:`plausible_linkages` holds such a link. What a figure moves by when as many are missed again says
    how far it is off already (:mod:`.missed`).

    Parameters
    ----------
    linkage, seed
        As in :func:`plausible_linkages`.
    draws
        How many.
    """
    import pandas as pd

    random = np.random.default_rng([linkage.options.seed if seed is None else seed, 1])
    labels = pd.factorize(linkage.records["person_id"])[0]
    for _ in range(draws):
        yield thinned(labels, linkage.missed or 0.0, random)


def plausible_frame(linkage: Linkage, *, draws: int = 20, seed: int | None = None) -> pd.DataFrame:
    """Linkages that could as well be true, as one table for later steps of a build. It holds no names.

    Parameters
    ----------
    linkage, draws, seed
        As in :func:`plausible_linkages`.

    Returns
    -------
    pandas.DataFrame
        ``source`` and ``identifier`` of each record, ``linked`` (the linkage itself), ``draw_1`` and on (those that
        could as well be true) and ``thin_1`` and on (:func:`thinned_linkages`): the number of the record's person.
    """
    import pandas as pd

    people = {"linked": pd.factorize(linkage.records["person_id"])[0]}
    for number, labels in enumerate(plausible_linkages(linkage, draws=draws, seed=seed), start=1):
        people[f"draw_{number}"] = labels
    for number, labels in enumerate(thinned_linkages(linkage, seed=seed), start=1):
        people[f"thin_{number}"] = labels
    return linkage.records[["source", "identifier"]].assign(**people)


def _nucleus_constraints(linkage: Linkage, nuclei: Any) -> Edges | None:
    """Pairs of nuclei that must not be joined: reviewers said so."""
    refused = linkage.pairs[linkage.pairs["decision"] == "different"]
    if refused.empty:
        return None
    left, right = (nuclei[refused[side].to_numpy()] for side in ("left", "right"))
    return Edges(left, right, np.zeros(len(refused)))


def _drawn(nuclei: Any, drawn: Edges, refused: Edges | None) -> Any:
    return cluster_records(int(nuclei.max()) + 1, drawn, refused=refused)[nuclei]


def carry_linkage_error(
    linkage: Linkage,
    figure: Callable[[pd.DataFrame], tuple[float, float]],
    *,
    term: str = "figure",
    draws: int = 20,
    seed: int | None = None,
    level: float = 0.95,
) -> LinkageBand:
    """Compute a figure over plausible linkages.

    Parameters
    ----------
    linkage
        From :func:`.linking.link_files`.
    figure
        Function of the frame ``source``, ``identifier``, ``person_id`` that gives the estimate and its standard error
        (0 where the records are the whole population).
    term
        Name of the figure.
    draws, seed
        As in :func:`plausible_linkages`.
    level
        Confidence of the interval.

    Examples
    --------
    >>> from kyoto.statistics.linkage.linking import link_frames
    >>> from kyoto.statistics.linkage.synthetic import simulate_agencies
    >>> files = simulate_agencies(300, seed=2)
    >>> linkage = link_frames({"police": files["police"], "prisons": files["prisons"]}, once={"prisons"})
    >>> band = carry_linkage_error(linkage, lambda records: (float(records["person_id"].nunique()), 0.0), draws=5)
    >>> band.lower <= band.estimate <= band.upper
    True
    """
    frame = linkage.records
    count = len(frame)

    def with_labels(labels: Any) -> tuple[float, float]:
        return figure(frame.assign(person_id=labels))

    low, high = linkage.options.review
    ends = [with_labels(clustered(count, linkage.pairs, edge, linkage.once))[0] for edge in (high, low)]
    found = [with_labels(labels) for labels in plausible_linkages(linkage, draws=draws, seed=seed)]
    estimate, error, lower, upper, share = combine_estimates(found, level=level)
    best = figure(frame)[0]
    off = best - float(np.mean([with_labels(labels)[0] for labels in thinned_linkages(linkage, seed=seed)]))
    lower, upper = lower + min(0.0, off), upper + max(0.0, off)
    return LinkageBand(term, estimate, error, lower, upper, best, ends[0], ends[1], share, level, draws)


def combine_estimates(
    estimates: Sequence[tuple[float, float]], *, level: float = 0.95
) -> tuple[float, float, float, float, float]:
    """Combine the estimates of several plausible linkages by Rubin's rules.

    Parameters
    ----------
    estimates
        Estimate and standard error of each linkage, two or more.
    level
        Confidence.

    Returns
    -------
    tuple of float
        Estimate, standard error, lower and upper limit, share of the variance from linkage.

    Raises
    ------
    KyotoError
        ``linkage.too-few-draws``.

    Examples
    --------
    >>> [round(value, 4) for value in combine_estimates([(10.0, 1.0), (12.0, 1.0), (11.0, 1.0)])]
    [11.0, 1.5275, 7.2807, 14.7193, 0.5714]
    """
    from scipy.stats import norm
    from scipy.stats import t as student

    if len(estimates) < 2:
        raise KyotoError(
            "One linkage alone shows no linkage error",
            code="linkage.too-few-draws",
            hint="Draw at least two; 20 is usual.",
        )
    values, errors = np.array(estimates, dtype=float).T
    within, between = float((errors**2).mean()), float(values.var(ddof=1))
    added = (1 + 1 / values.size) * between
    total = within + added
    mean, error = float(values.mean()), math.sqrt(total)
    if added == 0:
        factor = float(norm.ppf(0.5 + level / 2))
        return mean, error, mean - factor * error, mean + factor * error, 0.0
    freedom = (values.size - 1) * (total / added) ** 2
    factor = float(student.ppf(0.5 + level / 2, freedom))
    return mean, error, mean - factor * error, mean + factor * error, added / total
