"""The register in a database: a record an obligation, recommendation or session, with roles and the audit log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.cooperation.mandates.events import require_author
from kyoto.cooperation.mandates.followup.calendar import session_dict
from kyoto.cooperation.mandates.followup.register import Register
from kyoto.cooperation.mandates.followup.store import FileStore, Store

if TYPE_CHECKING:
    from kyoto.core.database import Database
    from kyoto.core.database.work import Work

__all__ = ["KINDS", "DatabaseStore", "opened_store", "register_of"]

KINDS = ("obligation", "recommendation", "session")
"""Kinds of records; roles for single records are given by them."""

_DECIDED = {"obligation": "state", "recommendation": "response"}
"""What only an approver changes: whether a suggestion is an obligation, and what the State answered."""

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
        """Write what changed since the register was loaded.

        An editor may propose, say where things stand and set days of sessions; to accept or reject a suggestion, or to
        change what a State answered to a recommendation, takes an approver, for all records or for this one.

        Raises
        ------
        KyotoError
            ``database.changed-meanwhile``, ``database.not-allowed``, ``mandates.no-author``.
        """
        from kyoto.core.database.permissions import Role

        require_author(self.account)
        with self._work(Role.READER) as work:
            written = [
                one for kind, contents in _contents(register).items() for one in self._save(work, kind, contents)
            ]
        self._read.update(written)
        return replace(register, revision=self._revision())

    def _save(
        self, work: Work, kind: str, contents: list[tuple[str, dict[str, Any]]]
    ) -> Iterator[tuple[tuple[str, str], tuple[int, dict[str, Any]]]]:
        from kyoto.core.database.permissions import Role, require
        from kyoto.core.database.records import Kept, save_record

        for place, (record, content) in enumerate(contents):
            revision, before = self._read.get((kind, record), (0, {}))
            if content == before:
                continue
            decided = _DECIDED.get(kind, "")
            decides = bool(before and decided) and before[decided] != content[decided]
            require(work, self._named(work), Role.APPROVER if decides else Role.EDITOR, kind, record)
            saved = save_record(work, kind, Kept(record, revision, content), place=place)
            yield (kind, record), (saved.revision, content)

    def _revision(self) -> int:
        return sum(revision for revision, _ in self._read.values())

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
    register = Register.from_dict(
        {
            "revision": sum(revision for revision, _ in read.values()),
            "entries": contents["obligation"],
            "recommendations": contents["recommendation"],
            "sessions": contents["session"],
        }
    )
    return register, read


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
    if "://" not in where and not where.endswith(_ENDINGS):
        yield FileStore(Path(where))
        return
    from kyoto.core.database import open_database

    database = open_database(where)
    try:
        yield DatabaseStore(database, account)
    finally:
        database.close()


def _contents(register: Register) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Identifier and JSON-able form of each record, by kind."""
    return {
        "obligation": [(one.id, _plain(asdict(one))) for one in register.entries],
        "recommendation": [(one.id, _plain(asdict(one))) for one in register.recommendations],
        "session": [(one.id, session_dict(one)) for one in register.sessions],
    }


def _plain(table: dict[str, Any]) -> dict[str, Any]:
    """As JSON gives it back: lists for tuples, no half characters."""
    plain: dict[str, Any] = json.loads(json.dumps(table, ensure_ascii=False).encode("utf-8", "replace"))
    return plain
