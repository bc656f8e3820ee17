"""The design of a survey: who could be drawn, in how many stages, and how variance follows from it.

Clusters are always read within their stratum, and the strata and clusters of a later stage within the cluster of the
stage before, so identifiers may start again in each. Without clusters every row is its own sampling unit. Variance is
that of Taylor linearization with a finite population correction at each stage (Särndal, Swensson & Wretman 1992,
section 4.3): the spread of cluster totals within strata, and below each cluster the same again, times the sampling
fraction above. A stage without population sizes is sampled with replacement, and then the stages below it do not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kyoto.analysis.surveys.arrays import Bools, Floats, Ints, codes_of, joint_codes
from kyoto.analysis.surveys.choices import Lonely
from kyoto.core.errors import KyotoError

__all__ = ["Calibrated", "Stage", "SurveyDesign", "make_design", "weights_checked"]


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One stage of the sampling.

    Parameters
    ----------
    cluster
        Sampling unit of each row at this stage, numbered over the whole design, shape (rows,).
    stratum
        Stratum of each cluster, shape (clusters,).
    sampled
        Clusters drawn in each stratum, shape (strata,).
    population
        Clusters there are in each stratum, infinite where drawn with replacement, shape (strata,).
    above
        Product of the sampling fractions of the stages above, shape (strata,).
    parent
        Cluster of the stage above in which each stratum lies, zeros at the first stage, shape (strata,).
    names
        Label of each stratum, for messages.
    """

    cluster: Ints
    stratum: Ints
    sampled: Floats
    population: Floats
    above: Floats
    parent: Ints
    names: tuple[str, ...]

    @property
    def scale(self) -> Floats:
        """Factor of each stratum's sum of squares: sampling fraction above × (1 - f) × n / (n - 1)."""
        remaining = np.where(np.isinf(self.population), 1.0, 1.0 - self.sampled / self.population)
        spread = np.where(self.sampled > 1, self.sampled / np.maximum(self.sampled - 1.0, 1.0), 1.0)
        return np.asarray(np.where(remaining < 1e-7, 0.0, remaining * spread * self.above))

    @property
    def alone(self) -> Bools:
        """Strata with one cluster that is not all there is."""
        return np.asarray((self.sampled == 1) & (self.scale > 0))


@dataclass(frozen=True, slots=True, eq=False)
class Calibrated:
    """What calibration took out of the variance: the part of a figure that the known totals explain.

    Parameters
    ----------
    basis
        Orthonormal basis of the calibration variables times the root of the weights before calibration, (rows, k).
    scale
        Calibration factor times that root, shape (rows,).
    """

    basis: Floats
    scale: Floats

    def residuals(self, contributions: Floats) -> Floats:
        """Contributions without what the calibration variables explain, shape (rows, terms)."""
        safe = np.where(self.scale == 0, 1.0, self.scale)[:, None]
        flat = np.where(self.scale[:, None] == 0, 0.0, contributions / safe)
        return np.asarray((flat - self.basis @ (self.basis.T @ flat)) * self.scale[:, None])


@dataclass(frozen=True, slots=True, eq=False)
class SurveyDesign:
    """Weights and stages of a sample.

    Parameters
    ----------
    weights
        Sampling weights, shape (rows,).
    stages
        First stage first; later ones only where the stage above was drawn without replacement.
    lonely
        Rule for strata with one cluster, one of :data:`kyoto.analysis.surveys.choices.LONELY`.
    calibrations
        Steps that :mod:`kyoto.analysis.surveys.calibration` made.
    """

    weights: Floats
    stages: tuple[Stage, ...]
    lonely: Lonely = "fail"
    calibrations: tuple[Calibrated, ...] = ()

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.weights)

    def covariance(self, row: Ints, term: Ints, value: Floats, terms: int) -> Floats:
        """Covariance of sums, from what each row adds to each.

        Parameters
        ----------
        row, term, value
            Weighted (linearized) values: ``value[i]`` is what row ``row[i]`` adds to sum ``term[i]``.
        terms
            Number of sums.

        Returns
        -------
        numpy.ndarray
            Shape (terms, terms).
        """
        if self.calibrations:
            dense = np.bincount(row * terms + term, weights=value, minlength=self.rows * terms)
            contributions: Floats = dense.reshape(self.rows, terms).astype(np.float64)
            for step in self.calibrations:
                contributions = step.residuals(contributions)
            row, term = np.divmod(np.arange(self.rows * terms, dtype=np.int64), terms)
            value = contributions.reshape(-1)
        found = np.zeros((terms, terms))
        for stage in self.stages:
            found += _stage_covariance(stage, stage.cluster[row], term, value, terms, self.lonely)
        return found

    def degrees_of_freedom(self, used: Bools | None = None) -> int:
        """First-stage clusters less strata, of the rows used that have a weight."""
        kept = self.weights != 0 if used is None else used & (self.weights != 0)
        clusters = np.unique(self.stages[0].cluster[kept])
        return int(len(clusters) - len(np.unique(self.stages[0].stratum[clusters])))

    def with_weights(self, weights: Floats, step: Calibrated | None = None) -> SurveyDesign:
        """The same design with other weights."""
        steps = self.calibrations if step is None else (*self.calibrations, step)
        return replace(self, weights=weights, calibrations=steps)


