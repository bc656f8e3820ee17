"""The audit of a build under the project's ``[disclosure]``: every figure from protected counts.

People are counted by group, band of the score and outcome, the bands within those flagged and those not, and the years
of the scores in a second table of the same bands. Both are protected together, and the audit is made of people as the
protected counts have them, never of those who were scored.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.reoffending.audit.calibration import CurvePoint, calibration_curve, is_probability, score_bands
from kyoto.analysis.reoffending.audit.discrimination import Measure
from kyoto.analysis.reoffending.audit.impossibility import tensions
from kyoto.analysis.reoffending.audit.instrument import Audit, all_measures, require_both_sides
from kyoto.analysis.reoffending.audit.misclassification import MEASURES, ErrorRates, cut_offs, error_rates
from kyoto.analysis.reoffending.audit.scored import ScoredPeople
from kyoto.analysis.reoffending.audit.settings import TABLE, YEARS
from kyoto.analysis.reoffending.survival.arrays import Floats
from kyoto.statistics.observations import TOTAL, UNKNOWN
from kyoto.statistics.pipeline.room_tables import protect_together, rolled_up

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from kyoto.statistics.pipeline.room_tables import RoomRoad

__all__ = ["Bands", "bands_of", "cells_of_scores", "protect_audit"]

GROUP, YEAR, SCORE, OUTCOME = "by group", "by year", "score", "outcome"
FLAGGED, BELOW, YES, NO = "flagged", "not flagged", "yes", "no"
_WITHHELD = "withheld by disclosure control"
_Counts = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Bands:
    """Bands of the score, ascending.

    Parameters
    ----------
    edges
        Lowest score of each, shape ``(n,)``; the lowest score that is flagged is one of them.
    points
        Score that stands for those within each, shape ``(n,)``.
    labels
        In words.
    levels
        Parent of the code of each: flagged, or not.
    """

    edges: Floats
    points: Floats
    labels: tuple[str, ...]
    levels: Mapping[str, str]

    @property
    def codes(self) -> list[str]:
        """Codes of the bands."""
        return list(self.levels)


@dataclass(frozen=True, slots=True)
class _Figures:
    """What the protected counts of a group, or of a year, give."""

    measures: dict[str, Measure]
    rates: ErrorRates
    curve: tuple[CurvePoint, ...]
    people: ScoredPeople | None


def bands_of(score: Floats, cutoff: float) -> Bands:
    """Bands that tell flagged people from the others: every score where there are few, else about tenths.

    Parameters
    ----------
    score
        Of all people, shape ``(n,)``.
    cutoff
        Lowest score that is flagged.

    Examples
    --------
    >>> import numpy as np
    >>> bands = bands_of(np.array([1.0, 2, 2, 4]), 3)
    >>> bands.labels, bands.levels["band 02"]
    (('1', '2', '4'), 'flagged')
    """
    edges = np.union1d(score_bands(score), score[score >= cutoff].min())
    points, labels = edges, [f"{edge:g}" for edge in edges]
    if len(np.unique(score)) > len(edges):
        ends = [*edges[1:], score.max()]
        points = (edges + ends) / 2
        labels = [f"{low:g} to {high:g}" for low, high in zip(edges, ends, strict=True)]
    levels = {f"band {place:02d}": FLAGGED if edge >= cutoff else BELOW for place, edge in enumerate(edges)}
    return Bands(edges, points, tuple(labels), levels)


def cells_of_scores(people: ScoredPeople, bands: Bands, by: Mapping[str, Any]) -> pd.DataFrame:
    """People by breakdown, band and outcome; also bands and outcomes that nobody of a group has.

    Parameters
    ----------
    people
        With keys.
    bands
        Of their scores.
    by
        Name of a dimension and its code for each person; empty for all people.
    """
    import pandas as pd

    codes = np.array(bands.codes, dtype=object)
    groups = {name: [str(code) for code in found] for name, found in by.items()}
    frame = pd.DataFrame(groups, index=range(len(people.score)))
    frame[SCORE] = codes[np.searchsorted(bands.edges, people.score, side="right") - 1]
    frame[OUTCOME] = np.where(people.outcome, YES, NO)
    names = list(frame.columns)
    frame = frame.assign(value=1, cell_key=people.keys)
    if people.persons is not None:
        return frame.assign(person=people.persons).groupby([*names, "person"], as_index=False).sum()
    empty = pd.MultiIndex.from_product([*(frame[name].unique() for name in by), codes, (NO, YES)], names=names)
    zeros = empty.to_frame(index=False).assign(value=0, cell_key=0)
    return pd.concat([frame, zeros]).groupby(names, as_index=False).sum()


def protect_audit(
    people: ScoredPeople, cutoff: float, *, level: float, threshold: int, road: RoomRoad, build: Path, grouped: bool
) -> tuple[Audit, dict[str, Any]]:
    """Audit a score from what disclosure control lets out.

    Parameters
    ----------
    people
        Read with keys.
    cutoff
        Lowest score that is flagged.
    level
        Confidence of the limits.
    threshold
        Groups, years and bands with fewer persons, by their protected count, have no figures.
    road, build
        Settings of the protection, and the folder of the build.
    grouped
        Whether groups were asked for.

    Returns
    -------
    audit : Audit
    facts
        What readers may know of the protection.

    Raises
    ------
    KyotoError
        ``reoffending.wrong-cutoff``: nobody, or everybody, is flagged.
    """
    require_both_sides(people.score, cutoff)
    bands = bands_of(people.score, cutoff)
    by: dict[str, dict[str, Any]] = {TABLE: {GROUP: people.group} if grouped else {}}
    if people.year is not None:
        by[YEARS] = {YEAR: [UNKNOWN if year is None else year for year in people.year]}
    tables = {}
    for name, own in by.items():
        dimensions = (*own, SCORE, OUTCOME)
        cells = rolled_up(cells_of_scores(people, bands, own), dimensions, {SCORE: bands.levels})
        least = np.where((cells[SCORE] == TOTAL) & (cells[OUTCOME] == TOTAL), float(threshold), 0.0)
        tables[name] = (cells.assign(threshold=least), dimensions)
    safe = protect_together(road, build, tables, {SCORE: bands.levels})
    reading = _Reading(bands, cutoff, level, threshold, is_probability(people.score), _weights(people))
    groups = reading.all_figures(safe.frames[TABLE], GROUP)
    years = reading.all_figures(safe.frames[YEARS], YEAR) if YEARS in by else {}
    return _audit(people, reading, groups, years), safe.facts


@dataclass(frozen=True, slots=True)
class _Reading:
    """How protected counts are read: weights are those of persons without and with the outcome."""

    bands: Bands
    cutoff: float
    level: float
    threshold: int
    probability: bool
    weights: tuple[float, float] | None

    def all_figures(self, frame: pd.DataFrame, dimension: str) -> dict[str, _Figures | None]:
        """Figures of all and of every group, None for those withheld."""
        counts: dict[str, dict[tuple[str, str], float]] = {TOTAL: {}}
        groups = frame[dimension] if dimension in frame else [TOTAL] * len(frame)
        for group, score, outcome, value in zip(groups, frame[SCORE], frame[OUTCOME], frame["value"], strict=True):
            counts.setdefault(str(group), {})[score, outcome] = float(value)
        return {group: self.figures(counts[group]) for group in sorted(counts, key=lambda code: (code != TOTAL, code))}

    def figures(self, counts: _Counts) -> _Figures | None:
        """Errors from those flagged and not; discrimination and calibration from the bands, where all are known."""
        coarse = self.people(counts, [BELOW, FLAGGED], np.array([self.cutoff - 1, self.cutoff]))
        if coarse is None or len(coarse.score) < self.threshold:
            return None
        rates = error_rates(coarse.score, coarse.outcome, self.cutoff, coarse.weights, level=self.level)
        fine = self.people(counts, self.bands.codes, self.bands.points)
        if fine is None:
            measures = {"auc": Measure(None, None, None, len(coarse.score), note=_WITHHELD), **rates.measures}
        else:
            measures = all_measures(fine, rates, self.probability, self.level)
        return _Figures(measures, rates, self._curve(counts), fine)

    def people(self, counts: _Counts, codes: Sequence[str], points: Floats) -> ScoredPeople | None:
        """People as the counts have them; None where one is withheld."""
        known = [counts.get((code, outcome), 0.0) for code in codes for outcome in (NO, YES)]
        if any(math.isnan(count) for count in known):
            return None
        times = np.array([max(0, round(count)) for count in known], dtype=np.int64)
        score = np.repeat(np.repeat(points, 2), times)
        outcome = np.repeat(np.tile([False, True], len(codes)), times)
        weights = None if self.weights is None else np.where(outcome, self.weights[1], self.weights[0])
        return ScoredPeople(score, outcome, weights, None, (), None, {}, 0, ())

    def _curve(self, counts: _Counts) -> tuple[CurvePoint, ...]:
        """Points of the bands that are known."""
        found: list[CurvePoint] = []
        for code, point, label in zip(self.bands.codes, self.bands.points, self.bands.labels, strict=True):
            own = self.people(counts, [code], np.array([point]))
            if own is not None:
                curve = calibration_curve(
                    own.score, own.outcome, np.array([point]), own.weights, level=self.level, least=self.threshold
                )
                found += [replace(part, band=label) for part in curve]
        return tuple(found)


def _weights(people: ScoredPeople) -> tuple[float, float] | None:
    """Mean weight of those without and with the outcome: a weight of its own would tell a person's time."""
    if people.weights is None:
        return None
    without, with_it = (float(people.weights[people.outcome == outcome].mean()) for outcome in (False, True))
    return round(without, 2), round(with_it, 2)


