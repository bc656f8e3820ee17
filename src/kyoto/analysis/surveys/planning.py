"""What ``kyoto survey plan`` and ``draw`` make of a user's words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from kyoto.analysis.surveys.allocation import Allocation, allocate
from kyoto.analysis.surveys.sample_size import (
    DomainWish,
    cluster_design_effect,
    margin_reached,
    plan_domains,
    wishes_from_rows,
)
from kyoto.core.errors import KyotoError

__all__ = ["counts_from_words", "plan_rows"]


def plan_rows(
    given: Sequence[Mapping[str, Any]],
    defaults: DomainWish,
    *,
    sample: int | None = None,
    allocation: Allocation = "proportional",
    power: float = 0.5,
) -> list[dict[str, Any]]:
    """Rows of a plan.

    Parameters
    ----------
    given
        One mapping a domain, as :func:`kyoto.analysis.surveys.sample_size.wishes_from_rows` takes them.
    defaults
        For what the rows do not say.
    sample
        Interviews to share out; None to reckon them from the wanted margins.
    allocation, power
        How they are shared out; the spread of a domain is that of a share, the root of P (1 - P).

    Raises
    ------
    KyotoError
        ``survey.wrong-plan``, ``survey.wrong-allocation``.

    Examples
    --------
    >>> given = [{"domain": "a", "population": 900}, {"domain": "b", "population": 100}]
    >>> [row["interviews"] for row in plan_rows(given, DomainWish(), sample=50)]
    [45, 5]
    """
    wishes = wishes_from_rows(given, defaults)
    plans = plan_domains(wishes)
    if sample is None:
        return [plan.row() for plan in plans]
    if not all(math.isfinite(wish.population) for wish in wishes):
        raise KyotoError(
            "Sharing out needs the population of each domain",
            code="survey.wrong-allocation",
            expected="a column `population`",
        )
    spread = [math.sqrt(wish.prevalence * (1 - wish.prevalence)) for wish in wishes]
    if allocation == "power":
        spread = [one / wish.prevalence for one, wish in zip(spread, wishes, strict=True)]
    numbers = allocate(
        sample,
        [wish.population for wish in wishes],
        allocation,
        spread=spread,
        cost=[wish.cost for wish in wishes] if allocation == "cost" else None,
        power=power,
    )
    return [_shared(wish, int(number)) for wish, number in zip(wishes, numbers, strict=True)]


def _shared(wish: DomainWish, interviews: int) -> dict[str, Any]:
    deff = cluster_design_effect(wish.cluster_take, wish.correlation) if wish.correlation > 0 else wish.deff
    margin = margin_reached(wish.prevalence, interviews, population=wish.population, deff=deff, level=wish.level)
    return {
        "domain": wish.domain,
        "population": wish.population,
        "prevalence": wish.prevalence,
        "interviews": interviews,
        "draw": math.ceil(interviews / wish.response - 1e-9),
        "clusters": math.ceil(interviews / wish.cluster_take - 1e-9),
        "deff": deff,
        "margin": margin,
        "cost": interviews * wish.cost,
    }


def counts_from_words(words: Sequence[str]) -> dict[str, int] | int:
    """Numbers to draw from ``40`` or ``north=40``.

    Examples
    --------
    >>> counts_from_words(["north=40", "south=60"]), counts_from_words(["12"])
    ({'north': 40, 'south': 60}, 12)
    """
    found: dict[str, int] = {}
    for word in words:
        name, equals, number = word.rpartition("=")
        if not number.strip().isdigit() or (len(words) > 1 and not equals):
            raise KyotoError(
                "How many shall be drawn?",
                code="survey.wrong-draw",
                got=word,
                expected="a whole number, or STRATUM=NUMBER for each stratum",
            )
        if not equals:
            return int(number)
        found[name.strip()] = int(number)
    return found
