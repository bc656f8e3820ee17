"""What a country answered: figures, explanations and texts, and the same as observations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.exchange.cts.model import Cell
from kyoto.statistics.exchange.cts.questionnaire import questionnaire
from kyoto.statistics.observations import NOT_APPLICABLE, TOTAL, observation_columns

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["MARKS", "TEXT_UNIT", "Answer", "Answers", "answers_from", "observations"]

TEXT_UNIT: Final = "text"
"""Unit of observations that hold no figure but the text of an answer, in ``note``."""
MARKS: Final = {"..": "L", "n/a": "M"}
"""Marks that stand in a cell instead of a figure, and their CL_OBS_STATUS: not available, not applicable."""
_SERIES: Final = "cts."


@dataclass(frozen=True, slots=True)
class Answer:
    """One figure of the questionnaire.

    Parameters
    ----------
    value
        None where there is none; ``status`` says why.
    status, confidentiality
        CL_OBS_STATUS and CL_CONF_STATUS.
    source
        Where it came from.
    note
        Remark on this figure.
    """

    value: float | None
    status: str = "A"
    confidentiality: str = "F"
    source: str = ""
    note: str = ""

    @property
    def withheld(self) -> bool:
        """Whether the figure exists and is not shown."""
        return self.value is None and (self.confidentiality != "F" or self.status == "Q")


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers of one area and year.

    Parameters
    ----------
    area, year
        Whom and when they are about.
    figures
        By cell; an absent one was not answered.
    explanations
        Respondent's remarks by row, such as ``1.2.01``.
    texts
        Answers on counting rules (``M.02.police``) and on the respondent (``R.office``).
    """

    area: str
    year: str
    figures: Mapping[str, Answer] = field(default_factory=dict)
    explanations: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    def value(self, cell: str) -> float | None:
        """Figure of a cell; None where there is none."""
        answer = self.figures.get(cell)
        return answer.value if answer else None


def observations(answers: Answers) -> pa.Table:
    """Give answers as observations.

    Parameters
    ----------
    answers
        Of one area and year.

    Returns
    -------
    pyarrow.Table
        Columns of :func:`~kyoto.statistics.observations.observation_columns` with the disaggregations of the
        questionnaire and ``cell``; series ``cts.TABLE``. Explanations and other texts are rows of unit ``text``
        without a value.

    Examples
    --------
    >>> table = observations(Answers("AT", "2023", {"1.2.01.F": Answer(12.0)}))
    >>> row = table.to_pylist()[0]
    >>> row["series"], row["iccs"], row["sex"], row["value"]
    ('cts.1.2', '0101', 'F', 12.0)
    """
    import pyarrow as pa

    form = questionnaire()
    rows = [
        _figure_row(answers, form.cells[name], answers.figures[name]) for name in form.cells if name in answers.figures
    ]
    rows += [_text_row(answers, name, text) for name, text in [*answers.explanations.items(), *answers.texts.items()]]
    names = observation_columns(["cell", *form.variables])
    numbers = {"value", "lower", "upper"}
    return pa.table(
        {
            name: pa.array([row.get(name) for row in rows], pa.float64() if name in numbers else pa.string())
            for name in names
        }
    )


def answers_from(table: pa.Table, *, file: str = "") -> Answers:
    """Answers out of the observations that :func:`observations` gives.

    Parameters
    ----------
    table
        Observations of one area and year.
    file
        Where they came from, for errors.

    Raises
    ------
    KyotoError
        ``cts.no-answers``: not observations of the questionnaire; ``cts.several-answers``: of several areas or years.
    """
    where = Where(file=file or None)
    lacking = {"area", "period", "cell", "value", "note"} - set(table.column_names)
    if lacking or not table.num_rows:
        raise KyotoError(
            "These are no answers to the questionnaire",
            code="cts.no-answers",
            where=where,
            expected="observations that `kyoto cts import` wrote",
            got=f"no column {', '.join(sorted(lacking))}" if lacking else "no rows",
        )
    rows = table.to_pylist()
    of = {(row["area"], str(row["period"])) for row in rows}
    if len(of) > 1:
        raise KyotoError(
            "Answers of several areas or years in one file",
            code="cts.several-answers",
            where=where,
            got=", ".join(" ".join(each) for each in sorted(of)[:5]),
            expected="one area and one year",
        )
    area, year = of.pop()
    return _collected(area, year, rows)


def _collected(area: str, year: str, rows: Iterable[Mapping[str, Any]]) -> Answers:
    form = questionnaire()
    figures, explanations, texts = {}, {}, {}
    for row in rows:
        cell, note = row["cell"], row["note"] or ""
        if cell in form.cells:
            kept = {name: row.get(name) or "" for name in ("status", "confidentiality", "source")}
            figures[cell] = Answer(
                row["value"], kept["status"] or "A", kept["confidentiality"] or "F", kept["source"], note
            )
        elif cell.startswith(("M.", "R.")):
            texts[cell] = note
        else:
            explanations[cell] = note
    return Answers(area, year, figures, explanations, texts)


def _figure_row(answers: Answers, cell: Cell, answer: Answer) -> dict[str, Any]:
    form, row = questionnaire(), cell.row
    about_crime = bool(row.population.units)
    return {
        "area": answers.area,
        "period": answers.year,
        "series": _SERIES + cell.table.id,
        "iccs": "+".join(row.iccs) or (TOTAL if about_crime else NOT_APPLICABLE),
        "sex": cell.sex,
        "age": cell.age,
        "cell": cell.id,
        **dict.fromkeys(form.variables, TOTAL),
        **dict(row.dims),
        "unit": cell.table.unit if not about_crime else row.population.label,
        "value": answer.value,
        "status": answer.status,
        "confidentiality": answer.confidentiality,
        "source": answer.source,
        "note": answer.note,
    }


def _text_row(answers: Answers, name: str, text: str) -> dict[str, Any]:
    row = dict.fromkeys(["iccs", "sex", "age", *questionnaire().variables], NOT_APPLICABLE)
    row |= {"area": answers.area, "period": answers.year, "series": _SERIES + "text", "cell": name, "unit": TEXT_UNIT}
    return {**row, "status": "A", "confidentiality": "F", "source": "", "note": text}
