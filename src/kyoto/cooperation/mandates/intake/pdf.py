"""PDF: text page by page, with running heads and page numbers known as such."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kyoto.cooperation.mandates.intake.limits import LIMITS, Limits
from kyoto.cooperation.mandates.model import Span
from kyoto.core.errors import KyotoError, Where

__all__ = ["Pages", "join_pages", "read_pdf"]

_DIGITS = re.compile(r"\d+")
_CALL = re.compile(r"\s*\d{1,3}\s*")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_BREAK = "\n\f\n"


@dataclass(frozen=True, slots=True)
class Pages:
    """Text of all pages, and which of its lines are of the page."""

    text: str
    furniture: tuple[Span, ...]
    count: int


def read_pdf(data: bytes, path: Path, limits: Limits = LIMITS) -> Pages:
    """Read the text of a PDF.

    Small digits (less than three quarters of the page's type size) become superscripts, as calls of footnotes are.

    Parameters
    ----------
    data
        Bytes of the file.
    path
        Its path, for messages.
    limits
        Pages and characters beyond which it is refused.

    Returns
    -------
    Pages

    Raises
    ------
    KyotoError
        ``mandates.encrypted``, ``mandates.scanned``, ``mandates.broken-pdf``, ``mandates.too-large``.
    """
    import logging

    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise _encrypted(path)
        count = len(reader.pages)
        if count > limits.pages:
            raise _too_many(path, f"at most {limits.pages} pages", f"{count} pages")
        texts = _texts(reader, path, limits)
    except KyotoError:
        raise
    except Exception as error:
        if "crypt" in type(error).__name__.lower() or "password" in str(error).lower():
            raise _encrypted(path) from error
        raise KyotoError(
            "The PDF is damaged",
            code="mandates.broken-pdf",
            where=Where(file=str(path)),
            detail=f"{type(error).__name__}: {error}",
            hint="Open it in a viewer and print it to a new PDF.",
        ) from error
    if sum(len(re.findall(r"\w", text)) >= 20 for text in texts) * 2 < count or not count:
        raise KyotoError(
            "The PDF has pictures of pages and no text",
            code="mandates.scanned",
            where=Where(file=str(path)),
            got=f"{sum(bool(text.strip()) for text in texts)} of {count} pages with text",
            hint="Recognize its text first, for example with ocrmypdf.",
        )
    return join_pages(texts)


def _texts(reader: Any, path: Path, limits: Limits) -> list[str]:
    texts: list[str] = []
    characters = drawn = 0
    for page in reader.pages:
        contents = page.get_contents()
        size = len(contents.get_data()) if contents is not None else 0
        drawn += size
        if size > limits.page_bytes or drawn > limits.drawing_bytes:
            most = f"{limits.page_bytes / 1e6:.0f} MB of drawing a page, {limits.drawing_bytes / 1e6:.0f} MB in all"
            raise _too_many(path, f"at most {most}", f"{drawn / 1e6:.1f} MB")
        texts.append(_page_text(page))
        characters += len(texts[-1])
        if characters > limits.characters:
            raise _too_many(path, f"at most {limits.characters / 1e6:.0f} million characters", "more")
    return texts


def _page_text(page: Any) -> str:
    parts: list[tuple[str, float]] = []

    def visit(text: str, matrix: list[float], text_matrix: list[float], font: Any, size: float) -> None:
        del font
        scale = abs(text_matrix[3] or text_matrix[0] or 1) * abs(matrix[3] or matrix[0] or 1)
        if text:
            parts.append((text, round(size * scale, 1)))

    page.extract_text(visitor_text=visit)
    sizes: Counter[float] = Counter()
    for text, size in parts:
        sizes[size] += len(text.strip())
    usual = sizes.most_common(1)[0][0] if sizes else 0.0
    return "".join(
        text.translate(_RAISED) if size < 0.75 * usual and _CALL.fullmatch(text) else text for text, size in parts
    )


def join_pages(texts: list[str]) -> Pages:
    r"""Join pages; lines at the top or foot that recur, digits aside, are furniture.

    Examples
    --------
    >>> pages = [f"E/2017/30\nText of page {n}, which differs: {'abcd'[n]}\n{n + 1}/4" for n in range(4)]
    >>> found = join_pages(pages)
    >>> [found.text[start:end].strip() for start, end in found.furniture][:2]
    ['E/2017/30', '1/4']
    """
    edges: Counter[str] = Counter()
    for text in texts:
        lines = [line for line in text.split("\n") if line.strip()]
        edges.update({_DIGITS.sub("#", line.strip()) for line in {*lines[:3], *lines[-3:]}})
    least = max(3, len(texts) // 3)
    recurring = {line for line, count in edges.items() if count >= least and len(line) < 120}
    found: list[Span] = []
    position = 0
    for text in texts:
        lines = text.split("\n")
        filled = [place for place, line in enumerate(lines) if line.strip()]
        outer = {*filled[:3], *filled[-3:]}
        for place, line in enumerate(lines):
            if place in outer and _DIGITS.sub("#", line.strip()) in recurring:
                found.append((position, position + len(line)))
            position += len(line) + 1
        position += len(_BREAK) - 1
    return Pages(_BREAK.join(texts), tuple(found), len(texts))


def _encrypted(path: Path) -> KyotoError:
    return KyotoError(
        "The document has a password",
        code="mandates.encrypted",
        where=Where(file=str(path)),
        hint="Save it without a password.",
    )


def _too_many(path: Path, expected: str, got: str) -> KyotoError:
    return KyotoError(
        "The file is too large for a document",
        code="mandates.too-large",
        where=Where(file=str(path)),
        expected=expected,
        got=got,
    )
