"""What a user does wrong, at the command line: the exact error on standard error, exit code 2, never a traceback."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys

import pytest

PROJECT = """
[project]
title = "Test"
[sources.records]
file = "data.csv"
unit = "offence"
[sources.records.columns]
offence = { column = "Crime type", correspondence = "uk-police" }
recorded = "Date"
[tables.by_type]
source = "records"
by = ["iccs", "period:year"]
[disclosure]
method = "none"
"""
DATA = "Crime type,Date\nBurglary,2024-01-05\nRobbery,2024-02-07\n"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "kyoto.toml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "data.csv").write_text(DATA, encoding="utf-8")
    return tmp_path


def changed(project, old, new):
    file = project / "kyoto.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def refused(ran):
    assert ran.code == 2, (ran.out, ran.err)
    assert "Traceback" not in ran.err
    assert ran.err.startswith("error: ")
    return ran.err


def test_no_project_here(kyoto, tmp_path):
    error = refused(kyoto("build", tmp_path))
    assert "No project here" in error
    assert "kyoto new" in error
    assert "project.missing-file" in error


def test_not_toml(kyoto, project):
    changed(project, 'title = "Test"', "title = Test")
    error = refused(kyoto("build", project))
    assert "The project file is not valid TOML" in error
    assert "kyoto.toml:3" in error


@pytest.mark.parametrize(
    ("old", "new", "title", "where", "hint"),
    [
        ("[tables.by_type]", "[tabels.by_type]", "Unknown section [tabels]", "kyoto.toml:", "Did you mean 'tables'?"),
        ("unit =", "unti =", "Unknown key 'unti'", "[sources.records.unti]", "Did you mean 'unit'?"),
        ('"offence"', '"offense"', "Unknown value 'offense'", "[sources.records.unit]", "Did you mean 'offence'?"),
        ("recorded =", "recroded =", "Unknown concept 'recroded'", "columns.recroded]", "Did you mean 'recorded'?"),
        ("period:year", "period:yaer", "Unknown grain 'yaer'", "[tables.by_type.by]", "Did you mean 'year'?"),
        (
            'source = "records"',
            'source = "record"',
            "not there: 'record'",
            "by_type.source]",
            "Did you mean 'records'?",
        ),
        ('"none"', '"nothing"', "Unknown value 'nothing'", "[disclosure.method]", ""),
        ('title = "Test"', "title = 5", "'title' has the wrong type", "[project.title]", ""),
    ],
)
def test_a_mistake_in_the_project_file_is_shown_with_its_place(kyoto, project, old, new, title, where, hint):
    changed(project, old, new)
    error = refused(kyoto("build", project))
    assert title in error
    assert where in error
    assert hint in error


def test_all_mistakes_come_at_once(kyoto, project):
    changed(project, "unit =", "unti =")
    changed(project, "recorded =", "recroded =")
    changed(project, 'method = "none"', 'methd = "none"')
    error = refused(kyoto("build", project))
    assert error.count("error: ") >= 4  # unti, the missing unit, recroded, methd
    for word in ("unti", "recroded", "methd"):
        assert word in error


def test_unknown_correspondence(kyoto, project):
    changed(project, "uk-police", "uk-polise")
    error = refused(kyoto("build", project))
    assert "No correspondence table is called 'uk-polise'" in error
    assert "Did you mean 'uk-police'?" in error
    assert "correspondence.unknown" in error
    assert not (project / "build").exists()


def test_missing_data_and_wrong_column(kyoto, project):
    changed(project, '"data.csv"', '"dota.csv"')
    assert "Did you mean 'data.csv'?" in refused(kyoto("build", project))
    changed(project, '"dota.csv"', '"data.csv"')
    changed(project, '"Crime type"', '"Crime typ"')
    assert "Did you mean 'Crime type'?" in refused(kyoto("build", project))


def test_unmapped_codes_are_counted_as_unknown_and_said(kyoto, project):
    (project / "data.csv").write_text(DATA + "Witchcraft,2024-03-01\n", encoding="utf-8")
    ran = kyoto("build", project)
    assert ran.code == 0, ran.err
    assert "3 rows in = 3 counted + 0 rejected; 1 without ICCS code" in " ".join(ran.out.split())
    changed(project, 'unit = "offence"', 'unit = "offence"\non_uncoded = "reject"')
    ran = kyoto("build", project)
    assert "3 rows in = 2 counted + 1 rejected" in " ".join(ran.out.split())
    assert "Witchcraft" in (project / "build" / "rejects" / "records.csv").read_text(encoding="utf-8")


def test_unknown_engine_and_unknown_option(kyoto, project):
    assert "Did you mean 'duckdb'?" in refused(kyoto("build", project, "--engine", "duckbd"))
    wrong = kyoto("build", project, "--enjine", "duckdb")
    assert wrong.code == 2
    assert "--enjine" in wrong.err


def _as_anybody():
    """Take from root the right to write anywhere (CAP_DAC_OVERRIDE); others have never had it."""
    if os.geteuid() == 0:
        drop_from_bounding_set, override_permissions = 24, 1
        assert ctypes.CDLL(None).prctl(drop_from_bounding_set, override_permissions, 0, 0, 0) == 0


def test_no_write_permission(project):
    program = [sys.executable, "-m", "kyoto", "build", str(project)]
    project.chmod(0o500)
    try:
        ran = subprocess.run(program, capture_output=True, text=True, check=False, preexec_fn=_as_anybody)
    finally:
        project.chmod(0o700)
    assert ran.returncode == 2, ran.stderr[-2000:]
    assert "Traceback" not in ran.stderr
    assert "files.cannot-write" in ran.stderr
    assert "Permission denied" in ran.stderr
    assert not (project / "build").exists()


def test_a_build_folder_that_cannot_be_made(kyoto, tmp_path, project):
    """Nobody, root neither, can make a folder below a file."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    error = refused(kyoto("new", tmp_path / "file" / "project"))
    assert "Cannot write the file" in error
    assert "files.cannot-write" in error


def _small_files_only():
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))


def test_full_disk(project):
    """A limit on the size of files stands for a full disk: writing fails in the same place, with OSError."""
    rows = "".join(f"Burglary,2024-01-{1 + n % 28:02d}\n" for n in range(20))
    (project / "data.csv").write_text(DATA + rows, encoding="utf-8")
    program = [sys.executable, "-m", "kyoto", "build", str(project)]
    good = subprocess.run(program, capture_output=True, text=True, check=False)
    assert good.returncode == 0, good.stderr
    before = sorted(path.name for path in (project / "build").rglob("*"))
    many = "".join(f"Burglary number {n},2024-01-05\n" for n in range(60_000))
    (project / "data.csv").write_text(DATA + many, encoding="utf-8")
    full = subprocess.run(program, capture_output=True, text=True, check=False, preexec_fn=_small_files_only)
    assert full.returncode == 2, full.stderr[-2000:]
    assert "Traceback" not in full.stderr
    assert "disk" in full.stderr
    # the last good build is whole
    assert sorted(path.name for path in (project / "build").rglob("*")) == before
