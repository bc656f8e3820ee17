"""A whole report, made once."""

from __future__ import annotations

import pytest
from report_examples import whole_report

from kyoto.statistics.report import ReportInput, render_report


@pytest.fixture(scope="session")
def report_input() -> ReportInput:
    return whole_report()


@pytest.fixture(scope="session")
def report_html(report_input: ReportInput) -> str:
    return render_report(report_input)
