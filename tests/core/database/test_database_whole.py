"""Making, upgrading, saving and restoring; kill -9 in the middle of work."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text
from typer.testing import CliRunner

from kyoto.cli.main import app
from kyoto.core.database import (
    Role,
    add_account,
    allowed,
    back_up,
    initialise,
    open_database,
    restore,
    upgrade,
    verify_audit,
)
from kyoto.core.database.accounts import account_named
from kyoto.core.database.migrating import require_current, revisions
from kyoto.core.database.opening import shown_url
from kyoto.core.database.tables import Account, AuditEntry, Base, Operation
from kyoto.core.database.work import working
from kyoto.core.errors import KyotoError

PASSWORD = "four words of no sense"


def code_of(call, *arguments, **more):
    with pytest.raises(KyotoError) as caught:
        call(*arguments, **more)
    return caught.value.code


def test_migrations_make_the_tables_of_the_models(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_making_twice_is_refused_and_upgrading_twice_changes_nothing(database):
    assert code_of(initialise, database) == "database.initialised"
    before = revisions(database)
    upgrade(database)
    assert revisions(database) == before
    require_current(database)


def test_without_tables(address):
    opened = open_database(address)
    assert code_of(require_current, opened) == "database.not-initialised"
    opened.close()


@pytest.mark.parametrize(
    "words", [("verify",), ("upgrade",), ("account", "list"), ("account", "disable", "x"), ("backup", "a.zip")]
)
def test_a_wrong_name_of_a_database_makes_none(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = CliRunner().invoke(app, ["db", *words, "--database", "none.db"])
    assert ran.exception.code == "database.not-initialised"
    assert list(tmp_path.iterdir()) == []


def test_tables_of_a_later_version(database):
    with database.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert code_of(require_current, database) == "database.newer-tables"


@pytest.mark.parametrize("wrong", ["oracle://host/name", "postgresql://host:port/name", "://"])
def test_wrong_addresses(wrong):
    assert code_of(open_database, wrong) == "database.wrong-url"


def test_unreachable_server():
    opened = open_database("postgresql://kyoto:secret@127.0.0.1:9/none")
    with pytest.raises(KyotoError) as caught, opened.session() as session:
        session.execute(text("SELECT 1"))
    assert caught.value.code == "database.unreachable"
    assert "secret" not in str(caught.value)
    assert shown_url("postgresql://kyoto:secret@host/none") == "postgresql://kyoto:***@host/none"


def test_once(database):
    """A request that comes twice is done once, and answered the same."""
    made = []

    def make():
        made.append(1)
        return {"number": len(made)}

    for _ in range(2):
        with working(database, "anna") as work:
            assert work.once("request-1", make) == {"number": 1}
    with working(database, "bert") as work:  # another's key of the same name
        assert work.once("request-1", make) == {"number": 2}


def test_what_raises_leaves_nothing(database):
    with pytest.raises(ZeroDivisionError), working(database, "anna") as work:
        add_account(work, "bert", Role.READER)
        raise ZeroDivisionError
    with database.session() as session:
        assert session.scalars(select(Account)).all() == []
        assert [entry.action for entry in session.scalars(select(AuditEntry))] == ["upgrade"]


@pytest.fixture
def backup(database, anna, tmp_path):
    with working(database, "anna") as work:
        for number in range(50):
            work.log("read", "resolution", f"26/{number}", {"title": "Réseau «x»"})
    path = tmp_path / "backup.zip"
    back_up(database, path)
    return path


def rows(database):
    with database.session() as session:
        accounts = [(row.name, row.role, row.password_hash) for row in session.scalars(select(Account))]
        return accounts, [entry.hash for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.number))]


def test_backup_goes_back_whole_into_either_engine(database, backup, tmp_path):
    other = open_database(tmp_path / "other.db")
    restore(other, backup)
    assert rows(other) == rows(database)
    with other.session() as session:
        assert verify_audit(session) == []
    with working(other, "system") as work:  # work goes on behind what was restored
        add_account(work, "bert", Role.READER, password=PASSWORD)
    assert code_of(restore, other, backup) == "database.not-empty"
    assert code_of(back_up, other, backup) == "database.backup-exists"
    again = tmp_path / "again.zip"
    back_up(other, again)
    other.close()
    if not database.is_sqlite:  # and from SQLite to PostgreSQL, into the database that was emptied
        with database.session() as session:
            session.execute(text("DROP SCHEMA public CASCADE"))
            session.execute(text("CREATE SCHEMA public"))
        restore(database, again)
        with working(database, "system") as work:
            add_account(work, "carl", Role.READER, password=PASSWORD)


def test_damaged_backups(database, backup, tmp_path):
    new = open_database(tmp_path / "new.db")
    wrong = tmp_path / "wrong.zip"
    wrong.write_bytes(backup.read_bytes()[:-200])
    assert code_of(restore, new, wrong) == "database.not-a-backup"
    with zipfile.ZipFile(backup) as archive, zipfile.ZipFile(wrong, "w") as copy:
        for name in archive.namelist():
            data = archive.read(name)
            copy.writestr(name, data.replace(b'"editor"', b'"reader"') if name == "account.jsonl" else data)
    assert code_of(restore, new, wrong) == "database.damaged-backup"
    with new.session() as session:
        assert session.scalars(select(Account)).all() == []
    assert code_of(restore, new, tmp_path / "absent.zip") == "database.not-a-backup"
    new.close()


def test_bytes_that_flipped_in_a_backup(backup, tmp_path):
    """Whatever of it is damaged: it is told, and nothing is restored; or the flip was in what nobody reads."""
    chance, data, told = random.Random(3), backup.read_bytes(), set()
    wrong = tmp_path / "wrong.zip"
    for number in range(60):
        flipped = bytearray(data)
        for _ in range(chance.randint(1, 5)):
            flipped[chance.randrange(len(flipped))] = chance.randrange(256)
        wrong.write_bytes(bytes(flipped))
        new = open_database(tmp_path / f"{number}.db")
        try:
            restore(new, wrong)
        except KyotoError as error:
            told.add(error.code)
            if revisions(new)[0] is not None:
                assert rows(new)[0] == []
        else:
            with new.session() as session:
                assert verify_audit(session) == []
        new.close()
    assert {"database.damaged-backup", "database.not-a-backup"} <= told


@pytest.mark.parametrize("card", ["[]", "{}", '{"form": "kyoto-backup-1"}', '{"form": "kyoto-backup-1", "tables": 3}'])
def test_a_card_that_says_nothing(tmp_path, card):
    new = open_database(tmp_path / "new.db")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("backup.json", card)
    assert code_of(restore, new, tmp_path / "a.zip") == "database.not-a-backup"
    new.close()


WORKER = """
import sys
from kyoto.core.database import open_database
from kyoto.core.database.work import working
database = open_database(sys.argv[1])
for number in range(int(sys.argv[2]), 10_000):
    with working(database, "worker") as work:
        def make():
            work.log("change", "record", str(number))
            return {"number": number}
        work.once(f"change-{number}", make)
    print(number, flush=True)
