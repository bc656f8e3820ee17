"""Did crime move round the corner, or did its surroundings gain: displacement and diffusion of benefits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from kyoto.analysis.evaluation.arrays import Booleans, Floats
from kyoto.analysis.evaluation.result import Check, EffectResult, Estimate
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AreaCounts", "count_rings", "weighted_displacement"]


@dataclass(frozen=True, slots=True)
class AreaCounts:
    """Crimes before and after in three areas.

    Parameters
    ----------
    target_before, target_after
        Where the programme ran.
    buffer_before, buffer_after
        Around it, where crime could move or benefits spread.
    control_before, control_after
        A similar area that neither reached.
    """

    target_before: float
    target_after: float
    buffer_before: float
    buffer_after: float
    control_before: float
    control_after: float


def weighted_displacement(
    counts: AreaCounts, *, dispersion: float = 1.0, draws: int = 20_000, seed: int = 1, level: float = 0.95
) -> EffectResult:
    """Weighted displacement quotient (Bowers and Johnson 2003) with its parts and their uncertainty.

    Parameters
    ----------
    counts
        Crimes in the three areas.
    dispersion
        Variance of counts over their mean.
    draws, seed
        Parametric bootstrap: counts are drawn around those observed (normal on the square-root scale).
    level
        Confidence.

    Returns
    -------
    EffectResult
        ``success`` (change of target over control; negative is good), ``buffer`` (change of buffer over control),
        ``quotient`` (their ratio: below -1 displacement outweighs the gain, -1 to 0 some displacement, above 0
        diffusion of benefits, above 1 more than the gain itself), ``net effect`` (crimes saved in target and buffer).

    Examples
    --------
    >>> found = weighted_displacement(AreaCounts(200, 120, 150, 160, 1000, 1000), draws=2000)
    >>> round(found.estimates[0].estimate, 3)
    -0.08
    """
    values = np.array([getattr(counts, name) for name in AreaCounts.__slots__], dtype=np.float64)
    if (values < 0).any() or (values[4:] == 0).any() or (values[[0, 2]] == 0).any():
        raise KyotoError(
            "An area has no crimes to compare",
            code="evaluation.wrong-count",
            got=", ".join(f"{value:g}" for value in values),
            expected="counts above 0 before the programme, and above 0 in the control area",
            hint="Use larger areas or longer periods.",
        )
    generator = np.random.default_rng(seed)
    roots = np.sqrt(values) + np.sqrt(dispersion) / 2 * generator.standard_normal((draws, 6))
    drawn = np.maximum(roots, 1e-6) ** 2
    names = ("quotient", "success", "buffer", "net effect")
    point, spread = _parts(values[None, :]), _parts(drawn)
    tail = (1 - level) / 2
    estimates = []
    for position, name in enumerate(names):
        low, high = np.quantile(spread[:, position], [tail, 1 - tail])
        error = float(spread[:, position].std(ddof=1))
        kept = None if name == "quotient" else error
        estimates.append(Estimate(name, float(point[0, position]), kept, float(low), float(high)))
    ordered = (estimates[1], estimates[0], estimates[2], estimates[3])
    checks = (_meaning(estimates[0], estimates[1]),)
    return EffectResult("displacement", ordered, checks, level, "crimes")


def _parts(values: Floats) -> Floats:
    """Quotient, success, buffer and net effect of rows of six counts."""
    a0, a1, b0, b1, c0, c1 = values.T
    success = a1 / c1 - a0 / c0
    buffer = b1 / c1 - b0 / c0
    growth = c1 / c0
    net = (a0 * growth - a1) + (b0 * growth - b1)
    quotient = np.divide(buffer, success, out=np.full_like(success, np.nan), where=success != 0)
    return np.column_stack([quotient, success, buffer, net])


def _meaning(quotient: Estimate, success: Estimate) -> Check:
    if success.upper >= 0:
        return Check(
            "success in the target area",
            "warn",
            "no sure fall against the control area: the quotient then says nothing about displacement",
        )
    q = quotient.estimate
    for limit, words in (
        (-1.0, "displacement outweighs the gain"),
        (0.0, "some of the gain was displaced"),
        (1.0, "benefits spread to the buffer"),
    ):
        if q < limit:
            return Check("displacement", "info", words, q)
    return Check("displacement", "info", "benefits in the buffer exceed those in the target area", q)


def count_rings(
    points: Any,
    targets: ArrayLike,
    *,
    x: str,
    y: str,
    radii: tuple[float, ...],
    after: Booleans | str,
    degrees: bool = False,
) -> pd.DataFrame:
    """Count events in target circles and in the rings around them, before and after.

    Parameters
    ----------
    points
        Dataframe or file, one row an event.
    targets
        Centres, shape (targets, 2): x and y, or longitude and latitude.
    x, y
        Columns of coordinates: a projected system in metres, or longitude and latitude with ``degrees``.
    radii
        Ascending, in metres: the first is the target, each next one a ring.
    after
        Whether each event lies after the start: a column of 0 and 1, or a mask.
    degrees
        Whether coordinates are degrees; distances are then great circles.

    Returns
    -------
    pandas.DataFrame
        ``ring`` (0 the target, then each ring; -1 beyond), ``from``, ``to`` (metres), ``before``, ``after``. An event
        near several targets counts once, by the nearest.
    """
    import pandas as pd

    from kyoto.analysis.evaluation.tables import as_frame, column_of_numbers, name_of, require_columns
    from kyoto.core.errors import Problems

    frame, file, problems = as_frame(points), name_of(points), Problems()
    wanted = [x, y, after] if isinstance(after, str) else [x, y]
    if not require_columns(frame, wanted, file=file, problems=problems):
        problems.raise_if_any()
    places = np.column_stack(
        [column_of_numbers(frame, name, file=file, problems=problems, missing=False) for name in (x, y)]
    )
    problems.raise_if_any()
    if list(radii) != sorted(set(radii)) or min(radii) <= 0:
        raise KyotoError("Radii must ascend from above 0", code="evaluation.wrong-radii", got=str(radii))
    later = frame[after].to_numpy(dtype=bool) if isinstance(after, str) else np.asarray(after, dtype=bool)
    distance = _nearest(places, np.asarray(targets, dtype=np.float64), degrees)
    ring = np.searchsorted(np.asarray(radii), distance, side="left")
    rows = []
    for position in range(len(radii) + 1):
        inside = ring == position
        bounds = (0.0, *radii, np.inf)
        rows.append(
            {
                "ring": position if position < len(radii) else -1,
                "from": bounds[position],
                "to": bounds[position + 1],
                "before": int((inside & ~later).sum()),
                "after": int((inside & later).sum()),
            }
        )
    return pd.DataFrame(rows)


EARTH = 6_371_008.8


def _nearest(places: Floats, targets: Floats, degrees: bool) -> Floats:
    """Distance of each place to the nearest target, in metres."""
    from scipy.spatial import cKDTree

    if not degrees:
        return np.asarray(cKDTree(targets).query(places)[0])

    def sphere(points: Floats) -> Floats:
        longitude, latitude = np.radians(points).T
        return np.column_stack(
            [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
        )

    chords = np.asarray(cKDTree(sphere(targets)).query(sphere(places))[0])
    return np.asarray(2 * EARTH * np.arcsin(np.minimum(chords / 2, 1.0)))
