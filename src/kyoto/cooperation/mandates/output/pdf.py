"""HTML to PDF with nothing fetched from anywhere."""

from __future__ import annotations

from typing import Any

from kyoto.core.errors import KyotoError, extra_hint

__all__ = ["html_to_pdf"]


def html_to_pdf(html: str) -> bytes:
    """Print a page of our own to PDF; whatever it would load from elsewhere is refused.

    Raises
    ------
    KyotoError
        ``mandates.no-weasyprint``: the library is not installed.
    """
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        raise KyotoError(
            "PDF needs WeasyPrint",
            code="mandates.no-weasyprint",
            detail=str(error),
            hint=f"{extra_hint('cooperation')}; and Pango from your system.",
        ) from error

    def refuse(url: str, *_: Any, **__: Any) -> dict[str, Any]:
        raise ValueError(f"not loaded: {url}")

    return bytes(weasyprint.HTML(string=html, url_fetcher=refuse).write_pdf())
