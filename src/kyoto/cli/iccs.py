"""``kyoto iccs``: look into the classification and into correspondence tables."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli.iccs_code import code as code_titles
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_json, print_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType
    from rich.tree import Tree

    from kyoto.statistics.classification import Category, Classification, Correspondence, Finding, Link

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Look into ICCS and into the tables that lead to it from national codes.",
)


class Language(StrEnum):
    """Languages of the titles."""

    en = "en"
    es = "es"


_MOST_CODES = 4
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
    card = _card(classification, classification.get(code))
    if as_json:
        print_json(card)
    elif as_csv:
        print_rows([{name: _flat(value) for name, value in card.items()}], as_csv=True)
    else:
        _print_card(card)


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
        rows = [_tree_row(category, language) for category in _down_to(classification, start, depth)]
        print_rows(rows, as_json=as_json, as_csv=as_csv)
        return
    _print(_drawn(classification, start, depth, language))


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
    links = table.links if code is None else _links_of(table, code)
    if as_json or as_csv:
        print_rows([_map_row(link) for link in links], as_json=as_json, as_csv=as_csv)
    elif code is None:
        rows = [_map_line(link) for link in links]
        filled = [name for name in rows[0] if any(row[name] for row in rows)]
        print_rows(rows, columns=filled, title=table.title)
    else:
        _print_links(table, links)


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
        _print_findings(findings)
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(2)


app.command(
    name="code",
    epilog="Examples: [bold]kyoto iccs code offences.csv --column title --out review.csv[/], then "
    "[bold]kyoto iccs code --apply review.csv --as correspondence.csv[/]",
)(code_titles)


def _card(classification: Classification, category: Category) -> dict[str, Any]:
    texts = classification.texts(category.code)
    return {
        "code": category.code,
        "level": category.level,
        "title": category.title,
        "title_es": category.title_es,
        "residual": category.residual,
        "ancestors": [_named(above) for above in classification.ancestors(category.code)],
        "children": [_named(below) for below in classification.children(category.code)],
        "definition": texts.definition if texts else None,
        "inclusions": list(texts.inclusions) if texts else None,
        "exclusions": list(texts.exclusions) if texts else None,
        "index_terms": [term.term for term in classification.index_terms(category.code)],
        "variables": [
            {"code": variable.code, "name": variable.name, "group": variable.group}
            for variable in classification.variables_for(category.code)
        ],
        "national_codes": _national(category.code),
        "note": category.note,
    }


def _named(category: Category) -> dict[str, str]:
    return {"code": category.code, "title": category.title}


def _national(code: str) -> list[dict[str, str]]:
    from kyoto.statistics.classification import correspondence, known_correspondences

    return [
        {
            "table": known.name,
            "code": link.national_code,
            "title": next(iter(link.titles), ""),
            "match": link.match,
            "condition": link.condition,
        }
        for known in known_correspondences()
        if known.name != "iccs"
        for link in correspondence(known.name).links
        if link.iccs_code == code
    ]


def _print_card(card: dict[str, Any]) -> None:
    from rich.console import Group
    from rich.text import Text

    parts: list[RenderableType] = [Text.assemble((card["code"], "bold cyan"), "  ", (card["title"], "bold"))]
    parts.append(Text(f"{' ' * len(card['code'])}  {card['title_es']}", style="dim"))
    above = [f"{item['code']} {item['title']}" for item in card["ancestors"]]
    _section(parts, "Above", above)
    _section(parts, "Below", [f"{item['code']} {item['title']}" for item in card["children"]])
    _section(parts, "Definition", [card["definition"]] if card["definition"] else [])
    _section(parts, "Includes", card["inclusions"] or [])
    _section(parts, "Leaves out", card["exclusions"] or [])
    _section(parts, "Index terms", card["index_terms"])
    groups: dict[str, list[str]] = {}
    for variable in card["variables"]:
        groups.setdefault(variable["group"].replace("_", " "), []).append(variable["name"])
    _section(parts, "Variables", [f"{group}: {', '.join(names)}" for group, names in groups.items()])
    _section(parts, "National codes", _national_lines(card["national_codes"]))
    _section(parts, "Note", [card["note"]] if card["note"] else [])
    _print(Group(*parts))


def _section(parts: list[RenderableType], heading: str, lines: Sequence[str]) -> None:
    from rich.text import Text

    if not lines:
        return
    parts.append(Text(f"\n{heading}", style="bold"))
    parts.extend(_indented(line) for line in lines)


def _indented(line: str) -> RenderableType:
    from rich.padding import Padding
    from rich.text import Text

    return Padding(Text(line, overflow="fold"), (0, 0, 0, 2))


def _national_lines(items: Sequence[dict[str, str]]) -> list[str]:
    """A few codes of each table, and how many more there are."""
    lines = []
    for table in dict.fromkeys(item["table"] for item in items):
        own = [item for item in items if item["table"] == table]
        for item in own[:_MOST_CODES]:
            when = f", when {item['condition']}" if item["condition"] else ""
            code = item["code"] if item["code"] == item["title"] else f"{item['code']} {item['title']}"
            lines.append(f"{table}: {code} ({item['match']}{when})")
        if len(own) > _MOST_CODES:
            lines.append(f"{table}: and {len(own) - _MOST_CODES} more (kyoto iccs map {table})")
    return lines


def _tree_row(category: Category, language: Language) -> dict[str, Any]:
    title = category.title_es if language is Language.es else category.title
    return {"code": category.code, "level": category.level, "parent": category.parent, "title": title}


def _down_to(classification: Classification, start: Category | None, depth: int) -> list[Category]:
    deepest = depth if start is None else start.level + depth
    within = list(classification) if start is None else [start, *classification.descendants(start.code)]
    return [category for category in within if category.level <= deepest]


def _drawn(classification: Classification, start: Category | None, depth: int, language: Language) -> Tree:
    from rich.text import Text
    from rich.tree import Tree

    def label(category: Category) -> Text:
        title = category.title_es if language is Language.es else category.title
        return Text.assemble((category.code, "bold cyan"), " ", (title, "dim" if category.residual else ""))

    root = Tree(label(start) if start else Text(classification.name, style="bold"), guide_style="dim")
    nodes = {start.code if start else None: root}
    for category in _down_to(classification, start, depth):
        if category is not start:
            nodes[category.code] = nodes[category.parent].add(label(category))
    return root


def _links_of(table: Correspondence, value: str) -> list[Link]:
    from kyoto.core.errors import KyotoError, nearest
    from kyoto.statistics.classification.lookup import Lookup

    lookup = Lookup(table, ())
    found = lookup.find(value)
    if found is None:
        likely = nearest(value, lookup.spellings)
        raise KyotoError(
            f"{table.name} does not map {value!r}",
            code="correspondence.unmapped",
            got=repr(value),
            hint=f"Did you mean {likely!r}?" if likely else f"See its codes: kyoto iccs map {table.name}",
        )
    return [table.links[number] for number in table.groups[found]]


def _map_row(link: Link) -> dict[str, Any]:
    from kyoto.statistics.classification import iccs

    return {
        "code": link.national_code,
        "title": link.national_title,
        "condition": link.condition,
        "weight": link.weight,
        "iccs": link.observed,
        "iccs_title": iccs().get(link.iccs_code).title if link.iccs_code else "",
        "match": link.match,
        "part_of": link.part_of,
        "note": link.note,
        "source": link.source,
    }


def _map_line(link: Link) -> dict[str, Any]:
    """Row of the table that a person reads: few and narrow columns."""
    return {
        "code": link.national_code,
        "title": next(iter(link.titles), ""),
        "ICCS": _target(link),
        "when": link.condition or (f"{link.weight:.0%}" if link.weight else ""),
        "match": link.match,
        "part of": link.part_of,
    }


def _target(link: Link) -> str:
    from kyoto.statistics.classification import iccs

    empty = {"_Z": "_Z outside ICCS", "_U": "_U too wide for one class"}
    return f"{link.iccs_code} {iccs().get(link.iccs_code).title}" if link.iccs_code else empty[link.observed]


def _print_links(table: Correspondence, links: Sequence[Link]) -> None:
    from rich.console import Group
    from rich.text import Text

    first = links[0]
    title = " | ".join(first.titles)
    parts: list[RenderableType] = [Text.assemble((first.national_code, "bold cyan"), "  ", (title, "bold"))]
    parts.append(Text(", ".join(part for part in (table.title, first.national_group) if part), style="dim"))
    for link in links:
        share = f"{link.weight:.0%} of it" if link.weight else ""
        rest = "ICCS" if len(links) == 1 else "Otherwise"
        heading = f"When {link.condition}" if link.condition else share or rest
        _section(parts, heading, [_target(link)])
        details = [f"match: {link.match}", link.note, f"part of {link.part_of}" if link.part_of else "", link.source]
        parts.extend(_indented(text) for text in details if text)
    _print(Group(*parts))


def _print_findings(findings: Sequence[Finding]) -> None:
    from rich.text import Text

    styles = {"error": "bold red", "warning": "bold yellow", "note": "bold blue"}
    for finding in findings:
        place = f"line {finding.line}: " if finding.line else ""
        _print(Text.assemble((f"{finding.severity:<8}", styles[finding.severity]), place, finding.message))
        if finding.hint:
            _print(Text(f"        {finding.hint}", style="green"))
        _print(Text(f"        {finding.code}", style="dim"))
    count = {name: sum(finding.severity == name for finding in findings) for name in styles}
    if not count["error"]:
        _print(Text("The table can be used.", style="bold green"))
    _print(Text(", ".join(f"{number} {name}{'' if number == 1 else 's'}" for name, number in count.items())))


def _print(what: RenderableType) -> None:
    from rich.console import Console

    Console(highlight=False, soft_wrap=False).print(what)


def _flat(value: object) -> object:
    if isinstance(value, list):
        return "; ".join(item["code"] if isinstance(item, dict) else str(item) for item in value)
    return value
