"""The forest plot of the records a reader found: drawn on one scale alone, or a reason why not."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from kyoto.analysis.evaluation.phrases import phrases
from kyoto.core.errors import KyotoError
from kyoto.portal.drawing.forest import ForestLine, ForestView, forest_svg
from kyoto.portal.evidence import Choice
from kyoto.portal.pages.rendering import Ask
from kyoto.portal.wording import Words

if TYPE_CHECKING:
    from kyoto.analysis.evaluation.register.model import Evidence
    from kyoto.analysis.evaluation.synthesis.result import Synthesis

__all__ = ["Forest", "effect_text", "forest_of", "measure_name"]

_MOST: Final = 80
_RATIO_MEASURES: Final = ("odds ratio", "risk ratio", "rate ratio")
_NEAR: Final = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0, 3.0, 4.0, 5.0)
_FAR: Final = (0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0)
_CHANGES: Final = (-0.9, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 9.0)


@dataclass(frozen=True, slots=True)
class Forest:
    """A forest plot, or why there is none.

    Parameters
    ----------
    reason
        Key of the text that says why nothing is drawn; empty if something is.
    narrower
        Choices of which one would do, with the number of records and the address.
    drawings
        Wide and narrow.
    rows
        The same as a table: name, effect and interval, weight.
    sentence
        What the studies say together.
    notes
        How it was made.
    why
        What stood against pooling, in the words of the room.
    """

    reason: str = ""
    narrower: tuple[tuple[str, int, str], ...] = ()
    drawings: tuple[Markup, ...] = ()
    rows: tuple[tuple[str, str, str], ...] = ()
    sentence: str = ""
    notes: tuple[str, ...] = ()
    why: str = ""


def effect_text(measure: str, values: Sequence[float], words: Words) -> str:
    """An effect with its interval, as its measure is told.

    Parameters
    ----------
    measure
        Of the record.
    values
        Effect, lower and upper limit, on the scale of the measure.
    words
        Language.
    """
    effect, lower, upper = values
    told = _teller(measure, words)
    ends = (told(lower), told(upper))
    if measure in _RATIO_MEASURES:
        ends = words.bounds(lower, upper, 2) or ends
    return words("evidence.effect", effect=told(effect), lower=ends[0], upper=ends[1])


def measure_name(measure: str, words: Words) -> str:
    """Name of a measure of effect."""
    return words(f"evidence.measure_{measure.replace(' ', '_')}")


def _teller(measure: str, words: Words) -> Callable[[float], str]:
    """How a figure of a measure is written: ratios with two decimals, changes in per cent."""
    if measure == "relative change":
        return lambda value: f"{_signed(words.number(100 * value))} %"
    if measure in _RATIO_MEASURES:
        return lambda value: words.number(value, 2)
    return phrases(words.language).figure


def _signed(text: str) -> str:
    return text.replace("-", "−")


def forest_of(records: Sequence[Evidence], choice: Choice, ask: Ask) -> Forest:
    """Draw the evaluations among the records, if all are of one outcome and on one scale.

    Parameters
    ----------
    records
        What the reader found.
    choice
        How.
    ask
        The request.
    """
    from kyoto.analysis.evaluation.register.pooling import measured_evaluations, pool_records

    measured = measured_evaluations(records)
    refused = _refused(measured, choice, ask)
    if refused is not None:
        return refused
    try:
        found = pool_records(measured)
    except KyotoError as error:
        return Forest("cannot", why=f"{error.title}. {error.detail or ''}".strip())
    return _drawn(measured, found, ask.words)


def _refused(measured: Sequence[Evidence], choice: Choice, ask: Ask) -> Forest | None:
    if not measured:
        return Forest("none")
    for name in ("outcome", "measure"):
        counts = Counter(str(getattr(record, name)) for record in measured)
        if len(counts) > 1:
            return Forest(f"several_{name}s", tuple(_narrower(name, counts, choice, ask)))
    if len({record.better for record in measured}) > 1:
        return Forest("two_directions")
    if len(measured) < 2:
        return Forest("one")
    return Forest("many") if len(measured) > _MOST else None


def _narrower(name: str, counts: Counter[str], choice: Choice, ask: Ask) -> list[tuple[str, int, str]]:
    found = []
    for value, count in counts.most_common():
        query = choice.but(name, value).query()
        told = ask.words.texts.get(f"evidence.measure_{value.replace(' ', '_')}", value)
        if value and ask.has("evidence", query):
            found.append((told, count, ask.to("evidence", query)))
    return found


def _drawn(measured: Sequence[Evidence], found: Synthesis, words: Words) -> Forest:
    measure, overall = measured[0].measure, found.overall
    shift = 1.0 if measure == "relative change" else 0.0

    def place(value: float) -> float:
        return math.log(value + shift) if found.exponentiate else value

    def back(value: float) -> float:
        return math.exp(value) - shift if found.exponentiate else value

    lines = tuple(
        _line(record, float(weight), place, words) for record, weight in zip(measured, found.weights, strict=True)
    )
    ends = (back(overall.estimate), back(overall.lower), back(overall.upper))
    pooled = ForestLine(
        words("evidence.all_studies", count=len(lines)),
        effect_text(measure, ends, words),
        overall.estimate,
        overall.lower,
        overall.upper,
    )
    predicted = None
    if overall.prediction_lower is not None and overall.prediction_upper is not None:
        predicted = (overall.prediction_lower, overall.prediction_upper)
    sides = (words("evidence.better"), words("evidence.worse"))
    left, right = sides if measured[0].better == "down" else sides[::-1]
    view = ForestView(lines, pooled, predicted, _ticks(measure, lines, words), left, right)
    sentence = words("evidence.together", count=len(lines), measure=measure_name(measure, words), effect=pooled.text)
    notes = [words("evidence.note_model")]
    if predicted is not None:
        told = _teller(measure, words)
        low, high = (told(back(value)) for value in predicted)
        notes.append(words("evidence.note_predicted", lower=low, upper=high))
    if overall.i2 is not None:
        notes.append(words("evidence.note_spread", share=words.number(overall.i2)))
    notes.append(words("evidence.note_published"))
    told_all = f"{words('evidence.forest')}. {sentence}"
    return Forest(
        drawings=(
            forest_svg(view, told_all, width=860, variant="wide"),
            forest_svg(view, told_all, width=360, variant="narrow"),
        ),
        rows=(
            *((line.name, line.text, words.number(line.weight, 1)) for line in lines),
            (pooled.name, pooled.text, words.number(100, 1)),
        ),
        sentence=sentence,
        notes=tuple(notes),
    )


def _line(record: Evidence, weight: float, place: Callable[[float], float], words: Words) -> ForestLine:
    """A study with its own published interval."""
    values = (record.effect or 0.0, record.lower or 0.0, record.upper or 0.0)
    effect, lower, upper = (place(value) for value in values)
    name = f"{record.title} ({record.year})" if record.year else record.title
    return ForestLine(name, effect_text(record.measure, values, words), effect, lower, upper, weight)


def _ticks(measure: str, lines: Sequence[ForestLine], words: Words) -> tuple[tuple[float, str], ...]:
    from kyoto.analysis.evaluation.svg import ticks

    told = _teller(measure, words)
    if measure == "relative change":
        return tuple((math.log(1 + value), told(value)) for value in _CHANGES)
    low, high = min(line.lower for line in lines), max(line.upper for line in lines)
    if measure in _RATIO_MEASURES:
        marks = _NEAR if high - low < math.log(6) else _FAR
        return tuple((math.log(value), phrases(words.language).number(f"{value:g}")) for value in marks)
    return tuple((value, told(value)) for value in ticks(min(low, 0.0), max(high, 0.0)))
