"""How the workbook looks: one family of type, one accent, figures in frames."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["Styles"]

_ACCENT: Final = "#1F4E79"
_TINT: Final = "#EAF1F8"
_QUIET: Final = "#6B7280"
_LINE: Final = "#B8C2CC"
_FONT: Final = {"font_name": "Calibri", "font_size": 10, "valign": "vcenter"}
_FRAME: Final = {"border": 1, "border_color": _LINE}
_FIGURE: Final = {"align": "right", "num_format": "#,##0", "locked": False, **_FRAME}

_STYLES: Final[dict[str, dict[str, Any]]] = {
    "title": {"bold": True, "font_size": 16, "font_color": _ACCENT},
    "quiet": {"font_color": _QUIET},
    "help": {},
    "table": {"bold": True, "font_size": 12, "font_color": _ACCENT},
    "head": {"bold": True, "bottom": 2, "bottom_color": _ACCENT, "text_wrap": True, "valign": "bottom"},
    "head_right": {
        "bold": True,
        "bottom": 2,
        "bottom_color": _ACCENT,
        "text_wrap": True,
        "valign": "bottom",
        "align": "right",
    },
    "head_behind": {
        "bold": True,
        "bottom": 2,
        "bottom_color": _ACCENT,
        "valign": "bottom",
        "align": "left",
        "indent": 1,
    },
    "id": {"font_color": _QUIET, "font_size": 8},
    "item": {"text_wrap": True},
    "inside": {"text_wrap": True, "indent": 1},
    "definition": {"text_wrap": True, "font_color": _QUIET, "font_size": 9},
    "text": {"text_wrap": True, "align": "left", "indent": 1, "locked": False, **_FRAME},
    "text_filled": {"text_wrap": True, "align": "left", "indent": 1, "locked": False, "bg_color": _TINT, **_FRAME},
    "fixed": {"text_wrap": True, "align": "left", "indent": 1, **_FRAME},
    "plain": {"text_wrap": True},
    "plain_figure": {"align": "right"},
    "figure": _FIGURE,
    "figure_filled": {**_FIGURE, "bg_color": _TINT},
    "decimal": {**_FIGURE, "num_format": "#,##0.0"},
    "decimal_filled": {**_FIGURE, "num_format": "#,##0.0", "bg_color": _TINT},
    "mark": {**_FIGURE, "align": "center", "font_color": _QUIET},
    "withheld": {"locked": False, "pattern": 13, "fg_color": _LINE, "bg_color": "#FFFFFF", **_FRAME},
    "wrong": {"font_color": "#B00020", "bold": True},
}


class Styles:
    """Formats of a workbook by name, each made once.

    Parameters
    ----------
    book
        The workbook that is being written.
    """

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            own = _STYLES[name]
            self._made[name] = self._book.add_format(own if name == "wrong" else {**_FONT, **own})
        return self._made[name]
