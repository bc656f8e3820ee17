"""Malformed sources: the exact error, its place and its hint, or the exact finding and the rejects."""

from __future__ import annotations

import gzip
import io
import sqlite3
import zipfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from source_examples import outcome_of, source, spec_of

from kyoto.core.errors import KyotoError
from kyoto.statistics.sources import open_source

GOOD = "id,when,age\n" + "".join(f"{n},2016-01-{n:02d},{20 + n}\n" for n in range(1, 29))
COLUMNS = 'id = "id"\noccurred = "when"\nage = "age"'


def parquet_bytes() -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table({"id": ["1"], "when": ["2016-01-01"], "age": [3]}), stream)
    return stream.getvalue()


def zip_bytes(name: str, content: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return stream.getvalue()


def duckdb_file(folder: Path) -> None:
    with duckdb.connect(str(folder / "x.duckdb")) as connection:
        connection.execute("CREATE TABLE incidents AS SELECT '1' AS id, '2016-01-01' AS \"when\", 3 AS age")


def sqlite_file(folder: Path) -> None:
    connection = sqlite3.connect(folder / "x.sqlite")
    connection.execute('CREATE TABLE incidents (id TEXT, "when" TEXT, age)')
    connection.executemany(
        "INSERT INTO incidents VALUES (?, ?, ?)", [("1", "2016-01-01", 34), ("2", "2016-01-02", 7.0)]
    )
    connection.execute("INSERT INTO incidents VALUES ('3', NULL, 'unknown')")
    connection.commit()
    connection.close()


# name: files, head of the source, code, title, place (line 5 is `file`/`table` in kyoto.toml), hint
REFUSED = {
    "missing file": (
        {"data.csv": GOOD},
        'file = "date.csv"',
        ("source.missing-file", "No such file: date.csv", "kyoto.toml:6, [sources.s.file]", "Did you mean 'data.csv'?"),
    ),
    "pattern without match": (
        {"a.csv": GOOD},
        'file = "data/*.csv"',
        (
            "source.no-match",
            "No file matches 'data/*.csv'",
            "kyoto.toml:6, [sources.s.file]",
            "Patterns start from the project folder; * stands for any name, ** for any folders.",
        ),
    ),
    "empty file": ({"a.csv": ""}, 'file = "a.csv"', ("source.empty-file", "The file is empty", "a.csv", "")),
    "empty workbook": (
        {"a.xlsx": b"no workbook"},
        'file = "a.xlsx"',
        (
            "source.damaged-workbook",
            "The workbook is damaged, or is none",
            "a.xlsx",
            "Open it in a spreadsheet program and save it anew as .xlsx, without a password.",
        ),
    ),
    "wrong column": (
        {"a.csv": GOOD.replace("when", "When seen")},
        'file = "a.csv"',
        (
            "source.wrong-column",
            "a.csv has no column 'when'",
            "kyoto.toml:9, [sources.s.columns.occurred], column 'when'",
            "Did you mean 'When seen'?",
        ),
    ),
    "wrong stated encoding": (
        {"a.csv": GOOD.encode() + b"29,2016-01-29,\xe9\n"},
        'file = "a.csv"\nencoding = "ascii"',
        (
            "source.wrong-encoding",
            "The file is not ascii",
            "a.csv:30",
            'State the right one, such as encoding = "cp1252", or save the file as UTF-8.',
        ),
    ),
    "truncated gzip": (
        {"a.csv.gz": gzip.compress(GOOD.encode())[:-12]},
        'file = "a.csv.gz"',
        (
            "source.damaged-archive",
            "The compressed file is damaged or cut off",
            "a.csv.gz",
            "Fetch or pack the file again.",
        ),
    ),
    "truncated parquet": (
        {"a.parquet": parquet_bytes()[:-20]},
        'file = "a.parquet"',
        (
            "source.damaged-parquet",
            "The Parquet file is damaged or cut off",
            "a.parquet",
            "Fetch or write the file again.",
        ),
    ),
    "truncated zip": (
        {"a.zip": zip_bytes("a.csv", GOOD)[:-30]},
        'file = "a.zip!/a.csv"',
        (
            "source.damaged-archive",
            "The archive is damaged, cut off, or locked with a password",
            "a.zip!/a.csv",
            "Fetch or pack the file again, without a password.",
        ),
    ),
    "no such member": (
        {"a.zip": zip_bytes("incident.csv", GOOD)},
        'file = "a.zip!/incidents.csv"',
        (
            "source.missing-member",
            "The archive has no file 'incidents.csv'",
            "kyoto.toml:6, [sources.s.file]",
            "Did you mean 'incident.csv'?",
        ),
    ),
    "no address": (
        {},
        'table = "mysql://server/db"',
        ("source.wrong-address", "This is no address of a table", "kyoto.toml:6, [sources.s.table]", ""),
    ),
    "password in the address": (
        {},
        'table = "postgresql://user:geheim@host/db?t"',
        (
            "source.password-in-address",
            "A password stands in the address",
            "kyoto.toml:6, [sources.s.table]",
            "Take it out of the project file and set the environment variable PGPASSWORD.",
        ),
    ),
    "no such database": (
        {},
        'table = "duckdb:///x.duckdb?incidents"',
        (
            "source.missing-file",
            "No such file: x.duckdb",
            "kyoto.toml:6, [sources.s.table]",
            "Paths start from the folder of the project file.",
        ),
    ),
    "no such table in DuckDB": (
        {"x.duckdb": duckdb_file},
        'table = "duckdb:///x.duckdb?incident"',
        (
            "source.missing-table",
            "The database has no table 'incident'",
            "kyoto.toml:6, [sources.s.table]",
            "Did you mean 'incidents'?",
        ),
    ),
    "no such table in SQLite": (
        {"x.sqlite": sqlite_file},
        'table = "sqlite:///x.sqlite?incident"',
        (
            "source.missing-table",
            "The database has no table 'incident'",
            "kyoto.toml:6, [sources.s.table]",
            "Did you mean 'incidents'?",
        ),
    ),
    "no database": (
        {"x.duckdb": "id,when,age\n"},
        'table = "duckdb:///x.duckdb?incidents"',
        (
            "source.cannot-connect",
            "The database cannot be opened",
            "x.duckdb",
            "Is it a database of this kind, and does no other program write to it?",
        ),
    ),
    "no server": (
        {},
        'table = "postgresql://127.0.0.1:1/db?t"',
        (
            "source.cannot-connect",
            "The database cannot be opened",
            "kyoto.toml:6, [sources.s.table]",
            "Check the address, that the server runs, and that you may read it; a password belongs in PGPASSWORD.",
        ),
    ),
    "Spark table without Spark": (
        {},
        'table = "spark:db.t"',
        (
            "source.needs-spark",
            "Spark tables are read by the Spark engine",
            "kyoto.toml:6, [sources.s.table]",
            "Run the build with --engine spark.",
        ),
    ),
    "wrong query": (
        {"a.csv": GOOD},
        'files = { a = "a.csv" }\nsql = "SELECT ago FROM a"',
        ("source.wrong-sql", "The query cannot be run", "kyoto.toml:7, [sources.s.sql]", None),
    ),
    "a query that reaches outside": (
        {"a.csv": GOOD, "secret.csv": GOOD},
        'files = { a = "a.csv" }\nsql = "SELECT * FROM read_csv(\'FOLDER/secret.csv\')"',
        ("source.wrong-sql", "The query cannot be run", "kyoto.toml:7, [sources.s.sql]", None),
    ),
    "value list with two codes for a value": (
        {"a.csv": GOOD, "v.csv": "value,code\na,1\na,2\n"},
        'file = "a.csv"\ncolumns.region = { column = "id", values = "v.csv" }',
        ("source.wrong-value-list", "'a' has two codes", "v.csv:3", ""),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused_with_place_and_hint(duck, tmp_path, case):
    files, head, (code, title, place, hint) = REFUSED[case]
    for name, content in files.items():
        if callable(content):
            content(tmp_path)
        else:
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    columns = COLUMNS
    if "columns.region" in head:
        head, _, region = head.partition("\ncolumns.")
        columns += "\n" + region
    spec = spec_of(tmp_path, source(columns, head.replace("FOLDER", str(tmp_path))))
    with pytest.raises(KyotoError) as caught:
        open_source(duck, spec, tmp_path)
    error = caught.value
    assert (error.code, error.title) == (code, title)
    assert str(error.where).replace(f"{tmp_path}/", "") == place
    assert hint is None or error.hint == hint
    assert "geheim" not in str(error)


def test_a_file_that_may_not_be_read(duck, tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text(GOOD)
    opened = Path.open

    def refused(self, *arguments, **options):
        if self.name == "a.csv":
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *arguments, **options)

    spec = spec_of(tmp_path, source(COLUMNS))
    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(KyotoError) as caught:
        open_source(duck, spec, tmp_path)
    assert caught.value.code == "source.unreadable"
    assert str(caught.value.where) == "a.csv"
    assert caught.value.detail == "Permission denied"


def test_problems_of_several_files_come_together(duck, tmp_path):
    (tmp_path / "a.csv").write_text("")
    (tmp_path / "b.csv").write_text("")
    spec = spec_of(tmp_path, source(COLUMNS, 'file = "*.csv"'))
    with pytest.raises(KyotoError) as caught:
        open_source(duck, spec, tmp_path)
    assert [problem.where.file for problem in caught.value.problems] == ["a.csv", "b.csv"]


# name: content, rows read, (line, reason) of the rejects, findings
ACCEPTED = {
    "clean": (GOOD, 28, [], []),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD.encode(), 28, [], []),
    "utf-16": (GOOD.encode("utf-16"), 28, [], []),
    "utf-16 without mark": (GOOD.encode("utf-16-be"), 28, [], []),
    "windows line breaks": (GOOD.replace("\n", "\r\n"), 28, [], []),
    "old mac line breaks": (GOOD.replace("\n", "\r"), 28, [], []),
    "line breaks of two kinds": (GOOD.replace("\n", "\r\n", 9), 28, [], ["source.mixed-line-breaks"]),
    "no break at the end": (GOOD.rstrip("\n"), 28, [], []),
    "blank lines": (GOOD.replace("5,2016", "\n\n5,2016", 1), 28, [], []),
    "semicolons": (GOOD.replace(",", ";"), 28, [], []),
    "tabulators": (GOOD.replace(",", "\t"), 28, [], []),
    "vertical bars": (GOOD.replace(",", "|"), 28, [], []),
    "title lines above the header": ("Crimes, 2016\n\n" + GOOD, 28, [], []),
    "header alone": ("id,when,age\n", 0, [], ["source.no-rows"]),
    "short and long lines": (
        GOOD + "29,2016-01-29\n30,2016-01-30,50,x\n31,2016-01-31,51\n",
        29,
        [("30", "2 fields instead of 3"), ("31", "4 fields instead of 3")],
        [],
    ),
    "mixed delimiters": (
        GOOD + "29;2016-01-29;49\n",
        28,
        [("30", "1 fields instead of 3")],
        ["source.mixed-delimiters"],
    ),
    "a quote that never ends": (
        GOOD + '29,"2016-01-29,49\n30,2016-01-30,50\n',
        28,
        [("30", "a quote that does not end where the field does; 2 lines are part of it")],
        ["source.unbalanced-quote"],
    ),
    "text after a quote": (
        GOOD + '29,"2016-01-29"x,49\n30,2016-01-30,50\n',
        29,
        [("30", "a quote that does not end where the field does")],
        [],
    ),
    "zero bytes": (GOOD.replace("5,2016", "\x005,2016", 1), 28, [], ["source.zero-bytes"]),
    "a duplicate column": (
        GOOD.replace("when,age", "when,age,id", 1).replace("\n", ",9\n").replace("id,9", "id"),
        28,
        [],
        ["source.duplicate-column"],
    ),
    "a field of 20 megabytes": (
        GOOD + "29," + "x" * 20_000_000 + ",49\n30,2016-01-30,50\n",
        29,
        [("30", "longer than 16 000 000 bytes")],
        [],
    ),
    "a few bytes of another encoding": (
        ("id,when,age\n" + "é" * 40 + ",2016-01-01,2\n").encode() + b"\xe9,2016-01-02,3\n",
        1,
        [("3", "bytes that are not in the encoding of the file")],
        ["source.broken-encoding"],
    ),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_dirty_files_are_read_with_findings_and_rejects(read, case):
    content, rows, rejects, findings = ACCEPTED[case]
    found = read({"a.csv": content}, source(COLUMNS))
    assert len(found.rows) == rows
    assert [(reject["line"], reject["reason"]) for reject in found.rejects] == rejects
    assert found.findings == findings
    assert found.facts["rows_in"] == rows + len(rejects)
    if rows >= 28:
        assert found.column("id")[:28] == [str(n) for n in range(1, 29)]
        assert found.column("age")[:28] == [20 + n for n in range(1, 29)]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Körperverletzung – schwer, “Überfall”"),
        ("cp1251", "Кража и хищение чужого имущества"),
        ("shift_jis", "窃盗・暴行および傷害事件の記録"),
        ("utf-8", "Κλοπή"),
    ],
)
def test_other_encodings_are_found_or_stated(read, encoding, text):
    content = f"id;offence\n1;{text}\n2;{text}\n".encode(encoding)
    guessed = read({"a.csv": content}, source('id = "id"\noffence = "offence"'))
    assert guessed.column("offence") == [text, text]
    assert (guessed.findings == []) == (encoding == "utf-8")
    stated = read(
        {"a.csv": content}, source('id = "id"\noffence = "offence"', f'file = "a.csv"\nencoding = "{encoding}"')
    )
    assert stated.column("offence") == [text, text]
    assert stated.findings == []
    assert "encoding" not in stated.facts["files"][0]["dialect"]["detected"]


def test_bytes_outside_ascii_far_into_the_file_are_seen(read):
    body = "".join(f"{n},2016-01-01,3\n" for n in range(400_000))
    found = read({"a.csv": ("id,when,age\n" + body).encode() + "é,2016-01-01,4\n".encode("cp1252")}, source(COLUMNS))
    assert found.rows[-1]["id"] == "é"
    assert found.findings == ["source.encoding-guessed"]


def test_broken_lines_are_seen_where_few_columns_are_mapped(read):
    found = read({"a.csv": GOOD + "29,2016\n30,x,y,z\n31,2016-01-31,51\n"}, source('id = "id"'))
    assert len(found.rows) == 29
    assert [reject["line"] for reject in found.rejects] == ["30", "31"]


def test_single_quotes_are_seen(read):
    content = "id,when,age\n" + "".join(f"'{n}','2016-01-01, morning','3'\n" for n in range(9))
    found = read({"a.csv": content}, source('id = "id"\nplace = "when"\nage = "age"'))
    assert found.column("place") == ["2016-01-01, morning"] * 9


def test_a_header_with_line_breaks_below_a_title_is_found_and_lines_stay_true(read):
    content = '"Crimes\nof 2016"\n\nid,"date\nseen",age\n1,2016-01-01,3\n2,"2016-01-02\n",4\n3,no,5\n4,5\n'
    found = read({"a.csv": content}, source('id = "id"\noccurred = "date seen"\nage = "age"'))
    assert found.column("id") == ["1", "2", "3"]
    assert [(r["row"], r["line"]) for r in found.rejects] == [("", "10"), ("3", "9")]


def test_files_of_a_pattern_may_differ(read):
    files = {
        "b.csv": GOOD,
        "a.csv": "age;when;id\n50;2016-02-01;x\n",
        "c.csv": "id,when\ny,2016-03-01\n",
    }
    found = read(files, source(COLUMNS, 'file = "*.csv"'))
    assert [row["file"] for row in found.rows] == ["a.csv"] + ["b.csv"] * 28 + ["c.csv"]
    assert (found.rows[0]["id"], found.rows[0]["age"]) == ("x", 50)
    assert (found.rows[-1]["id"], found.rows[-1]["age"]) == ("y", None)
    assert [(f["code"], f["file"], f["column"]) for f in found.facts["findings"]] == [
        ("source.column-lacking", "c.csv", "age")
    ]
    assert [(file["path"], file["rows"]) for file in found.facts["files"]] == [
        ("a.csv", 1),
        ("b.csv", 28),
        ("c.csv", 1),
    ]


def test_gzip_is_read_and_lines_are_those_of_the_text(read):
    found = read({"a.csv.gz": gzip.compress((GOOD + "29,no,3\n").encode())}, source(COLUMNS, 'file = "a.csv.gz"'))
    assert len(found.rows) == 29
    assert [(r["file"], r["row"], r["line"], r["value"]) for r in found.rejects] == [("a.csv.gz", "29", "30", "no")]


def test_rows_of_two_files_are_counted_in_each(read):
    files = {"a.csv": "id,when,age\n1,no,3\n2,2016-01-01,3\n", "b.csv": "id,when,age\n3,2016-01-01,3\n4,no,3\n"}
    found = read(files, source(COLUMNS, 'file = ["b.csv", "a.csv"]'))
    assert [(r["file"], r["row"], r["line"]) for r in found.rejects] == [("b.csv", "2", "3"), ("a.csv", "1", "2")]


@pytest.mark.parametrize(("make", "name"), [(duckdb_file, "x.duckdb"), (sqlite_file, "x.sqlite")])
def test_database_tables(engine, tmp_path, make, name):
    make(tmp_path)
    found = outcome_of(engine, tmp_path, source(COLUMNS, f'table = "{name.rpartition(".")[2]}:///{name}?incidents"'))
    rows = sorted(found.rows, key=lambda row: row["id"])
    assert (rows[0]["id"], str(rows[0]["occurred"])) == ("1", "2016-01-01")
    assert [(row["age"], row.get("age_status")) for row in rows] == (
        [(3, None)] if make is duckdb_file else [(34, None), (7, None), (None, "_U")]
    )
    assert found.facts["files"][0]["path"] == f"{name}?incidents"


@pytest.mark.spark
def test_spark_tables(engine, tmp_path):
    if engine.name != "spark":
        pytest.skip("a table of the cluster")
    table = engine.table(pa.table({"id": ["1", "2"], "when": ["2016-01-31", "x"], "age": [3, 4]}), "kyoto_incidents")
    assert table is not None
    found = outcome_of(engine, tmp_path, source(COLUMNS, 'table = "spark:kyoto_incidents"'))
    assert sorted(row["id"] for row in found.rows) == ["1", "2"]
    assert found.reasons == ["not a date"]
