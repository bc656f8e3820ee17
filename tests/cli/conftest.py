"""Running commands in this process, with what they print and their exit code."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest

from kyoto.cli.main import main


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture
def kyoto(monkeypatch, capsys):
    """Run ``kyoto ARGUMENTS`` as the script does."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["kyoto", *map(str, arguments)])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return run
