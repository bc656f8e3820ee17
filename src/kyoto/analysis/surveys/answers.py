"""Answers back from the field: ODK or KoboToolbox exports (CSV or JSON), checked against the questionnaire.

Interviews in = interviews kept + interviews rejected, each with its reason. An answer that cannot be (an unknown code,
a number out of range, an answer to a question that was not to be asked) is set to missing and reported.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.analysis.surveys.questionnaire import Condition, Instrument, Question
from kyoto.core.errors import KyotoError, Where

if TYPE_CHECKING:
    import pandas as pd

    from kyoto.statistics.sources.single import PlainTable

__all__ = ["AnswerFinding", "Answers", "check_answers", "read_answers"]

KEYS = ("KEY", "instanceID", "_uuid", "__id", "_id")
EXTRA = ("started", "ended", "interview_date", "weight")


@dataclass(frozen=True, slots=True)
class AnswerFinding:
    """Something about an answer.

    Parameters
    ----------
    row
        Interview, counted from 1 in the file.
    question
        Column; empty for the whole interview.
    code
        ``unknown-code``, ``not-a-number``, ``out-of-range``, ``not-to-be-asked``, ``missing``, ``none-and-more``,
        ``duplicate``, ``no-consent``, ``empty``, ``unknown-column``.
    value
        What stands there.
    rejects
        Whether the interview is left out for it.
    """

    row: int
    question: str
    code: str
    value: str
    rejects: bool = False

    def as_row(self) -> dict[str, Any]:
        """Mapping for tables and JSON."""
        return {
            "row": self.row,
            "question": self.question,
            "problem": self.code,
            "value": self.value,
            "rejected": self.rejects,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Checked interviews.

    Parameters
    ----------
    frame
        One row an interview kept, one column a question, text as coded (several answers with blanks between them);
        columns that are no questions stay as they came.
    findings
        What was found.
    rows_in
        Interviews in the file.
    """

    frame: pd.DataFrame
    findings: tuple[AnswerFinding, ...]
    rows_in: int

    @property
    def rejected(self) -> int:
        """Interviews left out."""
        return self.rows_in - len(self.frame)

    def summary(self) -> str:
        """How many were kept, and what was found, by kind."""
        lines = [f"{self.rows_in:,} interviews: {len(self.frame):,} kept, {self.rejected:,} rejected"]
        kinds: dict[str, int] = {}
        for finding in self.findings:
            kinds[finding.code] = kinds.get(finding.code, 0) + 1
        lines += [f"  {kind}: {number:,}" for kind, number in sorted(kinds.items())]
        return "\n".join(lines)


def read_answers(path: str | Path, form: Instrument) -> Answers:
    """Read an export.

    Parameters
    ----------
    path
        A table, or JSON (a list of interviews, or ``{"value": […]}`` and ``{"results": […]}`` as servers give them);
        the content says which.
    form
        The questionnaire that was asked.

    Raises
    ------
    KyotoError
        What opening raises; ``survey.unreadable-answers``, ``survey.no-answers``.
    """
    from kyoto.statistics.sources.single import plain_table, text_frame

    with plain_table(path) as plain:
        json_text = _json_text(plain)
        frame = text_frame(plain.path, shown=str(path)) if json_text is None else _from_json(json_text, str(path))
    return check_answers(_named(frame, form), form, file=str(path))


def _json_text(plain: PlainTable) -> str | None:
    """Text of a JSON file; None for a table."""
    if plain.kind != "text":
        return None
    with plain.path.open(encoding="utf-8-sig", errors="replace") as file:
        start = file.read(1024).lstrip()
    return plain.path.read_text(encoding="utf-8-sig", errors="replace") if start[:1] in ("[", "{") else None


def _from_json(text: str, file: str) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.DataFrame([dict(_flat(row)) for row in _listed(json.loads(text))], dtype=object)
    except ValueError as error:
        raise KyotoError(
            "Cannot read the answers",
            code="survey.unreadable-answers",
            where=Where(file=file),
            detail=str(error).splitlines()[0],
            expected="a CSV or JSON export of ODK or KoboToolbox",
        ) from error


def _listed(data: Any) -> list[Mapping[str, Any]]:
    if isinstance(data, Mapping):
        data = data.get("value", data.get("results", [data]))
    if not isinstance(data, list) or not all(isinstance(row, Mapping) for row in data):
        raise ValueError("not a list of interviews")
    return data


