"""The register in a database: one record an obligation, accounts with roles, every access in the audit log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.cooperation.mandates.followup.register import Entry, Register
from kyoto.cooperation.mandates.followup.store import FileStore, Store

if TYPE_CHECKING:
    from kyoto.core.database import Database
    from kyoto.core.database.work import Work

__all__ = ["DatabaseStore", "opened_store"]

_KIND = "obligation"
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
        self._read: dict[str, tuple[int, dict[str, Any]]] = {}

    def load(self) -> Register:
        """Return the register as it stands.

        Raises
        ------
        KyotoError
            ``database.unknown-account``, ``database.not-allowed``, ``database.not-initialised``.
        """
        from kyoto.core.database.permissions import Role
        from kyoto.core.database.records import kept_records

        with self._work(Role.READER) as work:
            kept = kept_records(work, _KIND)
        self._read = {one.record: (one.revision, one.content) for one in kept}
        revision = sum(one.revision for one in kept)
        return Register.from_dict({"revision": revision, "entries": [one.content for one in kept]})

    def save(self, register: Register) -> Register:
        """Write the obligations that changed since the register was loaded.

        An editor may propose and say where an obligation stands; to accept or reject a suggestion takes an approver,
        for all obligations or for this one.

        Raises
        ------
        KyotoError
            ``database.changed-meanwhile``, ``database.not-allowed``.
        """
        from kyoto.core.database.permissions import Role, require
        from kyoto.core.database.records import Kept, save_record

        with self._work(Role.READER) as work:
            for place, entry in enumerate(register.entries):
                revision, before = self._read.get(entry.id, (0, {}))
                content = _plain(entry)
                if content == before:
                    continue
                role = Role.APPROVER if before and before["state"] != content["state"] else Role.EDITOR
                if self.account:
                    require(work, self._named(work), role, _KIND, entry.id)
                saved = save_record(work, _KIND, Kept(entry.id, revision, content), place=place)
                self._read[entry.id] = (saved.revision, content)
        total = sum(revision for revision, _ in self._read.values())
        return Register(register.entries, total, dict(register.facts))

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


def _plain(entry: Entry) -> dict[str, Any]:
    """As JSON gives it back: lists for tuples."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(entry)))
    return plain
