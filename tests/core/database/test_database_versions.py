"""Versions of stored records, on both engines: each writing is kept, as it was, and nobody can change it after."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from kyoto.core.database import upgrade
from kyoto.core.database.records import (
    Kept,
    kept_record,
    kept_records,
    record_count,
    record_versions,
    save_record,
    written_since,
)
from kyoto.core.database.work import working
from kyoto.core.errors import KyotoError


@pytest.fixture
def written(database):
    """A record that two persons wrote three times."""
    with working(database, "anna") as work:
        one = save_record(work, "note", Kept("a", 0, {"text": "first"}))
    with working(database, "berta") as work:
        two = save_record(work, "note", Kept("a", one.revision, {"text": "second"}))
    with working(database, "anna") as work:
        return save_record(work, "note", Kept("a", two.revision, {"text": "first"}))


def test_every_writing_is_kept(database, written):
    with working(database, "anna") as work:
        versions = record_versions(work, "note", "a")
        assert kept_record(work, "note", "a") == Kept("a", 3, {"text": "first"})
        assert kept_record(work, "note", "b") is None
    assert [(one.revision, one.content["text"], one.by) for one in versions] == [
        (1, "first", "anna"),
        (2, "second", "berta"),
        (3, "first", "anna"),
    ]
    assert versions[0].at <= versions[1].at <= versions[2].at


def test_what_was_refused_left_no_version(database, written):
    with pytest.raises(KyotoError), working(database, "berta") as work:
        save_record(work, "note", Kept("a", 1, {"text": "too late"}))
    with working(database, "anna") as work:
        assert len(record_versions(work, "note", "a")) == 3


@pytest.mark.parametrize("change", ["UPDATE record_version SET content = '{}'", "DELETE FROM record_version"])
def test_versions_cannot_be_changed(database, written, change):
    with pytest.raises(DatabaseError, match="only ever added"), database.session() as session:
        session.execute(text(change))


def test_what_was_written_since_is_told(database, written):
    """Against the writings themselves, one by one; reading is no writing."""
    with working(database, "anna") as work:
        first, everything = written_since(work, 0)
        assert everything == {("note", "a")}
        assert written_since(work, first) == (first, set())
        save_record(work, "note", Kept("a", 3, {"text": "fourth"}))
        save_record(work, "other", Kept("b", 0, {"text": "new"}))
        kept_records(work, "note")
        second, new = written_since(work, first)
        assert new == {("note", "a"), ("other", "b")}
        assert second == first + 3
        assert record_count(work, "note") == 1
    with pytest.raises(KyotoError), working(database, "berta") as work:
        save_record(work, "note", Kept("c", 0, {}))
        save_record(work, "note", Kept("a", 1, {"text": "too late"}))
    with working(database, "anna") as work:
        assert written_since(work, second) == (second, set())


def test_content_stands_once(database, written):
    """In the version that holds now, which nobody can change; a whole document is not kept in two tables."""
    with working(database, "anna") as work:
        save_record(work, "note", Kept("long", 0, {"text": "needle" * 1000}))
    with database.session() as session:
        held = 0
        for table in ("stored_record", "record_version", "audit_entry", "operation"):
            for row in session.execute(text(f"SELECT * FROM {table}")):
                held += sum("needleneedle" in str(value) for value in row)
    assert held == 1


def earlier(address, revision, rows, table="stored_record"):
    """A database as an earlier version of the program left it."""
    from alembic import command

    from kyoto.core.database import open_database
    from kyoto.core.database.migrating import _config

    database = open_database(address)
    with database.engine.begin() as connection:
        command.upgrade(_config(connection), revision)
        for record, version, content in rows:
            names = "kind, record, content, changed_at, changed_by, version"
            values = f"'note', '{record}', '{content}', '2031-05-01 10:00:00', 'anna', {version}"
            for name, more, value in (("stored_record", ", place", ", 0"), ("record_version", "", "")):
                if name in table:
                    connection.execute(text(f"INSERT INTO {name} ({names}{more}) VALUES ({values}{value})"))
    return database


def test_records_of_an_earlier_database_have_their_present_version(address):
    database = earlier(address, "0002", [("old", 7, "{}")])
    upgrade(database)
    with working(database, "anna") as work:
        assert [(one.revision, one.content) for one in record_versions(work, "note", "old")] == [(7, {})]
    database.close()


def test_contents_that_stood_twice_stand_once_after_the_upgrade(address):
    """What was in both tables stays as it was; what was in one of them alone is not lost."""
    rows = [("a", 2, "{}"), ("b", 1, '{"n": 1}')]
    database = earlier(address, "0003", rows, "stored_record record_version")
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE stored_record SET content = '{\"n\": 2}' WHERE record = 'b'"))
        connection.execute(
            text(
                "INSERT INTO stored_record (kind, record, place, content, changed_at, changed_by, version) "
                "VALUES ('note', 'c', 0, '{\"n\": 3}', '2031-05-01 10:00:00', 'berta', 4)"
            )
        )
    upgrade(database)
    with working(database, "anna") as work:
        now = {one.record: (one.revision, one.content) for one in kept_records(work, "note")}
        assert now == {"a": (2, {}), "b": (2, {"n": 2}), "c": (4, {"n": 3})}
        assert [one.content for one in record_versions(work, "note", "b")] == [{"n": 1}, {"n": 2}]
        assert record_versions(work, "note", "c")[0].by == "berta"
        assert save_record(work, "note", Kept("b", 2, {"text": "goes on"})).revision == 3
    with database.engine.connect() as connection:
        assert [row[0] for row in connection.execute(text("SELECT version FROM stored_record ORDER BY record"))] == [
            2,
            3,
            4,
        ]
    with pytest.raises(DatabaseError, match="only ever added"), database.session() as session:
        session.execute(text("DELETE FROM record_version"))
    database.close()
