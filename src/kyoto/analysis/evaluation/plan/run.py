"""Running a design: read the outcomes as it says, estimate as it says, and tell whether it was frozen before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.evaluation.plan.freeze import FreezeState, freeze_state
from kyoto.analysis.evaluation.plan.model import DESIGNS, EvaluationDesign
from kyoto.analysis.evaluation.plan.periods import against
from kyoto.analysis.evaluation.result import EffectResult
from kyoto.analysis.evaluation.tables import read_table
from kyoto.core.errors import KyotoError, Problems, Where

if TYPE_CHECKING:
    import pandas as pd

    from kyoto.analysis.evaluation.designs import Panel

__all__ = ["Evaluated", "read_design_panel", "run_design"]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """A design and what came out.

    Parameters
    ----------
    design
        As written.
    result
        Estimates and checks.
    frozen
        How the design stands to its frozen copy.
    baseline
        Mean outcome that the effect is compared with: what the treated would have had without the programme where the
        design says so, else the mean of the comparison; None where there is none.
    units, periods
        What was read.
    """

    design: EvaluationDesign
    result: EffectResult
    frozen: FreezeState
    baseline: float | None
    units: int
    periods: int

    def rows(self) -> list[dict[str, Any]]:
        """One mapping an estimate, for scripts."""
        extra = {"method": self.result.method, "level": self.result.level, "design": self.frozen.state}
        return [{**item.row(), **extra} for item in self.result.estimates]

    def summary(self) -> str:
        """Text for a terminal."""
        return f"{self.design.title}\n{self.result.summary()}\n{self.frozen.sentence()}"


def run_design(design: EvaluationDesign) -> Evaluated:
    """Estimate what a design asks for.

    Raises
    ------
    KyotoError
        ``evaluation.after-end`` (outcomes later than the end of the evaluation), ``evaluation.unknown-option``, and
        those of the estimator.
    """
    frame = read_table(design.data)
    _check_columns(design, frame)
    frame = _check_end(design, frame)
    maker = _RUNNERS[design.kind]
    try:
        result = maker(design, frame)
    except TypeError as error:
        if "unexpected keyword" not in str(error):
            raise
        raise KyotoError(
            "The estimator has no such option",
            code="evaluation.unknown-option",
            where=Where(file=str(design.file), key="evaluation.options"),
            got=str(error).split("argument ")[-1],
            detail=f"design = {design.kind!r}: {DESIGNS[design.kind]}",
        ) from error
    unit, period = design.columns.get("unit"), design.columns.get("period")
    return Evaluated(
        design=design,
        result=result,
        frozen=freeze_state(design),
        baseline=_baseline(design, frame, result),
        units=int(frame[unit].nunique()) if unit else len(frame),
        periods=int(frame[period].nunique()) if period else 1,
    )


def read_design_panel(design: EvaluationDesign) -> Panel:
    """Panel of a design, checked as when it runs."""
    frame = read_table(design.data)
    _check_columns(design, frame)
    return _panel(design, _check_end(design, frame))


def _check_columns(design: EvaluationDesign, frame: pd.DataFrame) -> None:
    from kyoto.analysis.evaluation.tables import require_columns

    problems = Problems()
    names = [*design.columns.values(), *design.covariates]
    require_columns(frame, names, file=str(design.data), problems=problems)
    problems.raise_if_any()


def _check_end(design: EvaluationDesign, frame: pd.DataFrame) -> pd.DataFrame:
    """Refuse outcomes after the end that was decided."""
    period = design.columns.get("period")
    if period is None or design.end is None:
        return frame
    values = frame[period]
    late = against(values, design.end, where=_dates(design, period)) > 0
    if late.any():
        raise KyotoError(
            "There are outcomes after the end of the evaluation",
            code="evaluation.after-end",
            where=Where(file=str(design.data), line=int(np.flatnonzero(late)[0]) + 2, column=period),
            got=f"{values[late].iloc[0]}, {int(late.sum())} rows",
            expected=f"nothing after {design.end}, as the design says",
            hint="Leave them out, or change the end in the design; the change will show.",
        )
    return frame


def _dates(design: EvaluationDesign, column: str) -> Where:
    return Where(file=str(design.data), column=column)


def _with_treatment(design: EvaluationDesign, frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Columns of a panel; the list of treated units becomes a column."""
    names: dict[str, Any] = {
        key: design.columns[key]
        for key in ("unit", "period", "outcome", "treatment", "start", "weights", "cluster")
        if key in design.columns
    }
    if "treatment" in names or "start" in names:
        return frame, names
    units = frame[names["unit"]].astype(str)
    unknown = sorted(set(design.treated) - set(units))
    if unknown:
        raise KyotoError(
            "A treated unit is not among the data",
            code="evaluation.unknown-unit",
            where=Where(file=str(design.data), column=names["unit"]),
            got=", ".join(unknown[:5]),
        )
    begun = against(frame[names["period"]], design.start, where=_dates(design, names["period"])) >= 0
    on = units.isin(design.treated) & begun
    return frame.assign(__on__=on.astype(int)), {**names, "treatment": "__on__"}


