"""Making replicate weights from strata and clusters: balanced halves, jackknife, bootstrap, successive differences.

Replicates are made from the first stage. A finite population correction is kept by the jackknife (in the factors of
the replicates) and by the rescaling bootstrap; balanced halves and successive differences take sampling with
replacement.
"""

from __future__ import annotations

import numpy as np

from kyoto.analysis.surveys.arrays import Floats, Ints
from kyoto.analysis.surveys.choices import ReplicateKind
from kyoto.analysis.surveys.design import Stage, SurveyDesign
from kyoto.analysis.surveys.replicates import ReplicateDesign, Spread, spread_of
from kyoto.core.errors import KyotoError

__all__ = ["hadamard", "make_replicates"]


def make_replicates(
    design: SurveyDesign,
    kind: ReplicateKind,
    *,
    rho: float = 0.0,
    count: int = 200,
    seed: int = 1,
    around_estimate: bool = False,
) -> ReplicateDesign:
    """Replicate weights of a design.

    Parameters
    ----------
    design
        Strata, clusters, weights.
    kind
        ``brr`` and ``fay`` (two clusters in each stratum), ``jk1`` (no strata), ``jkn``, ``bootstrap`` (Rao & Wu 1988:
        n - 1 clusters drawn with replacement in each stratum), ``sdr`` (Fay & Train 1995; the order of the rows is
        the order of the systematic sample).
    rho
        Fay's factor; 0 leaves out a half whole.
    count
        Replicates of the bootstrap, and at least as many for ``sdr``.
    seed
        Seed of the bootstrap.
    around_estimate
        Deviations from the estimate of the whole sample instead of from the mean of the replicates.

    Raises
    ------
    KyotoError
        ``survey.replicates-impossible``: the design does not allow this kind.

    Examples
    --------
    >>> from kyoto.analysis.surveys.design import make_design
    >>> made = make_replicates(make_design([2.0] * 4, strata=[[1, 1, 2, 2]]), "brr")
    >>> made.replicates.shape, made.spread.scale
    ((4, 4), 0.25)
    """
    stage = design.stages[0]
    if kind in ("brr", "fay"):
        factors, spread = _balanced(stage, rho if kind == "fay" else 0.0, kind)
    elif kind == "jk1":
        factors, spread = _jackknife_one(stage)
    elif kind == "jkn":
        factors, spread = _jackknife(stage, design.lonely)
    elif kind == "bootstrap":
        factors = _rescaling_bootstrap(stage, count, np.random.default_rng(seed))
        spread = spread_of("bootstrap", count)
    elif kind == "sdr":
        factors = _successive(stage, count)
        spread = spread_of("sdr", factors.shape[1])
    else:
        raise _impossible(f"{kind} cannot be made from a design", "brr, fay, jk1, jkn, bootstrap or sdr")
    spread = Spread(spread.kind, spread.scale, spread.rscales, around_estimate)
    return ReplicateDesign(design.weights, factors[stage.cluster] * design.weights[:, None], spread)


