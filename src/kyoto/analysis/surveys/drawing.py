"""Drawing the sample: stratified, in stages, with a seed, and an audit trail with which anybody can draw it again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from kyoto.analysis.surveys.arrays import Bools, Floats, Ints
from kyoto.analysis.surveys.domains import domains_of
from kyoto.core.errors import KyotoError, Where, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["METHODS", "DrawMethod", "Drawn", "draw_sample", "inclusion_probabilities", "systematic"]

DrawMethod = Literal["srs", "systematic", "pps"]
METHODS = get_args(DrawMethod)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A sample and how it came about.

    Parameters
    ----------
    frame
        Drawn rows of the frame, with ``probability`` (of the row's unit, over all stages), ``weight_base``, and the
        columns ``probability_1`` … of each stage.
    audit
        Seed, generator, method, sizes, digest of the frame, and the random start of each stratum.
    """

    frame: pd.DataFrame
    audit: Mapping[str, Any]


def inclusion_probabilities(size: Any, count: int) -> Floats:
    """Probabilities proportional to size; units too large for that are taken with certainty.

    Parameters
    ----------
    size
        Size of each unit, above 0.
    count
        Units to draw.

    Examples
    --------
    >>> inclusion_probabilities([1, 1, 2, 6], 2).round(3).tolist()
    [0.25, 0.25, 0.5, 1.0]
    """
    sizes = np.asarray(size, dtype=np.float64)
    sure: Bools = np.zeros(len(sizes), dtype=bool)
    while True:
        rest = count - int(sure.sum())
        found = np.where(sure, 1.0, sizes / sizes[~sure].sum() * rest if rest > 0 else 0.0)
        if not (found > 1 + 1e-12).any():
            return np.asarray(np.where(found > 1 - 1e-12, 1.0, found))
        sure |= found >= 1 - 1e-12


def systematic(probability: Floats, start: float) -> Ints:
    """Units drawn by going through the list in steps of one on the cumulated probabilities.

    Parameters
    ----------
    probability
        Of each unit, adding up to a whole number.
    start
        Random start between 0 and 1.

    Returns
    -------
    numpy.ndarray
        Places of the units.

    Examples
    --------
    >>> systematic(np.array([0.5, 0.5, 0.5, 0.5]), 0.7).tolist()
    [1, 3]
    """
    count = round(float(probability.sum()))
    edges = np.concatenate([[0.0], np.cumsum(probability)])
    edges[-1] = count
    marks = start + np.arange(count)
    return np.asarray(np.searchsorted(edges, marks, side="right") - 1, dtype=np.int64)


