"""Properties that hold whatever the input: rows reconcile, texts survive, order changes nothing."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from source_examples import outcome_of, source

from kyoto.statistics.sources import CONCEPTS
from kyoto.statistics.sources.dialect import unique_names
from kyoto.statistics.sources.encoding import encoding_of, scanned, utf8_copy
from kyoto.statistics.sources.samples import DATE_FORMATS, date_formats
from kyoto.statistics.sources.words import MISSING_WORDS, NOT_APPLICABLE_WORDS, UNKNOWN_WORDS

FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
WORDS = {*MISSING_WORDS, *NOT_APPLICABLE_WORDS, *UNKNOWN_WORDS}
# any text that a file of text can hold: no half characters, no zero; \r is written as \n by whoever cleans it
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=30)
CELL = st.one_of(TEXT, st.sampled_from(["2016-01-31", "31/01/2016", "12", "1,234", "unknown", "NA", '"', "x,y", "-7"]))


def read(duck, content: bytes, columns: str):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.csv").write_bytes(content)
        return outcome_of(duck, Path(folder), source(columns))


def as_csv(rows) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows(rows)
    return stream.getvalue().encode()


@FEW
@given(st.lists(TEXT, min_size=1, max_size=20))
def test_any_text_survives_reading(duck, texts):
    found = read(duck, as_csv([["id", "place"], *(["1", text] for text in texts)]), 'id = "id"\nplace = "place"')
    blank = " \t\n\x0b\x0c\x1c\x1d\x1e\x1f\x85\u00a0"

    def kept(text):
        stripped = text.strip(" \t\n\x0b\x0c\u00a0")
        return stripped if stripped and stripped.lower() not in WORDS else None

    expected = [kept(text) for text in texts]
    got = [place if place not in ("_U", "_Z") else None for place in found.column("place")]
    assert [(a or "").strip(blank) for a in got] == [(b or "").strip(blank) for b in expected]


@FEW
@given(st.lists(st.lists(CELL, min_size=1, max_size=5), min_size=1, max_size=15))
def test_rows_in_are_rows_typed_and_lines_refused(duck, rows):
    content = as_csv([["id", "when", "age"], *rows])
    found = read(duck, content, 'id = "id"\noccurred = "when"\nage = "age"')
    right = [row for row in rows if len(row) == 3]
    broken = [row for row in rows if len(row) != 3 and any(row)]
    surplus = [row for row in rows if len(row) > 3 and not any(row[3:])]  # DuckDB may let empty fields pass
    blank = [row for row in rows if row == [""]]
    assert found.facts["rows_in"] in range(len(right) + len(broken) - len(blank), len(rows) + 1)
    assert len(right) <= len(found.rows) <= len(right) + len(surplus)
    assert found.facts["rows_in"] == len(found.rows) + sum(reject["column"] == "" for reject in found.rejects)


@FEW
@given(st.permutations([["1", "31/01/2016", "12"], ["2", "x", "200"], ["3", "", ""], ["4", "12/12/2016", "1.234"]]))
def test_the_order_of_rows_changes_nothing(duck, rows):
    columns = 'id = "id"\noccurred = "when"\nage = "age"'
    found = read(duck, as_csv([["id", "when", "age"], *rows]), columns)
    assert found.column("id") == [row[0] for row in rows]
    by_id = {row["id"]: (str(row["occurred"]), row["age"], row["rejected"]) for row in found.rows}
    assert by_id == {
        "1": ("2016-01-31", 12, None),
        "2": ("None", None, "occurred: not a date; age: above 120"),
        "3": ("None", None, None),
        "4": ("2016-12-12", None, "age: not a whole number"),
    }


@given(st.lists(st.text(max_size=6), max_size=30))
def test_names_of_columns_become_different(names):
    unique = unique_names(names)
    assert len(unique) == len(names)
    assert len({name.casefold() for name in [*unique, "file"]}) == len(names) + 1


@given(st.lists(st.datetimes(), min_size=1, max_size=30), st.sampled_from(DATE_FORMATS))
def test_a_format_is_found_again(moments, pattern):
    moments = [moment.replace(year=2000 + moment.year % 60) for moment in moments]
    texts = [moment.strftime(pattern) for moment in moments]
    found = date_formats(texts)
    assert found.unread == ()
    assert len(found.formats) == 1


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=50), st.sampled_from(["utf-8", "utf-16"])
)
def test_encodings_with_a_sure_sign_are_found_and_copied(text, encoding):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(text.encode(encoding))
        scan = scanned(path)
        name, certain = encoding_of(scan)
        if encoding == "utf-16" or not text.startswith("\ufeff"):
            assert (name, certain) == (encoding, True)
        copy = utf8_copy(path, Path(folder) / "b.csv", name, "a.csv").read_bytes().decode()
    expected = text.removeprefix("\ufeff") if encoding == "utf-8" else text
    assert copy == expected.replace("\r\n", "\n").replace("\r", "\n")


def test_concepts_cover_the_variables_of_the_standard(request):
    from kyoto.statistics.classification import variables

    known = {variable.code for variable in variables()}
    used = {concept.iccs_variable for concept in CONCEPTS.values()} - {""}
    assert used <= known
    assert known - used == {"DaT"}


@pytest.mark.parametrize("name", ["pandas", "ibis", "pyarrow", "duckdb"])
def test_descriptions_are_read_without_heavy_libraries(name):
    import subprocess
    import sys

    code = f"import sys; import kyoto.statistics.sources.model; sys.exit('{name}' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
