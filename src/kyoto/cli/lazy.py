"""The commands of ``kyoto`` by name; a command is imported when it is asked for.

With all of them imported and typed, each call would begin with half a second that it does not need.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

__all__ = ["COMMANDS", "Entry", "LazyGroup"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A command or a group of commands.

    Parameters
    ----------
    module
        Module of :mod:`kyoto.cli` that holds it.
    attribute
        Its function, or its ``typer.Typer`` for a group.
    summary
        First sentence of its help, for the overview.
    """

    module: str
    attribute: str
    summary: str


COMMANDS = {
    "new": Entry("new", "new", "Start a project: write a commented kyoto.toml, filled in as far as your data allow."),
    "build": Entry("build", "build", "Build a project: records, rejects, tables, indicators, quality and report."),
    "check": Entry(
        "check",
        "check",
        "Print the quality findings of the last build: gaps, doubles, heaped dates, breaks, missing codes.",
    ),
    "compare": Entry(
        "compare", "compare", "Say what is comparable between sources and areas, and what is not, with the reasons."
    ),
    "explain": Entry(
        "explain",
        "explain",
        "Explain a published figure: rule, mapping, classification, denominator, protection, findings, source rows.",
    ),
    "release": Entry("release", "release", "Keep what the last build published as a release that readers have."),
    "serve": Entry("serve", "serve", "Serve a project's published figures as web pages and to machines."),
    "publish": Entry("publish", "publish", "Write a project's portal as files that any web host can serve."),
    "link": Entry("link", "link", "Link the records of files that share no identifier to persons."),
    "audit-instrument": Entry(
        "audit_instrument",
        "audit_instrument",
        "Audit a risk instrument: discrimination, calibration, and who bears which errors.",
    ),
    "iccs": Entry("iccs", "app", "Look into ICCS and into the tables that lead to it from national codes."),
    "indicators": Entry("indicators", "app", "Look into the indicators: SDG, justice rates, and a project's own."),
    "cts": Entry("cts", "app", "Answer the UN survey of crime trends (UN-CTS) as a workbook."),
    "series": Entry("series", "app", "Read, compare and download published series."),
    "sdmx": Entry("sdmx", "app", "SDMX: structures and data of a build, and files of others."),
    "linkage": Entry("link", "app", "Prepare, explain and try linkage; `kyoto link` does it."),
    "survey": Entry("survey", "app", "Plan victimization and corruption surveys, weight them, estimate."),
    "hidden": Entry("hidden", "app", "Estimate hidden populations from overlapping lists."),
    "reoffending": Entry("reoffending", "app", "Rates of reoffending, time to it, and fair comparison of groups."),
    "flow": Entry("flow", "app", "Follow cases through justice; project the prison population."),
    "evaluate": Entry("evaluate", "app", "Evaluate programmes: design, power, effect, worth, evidence."),
    "mandates": Entry(
        "mandates", "app", "Read resolutions and decisions: paragraphs, obligations, links, what is due."
    ),
    "db": Entry("db", "app", "Make, check and save the database of the operational rooms."),
}
"""Every command, in the order of the overview."""


class _Loaded(MutableMapping[str, Any]):
    """Commands by name, each imported when it is looked up."""

    def __init__(self) -> None:
        self._found: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._found:
            self._found[name] = _load(name, COMMANDS[name])
        return self._found[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._found[name] = command

    def __delitem__(self, name: str) -> None:
        del self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class LazyGroup(TyperGroup):
    """The ``kyoto`` command. Its overview is written from :data:`COMMANDS` alone, without loading any of them."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.commands = _Loaded()

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the overview."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])


def _load(name: str, entry: Entry) -> Any:
    from typer.main import get_command, get_group

    found = getattr(import_module(f"kyoto.cli.{entry.module}"), entry.attribute)
    if isinstance(found, typer.Typer):
        group = get_group(found)
        group.name = name
        return group
    single = typer.Typer(add_completion=False)
    single.command(name)(found)
    return get_command(single)
