"""The figures that ``[survey]`` asks for, as estimates and as observations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.surveys.from_file import estimate_table
from kyoto.analysis.surveys.publication import publish, reliability, rule_named
from kyoto.analysis.surveys.request import Request, Wanted
from kyoto.analysis.surveys.result import SurveyEstimate, SurveyEstimates
from kyoto.analysis.surveys.sdg import derive, indicator_columns
from kyoto.analysis.surveys.settings import FigureSettings, SurveySettings
from kyoto.analysis.surveys.tables_in import SurveyTable, open_frame, open_table
from kyoto.core.errors import KyotoError, Where

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["SurveyFigures", "SurveySeries", "run_settings"]


@dataclass(frozen=True, slots=True)
class SurveySeries:
    """One indicator or figure: the total, then each disaggregation by itself.

    Parameters
    ----------
    series
        SDG code or name.
    title, rule
        What it says, and who counts.
    iccs, unit
        Offence and unit.
    estimates
        Its figures, as they may be published.
    marks
        Status of each in the code list CL_OBS_STATUS: A normal, U low reliability, Q withheld, M nobody.
    """

    series: str
    title: str
    rule: str
    iccs: str
    unit: str
    estimates: SurveyEstimates
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SurveyFigures:
    """All that the section asks for."""

    settings: SurveySettings
    series: tuple[SurveySeries, ...]
    rows: int

    def tidy(self) -> pd.DataFrame:
        """One row a figure: ``term`` (series, title and domain), estimate, limits, ``n``, ``deff``, status."""
        from kyoto.core.results import estimates_frame

        rows = []
        for one in self.series:
            for figure, mark in zip(one.estimates, one.marks, strict=True):
                domain = ", ".join(f"{name} {value}" for name, value in figure.by.items())
                row = {**figure.row(), "term": f"{one.series} {one.title}" + (f" ({domain})" if domain else "")}
                for name in figure.by:
                    row.pop(name)
                rows.append({**row, "series": one.series, "iccs": one.iccs, "unit": one.unit, "status": mark})
        return estimates_frame(rows)

    def observations(self) -> pa.Table:
        """Figures in the shape of every published figure."""
        import pyarrow as pa

        from kyoto.statistics.observations import observation_columns

        own = [name for name in self.settings.by if name not in ("sex", "age", "area")]
        columns = observation_columns(own)
        rows = [
            self._observation(one, figure, mark, own)
            for one in self.series
            for figure, mark in zip(one.estimates, one.marks, strict=True)
        ]
        numbers = {"value", "lower", "upper"}
        schema = pa.schema([(name, pa.float64() if name in numbers else pa.string()) for name in columns])
        return pa.Table.from_pylist([{name: row[name] for name in columns} for row in rows], schema=schema)

    def _observation(self, one: SurveySeries, figure: SurveyEstimate, mark: str, own: Sequence[str]) -> dict[str, Any]:
        by = dict(figure.by)
        return {
            "area": by.get("area", self.settings.area),
            "period": self.settings.period,
            "series": one.series,
            "iccs": one.iccs,
            "sex": by.get("sex", "_T"),
            "age": by.get("age", "_T"),
            **{name: by.get(name, "_T") for name in own},
            "unit": one.unit,
            "value": figure.estimate,
            "lower": figure.lower,
            "upper": figure.upper,
            "status": mark,
            "confidentiality": "F",
            "source": self.settings.source or self.settings.file.name,
            "note": figure.note,
        }


def run_settings(settings: SurveySettings) -> SurveyFigures:
    """Estimate what the section asks for.

    Parameters
    ----------
    settings
        From :func:`kyoto.analysis.surveys.settings.read_settings`.

    Raises
    ------
    KyotoError
        ``survey.no-indicator``: the file serves none of the indicators asked for; others as in
        :func:`kyoto.analysis.surveys.from_file.estimate_table`.
    """
    with open_table(settings.file) as raw:
        frame = _prepared(raw, settings)
        names = {str(column) for column in frame.columns}
        asked = [one for one in indicator_columns(settings.indicators, settings.instrument) if one.column in names]
        if not asked and not settings.figures:
            raise KyotoError(
                "The survey file serves none of the indicators",
                code="survey.no-indicator",
                where=Where(file=str(settings.file), key="survey.indicators"),
                expected="columns of the questionnaire, as `kyoto survey read` writes them, or [survey.figures.NAME]",
            )
        lacking = [code for code in settings.indicators if code not in {one.indicator for one in asked}]
        if lacking:
            raise KyotoError(
                f"The survey file does not serve {lacking[0]}",
                code="survey.no-indicator",
                where=Where(file=str(settings.file), key="survey.indicators"),
                hint="Its questions were not asked; take the code out of the list.",
            )
        with open_frame(frame, str(settings.file)) as table:
            series = [
                _series(
                    table,
                    settings,
                    FigureSettings(one.indicator, "proportion", one.column, "", one.iccs, one.title, 100.0, "%"),
                    one.rule,
                )
                for one in asked
            ]
            series += [_series(table, settings, one, "") for one in settings.figures]
    return SurveyFigures(settings, tuple(series), len(frame))


def _prepared(raw: SurveyTable, settings: SurveySettings) -> pd.DataFrame:
    """Rows with the columns that indicators and disaggregations need."""
    frame = raw.frame()
    if not any(str(name).startswith("sdg_") for name in frame.columns):
        frame = derive(frame, cap=settings.cap)
    if settings.age_groups:
        raw.require(["age"])
        groups = np.array(_age_groups(frame["age"].to_numpy(dtype=np.float64), settings.age_groups), dtype=object)
        frame = frame.assign(age_group=groups)
    return frame


def _age_groups(ages: Any, bounds: Sequence[int]) -> list[str | None]:
    """Labels in SDMX's spelling.

    Examples
    --------
    >>> _age_groups(np.array([15.0, 30.0, 80.0, 9.0, np.nan]), [15, 25, 65])
    ['Y15T24', 'Y25T64', 'Y_GE65', 'Y_LT15', None]
    """
    names = [f"Y_LT{bounds[0]}", *(f"Y{low}T{high - 1}" for low, high in pairwise(bounds))]
    names.append(f"Y_GE{bounds[-1]}")
    return [None if np.isnan(age) else names[int(np.searchsorted(bounds, age, side="right"))] for age in ages]


def _series(table: SurveyTable, settings: SurveySettings, figure: FigureSettings, rule: str) -> SurveySeries:
    wanted = Wanted(figure.kind, figure.above, figure.below)
    parts = [_estimated(table, settings, wanted, {})]
    parts += [_estimated(table, settings, wanted, {name: column}) for name, column in settings.by.items()]
    whole = _under_each_other(parts)
    marks: tuple[str, ...]
    if settings.rule == "none":
        marks = tuple("M" if one.estimate is None else "A" for one in whole)
        shown = whole
    else:
        thresholds = rule_named(settings.rule)
        verdicts = [reliability(one, thresholds)[0] for one in whole]
        words = {"publish": "A", "caution": "U", "withheld": "Q"}
        marks = tuple("M" if one.n == 0 else words[verdict] for one, verdict in zip(whole, verdicts, strict=True))
        shown = publish(whole, thresholds)
    scaled = shown.scaled(figure.per)
    return SurveySeries(figure.name, figure.title, rule, figure.iccs, figure.unit, scaled, marks)


def _estimated(table: SurveyTable, settings: SurveySettings, wanted: Wanted, by: Mapping[str, str]) -> SurveyEstimates:
    request = Request((wanted,), tuple(by.values()), settings.method, settings.level)  # type: ignore[arg-type]
    found = estimate_table(table, settings.sample, request)
    concepts = {column: name for name, column in by.items()}
    renamed = tuple(replace(one, by={concepts[column]: value for column, value in one.by.items()}) for one in found)
    return replace(found, estimates=renamed)


def _under_each_other(parts: Sequence[SurveyEstimates]) -> SurveyEstimates:
    from kyoto.analysis.surveys.result import joined

    return joined(parts)
