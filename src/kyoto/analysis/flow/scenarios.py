"""What a change of law or practice would do to the prison population, and what that answer assumes.

A scenario multiplies admissions to a group, or the rate of leaving it, from a period on and phased in. It is
simulated with the same random paths as things as they are, so that the difference has its own, narrower interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.flow.projection import History, Projection, group_paths, next_periods, stock_after
from kyoto.core.errors import KyotoError, did_you_mean
from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["AS_IT_IS", "Comparison", "Scenario", "compare_scenarios", "named_scenario", "simulate"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A change to the flows of one group.

    Parameters
    ----------
    name
        What it is called; empty for things as they are.
    group
        Group of prisoners that it changes.
    admissions
        Factor on admissions once in full force.
    leaving
        Factor on the rate of leaving: 1.25 where stays are a fifth shorter.
    after
        Periods before it begins.
    phased
        Periods over which it comes into force.
    assumptions
        What is taken for granted.
    """

    name: str = ""
    group: str = ""
    admissions: float = 1.0
    leaving: float = 1.0
    after: int = 0
    phased: int = 1
    assumptions: tuple[str, ...] = ()

    def force(self, horizon: int) -> Any:
        """Share in force in each period ahead.

        Examples
        --------
        >>> Scenario(after=1, phased=2).force(4).tolist()
        [0.0, 0.5, 1.0, 1.0]
        """
        steps = np.arange(1, horizon + 1) - self.after
        return np.clip(steps / max(self.phased, 1), 0.0, 1.0)


AS_IT_IS = Scenario()


def named_scenario(
    kind: str, size: float, group: str, *, after: int = 0, phased: int = 1, returned: float = 0.0
) -> Scenario:
    """One of the scenarios that ministers ask for.

    Parameters
    ----------
    kind
        ``bail-reform``: a share ``size`` of those who would be remanded is released instead, of whom a share
        ``returned`` comes to prison all the same. ``shorter-remand`` and ``early-release``: people stay ``size``
        times as long (0.8: a fifth shorter) in pretrial detention or under sentence. ``alternatives``: a share
        ``size`` of those who would be sentenced to prison gets a sentence without it.
    size
        See above; between 0 and 1.
    group
        Group of prisoners that it concerns.
    after, phased
        Periods before it begins, and over which it comes into force.
    returned
        Of ``bail-reform`` and ``alternatives``: share that is admitted later for breach.

    Raises
    ------
    KyotoError
        ``flow.unknown-scenario``, ``flow.wrong-size``.

    Examples
    --------
    >>> found = named_scenario("bail-reform", 0.2, "unsentenced", returned=0.1)
    >>> round(found.admissions, 3), found.leaving
    (0.82, 1.0)
    """
    kinds = ("bail-reform", "shorter-remand", "early-release", "alternatives")
    if kind not in kinds:
        raise KyotoError(f"Unknown scenario {kind!r}", code="flow.unknown-scenario", hint=did_you_mean(kind, kinds))
    if not 0 < size < 1 or not 0 <= returned < 1:
        raise KyotoError(
            "Not a size of a scenario", code="flow.wrong-size", expected="between 0 and 1", got=f"{size:g}"
        )
    start = (
        f"It begins after {after} periods and is in full force {max(phased, 1)} periods later."
        if after
        else (f"It is in full force after {max(phased, 1)} period{'s' if phased > 1 else ''}.")
    )
    if kind in ("bail-reform", "alternatives"):
        factor = 1 - size * (1 - returned)
        what = (
            f"{size:.0%} of those who would be admitted as {group} are not, and {returned:.0%} of them are later.",
            "Police, prosecution and courts otherwise act as before: nobody is admitted who was not before.",
            "Those spared would have stayed as long as the others; if they are the short stays, the effect is smaller.",
        )
        return Scenario(
            f"{kind} {size:g}", group, admissions=factor, after=after, phased=phased, assumptions=(*what, start)
        )
    stays = (
        f"People stay {size:g} times as long as {group} as they would have.",
        "Admissions do not change: courts do not pass other sentences because of it, and none of those released "
        "earlier comes back for that reason.",
    )
    return Scenario(
        f"{kind} {size:g}", group, leaving=1 / size, after=after, phased=phased, assumptions=(*stays, start)
    )


