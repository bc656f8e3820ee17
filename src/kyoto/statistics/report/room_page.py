"""The page of a room: one HTML file in the look that all rooms share.

A room keeps a template ``report.html`` in its own folder. It extends ``room.html`` and fills the blocks ``title``,
``look`` (what its drawings need beside the common style), ``content`` and ``footer``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kyoto import __version__

__all__ = ["room_page"]

_HERE = Path(__file__).parent


def room_page(folder: Path, *, filters: Mapping[str, Callable[..., Any]], **values: Any) -> str:
    """Fill a room's template.

    Parameters
    ----------
    folder
        Where the room's ``report.html`` stands.
    filters
        How the template writes numbers, by name.
    **values
        What the template names; text is escaped, drawings come as ``markupsafe.Markup``.

    Returns
    -------
    str
        A page that needs no other file.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=FileSystemLoader([folder, _HERE / "templates", _HERE / "assets"]),
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters.update(filters)
    return environment.get_template("report.html").render(version=__version__, **values)
