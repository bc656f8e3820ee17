"""What a user asks of a file: how it was drawn, and which figures."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kyoto.analysis.surveys.choices import Interval, Kind, Lonely, ReplicateKind
from kyoto.core.errors import KyotoError, did_you_mean

__all__ = ["RESERVED", "Request", "SampleColumns", "Wanted", "wanted_figures"]

RESERVED = frozenset(
    (
        "term",
        "statistic",
        "estimate",
        "std_error",
        "lower",
        "upper",
        "cv",
        "n",
        "cases",
        "df",
        "deff",
        "missing",
        "note",
    )
)
"""Names of result columns, which no disaggregation may have."""


@dataclass(frozen=True, slots=True)
class SampleColumns:
    """Columns that say how the rows were drawn.

    Parameters
    ----------
    weight
        Sampling weight.
    strata, clusters, fpc
        One column a stage, first stage first.
    lonely
        Rule for strata with one cluster.
    replicates
        Columns of replicate weights: a pattern such as ``rw*``, or names separated by commas; empty if none.
    kind, rho, scale, rscales, around_estimate
        As in :func:`kyoto.analysis.surveys.replicates.spread_of`.
    factors
        Whether the replicate columns are factors of the weight.
    """

    weight: str
    strata: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    fpc: tuple[str, ...] = ()
    lonely: Lonely = "fail"
    replicates: str = ""
    kind: ReplicateKind = "brr"
    rho: float = 0.0
    scale: float | None = None
    rscales: tuple[float, ...] = ()
    around_estimate: bool = False
    factors: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that must exist, without the replicates."""
        return (self.weight, *self.strata, *self.clusters, *self.fpc)

    def replicate_columns(self, names: Sequence[str]) -> list[str]:
        """Columns that the pattern means, in the order of the file.

        Raises
        ------
        KyotoError
            ``survey.replicates-mismatch``: fewer than two.

        Examples
        --------
        >>> SampleColumns("w", replicates="r*").replicate_columns(["w", "r1", "r2"])
        ['r1', 'r2']
        """
        if not self.replicates:
            return []
        patterns = [part.strip() for part in self.replicates.split(",")]
        found = [
            name
            for name in names
            if name != self.weight and any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
        ]
        lacking = [pattern for pattern in patterns if "*" not in pattern and pattern not in names]
        if len(found) < 2 or lacking:
            raise KyotoError(
                "The replicate weights were not found",
                code="survey.replicates-mismatch",
                got=f"{len(found)} columns like {self.replicates}" + (f", no {lacking[0]}" if lacking else ""),
                expected="at least 2 columns",
                hint=did_you_mean((lacking or patterns)[0], names),
            )
        return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """One kind of figure.

    Parameters
    ----------
    kind
        Total, mean, ratio, proportion or quantile.
    above, below
        Column of the value, and of the denominator of a ratio.
    shares
        Which quantiles.
    """

    kind: Kind
    above: str
    below: str = ""
    shares: tuple[float, ...] = ()

    @property
    def term(self) -> str:
        """Name of the figure.

        Examples
        --------
        >>> Wanted("ratio", "crimes", "people").term
        'crimes/people'
        """
        return f"{self.above}/{self.below}" if self.below else self.above


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted of a file.

    Parameters
    ----------
    wanted
        Figures, in order.
    by
        Columns of the disaggregations, crossed with each other.
    method
        Limits of shares.
    level
        Confidence.
    df
        Degrees of freedom, instead of those of the design; infinite for the normal.
    per
        Factor of the figures: 1000 gives rates per 1,000.
    """

    wanted: tuple[Wanted, ...]
    by: tuple[str, ...] = ()
    method: Interval = "logit"
    level: float = 0.95
    df: float | None = None
    per: float = 1.0

    @property
    def columns(self) -> list[str]:
        """Columns of values and disaggregations."""
        values = [name for wanted in self.wanted for name in (wanted.above, wanted.below) if name]
        return [*values, *self.by]

    @property
    def number_columns(self) -> list[str]:
        """Columns that hold numbers."""
        wanted = [one for one in self.wanted if one.kind != "proportion"]
        return [name for one in wanted for name in (one.above, one.below) if name]


def wanted_figures(
    *,
    totals: Iterable[str] = (),
    means: Iterable[str] = (),
    ratios: Iterable[str] = (),
    proportions: Iterable[str] = (),
    quantiles: Iterable[str] = (),
    by: Sequence[str] = (),
) -> tuple[Wanted, ...]:
    """Figures from the words of a command.

    Parameters
    ----------
    totals, means, proportions
        Columns.
    ratios
        ``numerator/denominator``.
    quantiles
        ``column@share``, such as ``loss@0.5``; ``column`` alone is the median.
    by
        Disaggregations, to refuse names of result columns.

    Raises
    ------
    KyotoError
        ``survey.nothing-asked``, ``survey.wrong-ratio``, ``survey.wrong-quantile``, ``survey.reserved-name``.

    Examples
    --------
    >>> [one.term for one in wanted_figures(means=["age"], ratios=["crimes/people"])]
    ['age', 'crimes/people']
    """
    for name in by:
        if name in RESERVED:
            raise KyotoError(
                "A disaggregation has the name of a result",
                code="survey.reserved-name",
                got=name,
                hint="Rename the column.",
            )
    found = [Wanted("total", name) for name in totals]
    found += [Wanted("mean", name) for name in means]
    found += [_ratio(text) for text in ratios]
    found += [Wanted("proportion", name) for name in proportions]
    found += [_quantile(text) for text in quantiles]
    if not found:
        raise KyotoError(
            "Nothing is asked for",
            code="survey.nothing-asked",
            expected="one or more of --total, --mean, --ratio, --proportion, --quantile",
            hint="Try --mean COLUMN.",
        )
    return tuple(found)


def _ratio(text: str) -> Wanted:
    above, slash, below = (part.strip() for part in text.partition("/"))
    if not (above and slash and below):
        raise KyotoError("Not a ratio", code="survey.wrong-ratio", got=text, expected="NUMERATOR/DENOMINATOR")
    return Wanted("ratio", above, below)


def _quantile(text: str) -> Wanted:
    name, _, share = text.partition("@")
    try:
        shares = tuple(float(part) for part in (share or "0.5").split(","))
    except ValueError:
        shares = ()
    if not shares or not all(0 < one < 1 for one in shares):
        raise KyotoError(
            "Not a quantile",
            code="survey.wrong-quantile",
            got=text,
            expected="COLUMN@SHARE with a share between 0 and 1",
        )
    return Wanted("quantile", name, shares=shares)
