"""Was it worth it: net present value, benefit–cost ratio and cost per offence prevented, as distributions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.evaluation.arrays import Floats
from kyoto.analysis.evaluation.result import figure
from kyoto.analysis.evaluation.worth.costs import discount_factor
from kyoto.core.errors import KyotoError
from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["Appraisal", "CostItem", "Prevented", "appraise"]


@dataclass(frozen=True, slots=True)
class CostItem:
    """Money spent on the programme in one year.

    Parameters
    ----------
    name
        What for.
    year
        Years after the start, 0 for the first.
    cost, lower, upper
        Amount and its range (95 per cent).
    """

    name: str
    year: int
    cost: float
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True)
class Prevented:
    """Offences that the programme prevented.

    Parameters
    ----------
    name
        Which.
    per_year, std_error
        Prevented in a year (negative if it made them more), with standard error.
    first, years
        First year in which it works, counted from the start, and how many years it goes on.
    unit_cost, lower, upper
        Cost of one, and its range (95 per cent).
    """

    name: str
    per_year: float
    std_error: float
    unit_cost: float
    lower: float | None = None
    upper: float | None = None
    first: int = 0
    years: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Appraisal:
    """What a programme cost and saved.

    Parameters
    ----------
    draws
        Simulated values by name: ``cost``, ``benefit``, ``offences``, each of shape (draws,).
    central
        The same without uncertainty.
    tornado
        One row an input: net present value at the ends of its range, others at their centre.
    level
        Confidence.
    currency
        Of all amounts.
    rate
        Discount rate a year.
    """

    draws: dict[str, Floats]
    central: dict[str, float]
    tornado: pd.DataFrame
    level: float
    currency: str
    rate: float

    def tidy(self) -> pd.DataFrame:
        """One row a figure: net present value, benefit–cost ratio, cost per offence prevented, and their parts."""
        cost, benefit, offences = (self.draws[name] for name in ("cost", "benefit", "offences"))
        centre = self.central
        per = np.where(offences > 0, cost / np.where(offences > 0, offences, 1.0), np.inf)
        point = centre["cost"] / centre["offences"] if centre["offences"] > 0 else float("inf")
        rows = [
            self._row("net present value", centre["benefit"] - centre["cost"], benefit - cost),
            self._row("benefit–cost ratio", centre["benefit"] / centre["cost"], benefit / cost),
            self._row("cost per offence prevented", point, per),
            self._row("cost", centre["cost"], cost),
            self._row("benefit", centre["benefit"], benefit),
            self._row("offences prevented", centre["offences"], offences),
        ]
        return estimates_frame(rows)

    def _row(self, term: str, point: float, draws: Floats) -> dict[str, Any]:
        tail = (1 - self.level) / 2
        low, high = np.quantile(draws, [tail, 1 - tail], method="inverted_cdf")
        finite = bool(np.isfinite(draws).all())
        return {
            "term": term,
            "estimate": point,
            "std_error": float(draws.std(ddof=1)) if finite else None,
            "lower": float(low),
            "upper": float(high),
            "unit": "" if "ratio" in term or term == "offences prevented" else self.currency,
            "level": self.level,
        }

    @property
    def chance_of_gain(self) -> float:
        """Share of draws in which benefits exceed costs."""
        return float((self.draws["benefit"] > self.draws["cost"]).mean())

    def acceptability(self, worth: Sequence[float]) -> pd.DataFrame:
        """Chance that the programme is worth its money, if an offence prevented is worth so much.

        Parameters
        ----------
        worth
            Amounts that society would pay to prevent one offence.
        """
        import pandas as pd

        cost, offences = self.draws["cost"], self.draws["offences"]
        return pd.DataFrame({"worth": list(worth), "chance": [float((w * offences > cost).mean()) for w in worth]})

    def summary(self) -> str:
        """Text for a terminal."""
        lines = [f"Worth it? Amounts in {self.currency or 'the currency of the tables'}, {self.rate:.1%} a year"]
        for row in self.tidy().to_dict("records"):
            limits = f"{self.level:.0%} {figure(row['lower'])} to {figure(row['upper'])}"
            lines.append(f"  {row['term']}: {figure(row['estimate'])} ({limits})")
        lines.append(f"  chance that benefits exceed costs: {self.chance_of_gain:.0%}")
        return "\n".join(lines)

    def plot(self) -> altair.LayerChart:
        """Tornado: which uncertainty moves the net present value most."""
        from kyoto.analysis.evaluation.worth.charts import tornado_chart

        return tornado_chart(self)

    def plot_acceptability(self) -> altair.LayerChart:
        """Acceptability curve."""
        from kyoto.analysis.evaluation.worth.charts import acceptability_chart

        return acceptability_chart(self)


@dataclass(frozen=True, slots=True, eq=False)
class _Input:
    """One uncertain number: its centre, its ends, its draws."""

    name: str
    centre: float
    lower: float
    upper: float
    draws: Floats


def appraise(
    costs: Sequence[CostItem],
    prevented: Sequence[Prevented],
    *,
    rate: float = 0.03,
    draws: int = 20_000,
    seed: int = 1,
    level: float = 0.95,
    currency: str = "",
) -> Appraisal:
    """Weigh what a programme cost against what it saved.

    Parameters
    ----------
    costs, prevented
        Money spent, and offences prevented with their unit costs, all in prices of one year.
    rate
        Discount rate a year (0.03 is 3 per cent).
    draws, seed
        Simulation: effects are normal, costs with a range are log-normal (their range is 95 per cent).
    level
        Confidence.
    currency
        Word for amounts.

    Examples
    --------
    >>> found = appraise([CostItem("lamps", 0, 1000.0)], [Prevented("thefts", 10.0, 0.0, 150.0)], rate=0.0)
    >>> found.tidy().estimate[:3].round(2).tolist()
    [500.0, 1.5, 100.0]
    """
    if not costs or not prevented:
        raise KyotoError(
            "Nothing to weigh",
            code="evaluation.nothing-to-weigh",
            got=f"{len(costs)} costs, {len(prevented)} kinds of offences",
            expected="at least one of each",
        )
    if rate <= -1 or any(item.cost < 0 for item in costs) or sum(item.cost for item in costs) <= 0:
        raise KyotoError(
            "The costs cannot be weighed", code="evaluation.wrong-cost", expected="costs above 0, a rate above -1"
        )
    generator = np.random.default_rng(seed)
    spending = [
        (_money(generator, f"cost: {item.name}", item.cost, item.lower, item.upper, draws), item) for item in costs
    ]
    saving = [
        (
            _effect(generator, item, draws),
            _money(generator, f"unit cost: {item.name}", item.unit_cost, item.lower, item.upper, draws),
            item,
        )
        for item in prevented
    ]
    inputs = [pair[0] for pair in spending] + [part for triple in saving for part in triple[:2]]

    def total(values: dict[str, Any]) -> dict[str, Any]:
        cost = sum(values[part.name] * discount_factor(rate, item.year) for part, item in spending)
        benefit: Any = 0.0
        offences: Any = 0.0
        for effect, price, item in saving:
            years = range(item.first, item.first + item.years)
            benefit = benefit + values[effect.name] * values[price.name] * sum(discount_factor(rate, y) for y in years)
            offences = offences + values[effect.name] * item.years
        return {"cost": cost, "benefit": benefit, "offences": offences}

    centre = {part.name: part.centre for part in inputs}
    drawn = total({part.name: part.draws for part in inputs})
    whole = {name: np.broadcast_to(np.asarray(value, dtype=np.float64), (draws,)) for name, value in drawn.items()}
    central = {name: float(value) for name, value in total(centre).items()}

    def worth(values: dict[str, float]) -> float:
        found = total(values)
        return float(found["benefit"] - found["cost"])

    return Appraisal(whole, central, _tornado(inputs, centre, worth), level, currency, rate)


def _money(
    generator: np.random.Generator, name: str, cost: float, lower: float | None, upper: float | None, draws: int
) -> _Input:
    low, high = cost if lower is None else lower, cost if upper is None else upper
    if not 0 <= low <= cost <= high:
        raise KyotoError(
            "A cost and its range do not fit",
            code="evaluation.wrong-cost",
            got=f"{name}: {low:g} <= {cost:g} <= {high:g}",
            expected="0 <= lower <= cost <= upper",
        )
    if low == high or low == 0:
        spread = generator.uniform(low, high, draws) if high > low else np.full(draws, cost)
        return _Input(name, cost, low, high, spread)
    sigma = np.log(high / low) / (2 * 1.959963984540054)
    drawn = np.exp(np.log(cost) + sigma * generator.standard_normal(draws))
    return _Input(name, cost, low, high, drawn)


def _effect(generator: np.random.Generator, item: Prevented, draws: int) -> _Input:
    reach = 1.959963984540054 * item.std_error
    drawn = item.per_year + item.std_error * generator.standard_normal(draws)
    name = f"prevented: {item.name}"
    return _Input(name, item.per_year, item.per_year - reach, item.per_year + reach, drawn)


def _tornado(inputs: Sequence[_Input], centre: dict[str, float], worth: Any) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for part in inputs:
        ends = [worth({**centre, part.name: end}) for end in (part.lower, part.upper)]
        rows.append({"input": part.name, "at_lower": ends[0], "at_upper": ends[1], "swing": abs(ends[1] - ends[0])})
    return pd.DataFrame(rows).sort_values("swing", ascending=False, ignore_index=True)
