"""From what a page holds to its HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from kyoto import __version__
from kyoto.portal.answer import Answer
from kyoto.portal.assets import asset_path
from kyoto.portal.links import Links, Query
from kyoto.portal.wording import LANGUAGES, Words, words

if TYPE_CHECKING:
    from jinja2 import Environment

    from kyoto.portal.book import Book

__all__ = ["Ask", "render"]

_SECTIONS = ("explore", "compare", "areas", "classification", "evidence", "methods", "downloads", "api")


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for a page.

    Parameters
    ----------
    words
        Its language.
    path
        Path behind the language, without slashes at its ends.
    query
        Parameters.
    links
        How the page names others.
    fragment
        Whether only the part that changes is wanted, because a script puts it into the page that is there.
    services
        Names of the services that run beside the pages, such as ``sdmx``.
    rate
        Requests a second that one reader may send; 0 for any number.
    """

    words: Words
    path: str
    query: Query
    links: Links
    fragment: bool = False
    services: frozenset[str] = frozenset()
    rate: float = 0.0

    def to(self, path: str, query: Query = ()) -> str:
        """Address of a page in the same language."""
        return self.links.to(f"{self.words.language}/{path}", query)

    def has(self, path: str, query: Query = ()) -> bool:
        """Whether there is such a page."""
        return self.links.has(f"{self.words.language}/{path}", query)

    def nearest(self, path: str, query: Query) -> str:
        """Address of a choice; between files of the prepared one that says most of it."""
        ends = (end for end in range(len(query), 0, -1) if self.has(path, query[:end]))
        return self.to(path, query[: next(ends, 0)])


def render(template: str, ask: Ask, book: Book | None, context: Mapping[str, Any], *, status: int = 200) -> Answer:
    """Make a page.

    Parameters
    ----------
    template
        Name of the template without its ending.
    ask
        The request.
    book
        The build; None for pages that tell that there is none.
    context
        What the template shows.
    status
        HTTP status.
    """
    section = ask.path.partition("/")[0]
    html = (
        _environment()
        .get_template(f"{template}.html.j2")
        .render(
            t=ask.words,
            ask=ask,
            book=book,
            section=section,
            sections=[name for name in _SECTIONS if ask.has(name) and _offered(name, book)],
            languages=[(words(code), ask.links.to(f"{code}/{ask.path}", ask.query)) for code in LANGUAGES],
            asset=lambda name: ask.links.to(asset_path(name)),
            program=__version__,
            **context,
        )
    )
    return Answer(html.encode(), status=status)


def _offered(section: str, book: Book | None) -> bool:
    """Whether a section has something to show; its address answers in any case."""
    from kyoto.portal.evidence import has_register

    return section != "evidence" or (book is not None and has_register(book))


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("kyoto.portal", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
