"""The register in a database, on both engines: roles, history, two persons at once, the audit log, the commands."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from kyoto.cli.main import app
from kyoto.cooperation.mandates.followup import DatabaseStore, FileStore, opened_store
from kyoto.core.database import Role, add_account, grant, open_database, verify_audit
from kyoto.core.database.accounts import account_named
from kyoto.core.database.tables import AuditEntry
from kyoto.core.database.work import working
from kyoto.core.errors import KyotoError

_fixtures = Path(__file__).parents[2] / "core" / "database" / "conftest.py"
_spec = importlib.util.spec_from_file_location("database_fixtures", _fixtures)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
address, database, quick_hashes = _module.address, _module.database, _module.quick_hashes

RUN = CliRunner()
TEXT = """\
Draft resolution I

Counting what is decided

The Economic and Social Council,

Recalling General Assembly resolution 70/1 of 25 September 2015,

1. Requests the Secretary-General to report to the Commission at its forty-first session on the implementation of the
present resolution;

2. Invites Member States to share experience, upon request.
"""


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "report.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def people(database):
    with working(database, "system") as work:
        add_account(work, "desk", Role.EDITOR)
        add_account(work, "head", Role.APPROVER)
        add_account(work, "guest", Role.READER)


def mandates(*words):
    return RUN.invoke(app, ["mandates", *map(str, words)])


def url(database):
    return (
        database.engine.url.render_as_string(hide_password=False)
        if not database.is_sqlite
        else database.engine.url.database
    )


@pytest.fixture
def register(database, people, text):
    ran = mandates("register", text, "--by", "desk", "--register", url(database), "--adopted", "2031-07-20")
    assert ran.exit_code == 0, ran.output
    return DatabaseStore(database, "head")


def code_of(call, *arguments):
    with pytest.raises(KyotoError) as caught:
        call(*arguments)
    return caught.value.code


def test_it_holds_what_a_file_holds(register, text, tmp_path):
    path = tmp_path / "register.json"
    assert mandates("register", text, "--by", "desk", "--register", path, "--adopted", "2031-07-20").exit_code == 0
    from_file, from_database = FileStore(path).load(), register.load()
    assert len(from_database.entries) == 2
    assert [entry.id for entry in from_database.entries] == [entry.id for entry in from_file.entries]
    assert [entry.due for entry in from_database.entries] == [entry.due for entry in from_file.entries]


def test_again_changes_nothing(register, database, text):
    ran = mandates("register", text, "--by", "desk", "--register", url(database), "--adopted", "2031-07-20")
    assert ran.output.startswith("0 new suggestions, 2 obligations")


def waiting(database):
    """Who proposed what, by command."""
    ran = mandates("review", "--register", url(database), "--json")
    assert ran.exit_code == 0, ran.output
    return [(row["kind"], row["record"], row["by"]) for row in json.loads(ran.output)]


def test_roles(register, database):
    """By command as on the desk: what an editor says is a proposal, an approver decides, nobody on their own."""
    first = register.load().entries[0].id
    where = ("--register", url(database))
    words = ("follow", first, *where)
    told = mandates(*words, "--accept", "--status", "under-way", "--unit", "Legal", "--by", "desk")
    assert told.exit_code == 0
    assert f"{first}: suggested, not-started" in told.output
    assert f"Proposed for {first}" in told.output
    assert register.load().entries[0].state == "suggested"
    assert waiting(database) == [("obligation", first, "desk")]
    assert mandates("review", "--approve", first, "--by", "desk", *where).exception.code == "database.not-allowed"
    assert mandates("review", "--approve", first, *where).exception.code == "mandates.no-author"
    assert mandates("review", "--approve", "other", "--by", "head", *where).exception.code == "mandates.no-proposal"
    assert mandates("review", "--approve", first, "--by", "head", *where).output == f"{first}: approved\n"
    assert waiting(database) == []
    entry = register.load().entries[0]
    assert (entry.state, entry.status, entry.units) == ("accepted", "under-way", ("Legal",))
    assert (entry.history[-1].by, entry.history[-1].what.endswith("approved by head")) == ("desk", True)
    assert mandates(*words, "--status", "reported", "--evidence", "A/1", "--by", "head").exit_code == 0
    assert register.load().entries[0].status == "reported"
    assert mandates(*words, "--status", "lapsed", "--by", "guest").exception.code == "database.not-allowed"
    assert mandates(*words, "--status", "done", "--by", "nobody").exception.code == "database.unknown-account"
    assert [event.by for event in register.load().entries[0].history][-2:] == ["desk", "head"]


def test_a_text_that_changed_undoes_no_acceptance_by_itself(register, database, text):
    """An editor who registers a corrected document proposes that what was accepted is looked at again, and says why."""
    first = register.load().entries[0].id
    where = ("--register", url(database))
    mandates("follow", first, "--accept", "--status", "under-way", "--by", "head", *where)
    text.write_text(TEXT.replace("Requests the Secretary-General", "Requests urgently the Secretary-General"), "utf-8")
    told = mandates("register", text, "--by", "desk", *where)
    assert f"Proposed for {first}" in told.output
    entry = register.load().entry(first)
    assert (entry.state, "urgently" in entry.clause) == ("accepted", False)
    (row,) = json.loads(mandates("review", *where, "--json").output)
    assert "the text changed in the document" in row["change"]
    assert mandates("review", "--approve", first, "--by", "head", *where).exit_code == 0
    assert mandates("register", text, "--by", "desk", *where).exit_code == 0
    entry = register.load().entry(first)
    assert (entry.state, entry.status, "urgently" in entry.clause) == ("suggested", "under-way", True)


def test_a_proposal_is_declined_or_taken_back_by_command(register, database):
    first = register.load().entries[0].id
    where = ("--register", url(database))
    mandates("follow", first, "--accept", "--by", "desk", *where)
    assert mandates("review", "--decline", first, "--by", "head", *where).exception.code == "mandates.no-reason"
    assert mandates("review", "--decline", first, "--reason", "No.", "--by", "head", *where).exit_code == 0
    assert waiting(database) == []
    mandates("follow", first, "--reject", "--by", "desk", *where)
    assert mandates("review", "--withdraw", first, "--by", "head", *where).exception.code == "database.not-allowed"
    assert mandates("review", "--withdraw", first, "--by", "desk", *where).exit_code == 0
    assert (waiting(database), register.load().entries[0].state) == ([], "suggested")
    assert mandates("review", "--register", "none.json").exception.code == "mandates.no-register"


def test_a_file_has_no_review(tmp_path):
    path = tmp_path / "register.json"
    path.write_text("{}", encoding="utf-8")
    assert mandates("review", "--register", path).exception.code == "mandates.no-review"


def test_a_role_for_one_obligation(register, database):
    one, other = (entry.id for entry in register.load().entries)
    with working(database, "system") as work:
        grant(work, account_named(work, "desk"), Role.APPROVER, "obligation", one)
    assert mandates("follow", one, "--accept", "--by", "desk", "--register", url(database)).exit_code == 0
    assert mandates("follow", other, "--accept", "--by", "desk", "--register", url(database)).exit_code == 0
    assert [entry.state for entry in register.load().entries] == ["accepted", "suggested"]
    assert waiting(database) == [("obligation", other, "desk")]


def changed(register, place, status):
    from dataclasses import replace

    entries = list(register.entries)
    entries[place] = replace(entries[place], status=status)
    return replace(register, entries=tuple(entries))


def test_two_persons(register, database):
    """Different obligations: both are kept. The same one: the second is told."""
    with working(database, "system") as work:
        add_account(work, "chief", Role.ADMINISTRATOR)
    chief, head = DatabaseStore(database, "chief"), DatabaseStore(database, "head")
    mine, theirs = chief.load(), head.load()
    chief.save(changed(mine, 0, "under-way"))
    head.save(changed(theirs, 1, "reported"))
    assert [entry.status for entry in register.load().entries] == ["under-way", "reported"]
    assert code_of(head.save, changed(theirs, 0, "done")) == "database.changed-meanwhile"
    assert register.load().entries[0].status == "under-way"


def test_every_access_is_in_the_log(register, database):
    register.load()
    register.save(changed(register.load(), 0, "under-way"))
    with database.session() as session:
        assert verify_audit(session) == []
        entries = [(e.actor, e.action, e.kind) for e in session.scalars(select(AuditEntry).order_by(AuditEntry.number))]
        details = list(session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "change")))
    assert entries.count(("desk", "add", "obligation")) == 2
    assert entries[-2:] == [("head", "read", "session"), ("head", "change", "obligation")]
    assert [kind for actor, action, kind in entries if action == "read"][-3:] == [
        "obligation", "recommendation", "session",
    ]  # fmt: skip
    assert details[-1] == '{"changed": ["status"]}'


def test_due_and_report_read_it(register, database, tmp_path):
    out = tmp_path / "report.html"
    listed = mandates("due", "--register", url(database), "--json")
    assert listed.exit_code == 0
    assert "session:ccpcj-41" in listed.output
    assert mandates("report", "--register", url(database), "--out", out).exit_code == 0
    assert "forty-first session" in out.read_text(encoding="utf-8")


def test_a_database_without_tables(tmp_path):
    with opened_store(str(tmp_path / "new.db")) as store:
        assert code_of(store.load) == "database.not-initialised"


def test_password_of_a_url_is_not_printed(text):
    ran = mandates("register", text, "--by", "x", "--register", "postgresql://u:secret@127.0.0.1:9/none")
    assert ran.exception.code == "database.unreachable"
    assert "secret" not in str(ran.exception) + ran.output


def test_what_is_opened(tmp_path):
    with opened_store(str(tmp_path / "a.json")) as store:
        assert isinstance(store, FileStore)
    opened = open_database(tmp_path / "b.db")
    assert opened.is_sqlite
    opened.close()


REVIEWS = "mechanism,cycle,state,recommendation,response\nupr,3,AUT,Plant trees,pending\nupr,3,FRA,Water them,noted\n"


@pytest.fixture
def reviews(register, database, tmp_path):
    (tmp_path / "reviews.csv").write_text(REVIEWS, encoding="utf-8")
    ran = mandates("reviews", "import", tmp_path / "reviews.csv", "--by", "desk", "--register", url(database))
    assert ran.output.startswith("2 new, 0 changed, 2 recommendations")
    return [one.id for one in register.load().recommendations]


def test_recommendations_in_a_database(register, database, reviews, tmp_path):
    """An editor proposes how far they are and what the State answered; an approver decides; all of it is logged."""
    where = ("--register", url(database))
    again = mandates("reviews", "import", tmp_path / "reviews.csv", "--by", "desk", *where)
    assert again.output.startswith("0 new, 0 changed")
    one, other = reviews
    follow = ("reviews", "follow")
    assert (
        mandates(*follow, one, "--status", "under-way", "--response", "accepted", "--by", "desk", *where).exit_code == 0
    )
    assert register.load().recommendation(one).status == "not-started"
    assert waiting(database) == [("recommendation", one, "desk")]
    assert mandates("review", "--approve", one, "--by", "head", *where).exit_code == 0
    refused = mandates(*follow, other, "--status", "under-way", "--by", "guest", *where)
    assert refused.exception.code == "database.not-allowed"
    with working(database, "system") as work:
        grant(work, account_named(work, "desk"), Role.APPROVER, "recommendation", other)
    assert mandates(*follow, other, "--response", "rejected", "--by", "desk", *where).exit_code == 0
    now = {found.id: (found.response, found.status) for found in register.load().recommendations}
    assert now == {one: ("accepted", "under-way"), other: ("rejected", "not-started")}
    with database.session() as session:
        assert verify_audit(session) == []
        logged = [(e.actor, e.action) for e in session.scalars(select(AuditEntry)) if e.kind == "recommendation"]
    assert logged.count(("desk", "add")) == 2
    assert logged.count(("desk", "change")) == 1
    assert logged.count(("head", "change")) == 1
    assert len(register.load().entries) == 2


def test_a_table_that_changed_is_proposed_by_an_editor(register, database, reviews, tmp_path):
    """New rows are read in at once, as a document is; what changes rows that are there waits for an approver."""
    where = ("--register", url(database))
    table = tmp_path / "reviews.csv"
    table.write_text(REVIEWS.replace("Plant trees,pending", "Plant trees,accepted") + "upr,3,ESP,Rake leaves,noted\n")
    ran = mandates("reviews", "import", table, "--by", "desk", *where)
    assert "1 new, 0 changed, 3 recommendations" in ran.output
    assert waiting(database) == [("recommendation", reviews[0], "desk")]
    mandates("review", "--approve", reviews[0], "--by", "head", *where)
    assert register.load().recommendation(reviews[0]).response == "accepted"
    assert mandates("reviews", "import", table, "--by", "desk", *where).output.startswith("0 new, 0 changed")
    assert waiting(database) == []


def test_two_persons_and_one_recommendation(register, database, reviews):
    from datetime import date

    from kyoto.cooperation.mandates.mechanisms import change_recommendation

    with working(database, "system") as work:
        grant(work, account_named(work, "desk"), Role.APPROVER, "recommendation", reviews[0])
    desk, head = DatabaseStore(database, "desk"), DatabaseStore(database, "head")
    mine, theirs = desk.load(), head.load()
    facts = {"today": date(2031, 9, 1), "status": "under-way"}
    desk.save(change_recommendation(mine, reviews[0], by="desk", **facts))
    head.save(change_recommendation(theirs, reviews[1], by="head", **facts))
    changed = change_recommendation(theirs, reviews[0], by="head", **facts)
    assert code_of(head.save, changed) == "database.changed-meanwhile"


def test_days_of_sessions_in_a_database(register, database):
    where = ("--register", url(database))
    days = ("sessions", "--set", "ccpcj-41 2032-05-17 2032-05-21")
    assert mandates(*days, "--by", "guest", *where).exception.code == "database.not-allowed"
    assert mandates(*days, *where).exception.code == "mandates.no-author"
    assert "Proposed for ccpcj-41" in mandates(*days, "--by", "desk", *where).output
    assert register.load().sessions == ()
    assert waiting(database) == [("session", "ccpcj-41", "desk")]
    assert mandates("review", "--approve", "ccpcj-41", "--by", "head", *where).exit_code == 0
    assert '"day": "2032-05-17"' in mandates("due", *where, "--json").output
    (session,) = register.load().sessions
    assert (session.id, session.history[-1].by) == ("ccpcj-41", "desk")
    assert session.history[-1].what.endswith("approved by head")
    moved = mandates("sessions", "--set", "ccpcj-41 2032-05-24", "--source", "E/2031/30", "--by", "head", *where)
    assert moved.exit_code == 0
    (session,) = register.load().sessions
    assert (session.start.isoformat(), session.source, len(session.history)) == ("2032-05-24", "E/2031/30", 2)


def test_nobody_writes_without_a_name(register, database):
    """An empty name reads; it is no way around the roles."""
    nameless = DatabaseStore(database)
    assert code_of(nameless.save, changed(nameless.load(), 0, "under-way")) == "mandates.no-author"
    assert register.load().entries[0].status == "not-started"


def test_two_register_the_same_document_at_once(database, people, text):
    """One of them is first; the other is told, and nothing is there twice."""
    from concurrent.futures import ThreadPoolExecutor
    from datetime import date
    from threading import Barrier

    from kyoto.cooperation.mandates.followup import add_obligations
    from kyoto.cooperation.mandates.obligations import obligations
    from kyoto.cooperation.mandates.structure import parse

    barrier = Barrier(2)

    def registering(who):
        store = DatabaseStore(database, who)
        found = obligations(parse(TEXT, "report"))
        new = add_obligations(store.load(), found, titles={}, today=date(2031, 9, 1), by=who)
        barrier.wait()
        try:
            store.save(new)
        except KyotoError as error:
            return error.code
        return "saved"

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(registering, ("desk", "head")))
    assert told == ["database.changed-meanwhile", "saved"]
    assert len(DatabaseStore(database, "desk").load().entries) == 2
    with database.session() as session:
        assert verify_audit(session) == []


def test_a_document_whose_name_no_column_holds(database, people, tmp_path):
    path = tmp_path / f"{'x' * 240}.txt"
    path.write_text(TEXT, encoding="utf-8")
    ran = mandates("register", path, "--by", "desk", "--register", url(database))
    assert ran.exception.code == "database.wrong-identifier"
    assert "rename the file" in ran.exception.hint
    assert DatabaseStore(database, "desk").load().entries == ()


def test_words_in_another_encoding_do_not_stop_the_work(register, database, text, tmp_path):
    """Terminals and file systems hand on bytes that are no characters."""
    first = register.load().entries[0].id
    odd = tmp_path / "r\udcffport.txt"
    odd.write_bytes(text.read_bytes())
    for where in (url(database), str(tmp_path / "register.json")):
        assert mandates("register", odd, "--by", "desk", "--register", where).exit_code == 0
        assert mandates("register", text, "--by", "desk", "--register", where).exit_code == 0
        words = ("--accept", "--status", "done", "--evidence", "R\udce9ponse", "--by", "head", "--register", where)
        ran = mandates("follow", first, *words)
        assert ran.exit_code == 0, ran.exception
        with opened_store(where) as store:
            assert store.load().entry(first).evidence[-1].evidence == "R?ponse"
