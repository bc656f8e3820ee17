"""From an address to an answer: which page it is, in which language, and what is said when there is none."""

from __future__ import annotations

import gzip
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from kyoto.core.errors import KyotoError
from kyoto.portal.answer import Answer, NotFound
from kyoto.portal.assets import ASSETS, asset, asset_path
from kyoto.portal.book import Book, Shelf
from kyoto.portal.links import Links, Query, ServerLinks
from kyoto.portal.pages.about import api, downloads, methods, published_file
from kyoto.portal.pages.areas import area, areas
from kyoto.portal.pages.classes import classification, one_class
from kyoto.portal.pages.compare import compare, compare_class
from kyoto.portal.pages.evidence import evidence, evidence_file
from kyoto.portal.pages.evidence_record import evidence_card, evidence_record
from kyoto.portal.pages.explore import explore
from kyoto.portal.pages.files import file_of_choice
from kyoto.portal.pages.home import home
from kyoto.portal.pages.rendering import Ask, render
from kyoto.portal.selection import NotPublished
from kyoto.portal.wording import LANGUAGES, words

__all__ = ["Made", "Site", "error_page", "language_of"]

Page = Callable[..., Answer]

_PAGES: Final[tuple[tuple[re.Pattern[str], Page], ...]] = tuple(
    (re.compile(pattern), page)
    for pattern, page in (
        (r"", home),
        (r"explore", explore),
        (r"explore/([^/]+)", explore),
        (r"explore/([^/]+)/data\.(csv|xlsx|svg|png)", file_of_choice),
        (r"compare", compare),
        (r"compare/(\d+)", compare_class),
        (r"areas", areas),
        (r"areas/([^/]+)", area),
        (r"classification", classification),
        (r"classification/(\d+)", one_class),
        (r"evidence", evidence),
        (r"evidence/(data\.csv|forest\.svg)", evidence_file),
        (r"evidence/records/([^/]+)", evidence_record),
        (r"evidence/records/([^/]+)/card", evidence_card),
        (r"methods", methods),
        (r"downloads", downloads),
        (r"api", api),
    )
)
_PACKED: Final = ("text/", "application/json", "image/svg+xml")
_LEAST_PACKED: Final = 700
_EFFORT: Final = 3
"""Of packing: 5 takes twice the time and saves a twentieth."""


@dataclass(frozen=True, slots=True)
class Made:
    """An answer, packed for sending, and the build it was made from."""

    answer: Answer
    packed: bytes | None
    version: str


@dataclass(slots=True)
class _Memory:
    """Answers that were made, the latest asked for kept, within a number of bytes."""

    most: int
    held: OrderedDict[tuple[object, ...], Made] = field(default_factory=OrderedDict)
    size: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: tuple[object, ...]) -> Made | None:
        with self.guard:
            made = self.held.get(key)
            if made is not None:
                self.held.move_to_end(key)
            return made

    def put(self, key: tuple[object, ...], made: Made) -> None:
        weight = _weight(made)
        if weight > self.most // 8:
            return
        with self.guard:
            if key in self.held:
                return
            self.held[key] = made
            self.size += weight
            while self.size > self.most:
                _, old = self.held.popitem(last=False)
                self.size -= _weight(old)