def hadamard(least: int) -> Floats:
    """Matrix of 1 and -1 whose columns are orthogonal.

    Parameters
    ----------
    least
        Smallest size wanted.

    Returns
    -------
    numpy.ndarray
        Square, of the smallest size from ``least`` that doubling and Paley's construction (primes p with p mod 4 = 3)
        reach; the first column is of ones.

    Examples
    --------
    >>> matrix = hadamard(9)
    >>> matrix.shape, bool((matrix.T @ matrix == 12 * np.eye(12)).all())
    ((12, 12), True)
    """
    size = 1 if least <= 1 else 2 if least == 2 else 4 * -(-least // 4)
    while True:
        half, doubled = size, 0
        while half > 2 and not _is_paley(half) and half % 2 == 0:
            half, doubled = half // 2, doubled + 1
        if half <= 2 or _is_paley(half):
            matrix = _paley(half) if half > 2 else np.array([[1.0]] if half == 1 else [[1.0, 1.0], [1.0, -1.0]])
            for _ in range(doubled):
                matrix = np.block([[matrix, matrix], [matrix, -matrix]])
            return matrix
        size += 4


def _is_paley(size: int) -> bool:
    prime = size - 1
    return prime % 4 == 3 and all(prime % divisor for divisor in range(2, int(prime**0.5) + 1))


def _paley(size: int) -> Floats:
    prime = size - 1
    squares = {(value * value) % prime for value in range(1, prime)}
    sign = np.array([0] + [1 if value in squares else -1 for value in range(1, prime)])
    inner = sign[(np.arange(prime)[None, :] - np.arange(prime)[:, None]) % prime] - np.eye(prime)
    matrix = np.ones((size, size))
    matrix[1:, 1:] = inner
    return matrix


def _balanced(stage: Stage, rho: float, kind: ReplicateKind) -> tuple[Floats, Spread]:
    if (stage.sampled != 2).any():
        at = int(np.argmax(stage.sampled != 2))
        raise _impossible(
            f"Stratum {stage.names[at]} has {stage.sampled[at]:g} clusters", "two clusters in every stratum"
        )
    strata = len(stage.sampled)
    matrix = hadamard(strata + 1)[:, 1 : strata + 1]
    side = _place_in_stratum(stage) * 2 - 1
    factors = 1.0 + (1.0 - rho) * side[:, None] * matrix[:, stage.stratum].T
    return factors, spread_of(kind, factors.shape[1], rho=rho)


def _jackknife_one(stage: Stage) -> tuple[Floats, Spread]:
    if len(stage.sampled) > 1:
        raise _impossible(f"The design has {len(stage.sampled)} strata", "no strata", hint="Use jkn.")
    factors, spread = _jackknife(stage, "fail")
    clusters = factors.shape[1]
    remaining = spread.rscales[0] * clusters / (clusters - 1.0)
    return factors, Spread("jk1", remaining * (clusters - 1.0) / clusters, np.ones(clusters))


def _jackknife(stage: Stage, lonely: str) -> tuple[Floats, Spread]:
    if stage.alone.any() and lonely not in ("remove", "certainty"):
        raise _impossible("A stratum has one cluster", "two or more", hint="Choose the rule remove, or merge strata.")
    n = stage.sampled[stage.stratum]
    left_out = np.flatnonzero(n > 1)
    same = stage.stratum[:, None] == stage.stratum[left_out][None, :]
    factors = np.where(same, (n / np.maximum(n - 1.0, 1.0))[:, None], 1.0)
    factors[left_out, np.arange(len(left_out))] = 0.0
    remaining = np.where(np.isinf(stage.population), 1.0, 1.0 - stage.sampled / stage.population)
    rscales = (remaining * (stage.sampled - 1.0) / stage.sampled)[stage.stratum[left_out]]
    return factors, Spread("jkn", 1.0, rscales)


def _rescaling_bootstrap(stage: Stage, count: int, random: np.random.Generator) -> Floats:
    """Factors of Rao & Wu (1988): 1 - c + c n/(n-1) × times drawn, c = root of 1 - f."""
    clusters = len(stage.stratum)
    drawn = np.zeros((clusters, count))
    for stratum, n in enumerate(stage.sampled.astype(int)):
        members = np.flatnonzero(stage.stratum == stratum)
        if n > 1:
            drawn[members] = random.multinomial(n - 1, np.full(n, 1.0 / n), size=count).T
    n = stage.sampled
    remaining = np.where(np.isinf(stage.population), 1.0, 1.0 - n / stage.population)
    shrink = np.sqrt(remaining)[stage.stratum, None]
    grow = (n / np.maximum(n - 1.0, 1.0))[stage.stratum, None]
    factors = 1.0 - shrink + shrink * grow * drawn
    return np.asarray(np.where(n[stage.stratum, None] > 1, factors, 1.0))


def _successive(stage: Stage, count: int) -> Floats:
    """Factors 1 + (h[i] - h[i+1]) / 2^1.5 with two following rows of a Hadamard matrix for each cluster."""
    matrix = hadamard(max(count, 4))
    usable = matrix.shape[0] - 1  # the row of ones is left out
    at = np.arange(len(stage.stratum))
    first, second = 1 + at % usable, 1 + (at + 1) % usable
    second[-1] = first[
        0
    ]  # the last cluster is followed by the first, or the two ends would count as differences from 0
    return np.asarray(1.0 + (matrix[first] - matrix[second]) / 2.0**1.5)


def _place_in_stratum(stage: Stage) -> Ints:
    order = np.argsort(stage.stratum, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(stage.stratum))[:-1]])
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - starts[stage.stratum[order]]
    return place


def _impossible(title: str, expected: str, hint: str = "") -> KyotoError:
    return KyotoError(
        "These replicates cannot be made from this design",
        code="survey.replicates-impossible",
        detail=title,
        expected=expected,
        hint=hint or "jkn and bootstrap work for any design with two or more clusters a stratum.",
    )
