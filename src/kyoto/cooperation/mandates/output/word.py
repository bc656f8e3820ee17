"""A word-processor document of headings, paragraphs, lists and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = ["Word"]

_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Word:
    r"""A DOCX that is being written; characters that XML cannot hold are left out of what is written.

    Examples
    --------
    >>> import tempfile
    >>> word = Word()
    >>> word.heading("Report", 1)
    >>> word.paragraph("Bell\x07, book and candle", style="List Bullet")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     word.save(str(Path(folder) / "report.docx"))
    """

    def __init__(self) -> None:
        import docx

        self._document = docx.Document()

    def heading(self, text: str, level: int) -> None:
        """Add a heading; level 0 is the title."""
        self._document.add_heading(_NOT_XML.sub("", text), level)

    def paragraph(self, text: str, style: str | None = None) -> None:
        """Add a paragraph in a style of the standard template, such as ``List Bullet``."""
        self._document.add_paragraph(_NOT_XML.sub("", text), style=style)

    def table(self, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Add a table with a header."""
        made = self._document.add_table(rows=1, cols=len(header), style="Light Grid Accent 1")
        for cell, text in zip(made.rows[0].cells, header, strict=True):
            cell.text = _NOT_XML.sub("", text)
        for row in rows:
            for cell, text in zip(made.add_row().cells, row, strict=True):
                cell.text = _NOT_XML.sub("", text)

    def save(self, path: str | Path) -> None:
        """Write the file."""
        self._document.save(str(path))