def simulate(
    history: Mapping[str, History],
    horizon: int,
    scenario: Scenario,
    *,
    draws: int = 4000,
    seed: int = 1,
    level: float = 0.95,
) -> Projection:
    """Project the population under a scenario; parameters as in :func:`.projection.project_population`.

    Raises
    ------
    KyotoError
        ``flow.unknown-group``, ``flow.needs-flows``: a scenario on a stock whose admissions are unknown.
    """
    if scenario.name and scenario.group not in history:
        hint = did_you_mean(scenario.group, history)
        raise KyotoError(f"No group {scenario.group!r}", code="flow.unknown-group", hint=hint)
    paths = {}
    for number, (name, past) in enumerate(sorted(history.items())):
        random = np.random.default_rng([seed, number])
        drawn = group_paths(past, horizon, draws, random)
        changed = scenario if scenario.group == name else AS_IT_IS
        if past.admitted is None:
            if changed.name:
                raise KyotoError(
                    "A scenario needs admissions",
                    code="flow.needs-flows",
                    expected="a column of admissions beside the stock",
                    hint="With the stock alone only the projection of things as they are can be made.",
                )
            paths[name] = drawn
        else:
            paths[name] = _stock_ahead(past.stock[-1], drawn[0], drawn[1], changed, horizon)
    flows = any(past.admitted is not None for past in history.values())
    last = next(iter(history.values())).periods
    return Projection(
        history=history,
        periods=next_periods(last, horizon),
        paths=paths,
        level=level,
        method="stock and flow" if flows else "stock alone",
        scenario=scenario.name,
        assumptions=scenario.assumptions
        or ("Law and practice go on as in the years given, with the ups and downs seen.",),
    )


def _stock_ahead(stock: float, admissions: Any, leaving: Any, scenario: Scenario, horizon: int) -> Any:
    """Stock at the end of each period ahead, the scenario coming into force."""
    force = scenario.force(horizon)
    present = np.full(admissions.shape[0], float(stock))
    paths = np.empty_like(admissions)
    for step in range(horizon):
        came = admissions[:, step] * (1 + (scenario.admissions - 1) * force[step])
        rate = leaving[:, step] * (1 + (scenario.leaving - 1) * force[step])
        present = stock_after(present, came, rate)
        paths[:, step] = present
    return paths


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Scenarios beside things as they are.

    Parameters
    ----------
    base
        Things as they are.
    scenarios
        The others, from the same random paths.
    """

    base: Projection
    scenarios: tuple[Projection, ...]

    def rows(self) -> list[dict[str, Any]]:
        """Populations of all scenarios, then the differences to things as they are."""
        rows = [row for found in (self.base, *self.scenarios) for row in found.rows()]
        tails = [(1 - self.base.level) / 2, 0.5, (1 + self.base.level) / 2]
        for found in self.scenarios:
            difference = found.total() - self.base.total()
            lower, middle, upper = np.quantile(difference, tails, axis=0)
            for place, period in enumerate(found.periods):
                rows.append(
                    {
                        "term": "difference",
                        "estimate": float(middle[place]),
                        "std_error": float(difference[:, place].std()),
                        "lower": float(lower[place]),
                        "upper": float(upper[place]),
                        "period": period,
                        "group": "_T",
                        "scenario": found.scenario,
                    }
                )
        return rows

    def tidy(self) -> pd.DataFrame:
        """One row a scenario, group and period; then the differences."""
        return estimates_frame(self.rows())

    def summary(self) -> str:
        """Text for a terminal."""
        from kyoto.analysis.flow.result import shown_number

        lines = [found.summary() for found in (self.base, *self.scenarios)]
        last = self.base.periods[-1]
        for row in self.rows():
            if row["term"] == "difference" and row["period"] == last:
                numbers = [shown_number(row[name]) for name in ("estimate", "lower", "upper")]
                lines.append(f"{row['scenario']} by {last}: {numbers[0]} people ({numbers[1]} to {numbers[2]})")
        return "\n".join(lines)

    def plot(self) -> altair.LayerChart:
        """Past, and the future under each scenario."""
        from kyoto.analysis.flow.charts import population_chart

        return population_chart([self.base, *self.scenarios])


def compare_scenarios(
    history: Mapping[str, History],
    scenarios: tuple[Scenario, ...],
    horizon: int = 5,
    *,
    draws: int = 4000,
    seed: int = 1,
    level: float = 0.95,
) -> Comparison:
    """Things as they are and under each scenario, from the same random paths.

    Parameters
    ----------
    history
        From :func:`.projection.history_of`.
    scenarios
        From :func:`named_scenario`, or your own.
    horizon, draws, seed, level
        As in :func:`.projection.project_population`.
    """
    settings: dict[str, Any] = {"draws": draws, "seed": seed, "level": level}
    base = simulate(history, horizon, AS_IT_IS, **settings)
    return Comparison(base, tuple(simulate(history, horizon, scenario, **settings) for scenario in scenarios))