"""


def test_killed_in_the_middle(address, database):
    """Whatever was confirmed is there, nothing is there twice, and the log is whole."""
    chance, confirmed = random.Random(5), -1
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER, address, str(max(confirmed, 0))], stdout=subprocess.PIPE, text=True
        )
        process.stdout.readline()  # it has begun
        time.sleep(chance.uniform(0.05, 0.4))
        os.kill(process.pid, signal.SIGKILL)
        said = process.stdout.read().split()
        process.wait()
        confirmed = max([confirmed, *map(int, said)])
    with database.session() as session:
        assert verify_audit(session) == []
        logged = [int(r) for r in session.scalars(select(AuditEntry.record).where(AuditEntry.action == "change"))]
        done = session.scalars(select(Operation.key)).all()
    assert confirmed > 0
    assert len(logged) == len(set(logged)) == len(done)
    assert set(range(confirmed + 1)) <= set(logged)


def test_commands(address, tmp_path):
    run = CliRunner()

    def kyoto(*words, typed=None):
        return run.invoke(app, ["db", *words, "--database", address], input=typed)

    assert "revision" in kyoto("init").output
    assert kyoto("account", "add", "anna", "--role", "approver", typed=PASSWORD + "\n").exit_code == 0
    (row,) = json.loads(kyoto("account", "list", "--json").output)
    assert row == {"name": "anna", "role": "approver", "signs in by": "password", "disabled": None}
    head = kyoto("verify").output.split("Head:")[1].strip().replace("\n", "")
    assert kyoto("account", "password", "anna", typed="five words of no sense\n").exit_code == 0
    assert "anna is editor" in kyoto("account", "role", "anna", "editor").output
    record = "obligation:E/1#resolution-1-1/1:1"
    assert kyoto("account", "grant", "anna", record, "--role", "approver").exit_code == 0
    opened = open_database(address)
    for role in ("--role", "approver"), ("--take-away",):
        assert kyoto("account", "grant", "anna", record, *role).exit_code == 0
        with working(opened, "system") as work:
            may = allowed(work, account_named(work, "anna"), Role.APPROVER, *record.split(":", 1))
        assert may is (role[0] == "--role")
    opened.close()
    assert kyoto("account", "grant", "anna", "colour:red", "--role", "reader").exception.code == "database.wrong-record"
    assert kyoto("account", "grant", "anna", record).exit_code == 2
    assert kyoto("account", "disable", "anna").exit_code == 0
    assert kyoto("account", "enable", "anna").exit_code == 0
    assert kyoto("account", "disable", "anna").exit_code == 0
    assert kyoto("verify", "--head", head).exit_code == 0
    assert kyoto("backup", str(tmp_path / "b.zip")).exit_code == 0
    assert kyoto("upgrade").exit_code == 0
    assert run.invoke(app, ["db", "restore", str(tmp_path / "b.zip"), "-d", str(tmp_path / "n.db")]).exit_code == 0
    cut = run.invoke(app, ["db", "verify", "--head", f"99:{'0' * 64}", "-d", str(tmp_path / "n.db"), "--json"])
    assert cut.exit_code == 2
    assert json.loads(cut.output)[0]["kind"] == "end"
    assert kyoto("verify", "--head", "x").exception.code == "database.wrong-head"
