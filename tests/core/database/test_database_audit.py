"""The audit log: what was changed, removed, added or moved shows, in ten thousand random mutations too."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kyoto.core.database import audit_head, verify_audit
from kyoto.core.database.audit import check_chain
from kyoto.core.database.work import working

CHANGES = 10_000
FIELDS = ("number", "at", "actor", "action", "kind", "record", "detail", "previous", "hash")


def written(database, entries):
    for number in range(entries):
        with working(database, f"actor {number % 3}") as work:
            work.log("read", "resolution", f"26/{number}", {"why": "é", "number": number})


def findings(database, head=None):
    with database.session() as session:
        return verify_audit(session, head)


def head_of(database):
    with database.session() as session:
        return audit_head(session)


def tampered(database, statement):
    """Change the log as somebody would who may do everything to the database."""
    with database.session() as session:
        if database.is_sqlite:
            for action in ("update", "delete"):
                session.execute(text(f"DROP TRIGGER audit_entry_no_{action}"))
        else:
            session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
        session.execute(text(statement))


def test_a_whole_log_has_no_findings(database):
    written(database, 20)
    assert findings(database) == []
    assert head_of(database)[0] == 21  # making the tables is the first entry


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry"])
def test_the_database_refuses_changes(database, statement):
    written(database, 2)
    with pytest.raises(DBAPIError, match="only ever added to"), database.session() as session:
        session.execute(text(statement))
    assert findings(database) == []


@pytest.mark.parametrize(
    ("statement", "kinds"),
    [
        ("UPDATE audit_entry SET actor = 'somebody' WHERE number = 5", {"changed"}),
        ("UPDATE audit_entry SET detail = '{}' WHERE number = 11", {"changed"}),
        ("DELETE FROM audit_entry WHERE number = 5", {"missing"}),
        ("DELETE FROM audit_entry WHERE number > 8", {"end"}),
        ("DELETE FROM audit_entry", {"end"}),
        ("UPDATE audit_head SET number = 3", {"end"}),
    ],
)
def test_tampering_is_found(database, statement, kinds):
    written(database, 10)
    tampered(database, statement)
    assert {finding.kind for finding in findings(database)} == kinds


def test_a_log_cut_with_its_head_is_found_by_a_kept_head(database):
    written(database, 10)
    kept = head_of(database)
    written(database, 1)
    assert findings(database, kept) == []
    with database.session() as session:
        before = session.execute(text("SELECT hash FROM audit_entry WHERE number = 8")).scalar_one()
    tampered(database, "DELETE FROM audit_entry WHERE number > 8")
    with database.session() as session:
        session.execute(text(f"UPDATE audit_head SET number = 8, hash = '{before}'"))
    assert findings(database) == []  # cut well: nothing inside can tell
    assert [finding.kind for finding in findings(database, kept)] == ["end"]


def test_with_a_key_nobody_else_can_write_a_chain(database, monkeypatch):
    monkeypatch.setenv("KYOTO_AUDIT_KEY", "a key of the office")
    with database.session() as session:  # the entry of making the tables was written without it
        assert verify_audit(session) != []
    head = head_of(database)
    written(database, 3)
    assert [finding.number for finding in findings(database)] == [1]
    monkeypatch.delenv("KYOTO_AUDIT_KEY")
    assert [finding.number for finding in findings(database) if finding.kind == "changed"] == [2, 3, 4]
    assert head[0] == 1


@dataclass
class Entry:
    number: int
    at: str
    actor: str
    action: str
    kind: str
    record: str
    detail: str
    previous: str
    hash: str


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    from kyoto.core.database import initialise, open_database
    from kyoto.core.database.audit import _entries

    opened = open_database(tmp_path_factory.mktemp("audit") / "kyoto.db")
    initialise(opened)
    written(opened, 24)
    with opened.session() as session:
        entries = [Entry(*(getattr(entry, name) for name in FIELDS)) for entry in _entries(session)]
        head = audit_head(session)
    opened.close()
    return entries, head


def mutated(entries, chance):
    """A log with one random change: of a field, an entry more, one less, or two in each other's place."""
    log = copy.deepcopy(entries)
    at = chance.randrange(len(log))
    what = chance.choice(["field", "remove", "double", "swap", "swap numbers", "cut"])
    if what == "field":
        name = chance.choice(FIELDS)
        old = getattr(log[at], name)
        setattr(log[at], name, old + chance.randint(1, 5) if name == "number" else altered(old, chance))
    elif what == "remove":
        del log[at]
    elif what == "cut":
        del log[at:]
    elif what == "double":
        log.insert(at, copy.deepcopy(log[chance.randrange(len(log))]))
    else:
        other = chance.choice([place for place in range(len(log)) if place != at])
        log[at], log[other] = log[other], log[at]
        if what == "swap numbers":
            log[at].number, log[other].number = log[other].number, log[at].number
    return log


def altered(old, chance):
    """Text with one character changed, put in or left out."""
    place = chance.randrange(len(old)) if old else 0
    new = chance.choice(
        [old[:place] + "~" + old[place + 1 :], old[:place] + "~" + old[place:], old[:place] + old[place + 1 :]]
    )
    return new if new != old else old + "~"


def test_ten_thousand_mutations(chain):
    entries, head = chain
    assert check_chain(entries, head) == []
    chance = random.Random(20_190_527)
    for number in range(CHANGES):
        log = mutated(entries, chance)
        assert check_chain(log, head), f"mutation {number} was not found"
