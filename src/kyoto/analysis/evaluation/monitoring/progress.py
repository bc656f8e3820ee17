"""Indicators of a logframe against their targets."""

from __future__ import annotations

from typing import Any

import numpy as np

from kyoto.analysis.evaluation.monitoring.charts import ControlChart, control_chart
from kyoto.analysis.evaluation.plan.model import Indicator, Logframe
from kyoto.analysis.evaluation.tables import as_frame, column_of_numbers, name_of, require_columns
from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean

__all__ = ["indicator_charts", "monitor"]

LEVELS = ("input", "activity", "output", "outcome")


def monitor(source: Any, logframe: Logframe) -> list[dict[str, Any]]:
    """Where each indicator of the logframe stands.

    Parameters
    ----------
    source
        Dataframe or file with the columns ``indicator``, ``period``, ``value`` and, for shares and rates,
        ``denominator``.
    logframe
        Of the design; indicators in the order of its levels.

    Returns
    -------
    list of dict
        ``indicator``, ``level``, ``unit``, ``period`` (the last), ``value``, ``baseline``, ``target``, ``reached``
        (share of the way from baseline to target), ``status`` (``reached``, ``on the way``, ``no change``,
        ``wrong way``, ``not reached``, ``no data``, ``no target``) and ``signal`` (what the control chart says).
    """
    charts = indicator_charts(source, logframe)
    order = {level: number for number, level in enumerate(LEVELS)}
    ordered = sorted(logframe.indicators, key=lambda item: order[item.level])
    return [_row(indicator, charts.get(indicator.name)) for indicator in ordered]


def indicator_charts(source: Any, logframe: Logframe) -> dict[str, ControlChart | tuple[Any, float]]:
    """Control chart of each indicator; the last period and value where there are too few periods for one."""
    frame, file, problems = as_frame(source), name_of(source), Problems()
    if not require_columns(frame, ["indicator", "period", "value"], file=file, problems=problems):
        problems.raise_if_any()
    frame = frame.assign(value=column_of_numbers(frame, "value", file=file, problems=problems, missing=False))
    known = [indicator.name for indicator in logframe.indicators]
    for name in frame["indicator"].astype(str).unique():
        if name not in known:
            problems.add(
                KyotoError(
                    "The logframe has no such indicator",
                    code="evaluation.unknown-indicator",
                    where=Where(file=file, column="indicator"),
                    got=name,
                    hint=did_you_mean(name, known),
                )
            )
    repeated = frame.duplicated(["indicator", "period"])
    if repeated.any():
        problems.add(
            KyotoError(
                "An indicator has two values in one period",
                code="evaluation.duplicate-unit-period",
                where=Where(file=file, line=int(np.flatnonzero(repeated)[0]) + 2),
            )
        )
    problems.raise_if_any()
    found: dict[str, ControlChart | tuple[Any, float]] = {}
    for name, part in frame.sort_values("period", kind="stable").groupby("indicator", sort=False):
        found[str(name)] = _chart(part)
    return found


def _chart(part: Any) -> ControlChart | tuple[Any, float]:
    periods, values = list(part["period"]), part["value"].to_numpy(dtype=np.float64)
    denominators = part["denominator"].to_numpy(dtype=np.float64) if "denominator" in part.columns else None
    known = denominators is not None and np.isfinite(denominators).all()
    if len(values) < 4:
        last = values[-1] / denominators[-1] if known and denominators is not None else values[-1]
        return periods[-1], float(last)
    if not known or denominators is None:
        return control_chart(values, periods=periods)
    share = bool((values <= denominators).all())
    kind = "laney-p" if share else "laney-u"
    return control_chart(values, kind=kind, denominators=denominators, periods=periods)


def _row(indicator: Indicator, chart: ControlChart | tuple[Any, float] | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "indicator": indicator.name,
        "level": indicator.level,
        "unit": indicator.unit,
        "period": None,
        "value": None,
        "baseline": indicator.baseline,
        "target": indicator.target,
        "reached": None,
        "status": "no data",
        "signal": "",
    }
    if chart is None:
        return row
    if isinstance(chart, tuple):
        row["period"], row["value"] = chart
        row["signal"] = "too few periods for a control chart"
    else:
        row["period"], row["value"] = chart.periods[-1], float(chart.values[-1])
        recent = chart.signals[chart.signals.period == chart.periods[-1]]
        row["signal"] = "; ".join(f"{item['meaning']}, {item['side']}" for item in recent.to_dict("records"))
    row["reached"], row["status"] = _progress(indicator, float(row["value"]))
    return row


def _progress(indicator: Indicator, value: float) -> tuple[float | None, str]:
    if indicator.target is None:
        return None, "no target"
    better = 1 if indicator.direction == "up" else -1
    if better * (value - indicator.target) >= 0:
        return 1.0, "reached"
    if indicator.baseline is None or indicator.baseline == indicator.target:
        return None, "not reached"
    share = (value - indicator.baseline) / (indicator.target - indicator.baseline)
    if share < 0:
        return share, "wrong way"
    return share, "no change" if share == 0 else "on the way"
