"""The FILE of a command: packed, in other encodings, through a pipe; and errors that name it as the user wrote it."""

import gzip
import io
import os
import subprocess
import sys
import threading
import zipfile

import pandas as pd
import pytest

from kyoto.cli.input import input_file
from kyoto.core.errors import KyotoError, KyotoErrors, Where

TABLE = "place,n\nSão Paulo,1\nÎle,2\n"


def zipped(members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def workbook():
    written = io.BytesIO()
    pd.read_csv(io.StringIO(TABLE)).to_excel(written, index=False)
    return written.getvalue()


def parquet():
    return pd.read_csv(io.StringIO(TABLE)).to_parquet()


READERS = {".csv": pd.read_csv, ".parquet": pd.read_parquet, ".xlsx": pd.read_excel}
KINDS = {
    "plain.csv": (TABLE.encode(), ".csv"),
    "old-mac.csv": (TABLE.replace("\n", "\r").encode(), ".csv"),
    "western.csv": (TABLE.encode("cp1252"), ".csv"),
    "wide.csv": (TABLE.encode("utf-16"), ".csv"),
    "packed.csv.gz": (gzip.compress(TABLE.encode()), ".csv"),
    "western.csv.gz": (gzip.compress(TABLE.encode("cp1252")), ".csv"),
    "one.zip": (zipped({"inside/a.csv": TABLE.encode()}), ".csv"),
    "upper.PARQUET": (parquet(), ".PARQUET"),
    "misnamed.csv": (parquet(), ".parquet"),
    "book.xlsx": (workbook(), ".xlsx"),
}


@pytest.mark.parametrize("name", KINDS)
def test_file_is_read_whatever_it_is_packed_or_written_in(name, tmp_path):
    data, ending = KINDS[name]
    file = tmp_path / name
    file.write_bytes(data)
    with input_file(str(file)) as path:
        assert path.suffix == ending
        assert READERS[ending.lower()](path).to_dict("list") == {"place": ["São Paulo", "Île"], "n": [1, 2]}
    assert file.read_bytes() == data


@pytest.mark.parametrize("name", KINDS)
def test_standard_input_is_what_its_content_says(name, monkeypatch):
    data, ending = KINDS[name]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    with input_file("-") as path:
        assert path.suffix == ending.lower()
        assert READERS[path.suffix](path)["place"].tolist() == ["São Paulo", "Île"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_pipe_that_can_be_read_once(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    threading.Thread(target=pipe.write_text, args=(TABLE, "utf-8"), daemon=True).start()
    with input_file(str(pipe)) as path:
        assert path.read_text(encoding="utf-8") == path.read_text(encoding="utf-8") == TABLE


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("several.zip", zipped({"a.csv": b"x", "b.csv": b"y"}), "source.several-files"),
        ("nothing.zip", zipped({}), "source.several-files"),
        ("cut.csv.gz", gzip.compress(TABLE.encode() * 99)[:60], "source.damaged-archive"),
        (".", None, "source.not-a-file"),
        ("missing.csv", None, "source.missing-file"),
    ],
    # packed bytes hold the time: in the name of a test they would tell one worker's tests from another's
    ids=lambda value: value if isinstance(value, str) else "data",
)
def test_what_cannot_be_read_is_named(name, data, code, tmp_path):
    file = tmp_path / name
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(KyotoError) as caught, input_file(str(file)):
        pass
    assert caught.value.code == code
    assert caught.value.where.file == str(file)


def test_guessed_encoding_is_told(tmp_path, capsys):
    file = tmp_path / "western.csv"
    file.write_bytes(TABLE.encode("cp1252"))
    with input_file(str(file)):
        pass
    assert capsys.readouterr().err == f"{file} is not UTF-8; read as cp1252.\n"


def test_errors_of_the_reader_name_the_file_as_written(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TABLE.encode())))
    with pytest.raises(KyotoErrors) as caught, input_file("-") as path:
        where = Where(file=str(path), line=2)
        raise KyotoErrors(KyotoError(title, code="a.b", where=where, detail=f"in {path}") for title in ("one", "two"))
    assert [str(problem.where) for problem in caught.value.problems] == ["standard input:2"] * 2
    assert caught.value.problems[1].detail == "in standard input"


@pytest.mark.parametrize("flag", ["--json", "--csv", "--table"])
def test_pipes_get_utf8_in_any_language_of_the_machine(flag):
    rates = ["reoffending", "rates", "-", "--event", "again", "--window", "365", "--by", "place", "--threshold", "1"]
    settings = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "NO_COLOR": "1"}
    people = "place,again\nSão Paulo,1\nSão Paulo,0\n".encode()
    command = [sys.executable, "-m", "kyoto", *rates, flag]
    done = subprocess.run(command, input=people, capture_output=True, env=settings, check=False)
    assert done.returncode == 0, done.stderr
    assert "São Paulo" in done.stdout.decode("utf-8")
