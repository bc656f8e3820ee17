"""``kyoto iccs``: look into the classification and into correspondence tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kyoto.cli.iccs_code import code as code_titles
from kyoto.cli.iccs_views import (
    Language,
    card_of,
    down_to,
    drawn_tree,
    flat_cell,
    links_of,
    map_line,
    map_row,
    print_card,
    print_findings,
    print_links,
    print_rich,
    tree_row,
)
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_json, print_rows

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Look into ICCS and into the tables that lead to it from national codes.",
)


LanguageOption = Annotated[Language, typer.Option("--language", "-l", help="Language of the titles.")]


@app.command(
    epilog="Examples: [bold]kyoto iccs show 0101[/], with definitions from your copy of the standard: "
    "[bold]kyoto iccs show 0101 --texts iccs.csv[/]"
)
def show(
    code: Annotated[str, typer.Argument(help="ICCS code, as text with its leading zero.")],
    texts: Annotated[
        Path | None, typer.Option("--texts", help="Your CSV of definitions, inclusions and exclusions.")
    ] = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Show one class: its place, its variables, its index terms and the national codes that lead to it."""
    from kyoto.statistics.classification import iccs

    classification = iccs().with_texts(texts) if texts else iccs()
    card = card_of(classification, classification.get(code))
    if as_json:
        print_json(card)
    elif as_csv:
        print_rows([{name: flat_cell(value) for name, value in card.items()}], as_csv=True)
    else:
        print_card(card)


@app.command(epilog="Example: [bold]kyoto iccs search stolen bicycle[/]")
def search(
    words: Annotated[list[str], typer.Argument(help="Words in English or Spanish, or the start of a code.")],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most results to print.")] = 10,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Find classes by words in their titles, in the index of the standard or in national titles, best first."""
    from kyoto.statistics.classification import iccs

    text = " ".join(words)
    rows = [
        {
            "code": hit.category.code,
            "title": hit.category.title,
            "score": round(hit.score, 2),
            "matched": hit.matched,
            "in": hit.kind,
        }
        for hit in iccs().search(text, limit)
    ]
    print_rows(
        rows,
        as_json=as_json,
        as_csv=as_csv,
        columns=["code", "title", "score", "matched", "in"],
        empty=f"No title and no index term fits {text!r}. Try fewer or other words.",
    )


@app.command(epilog="Examples: [bold]kyoto iccs tree --depth 2[/], [bold]kyoto iccs tree 0502 --language es[/]")
def tree(
    code: Annotated[str | None, typer.Argument(help="Class to start from; all sections if not given.")] = None,
    depth: Annotated[int, typer.Option("--depth", "-d", min=1, max=4, help="Levels to show below the start.")] = 4,
    language: LanguageOption = Language.en,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Draw the classification, or the part of it below a class."""
    from kyoto.statistics.classification import iccs

    classification = iccs()
    start = classification.get(code) if code else None
    if as_json or as_csv:
        rows = [tree_row(category, language) for category in down_to(classification, start, depth)]
        print_rows(rows, as_json=as_json, as_csv=as_csv)
        return
    print_rich(drawn_tree(classification, start, depth, language))


@app.command(name="map", epilog="Examples: [bold]kyoto iccs map us-nibrs[/], [bold]kyoto iccs map de-pks 326000[/]")
def map_(
    correspondence: Annotated[
        str | None, typer.Argument(help="Name of a table, or path of your own; without it, the tables there are.")
    ] = None,
    code: Annotated[str | None, typer.Argument(help="National code or title.")] = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Show a correspondence table, what one national code becomes, or which tables there are."""
    from dataclasses import asdict

    from kyoto.statistics import classification as room

    if correspondence is None:
        print_rows([asdict(known) for known in room.known_correspondences()], as_json=as_json, as_csv=as_csv)
        return
    table = room.correspondence(correspondence)
    links = table.links if code is None else links_of(table, code)
    if as_json or as_csv:
        print_rows([map_row(link) for link in links], as_json=as_json, as_csv=as_csv)
    elif code is None:
        rows = [map_line(link) for link in links]
        filled = [name for name in rows[0] if any(row[name] for row in rows)]
        print_rows(rows, columns=filled, title=table.title)
    else:
        print_links(table, links)


@app.command(epilog="Examples: [bold]kyoto iccs check mine.csv[/], [bold]kyoto iccs check - < mine.csv[/]")
def check(
    file: Annotated[str, typer.Argument(help="Your correspondence table as CSV, - for standard input, or a name.")],
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Check a correspondence table: every error, warning and gap in one pass. Exit code 2 if there are errors."""
    from dataclasses import asdict

    from kyoto.cli.input import input_file
    from kyoto.statistics.classification import known_correspondences, validate

    if file in [known.name for known in known_correspondences()]:
        findings = validate(file)
    else:
        with input_file(file) as path:
            findings = validate(path)
    if as_json or as_csv:
        columns = ["severity", "code", "line", "national_code", "message", "hint"]
        print_rows([asdict(finding) for finding in findings], as_json=as_json, as_csv=as_csv, columns=columns)
    else:
        print_findings(findings)
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(2)


app.command(
    name="code",
    epilog="Examples: [bold]kyoto iccs code offences.csv --column title --out review.csv[/], then "
    "[bold]kyoto iccs code --apply review.csv --as correspondence.csv[/]",
)(code_titles)
