"""kill -9 in the middle of making, upgrading, saving and restoring a database: it is there whole or not at all."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, text

from kyoto.core.database import Role, add_account, back_up, initialise, open_database, restore, verify_audit
from kyoto.core.database.migrating import require_current, revisions
from kyoto.core.database.tables import Account, AuditEntry
from kyoto.core.database.work import working

MOMENTS = 6


def seconds_of(work):
    """How long the work takes in a process of its own."""
    start = time.monotonic()
    ended(forked(work))
    return time.monotonic() - start


def forked(work):
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


def ended(child):
    os.waitpid(child, 0)


def killed(work, seconds):
    """Do something in a process that is killed after so many seconds."""
    child = forked(work)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    ended(child)


def moments(seconds):
    return [seconds * (place + 0.5) / MOMENTS for place in range(MOMENTS)]


def emptied(address):
    """A database without anything in it at the address."""
    opened = open_database(address)
    if opened.is_sqlite:
        for ending in ("", "-wal", "-shm"):
            Path(address + ending).unlink(missing_ok=True)
    else:
        with opened.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    opened.close()


def making(address):
    def work():
        opened = open_database(address)
        initialise(opened)
        opened.close()

    return work


def test_killed_while_it_is_made(address):
    """Nothing, and it can be made; or everything, with its log."""
    seconds = seconds_of(making(address))
    seen = set()
    for moment in moments(seconds):
        emptied(address)
        killed(making(address), moment)
        opened = open_database(address)
        made = revisions(opened)[0] is not None
        if not made:
            assert not set(inspect(opened.engine).get_table_names()) - {"alembic_version"}
            initialise(opened)
        require_current(opened)
        with opened.session() as session:
            assert verify_audit(session) == []
            assert [entry.action for entry in session.scalars(select(AuditEntry))] == ["upgrade"]
        opened.close()
        seen.add(made)
    assert False in seen, "no moment was before the end"


@pytest.fixture
def filled(database, tmp_path):
    for number in range(3):
        with working(database, "system") as work:
            add_account(work, f"account-{number}", Role.READER)
            for entry in range(300):
                work.log("read", "record", str(entry))
    path = tmp_path / "whole.zip"
    back_up(database, path)
    return path


def names(opened):
    with opened.session() as session:
        return sorted(session.scalars(select(Account.name)))


def test_killed_while_it_is_saved(database, address, filled, tmp_path):
    """A backup of that name is whole, or there is none."""
    target = tmp_path / "killed.zip"

    def saving():
        opened = open_database(address)
        back_up(opened, target)
        opened.close()

    seconds = seconds_of(saving)
    for moment in moments(seconds):
        target.unlink(missing_ok=True)
        killed(saving, moment)
        if target.exists():
            new = open_database(tmp_path / f"{moment}.db")
            restore(new, target)
            assert names(new) == names(database)
            new.close()
    assert names(database) == ["account-0", "account-1", "account-2"]


def test_killed_while_it_is_restored(database, address, filled, tmp_path):
    """All of the backup is there, or nothing, and it can be restored."""

    def restoring():
        opened = open_database(address)
        restore(opened, filled)
        opened.close()

    whole = names(database)
    database.close()
    emptied(address)
    seconds = seconds_of(restoring)
    seen = set()
    for moment in moments(seconds):
        emptied(address)
        killed(restoring, moment)
        opened = open_database(address)
        there = revisions(opened)[0] is not None and names(opened) == whole
        if not there:
            restore(opened, filled)
        assert names(opened) == whole
        with opened.session() as session:
            assert verify_audit(session) == []
        opened.close()
        seen.add(there)
    assert False in seen, "no moment was before the end"
