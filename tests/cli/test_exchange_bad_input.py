"""What people send by mistake or by malice, each given to the command line: a clear error, and nothing lost."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import zipfile

import openpyxl
import pytest
from sdmx_builds import write_project

from kyoto.statistics.exchange.cts import Answer, Answers, write_workbook

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
PUBLISHED = (
    b"Iso3_code,Country,Region,Subregion,Indicator,Dimension,Category,Sex,Age,Year,Unit of measurement,VALUE,Source\n"
)


@pytest.fixture
def filled(tmp_path):
    """A questionnaire with a few figures."""
    figures = {"1.2.01.T": 60.0, "1.2.01.M": 40.0, "1.2.01.F": 20.0, "5.1.01.T": 400.0, "6.1.01.T": 1810.0}
    path = tmp_path / "cts-2023.xlsx"
    texts = {"R.office": "Statistical office", "M.02.police": "victim"}
    answers = {name: Answer(value, source="register") for name, value in figures.items()}
    write_workbook(Answers("AUT", "2023", answers, {}, texts), path)
    return path


def changed(path, change):
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


def cell_of(book, row, heading):
    """Cell of the form, found as a person finds it."""
    for sheet in book.worksheets:
        for line in sheet.iter_rows(max_col=1):
            if line[0].value == row:
                place = line[0].row
                while sheet.cell(place, 1).value != "Row":
                    place -= 1
                names = [sheet.cell(place, column).value for column in range(1, sheet.max_column + 1)]
                return sheet.cell(line[0].row, names.index(heading) + 1)
    raise AssertionError(row)


def far_cell(book):
    book["1 Police"]["XFD1048576"] = 5


def zip_of(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


# --- workbooks --------------------------------------------------------------------------------------
WORKBOOKS = {
    "csv renamed": (b"cell,value\n1.2.01.T,5\n", "workbook.not-a-workbook", "text, such as CSV"),
    "empty": (b"", "workbook.not-a-workbook", ""),
    "password": (COMPOUND + "EncryptedPackage".encode("utf-16-le"), "workbook.password-protected", ""),
    "corrupt": (zip_of(**{"xl/workbook.xml": b"<broken"}), "workbook.damaged-workbook", ""),
    "another workbook": (None, "cts.not-the-questionnaire", "sheets Sheet"),
    "bomb": (zip_of(**{"xl/worksheets/sheet1.xml": bytes(250_000_000)}), "workbook.damaged-workbook", "250 MB"),
}


@pytest.mark.parametrize("command", ["import", "check"])
@pytest.mark.parametrize("name", WORKBOOKS)
def test_what_is_no_questionnaire(kyoto, tmp_path, name, command):
    content, code, got = WORKBOOKS[name]
    path = tmp_path / "sent.xlsx"
    if content is None:
        openpyxl.Workbook().save(path)
    else:
        path.write_bytes(content)
    ran = kyoto("cts", command, path)
    assert ran.code == 2
    assert code in ran.err
    assert "sent.xlsx" in ran.err
    assert got in ran.err
    assert "hint" in ran.err
    assert "Traceback" not in ran.err


def test_a_workbook_cut_off_on_its_way(kyoto, filled):
    filled.write_bytes(filled.read_bytes()[:30_000])
    ran = kyoto("cts", "import", filled)
    assert (ran.code, "workbook.damaged-workbook" in ran.err) == (2, True)


def stream_corrupt(data):
    """A sheet whose packed bytes were changed on the way."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = next(member for member in archive.infolist() if member.filename.startswith("xl/worksheets/"))
    start = sheet.header_offset + 30 + len(sheet.filename) + 100
    return data[:start] + bytes(byte ^ 0xFF for byte in data[start : start + 50]) + data[start + 50 :]


def members_marked(data, *, central, local, value):
    """An archive with a byte of the head of every member set."""
    changed = bytearray(data)
    for mark, place in ((b"PK\x01\x02", central), (b"PK\x03\x04", local)):
        at = changed.find(mark)
        while at != -1:
            changed[at + place] = value
            at = changed.find(mark, at + 4)
    return bytes(changed)


