"""The questionnaire as data: modules, questions in several languages, who is asked what, and what each serves.

The wording is Kyoto's own and stands in ``data/questionnaire.toml``; an office can write its own file in the same
shape. A *screener* is one kind of offence. It becomes a short run of questions: whether it happened in five years (so
that what is older is not moved into the year), whether in the last twelve months, how often, and the last time.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kyoto.core.errors import KyotoError, Where, did_you_mean

__all__ = ["Condition", "Instrument", "Module", "Question", "Screener", "instrument", "load_questionnaire"]

FILE = Path(__file__).parent / "data" / "questionnaire.toml"
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Condition:
    """Who is asked: an answer to an earlier question.

    Parameters
    ----------
    question
        Its name.
    kind
        ``is`` (this answer), ``has`` (this one among several), ``lacks`` (not among several), ``some`` (any but
        ``none`` among several).
    value
        The answer; empty for ``some``.
    """

    question: str
    kind: str
    value: str = ""

    def expression(self) -> str:
        """The condition in the language of XLSForm.

        Examples
        --------
        >>> Condition("consent", "is", "yes").expression()
        "${consent} = 'yes'"
        """
        field = "${" + self.question + "}"
        if self.kind == "is":
            return f"{field} = '{self.value}'"
        if self.kind == "has":
            return f"selected({field}, '{self.value}')"
        if self.kind == "lacks":
            return f"{field} != '' and not(selected({field}, '{self.value}'))"
        return f"{field} != '' and not(selected({field}, 'none'))"

    def holds(self, answer: str | None) -> bool:
        """Whether the condition holds for an answer.

        Examples
        --------
        >>> Condition("officials", "some").holds("police tax"), Condition("officials", "some").holds("none")
        (True, False)
        """
        given = (answer or "").split()
        if self.kind in ("is", "has"):
            return self.value in given
        return bool(given) and (self.value if self.kind == "lacks" else "none") not in given


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Parameters
    ----------
    name
        Name of its column.
    kind
        ``text``, ``integer``, ``select_one``, ``select_multiple``, ``note``, ``calculate``.
    label
        Its words by language.
    hint
        A help for the interviewer by language.
    choices
        Name of the list of answers; empty if free.
    when
        Conditions, all of which must hold.
    required
        Whether it must be answered.
    least, most
        Limits of numbers.
    iccs, indicators
        Offence and SDG indicators that it serves.
    unit
        Who is counted: ``person`` or ``household``; empty if neither.
    consent
        Whether the interview ends here without a yes.
    safety
        Whether it is a note on the safety of the person interviewed.
    calculation
        Formula of a calculated field.
    """

    name: str
    kind: str
    label: Texts
    hint: Texts
    choices: str = ""
    when: tuple[Condition, ...] = ()
    required: bool = False
    least: int | None = None
    most: int | None = None
    iccs: str = ""
    indicators: tuple[str, ...] = ()
    unit: str = ""
    consent: bool = False
    safety: bool = False
    calculation: str = ""


@dataclass(frozen=True, slots=True)
class Screener:
    """One kind of offence.

    Parameters
    ----------
    name
        Beginning of the names of its questions.
    iccs, indicators
        Its code, and the SDG indicators it serves.
    unit
        ``person`` or ``household``.
    violence
        Whether questions on the offender and the place follow.
    """

    name: str
    iccs: str
    indicators: tuple[str, ...]
    unit: str
    violence: bool


@dataclass(frozen=True, slots=True)
class Module:
    """A group of questions."""

    name: str
    label: Texts
    when: tuple[Condition, ...]
    questions: tuple[Question, ...]
    screeners: tuple[Screener, ...]


@dataclass(frozen=True, slots=True)
class Instrument:
    """A whole questionnaire.

    Parameters
    ----------
    name, title, version
        What it is.
    languages
        Name of each language as forms write it, by its code.
    choices
        Lists of answers: label by code and language.
    modules
        In order.
    """

    name: str
    title: Texts
    version: str
    languages: Mapping[str, str]
    choices: Mapping[str, Mapping[str, Texts]]
    modules: tuple[Module, ...]

    def questions(self) -> tuple[Question, ...]:
        """All questions in order."""
        return tuple(question for module in self.modules for question in module.questions)

    def screeners(self) -> tuple[Screener, ...]:
        """All screeners in order."""
        return tuple(screener for module in self.modules for screener in module.screeners)

    def conditions(self) -> dict[str, tuple[Condition, ...]]:
        """Conditions of each question, those of its module among them."""
        return {
            question.name: (*module.when, *question.when) for module in self.modules for question in module.questions
        }


