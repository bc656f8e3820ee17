"""The card of one evaluation: from its design and what came out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from kyoto.analysis.evaluation.card.model import Card
from kyoto.analysis.evaluation.card.sentences import Effect, sentence_of
from kyoto.analysis.evaluation.phrases import Phrases, phrases
from kyoto.analysis.evaluation.result import Check, EffectResult

if TYPE_CHECKING:
    from kyoto.analysis.evaluation.plan.run import Evaluated
    from kyoto.analysis.evaluation.worth.appraisal import Appraisal

__all__ = ["card_of_evaluation", "shown_effect"]


def card_of_evaluation(evaluated: Evaluated, appraisal: Appraisal | None = None, *, language: str = "en") -> Card:
    """Card of one evaluation.

    Parameters
    ----------
    evaluated
        From :func:`~kyoto.analysis.evaluation.plan.run.run_design`.
    appraisal
        Costs and benefits, if they were weighed.
    language
        One of :data:`~kyoto.analysis.evaluation.phrases.LANGUAGES`.
    """
    say = phrases(language)
    design, result = evaluated.design, evaluated.result
    effect = shown_effect(evaluated)
    certainty, reasons = _certainty(effect.sure, result, evaluated, say)
    return Card(
        title=design.title,
        programme=design.programme,
        answer=effect.answer(say, certainty),
        detail=effect.detail(say, result.level),
        certainty=certainty,
        reasons=reasons,
        effect=effect.estimate,
        lower=effect.lower,
        upper=effect.upper,
        unit=effect.unit,
        good=design.better,
        cost=_costs(evaluated, appraisal, say),
        took=(*design.logframe.inputs, *design.logframe.activities),
        unknown=_unknown(evaluated, say),
        source=(
            f"{sentence_of(say(f'design.{design.kind}'))}.",
            _counted(evaluated, say),
            evaluated.frozen.sentence(language),
            *((say("source.data", text=design.source),) if design.source else ()),
        ),
        language=language,
    )


def shown_effect(evaluated: Evaluated) -> Effect:
    """The headline as readers are told it: in per cent of what would have been, where that is known.

    Parameters
    ----------
    evaluated
        A design and what came out.
    """
    design, item = evaluated.design, evaluated.result.headline
    scale, unit = _scale(evaluated)
    estimate, lower, upper = (scale(value) for value in (item.estimate, item.lower, item.upper))
    return Effect(design.unit_of_outcome or evaluated.result.outcome, estimate, lower, upper, unit, design.better)


def _scale(evaluated: Evaluated) -> tuple[Callable[[float], float], str]:
    result, baseline = evaluated.result, evaluated.baseline
    if result.unit == "relative change":
        return (lambda value: 100 * value), "%"
    if result.unit == "log ratio" or _is_logarithm(result.outcome):
        return _of_logarithm, "%"
    if baseline is not None and baseline > 0:
        return (lambda value: 100 * value / baseline), "%"
    return (lambda value: value), evaluated.design.unit_of_outcome


def _of_logarithm(value: float) -> float:
    return 100 * (math.exp(value) - 1) if math.isfinite(value) else value


def _is_logarithm(name: str) -> bool:
    return name.startswith(("log_", "l_", "ln_", "log "))


def _certainty(sure: bool, result: EffectResult, evaluated: Evaluated, say: Phrases) -> tuple[int, tuple[str, ...]]:
    """Level of certainty: start from the interval and the design, go down for every failed check."""
    reasons = [] if sure else [say("reason.includes_nothing")]
    level = 3 if sure else 1
    lot = evaluated.design.kind in {"randomised", "stepped-wedge"}
    reasons.append(say("reason.lot" if lot else "reason.no_lot"))
    if not lot:
        level = min(level, 2)
    problems = [check for check in result.checks if check.verdict in {"warn", "fail"}]
    if problems:
        level = max(level - 1, 0)
    if any(check.verdict == "fail" for check in problems):
        level = 0
    reasons += [_check_words(check, say) for check in problems]
    if evaluated.frozen.state != "frozen":
        level = max(level - 1, 0)
        reasons.append(evaluated.frozen.sentence(say.language))
    return level, tuple(reasons)


def _check_words(check: Check, say: Phrases) -> str:
    """What a check that did not pass means, for readers who are no statisticians."""
    key = f"check.{check.name.replace(' ', '_')}"
    if key in say.texts:
        return say(key)
    return say("check.other", name=sentence_of(check.name), message=check.message)


def _counted(evaluated: Evaluated, say: Phrases) -> str:
    count = f"{evaluated.units:,}".replace(",", "\u202f")
    if evaluated.periods <= 1:
        return say("source.units", count=count)
    unit = evaluated.design.columns.get("unit")
    if unit is None:
        return say("source.periods", periods=evaluated.periods)
    return say("source.counted", count=count, unit=unit, periods=evaluated.periods)


def _costs(evaluated: Evaluated, appraisal: Appraisal | None, say: Phrases) -> tuple[str, ...]:
    design = evaluated.design
    if appraisal is None:
        if design.cost is None:
            return (say("money.no_cost"),)
        amount = f"{say.figure(design.cost)} {design.currency}".strip()
        return (say("money.cost", amount=amount), say("money.not_weighed"))
    return _weighed(appraisal, say)


def _weighed(appraisal: Appraisal, say: Phrases) -> tuple[str, ...]:
    rows = {row["term"]: row for row in appraisal.tidy().to_dict("records")}
    ratio, per = rows["benefit–cost ratio"], rows["cost per offence prevented"]

    def money(value: float, digits: int = 3) -> str:
        return f"{say.figure(value, digits)} {appraisal.currency}".strip()

    best, low, high = (say.figure(ratio[name], 2) for name in ("estimate", "lower", "upper"))
    unit = appraisal.currency or say("money.unit")
    words = [
        say("money.cost", amount=money(rows["cost"]["estimate"])),
        say("money.saved", unit=unit, ratio=best, lower=low, upper=high),
        say("money.chance", chance=_chance(appraisal.chance_of_gain, say)),
    ]
    if math.isfinite(per["estimate"]) and per["estimate"] > 0:
        words.append(say("money.per_offence", amount=money(per["estimate"], 2)))
    return tuple(words)


def _chance(share: float, say: Phrases) -> str:
    """Share without false certainty.

    Examples
    --------
    >>> _chance(0.999, phrases("en")), _chance(0.62, phrases("en"))
    ('more than 99 %', '62 %')
    """
    if share > 0.99:
        return say("money.more_than")
    return say("money.less_than") if share < 0.01 else f"{100 * share:.0f} %"


def _unknown(evaluated: Evaluated, say: Phrases) -> tuple[str, ...]:
    design = evaluated.design
    found = list(design.threats)
    found += [say("unknown.assumed", text=_lower(text)) for text in design.assumptions]
    if evaluated.periods > 1:
        found.append(say("unknown.lasts"))
    found.append(say("unknown.elsewhere"))
    return tuple(found)


def _lower(text: str) -> str:
    text = text.rstrip(".")
    return f"{text[0].lower()}{text[1:]}." if text else text
