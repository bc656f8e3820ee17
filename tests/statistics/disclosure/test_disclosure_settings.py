"""The ``[disclosure]`` section: defaults that protect, contradictions that are named."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kyoto.core.errors import KyotoError, Problems
from kyoto.core.project import load_project
from kyoto.statistics.disclosure import DisclosureSettings


def read(tmp_path, text):
    (tmp_path / "kyoto.toml").write_text(text, encoding="utf-8")
    problems = Problems()
    section = load_project(tmp_path).section("disclosure", problems=problems)
    return DisclosureSettings.from_section(section), problems


def test_absent_section_protects_by_cell_key(tmp_path):
    settings, problems = read(tmp_path, '[project]\ntitle = "T"\n')
    problems.raise_if_any()
    assert settings == DisclosureSettings()
    assert settings.method == "cell-key"
    assert settings.protects


def test_none_must_be_said(tmp_path):
    settings, _ = read(tmp_path, '[disclosure]\nmethod = "none"\n')
    assert not settings.protects
    assert settings.facts() == {"method": "none"}


def test_every_key_is_read(tmp_path):
    text = """[disclosure]
method = "suppression"
threshold = 5
max_deviation = 6
variance = 2
base = 3
rounding = "controlled"
p_percent = 10
dominance_n = 2
dominance_k = 85
protect_zeros = true
exact_cells = 500
secret = "s"
"""
    settings, problems = read(tmp_path, text)
    problems.raise_if_any()
    assert settings == DisclosureSettings("suppression", 5, 6, 2.0, 3, "controlled", 10.0, 2, 85.0, True, 500, "s")


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ('method = "cellkey"', "Unknown value 'cellkey'"),
        ("treshold = 3", "Unknown key 'treshold'"),
        ("threshold = 0", "0 is too small"),
        ("variance = 50", "No noise of at most 5 has a variance of 50 for every count"),
        ("variance = 0", "No noise of at most 5 has a variance of 0 for every count"),
        ("max_deviation = 2", "max_deviation is smaller than the threshold"),
        ('method = "suppression"\nthreshold = 1', "Suppression without a rule protects nothing"),
        ('method = "suppression"\ndominance_n = 1', "dominance_n and dominance_k belong together"),
        ('method = "suppression"\ndominance_n = 3\ndominance_k = 80', "dominance_n is 3"),
        ('method = "suppression"\ndominance_n = 1\ndominance_k = 100', "dominance_k is a percentage, not 100"),
        ('method = "suppression"\np_percent = 0', "p_percent is a percentage, not 0"),
        ('method = "rounding"\nbase = 1', "1 is too small"),
    ],
)
def test_contradictions_are_named_with_their_place(tmp_path, line, title):
    _, problems = read(tmp_path, f"[disclosure]\n{line}\n")
    with pytest.raises(KyotoError) as caught:
        problems.raise_if_any()
    assert [problem.title for problem in caught.value.problems] == [title]
    assert caught.value.where.line is not None


def test_secret_is_never_shown():
    settings = DisclosureSettings(secret="hush-hush")
    assert "hush" not in repr(settings)
    assert "hush" not in str(settings.facts())


def test_reading_settings_loads_no_numerical_library():
    code = (
        "import sys; from kyoto.statistics.disclosure import DisclosureSettings, protect; DisclosureSettings();"
        "sys.exit(any(name in sys.modules for name in ('numpy', 'pandas', 'scipy', 'pyarrow')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
