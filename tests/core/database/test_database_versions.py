"""Versions of stored records, on both engines: each writing is kept, as it was, and nobody can change it after."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from kyoto.core.database.records import Kept, kept_record, record_stamp, record_versions, save_record
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


def test_the_stamp_tells_any_change(database, written):
    with working(database, "anna") as work:
        before = record_stamp(work, "note")
        save_record(work, "note", Kept("a", 3, {"text": "fourth"}))
        after_change = record_stamp(work, "note")
        save_record(work, "note", Kept("b", 0, {"text": "new"}))
        after_new = record_stamp(work, "note")
        assert record_stamp(work, "other") == (0, 0)
    assert (before, after_change, after_new) == ((1, 3), (1, 4), (2, 5))


def test_records_of_an_earlier_database_have_their_present_version(address):
    from alembic import command

    from kyoto.core.database import open_database, upgrade
    from kyoto.core.database.migrating import _config

    database = open_database(address)
    with database.engine.begin() as connection:
        command.upgrade(_config(connection), "0002")
        connection.execute(
            text(
                "INSERT INTO stored_record (kind, record, place, content, changed_at, changed_by, version) "
                "VALUES ('note', 'old', 0, '{\"text\": \"kept\"}', '2031-05-01 10:00:00', 'anna', 7)"
            )
        )
    upgrade(database)
    with working(database, "anna") as work:
        assert [(one.revision, one.content) for one in record_versions(work, "note", "old")] == [(7, {"text": "kept"})]
    database.close()
