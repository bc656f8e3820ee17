"""Running ``kyoto survey`` in this process, which starts faster than a new one."""

from __future__ import annotations

import io
import sys

import pytest

from kyoto.cli.main import main


@pytest.fixture
def survey_command(monkeypatch, capsys):
    """Run ``kyoto survey WORDS``: exit code, output, errors."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words, text=None):
        monkeypatch.setattr(sys, "argv", ["kyoto", "survey", *map(str, words)])
        if text is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        out, errors = capsys.readouterr()
        return code, out, errors

    return run
