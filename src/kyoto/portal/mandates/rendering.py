"""From what a page of the desk holds to its HTML."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from kyoto import __version__
from kyoto.cooperation.mandates.followup.views import act_label
from kyoto.core.database.permissions import Role
from kyoto.portal.mandates.assets import desk_asset_path
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.wording import body_name, desk_words, due_name, facet_name, party_name, session_name
from kyoto.portal.wording import LANGUAGES

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["page", "redirect"]

_ABOVE = {
    "document": "documents",
    "act": "documents",
    "brief": "documents",
    "obligation": "obligations",
    "reminders": "calendar",
    "report": "dashboards",
    "recommendations": "dashboards",
    "recommendation": "dashboards",
    "sessions": "calendar",
    "session": "calendar",
}
"""Section that a page belongs to, where it is not its own."""

_SECTIONS = ("documents", "obligations", "calendar", "dashboards", "graph", "search")


def page(visit: Visit, template: str, title: str, *, status: int = 200, **context: Any) -> Reply:
    """Make a page.

    Parameters
    ----------
    visit
        The request.
    template
        Name of the template without its ending.
    title
        Of the page.
    status
        HTTP status.
    **context
        What the template shows.
    """
    html = (
        _environment()
        .get_template(f"{template}.html.j2")
        .render(t=visit.words, visit=visit, title=title, **_common(visit), **context)
    )
    return Reply(html.encode(), status=status)


def redirect(address: str) -> Reply:
    """Answer to a form that was understood: go there, and do not send it again."""
    return Reply(status=303, headers=(("location", address),))


def _common(visit: Visit) -> Mapping[str, Any]:
    reads = visit.actor is not None or visit.desk.settings.public
    query = {name: value for name, value in visit.query.items() if name != "said"}
    return {
        "sections": _SECTIONS if reads else (),
        "section": _ABOVE.get(visit.path.partition("/")[0], visit.path.partition("/")[0]),
        "languages": [(desk_words(code), visit.address(f"{code}/{visit.path}", **query)) for code in LANGUAGES],
        "asset": lambda name: visit.address(desk_asset_path(name)),
        "program": __version__,
        "editor": visit.may(Role.EDITOR),
        "approver": visit.may(Role.APPROVER),
        "administrator": visit.may(Role.ADMINISTRATOR),
        "party": party_name,
        "due_name": lambda due: due_name(visit.words, due),
        "facet_name": lambda facet, value: facet_name(visit.words, facet, value),
        "session_name": lambda identifier: session_name(visit.words, identifier),
        "body_name": body_name,
        "act_label": act_label,
        "paragraph_label": lambda identifier: identifier.split("/", 1)[-1].replace("/", " "),
        "said": visit.asked("said"),
    }


@cache
def _environment() -> Environment:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    own, portal = PackageLoader("kyoto.portal.mandates", "templates"), PackageLoader("kyoto.portal", "templates")
    return Environment(
        loader=ChoiceLoader([own, portal]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
