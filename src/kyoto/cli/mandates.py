"""``kyoto mandates``: from United Nations documents to obligations that are followed up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli import (
    mandates_dashboard,
    mandates_followup,
    mandates_review,
    mandates_reviews,
    mandates_search,
    mandates_serve,
)
from kyoto.cli.input import input_file
from kyoto.cli.mandates_options import SymbolOption, require_one_of, with_symbol
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_json, print_rows

if TYPE_CHECKING:
    from kyoto.cooperation.mandates.model import Document

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Read resolutions and decisions: paragraphs, obligations, links, what is due.",
)

FileArgument = Annotated[
    str,
    typer.Argument(metavar="FILE", help="Plain text, PDF, DOCX or Akoma Ntoso XML; - reads text from standard input."),
]
EncodingOption = Annotated[
    str | None, typer.Option("--encoding", help="Encoding of plain text, such as cp1252; UTF-8 if not given.")
]


@app.command()
def read(
    file: FileArgument,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            "--out", "-o", help="File to write: .xml (Akoma Ntoso, validated), .json or .parquet; repeatable."
        ),
    ] = None,
    nodes: Annotated[
        bool, typer.Option("--nodes", help="With --json: every paragraph with its span of the source.")
    ] = False,
    symbol: SymbolOption = "",
    encoding: EncodingOption = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Read a document: its resolutions, decisions, paragraphs and questions, and what was not understood.

    JSON is an object: `resolutions` (a row each: id, title, status, operative_paragraphs …), `items`, `totals`,
    `not_understood`.

    Example: kyoto mandates read report.txt --json
    """
    from kyoto.cooperation.mandates.output import act_rows, write_document
    from kyoto.cooperation.mandates.output import as_json as to_json

    document = with_symbol(_document(file, encoding), symbol)
    notes = [f"Wrote {path}{''.join(f', {note}' for note in write_document(document, path))}" for path in out or []]
    if as_json:
        print_json(to_json(document, nodes=nodes))
        _tell(notes, error=True)
        return
    rows = act_rows(document)
    columns = ["id", "title", "status", "operative_paragraphs", "clauses", "sub_paragraphs"]
    if as_csv:
        print_rows(rows, as_csv=True, columns=columns)
        _tell(notes, error=True)
        return
    _print_acts(document, rows)
    _totals(document)
    _tell(notes)


@app.command()
def obligations(
    file: FileArgument,
    force: Annotated[
        list[str] | None, typer.Option("--force", help="Only this force, such as request or urge; repeatable.")
    ] = None,
    to: Annotated[
        list[str] | None, typer.Option("--to", help="Only this addressee, such as unodc or member-states; repeatable.")
    ] = None,
    asks: Annotated[bool, typer.Option("--asks", help="Only what asks somebody to act, or decides.")] = False,
    symbol: SymbolOption = "",
    encoding: EncodingOption = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """List obligations: verb and force, who is asked, to do what, on which conditions, by when.

    They are suggestions made by rules; a person accepts or edits them. Speakers' remarks and summaries give none.

    Example: kyoto mandates obligations report.txt --force request --to unodc
    """
    from kyoto.cooperation.mandates.obligations import obligations as find
    from kyoto.cooperation.mandates.obligations.lexicon import known_parties
    from kyoto.cooperation.mandates.verbs import known_verbs

    require_one_of(force, known_verbs().force_of.values(), "force")
    require_one_of(to, known_parties().names, "addressee")
    found = [
        entry
        for entry in find(with_symbol(_document(file, encoding), symbol))
        if (not force or entry.force in force)
        and (not to or {party.id for party in entry.addressees} & set(to))
        and (entry.asks or not asks)
    ]
    rows = [entry.row() for entry in found]
    if as_json:
        print_json([{**row, "clause": entry.clause} for row, entry in zip(rows, found, strict=True)])
        return
    if as_csv:
        print_rows(rows, as_csv=True)
        return
    shown = [{**row, "action": _short(row["action"])} for row in rows]
    columns = ["paragraph", "force", "addressees", "action", "conditions", "due"]
    print_rows(shown, columns=columns, title=_counted(len(rows), "obligation"), empty="No obligation found.")


@app.command()
def links(
    file: FileArgument,
    graph: Annotated[Path | None, typer.Option("--graph", help="GraphML file to write, for graph programs.")] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help="Only this kind, such as treaty, resolution, target or topic; repeatable."),
    ] = None,
    about: Annotated[
        bool, typer.Option("--about", help="Also what paragraphs are about: topics, their SDG targets, ICCS classes.")
    ] = False,
    encoding: EncodingOption = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """List what a document cites, in one spelling each: resolutions, documents, treaties, Goals and targets.

    Example: kyoto mandates links report.txt --kind treaty --graph links.graphml
    """
    from kyoto.cooperation.mandates.links import links as find
    from kyoto.cooperation.mandates.links import subjects, to_graphml
    from kyoto.cooperation.mandates.links.graph import KINDS
    from kyoto.core.files import write_whole

    require_one_of(kind, KINDS, "kind of link")
    document = _document(file, encoding)
    edges = find(document) + (subjects(document) if about or {"topic", "iccs"} & set(kind or ()) else [])
    rows = [edge.row() for edge in edges if not kind or edge.kind in kind]
    if graph is not None:
        write_whole(graph, to_graphml(edges))
    columns = ["paragraph", "relation", "kind", "target", "locator"]
    print_rows(
        rows,
        as_json=as_json,
        as_csv=as_csv,
        columns=columns,
        title=_counted(len(rows), "link"),
        empty="It cites nothing.",
    )
    _tell([f"Wrote {graph}"] if graph is not None else [], error=as_json or as_csv)