UNREADABLE = {
    "corrupt stream": stream_corrupt,
    "password of the archive": lambda data: members_marked(data, central=8, local=6, value=1),
    "unknown compression": lambda data: members_marked(data, central=10, local=8, value=97),
}


@pytest.mark.parametrize("damage", UNREADABLE)
@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("cts", "import", "FILE"), "workbook.damaged-workbook"),
        (("reoffending", "rates", "FILE", "--time", "a", "--event", "b", "--window", "30"), "unreadable"),
        (("new", "PROJECT", "--from", "FILE"), "source.damaged-workbook"),
    ],
    ids=["cts", "room", "source"],
)
def test_an_archive_that_cannot_be_unpacked(kyoto, filled, tmp_path, damage, command, code):
    filled.write_bytes(UNREADABLE[damage](filled.read_bytes()))
    places = {"FILE": filled, "PROJECT": tmp_path / "project"}
    ran = kyoto(*(places.get(part, part) for part in command))
    assert ran.code == 2
    assert code in ran.err
    assert filled.name in ran.err
    assert "Traceback" not in ran.err


def test_a_renamed_workbook_is_read_all_the_same(kyoto, filled, tmp_path):
    renamed = tmp_path / "final FINAL (2).dat"
    filled.rename(renamed)
    ran = kyoto("cts", "import", renamed, "--json")
    assert ran.code == 0
    assert {row["cell"] for row in json.loads(ran.out)} >= {"1.2.01.T", "6.1.01.T"}


def test_a_half_filled_workbook_gives_what_it_has(kyoto, filled):
    changed(filled, lambda book: [book.remove(book[name]) for name in ("5 Prisons", "Sources", "Cells")])
    ran = kyoto("cts", "import", filled, "--json")
    assert ran.code == 0
    found = {row["cell"]: row["value"] for row in json.loads(ran.out) if row["unit"] != "text"}
    assert found == {"1.2.01.T": 60.0, "1.2.01.M": 40.0, "1.2.01.F": 20.0, "6.1.01.T": 1810.0}
    assert "lacks table 5.1" in ran.err


def test_a_moved_row_and_figures_typed_as_text(kyoto, filled):
    def typed(book):
        cell_of(book, "1.2.01", "Total").value = "sixty"
        cell_of(book, "1.2.01", "Male").value = "1 234*"
        book["1 Police"].insert_rows(4, 3)

    changed(filled, typed)
    ran = kyoto("cts", "import", filled, "--json")
    found = {row["cell"]: (row["value"], row["status"]) for row in json.loads(ran.out)}
    assert found["1.2.01.M"][0] == 1234.0
    assert found["1.2.01.T"][0] is None
    assert "sixty" in ran.err
    assert "1 Police!D" in ran.err
    assert found["1.2.01.F"] == (20.0, "A")


def test_another_year_s_form(kyoto, filled):
    """Read by its codes, and every difference said."""

    def older(book):
        sheet = book["Country"]
        for row in sheet.iter_rows(max_col=3):
            if row[0].value == "R.edition":
                row[2].value = "kyoto-cts-0"
        cell_of(book, "1.2.02", "Item").offset(0, -1).value = "1.2.99"

    changed(filled, older)
    ran = kyoto("cts", "import", filled, "--year", "2022", "--json")
    assert ran.code == 0
    assert {row["period"] for row in json.loads(ran.out)} == {"2022"}
    assert "the form is kyoto-cts-0, not kyoto-cts-1" in ran.err
    assert "the workbook is of year 2023, read as 2022" in ran.err
    assert "1.2.99" in ran.err


def test_a_stray_cell_at_the_end_of_a_sheet(kyoto, filled):
    """Seventeen thousand million cells: the library would end the program."""
    changed(filled, far_cell)
    for command in (("cts", "import"), ("series", "read")):
        ran = kyoto(*command, filled)
        assert ran.code == 2
        assert "workbook.damaged-workbook" in ran.err
        assert "cells up to XFD1048576 in sheet 2" in ran.err
        assert "Ctrl+End" in ran.err


