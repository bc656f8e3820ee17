"""Import of a table of studies into the register: every problem in one pass, nothing dropped."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kyoto.analysis.evaluation.register.codes import is_iccs, is_target
from kyoto.analysis.evaluation.register.model import KINDS, MEASURES, Evidence
from kyoto.analysis.evaluation.register.storage import COMPUTED
from kyoto.analysis.evaluation.tables import as_frame, name_of, require_columns
from kyoto.analysis.evaluation.worth.costs import code_text
from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean

__all__ = ["read_register", "register_frame"]

REQUIRED = ("id", "title", "kind", "programme")
YES, NO = frozenset({"1", "1.0", "yes", "true", "y"}), frozenset({"0", "0.0", "no", "false", "n"})


def read_register(source: Any) -> tuple[Evidence, ...]:
    """Records from a dataframe or a CSV, Excel or Parquet file.

    Columns are the fields of :class:`~kyoto.analysis.evaluation.register.model.Evidence`; ``id``, ``title``, ``kind``
    and ``programme`` are required, several ICCS codes or SDG targets are separated by semicolons. What a register that
    was taken from here adds (``grade``, ``reasons``, ``direction``) is not read but computed anew.

    Raises
    ------
    KyotoError
        Every problem of the table in one pass; ``evaluation.wrong-record``, ``evaluation.no-error`` for an effect
        without its interval, ``evaluation.unknown-column``.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"id": ["a"], "title": ["Lights"], "kind": ["evaluation"], "programme": ["lamps"],
    ...                       "iccs": ["0501; 0502"], "randomised": ["yes"]})
    >>> read_register(table)[0].iccs
    ('0501', '0502')
    """
    frame, file, problems = as_frame(source, text=True), name_of(source), Problems()
    known = list(Evidence.__slots__)
    if not require_columns(frame, REQUIRED, file=file, problems=problems):
        problems.raise_if_any()
    for name in frame.columns:
        if name not in (*known, *COMPUTED):
            problems.add(
                KyotoError(
                    "The register has no such column",
                    code="evaluation.unknown-column",
                    where=Where(file=file, column=str(name)),
                    hint=did_you_mean(str(name), known),
                )
            )
    columns = [str(name) for name in frame.columns if name in known]
    records = []
    for number, values in enumerate(frame[columns].itertuples(index=False, name=None)):
        row = _Row(dict(zip(columns, values, strict=True)), file, number + 2, problems)
        records.append(row.record())
    _check_ids(records, file, problems)
    problems.raise_if_any()
    return tuple(records)


def _check_ids(records: list[Evidence], file: str | None, problems: Problems) -> None:
    seen: set[str] = set()
    for number, record in enumerate(records):
        if record.id in seen:
            problems.add(
                KyotoError(
                    "Two records have one identifier",
                    code="evaluation.wrong-record",
                    where=Where(file=file, line=number + 2, column="id"),
                    got=record.id,
                )
            )
        seen.add(record.id)


@dataclass(frozen=True, slots=True)
class _Row:
    """One line on its way to a record."""

    values: dict[str, Any]
    file: str | None
    line: int
    problems: Problems

    def text(self, name: str) -> str:
        value = self.values.get(name)
        if value is None or (isinstance(value, float) and math.isnan(value)) or str(value) == "<NA>":
            return ""
        return str(value).strip()

    def wrong(self, name: str, title: str, code: str = "evaluation.wrong-record", **parts: str) -> None:
        where = Where(file=self.file, line=self.line, column=name)
        self.problems.add(KyotoError(title, code=code, where=where, **parts))

    def number(self, name: str) -> float | None:
        text = self.text(name)
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.wrong(name, "A cell is not a number", got=text)
            return None
        return value

    def whole(self, name: str) -> int | None:
        value = self.number(name)
        if value is not None and value != int(value):
            self.wrong(name, "A cell is not a whole number", got=self.text(name))
            return None
        return None if value is None else int(value)

    def confidence(self) -> float:
        """Level of the interval, 0.95 where the row says none."""
        value = self.number("level")
        if value is not None and not 0.5 <= value < 1:
            self.wrong("level", "A level is not between 0.5 and 1", got=self.text("level"), expected="such as 0.95")
            return 0.95
        return value or 0.95

    def flag(self, name: str) -> bool | None:
        text = self.text(name).casefold()
        if not text:
            return None
        if text not in YES | NO:
            self.wrong(name, "A cell is neither yes nor no", got=text, expected="yes, no, or empty if unknown")
            return None
        return text in YES

    def choice(self, name: str, choices: Any, default: str) -> str:
        text = self.text(name) or default
        if text and text not in choices:
            self.wrong(name, "Unknown value", got=text, expected=", ".join(choices))
            return default
        return text

    def codes(self, name: str, valid: Callable[[str], bool], expected: str) -> tuple[str, ...]:
        found = tuple(part.strip() for part in self.text(name).split(";") if part.strip())
        if name == "iccs":
            found = tuple(code_text(code) for code in found)
        for code in found:
            if not valid(code):
                self.wrong(name, "No such code", got=code, expected=expected)
        return found

    def record(self) -> Evidence:
        effect, lower, upper = (self.number(name) for name in ("effect", "lower", "upper"))
        measure = self.choice("measure", MEASURES, "")
        self._check_effect(effect, lower, upper, measure)
        for name in REQUIRED:
            if not self.text(name):
                self.wrong(name, "A record lacks what it must have")
        return Evidence(
            id=self.text("id"),
            title=self.text("title"),
            year=self.whole("year"),
            kind=self.choice("kind", KINDS, "evaluation"),
            programme=self.text("programme"),
            setting=self.text("setting"),
            area=self.text("area"),
            population=self.text("population"),
            iccs=self.codes("iccs", is_iccs, "an ICCS code, such as 0501"),
            sdg=self.codes("sdg", is_target, "a target or indicator, such as 16.1"),
            outcome=self.text("outcome"),
            randomised=self.flag("randomised"),
            comparison=self.flag("comparison"),
            before=self.flag("before"),
            adjusted=self.flag("adjusted"),
            units=self.whole("units"),
            measure=measure,
            effect=effect,
            lower=lower,
            upper=upper,
            level=self.confidence(),
            better=self.choice("better", ("down", "up"), "down"),
            cost=self.number("cost"),
            currency=self.text("currency"),
            transfer=self.text("transfer"),
            harm=self.text("harm"),
            source=self.text("source"),
        )

    def _check_effect(self, effect: float | None, lower: float | None, upper: float | None, measure: str) -> None:
        if effect is None:
            return
        if lower is None or upper is None:
            self.wrong(
                "effect",
                "An effect has no interval",
                code="evaluation.no-error",
                expected="lower and upper beside every effect",
                hint="Leave the effect empty if its uncertainty is not known, and say so in outcome.",
            )
        elif not lower <= effect <= upper:
            self.wrong("effect", "An effect lies outside its interval", got=f"{lower:g} <= {effect:g} <= {upper:g}")
        elif lower == upper:
            self.wrong("upper", "An interval has no width", code="evaluation.no-error", got=f"{lower:g} to {upper:g}")
        elif MEASURES.get(measure) and lower <= 0:
            self.wrong("lower", "A limit of a ratio is not above 0", got=f"{lower:g}", expected="limits above 0")
        if not measure:
            self.wrong("measure", "An effect has no measure", expected=", ".join(MEASURES))


def register_frame(records: tuple[Evidence, ...]) -> Any:
    """Records as a frame, one row each; lists joined by semicolons."""
    import pandas as pd

    rows = [
        {name: "; ".join(value) if isinstance(value, list) else value for name, value in record.row().items()}
        for record in records
    ]
    return pd.DataFrame(rows)
