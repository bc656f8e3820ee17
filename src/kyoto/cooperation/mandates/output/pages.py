"""Pages in the format that the name of their file asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kyoto.core.errors import KyotoError, Where
from kyoto.core.files import write_whole, writing

if TYPE_CHECKING:
    from kyoto.cooperation.mandates.output.word import Word

__all__ = ["write_page"]


def write_page(
    path: Path, html: Callable[[], str], word: Callable[[], Word], texts: Mapping[str, Callable[[], str]] | None = None
) -> None:
    """Write a page whole or not at all.

    Parameters
    ----------
    path
        ``.html``, ``.pdf`` (made of the HTML), ``.docx``, or one of ``texts``.
    html, word
        Make the page, and the word-processor document.
    texts
        Makers of other formats of text, by suffix.

    Raises
    ------
    KyotoError
        ``mandates.unknown-format``.
    """
    suffix = path.suffix.lower()
    made = {".html": html, **(texts or {})}
    if suffix in made:
        write_whole(path, made[suffix]())
    elif suffix == ".pdf":
        from kyoto.cooperation.mandates.output.pdf import html_to_pdf

        write_whole(path, html_to_pdf(html()))
    elif suffix == ".docx":
        with writing(path) as part:
            word().save(part)
    else:
        *most, last = [".html", ".pdf", ".docx", *(texts or {})]
        raise KyotoError(
            "Unknown format",
            code="mandates.unknown-format",
            where=Where(file=str(path)),
            expected=f"{', '.join(most)} or {last}",
            got=suffix or "no suffix",
        )