def _stage_covariance(stage: Stage, cluster: Ints, term: Ints, value: Floats, terms: int, lonely: Lonely) -> Floats:
    count, strata = len(stage.stratum), len(stage.sampled)
    totals = np.bincount(cluster * terms + term, weights=value, minlength=count * terms).reshape(count, terms)
    sums = np.zeros((strata, terms))
    np.add.at(sums, stage.stratum, totals)
    centre = sums / stage.sampled[:, None]
    scale = stage.scale
    alone = stage.alone
    if lonely == "adjust":
        centre[alone] = 0.0
    if lonely == "average":
        scale = np.where(alone, 0.0, scale) * _average_factor(stage, alone)
    spread = (totals - centre[stage.stratum]) * np.sqrt(scale)[stage.stratum, None]
    return np.asarray(spread.T @ spread)


def _average_factor(stage: Stage, alone: Bools) -> Floats:
    """Strata over strata with a variance, within each cluster of the stage above."""
    strata = np.bincount(stage.parent)
    settled = np.bincount(stage.parent, weights=~alone)
    if (settled[np.unique(stage.parent)] == 0).any():
        raise KyotoError(
            "No stratum has two clusters",
            code="survey.lonely-cluster",
            detail="The rule `average` gives strata with one cluster what others have on average; none has any.",
            hint="Choose --lonely adjust, or merge strata.",
        )
    return np.asarray((strata / np.maximum(settled, 1))[stage.parent])


def weights_checked(weights: Any, *, column: str | None = None) -> Floats:
    """Weights as numbers.

    Parameters
    ----------
    weights
        One a row. Zero is a weight: such rows are in the design and add to no figure.
    column
        Name for messages.

    Raises
    ------
    KyotoError
        ``survey.missing-weight``, ``survey.negative-weight``, ``survey.no-weight``.
    """
    from kyoto.core.errors import Where

    found = np.asarray(weights, dtype=np.float64)
    where = Where(column=column)
    missing = ~np.isfinite(found)
    if missing.any():
        raise KyotoError(
            "Rows without a weight",
            code="survey.missing-weight",
            where=where,
            got=f"{int(missing.sum()):,} of {len(found):,} rows, the first is row {int(np.argmax(missing)) + 1:,}",
            expected="a number, 0 or more, in every row",
            hint="Give people who were not interviewed the weight 0, or take their rows out.",
        )
    if (found < 0).any():
        raise KyotoError(
            "A weight is negative",
            code="survey.negative-weight",
            where=where,
            got=f"{found.min():g} in row {int(np.argmin(found)) + 1:,}",
            expected="0 or more",
        )
    if not (found > 0).any():
        raise KyotoError("No row has a weight above 0", code="survey.no-weight", where=where, got=f"{len(found)} rows")
    return found


