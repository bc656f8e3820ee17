"""The codebook: every variable of the questionnaire and of the derived table, of whom it is asked, what it serves."""

from __future__ import annotations

from typing import Any

from kyoto.analysis.surveys.questionnaire import Instrument
from kyoto.analysis.surveys.sdg import INDICATORS

__all__ = ["codebook_rows"]


def codebook_rows(form: Instrument, *, language: str = "en") -> list[dict[str, Any]]:
    """Rows of the codebook.

    Parameters
    ----------
    form
        The questionnaire.
    language
        Language of the words.

    Returns
    -------
    list of dict
        ``variable``, ``label``, ``type``, ``codes``, ``asked_if``, ``iccs``, ``sdg``, in the order of the
        questionnaire; the derived columns follow.

    Examples
    --------
    >>> from kyoto.analysis.surveys.questionnaire import instrument
    >>> row = next(row for row in codebook_rows(instrument("persons")) if row["variable"] == "burglary_12m")
    >>> row["iccs"], row["asked_if"]
    ('05012', "${consent} = 'yes' and ${burglary_5y} = 'yes'")
    """
    conditions = form.conditions()
    rows = [
        {
            "variable": question.name,
            "label": question.label.get(language, ""),
            "type": question.kind,
            "codes": "; ".join(
                f"{code} = {texts.get(language, '')}" for code, texts in form.choices.get(question.choices, {}).items()
            ),
            "asked_if": " and ".join(condition.expression() for condition in conditions[question.name]),
            "iccs": question.iccs,
            "sdg": ", ".join(question.indicators),
        }
        for question in form.questions()
        if question.kind != "note"
    ]
    rows += [
        {
            "variable": f"count_{screener.name}",
            "label": "Victimizations in the last 12 months",
            "type": "derived",
            "codes": "0 and more, up to the cap; empty if not answered",
            "asked_if": "",
            "iccs": screener.iccs,
            "sdg": ", ".join(screener.indicators),
        }
        for screener in form.screeners()
    ]
    rows += [
        {
            "variable": one.column,
            "label": one.title,
            "type": "derived",
            "codes": "1 yes; 0 no; empty: does not count",
            "asked_if": one.rule,
            "iccs": one.iccs,
            "sdg": one.indicator,
        }
        for one in INDICATORS
        if one.instrument == form.name
    ]
    return rows
