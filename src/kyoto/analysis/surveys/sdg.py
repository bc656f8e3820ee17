"""SDG indicators from the questionnaire's answers: who is in the numerator, and who in the denominator.

The definitions follow the United Nations' metadata of each indicator; what they leave open is said in ``rule``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kyoto.analysis.surveys.arrays import Bools, Floats

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["INDICATORS", "SurveyIndicator", "derive", "indicator_columns"]

AUTHORITIES = ("police", "prosecutor", "other_authority", "mediator")
VICTIMS = {"physical": "assault", "psychological": "psychological", "sexual": "sexual_violence", "robbery": "robbery"}
CODES = {"physical": "02011", "psychological": "0208", "sexual": "0301", "robbery": "0401"}


@dataclass(frozen=True, slots=True)
class SurveyIndicator:
    """One figure.

    Parameters
    ----------
    column
        Its column in the derived table: 1, 0, or missing where a person does not count.
    indicator
        SDG code.
    title
        What it says.
    iccs
        Offence, or ``_Z``.
    rule
        Who counts.
    instrument
        ``persons`` or ``business``.
    """

    column: str
    indicator: str
    title: str
    iccs: str
    rule: str
    instrument: str = "persons"


INDICATORS: tuple[SurveyIndicator, ...] = (
    *(
        SurveyIndicator(
            f"sdg_16_1_3_{form}",
            "16.1.3",
            f"Victims of {words} in the last 12 months",
            CODES[form],
            "persons asked; those who did not answer are left out",
        )
        for form, words in (
            ("physical", "physical violence"),
            ("psychological", "psychological violence"),
            ("sexual", "sexual violence"),
            ("robbery", "robbery"),
        )
    ),
    SurveyIndicator(
        "sdg_16_1_4",
        "16.1.4",
        "Feel safe walking alone in their area after dark",
        "_Z",
        "very or fairly safe, of all who answered; those who never walk alone count as not feeling safe",
    ),
    *(
        SurveyIndicator(
            f"sdg_16_3_1_{form}",
            "16.3.1",
            f"Victims of {words} who told an authority or mediator of the last time",
            CODES[form],
            "victims in the last 12 months who said whom they told",
        )
        for form, words in (
            ("physical", "physical violence"),
            ("psychological", "psychological violence"),
            ("sexual", "sexual violence"),
            ("robbery", "robbery"),
        )
    ),
    SurveyIndicator(
        "sdg_16_3_3",
        "16.3.3",
        "Had a dispute in the last two years and turned to somebody to settle it",
        "_Z",
        "persons with a dispute; without those who turned to nobody because there was no need",
    ),
    SurveyIndicator(
        "sdg_16_5_1",
        "16.5.1",
        "Paid a bribe or were asked for one, of those with a contact",
        "07031",
        "persons with at least one contact with a public official",
    ),
    SurveyIndicator(
        "sdg_16_5_2",
        "16.5.2",
        "Businesses that paid a bribe or were asked for one, of those with a contact",
        "07031",
        "businesses with at least one contact with a public official",
        "business",
    ),
    SurveyIndicator("sdg_11_7_2", "11.7.2", "Victims of harassment in the last 12 months", "02081", "persons asked"),
    SurveyIndicator(
        "sdg_5_2_1",
        "5.2.1",
        "Women who suffered violence by a partner in the last 12 months",
        "_T",
        "women of 15 and older who ever had a partner",
    ),
    SurveyIndicator(
        "sdg_5_2_2",
        "5.2.2",
        "Women who suffered sexual violence by others than a partner in the last 12 months",
        "0301",
        "women of 15 and older",
    ),
)
"""All indicators that the questionnaire serves."""


def indicator_columns(codes: Sequence[str], instrument: str = "persons") -> tuple[SurveyIndicator, ...]:
    """Indicators of an instrument by their SDG codes; all if none is named.

    Examples
    --------
    >>> [one.column for one in indicator_columns(["16.1.4"])]
    ['sdg_16_1_4']
    """
    return tuple(one for one in INDICATORS if one.instrument == instrument and (not codes or one.indicator in codes))


def derive(answers: pd.DataFrame, *, cap: float = 10.0) -> pd.DataFrame:
    """Answers with what analysis needs beside them.

    Parameters
    ----------
    answers
        Checked interviews (:func:`kyoto.analysis.surveys.answers.check_answers`).
    cap
        Most victimizations of a kind that one person counts in the last 12 months.

    Returns
    -------
    pandas.DataFrame
        The answers, a column ``count_NAME`` with the victimizations of each screener, ``disability``, and one column
        for each indicator whose questions were asked.
    """
    found = answers.copy()
    asked = [
        str(name).removesuffix(end) for name in answers.columns for end in ("_5y", "_12m") if str(name).endswith(end)
    ]
    for name in dict.fromkeys(asked):
        found[f"count_{name}"] = _counts(answers, name, cap)
    if {"walking", "senses"} <= set(answers.columns):
        found["disability"] = _disability(answers)
    for column, make in _RULES.items():
        values = make(found)
        if values is not None:
            found[column] = values
    return found


def _counts(answers: pd.DataFrame, name: str, cap: float) -> Floats:
    """0 where it did not happen, how often where it did (1 if not said), missing where not answered."""
    import pandas as pd

    nothing = pd.Series([None] * len(answers), index=answers.index, dtype=object)
    year, older = answers.get(f"{name}_12m", nothing), answers.get(f"{name}_5y", nothing)
    times = pd.to_numeric(answers[f"{name}_times"], errors="coerce") if f"{name}_times" in answers else None
    happened = np.asarray(year == "yes")
    not_happened = np.asarray(year == "no") | np.asarray(older == "no")
    number = np.ones(len(answers)) if times is None else np.asarray(times.fillna(1.0), dtype=np.float64)
    return np.where(happened, np.clip(number, 1.0, cap), np.where(not_happened, 0.0, np.nan))


def _disability(answers: pd.DataFrame) -> list[str | None]:
    """Much difficulty or more in any domain (Washington Group's cut-off)."""
    much = {"much", "cannot"}
    pairs = zip(answers["walking"], answers["senses"], strict=True)
    return [None if not (one or other) else "yes" if {one, other} & much else "no" for one, other in pairs]


def _needs(frame: pd.DataFrame, *columns: str) -> bool:
    return set(columns) <= set(frame.columns)


def _flag(inside: Bools, hit: Bools) -> Floats:
    return np.where(inside, hit.astype(np.float64), np.nan)


def _has(column: pd.Series, codes: Sequence[str]) -> Bools:
    return np.array([bool(set(str(value).split()) & set(codes)) for value in column.fillna("")], dtype=bool)


def _said(column: pd.Series) -> Bools:
    return np.asarray(column.notna() & (column != ""))


def _victims(form: str) -> Callable[[pd.DataFrame], Floats | None]:
    name = f"count_{VICTIMS[form]}"

    def make(frame: pd.DataFrame) -> Floats | None:
        if not _needs(frame, name):
            return None
        counts = frame[name].to_numpy(dtype=np.float64)
        return _flag(~np.isnan(counts), counts > 0)

    return make


def _told(form: str) -> Callable[[pd.DataFrame], Floats | None]:
    name = VICTIMS[form]

    def make(frame: pd.DataFrame) -> Floats | None:
        if not _needs(frame, f"count_{name}", f"{name}_told"):
            return None
        victim = frame[f"count_{name}"].to_numpy(dtype=np.float64) > 0
        return _flag(victim & _said(frame[f"{name}_told"]), _has(frame[f"{name}_told"], AUTHORITIES))

    return make


def _safe(frame: pd.DataFrame) -> Floats | None:
    if not _needs(frame, "walk_dark"):
        return None
    answer = frame["walk_dark"]
    return _flag(_said(answer) & ~_has(answer, ["unknown"]), _has(answer, ["very_safe", "safe"]))


def _disputes(frame: pd.DataFrame) -> Floats | None:
    if not _needs(frame, "disputes", "mechanisms"):
        return None
    had = _said(frame["disputes"]) & ~_has(frame["disputes"], ["none"]) & _said(frame["mechanisms"])
    nobody = _has(frame["mechanisms"], ["none"])
    no_need = _has(frame["why_no_mechanism"], ["no_need"]) if "why_no_mechanism" in frame else nobody & False
    return _flag(had & ~(nobody & no_need), ~nobody)


def _bribed(frame: pd.DataFrame) -> Floats | None:
    if not _needs(frame, "officials", "bribe_paid", "bribe_asked"):
        return None
    met = _said(frame["officials"]) & ~_has(frame["officials"], ["none"])
    either = _has(frame["bribe_paid"], ["yes"]) | _has(frame["bribe_asked"], ["yes"])
    answered = _has(frame["bribe_paid"], ["yes", "no"]) | _has(frame["bribe_asked"], ["yes", "no"])
    return _flag(met & answered, either)


def _harassed(frame: pd.DataFrame) -> Floats | None:
    if not _needs(frame, "count_harassment"):
        return None
    counts = frame["count_harassment"].to_numpy(dtype=np.float64)
    return _flag(~np.isnan(counts), counts > 0)


def _women(frame: pd.DataFrame) -> Bools:
    age = np.asarray(frame["age"].astype(float)) if "age" in frame else np.full(len(frame), 15.0)
    return _has(frame["sex"], ["F"]) & (age >= 15)


def _by_partner(frame: pd.DataFrame) -> Floats | None:
    kinds = ("assault", "psychological", "sexual_violence")
    if not _needs(frame, "sex", "partnered", *(f"count_{name}" for name in kinds)):
        return None
    counts = np.column_stack([frame[f"count_{name}"].to_numpy(dtype=np.float64) for name in kinds])
    hit = np.zeros(len(frame), dtype=bool)
    for name in kinds:
        if f"{name}_partner" in frame:
            hit |= _has(frame[f"{name}_partner"], ["yes"])
    answered = ~np.isnan(counts).all(axis=1)
    return _flag(_women(frame) & _has(frame["partnered"], ["yes"]) & answered, hit)


def _by_others(frame: pd.DataFrame) -> Floats | None:
    if not _needs(frame, "sex", "count_sexual_violence"):
        return None
    counts = frame["count_sexual_violence"].to_numpy(dtype=np.float64)
    hit = np.zeros(len(frame), dtype=bool)
    if "sexual_violence_not_partner" in frame:
        hit = _has(frame["sexual_violence_not_partner"], ["yes"])
    return _flag(_women(frame) & ~np.isnan(counts), hit)


_RULES: dict[str, Callable[[pd.DataFrame], Floats | None]] = {
    **{f"sdg_16_1_3_{form}": _victims(form) for form in VICTIMS},
    "sdg_16_1_4": _safe,
    **{f"sdg_16_3_1_{form}": _told(form) for form in VICTIMS},
    "sdg_16_3_3": _disputes,
    "sdg_16_5_1": _bribed,
    "sdg_16_5_2": _bribed,
    "sdg_11_7_2": _harassed,
    "sdg_5_2_1": _by_partner,
    "sdg_5_2_2": _by_others,
}