def draw_sample(
    frame: pd.DataFrame,
    count: Mapping[str, int] | int,
    *,
    seed: int,
    strata: str | None = None,
    method: DrawMethod = "srs",
    size: str | None = None,
    cluster: str | None = None,
    take: int | None = None,
    order: tuple[str, ...] = (),
) -> Drawn:
    """Draw a sample from a frame.

    Parameters
    ----------
    frame
        One row a unit: a household or person; or, with ``cluster``, all units of all clusters. A frame that was drawn
        before (people of drawn households, with their ``probability_1`` …) is drawn from in a further stage.
    count
        Units (or clusters) to draw: of each stratum by its name, one number for every stratum, or from the whole frame
        if there are no strata.
    seed
        Seed; the same frame and seed give the same sample.
    strata
        Column of strata.
    method
        Of the first stage: ``srs`` without replacement, ``systematic``, ``pps`` (systematic with probability
        proportional to ``size``).
    size
        Column of sizes for ``pps``; of clusters, the number of their units if None.
    cluster
        Column of clusters: they are drawn first, then ``take`` units in each by simple random sampling.
    take
        Units in each cluster.
    order
        Columns by which the list is sorted before a systematic draw (implicit stratification).

    Raises
    ------
    KyotoError
        ``survey.wrong-column``, ``survey.wrong-draw``.

    Examples
    --------
    >>> import pandas as pd
    >>> homes = pd.DataFrame({"home": range(8), "area": ["a"] * 5 + ["b"] * 3})
    >>> drawn = draw_sample(homes, {"a": 2, "b": 1}, seed=3, strata="area")
    >>> drawn.frame["weight_base"].tolist()
    [2.5, 2.5, 3.0]
    """
    _require(frame, [strata, size, cluster, *order], method, cluster, take)
    listed = _clusters(frame, cluster, strata, size, order) if cluster else frame
    listed = listed.sort_values(list(order), kind="stable") if order else listed
    random = np.random.default_rng(seed)
    labels = np.zeros(len(listed), dtype=np.int64)
    names = ["all"]
    if strata:
        domains = domains_of({strata: listed[strata]}, len(listed))
        labels, names = domains.code, [one[strata] for one in domains.labels]
    wanted = dict.fromkeys(names, count) if isinstance(count, int) else dict(count)
    _check_counts(wanted, names, labels)
    earlier = _stages_before(frame)
    chosen, probability, starts = [], [], {}
    for at, name in enumerate(names):
        members = np.flatnonzero(labels == at)
        number = wanted.get(name, 0)
        if not number:
            continue
        sizes = _sizes(listed, members, "_size" if cluster else size, method)
        chance = inclusion_probabilities(sizes, number)
        start = float(random.random())
        if method == "srs":
            places = np.sort(random.choice(len(members), size=number, replace=False))
        else:
            places, starts[name] = systematic(chance, start), start
        chosen.append(members[places])
        probability.append(chance[places])
    places, chances = np.concatenate(chosen), np.concatenate(probability)
    found = listed.iloc[places].copy()
    found["_chance"], found["_chance_within"] = chances, 1.0
    if cluster and take:
        found = _second_stage(frame, found, cluster, strata, take, random)
    audit = _audit(frame, wanted, seed, method, strata, size, cluster, take, order, starts, len(found))
    return Drawn(_with_probabilities(found, earlier, 2 if cluster else 1), {**audit, "stages_before": earlier})


def _stages_before(frame: pd.DataFrame) -> int:
    """Stages in which the rows of a frame were drawn before, as their columns ``probability_1`` … say."""
    number = 0
    while f"probability_{number + 1}" in frame.columns:
        number += 1
        chance = frame[f"probability_{number}"].to_numpy(dtype=np.float64)
        if not ((chance > 0) & (chance <= 1)).all():
            raise KyotoError(
                "A probability of an earlier stage cannot be",
                code="survey.wrong-draw",
                where=Where(column=f"probability_{number}"),
                expected="above 0 and at most 1 in every row",
            )
    return number


def _with_probabilities(found: pd.DataFrame, earlier: int, stages: int) -> pd.DataFrame:
    names = [f"probability_{at}" for at in range(1, earlier + stages + 1)]
    for name, own in zip(names[earlier:], ("_chance", "_chance_within"), strict=False):
        found[name] = found[own]
    found["probability"] = found[names].prod(axis=1)
    found["weight_base"] = 1.0 / found["probability"]
    return found.drop(columns=["_size", "_chance", "_chance_within"], errors="ignore")


def _require(
    frame: pd.DataFrame, names: list[str | None], method: DrawMethod, cluster: str | None, take: int | None
) -> None:
    known = [str(column) for column in frame.columns]
    for name in names:
        if name is not None and name not in known:
            raise KyotoError(
                "No such column",
                code="survey.wrong-column",
                where=Where(column=name),
                hint=did_you_mean(name, known),
            )
    if method not in METHODS:
        raise KyotoError(f"No such method: {method}", code="survey.wrong-draw", hint=did_you_mean(method, METHODS))
    if method == "pps" and names[1] is None and cluster is None:
        raise KyotoError(
            "Drawing by size needs sizes", code="survey.wrong-draw", expected="a column of sizes, or clusters"
        )
    if (cluster is None) != (take is None):
        raise KyotoError(
            "Clusters and the units in each belong together",
            code="survey.wrong-draw",
            expected="a column of clusters and the number to take in each, or neither",
        )


