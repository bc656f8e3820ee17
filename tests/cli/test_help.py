"""Every command helps: it has an example, and each of its options says what it does."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer.main

from kyoto.cli.lazy import COMMANDS
from kyoto.cli.main import app


def commands(group=None, path=("kyoto",)):
    """Every command with its words."""
    group = typer.main.get_command(app) if group is None else group
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


ALL = dict(commands())


def test_there_are_commands():
    assert {"kyoto new", "kyoto build", "kyoto compare", "kyoto iccs show"} <= set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_help_has_an_example_that_starts_with_the_command(name):
    text = f"{ALL[name].help or ''}\n{ALL[name].epilog or ''}".replace("[bold]", "")
    assert "Example" in text
    assert name in text, f"the example of `{name}` does not show `{name}`"


@pytest.mark.parametrize("name", ALL)
def test_every_option_and_argument_is_explained(name):
    silent = [parameter.name for parameter in ALL[name].params if not getattr(parameter, "help", None)]
    assert silent == []


@pytest.mark.parametrize("name", ALL)
def test_help_is_printed(kyoto, name):
    ran = kyoto(*name.split()[1:], "--help")
    assert ran.code == 0
    assert "Usage" in ran.out


@pytest.mark.parametrize("name", COMMANDS)
def test_overview_says_what_the_command_says(name):
    told = typer.main.get_command(app).commands[name].help
    assert " ".join(told.split("\n\n")[0].split()) == COMMANDS[name].summary


def test_overview_loads_no_command(kyoto):
    code = "import sys; from kyoto.cli.main import app; app(['--help'], standalone_mode=False)"
    code += "; print(sorted(m for m in sys.modules if m.startswith('kyoto.cli.')))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "['kyoto.cli.lazy', 'kyoto.cli.main']"