@cache
def load_questionnaire(path: Path = FILE) -> Mapping[str, Any]:
    """Parsed file of questions.

    Raises
    ------
    KyotoError
        ``survey.wrong-questionnaire``.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise KyotoError(
            "Cannot read the questionnaire",
            code="survey.wrong-questionnaire",
            where=Where(file=str(path)),
            detail=str(error),
        ) from error


def instrument(name: str = "persons", *, modules: Sequence[str] = (), path: Path = FILE) -> Instrument:
    """Questionnaire by its name.

    Parameters
    ----------
    name
        ``persons`` (households and the person interviewed) or ``business``.
    modules
        Only these, in the order of the instrument; all if empty. The module that asks for consent always stays.
    path
        File of questions, if not Kyoto's own.

    Raises
    ------
    KyotoError
        ``survey.unknown-instrument``, ``survey.unknown-module``, ``survey.wrong-questionnaire``.

    Examples
    --------
    >>> [screener.iccs for screener in instrument("persons").screeners()][:3]
    ['05012', '050211', '050222']
    """
    data = load_questionnaire(path)
    known = data.get("instruments", {})
    if name not in known:
        raise KyotoError(
            f"No such instrument: {name}", code="survey.unknown-instrument", hint=did_you_mean(name, known)
        )
    listed = list(known[name]["modules"])
    for module in modules:
        if module not in listed:
            raise KyotoError(
                f"No such module: {module}", code="survey.unknown-module", hint=did_you_mean(module, listed)
            )
    kept = [module for position, module in enumerate(listed) if not modules or module in modules or position == 0]
    try:
        found = tuple(_module(module, data) for module in kept)
    except KeyError as error:
        raise KyotoError(
            "The questionnaire lacks a part",
            code="survey.wrong-questionnaire",
            where=Where(file=str(path)),
            got=str(error),
        ) from error
    return Instrument(name, known[name]["title"], str(data["version"]), data["languages"], data["choices"], found)


def _module(name: str, data: Mapping[str, Any]) -> Module:
    raw = data["modules"][name]
    questions = [_question(item) for item in raw.get("questions", ())]
    screeners = []
    when = _conditions(raw.get("screeners_when", ()))
    for item in raw.get("screeners", ()):
        screener = Screener(
            item["name"], item["iccs"], tuple(item.get("indicators", ())), item["unit"], bool(item.get("violence"))
        )
        screeners.append(screener)
        questions += _expanded(screener, item["what"], data["follow_up"], when)
    return Module(name, raw["label"], _conditions(raw.get("when", ())), tuple(questions), tuple(screeners))


def _conditions(items: Sequence[Mapping[str, Any]]) -> tuple[Condition, ...]:
    found = []
    for item in items:
        kind = next(kind for kind in ("is", "has", "lacks", "some") if kind in item)
        found.append(Condition(item["question"], kind, "" if kind == "some" else item[kind]))
    return tuple(found)


def _question(item: Mapping[str, Any]) -> Question:
    return Question(
        name=item["name"],
        kind=item["type"],
        label=item["label"],
        hint=item.get("hint", {}),
        choices=item.get("choices", ""),
        when=_conditions(item.get("when", ())),
        required=bool(item.get("required", False)),
        least=item.get("least"),
        most=item.get("most"),
        iccs=item.get("iccs", ""),
        indicators=tuple(item.get("indicators", ())),
        consent=bool(item.get("consent", False)),
        safety=bool(item.get("safety", False)),
    )


def _expanded(
    screener: Screener, what: Texts, words: Mapping[str, Texts], when: tuple[Condition, ...]
) -> list[Question]:
    """Questions of a screener."""
    name = screener.name
    in_year = (*when, Condition(f"{name}_12m", "is", "yes"))

    def asked(suffix: str, kind: str, text: str, conditions: tuple[Condition, ...], **more: Any) -> Question:
        label = {language: line.format(what=what.get(language, "")) for language, line in words[text].items()}
        return Question(
            name=f"{name}_{suffix}",
            kind=kind,
            label=label,
            hint=more.pop("hint", {}),
            when=conditions,
            iccs=screener.iccs,
            indicators=screener.indicators,
            unit=screener.unit,
            **more,
        )

    found = [
        asked("5y", "select_one", "five_years", when, choices="yes_no"),
        asked("12m", "select_one", "twelve_months", (*when, Condition(f"{name}_5y", "is", "yes")), choices="yes_no"),
        asked("times", "integer", "times", in_year, least=1, most=500, hint=words["times_hint"]),
        asked("told", "select_multiple", "told", in_year, choices="told"),
        asked(
            "why_not",
            "select_multiple",
            "why_not",
            (*in_year, Condition(f"{name}_told", "lacks", "police")),
            choices="why_not",
        ),
    ]
    if screener.violence:
        found += [
            asked("offender", "select_one", "offender", in_year, choices="offender"),
            asked("place", "select_one", "place", in_year, choices="place"),
        ]
    if "5.2.1" in screener.indicators:
        women = (*in_year, Condition("sex", "is", "F"))
        found.append(
            asked("partner", "select_one", "partner", (*women, Condition("partnered", "is", "yes")), choices="yes_no")
        )
        found.append(asked("not_partner", "select_one", "not_partner", women, choices="yes_no"))
    return found
