"""Records made from the results of an evaluation, so that what was evaluated here stands in the register too."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from kyoto.analysis.evaluation.card.evaluations import card_of_evaluation, shown_effect
from kyoto.analysis.evaluation.phrases import LANGUAGES
from kyoto.analysis.evaluation.register.model import Evidence
from kyoto.analysis.evaluation.register.storage import Entry

if TYPE_CHECKING:
    from kyoto.analysis.evaluation.plan.run import Evaluated

__all__ = ["entry_of_evaluation"]

_LOT = ("randomised", "stepped-wedge")
_BEFORE = ("stepped-wedge", "staggered", "two-way", "synthetic-control", "synthetic-did", "time-series")
_ADJUSTED = ("synthetic-control", "synthetic-did", "weighting", "doubly-robust", "matching", "discontinuity")


def entry_of_evaluation(evaluated: Evaluated, name: str) -> Entry:
    """Record and cards of an evaluation; what the design says under ``[evidence]`` tells where it belongs.

    Parameters
    ----------
    evaluated
        From :func:`~kyoto.analysis.evaluation.plan.run.run_design`.
    name
        Identifier of the record.
    """
    design, effect = evaluated.design, shown_effect(evaluated)
    known = all(math.isfinite(value) for value in (effect.estimate, effect.lower, effect.upper))
    share = 100.0 if effect.unit == "%" else 1.0
    about = dict(design.evidence)
    year = re.match(r"\d{4}", str(design.end or design.start or ""))
    record = Evidence(
        id=name,
        title=design.title,
        year=int(year[0]) if year else None,
        kind="evaluation",
        programme=design.programme,
        setting=str(about.get("setting", "")),
        area=str(about.get("area", "")),
        population=str(about.get("population", "")),
        iccs=tuple(about.get("iccs", ())),
        sdg=tuple(about.get("sdg", ())),
        outcome=effect.outcome,
        randomised=design.kind in _LOT,
        comparison=design.kind != "time-series",
        before=design.kind in _BEFORE,
        adjusted=bool(design.covariates) or design.kind in _ADJUSTED,
        units=evaluated.units,
        measure="relative change" if effect.unit == "%" else "difference",
        effect=effect.estimate / share if known else None,
        lower=effect.lower / share if known else None,
        upper=effect.upper / share if known else None,
        level=evaluated.result.level,
        better=design.better,
        cost=design.cost,
        currency=design.currency,
        transfer=str(about.get("transfer", "")),
        harm=str(about.get("harm", "")),
        source=design.source,
    )
    return Entry(record, {language: card_of_evaluation(evaluated, language=language) for language in LANGUAGES})
