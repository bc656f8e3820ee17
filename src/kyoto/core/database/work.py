"""One piece of work: a transaction by somebody, with its place in the audit log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kyoto.core.database.audit import append_entry
from kyoto.core.database.tables import Operation
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from kyoto.core.database.opening import Database

__all__ = ["NOT_ALLOWED", "Work", "working"]

NOT_ALLOWED = "database.not-allowed"


@dataclass(frozen=True, slots=True)
class Work:
    """A transaction with an actor.

    Parameters
    ----------
    session
        SQLAlchemy's session; what it changes is written when the work ends.
    actor
        Name of the account, or ``system``.
    """

    session: Session
    actor: str

    def log(self, action: str, kind: str, record: str, detail: Mapping[str, Any] | None = None) -> int:
        """Write an entry of the audit log, in this transaction."""
        return append_entry(self.session, self.actor, action, kind, record, detail)

    def once(self, key: str, make: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
        """Do something that must not be done twice, even if it is asked for again after a failure.

        Parameters
        ----------
        key
            Names the request; the client repeats it when it asks again.
        make
            Does it, and returns what the client gets, JSON-able.

        Returns
        -------
        dict
            Of the first time this key was asked for.
        """
        done = self.session.get(Operation, f"{self.actor}:{key}")
        if done is not None:
            result: dict[str, Any] = json.loads(done.result)
            return result
        made = dict(make())
        now = datetime.now(UTC)
        self.session.add(Operation(key=f"{self.actor}:{key}", actor=self.actor, result=json.dumps(made), at=now))
        self.session.flush()
        return made


@contextmanager
def working(database: Database, actor: str) -> Iterator[Work]:
    """Begin a piece of work; it is written whole when the block ends, and not at all if it raises.

    That somebody was refused is logged in a transaction of its own, since the one that was refused leaves nothing.
    """
    try:
        with database.session() as session:
            yield Work(session, actor)
    except KyotoError as error:
        if error.code == NOT_ALLOWED:
            with database.session() as session:
                append_entry(session, actor, "refused", "permission", error.expected[:200])
        raise
