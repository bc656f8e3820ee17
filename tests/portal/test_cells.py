"""Figures found by their codes are those that the database gives, for every choice."""

from __future__ import annotations

import math
from dataclasses import replace

import duckdb
import pytest

from kyoto.portal import cells as cells_module
from kyoto.portal.cells import write_cells
from kyoto.portal.figures import observations_query, read_figures
from kyoto.portal.selection import read_selection
from kyoto.portal.wording import words

COLUMNS = (
    "area", "period", "series", "iccs", "sex", "value", "lower", "upper", "status", "confidentiality", "note",
)  # fmt: skip
CODES = ("É", "Z", "a", "B", "straße", "_T")


def _table(rows: list[tuple[object, ...]], *, order: str = "series, iccs, area, sex, period"):
    connection = duckdb.connect()
    columns = ", ".join(
        f'"{name}" {"DOUBLE" if name in ("value", "lower", "upper") else "VARCHAR"}' for name in COLUMNS
    )
    connection.execute(f"CREATE TABLE unsorted ({columns})")
    if rows:
        connection.executemany(f"INSERT INTO unsorted VALUES ({', '.join('?' * len(COLUMNS))})", rows)
    connection.execute(f"CREATE TABLE observations AS FROM unsorted ORDER BY {order}")
    return connection


def _rows(number: int = 4) -> list[tuple[object, ...]]:
    """Lines of different lengths, some of them absent, with figures that name their place."""
    found: list[tuple[object, ...]] = []
    for place, area in enumerate(CODES):
        for sex in ("F", "M", "_T"):
            if (place, sex) == (2, "M"):
                continue
            for year in range(2001, 2001 + number + place):
                value = None if year == 2003 else place * 10_000 + year
                upper = math.nan if year == 2002 else 1.5
                note = "strike" if year == 2001 else None
                found.append((area, str(year), "s", "0101", sex, value, None, upper, "A", "F", note))
    return found


def _same(one, other) -> bool:
    """Whether two rows say the same; a number that is none says as much as none."""

    def plain(value):
        return None if isinstance(value, float) and math.isnan(value) else value

    return tuple(map(plain, one)) == tuple(map(plain, other))


@pytest.mark.parametrize("batch", [1, 7, 100_000])
def test_lines_are_found_whatever_the_batches_they_were_read_in(tmp_path, monkeypatch, batch):
    monkeypatch.setattr(cells_module, "_BATCH", batch)
    connection = _table(_rows())
    cells = write_cells(connection, "observations", COLUMNS, tmp_path / "cells")
    for sex in ("F", "M", "_T"):
        fixed = {"series": "s", "iccs": "0101", "sex": sex}
        found = cells.lines(fixed, "area", [*CODES, "unknown"])
        expected = connection.execute(
            "SELECT area, period, value, lower, upper, status, confidentiality, note FROM unsorted WHERE sex = ?", [sex]
        ).fetchall()
        assert len(found) == len(expected) > 0
        assert all(_same(found[row[0], row[1]], row[2:]) for row in expected)
    assert cells.lines({"series": "s", "iccs": "0101", "sex": "M", "area": "a"}, "", ()) == {}
    assert cells.lines({"series": "other", "iccs": "0101", "sex": "M", "area": "Z"}, "", ()) == {}
    assert len(cells.lines({"series": "s", "iccs": "0101", "sex": "M", "area": "Z"}, "", ())) == 5


def test_tables_that_are_not_complete_are_left_to_the_database(tmp_path, monkeypatch):
    assert write_cells(_table(_rows()), "observations", COLUMNS[:5], tmp_path / "a") is None
    without_code = [*_rows(), (None, "2001", "s", "0101", "F", 1.0, None, None, "A", "F", None)]
    assert write_cells(_table(without_code), "observations", COLUMNS, tmp_path / "b") is None
    assert write_cells(_table([]), "observations", COLUMNS, tmp_path / "c") is None
    assert write_cells(_table(_rows(), order="period"), "observations", COLUMNS, tmp_path / "d") is None
    monkeypatch.setattr(cells_module, "_MOST_LINES", 17)  # six areas by three sexes are eighteen
    assert write_cells(_table(_rows()), "observations", COLUMNS, tmp_path / "e") is None


def _choices(series):
    """Every breakdown of a series at every code of one dimension at a time."""
    for by in ("none", *(axis.name for axis in series.axes)):
        yield [("by", by)]
        for axis in series.axes:
            yield from ([("by", by), (axis.name, code)] for code in axis.codes)


def test_every_choice_of_a_portal_has_the_rows_of_its_query(book):
    snapshot = book.snapshot
    assert set(snapshot.cells) == set(snapshot.columns)
    compared = 0
    for series in book.catalogue.series.values():
        for query in _choices(series):
            selection = read_selection(series, query)
            part = f'"{selection.by}"' if selection.by else "''"
            sql, values = observations_query(
                selection.but(chart="time", start=series.periods[0].code),
                f"{part}, period, value, lower, upper, status, confidentiality, note",
            )
            expected = {row[:2]: row[2:] for row in snapshot.rows(sql, values)}
            fixed = {**series.fixed, **selection.codes, "series": series.code}
            found = snapshot.cells[series.table].lines(fixed, selection.by, selection.shown)
            within = {key: row for key, row in found.items() if key[1] <= selection.end}
            assert within.keys() == expected.keys()
            assert all(_same(within[key], row) for key, row in expected.items())
            compared += len(expected)
    assert compared > 1000


def test_pages_show_the_same_without_them(book):
    bare = replace(book.snapshot, cells={})
    for series in book.catalogue.series.values():
        selection = read_selection(series, [])
        one, other = (read_figures(each, book.catalogue, selection, words("en")) for each in (book.snapshot, bare))
        assert one.lines == other.lines