def _flat(row: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in row.items():
        name = f"{before}/{key}" if before else str(key)
        if isinstance(value, Mapping):
            yield from _flat(value, name)
        elif isinstance(value, list):
            yield name, " ".join(str(item) for item in value if not isinstance(item, (Mapping, list)))
        else:
            yield name, value


def _named(frame: pd.DataFrame, form: Instrument) -> pd.DataFrame:
    """Columns by the names of the questions: groups before them are taken off, split answers left out."""
    questions = {question.name: question for question in form.questions()}
    taken: dict[str, str] = {}
    for column in frame.columns:
        parts = str(column).replace("-", "/").split("/")
        parent = parts[-2] if len(parts) > 1 else ""
        if parent in questions and questions[parent].kind == "select_multiple":
            continue
        name = parts[-1] if parts[-1] in questions or parts[-1] in (*EXTRA, *KEYS) else str(column)
        taken.setdefault(name, str(column))
    found = frame[list(taken.values())].copy()
    found.columns = list(taken)
    return found


def check_answers(frame: pd.DataFrame, form: Instrument, *, file: str = "the answers") -> Answers:
    """Check interviews against the questionnaire.

    Parameters
    ----------
    frame
        One row an interview, one column a question.
    form
        The questionnaire.
    file
        Name for messages.

    Raises
    ------
    KyotoError
        ``survey.no-answers``: no column is a question.
    """
    import pandas as pd

    questions = {question.name: question for question in form.questions() if question.kind != "note"}
    present = [name for name in frame.columns if name in questions]
    if not present:
        raise KyotoError(
            "No column is a question of this questionnaire",
            code="survey.no-answers",
            where=Where(file=file),
            got=", ".join(str(name) for name in list(frame.columns)[:6]),
            expected=", ".join(list(questions)[:6]) + " …",
        )
    findings = [
        AnswerFinding(0, name, "unknown-column", "")
        for name in map(str, frame.columns)
        if name not in questions
        and name not in (*EXTRA, *KEYS)
        and not name.startswith(("_", "part_", "meta", "replicate_"))
    ]
    conditions = form.conditions()
    key = next((name for name in KEYS if name in frame.columns), "")
    seen: set[str] = set()
    kept, rows = [], []
    for number, raw in enumerate(frame.to_dict("records"), start=1):
        row = {str(name): _text(value) for name, value in raw.items()}
        problem = _whole(row, form, present, key, seen, number)
        if problem is not None:
            findings.append(problem)
            continue
        findings += _checked(row, questions, conditions, form, number)
        kept.append(number - 1)
        rows.append({name: row[name] or None for name in present})
    answered = pd.DataFrame(rows, columns=present, index=kept, dtype=object)
    others = frame.iloc[kept][[name for name in frame.columns if name not in present]]
    others.index = answered.index
    return Answers(pd.concat([answered, others], axis=1).reset_index(drop=True), tuple(findings), len(frame))


def _text(value: Any) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _whole(
    row: Mapping[str, str], form: Instrument, present: list[str], key: str, seen: set[str], number: int
) -> AnswerFinding | None:
    """Why a whole interview is left out, if it is."""
    if not any(row[name] for name in present):
        return AnswerFinding(number, "", "empty", "", rejects=True)
    if key and row[key] and row[key] in seen:
        return AnswerFinding(number, key, "duplicate", row[key], rejects=True)
    if key:
        seen.add(row[key])
    consent = next((question.name for question in form.questions() if question.consent), "")
    if consent in present and row[consent] != "yes":
        return AnswerFinding(number, consent, "no-consent", row[consent], rejects=True)
    return None


def _checked(
    row: dict[str, str],
    questions: Mapping[str, Question],
    conditions: Mapping[str, tuple[Condition, ...]],
    form: Instrument,
    number: int,
) -> list[AnswerFinding]:
    """Findings of an interview; wrong answers are emptied in ``row``."""
    found = []
    for name, question in questions.items():
        if name not in row:
            continue
        asked = all(condition.holds(row.get(condition.question)) for condition in conditions[name])
        code = _fault(row[name], question, form) if asked else ("not-to-be-asked" if row[name] else "")
        if code:
            found.append(AnswerFinding(number, name, code, row[name]))
            row[name] = ""
    return found


def _fault(value: str, question: Question, form: Instrument) -> str:
    if not value:
        return "missing" if question.required else ""
    if question.kind == "integer":
        try:
            figure = int(float(value))
        except ValueError:
            return "not-a-number"
        low = question.least if question.least is not None else figure
        high = question.most if question.most is not None else figure
        return "" if low <= figure <= high else "out-of-range"
    if question.choices:
        codes = value.split() if question.kind == "select_multiple" else [value]
        if any(code not in form.choices[question.choices] for code in codes):
            return "unknown-code"
        if len(codes) > 1 and {"none", "nobody"} & set(codes):
            return "none-and-more"
    return ""
