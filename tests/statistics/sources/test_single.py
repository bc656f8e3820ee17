"""One table in one file: whatever it is packed in, written in or called, it comes out the same."""

from __future__ import annotations

import gzip
import io
import zipfile

import openpyxl
import pandas as pd
import pytest

from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.sources.dialect import detected_dialect, separator_line
from kyoto.statistics.sources.single import naming, plain_table, text_frame

ROWS = {"place": ["São Paulo", "Île; de"], "code": ["007", ""]}
TEXT = 'place,code\nSão Paulo,007\n"Île; de",\n'


def zipped(members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def workbook():
    book = openpyxl.Workbook()
    for row in (["place", "code"], ["São Paulo", "007"], ["Île; de", None]):
        book.active.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


SEMICOLONS = 'place;code\r\nSão Paulo;007\r\n"Île; de";\r\n'
FILES = {
    "plain.csv": (TEXT.encode(), "text", ",", 2),
    "marked.csv": (TEXT.encode("utf-8-sig"), "text", ",", 2),
    "western.csv": (TEXT.encode("cp1252"), "text", ",", 2),
    "wide.txt": (TEXT.encode("utf-16"), "text", ",", 2),
    "tabs.tsv": (TEXT.replace(",", "\t").encode(), "text", "\t", 2),
    "bars.csv": (TEXT.replace(",", "|").encode(), "text", "|", 2),
    "excel.csv": (("sep=;\r\n" + SEMICOLONS).encode("cp1252"), "text", ";", 3),
    "quoted.csv": (('"sep=,"\n' + TEXT).encode("utf-8-sig"), "text", ",", 3),
    "packed.csv.gz": (gzip.compress(("SEP=;\n" + SEMICOLONS).encode("cp1252")), "text", ";", 3),
    "one.zip": (zipped({"inside/a.csv": TEXT.encode("cp1252")}), "text", ",", 2),
    "noname.zip": (zipped({"b": pd.DataFrame(ROWS).to_parquet()}), "parquet", ",", 2),
    "misnamed.csv": (pd.DataFrame(ROWS).to_parquet(), "parquet", ",", 2),
    "book.xlsx": (workbook(), "workbook", ",", 2),
    "misnamed.txt": (workbook(), "workbook", ",", 2),
    "book.xlsx.gz": (gzip.compress(workbook()), "workbook", ",", 2),
}


@pytest.mark.parametrize("name", FILES)
def test_every_file_gives_the_same_cells(name, tmp_path):
    data, kind, delimiter, first_line = FILES[name]
    file = tmp_path / name
    file.write_bytes(data)
    with plain_table(file) as plain:
        assert (plain.kind, plain.delimiter, plain.first_line) == (kind, delimiter, first_line)
        copy = plain.path
    found = text_frame(file)
    assert found.to_dict("list") == ROWS
    assert found.attrs["first_line"] == first_line
    assert file.read_bytes() == data
    assert copy == file or not copy.exists()


def test_a_guess_is_told_and_what_is_certain_is_not(tmp_path):
    told = []
    for name, data in {"a.csv": TEXT.encode("cp1252"), "b.csv": TEXT.encode("utf-16"), "c.csv": TEXT.encode()}.items():
        (tmp_path / name).write_bytes(data)
        with plain_table(tmp_path / name, guessed=told.append):
            pass
    assert told == ["cp1252"]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("several.zip", zipped({"a.csv": b"x", "b.csv": b"y"}), "source.several-files"),
        ("nothing.zip", zipped({}), "source.several-files"),
        ("cut.csv.gz", gzip.compress(TEXT.encode() * 99)[:60], "source.damaged-archive"),
        ("cut.parquet", b"PAR1 and no more", "source.unreadable-table"),
        ("text.xlsx", b"place,code\n", "source.unreadable-table"),
        ("uneven.csv", b"a,b\n1,2\n3,4,5,6\n", "source.unreadable-table"),
        ("empty.csv", b"", "source.unreadable-table"),
        ("missing.csv", None, "source.missing-file"),
        (".", None, "source.not-a-file"),
    ],
    # packed bytes hold the time: in the name of a test they would tell one worker's tests from another's
    ids=lambda value: value if isinstance(value, str) else "data",
)
def test_what_is_no_table_is_named_as_written(name, data, code, tmp_path):
    file = tmp_path / name
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(KyotoError) as caught:
        text_frame(file)
    assert caught.value.code == code
    assert caught.value.where.file == str(file)
    with pytest.raises(KyotoError) as caught:
        text_frame(file, shown="standard input")
    assert code in ("source.missing-file", "source.not-a-file") or caught.value.where.file == "standard input"


def test_errors_inside_name_the_file_and_not_its_copy(tmp_path):
    file = tmp_path / "a.csv.gz"
    file.write_bytes(gzip.compress(TEXT.encode()))
    with pytest.raises(KyotoError) as caught, plain_table(file) as plain:
        raise KyotoError("Wrong", code="a.b", where=Where(file=str(plain.path), line=3), detail=f"in {plain.path}")
    assert str(caught.value.where) == f"{file}:3"
    assert caught.value.detail == f"in {file}"
    with pytest.raises(KyotoError) as caught, naming(file, "standard input"):
        raise KyotoError("Wrong", code="a.b", where=Where(file="other.csv"))
    assert caught.value.where.file == "other.csv"


@pytest.mark.parametrize("line", ["sep=;\n", '"sep=;"\r\n', "\ufeffSEP=;\n", "sep=;"])
def test_the_line_of_excel(line):
    assert separator_line(line) == ";"


@pytest.mark.parametrize("line", ["sep=;;\n", "sep=x\n", "sep;value\n", "a,sep=;\n", ""])
def test_other_lines_are_not_excels(line):
    assert separator_line(line) == ""


@pytest.mark.parametrize("wanted", [(), ("place",), ("code", "place")])
def test_sources_of_a_project_know_it_too(wanted):
    form = {"delimiter": "", "quote": "", "encoding": "utf-8", "header_row": None}
    found = detected_dialect("sep=;\r\nplace;code\r\nA,B,C;1\r\nD,E,F;2\r\n", wanted, **form)
    assert (found.delimiter, found.header_line) == (";", 2)
    plain = detected_dialect("place;code\r\nA,B,C;1\r\nD,E,F;2\r\n", wanted, **form)
    assert (plain.delimiter, plain.header_line) == (";", 1)


def test_a_hint_names_no_setting_that_a_command_lacks(kyoto, tmp_path):
    """UTF-16 that breaks off has no other encoding; only a section of a project could state one."""
    (tmp_path / "a.csv").write_bytes("time,event\n1,1\n2,0\n".encode("utf-16") + b"x")
    code, _, err = kyoto("reoffending", "rates", tmp_path / "a.csv", "--event", "event", "--window", "1")
    assert code == 2 and "source.wrong-encoding" in err
    assert "save it again as UTF-8" in err and "encoding =" not in err