class Site:
    """Answers addresses.

    Parameters
    ----------
    shelf
        Where the newest build is.
    root
        Path under which the portal stands behind another server.
    services
        Names of the services that run beside the pages.
    rate
        Requests a second that one reader may send; said on the API page.
    memory
        Bytes of made answers that are kept.
    """

    def __init__(
        self,
        shelf: Shelf,
        *,
        root: str = "",
        services: Iterable[str] = (),
        rate: float = 0.0,
        memory: int = 48_000_000,
    ) -> None:
        self.shelf = shelf
        self.links: Links = ServerLinks(root)
        self.services = frozenset(services)
        self.rate = rate
        self._memory = _Memory(memory)

    def answer(self, path: str, query: Query = (), *, fragment: bool = False) -> Made:
        """Answer for an address, from memory where the build has not changed.

        Parameters
        ----------
        path
            Without a slash at its beginning.
        query
            Parameters in their order.
        fragment
            Whether only the part of the page that changes is wanted.
        """
        if path.startswith("assets/"):
            return _packed(_asset(path), "")
        language = language_of(path)
        try:
            with self.shelf.book() as book:
                key = (book.snapshot.version, book.stale, path, tuple(query), fragment)
                made = self._memory.get(key)
                if made is None:
                    made = _packed(self._made(book, path, query, fragment), book.snapshot.version)
                    if made.answer.status == 200:
                        self._memory.put(key, made)
                return made
        except KyotoError as error:
            if not error.code.startswith("portal.") or error.code == "portal.no-images":
                raise
            return _packed(error_page(503, "no_build", language, self.links), "")

    def _made(self, book: Book, path: str, query: Query, fragment: bool) -> Answer:
        language = language_of(path)
        try:
            return page_of(book, path, query, self.links, fragment=fragment, services=self.services, rate=self.rate)
        except NotFound:
            return error_page(404, "not_found", language, self.links, book=book, path=path)
        except NotPublished as error:
            said = {"name": words(language).dimension(error.name), "value": error.value}
            return error_page(404, "not_published", language, self.links, book=book, path=path, values=said)
        except KyotoError as error:
            if error.code != "portal.no-images":
                raise
            return error_page(404, "not_found", language, self.links, book=book, path=path)


def page_of(
    book: Book,
    path: str,
    query: Query,
    links: Links,
    *,
    fragment: bool = False,
    services: frozenset[str] = frozenset(),
    rate: float = 0.0,
) -> Answer:
    """Make the page, or the file, of a path.

    Raises
    ------
    NotFound, NotPublished
        There is no such page; the address names a value that is not published.
    """
    if path.startswith("files/"):
        return published_file(book, path.removeprefix("files/"))
    language, _, rest = path.partition("/")
    if language not in LANGUAGES:
        raise NotFound(path)
    ask = Ask(words(language), rest.strip("/"), query, links, fragment, services, rate)
    for pattern, page in _PAGES:
        found = pattern.fullmatch(ask.path)
        if found:
            return page(book, ask, *found.groups())
    raise NotFound(path)


def error_page(
    status: int,
    key: str,
    language: str,
    links: Links,
    *,
    book: Book | None = None,
    path: str = "",
    values: dict[str, str] | None = None,
) -> Answer:
    """Page that says what went wrong and where to go from there.

    Parameters
    ----------
    status
        HTTP status.
    key
        Of the text in the catalogue, section ``errors``.
    language
        Of the reader.
    links
        How the page names others.
    book
        The build, where there is one.
    path
        What was asked for.
    values
        Names in the text.
    """
    ask = Ask(words(language), "", (), links)
    text = ask.words.texts.get(f"errors.{key}_text", "")
    context = {
        "title": ask.words(f"errors.{key}"),
        "text": text.format(**(values or {})),
        "status": status,
        "wait": status == 503,
    }
    return render("error", ask, book, context, status=status)


def language_of(path: str, accepted: str = "") -> str:
    """Language of a path; of the ones that the reader's browser accepts where the path has none.

    Examples
    --------
    >>> language_of("fr/explore"), language_of("", "de;q=0.9, es;q=0.8"), language_of("favicon.ico")
    ('fr', 'es', 'en')
    """
    first = path.partition("/")[0]
    if first in LANGUAGES:
        return first
    wanted = []
    for item in accepted[:500].split(","):
        name, _, quality = item.strip().partition(";q=")
        weight = float(quality) if re.fullmatch(r"[01](\.\d{1,3})?", quality) else 1.0
        wanted.append((-weight, name[:2].lower()))
    return next((code for weight, code in sorted(wanted, key=lambda pair: pair[0]) if code in LANGUAGES), LANGUAGES[0])


def _asset(path: str) -> Answer:
    name = path.rpartition("/")[2]
    if name not in ASSETS or path != asset_path(name):
        return Answer(b"no such file\n", "text/plain; charset=utf-8", 404)
    return Answer(asset(name), ASSETS[name][1], lasting=True)


def _packed(answer: Answer, version: str) -> Made:
    pack = answer.media.startswith(_PACKED) and len(answer.body) > _LEAST_PACKED
    return Made(answer, gzip.compress(answer.body, _EFFORT, mtime=0) if pack else None, version)


def _weight(made: Made) -> int:
    return len(made.answer.body) + len(made.packed or b"") + 500
