"""Automatic numbers of word processors, which stand in no text and must be counted."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["Numbering", "written"]

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_ROMAN = (
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
)


def written(number: int, style: str) -> str:
    """Return a number as a list style writes it.

    Examples
    --------
    >>> written(4, "decimal"), written(4, "lowerRoman"), written(4, "lowerLetter"), written(28, "lowerLetter")
    ('4', 'iv', 'd', 'bb')
    """
    if style in ("lowerLetter", "upperLetter"):
        text = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return text if style == "lowerLetter" else text.upper()
    if style in ("lowerRoman", "upperRoman"):
        text, rest = "", number
        for value, letters in _ROMAN:
            while rest >= value:
                text, rest = text + letters, rest - value
        return text.lower() if style == "lowerRoman" else text
    return str(number)


class Numbering:
    """Counts the lists of a document.

    Parameters
    ----------
    document
        Document of python-docx.
    """

    def __init__(self, document: Any) -> None:
        self._levels: dict[str, dict[int, tuple[str, str, int]]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._styles: dict[str, tuple[str, int]] = {}
        try:
            root = document.part.numbering_part.element
        except (KeyError, NotImplementedError, AttributeError):  # python-docx, where a document numbers nothing
            return
        kinds = {str(kind.get(f"{_W}abstractNumId")): self._read(kind) for kind in root.iter(f"{_W}abstractNum")}
        for number in root.iter(f"{_W}num"):
            target = number.find(f"{_W}abstractNumId")
            if target is not None:
                self._levels[str(number.get(f"{_W}numId"))] = kinds.get(str(target.get(f"{_W}val")), {})
        for style in document.styles.element.iter(f"{_W}style"):
            place = self._place(style.find(f"{_W}pPr"))
            if place is not None:
                self._styles[str(style.get(f"{_W}styleId"))] = place

    @staticmethod
    def _read(kind: Any) -> dict[int, tuple[str, str, int]]:
        levels: dict[int, tuple[str, str, int]] = {}
        for level in kind.iter(f"{_W}lvl"):
            values = {name: level.find(f"{_W}{name}") for name in ("numFmt", "lvlText", "start")}
            got = {name: str(found.get(f"{_W}val")) for name, found in values.items() if found is not None}
            start = got.get("start", "1")
            levels[int(level.get(f"{_W}ilvl"))] = (
                got.get("numFmt", "decimal"),
                got.get("lvlText", ""),
                int(start) if start.isdigit() else 1,
            )
        return levels

    @staticmethod
    def _place(properties: Any) -> tuple[str, int] | None:
        """List and level that paragraph properties name."""
        found: Any = properties.find(f"{_W}numPr") if properties is not None else None
        number: Any = found.find(f"{_W}numId") if found is not None else None
        if number is None:
            return None
        level = found.find(f"{_W}ilvl")
        return str(number.get(f"{_W}val")), int(level.get(f"{_W}val")) if level is not None else 0

    def next(self, paragraph: Any) -> str:
        """Return the number of a paragraph with a blank behind it; empty if it has none."""
        properties = paragraph.find(f"{_W}pPr")
        place = self._place(properties)
        if place is None and properties is not None:
            style = properties.find(f"{_W}pStyle")
            place = self._styles.get(str(style.get(f"{_W}val"))) if style is not None else None
        if place is None or place[0] not in self._levels or place[1] not in self._levels[place[0]]:
            return ""
        number, level = place
        levels = self._levels[number]
        style_name, pattern, start = levels[level]
        counts = self._counts.setdefault(number, {})
        counts[level] = counts.get(level, start - 1) + 1
        for deeper in [key for key in counts if key > level]:
            del counts[deeper]
        if style_name == "bullet":
            return "- "
        if style_name == "none":
            return ""

        def fill(found: re.Match[str]) -> str:
            at = int(found[1]) - 1
            return written(counts.get(at, 1), levels.get(at, ("decimal", "", 1))[0])

        return f"{re.sub(r'%([1-9])', fill, pattern)} "
