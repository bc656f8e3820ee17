"""How many interviews a wanted precision takes, in each domain, with clusters, nonresponse and cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kyoto.analysis.surveys.intervals import student
from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean

__all__ = [
    "DomainPlan",
    "DomainWish",
    "cluster_design_effect",
    "interviews_needed",
    "margin_reached",
    "optimal_cluster_take",
    "plan_domains",
    "wishes_from_rows",
]


@dataclass(frozen=True, slots=True)
class DomainWish:
    """What is wanted of a domain.

    Parameters
    ----------
    domain
        Its name.
    prevalence
        Expected share of victims, between 0 and 1.
    margin
        Wanted half width of the interval of the share.
    population
        People in the domain; infinite if not known.
    deff
        Design effect expected.
    response
        Expected response rate.
    cluster_take
        Interviews in a cluster; 1 without clusters.
    correlation
        Correlation within clusters; if above 0 it gives the design effect instead of ``deff``.
    cost
        Of an interview.
    cluster_cost
        Of a cluster.
    level
        Confidence.
    """

    domain: str = "all"
    prevalence: float = 0.5
    margin: float = 0.03
    population: float = math.inf
    deff: float = 1.0
    response: float = 1.0
    cluster_take: float = 1.0
    correlation: float = 0.0
    cost: float = 0.0
    cluster_cost: float = 0.0
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class DomainPlan:
    """What it takes.

    Parameters
    ----------
    wish
        What was wanted.
    interviews
        Completed interviews.
    draw
        People to draw, with those who will not respond.
    clusters
        Clusters to draw.
    deff
        Design effect reckoned with.
    cost
        Of all interviews and clusters.
    margin, cv
        Half width of the interval, and coefficient of variation, with this number of interviews.
    """

    wish: DomainWish
    interviews: int
    draw: int
    clusters: int
    deff: float
    cost: float
    margin: float
    cv: float

    def row(self) -> dict[str, Any]:
        """Mapping for tables and JSON."""
        population = self.wish.population
        return {
            "domain": self.wish.domain,
            "population": population if math.isfinite(population) else None,
            "prevalence": self.wish.prevalence,
            "wanted_margin": self.wish.margin,
            "interviews": self.interviews,
            "draw": self.draw,
            "clusters": self.clusters,
            "deff": self.deff,
            "margin": self.margin,
            "cv": self.cv,
            "cost": self.cost,
        }


def cluster_design_effect(take: float, correlation: float) -> float:
    """Kish's design effect of clusters of equal size, 1 + (m - 1) rho (1965, equation 5.6.1).

    Examples
    --------
    >>> round(cluster_design_effect(11, 0.05), 4)
    1.5
    """
    return 1.0 + (take - 1.0) * correlation


def optimal_cluster_take(cluster_cost: float, cost: float, correlation: float) -> float:
    """Interviews in a cluster that give most precision for the money (Cochran 1977, equation 10.26).

    Examples
    --------
    >>> round(optimal_cluster_take(400, 25, 0.04), 2)
    19.6
    """
    if not (cluster_cost > 0 and cost > 0 and 0 < correlation < 1):
        raise KyotoError(
            "The best cluster size needs costs and a correlation",
            code="survey.wrong-plan",
            expected="costs above 0 and a correlation between 0 and 1",
        )
    return math.sqrt(cluster_cost / cost * (1.0 - correlation) / correlation)


def interviews_needed(
    prevalence: float, margin: float, *, population: float = math.inf, deff: float = 1.0, level: float = 0.95
) -> float:
    """Interviews for a share to have an interval of a given half width.

    Parameters
    ----------
    prevalence, margin, population, deff, level
        As in :class:`DomainWish`.

    Notes
    -----
    Cochran (1977), *Sampling Techniques*, equations 4.1 and 4.2: n0 = z² P Q / d², n = n0 / (1 + (n0 - 1) / N), times
    the design effect, and never more than there are people.

    Examples
    --------
    >>> round(interviews_needed(0.5, 0.05)), round(interviews_needed(0.5, 0.05, population=2000))
    (384, 322)
    """
    z = _normal(level)
    simple = z**2 * prevalence * (1.0 - prevalence) / margin**2
    finite = simple / (1.0 + (simple - 1.0) / population)
    return min(max(finite, 1.0) * deff, population)


def margin_reached(
    prevalence: float, interviews: float, *, population: float = math.inf, deff: float = 1.0, level: float = 0.95
) -> float:
    """Half width of the interval of a share with a given number of interviews.

    Examples
    --------
    >>> round(margin_reached(0.5, 384.1459), 4)
    0.05
    """
    simple = interviews / deff
    finite = 1.0 if math.isinf(population) else max((population - simple) / max(population - 1.0, 1.0), 0.0)
    return _normal(level) * math.sqrt(prevalence * (1.0 - prevalence) / simple * finite)


def plan_domains(wishes: Sequence[DomainWish]) -> tuple[DomainPlan, ...]:
    """Sample size of each domain.

    Raises
    ------
    KyotoError
        ``survey.wrong-plan``: all impossible values at once.

    Examples
    --------
    >>> plan_domains([DomainWish("north", 0.1, 0.02, response=0.8, cluster_take=10, correlation=0.05)])[0].draw
    1568
    """
    problems = Problems()
    for wish in wishes:
        for problem in _faults(wish):
            problems.add(problem)
    problems.raise_if_any()
    return tuple(_planned(wish) for wish in wishes)


def _planned(wish: DomainWish) -> DomainPlan:
    deff = cluster_design_effect(wish.cluster_take, wish.correlation) if wish.correlation > 0 else wish.deff
    needed = interviews_needed(wish.prevalence, wish.margin, population=wish.population, deff=deff, level=wish.level)
    interviews = math.ceil(needed - 1e-9)
    margin = margin_reached(wish.prevalence, interviews, population=wish.population, deff=deff, level=wish.level)
    clusters = math.ceil(interviews / wish.cluster_take - 1e-9)
    return DomainPlan(
        wish=wish,
        interviews=interviews,
        draw=math.ceil(interviews / wish.response - 1e-9),
        clusters=clusters,
        deff=deff,
        cost=interviews * wish.cost + clusters * wish.cluster_cost,
        margin=margin,
        cv=margin / _normal(wish.level) / wish.prevalence,
    )


def _faults(wish: DomainWish) -> list[KyotoError]:
    limits = {
        "prevalence": (0.0 < wish.prevalence < 1.0, "between 0 and 1"),
        "margin": (0.0 < wish.margin < 1.0, "between 0 and 1, such as 0.02"),
        "population": (wish.population >= 1, "at least 1"),
        "deff": (wish.deff > 0, "above 0, about 1.5 to 2 for clusters"),
        "response": (0.0 < wish.response <= 1.0, "above 0, at most 1"),
        "cluster_take": (wish.cluster_take >= 1, "at least 1"),
        "correlation": (0.0 <= wish.correlation < 1.0, "0 or more, below 1"),
        "level": (0.5 <= wish.level < 1.0, "such as 0.95"),
    }
    return [
        KyotoError(
            f"The {name.replace('_', ' ')} of a domain cannot be",
            code="survey.wrong-plan",
            where=Where(key=f"{wish.domain}.{name}"),
            got=f"{getattr(wish, name):g}",
            expected=expected,
        )
        for name, (fine, expected) in limits.items()
        if not fine
    ]


def wishes_from_rows(rows: Sequence[Mapping[str, Any]], defaults: DomainWish) -> list[DomainWish]:
    """Wishes from a table with the column ``domain`` and any of the other fields of :class:`DomainWish`.

    Parameters
    ----------
    rows
        One mapping a domain.
    defaults
        For columns that are absent or empty.

    Raises
    ------
    KyotoError
        ``survey.wrong-column``, ``survey.not-a-number``.

    Examples
    --------
    >>> wishes_from_rows([{"domain": "north", "prevalence": "0.1"}], DomainWish(margin=0.01))[0].prevalence
    0.1
    """
    known = [name for name in DomainWish.__slots__ if name != "domain"]
    found = []
    for number, row in enumerate(rows, start=1):
        if "domain" not in row:
            raise KyotoError(
                "No column `domain`", code="survey.wrong-column", hint=did_you_mean("domain", [str(key) for key in row])
            )
        changes: dict[str, Any] = {"domain": str(row["domain"])}
        for name in known:
            text = row.get(name)
            if text is None or str(text).strip() in ("", "nan", "None", "<NA>"):
                continue
            try:
                changes[name] = float(text)
            except ValueError:
                raise KyotoError(
                    "Not a number",
                    code="survey.not-a-number",
                    where=Where(line=number + 1, column=name),
                    got=str(text),
                ) from None
        found.append(replace(defaults, **changes))
    return found


def _normal(level: float) -> float:
    import numpy as np

    return float(student(level, np.array([np.inf]))[0])