def test_a_stray_cell_far_below_is_only_remarked_on(kyoto, filled):
    def deep(book):
        book["1 Police"]["B200000"] = "here too"

    changed(filled, deep)
    ran = kyoto("cts", "import", filled, "--json")
    assert ran.code == 0
    assert "1 Police!B200000: 'here too' is no part of the form" in ran.err


def test_a_failed_import_keeps_the_earlier_answers(kyoto, filled, tmp_path):
    out = tmp_path / "answers.parquet"
    assert kyoto("cts", "import", filled, "--out", out).code == 0
    before = out.read_bytes()
    filled.write_bytes(filled.read_bytes()[:30_000])
    assert kyoto("cts", "import", filled, "--out", out).code == 2
    assert out.read_bytes() == before
    book = tmp_path / "book.xlsx"
    assert kyoto("cts", "export", out, "--out", book).code == 0
    before = book.read_bytes()
    out.write_bytes(b"PAR1")
    assert kyoto("cts", "export", out, "--out", book).code == 2
    assert book.read_bytes() == before


# --- SDMX -------------------------------------------------------------------------------------------
@pytest.fixture
def exchanged(kyoto, tmp_path):
    """Data and structures of a small build."""
    project = write_project(tmp_path / "project")
    data, structures = tmp_path / "data.csv", tmp_path / "structures.xml"
    assert kyoto("sdmx", "data", project, "--flow", "crimes", "--format", "sdmx-csv-2.0", "--out", data).code == 0
    assert kyoto("sdmx", "structures", project, "--out", structures).code == 0
    return data, structures


def test_sdmx_with_unknown_codes(kyoto, exchanged):
    data, structures = exchanged
    text = data.read_text(encoding="utf-8").replace(",XB,", ",XY,").replace(",F,_T,", ",female,_T,", 1)
    data.write_text(text, encoding="utf-8")
    ran = kyoto("sdmx", "read", data, "--structures", structures)
    assert ran.code == 2
    assert ran.err.count("sdmx.unknown-code") == 2
    assert "The code list of REF_AREA has no 'XY'" in ran.err
    assert "The code list of SEX has no 'female'" in ran.err
    assert "data.csv" in ran.err
    assert "line 2" in ran.err or ":2" in ran.err


def test_sdmx_without_a_dimension(kyoto, exchanged):
    data, structures = exchanged
    data.write_text(data.read_text(encoding="utf-8").replace(",SEX,", ",SEKS,", 1), encoding="utf-8")
    ran = kyoto("sdmx", "read", data, "--structures", structures)
    assert ran.code == 2
    assert "sdmx.missing-dimension" in ran.err
    assert "An observation has no SEX" in ran.err


