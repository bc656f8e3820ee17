"""Search commands of ``kyoto mandates``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli.input import input_file
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_json, print_rows

if TYPE_CHECKING:
    from kyoto.cooperation.mandates.search.index import IndexedParagraph

__all__ = ["index", "search", "topics"]

IndexOption = Annotated[Path, typer.Option("--index", "-i", help="File of the index.")]
_INDEX = Path("mandates.sqlite")


def index(
    files: Annotated[list[str], typer.Argument(metavar="FILES", help="Documents: text, PDF, DOCX or Akoma Ntoso XML.")],
    index: IndexOption = _INDEX,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="Encoding of plain text; UTF-8 if not given.")
    ] = None,
) -> None:
    """Make an index of all paragraphs of documents, with their facets; an older one is replaced, saved searches stay.

    Example: kyoto mandates index reports/*.txt --index mandates.sqlite
    """
    from kyoto.cooperation.mandates.intake import read_document
    from kyoto.cooperation.mandates.search import build_index, paragraphs_of

    def paragraphs() -> Iterator[IndexedParagraph]:
        """Of one document after the other, so that any number of them fits into memory."""
        for file in files:
            with input_file(file, suffix=".txt") as path:
                document = read_document(path, encoding=encoding)
            yield from paragraphs_of(document)

    count = build_index(index, paragraphs())
    typer.echo(f"Indexed in {index}: {count:,} paragraphs, documents: {len(files)}")


def search(
    words: Annotated[
        str, typer.Argument(metavar="WORDS", help="All words; “a phrase”, a beginning* and -without are understood.")
    ] = "",
    index: IndexOption = _INDEX,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", "-w", help="facet=value, such as force=request or cites=A/RES/70/174; repeatable."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="Paragraphs to print.")] = 10,
    save: Annotated[str | None, typer.Option("--save", help="Keep this search under a name.")] = None,
    saved: Annotated[str | None, typer.Option("--saved", help="Run the search that was kept under this name.")] = None,
    saved_list: Annotated[bool, typer.Option("--list-saved", help="List the searches that are kept.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Find paragraphs by words and facets; facets are counted over all that fit.

    Example: kyoto mandates search "technical assistance" --where force=request --where addressee=unodc
    """
    from dataclasses import asdict

    from kyoto.cooperation.mandates.search import Index

    opened = Index(index)
    if saved_list:
        rows = [{"name": name, **opened.saved(name)} for name in opened.saved_names()]
        opened.close()
        print_rows(rows, as_json=as_json, title="Saved searches", empty="No search is kept.")
        return
    query: dict[str, Any] = opened.saved(saved) if saved else {"words": words, "where": _filters(where or [])}
    if save:
        opened.save(save, query)
    found = opened.search(query["words"], where=query["where"], limit=limit)
    opened.close()
    if as_json:
        print_json({**query, **asdict(found)})
        return
    rows = [{"document": hit.document, "paragraph": hit.paragraph, "text": hit.text[:110]} for hit in found.hits]
    print_rows(rows, title=f"Paragraphs found: {found.total:,}", empty="Nothing found.")
    if query["words"].strip() and found.hits and not found.ranked:
        typer.echo("So many fit that they come in the order of the documents; more words or a facet rank them.")
    for name, counts in found.facets.items():
        if counts and name != "document":
            shown = ", ".join(f"{value} {count:,}" for value, count in list(counts.items())[:6])
            typer.echo(f"{name:>10}  {shown}")


def topics(as_json: JsonFlag = False, as_csv: CsvFlag = False, as_table: TableFlag = False) -> None:
    """List the thesaurus: topics with their SDG targets, ICCS classes, indicators, and data that nobody holds.

    The words by which a topic is known are in the JSON and the CSV.

    Example: kyoto mandates topics --csv
    """
    from kyoto.cooperation.mandates.links import known_topics

    rows = [
        {
            "id": topic.id,
            "name": topic.name,
            "broader": topic.broader,
            "targets": ", ".join(topic.targets),
            "iccs": ", ".join(topic.iccs),
            "indicators": ", ".join(topic.indicators),
            "missing": "; ".join(topic.missing),
            "words": topic.pattern.pattern,
        }
        for topic in known_topics().values()
    ]
    columns = None if as_csv else ["id", "name", "targets", "iccs", "indicators"]
    print_rows(rows, as_json=as_json, as_csv=as_csv, columns=columns, title=f"{len(rows)} topics")


def _filters(pairs: list[str]) -> dict[str, list[str]]:
    from kyoto.core.errors import KyotoError

    wanted: dict[str, list[str]] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not value:
            raise KyotoError(
                "A filter needs a facet and a value", code="mandates.broken-filter", got=pair, expected="force=request"
            )
        wanted.setdefault(name.strip(), []).append(value.strip())
    return wanted
