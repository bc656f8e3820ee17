"""Style of the mandates desk; type, script and the rest of the style are the portal's."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

from kyoto.portal.assets import ASSETS, asset, asset_path

__all__ = ["desk_asset", "desk_asset_path"]

_STYLE = "mandates.css"


@cache
def _style() -> bytes:
    return resources.files(__package__).joinpath(_STYLE).read_bytes()


def desk_asset(path: str) -> tuple[bytes, str] | None:
    """Content and media type of a file by its path; None if there is none.

    Examples
    --------
    >>> desk_asset(desk_asset_path("mandates.css"))[1], desk_asset("assets/../secret")
    ('text/css; charset=utf-8', None)
    """
    name = path.rpartition("/")[2]
    if name == _STYLE and path == desk_asset_path(name):
        return _style(), "text/css; charset=utf-8"
    if name in ASSETS and path == asset_path(name):
        return asset(name), ASSETS[name][1]
    return None


def desk_asset_path(name: str) -> str:
    """Path of a file, with a part that changes with its content, so that browsers may keep it for ever."""
    return f"assets/{hashlib.sha256(_style()).hexdigest()[:12]}/{name}" if name == _STYLE else asset_path(name)
