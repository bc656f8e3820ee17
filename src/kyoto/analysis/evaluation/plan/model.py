"""The written design of an evaluation: what it is to find out, and how, decided before the outcome is known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["DESIGNS", "EvaluationDesign", "Indicator", "Logframe", "design_hash"]

DESIGNS = {
    "randomised": "randomised trial",
    "stepped-wedge": "stepped wedge",
    "staggered": "difference in differences, staggered starts (Callaway–Sant'Anna)",
    "two-way": "difference in differences (two-way fixed effects)",
    "synthetic-control": "synthetic control",
    "synthetic-did": "synthetic difference in differences",
    "time-series": "interrupted time series",
    "weighting": "inverse probability weighting",
    "doubly-robust": "doubly robust comparison",
    "matching": "matched comparison",
    "discontinuity": "regression discontinuity",
}
"""Designs that :func:`~kyoto.analysis.evaluation.plan.run.run_design` knows, and their names."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator of a logframe.

    Parameters
    ----------
    name
        What is counted or measured.
    level
        ``input``, ``activity``, ``output`` or ``outcome``.
    unit
        Of its values.
    baseline, target
        Before the programme, and where it is to be; None where not set.
    direction
        ``up`` or ``down``: which way is better.
    """

    name: str
    level: str
    unit: str = ""
    baseline: float | None = None
    target: float | None = None
    direction: str = "down"


@dataclass(frozen=True, slots=True)
class Logframe:
    """From inputs to outcomes.

    Parameters
    ----------
    inputs, activities, outputs, outcomes
        In plain words.
    indicators
        How each is seen.
    """

    inputs: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    indicators: tuple[Indicator, ...] = ()


@dataclass(frozen=True, slots=True)
class EvaluationDesign:
    """A design as written.

    Parameters
    ----------
    title, programme, question
        What is evaluated.
    kind
        One of :data:`DESIGNS`.
    theory
        Theory of change: why it should work.
    comparison
        With whom or what it is compared, in plain words.
    data
        File of the outcomes.
    columns
        Role (``unit``, ``period``, ``outcome``, ``treatment``, …) to column.
    treated
        Units that are treated, where no column says so.
    start, end
        First period of the programme, and last of the evaluation.
    covariates
        Columns.
    options
        Settings of the estimator.
    logframe
        The logframe.
    assumptions, threats
        In plain words.
    unit_of_outcome
        Word for the outcome's unit.
    better
        ``down`` if a smaller outcome is better, ``up`` otherwise.
    cost, currency
        Cost of the programme, for the card.
    source
        Where the data come from.
    file
        The design's own file.
    evidence
        Where the evaluation belongs in a register: ``setting``, ``area``, ``population``, ``iccs``, ``sdg``,
        ``transfer``, ``harm``. It decides nothing and may be written afterwards, so it is not frozen.
    """

    title: str
    programme: str
    question: str
    kind: str
    data: Path
    columns: Mapping[str, str]
    theory: str = ""
    comparison: str = ""
    treated: tuple[str, ...] = ()
    start: Any = None
    end: Any = None
    covariates: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    logframe: Logframe = field(default_factory=Logframe)
    assumptions: tuple[str, ...] = ()
    threats: tuple[str, ...] = ()
    unit_of_outcome: str = ""
    better: str = "down"
    cost: float | None = None
    currency: str = ""
    source: str = ""
    file: Path | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def canonical(self) -> dict[str, Any]:
        """What was decided, as JSON; layout and comments of the file do not matter, and neither does its place."""
        from dataclasses import asdict

        plain = asdict(self)
        plain.pop("file")
        plain.pop("evidence")
        plain["data"] = self.data.name
        found: dict[str, Any] = json.loads(json.dumps(plain, default=str, sort_keys=True))
        return found


def design_hash(design: EvaluationDesign) -> str:
    """SHA-256 of what was decided.

    Examples
    --------
    >>> from pathlib import Path
    >>> one = EvaluationDesign("Lights", "lamps", "?", "time-series", Path("a.csv"), {"outcome": "crimes"})
    >>> len(design_hash(one))
    64
    """
    text = json.dumps(design.canonical(), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