def _panel(design: EvaluationDesign, frame: pd.DataFrame) -> Panel:
    from kyoto.analysis.evaluation.designs import read_panel

    table, names = _with_treatment(design, frame)
    return read_panel(table, covariates=design.covariates, **names)


def _staggered(design: EvaluationDesign, frame: pd.DataFrame) -> EffectResult:
    from kyoto.analysis.evaluation.designs import callaway_santanna

    return callaway_santanna(_panel(design, frame), covariates=design.covariates, **design.options)


def _over_panel(name: str) -> Callable[[EvaluationDesign, pd.DataFrame], EffectResult]:
    def run(design: EvaluationDesign, frame: pd.DataFrame) -> EffectResult:
        from kyoto.analysis.evaluation import designs

        found: EffectResult = getattr(designs, name)(_panel(design, frame), **design.options)
        return found

    return run


def _over_rows(name: str) -> Callable[[EvaluationDesign, pd.DataFrame], EffectResult]:
    def run(design: EvaluationDesign, frame: pd.DataFrame) -> EffectResult:
        from kyoto.analysis.evaluation import designs

        columns = {key: value for key, value in design.columns.items() if key != "unit"}
        extra = {"covariates": design.covariates} if name != "stepped_wedge" else {}
        found: EffectResult = getattr(designs, name)(frame, **columns, **extra, **design.options)
        return found

    return run


def _time_series(design: EvaluationDesign, frame: pd.DataFrame) -> EffectResult:
    from kyoto.analysis.evaluation.designs import arima_interrupted, interrupted_time_series

    period, outcome = design.columns["period"], design.columns["outcome"]
    ordered = frame.sort_values(period, kind="stable")
    if ordered[period].duplicated().any():
        raise KyotoError(
            "A period stands twice in the series",
            code="evaluation.duplicate-unit-period",
            where=Where(file=str(design.data), column=period),
            expected="one row a period",
        )
    periods = list(ordered[period])
    start = int((against(ordered[period], design.start, where=_dates(design, period)) < 0).sum())
    options = dict(design.options)
    settings: dict[str, Any] = {"periods": periods, "name": outcome, **options}
    if "order" in options:
        settings["order"] = tuple(options["order"])
        settings["seasonal"] = tuple(options.get("seasonal", (0, 0, 0, 0)))
        return arima_interrupted(ordered[outcome].to_numpy(float), start, **settings)
    if "exposure" in design.columns:
        settings["exposure"] = ordered[design.columns["exposure"]].to_numpy(float)
    return interrupted_time_series(ordered[outcome].to_numpy(float), start, **settings)


def _discontinuity(design: EvaluationDesign, frame: pd.DataFrame) -> EffectResult:
    from kyoto.analysis.evaluation.designs import regression_discontinuity

    outcome, score = (frame[design.columns[key]].to_numpy(float) for key in ("outcome", "score"))
    return regression_discontinuity(outcome, score, name=design.columns["outcome"], **design.options)


_RUNNERS: dict[str, Callable[[EvaluationDesign, Any], EffectResult]] = {
    "randomised": _over_rows("randomised"),
    "stepped-wedge": _over_rows("stepped_wedge"),
    "staggered": _staggered,
    "two-way": _over_panel("two_way_fixed_effects"),
    "synthetic-control": _over_panel("synthetic_control"),
    "synthetic-did": _over_panel("synthetic_did"),
    "time-series": _time_series,
    "weighting": _over_rows("weighting"),
    "doubly-robust": _over_rows("doubly_robust"),
    "matching": _over_rows("matching"),
    "discontinuity": _discontinuity,
}


def _baseline(design: EvaluationDesign, frame: pd.DataFrame, result: EffectResult) -> float | None:
    """Mean outcome without the programme."""
    if result.unit:
        return None
    if "comparison" in result.details:
        start = int(result.details["start"])
        return float(np.mean(np.asarray(result.details["comparison"])[start:]))
    if design.kind in {"staggered", "two-way"}:
        panel = _panel(design, frame)
        return float(panel.outcome[panel.treated].mean() - result.headline.estimate)
    treatment = design.columns.get("treatment")
    if treatment is None:
        return None
    return float(frame.loc[frame[treatment] == 0, design.columns["outcome"]].mean())