BOMBS = {
    "a thousand million laughs": '<!DOCTYPE m [<!ENTITY a "lol">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>",
    "one very long entity": f'<!DOCTYPE m [<!ENTITY j "{"x" * 100_000}">]>',
    "a file of this machine": '<!DOCTYPE m [<!ENTITY j SYSTEM "file:///etc/passwd">]>',
    "a parameter entity": '<!DOCTYPE m [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("option", ["data", "structures"])
def test_entity_bombs(kyoto, exchanged, tmp_path, name, option):
    data, _ = exchanged
    root = "GenericData" if option == "data" else "Structure"
    space = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
    path = tmp_path / "bomb.xml"
    path.write_text(f'{BOMBS[name]}\n<m:{root} xmlns:m="{space}">&j;</m:{root}>', encoding="utf-8")
    ran = kyoto("sdmx", "read", *((path,) if option == "data" else (data, "--structures", path)))
    assert ran.code == 2
    assert "sdmx.entities" in ran.err
    assert "bomb.xml" in ran.err
    assert "root:" not in ran.err + ran.out


# --- a gigabyte of nothing --------------------------------------------------------------------------
RUN = """
import re, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
from kyoto.cli.main import main
sys.argv = ["kyoto", *sys.argv[1:]]
try:
    main()
finally:
    status = open("/proc/self/status").read()
    print("peak", re.search(r"VmHWM:\\s+(\\d+)", status)[1])
"""
"""The program as the script runs it, with at most three gigabytes, and its peak of memory in the end."""


def bounded(*arguments, megabytes=400):
    """Run the program by itself in little memory."""
    ran = subprocess.run(
        [sys.executable, "-c", RUN, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120
    )
    printed = ran.stdout + ran.stderr
    assert int(ran.stdout.split()[-1]) < megabytes * 1000, printed
    return ran.returncode, printed


def sparse(path, start=b""):
    """A gigabyte of zeros that takes no place on the disk."""
    path.write_bytes(start)
    os.truncate(path, 1 << 30)
    return path


HUGE = {
    "workbook of zeros": (("cts", "import"), "huge.xlsx", b"", "workbook.not-a-workbook"),
    "workbook that begins like an archive": (("cts", "check"), "huge.xlsx", b"PK\x03\x04", "workbook.damaged-workbook"),
    "old workbook": (("cts", "import"), "huge.xls", COMPOUND, "workbook.damaged-workbook"),
    "series of zeros": (("series", "read"), "huge.csv", b"", "series.empty-file"),
    "series with a heading": (("series", "read"), "huge.csv", PUBLISHED, "series.too-large"),
    "series as old workbook": (("series", "read"), "huge.xls", COMPOUND, "workbook.damaged-workbook"),
    "series as JSON": (("series", "read"), "huge.json", b"[", "series.too-large"),
    "SDMX of zeros": (("sdmx", "read"), "huge.xml", b"", "sdmx.not-sdmx"),
    "SDMX-ML": (("sdmx", "read"), "huge.xml", b"<?xml version='1.0'?><m:GenericData xmlns:m='x'>", "sdmx.not-sdmx"),
    "SDMX-JSON": (("sdmx", "read"), "huge.json", b'{"data": ', "sdmx.too-large"),
    "SDMX-CSV": (("sdmx", "read"), "huge.csv", b"STRUCTURE,STRUCTURE_ID,ACTION,REF_AREA\n", "sdmx.too-large"),
}


@pytest.mark.parametrize("name", HUGE)
def test_a_gigabyte_of_nothing(tmp_path, name):
    command, file, start, wanted = HUGE[name]
    code, printed = bounded(*command, sparse(tmp_path / file, start))
    assert code == 2, printed
    assert wanted in printed
    assert file in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize(("inside", "megabytes"), [(b" ", 1024), (b"\0", 256), (b",", 256), (b"\n", 256)])
def test_a_gigabyte_of_nothing_packed_into_a_megabyte(tmp_path, inside, megabytes):
    path = tmp_path / "huge.csv.gz"
    block = inside * (1 << 20)
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(PUBLISHED if inside == b"," else b"")
        for _ in range(megabytes):
            file.write(block)
    code, printed = bounded("series", "read", path)
    assert code == 2, printed
    assert ("series.too-large" if inside == b"," else "series.empty-file") in printed


def test_a_workbook_that_lies_about_its_size(tmp_path, filled):
    """A sheet of 30 MB that the archive says has a thousand bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(filled) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            member = source.read(name)
            if name == "xl/worksheets/sheet2.xml":
                member = member.partition(b"</sheetData>")[0] + b" " * 30_000_000
            target.writestr(name, member)
    content = bytearray(buffer.getvalue())
    entry = content.rfind(b"xl/worksheets/sheet2.xml") - 46
    content[entry + 24 : entry + 28] = (1000).to_bytes(4, "little")
    path = tmp_path / "liar.xlsx"
    path.write_bytes(content)
    code, printed = bounded("cts", "import", path)
    assert code == 2, printed
    assert "workbook.damaged-workbook" in printed
