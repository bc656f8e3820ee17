"""What a regression of time to an event gives: coefficients with covariance, and ratios to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.reoffending.survival.arrays import Floats
from kyoto.analysis.reoffending.survival.intervals import quantile_of_normal
from kyoto.core.errors import KyotoError
from kyoto.core.results import estimates_frame

if TYPE_CHECKING:
    import altair
    import pandas as pd

__all__ = ["Regression", "clustered", "design"]


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """A fitted model of hazards.

    Parameters
    ----------
    model
        What was fitted, in words.
    ratio
        What the exponential of a coefficient is: ``hazard ratio`` or ``subdistribution hazard ratio``.
    names
        Covariates, ``p`` of them.
    coefficients
        Logarithms of ratios, shape ``(p,)``.
    covariance
        Their covariance, shape ``(p, p)``; robust where ``robust`` is true.
    model_covariance
        Inverse information.
    robust
        Whether the covariance is the sandwich.
    log_likelihood
        At zero and at the estimate.
    n, events, clusters
        Rows, events, and clusters (0 where there are none).
    iterations
        Newton steps.
    level
        Confidence of the limits.
    """

    model: str
    ratio: str
    names: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    model_covariance: Floats
    robust: bool
    log_likelihood: tuple[float, float]
    n: int
    events: int
    clusters: int
    iterations: int
    level: float

    def tidy(self) -> pd.DataFrame:
        """One row a covariate: coefficient with limits, then ratio with limits, ``z``, ``p_value``, counts."""
        from scipy import stats

        z = quantile_of_normal(self.level)
        rows = []
        for number, name in enumerate(self.names):
            value, error = float(self.coefficients[number]), float(np.sqrt(self.covariance[number, number]))
            low, high = value - z * error, value + z * error
            rows.append(
                {
                    "term": name, "estimate": value, "std_error": error, "lower": low, "upper": high,
                    "ratio": np.exp(value), "ratio_lower": np.exp(low), "ratio_upper": np.exp(high),
                    "z": value / error, "p_value": float(2 * stats.norm.sf(abs(value / error))), "n": self.n,
                    "events": self.events,
                }
            )  # fmt: skip
        return estimates_frame(rows)

    def summary(self) -> str:
        """Table of ratios for a terminal."""
        kind = f"robust over {self.clusters} clusters" if self.clusters else "robust" if self.robust else "model-based"
        lines = [f"{self.model}: {self.n} rows, {self.events} events, {self.level:.0%} limits {kind}"]
        width = max(map(len, self.names))
        lines += [
            f"  {row.term:<{width}}  {self.ratio} {row.ratio:.3f} ({row.ratio_lower:.3f} to {row.ratio_upper:.3f})"
            for row in self.tidy().itertuples()
        ]
        return "\n".join(lines)

    def plot(self) -> altair.LayerChart | altair.FacetChart:
        """Ratios with their limits, on a logarithmic scale with 1 marked."""
        import altair as alt

        frame = self.tidy()
        x = alt.X("ratio:Q", title=self.ratio).scale(type="log", nice=True)
        base = alt.Chart(frame, title=self.model).encode(y=alt.Y("term:N", title=None, sort=list(self.names)))
        low = alt.X("ratio_lower:Q", title=self.ratio).scale(type="log", nice=True)
        bars = base.mark_rule(strokeWidth=2).encode(x=low, x2="ratio_upper:Q")
        tooltip = ["term", "ratio", "ratio_lower", "ratio_upper"]
        points = base.mark_point(filled=True, size=70).encode(x=x, tooltip=tooltip)
        one = alt.Chart(frame).mark_rule(strokeDash=[4, 3]).encode(x=alt.datum(1))
        chart: altair.LayerChart | altair.FacetChart = one + bars + points
        return chart


def design(covariates: Any, names: Any = None) -> tuple[Floats, tuple[str, ...]]:
    """Matrix and names of covariates: a dataframe, a mapping of columns, or an array.

    Parameters
    ----------
    covariates
        Numeric columns are taken as they are; columns of text become one indicator a category but the first.
    names
        Names of the columns of an array.

    Examples
    --------
    >>> values, names = design({"age": [20, 30], "sex": ["F", "M"]})
    >>> values.tolist(), names
    ([[20.0, 0.0], [30.0, 1.0]], ('age', 'sex=M'))
    """
    import pandas as pd

    if not isinstance(covariates, (pd.DataFrame, dict)):
        array = np.asarray(covariates, dtype=np.float64)
        array = array.reshape(len(array), -1)
        given = tuple(names) if names is not None else tuple(f"x{number + 1}" for number in range(array.shape[1]))
        return array, given
    parts, found = [], []
    for name, column in pd.DataFrame(covariates).items():
        if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
            parts.append(column.to_numpy(dtype=np.float64, na_value=np.nan))
            found.append(str(name))
            continue
        if column.isna().any():
            raise KyotoError(
                "A covariate is missing",
                code="reoffending.missing-covariate",
                got=f"{int(column.isna().sum())} rows without {name}",
                hint="Leave such rows out, or give unknown values a category of their own.",
            )
        for category in sorted(column.astype(str).unique())[1:]:
            parts.append((column.astype(str) == category).to_numpy(dtype=np.float64))
            found.append(f"{name}={category}")
    return np.column_stack(parts) if parts else np.empty((0, 0)), tuple(found)


def clustered(residuals: Floats, cluster: Any) -> tuple[Floats, int]:
    """Residuals summed within clusters, and their number.

    Parameters
    ----------
    residuals
        Shape ``(n, p)``.
    cluster
        Cluster of each row; None: each row is one.
    """
    import pandas as pd

    if cluster is None:
        return residuals, 0
    codes, names = pd.factorize(np.asarray(cluster))
    columns = range(residuals.shape[1])
    sums = [np.bincount(codes, weights=residuals[:, column], minlength=len(names)) for column in columns]
    summed: Floats = np.column_stack(sums).astype(np.float64)
    return summed, len(names)
