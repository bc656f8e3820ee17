"""A stray cell at the end of a sheet is refused before any reader lays out the grid."""

from __future__ import annotations

import openpyxl
import pytest

from kyoto.core.errors import KyotoError
from kyoto.statistics.sources.sheet_extent import require_modest_extent
from kyoto.statistics.sources.single import text_frame


def workbook(path, *cells):
    book = openpyxl.Workbook()
    book.active.append(["area", "period", "value"])
    book.active.append(["AUT", "2023", 5])
    for cell in cells:
        book.active[cell] = "x"
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("cells", "reach"),
    [(["XFD1048576"], "XFD1048576"), (["XFD4", "B900000"], "XFD900000"), (["AZ1048575"], "AZ1048575")],
)
def test_what_reaches_too_far(tmp_path, cells, reach):
    path = workbook(tmp_path / "stray.xlsx", *cells)
    with pytest.raises(KyotoError) as caught:
        text_frame(path)
    assert caught.value.code == "source.unreadable-table"
    assert caught.value.got == f"cells up to {reach} in sheet 1"
    assert caught.value.where.file == str(path)


@pytest.mark.parametrize("cells", [[], ["ABC400"], ["Z1048576"], ["XFD3"]])
def test_what_a_machine_can_hold(tmp_path, cells):
    require_modest_extent(workbook(tmp_path / "wide.xlsx", *cells), "wide.xlsx", code="x")


def test_a_source_of_a_project_says_it_too(kyoto, tmp_path):
    workbook(tmp_path / "stray.xlsx", "XFD1048576")
    (tmp_path / "kyoto.toml").write_text(
        '[project]\ntitle = "T"\n[sources.s]\nfile = "stray.xlsx"\nunit = "offence"\n'
        '[sources.s.columns]\narea = "area"\nperiod = "period"\n',
        encoding="utf-8",
    )
    ran = kyoto("build", tmp_path)
    assert ran.code == 2
    assert "source.damaged-workbook" in ran.err
    assert "cells up to XFD1048576 in sheet 1" in ran.err


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"text"])
def test_what_is_no_archive_is_left_to_its_reader(tmp_path, content):
    path = tmp_path / "file.xlsx"
    path.write_bytes(content)
    require_modest_extent(path, "file.xlsx", code="x")
