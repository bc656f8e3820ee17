"""The card a mayor reads: one page in plain language, made from results and never typed by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from kyoto.analysis.evaluation.plan.model import DESIGNS
from kyoto.analysis.evaluation.plan.run import Evaluated
from kyoto.analysis.evaluation.register.model import Evidence
from kyoto.analysis.evaluation.result import Check, EffectResult, figure
from kyoto.analysis.evaluation.synthesis.result import Synthesis
from kyoto.analysis.evaluation.worth.appraisal import Appraisal

__all__ = ["Card", "card_of_evaluation", "card_of_evidence", "card_of_synthesis"]

CERTAINTY = ("Very unsure", "Unsure", "Fairly sure", "Sure")


@dataclass(frozen=True, slots=True)
class Card:
    """What the page says.

    Parameters
    ----------
    title, programme
        What was evaluated.
    answer
        Headline: what happened.
    detail
        The numbers behind it, in one sentence.
    certainty
        0 (very unsure) to 3 (sure).
    reasons
        Why so sure.
    effect, lower, upper, unit, nothing
        For the drawing: estimate, limits, their unit, and the value that means no effect.
    good
        Which way is better: ``down`` or ``up``.
    cost
        What it cost and saved, in sentences.
    took
        What it took.
    unknown
        What is not known.
    source
        Data, design, and whether it was frozen.
    """

    title: str
    programme: str
    answer: str
    detail: str
    certainty: int
    reasons: tuple[str, ...]
    effect: float
    lower: float
    upper: float
    unit: str
    nothing: float
    good: str
    cost: tuple[str, ...]
    took: tuple[str, ...]
    unknown: tuple[str, ...]
    source: tuple[str, ...]


def card_of_evaluation(evaluated: Evaluated, appraisal: Appraisal | None = None) -> Card:
    """Card of one evaluation.

    Parameters
    ----------
    evaluated
        From :func:`~kyoto.analysis.evaluation.plan.run.run_design`.
    appraisal
        Costs and benefits, if they were weighed.
    """
    design, result = evaluated.design, evaluated.result
    item = result.headline
    outcome = design.unit_of_outcome or result.outcome
    scale, unit = _scale(evaluated)
    effect, lower, upper = (scale(value) for value in (item.estimate, item.lower, item.upper))
    sure = not lower <= 0 <= upper
    certainty, reasons = _certainty(sure, result, evaluated)
    answer = _answer(outcome, effect, lower, upper, unit, design.better, certainty)
    return Card(
        title=design.title,
        programme=design.programme,
        answer=answer,
        detail=_detail(outcome, effect, lower, upper, unit, result.level),
        certainty=certainty,
        reasons=reasons,
        effect=effect,
        lower=lower,
        upper=upper,
        unit=unit,
        nothing=0.0,
        good=design.better,
        cost=_costs(evaluated, appraisal),
        took=(*design.logframe.inputs, *design.logframe.activities),
        unknown=_unknown(evaluated),
        source=(
            f"{DESIGNS[design.kind][0].upper()}{DESIGNS[design.kind][1:]}.",
            _counted(evaluated),
            evaluated.frozen.sentence(),
            *((f"Data: {design.source}",) if design.source else ()),
        ),
    )


def _scale(evaluated: Evaluated) -> tuple[Callable[[float], float], str]:
    """How numbers are shown: in per cent of what would have been, where that is known."""
    result = evaluated.result
    if result.unit == "log ratio":
        return (lambda value: 100 * (math.exp(value) - 1) if math.isfinite(value) else value), "%"
    if result.unit == "relative change":
        return (lambda value: 100 * value), "%"
    baseline = evaluated.baseline
    if baseline is not None and baseline > 0 and not _is_logarithm(result.outcome):
        return (lambda value: 100 * value / baseline), "%"
    if _is_logarithm(result.outcome):
        return (lambda value: 100 * (math.exp(value) - 1) if math.isfinite(value) else value), "%"
    return (lambda value: value), evaluated.design.unit_of_outcome


def _is_logarithm(name: str) -> bool:
    return name.startswith(("log_", "l_", "ln_", "log "))


def _percent(value: float) -> str:
    if math.isinf(value):
        return "any amount"
    size = abs(value)
    return f"{size:.0f}" if size >= 1 else f"{size:.1f}"


def _amount(value: float, unit: str) -> str:
    return f"{_percent(value)} %" if unit == "%" else f"{figure(abs(value))} {unit}".strip()


def _answer(outcome: str, effect: float, lower: float, upper: float, unit: str, better: str, certainty: int) -> str:
    name = outcome[0].upper() + outcome[1:] if outcome else "The outcome"
    if lower <= 0 <= upper:
        return f"We cannot tell whether {outcome or 'the outcome'} changed."
    helped = (effect < 0) == (better == "down")
    if certainty <= 1:
        direction = "lower" if effect < 0 else "higher"
        seen = f"{name} was about {_amount(effect, unit)} {direction} than expected."
        return f"{seen} Whether the programme did it is unsure."
    direction = "fell" if effect < 0 else "rose"
    probably = "" if certainty == 3 else "probably "
    verdict = f"{probably}helped" if helped else f"{probably}did harm"
    return f"{name} {direction} by about {_amount(effect, unit)}. The programme {verdict}."


def _detail(outcome: str, effect: float, lower: float, upper: float, unit: str, level: float) -> str:
    def words(value: float) -> str:
        if abs(value) < (0.05 if unit == "%" else 1e-12):
            return "no change"
        return f"{'a fall' if value < 0 else 'a rise'} of {_amount(value, unit)}"

    between = f"between {words(lower)} and {words(upper)}"
    if not (math.isfinite(lower) and math.isfinite(upper)):
        return f"Best guess: {words(effect)}. The data do not say how far from the truth it may be."
    return (
        f"Compared with what would have happened without it, the best guess is {words(effect)}. "
        f"With {100 * level:g} % confidence the truth lies {between}."
    )


def _certainty(sure: bool, result: EffectResult, evaluated: Evaluated) -> tuple[int, tuple[str, ...]]:
    """Level of certainty: start from the interval and the design, go down for every failed check."""
    reasons = []
    level = 3
    if not sure:
        level = 1
        reasons.append("The interval includes no effect at all.")
    if evaluated.design.kind not in {"randomised", "stepped-wedge"}:
        level = min(level, 2)
        reasons.append("Who took part was not drawn by lot.")
    else:
        reasons.append("Who took part was drawn by lot.")
    problems = [check for check in result.checks if check.verdict in {"warn", "fail"}]
    if problems:
        level = max(level - 1, 0)
    if any(check.verdict == "fail" for check in problems):
        level = 0
    reasons += [_check_words(check) for check in problems]
    if evaluated.frozen.state != "frozen":
        level = max(level - 1, 0)
        reasons.append(evaluated.frozen.sentence())
    return level, tuple(reasons)


PLAIN = {
    "trends before": "Before the programme, the places compared were already moving apart.",
    "cohort sizes": "Some groups that started together hold fewer than five places.",
    "staggered adoption": "Places that started at different times were compared with each other, which can mislead.",
    "clusters": "There are few places, so the margin of error is itself uncertain.",
    "match before": "The comparison did not move like the programme area before the start.",
    "placebo in space": "Places without the programme changed as much by chance.",
    "placebo areas": "Places without the programme changed as much by chance.",
    "errors": "Places without the programme vary more than the margin of error says.",
    "autocorrelation": "Each month resembles the one before, which makes the margin of error too small.",
    "length": "The time observed is short.",
    "convergence": "The calculation did not settle on one answer.",
    "balance": "The groups compared differed before the programme.",
    "overlap": "Some participants have nobody comparable.",
    "partners": "Few people serve as comparison for many.",
    "groups": "The groups are small.",
    "units near": "Few people are near the threshold.",
    "numbers at the threshold": "Unusually many people are just on one side of the threshold.",
    "ties": "Many people have the same score.",
}
"""What a check that did not pass means, for readers who are no statisticians."""


def _check_words(check: Check) -> str:
    return PLAIN.get(check.name, f"{check.name[0].upper()}{check.name[1:]}: {check.message}.")


def _counted(evaluated: Evaluated) -> str:
    kind = evaluated.design.columns.get("unit") or "unit"
    count = f"{evaluated.units:,}".replace(",", "\u202f")
    return f"{count} × {kind}, {evaluated.periods} periods." if evaluated.periods > 1 else f"{count} units."


def _costs(evaluated: Evaluated, appraisal: Appraisal | None) -> tuple[str, ...]:
    design = evaluated.design
    if appraisal is None:
        if design.cost is None:
            return ("What it cost was not reported.",)
        return (
            f"The programme cost {figure(design.cost)} {design.currency}.".strip(),
            "What it saved was not weighed.",
        )
    rows = {row["term"]: row for row in appraisal.tidy().to_dict("records")}
    money = appraisal.currency
    ratio = rows["benefit–cost ratio"]
    per = rows["cost per offence prevented"]
    words = [
        f"The programme cost {figure(rows['cost']['estimate'])} {money}.",
        f"For each {money or 'unit of money'} spent it saved about {figure(ratio['estimate'], 2)} "
        f"(between {figure(ratio['lower'], 2)} and {figure(ratio['upper'], 2)}).",
        f"The chance that it saved more than it cost is {_chance(appraisal.chance_of_gain)}.",
    ]
    if math.isfinite(per["estimate"]) and per["estimate"] > 0:
        words.append(f"One offence prevented cost about {figure(per['estimate'], 2)} {money}.")
    return tuple(words)


def _chance(share: float) -> str:
    """Share without false certainty.

    Examples
    --------
    >>> _chance(0.999), _chance(0.62)
    ('more than 99 %', '62 %')
    """
    if share > 0.99:
        return "more than 99 %"
    return "less than 1 %" if share < 0.01 else f"{100 * share:.0f} %"


def _unknown(evaluated: Evaluated) -> tuple[str, ...]:
    design = evaluated.design
    found = list(design.threats)
    found += [f"It is assumed, and cannot be shown, that {_lower(text)}" for text in design.assumptions]
    if evaluated.periods > 1:
        found.append("Whether the effect lasts after the last period is not known.")
    found.append("Whether it would work elsewhere is not known from one evaluation.")
    return tuple(found)


def _lower(text: str) -> str:
    text = text.rstrip(".")
    return f"{text[0].lower()}{text[1:]}." if text else text


def card_of_synthesis(found: Synthesis, *, title: str, programme: str, better: str = "down", outcome: str = "") -> Card:
    """Card of a synthesis of several studies.

    Parameters
    ----------
    found
        A synthesis without moderators.
    title, programme
        Headings.
    better
        Which way the effect is better.
    outcome
        Word for the outcome.
    """
    row = found.to_rows()[-1]
    nothing = 1.0 if found.exponentiate else 0.0

    def scale(value: float) -> float:
        return 100 * (value - 1) if found.exponentiate else value

    unit = "%" if found.exponentiate else ""
    word = outcome or found.measure
    named = f"the {word}" if found.exponentiate and not outcome else word
    effect, lower, upper = (scale(row[name]) for name in ("estimate", "lower", "upper"))
    sure = not lower <= 0 <= upper
    level, reasons = (3, []) if sure else (1, ["The interval includes no effect at all."])
    predicted = row["prediction_lower"] is not None
    unknown = ["Whether studies that found nothing were never published can be tested, but never excluded."]
    if row["i2"] is not None and row["i2"] > 50:
        level -= 1
        reasons.append(f"The studies differ more than chance would have them ({row['i2']:.0f} % of the spread).")
    if predicted and row["prediction_lower"] <= nothing <= row["prediction_upper"]:
        level -= 1
        low, high = scale(row["prediction_lower"]), scale(row["prediction_upper"])
        span = f"{figure(low, 2)} to {figure(high, 2)} {unit}".strip()
        unknown.insert(0, f"In a new place the effect may be absent or opposite ({span}).")
    if row["k"] < 5:
        level -= 1
        reasons.append(f"There are only {row['k']} studies.")
    level = max(level, 0)
    return Card(
        title=title,
        programme=programme,
        answer=_answer(named, effect, lower, upper, unit, better, level),
        detail=_detail(named, effect, lower, upper, unit, found.level),
        certainty=level,
        reasons=tuple(reasons) or ("The studies agree, and their common effect is clear.",),
        effect=effect,
        lower=lower,
        upper=upper,
        unit=unit,
        nothing=0.0,
        good=better,
        cost=("What the programmes cost was not part of this synthesis.",),
        took=(),
        unknown=tuple(unknown),
        source=(f"{row['k']} effects of studies, {found.measure}, model {found.model}.",),
    )


def card_of_evidence(record: Evidence) -> Card:
    """Card of one record of the register.

    Parameters
    ----------
    record
        With an effect and its interval; without one the card says that the effect was not measured.
    """
    ratio = record.measure in {"odds ratio", "risk ratio", "rate ratio"}
    values = [record.effect, record.lower, record.upper]
    measured = all(value is not None for value in values)
    numbers = [100 * ((value or 0.0) - 1) if ratio else float(value or 0.0) for value in values]
    unit = "%" if ratio else ("%" if record.measure == "relative change" else record.measure)
    if record.measure == "relative change":
        numbers = [100 * value for value in numbers]
    outcome = record.outcome or "the outcome"
    effect, lower, upper = numbers
    grade = record.grade
    sure = measured and not lower <= 0 <= upper
    level = max({5: 3, 4: 2, 3: 1}.get(grade.level or 0, 0) - (0 if sure else 1), 0)
    if measured:
        answer = _answer(outcome, effect, lower, upper, unit, record.better, level)
        detail = _detail(outcome, effect, lower, upper, unit, record.level)
    else:
        answer, detail = f"The effect on {outcome} was not measured.", "There is no estimate to show."
    cost = f"It cost {figure(record.cost)} {record.currency}.".replace(" .", ".") if record.cost is not None else ""
    unknown = [f"Elsewhere it would take: {record.transfer}"] if record.transfer else ["What it takes elsewhere."]
    unknown.append(f"Harm: {record.harm}" if record.harm else "Nobody looked for harm, or did not report it.")
    scale = f"Design: level {grade.level} of 5 on the Maryland scale." if grade.level else "Design: not graded."
    return Card(
        title=record.title,
        programme=record.programme,
        answer=answer,
        detail=detail,
        certainty=level,
        reasons=tuple(f"{reason[0].upper()}{reason[1:]}." for reason in grade.reasons),
        effect=effect,
        lower=lower,
        upper=upper,
        unit=unit if measured else "",
        nothing=0.0,
        good=record.better,
        cost=(cost or "What it cost was not reported.",),
        took=tuple(text for text in (record.setting, record.population) if text),
        unknown=tuple(unknown),
        source=tuple(text for text in (scale, record.source) if text),
    )
