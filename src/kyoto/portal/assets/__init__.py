"""Style, scripts and type of the portal, served from the package alone.

``htmx.min.js`` is htmx 2.0.11 (npm ``htmx.org``), under the Zero-Clause BSD licence; the typeface Source Sans 3 stands
with its licence (SIL Open Font License 1.1) in the report's assets. Both are unchanged.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Final

__all__ = ["ASSETS", "asset", "asset_path"]

ASSETS: Final = {
    "portal.css": ("kyoto.portal.assets", "text/css; charset=utf-8"),
    "portal.js": ("kyoto.portal.assets", "text/javascript; charset=utf-8"),
    "htmx.min.js": ("kyoto.portal.assets", "text/javascript; charset=utf-8"),
    "htmx-LICENSE.txt": ("kyoto.portal.assets", "text/plain; charset=utf-8"),
    "icon.svg": ("kyoto.portal.assets", "image/svg+xml"),
    "source-sans-3-latin-wght-normal.woff2": ("kyoto.statistics.report.assets", "font/woff2"),
    "source-sans-3-OFL.txt": ("kyoto.statistics.report.assets", "text/plain; charset=utf-8"),
}
"""Package and media type of every file."""


@cache
def asset(name: str) -> bytes:
    """Content of a file.

    Raises
    ------
    KeyError
        There is no such file.
    """
    package, _ = ASSETS[name]
    folder, _, rest = package.rpartition(".")
    return resources.files(folder).joinpath(rest, name).read_bytes()


@cache
def asset_path(name: str) -> str:
    """Path of a file with a part that changes with all of the files, so that browsers may keep it for ever."""
    return f"assets/{_fingerprint()}/{name}"


@cache
def _fingerprint() -> str:
    whole = hashlib.sha256()
    for name in ASSETS:
        whole.update(asset(name))
    return whole.hexdigest()[:12]