def _audit(
    people: ScoredPeople, reading: _Reading, groups: dict[str, _Figures | None], years: dict[str, _Figures | None]
) -> Audit:
    whole = groups.pop(TOTAL)
    years.pop(TOTAL, None)
    shown = {name: found for name, found in groups.items() if found is not None} if whole else {}
    hidden = [name for name in groups if name not in shown]
    nothing = {name: Measure(None, None, None, 0, note=_WITHHELD) for name in ("auc", *MEASURES)}
    parts = {"all": whole, **shown} if whole else {}
    return Audit(
        cutoff=reading.cutoff,
        measures={name: found.measures for name, found in parts.items() if found} or {"all": nothing},
        curves={name: found.curve for name, found in parts.items() if found},
        years={
            year: {name: found.measures[name] for name in ("auc", *MEASURES)}
            for year, found in years.items()
            if found is not None and whole and year != UNKNOWN
        },
        cut_offs=_cut_offs(whole, reading.bands),
        tensions=tensions(whole.rates, {name: found.rates for name, found in shown.items()}) if whole else (),
        n=whole.rates.measures["base_rate"].n if whole else 0,
        censored=None,
        remarks=tuple(_remarks(people, reading, hidden)),
        level=reading.level,
    )


def _cut_offs(whole: _Figures | None, bands: Bands) -> Any:
    people = whole.people if whole else None
    if people is None or people.outcome.all() or not people.outcome.any():
        return ()
    edges = dict(zip(bands.points.tolist(), bands.edges.tolist(), strict=True))
    found = cut_offs(people.score, people.outcome, people.weights)
    return tuple(replace(part, cutoff=edges[part.cutoff]) for part in found)


def _remarks(people: ScoredPeople, reading: _Reading, hidden: Sequence[str]) -> list[str]:
    """What may be said without counting anybody."""
    found = ["Counts are protected, and all figures are computed from the protected counts."]
    if any(" to " in label for label in reading.bands.labels):
        found.append("Scores are read in bands, and the middle of its band stands for a score.")
    if reading.weights is not None:
        found.append("Persons who left before the window ended are made up for by a weight for each outcome.")
    if hidden:
        found.append(f"Withheld, as small or so that a small one cannot be found: {', '.join(hidden)}.")
    return found
