"""What a person typed into a figure's cell: a number in any spelling, a mark, or words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["Typed", "read_typed"]

_NOT_AVAILABLE: Final = (
    "..", "...", "…", ":", "not available", "not known", "unknown", "no data", "missing", "n.a.", "na", "n.d.", "nd",
    "?", "not collected", "non disponible", "no disponible", "sin datos", "x",
)  # fmt: skip
_NOT_APPLICABLE: Final = ("n/a", "not applicable", "sans objet", "no aplica", "no aplicable", "_z", "na/", "n.ap.")
_CONFIDENTIAL: Final = ("c", "confidential", "suppressed", "withheld", "confidentiel", "confidencial", "*", "**")
_NONE: Final = ("nil", "none", "zero", "no cases", "néant", "ninguno", "ninguna", "aucun")
_DASHES: Final = ("-", "–", "—", "--", "−")
_APPROXIMATE: Final = re.compile(
    r"^(?:~|≈|±|ca\.?|c\.|approx\.?|approximately|about|est\.?|estimated)\s*", re.IGNORECASE
)
_FLAGS: Final = {"e": "E", "p": "P", "b": "B", "u": "U", "d": "D"}
"""Flags behind a figure, as Eurostat and UNODC print them, and their CL_OBS_STATUS."""
_FOOTNOTE: Final = re.compile(
    r"(?P<rest>.*?\d)\s*(?P<mark>\*+|[¹²³⁴⁵⁶⁷⁸⁹†‡]+|\(\s*[a-zA-Z0-9]{1,2}\s*\)|\[\s*[a-zA-Z0-9]{1,2}\s*\]|[a-z]\)|[a-z])$"
)
_SPACES: Final = re.compile(r"[\s\u00a0\u2007\u2009\u202f'’`]+")


@dataclass(frozen=True, slots=True)
class Typed:
    """What was understood.

    Parameters
    ----------
    value
        The figure; None where there is none.
    status, confidentiality
        CL_OBS_STATUS and CL_CONF_STATUS.
    note
        Footnote mark, or words that are no figure.
    remark
        What a reader should know about how it was read; empty where there was nothing to decide.
    severity
        Of the remark.
    """

    value: float | None = None
    status: str = "A"
    confidentiality: str = "F"
    note: str = ""
    remark: str = ""
    severity: str = "note"


def read_typed(cell: object, *, whole: bool = True) -> Typed | None:
    """Understand one cell.

    Parameters
    ----------
    cell
        Number, text, truth value or None, as a workbook holds it.
    whole
        The figure is a count: a comma or point before three digits then groups thousands.

    Returns
    -------
    Typed or None
        None for a blank cell.

    Examples
    --------
    >>> read_typed("1 234").value, read_typed("1,234").value, read_typed("1.234.567").value
    (1234.0, 1234.0, 1234567.0)
    >>> read_typed("12,5", whole=False).value, read_typed("1,234.5", whole=False).value
    (12.5, 1234.5)
    >>> read_typed("..").status, read_typed("n/a").status, read_typed("c").confidentiality
    ('L', 'M', 'C')
    >>> read_typed("1 234 (a)").note, read_typed("88 e").status
    ('(a)', 'E')
    """
    if cell is None or isinstance(cell, bool):
        return None if cell is None else _words(str(cell).lower())
    if isinstance(cell, (int, float)):
        return Typed(float(cell))
    text = str(cell).strip().strip("\u00a0\u202f")
    if not text:
        return None
    return _mark(text) or _number(text, whole=whole) or _words(text)


def _mark(text: str) -> Typed | None:
    word = text.casefold().strip()
    if word in _DASHES:
        return Typed(
            None,
            "L",
            remark=f"{text!r} was read as not available; type 0 if there were none",
            severity="warning",
        )
    if word in _NOT_APPLICABLE:
        return Typed(None, "M")
    if word in _NOT_AVAILABLE:
        return Typed(None, "L")
    if word in _CONFIDENTIAL:
        return Typed(None, "Q", "C")
    if word in _NONE:
        return Typed(0.0, remark=f"{text!r} was read as 0")
    below = re.fullmatch(r"(?:<|less than|under|fewer than)\s*(\d+)", word)
    if below:
        return Typed(None, "Q", "C", note=text, remark=f"{text!r} is a bound, read as a figure that is not shown")
    return None


def _number(text: str, *, whole: bool) -> Typed | None:
    """A number with thousands marks, a footnote or a flag; None where it is none."""
    status, note = "A", ""
    rest = _APPROXIMATE.sub("", text)
    if rest != text:
        status, note = "E", text
    found = _FOOTNOTE.fullmatch(rest)
    if found:
        rest, mark = found["rest"], found["mark"]
        status, note = (_FLAGS[mark], note) if mark in _FLAGS else (status, "; ".join(filter(None, (note, mark))))
    if rest.endswith("%") and not whole:
        rest = rest[:-1]
    value = _plain_number(rest, whole=whole)
    if value is None:
        return None
    return Typed(
        value,
        status,
        note=note,
        remark=f"the text {text!r} was read as {value:g}"
        if value % 1
        else f"the text {text!r} was read as {value:.0f}",
    )


def _plain_number(text: str, *, whole: bool) -> float | None:
    """Value of digits with signs for thousands and decimals; None where they make no number.

    Where both signs stand, the later one is the decimal sign. A single one before three digits groups thousands
    in a count, and is a decimal sign in a percentage.
    """
    digits = _SPACES.sub("", text).replace("−", "-")
    if not re.fullmatch(r"[+-]?\d[\d.,]*", digits):
        return None
    points, commas = digits.count("."), digits.count(",")
    if points and commas:
        decimal = max(".", ",", key=digits.rindex)
        thousands = "," if decimal == "." else "."
        if digits.count(decimal) > 1 or not _grouped(digits.partition(decimal)[0], thousands):
            return None
        return float(digits.replace(thousands, "").replace(decimal, "."))
    sign = "," if commas else "."
    if points + commas > 1 or (whole and points + commas == 1 and len(digits.rpartition(sign)[2]) == 3):
        return float(digits.replace(sign, "")) if _grouped(digits, sign) else None
    return float(digits.replace(",", "."))


def _grouped(digits: str, sign: str) -> bool:
    """Whether a sign stands before every group of three digits.

    Examples
    --------
    >>> _grouped("1,234,567", ","), _grouped("12,34", ",")
    (True, False)
    """
    return re.fullmatch(rf"[+-]?\d{{1,3}}(?:{re.escape(sign)}\d{{3}})*", digits) is not None


def _words(text: str) -> Typed:
    return Typed(None, "O", note=text, remark=f"{text!r} is no figure; it was kept as a note", severity="warning")
