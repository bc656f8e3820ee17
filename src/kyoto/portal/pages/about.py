"""Methods and quality, downloads, and how machines get the figures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from kyoto.portal.answer import Answer, NotFound
from kyoto.portal.book import Book
from kyoto.portal.pages.facts import public_findings, series_facts
from kyoto.portal.pages.fields import series_title
from kyoto.portal.pages.rendering import Ask, render
from kyoto.portal.snapshot import panel_pages, room_files
from kyoto.statistics.explain.rules import protection_statements

__all__ = ["MEDIA", "api", "downloads", "methods", "public_manifest", "published_file", "published_files"]

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "svg": "image/svg+xml",
    "png": "image/png",
}
_RULES = (
    "source",
    "title",
    "unit",
    "by",
    "dimensions",
    "where",
    "attempts",
    "principal_offence",
    "severity",
    "identifier",
    "date",
    "reference_period",
    "rate",
    "share",
    "disclosure",
)


def methods(book: Book, ask: Ask) -> Answer:
    """How the figures were made, what the checks found, how persons are protected."""
    manifest = book.snapshot.manifest
    severities: dict[str, list[dict[str, str]]] = {"error": [], "warning": [], "note": []}
    for finding in public_findings(book):
        texts = {key: str(finding.get(key) or "") for key in ("message", "source", "variable", "code", "remedy")}
        severities.setdefault(str(finding.get("severity", "note")), []).append(texts)
    shown = [series for series in book.catalogue.series.values() if series.kind in ("count", "indicator")]
    context = {
        "title": ask.words("methods.title"),
        "tables": [
            (series.code, series_title(series, ask.words), series_facts(book, series, ask.words)) for series in shown
        ],
        "findings": list(severities.items()),
        "sources": list((manifest.get("reconciliation") or {}).items()),
        "disclosure": list(_disclosure(book)),
        "manifest": manifest,
    }
    return render("methods", ask, book, context)


def _disclosure(book: Book) -> Iterator[tuple[str, list[str]]]:
    """What was done to protect persons, the same statement once, with the tables and rooms it holds for."""
    yield from protection_statements(book.snapshot.manifest, book.snapshot.tables)


def downloads(book: Book, ask: Ask) -> Answer:
    """Everything that is published, as files."""
    rows = []
    for path in published_files(book):
        size = len(_content(book, path))
        rows.append(
            (path, _what(book, ask, path), ask.words.number(size), _hash(book, path), ask.links.to(f"files/{path}"))
        )
    context: dict[str, Any] = {"title": ask.words("downloads.title"), "rows": rows, "sdmx": sdmx_files(book, ask)}
    return render("downloads", ask, book, context)


def sdmx_files(book: Book, ask: Ask) -> list[tuple[str, str, str, str]]:
    """SDMX files beside pages that are files: name, what it is, format, address; none where a service answers."""
    from kyoto.statistics.exchange.sdmx.identifiers import artefact_id

    titles = {artefact_id(series.table): series_title(series, ask.words) for series in book.catalogue.series.values()}
    titles |= {"INDICATORS": ask.words("downloads.indicators"), "structures": ask.words("downloads.structures")}
    found = []
    for path in ask.links.below("sdmx"):
        name = path.rpartition("/")[2]
        flow, _, rest = name.partition(".")
        found.append((name, titles.get(flow, flow), rest.rpartition(".")[0].upper(), ask.links.to(path)))
    return found


def api(book: Book, ask: Ask) -> Answer:
    """How machines get the figures."""
    first = next(iter(book.catalogue.series.values()), None)
    rate = ask.words.number(ask.rate) if ask.rate else "∞"
    context: dict[str, Any] = {"title": ask.words("api.title"), "first": first, "rate": rate}
    return render("api", ask, book, {**context, "sdmx": sdmx_files(book, ask)})


def published_files(book: Book) -> list[str]:
    """Paths of the files that anyone may take, relative to the build."""
    folder = book.snapshot.folder
    paths = [f"tables/{name}.{ending}" for name in book.snapshot.tables for ending in ("csv", "parquet")]
    paths += ["indicators.csv", "indicators.parquet", "report.html", *panel_pages(book.snapshot.manifest)]
    paths += [path for path in room_files(book.snapshot.manifest) if path.endswith(".csv")]
    found = [path for path in paths if (folder / path).is_file()]
    return [*found, "quality.json", "manifest.json"]


def published_file(book: Book, path: str) -> Answer:
    """One of the published files.

    Raises
    ------
    NotFound
        The path is none of :func:`published_files`.
    """
    if path not in published_files(book):
        raise NotFound(path)
    ending = path.rpartition(".")[2]
    name = path.removeprefix("tables/").replace("/", "-")
    return Answer(_content(book, path), MEDIA[ending], name=name)


def _content(book: Book, path: str) -> bytes:
    if path == "quality.json":
        return _json({"findings": public_findings(book)})
    if path == "manifest.json":
        return _json(public_manifest(book))
    return (book.snapshot.folder / path).read_bytes()


def public_manifest(book: Book) -> dict[str, Any]:
    """What of the manifest anyone may see: how the build was made, without what single rows held.

    Steps of sources know national values with few records and reasons of rejected cells, those of tables how many
    records met a condition before anything was protected; these stay in the office.
    """
    manifest = book.snapshot.manifest
    kept = ("kyoto", "engine", "libraries", "started", "finished", "project", "inputs", "reconciliation")
    steps = {}
    for name, step in manifest["steps"].items():
        if name.startswith(("table:", "indicators", "quality", "report")):
            outputs = [
                output for output in step.get("outputs", ()) if not str(output["path"]).startswith("indicators/")
            ]
            facts = (step.get("facts") or {}) if name.startswith("table:") else {}
            steps[name] = {"outputs": outputs, "facts": {key: facts[key] for key in _RULES if key in facts}}
    return {**{key: manifest[key] for key in kept if key in manifest}, "steps": steps}


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _hash(book: Book, path: str) -> str:
    for step in book.snapshot.manifest["steps"].values():
        for output in step.get("outputs", ()):
            if output["path"] == path and path not in ("quality.json", "manifest.json"):
                return str(output["sha256"])
    return ""


def _what(book: Book, ask: Ask, path: str) -> str:
    if path.startswith("tables/"):
        series = book.catalogue.series.get(path.removeprefix("tables/").rpartition(".")[0])
        return ask.words("downloads.table", title=series.title if series else path)
    if path in panel_pages(book.snapshot.manifest):
        return ask.words("downloads.page")
    if path in room_files(book.snapshot.manifest):
        return ask.words("downloads.room")
    key = {"indicators": "indicators", "report": "report", "manifest": "manifest", "quality": "quality"}
    return ask.words(f"downloads.{key[path.partition('.')[0]]}")