@app.command()
def brief(
    file: FileArgument,
    item: Annotated[
        str, typer.Option("--item", help="Id of an item, workshop, resolution or question, as `read` shows it.")
    ],
    evaluations: Annotated[
        str | None,
        typer.Option("--evaluations", help="Evidence register (CSV, Excel or Parquet), as `kyoto evaluate register`."),
    ] = None,
    project: Annotated[
        Path | None, typer.Option("--project", help="Folder of a built project, whose figures are named.")
    ] = None,
    out: Annotated[
        list[Path] | None,
        typer.Option("--out", "-o", help="File to write: .html, .docx, .pdf, .md or .json; repeatable."),
    ] = None,
    encoding: EncodingOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the evidence brief of one item: indicators and evaluations on its questions, and data that are missing.

    With --project, what its last build holds on each indicator stands beside it; the evaluations are those of the
    register that the build holds, unless --evaluations names another.

    Example: kyoto mandates brief guide.txt --item workshop-2 --evaluations register.csv --out brief.html
    """
    from kyoto.cooperation.mandates.links import evidence_brief, read_held_figures
    from kyoto.cooperation.mandates.links.brief import brief_markdown, write_brief

    records = _evaluations(evaluations, project)
    held = read_held_figures(project) if project is not None else None
    found = evidence_brief(_document(file, encoding), item, evaluations=records, held=held)
    for path in out or []:
        write_brief(found, path)
    if as_json:
        print_json(found.to_dict())
    elif not out:
        typer.echo(brief_markdown(found))
    _tell([f"Wrote {path}" for path in out or []], error=as_json)


app.command()(mandates_followup.register)
app.command()(mandates_followup.follow)
app.command()(mandates_review.review)
app.command()(mandates_followup.due)
app.command()(mandates_dashboard.dashboard)
app.command()(mandates_dashboard.sessions)
app.command()(mandates_followup.report)
app.add_typer(mandates_reviews.app, name="reviews")
app.command()(mandates_search.index)
app.command()(mandates_search.search)
app.command()(mandates_search.topics)
app.command()(mandates_serve.serve)


def _document(file: str, encoding: str | None) -> Document:
    from kyoto.cooperation.mandates.intake import read_document

    with input_file(file, suffix=".txt") as path:
        return read_document(path, encoding=encoding)


def _evaluations(file: str | None, project: Path | None) -> list[dict[str, Any]] | None:
    """Rows of the evidence register that was named, else of the one that the build of a project holds."""
    from kyoto.portal.mandates.evidence import evaluations_of

    if file is None:
        return evaluations_of(None, project)
    with input_file(file) as path:
        return evaluations_of(path, project)


def _short(text: str, length: int = 90) -> str:
    return text if len(text) <= length else text[: length - 1].rsplit(" ", 1)[0] + " …"


def _print_acts(document: Document, rows: list[dict[str, Any]]) -> None:
    """Table to read: resolutions and decisions, else agenda items with their questions."""
    from kyoto.cooperation.mandates.output import as_json as to_json

    name = document.symbol or document.name
    items = to_json(document)["items"]
    if rows or not items:
        shown = [
            {
                "id": row["id"],
                "paragraphs": row["operative_paragraphs"] or row["clauses"],
                "status": row["status"],
                "title": _short(row["title"], 70),
            }
            for row in rows
        ]
        print_rows(shown, title=name, empty="No resolution and no decision in it.")
        return
    shown = [{"id": row["id"], "questions": row["questions"], "title": _short(row["title"], 70)} for row in items]
    print_rows(shown, title=name)


def _totals(document: Document) -> None:
    totals: dict[str, Any] = document.totals()
    named = (
        "resolutions",
        "operative_paragraphs",
        "decisions",
        "clauses",
        "report_paragraphs",
        "questions",
        "footnotes",
    )
    words = [_counted(totals[name], name.replace("_", " ")[:-1]) for name in named if totals[name]]
    typer.echo(f"\n{', '.join(words) or 'No paragraph with a number'}")
    lost = totals["characters_not_understood"]
    whole = totals["characters"]
    if lost:
        lines = _counted(len(document.unclear), "line")
        typer.echo(f"Not understood: {lines}, {lost:,} of {whole:,} characters (--json lists them)")
    else:
        typer.echo(f"All {whole:,} characters are in the structure or known as page furniture")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _tell(notes: list[str], *, error: bool = False) -> None:
    for note in notes:
        typer.echo(note, err=error)
