"""What ``kyoto iccs`` prints: cards, trees, rows of tables, findings."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType
    from rich.tree import Tree

    from kyoto.statistics.classification import Category, Classification, Correspondence, Finding, Link

__all__ = [
    "Language",
    "card_of",
    "down_to",
    "drawn_tree",
    "flat_cell",
    "links_of",
    "map_line",
    "map_row",
    "print_card",
    "print_findings",
    "print_links",
    "print_rich",
    "tree_row",
]

_MOST_CODES = 4


class Language(StrEnum):
    """Languages of the titles."""

    en = "en"
    es = "es"


def card_of(classification: Classification, category: Category) -> dict[str, Any]:
    """Everything that is known of a class, as JSON would hold it."""
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


def print_card(card: dict[str, Any]) -> None:
    """Print a card for a person."""
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
    print_rich(Group(*parts))


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


def tree_row(category: Category, language: Language) -> dict[str, Any]:
    """One class as a row."""
    title = category.title_es if language is Language.es else category.title
    return {"code": category.code, "level": category.level, "parent": category.parent, "title": title}


def down_to(classification: Classification, start: Category | None, depth: int) -> list[Category]:
    """Classes from a start down to a depth, in printed order."""
    deepest = depth if start is None else start.level + depth
    within = list(classification) if start is None else [start, *classification.descendants(start.code)]
    return [category for category in within if category.level <= deepest]


def drawn_tree(classification: Classification, start: Category | None, depth: int, language: Language) -> Tree:
    """The tree as it is drawn in a terminal."""
    from rich.text import Text
    from rich.tree import Tree

    def label(category: Category) -> Text:
        title = category.title_es if language is Language.es else category.title
        return Text.assemble((category.code, "bold cyan"), " ", (title, "dim" if category.residual else ""))

    root = Tree(label(start) if start else Text(classification.name, style="bold"), guide_style="dim")
    nodes = {start.code if start else None: root}
    for category in down_to(classification, start, depth):
        if category is not start:
            nodes[category.code] = nodes[category.parent].add(label(category))
    return root


def links_of(table: Correspondence, value: str) -> list[Link]:
    """Links of the national code that a value stands for."""
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


def map_row(link: Link) -> dict[str, Any]:
    """A link with everything it holds."""
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


def map_line(link: Link) -> dict[str, Any]:
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


def print_links(table: Correspondence, links: Sequence[Link]) -> None:
    """Print what one national code becomes."""
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
    print_rich(Group(*parts))


def print_findings(findings: Sequence[Finding]) -> None:
    """Print what a check of a table found."""
    from rich.text import Text

    styles = {"error": "bold red", "warning": "bold yellow", "note": "bold blue"}
    for finding in findings:
        place = f"line {finding.line}: " if finding.line else ""
        print_rich(Text.assemble((f"{finding.severity:<8}", styles[finding.severity]), place, finding.message))
        if finding.hint:
            print_rich(Text(f"        {finding.hint}", style="green"))
        print_rich(Text(f"        {finding.code}", style="dim"))
    count = {name: sum(finding.severity == name for finding in findings) for name in styles}
    if not count["error"]:
        print_rich(Text("The table can be used.", style="bold green"))
    print_rich(Text(", ".join(f"{number} {name}{'' if number == 1 else 's'}" for name, number in count.items())))


def print_rich(what: RenderableType) -> None:
    """Print to the terminal without colouring numbers."""
    from rich.console import Console

    Console(highlight=False, soft_wrap=False).print(what)


def flat_cell(value: object) -> object:
    """Value of a card as one CSV cell."""
    if isinstance(value, list):
        return "; ".join(item["code"] if isinstance(item, dict) else str(item) for item in value)
    return value
