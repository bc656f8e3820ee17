"""The register in a database: a record an obligation, recommendation or session, with roles and the audit log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.cooperation.mandates.events import require_author
from kyoto.cooperation.mandates.followup.calendar import session_dict
from kyoto.cooperation.mandates.followup.register import Register
from kyoto.cooperation.mandates.followup.store import FileStore, Store
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    from kyoto.core.database import Database
    from kyoto.core.database.tables import Account
    from kyoto.core.database.work import Work

__all__ = ["KINDS", "DatabaseStore", "is_database", "opened_store", "register_of"]

KINDS = ("obligation", "recommendation", "session")
"""Kinds of records; roles for single records are given by them."""

_ENDINGS = (".db", ".sqlite3")


class DatabaseStore:
    """A register in a database. Persons who change different obligations do not get in each other's way.

    Parameters
    ----------
    database
        Initialised.
    account
        Name of the account that works; empty to read only.
    """

    def __init__(self, database: Database, account: str = "") -> None:
        self.database = database
        self.account = account
        self._read: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {}
        self.proposed: tuple[str, ...] = ()

    def load(self) -> Register:
        """Return the register as it stands.

        Raises
        ------
        KyotoError
            ``database.unknown-account``, ``database.not-allowed``, ``database.not-initialised``.
        """
        from kyoto.core.database.permissions import Role

        with self._work(Role.READER) as work:
            register, self._read = register_of(work)
        return register

    def save(self, register: Register) -> Register:
        """Write what changed since the register was loaded; what needs an approver becomes a proposal.

        What was read from a document or a table an editor adds at once. A change of what is there takes effect at once
        for an approver, of everything or of this record; that of an editor waits for one
        (:mod:`~kyoto.cooperation.mandates.review`), as on the web desk. ``proposed`` then names what waits.

        Returns
        -------
        Register
            As it stands now.

        Raises
        ------
        KyotoError
            ``database.changed-meanwhile``, ``database.not-allowed``, ``mandates.no-author``,
            ``mandates.proposal-waits``.
        """
        from kyoto.core.database.permissions import Role

        require_author(self.account)
        written, waits = dict(self._read), set()
        with self._work(Role.READER) as work:
            for change in self._changes(register):
                key = (change.kind, change.record)
                done = change.write(work, self._named(work))
                if done == "saved":
                    written[key] = (change.revision + 1, change.after)
                else:
                    waits.add((key, done))
        self._read = written
        self.proposed = tuple(record for (_, record), done in waits if done == "proposed")
        return self._standing(register, {key for key, _ in waits})

    def _changes(self, register: Register) -> Iterator[_Change]:
        """Records that differ from what was loaded."""
        for kind, contents in _contents(register).items():
            for place, (record, content) in enumerate(contents):
                revision, before = self._read.get((kind, record), (0, {}))
                if content != before:
                    yield _Change(kind, record, revision, before, content, place)

    def _standing(self, register: Register, waits: set[tuple[str, str]]) -> Register:
        """The register as it was written: what waits for an approver is as before."""
        revision = sum(revision for revision, _ in self._read.values())
        if not waits:
            return replace(register, revision=revision)
        there = {
            kind: [
                self._read[kind, record][1] if (kind, record) in waits else content
                for record, content in contents
                if (kind, record) not in waits or (kind, record) in self._read
            ]
            for kind, contents in _contents(register).items()
        }
        return _register({"revision": revision}, there)

    @contextmanager
    def _work(self, role: Any) -> Iterator[Work]:
        from kyoto.core.database.migrating import require_current
        from kyoto.core.database.permissions import require
        from kyoto.core.database.work import working

        require_current(self.database)
        with working(self.database, self.account or "system") as work:
            if self.account:
                require(work, self._named(work), role)
            yield work

    def _named(self, work: Work) -> Any:
        from kyoto.core.database.accounts import account_named

        return account_named(work, self.account)


@dataclass(frozen=True, slots=True)
class _Change:
    """A record that differs from what was read: what it held, and what it shall hold."""

    kind: str
    record: str
    revision: int
    before: dict[str, Any]
    after: dict[str, Any]
    place: int

    def write(self, work: Work, account: Account) -> str:
        """Save it or propose it, as the account may; ``saved``, ``proposed`` or ``nothing``."""
        from kyoto.core.database.permissions import Role, allowed, require
        from kyoto.core.database.records import Kept, save_record

        require(work, account, Role.EDITOR, self.kind, self.record)
        if self._read or allowed(work, account, Role.APPROVER, self.kind, self.record):
            save_record(work, self.kind, Kept(self.record, self.revision, self.after), place=self.place)
            return "saved"
        return self._propose(work, account)

    @property
    def _read(self) -> bool:
        """Whether it comes from a document or a table, not from a person: new, or a suggestion whose text changed."""
        if not self.before:
            return self.kind != "session"
        reread = self.before.get("clause") != self.after.get("clause")
        return reread and self.before["state"] == self.after["state"] == "suggested"

    def _propose(self, work: Work, account: Account) -> str:
        from kyoto.cooperation.mandates.mechanisms.changing import READ_AGAIN
        from kyoto.cooperation.mandates.review import propose, subject_named

        subject = subject_named(self.kind)
        event = self.after["history"][-1] if self.after["history"] else {}
        edit = subject.edit_of(subject.read(self.after))
        if len(self.after["history"]) > len(self.before.get("history", ())) and self.kind != "session":
            reread = self.before.get("clause") != self.after.get("clause")
            edit = replace(edit, **{"evidence": event["evidence"] or (event["what"] if reread else "")})
        today = date.fromisoformat(event["day"])
        try:
            return propose(work, account, subject, self.record, self.revision, edit, today=today)
        except KyotoError as error:
            if error.code == "mandates.nothing-to-change" and str(event["what"]).startswith(READ_AGAIN):
                return "nothing"
            raise


def register_of(work: Work) -> tuple[Register, dict[tuple[str, str], tuple[int, dict[str, Any]]]]:
    """Read the register within a transaction; the reading is logged.

    Parameters
    ----------
    work
        The transaction, by whoever reads.

    Returns
    -------
    Register
        Obligations, recommendations and sessions.
    dict
        Revision and content of each record by kind and id, against which a change is made.
    """
    from kyoto.core.database.records import kept_records

    kept = {kind: kept_records(work, kind) for kind in KINDS}
    read = {(kind, one.record): (one.revision, one.content) for kind in KINDS for one in kept[kind]}
    contents = {kind: [one.content for one in kept[kind]] for kind in KINDS}
    return _register({"revision": sum(revision for revision, _ in read.values())}, contents), read


def _register(facts: dict[str, Any], contents: dict[str, list[dict[str, Any]]]) -> Register:
    names = {"entries": "obligation", "recommendations": "recommendation", "sessions": "session"}
    return Register.from_dict({**facts, **{name: contents[kind] for name, kind in names.items()}})


@contextmanager
def opened_store(where: str, account: str = "") -> Iterator[Store]:
    """Open the register that a command names: a JSON file, an SQLite database (``.db``), or a database by its URL.

    Parameters
    ----------
    where
        Path or URL.
    account
        Who works; in a database it must be the name of an account.
    """
    if not is_database(where):
        yield FileStore(Path(where))
        return
    from kyoto.core.database import open_database

    database = open_database(where)
    try:
        yield DatabaseStore(database, account)
    finally:
        database.close()


def is_database(where: str) -> bool:
    """Whether a register that a command names is in a database.

    Examples
    --------
    >>> is_database("mandates.json"), is_database("office.db"), is_database("postgresql://host/kyoto")
    (False, True, True)
    """
    return "://" in where or where.endswith(_ENDINGS)


def _contents(register: Register) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Identifier and JSON-able form of each record, by kind."""
    return {
        "obligation": [(one.id, _plain(asdict(one))) for one in register.entries],
        "recommendation": [(one.id, _plain(asdict(one))) for one in register.recommendations],
        "session": [(one.id, _plain(session_dict(one))) for one in register.sessions],
    }


def _plain(table: dict[str, Any]) -> dict[str, Any]:
    """As JSON gives it back: lists for tuples, no half characters."""
    plain: dict[str, Any] = json.loads(json.dumps(table, ensure_ascii=False).encode("utf-8", "replace"))
    return plain
