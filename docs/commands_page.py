"""Make ``docs/reference/commands.md`` out of the commands themselves: ``python docs/commands_page.py``.

A test compares the page with what this gives, so that no command or option goes undocumented.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "reference" / "commands.md"

HEAD = """# Commands

This page is made from the commands (`python docs/commands_page.py`).

Every command that prints data takes `--json` for scripts, `--csv` for spreadsheets and `--table` to read (the default).
`-` as a file is standard input where a command says so. Exit codes: 0 done, 1 a bug, 2 a problem that you can solve;
errors go to standard error with the place, what was expected and a hint.
"""


def page() -> str:
    """Text of the page."""
    import typer.main

    from kyoto.cli.main import app

    parts = [HEAD]
    for name, command in _commands(typer.main.get_command(app), "kyoto"):
        parts += _section(name, command)
    return "\n".join(parts)


def _commands(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def _section(name: str, command: Any) -> list[str]:
    help_text, example = _split(command.help or "", command.epilog or "")
    lines = [f"## {name}", "", help_text, ""]
    if example:
        lines += [example, ""]
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option"]
    rows = [(f"`{each.name.upper()}`", each) for each in arguments]
    rows += [(", ".join(f"`{spelling}`" for spelling in each.opts), each) for each in options]
    if rows:
        lines += ["| argument or option | | default |", "|---|---|---|"]
        lines += [f"| {shown} | {_cell(each.help)} | {_default(each)} |" for shown, each in rows]
        lines.append("")
    return lines


def _split(text: str, epilog: str) -> tuple[str, str]:
    """Help without its example, and the example with its commands as code."""
    body = "\n".join(line.strip() for line in text.strip().splitlines())
    parts = re.split(r"\n\n(?=Examples?:)", body, maxsplit=1)
    example = parts[1] if len(parts) > 1 else epilog
    example = re.sub(r"\[bold\](.*?)\[/\]", r"`\1`", example)
    plain = re.fullmatch(r"(Examples?:)\s*(kyoto [^`]*)", example.strip(), flags=re.DOTALL)
    if plain:
        example = f"{plain[1]} `{' '.join(plain[2].split())}`"
    return parts[0], example


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    value = parameter.default
    if callable(value) or value in (None, False, "", (), []):
        return ""
    return f"`{getattr(value, 'value', value)}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
