"""Limits on how often something may be tried, kept in the database so that they hold for all processes together."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from kyoto.core.database.opening import storable
from kyoto.core.database.tables import Attempts
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    from kyoto.core.database.opening import Database

__all__ = ["count_attempt", "forget_attempts", "utc"]


def utc(moment: datetime) -> datetime:
    """Moment in UTC: SQLite gives back times without their zone."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def count_attempt(database: Database, key: str, *, most: int, seconds: int) -> None:
    """Count an attempt, and refuse it if there were too many.

    It is counted in a transaction of its own: attempts that fail count too.

    Parameters
    ----------
    database
        The database.
    key
        What is limited, such as ``sign-in:anna``.
    most, seconds
        How many attempts in how long a window.

    Raises
    ------
    KyotoError
        ``database.too-many-attempts``, with the seconds to wait.
    """
    try:
        count, left = _counted(database, _key(key), seconds)
    except KyotoError as error:
        if error.code != "database.changed-meanwhile":
            raise
        count, left = _counted(database, _key(key), seconds)  # two were the first at the same moment
    if count > most:
        raise KyotoError(
            "Too many attempts",
            code="database.too-many-attempts",
            expected=f"{most} in {seconds} seconds at most",
            hint=f"Wait {max(left, 1)} seconds.",
        )


def _counted(database: Database, key: str, seconds: int) -> tuple[int, int]:
    """Number of this attempt in its window, and the seconds that are left of it."""
    now = datetime.now(UTC)
    with database.session() as session:
        row = session.get(Attempts, key, with_for_update=True)
        if row is None:  # not merged: whoever inserts second must fail and count again, or its attempt would be lost
            session.add(Attempts(key=key, since=now, count=1))
            return 1, seconds
        if now - utc(row.since) > timedelta(seconds=seconds):
            row.since, row.count = now, 1
            return 1, seconds
        row.count += 1
        return row.count, seconds - int((now - utc(row.since)).total_seconds())


def _key(key: str) -> str:
    """The key itself, or a fingerprint of one that no column holds: names come from whoever tries to sign in."""
    return key if storable(key) == key else hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def forget_attempts(database: Database, key: str) -> None:
    """Begin to count anew, after an attempt that succeeded."""
    with database.session() as session:
        row = session.get(Attempts, _key(key))
        if row is not None:
            session.delete(row)
