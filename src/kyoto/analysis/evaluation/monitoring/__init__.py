"""Monitoring: indicators of the logframe against targets, with run and control charts."""

from kyoto.analysis.evaluation.monitoring.charts import CHARTS, ControlChart, control_chart, run_chart
from kyoto.analysis.evaluation.monitoring.progress import indicator_charts, monitor

__all__ = ["CHARTS", "ControlChart", "control_chart", "indicator_charts", "monitor", "run_chart"]