def make_design(
    weights: Any,
    *,
    strata: Sequence[Any] = (),
    clusters: Sequence[Any] = (),
    fpc: Sequence[Any] = (),
    lonely: Lonely = "fail",
) -> SurveyDesign:
    """Design from columns.

    Parameters
    ----------
    weights
        Sampling weights, one a row.
    strata
        Stratum labels of each stage, first stage first; fewer than stages where later ones are not stratified.
    clusters
        Cluster labels of each stage; none if rows were drawn directly.
    fpc
        Population of each stage: number of clusters in the stratum (above 1), or the sampling fraction (at most 1).
    lonely
        Rule for strata with one cluster.

    Raises
    ------
    KyotoError
        ``survey.missing-design``, ``survey.uneven-fpc``, ``survey.fpc-too-small``, ``survey.lonely-cluster``.

    Examples
    --------
    >>> design = make_design([3, 3, 3, 4, 4], strata=[[1, 1, 1, 2, 2]], fpc=[[9, 9, 9, 8, 8]])
    >>> design.degrees_of_freedom()
    3
    """
    found = weights_checked(weights)
    rows = np.arange(len(found), dtype=np.int64)
    units = [_labels(column, "cluster") for column in clusters] or [rows]
    parent = np.zeros(len(found), dtype=np.int64)
    above = np.ones(len(found))
    stages: list[Stage] = []
    for number, unit in enumerate(units):
        layer = _labels(strata[number], "stratum") if number < len(strata) else np.zeros(len(found), dtype=np.int64)
        layer_names = codes_of(strata[number])[1] if number < len(strata) else np.array(["the whole"])
        stratum, first_of_stratum = joint_codes(parent, layer)
        cluster, first_of_cluster = joint_codes(stratum, unit) if clusters else (rows, rows)
        sampled = np.bincount(stratum[first_of_cluster]).astype(np.float64)
        sizes = _population(fpc[number], stratum, first_of_stratum, sampled) if number < len(fpc) else None
        stage = Stage(
            cluster=cluster,
            stratum=stratum[first_of_cluster],
            sampled=sampled,
            population=np.full(len(sampled), np.inf) if sizes is None else sizes,
            above=above[first_of_stratum],
            parent=parent[first_of_stratum],
            names=tuple(str(layer_names[code]) for code in layer[first_of_stratum]),
        )
        stages.append(stage)
        if sizes is None:
            break
        above = above * np.where(np.isinf(sizes), 0.0, sampled / sizes)[stratum]
        parent = cluster
    _check_lonely(stages, lonely)
    return SurveyDesign(found, tuple(stages), lonely)


def _labels(column: Any, what: str) -> Ints:
    codes, _ = codes_of(column)
    if (codes < 0).any():
        raise KyotoError(
            f"Rows without a {what}",
            code="survey.missing-design",
            got=f"{int((codes < 0).sum()):,} rows, the first is row {int(np.argmax(codes < 0)) + 1:,}",
            hint=f"Every row belongs to a {what}, people who were not interviewed too.",
        )
    return codes


def _population(column: Any, stratum: Ints, first: Ints, sampled: Floats) -> Floats:
    values = np.asarray(column, dtype=np.float64)
    if np.isnan(values).any() or (values <= 0).any():
        raise KyotoError(
            "A population size is missing or not above 0",
            code="survey.missing-design",
            expected="the number of clusters in the stratum, or the sampling fraction, in every row",
        )
    given = values[first]
    if not np.array_equal(given[stratum], values):
        row = int(np.argmax(given[stratum] != values))
        raise KyotoError(
            "A stratum has two population sizes",
            code="survey.uneven-fpc",
            got=f"{given[stratum][row]:g} and {values[row]:g}, at row {row + 1:,}",
            expected="one number a stratum",
            hint="With several stages, the population of a later one is that of the cluster above it.",
        )
    sizes = np.asarray(sampled / given) if (values <= 1).all() else given
    if (sizes < sampled * (1 - 1e-12)).any():
        at = int(np.argmax(sizes < sampled))
        raise KyotoError(
            "A stratum has more clusters in the sample than in the population",
            code="survey.fpc-too-small",
            got=f"{sampled[at]:g} of {sizes[at]:g}",
            expected="a population at least as large as the sample",
            hint="The population counts sampling units of this stage, not people.",
        )
    return np.asarray(sizes)


def _check_lonely(stages: Sequence[Stage], lonely: Lonely) -> None:
    if lonely != "fail":
        return
    for number, stage in enumerate(stages, start=1):
        if stage.alone.any():
            names = [stage.names[at] for at in np.flatnonzero(stage.alone)]
            raise KyotoError(
                "A stratum has one cluster",
                code="survey.lonely-cluster",
                got=f"{len(names)} at stage {number}: {', '.join(names[:5])}{' …' if len(names) > 5 else ''}",
                detail="One cluster does not show how clusters of its stratum differ.",
                hint="Choose a rule with --lonely: adjust (careful), average, or remove; or merge strata.",
            )
