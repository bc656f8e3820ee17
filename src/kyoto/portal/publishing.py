"""The portal as files that any web host can serve: every page, and beside every view its data.

All of it is written beside the place where it shall stand and exchanged with what stood there in one step.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kyoto.core.build.swap import recover, swap_in
from kyoto.core.errors import KyotoError, Where
from kyoto.core.progress import Progress, Silent
from kyoto.portal.answer import NotFound
from kyoto.portal.assets import ASSETS, asset, asset_path
from kyoto.portal.book import Book
from kyoto.portal.catalogue import Series
from kyoto.portal.evidence import evidence_pages
from kyoto.portal.links import FileLinks, Query, file_of
from kyoto.portal.pages.about import published_files
from kyoto.portal.sdmx.files import SdmxFiles, plan_sdmx, write_sdmx
from kyoto.portal.selection import Selection, neighbours, read_selection
from kyoto.portal.site import error_page, page_of
from kyoto.portal.wording import LANGUAGES, words
from kyoto.statistics.classification import iccs

__all__ = ["Publication", "plan_publication", "publish"]

_MARK = ".kyoto-portal.json"
_SECTIONS = ("", "explore", "compare", "areas", "classification", "methods", "downloads", "api")
_MOST_VIEWS = 300
"""Views of one series that are prepared; its whole table is among the downloads."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What will be written.

    Parameters
    ----------
    pages
        Path and parameters of everything that is made from the build, pages and files.
    left_out
        Views of a series that are not prepared because there are too many, by series.
    sdmx
        The SDMX files beside the pages.
    """

    pages: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    left_out: dict[str, int]
    sdmx: SdmxFiles

    @property
    def files(self) -> frozenset[str]:
        """Names of all files."""
        made = {file_of(path, query) for path, query in self.pages}
        return frozenset(made | {asset_path(name) for name in ASSETS} | {"index.html", "404.html"} | self.sdmx.names)


def plan_publication(book: Book, *, pictures: bool = False) -> Publication:
    """Find out which pages and files a build gives.

    Parameters
    ----------
    book
        The build.
    pictures
        Whether each view gets its chart as PNG too, which takes about a tenth of a second each.
    """
    pages: list[tuple[str, Query]] = [(f"files/{path}", ()) for path in published_files(book)]
    left_out: dict[str, int] = {}
    chosen = {series.code: _views(book, series) for series in book.catalogue.series.values()}
    for code, views in chosen.items():
        if len(views) > _MOST_VIEWS:
            left_out[code] = len(views) - _MOST_VIEWS
    kinds = ("csv", "xlsx", "svg", "png") if pictures else ("csv", "xlsx", "svg")
    for language in LANGUAGES:
        pages += [(f"{language}/{section}", ()) for section in _SECTIONS]
        pages += [(f"{language}/classification/{category.code}", ()) for category in iccs()]
        pages += [(f"{language}/compare/{code}", ()) for code in book.comparisons.by_code]
        pages += [(f"{language}/areas/{code}", ()) for code in book.catalogue.areas]
        pages += [(f"{language}/{path}", query) for path, query in evidence_pages(book)]
        for code, views in chosen.items():
            for query in views[:_MOST_VIEWS]:
                pages.append((f"{language}/explore/{code}", query))
                pages += [(f"{language}/explore/{code}/data.{kind}", query) for kind in kinds]
    return Publication(tuple((path, tuple(query)) for path, query in pages), left_out, plan_sdmx(book.snapshot))


def _views(book: Book, series: Series) -> list[Query]:
    """Choices that are prepared: each breakdown, each kind of chart, and one code of each dimension."""
    start = read_selection(series, [])
    breakdowns = [start.broken_down(axis.name) for axis in series.axes if start.by == "" or axis.name == start.by]
    found = [start, *breakdowns]
    if start.start != start.end:
        found += [each.but(chart="bars") for each in breakdowns]
    if book.catalogue.boundaries is not None:
        found += [each.but(chart="map") for each in breakdowns if each.by == "area"]
    found += list(neighbours(start))
    found += [each.at("iccs", code) for each in breakdowns for code in _codes(series, "iccs") if each.by == "area"]
    found += [each.at(each.by, code) for each in breakdowns for code in _codes(series, "iccs") if each.by == "iccs"]
    found += [each.at("area", code) for each in breakdowns for code in _codes(series, "area") if each.by == "iccs"]
    return list(dict.fromkeys(tuple(each.query()) for each in _published(found)))


def _codes(series: Series, dimension: str) -> tuple[str, ...]:
    axis = series.axis(dimension)
    return axis.codes if axis else ()


def _published(found: Iterable[Selection]) -> Iterator[Selection]:
    """Choices as a reader would come to them: what an address cannot say has its default."""
    for each in found:
        yield read_selection(each.series, each.query())


def publish(
    book: Book, target: Path, *, pictures: bool = False, progress: Progress | None = None
) -> tuple[Publication, int]:
    """Write the portal as files.

    Parameters
    ----------
    book
        The build.
    target
        Folder that will hold them. One that holds anything else than an earlier portal is refused.
    pictures
        See :func:`plan_publication`.
    progress
        Who watches.

    Returns
    -------
    Publication, int
        What was written, and its bytes.

    Raises
    ------
    KyotoError
        ``portal.not-empty``, ``files.cannot-write``.
    """
    target = target.resolve()
    _check(target)
    watcher = progress or Silent()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        old = target.parent / f".{target.name}.old"
        recover(target, old)
        part = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
        try:
            planned = plan_publication(book, pictures=pictures)
            watcher.start(float(len(planned.pages) + len(planned.sdmx.names)))
            size = _write(book, planned, part, watcher)
            part.chmod(0o755)
            swap_in(part, target, old)
        finally:
            watcher.stop()
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        raise KyotoError(
            "Cannot write the pages",
            code="files.cannot-write",
            where=Where(file=str(error.filename or target)),
            detail=error.strerror or str(error),
            hint="Free some disk space, or choose a folder that you may write to. What stood there is untouched.",
        ) from error
    return planned, size


def _check(target: Path) -> None:
    taken = target.exists() and (not target.is_dir() or any(target.iterdir()))
    if taken and not (target / _MARK).is_file():
        raise KyotoError(
            "The folder holds something else",
            code="portal.not-empty",
            where=Where(file=str(target)),
            expected="a folder that is empty, new, or holds an earlier portal",
            hint="Name another folder: everything in it is replaced.",
        )


def _write(book: Book, planned: Publication, folder: Path, progress: Progress) -> int:
    """Write every file; bytes written."""
    files = planned.files
    size = 0
    for name in ASSETS:
        size += _put(folder, asset_path(name), asset(name))
    for made in write_sdmx(book.snapshot, planned.sdmx, folder):
        progress.part(made.name, 1.0, lambda: None)
        size += made.stat().st_size
        progress.part_done(made.name)
    written: set[str] = set()
    for path, query in planned.pages:
        file = file_of(path, query)
        progress.part(path, 1.0, lambda: None)
        if file not in written:
            written.add(file)
            body = _page(book, path, query, FileLinks(file, files))
            if body is not None:
                size += _put(folder, file, body)
        progress.part_done(path)
    missing = error_page(404, "not_found", LANGUAGES[0], FileLinks("404.html", files), book=book)
    size += _put(folder, "404.html", missing.body)
    size += _put(folder, "index.html", _first(book).encode())
    mark = {"version": book.snapshot.version, "built_at": book.snapshot.built_at.isoformat()}
    return size + _put(folder, _MARK, (json.dumps(mark) + "\n").encode())


def _page(book: Book, path: str, query: Query, links: FileLinks) -> bytes | None:
    """Content of a file; None where a choice has no chart."""
    try:
        return page_of(book, path, query, links).body
    except NotFound:
        return None


def _put(folder: Path, name: str, body: bytes) -> int:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(body)
    return len(body)


def _first(book: Book) -> str:
    """Page that leads to the languages."""
    from markupsafe import escape

    links = "".join(
        f'<li><a href="{code}/index.html" lang="{code}" hreflang="{code}">{words(code)("language.name")}</a></li>'
        for code in LANGUAGES
    )
    title = escape(book.catalogue.title)
    policy = "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'"
    return (
        f'<!doctype html><html lang="{LANGUAGES[0]}"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<link rel="stylesheet" href="{asset_path("portal.css")}"></head>'
        f'<body><main class="wrap"><h1>{title}</h1><ul class="plain">{links}</ul></main></body></html>\n'
    )
