"""kill -9 in the middle of work on the register, in a file and in a database: nothing lost, nothing doubled."""

from __future__ import annotations

import importlib.util
import os
import random
import signal
import time
from datetime import date
from pathlib import Path

import pytest

from kyoto.cooperation.mandates.followup import add_obligations, change, opened_store, session_of, set_session
from kyoto.cooperation.mandates.mechanisms import add_recommendations
from kyoto.cooperation.mandates.mechanisms.model import Recommendation
from kyoto.cooperation.mandates.obligations import obligations
from kyoto.cooperation.mandates.structure import parse
from kyoto.core.database import Role, add_account, verify_audit
from kyoto.core.database.work import working

_fixtures = Path(__file__).parents[2] / "core" / "database" / "conftest.py"
_spec = importlib.util.spec_from_file_location("database_fixtures", _fixtures)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
address, database, quick_hashes = _module.address, _module.database, _module.quick_hashes

DAY = date(2031, 9, 1)
TEXT = "Resolution 1/1\n\nData\n\nThe General Assembly,\n\n" + "\n\n".join(
    f"{number}. Requests the Secretary-General to plant tree {number};" for number in range(1, 9)
)


def work_on(where, confirmed):
    """Register, then change one obligation, one recommendation and one session together, again and again."""
    with opened_store(where, "desk") as store:
        if not store.load().entries:
            new = add_obligations(store.load(), obligations(parse(TEXT, "a")), titles={}, today=DAY, by="desk")
            new = add_recommendations(new, [Recommendation("r", "upr", "1", "AUT", "To act.")], today=DAY, by="desk")
            store.save(new)
    turn = len(changes(where))
    while True:
        with opened_store(where, "desk") as store:
            register = store.load()
            entry = register.entries[turn % 8].id
            facts = {"by": "desk", "today": DAY}
            changed = change(register, entry, **facts, evidence=f"E/{turn}")
            history = (*changed.recommendations[0].history, changed.entry(entry).history[-1])
            one = Recommendation("r", "upr", "1", "AUT", "To act.", history=history)
            changed = set_session(changed, session_of("ccpcj-41", "2032-05-17", note=str(turn)), **facts)
            store.save(type(changed)(changed.entries, changed.revision, {}, (one,), changed.sessions))
        os.write(confirmed, f"{turn}\n".encode())
        turn += 1


def changes(where):
    """Evidence of all obligations, in order."""
    with opened_store(where) as store:
        found = [event.evidence for entry in store.load().entries for event in entry.evidence]
    return sorted(found, key=lambda evidence: int(evidence[2:]))


def check(where, said):
    """What was confirmed is there once, in all three places; at most one more was written and not confirmed."""
    with opened_store(where) as store:
        register = store.load()
    found = changes(where)
    assert found == [f"E/{turn}" for turn in range(len(found))]
    assert len(register.entries) in (0, 8)
    if not register.entries:
        assert not said
        return
    assert len(found) >= max(said, default=-1) + 1
    assert [event.evidence for event in register.recommendations[0].evidence] == found
    assert [session.note for session in register.sessions] == [str(len(found) - 1)] * bool(found)


def killed_again_and_again(where):
    chance, said, rounds = random.Random(7), [], 0
    while rounds < 6 or (len(said) <= 5 and rounds < 60):  # a busy machine confirms little in a round
        rounds += 1
        receiving, confirmed = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                work_on(where, confirmed)
            finally:
                os._exit(1)
        os.close(confirmed)
        time.sleep(chance.uniform(0.02, 0.6))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(receiving) as told:
            said += [int(line) for line in told]
        check(where, said)
    assert len(said) > 5
    assert len(said) == len(set(said))


def test_killed_while_it_writes_a_file(tmp_path):
    killed_again_and_again(str(tmp_path / "mandates.json"))


@pytest.mark.usefixtures("quick_hashes")
def test_killed_while_it_writes_a_database(database, address):
    with working(database, "system") as work:
        add_account(work, "desk", Role.APPROVER)
    killed_again_and_again(address)
    with database.session() as session:
        assert verify_audit(session) == []
