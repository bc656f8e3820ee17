"""The dashboard as one HTML file that needs no server, and as a PDF."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from kyoto.cooperation.mandates.followup.dashboard import VIEWS, Dashboard
from kyoto.core.errors import KyotoError, Where
from kyoto.core.files import write_whole

__all__ = ["dashboard_html", "write_dashboard"]

_LONG = 180


def dashboard_html(board: Dashboard, title: str = "What is due, and to whom?") -> str:
    """Write the dashboard as a page; all text is escaped.

    Parameters
    ----------
    board
        What to show.
    title
        Its heading.
    """
    from importlib import resources

    from jinja2 import Environment

    from kyoto.cooperation.mandates.mechanisms.known import name_of_mechanism
    from kyoto.cooperation.mandates.mechanisms.views import name_of_state

    source = (resources.files("kyoto.cooperation.mandates") / "data" / "dashboard.html").read_text(encoding="utf-8")
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(source)
    return template.render(
        board=board,
        title=title,
        views=VIEWS,
        shown=_shown,
        brief=_brief,
        mechanism=name_of_mechanism,
        state=name_of_state,
    )


def write_dashboard(board: Dashboard, path: Path, title: str = "What is due, and to whom?") -> None:
    """Write the dashboard in the format that the suffix names: ``.html``, ``.pdf`` or ``.json``.

    Raises
    ------
    KyotoError
        ``mandates.unknown-format``.
    """
    import json

    suffix = path.suffix.lower()
    if suffix == ".html":
        write_whole(path, dashboard_html(board, title))
    elif suffix == ".json":
        write_whole(path, json.dumps(board.to_dict(), ensure_ascii=False, indent=1) + "\n")
    elif suffix == ".pdf":
        from kyoto.cooperation.mandates.output.pdf import html_to_pdf

        write_whole(path, html_to_pdf(dashboard_html(board, title).replace("<details>", "<details open>")))
    else:
        raise KyotoError(
            "Unknown format",
            code="mandates.unknown-format",
            where=Where(file=str(path)),
            expected=".html, .pdf or .json",
            got=suffix or "no suffix",
        )


def _shown(day: str) -> str:
    """A day as people write it."""
    return f"{date.fromisoformat(day):%d %B %Y}".lstrip("0")


def _brief(text: str) -> str:
    return text if len(text) <= _LONG else text[: _LONG - 1].rsplit(" ", 1)[0] + " …"