def _clusters(
    frame: pd.DataFrame, cluster: str, strata: str | None, size: str | None, order: tuple[str, ...]
) -> pd.DataFrame:
    keys = [strata, cluster] if strata else [cluster]
    grouped = frame.groupby(keys, sort=False, dropna=False)
    listed = grouped.size().rename("_units").reset_index()
    for name in order:
        if name not in keys:
            listed[name] = grouped[name].first().to_numpy()
    listed["_size"] = listed["_units"] if size is None else grouped[size].first().to_numpy()
    return listed.drop(columns="_units")


def _sizes(listed: pd.DataFrame, members: Ints, size: str | None, method: DrawMethod) -> Floats:
    if method != "pps" or size is None:
        return np.ones(len(members))
    values = listed[size].to_numpy(dtype=np.float64)[members]
    if not (values > 0).all():
        raise KyotoError(
            "A size is missing or not above 0",
            code="survey.wrong-draw",
            where=Where(column=size),
            got=f"{int((~(values > 0)).sum()):,} units",
            hint="Merge units without people with a neighbour.",
        )
    return np.asarray(values)


def _check_counts(wanted: Mapping[str, int], names: list[str], labels: Ints) -> None:
    there = np.bincount(labels, minlength=len(names))
    for name, number in wanted.items():
        if name not in names:
            raise KyotoError(
                "No such stratum in the frame", code="survey.wrong-draw", got=name, hint=did_you_mean(name, names)
            )
        most = int(there[names.index(name)])
        if not 0 <= number <= most:
            raise KyotoError(
                "The stratum does not hold so many",
                code="survey.wrong-draw",
                got=f"{number:,} wanted of {name}",
                expected=f"0 to {most:,}",
            )
    if not any(wanted.values()):
        raise KyotoError("Nothing is to be drawn", code="survey.wrong-draw", expected="at least one unit")


def _second_stage(
    frame: pd.DataFrame,
    clusters: pd.DataFrame,
    cluster: str,
    strata: str | None,
    take: int,
    random: np.random.Generator,
) -> pd.DataFrame:
    """Units of the drawn clusters; a cluster with fewer than ``take`` is taken whole."""
    import pandas as pd

    keys = [strata, cluster] if strata else [cluster]
    groups = frame.groupby(keys, sort=False, dropna=False).indices
    parts = []
    for row in clusters.itertuples(index=False, name=None):
        values = dict(zip(clusters.columns, row, strict=True))
        key = tuple(values[name] for name in keys)
        members = groups[key if len(key) > 1 else key[0]]
        number = min(take, len(members))
        picked = np.sort(random.choice(len(members), size=number, replace=False))
        part = frame.iloc[members[picked]].copy()
        part["_chance"] = values["_chance"]
        part["_chance_within"] = number / len(members)
        parts.append(part)
    return pd.concat(parts)


def _audit(
    frame: pd.DataFrame,
    wanted: Mapping[str, int],
    seed: int,
    method: DrawMethod,
    strata: str | None,
    size: str | None,
    cluster: str | None,
    take: int | None,
    order: tuple[str, ...],
    starts: Mapping[str, float],
    drawn: int,
) -> dict[str, Any]:
    from kyoto import __version__

    text = frame.to_csv(index=False).encode()
    return {
        "kyoto": __version__,
        "numpy": np.__version__,
        "generator": "PCG64",
        "seed": seed,
        "method": method,
        "strata": strata,
        "size": size,
        "cluster": cluster,
        "take": take,
        "order": list(order),
        "wanted": dict(wanted),
        "frame_rows": len(frame),
        "frame_sha256": hashlib.sha256(text).hexdigest(),
        "random_starts": dict(starts),
        "drawn": drawn,
    }
