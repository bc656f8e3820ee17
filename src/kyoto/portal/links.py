"""Addresses of pages: on a server, or between files that any web host can serve."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol
from urllib.parse import quote, urlencode

__all__ = ["FileLinks", "Links", "Query", "ServerLinks", "file_of"]

Query = Sequence[tuple[str, str]]


class Links(Protocol):
    """How a page names another one."""

    @property
    def static(self) -> bool:
        """Whether pages are files: then there are no forms and no services."""

    def to(self, path: str, query: Query = ()) -> str:
        """Address of a path with parameters."""

    def has(self, path: str, query: Query = ()) -> bool:
        """Whether there is something at that address."""

    def below(self, folder: str) -> tuple[str, ...]:
        """Files of a folder that are published beside the pages, in the order of their names."""


@dataclass(frozen=True, slots=True)
class ServerLinks:
    """Addresses on a server.

    Parameters
    ----------
    root
        Path under which the portal stands behind another server, such as ``/statistics``; empty at the top.
    """

    root: str = ""

    @property
    def static(self) -> bool:
        """No: a server answers forms."""
        return False

    def to(self, path: str, query: Query = ()) -> str:
        """Address from the root of the host.

        Examples
        --------
        >>> ServerLinks().to("en/explore/by_month", [("by", "area")])
        '/en/explore/by_month?by=area'
        """
        return _place(self.root, path) + (f"?{_parameters(tuple(query))}" if query else "")

    def has(self, path: str, query: Query = ()) -> bool:
        """Yes: a server makes any page."""
        return True

    def below(self, folder: str) -> tuple[str, ...]:
        """None: a server answers queries instead."""
        return ()


@lru_cache(maxsize=4096)
def _place(root: str, path: str) -> str:
    return f"{root}/{quote(path, safe='/*')}"


@lru_cache(maxsize=256)
def _parameters(query: tuple[tuple[str, str], ...]) -> str:
    """A page names its own choice again and again: in other languages, as files, as other charts."""
    return urlencode(query)


@dataclass(frozen=True, slots=True)
class FileLinks:
    """Addresses between files, relative to the page that names them.

    Parameters
    ----------
    page
        File of the page, such as ``en/explore/by_month/index.html``.
    files
        Every file that is published.
    """

    page: str
    files: frozenset[str]

    @property
    def static(self) -> bool:
        """Yes."""
        return True

    def to(self, path: str, query: Query = ()) -> str:
        """Relative address of the file.

        Examples
        --------
        >>> FileLinks("en/explore/a/index.html", frozenset()).to("en/areas")
        '../../../en/areas/index.html'
        """
        return "../" * self.page.count("/") + quote(file_of(path, query))

    def has(self, path: str, query: Query = ()) -> bool:
        """Whether the file is published."""
        return file_of(path, query) in self.files

    def below(self, folder: str) -> tuple[str, ...]:
        """Files of the folder.

        Examples
        --------
        >>> FileLinks("en/index.html", frozenset({"sdmx/b.xml", "sdmx/a.csv", "en/index.html"})).below("sdmx")
        ('sdmx/a.csv', 'sdmx/b.xml')
        """
        return tuple(sorted(name for name in self.files if name.startswith(f"{folder}/")))


def file_of(path: str, query: Iterable[tuple[str, str]] = ()) -> str:
    """File that holds what a server answers at an address.

    Two different addresses never share a file: what is no letter of a file name becomes a dash, and a hash of the whole
    is added wherever something was lost.

    Examples
    --------
    >>> file_of("en/"), file_of("en/explore/by_month", [("iccs", "0502")]), file_of("files/tables/a.csv")
    ('en/index.html', 'en/explore/by_month/iccs-0502/index.html', 'files/tables/a.csv')
    """
    parts = [_safe(part) for part in path.strip("/").split("/") if part]
    last = parts[-1] if parts else ""
    pairs = list(query)
    folder = [_safe("_".join(f"{name}-{value}" for name, value in pairs))] if pairs else []
    if last.endswith(".csv") and "explore" in parts[1:2]:
        parts[0] = "data"  # observations are the same in every language
    if re.search(r"\.(csv|xlsx|svg|png|json|xml|parquet|html|css|js|woff2|txt)$", last):
        return "/".join([*parts[:-1], *folder, last])
    return "/".join([*parts, *folder, "index.html"])


def _safe(text: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:80]
    if plain == text and not text.startswith("."):
        return plain
    return f"{plain.lstrip('.')}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
