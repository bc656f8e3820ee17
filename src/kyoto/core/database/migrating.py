"""Making the tables, and bringing those of an earlier version up to date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.core.database.audit import append_entry
from kyoto.core.database.tables import AuditHead
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    from kyoto.core.database.opening import Database

__all__ = ["initialise", "require_current", "require_tables", "revisions", "upgrade"]

_START = "0" * 64


def initialise(database: Database) -> str:
    """Make the tables of an empty database.

    Returns
    -------
    str
        Its revision.

    Raises
    ------
    KyotoError
        ``database.initialised``: there are tables already.
    """
    now, newest = revisions(database)
    if now is not None:
        raise KyotoError(
            "The database has been initialised already",
            code="database.initialised",
            got=f"revision {now}",
            hint="`kyoto db upgrade` brings it up to date." if now != newest else "",
        )
    return upgrade(database)


def upgrade(database: Database) -> str:
    """Bring the tables up to date; what is in them stays. It is done whole or not at all.

    Returns
    -------
    str
        Its revision now.
    """
    from alembic import command
    from sqlalchemy.orm import Session

    newest = revisions(database)[1]
    with database.engine.begin() as connection:
        command.upgrade(_config(connection), "head")
        with Session(connection) as session:
            if session.get(AuditHead, 1) is None:
                session.add(AuditHead(id=1, number=0, hash=_START))
                session.flush()
            append_entry(session, "system", "upgrade", "database", "tables", {"revision": newest})
            session.commit()
    return newest


def revisions(database: Database) -> tuple[str | None, str]:
    """Revision of the tables (None if there are none), and the newest that this program knows."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy.exc import OperationalError

    from kyoto.core.database.opening import unreachable

    newest = ScriptDirectory.from_config(_config(None)).get_current_head()
    if database.is_sqlite and not _there(database):
        return None, str(newest)  # to connect would make an empty file of what may be a wrong name
    try:
        with database.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision(), str(newest)
    except OperationalError as error:
        raise unreachable(error, database.url) from error


def _there(database: Database) -> bool:
    name = database.engine.url.database
    return not name or name == ":memory:" or Path(name).exists()


def require_current(database: Database) -> None:
    """Refuse a database whose tables are not those of this program.

    Raises
    ------
    KyotoError
        ``database.not-initialised``, ``database.old-tables``, ``database.newer-tables``.
    """
    from alembic.script import ScriptDirectory

    now, newest = require_tables(database)
    if now == newest:
        return
    known = [revision.revision for revision in ScriptDirectory.from_config(_config(None)).walk_revisions()]
    if now in known:
        raise KyotoError(
            "The tables are of an earlier version",
            code="database.old-tables",
            got=f"revision {now}",
            expected=f"revision {newest}",
            hint="Run `kyoto db backup`, then `kyoto db upgrade`.",
        )
    raise KyotoError(
        "The tables are of a later version of Kyoto",
        code="database.newer-tables",
        got=f"revision {now}",
        expected=f"revision {newest}",
        hint="Use the version of Kyoto that made them, or a later one.",
    )


def require_tables(database: Database) -> tuple[str, str]:
    """Revision of the tables and the newest one; refuse a database that has none, or is none.

    Raises
    ------
    KyotoError
        ``database.not-initialised``.
    """
    now, newest = revisions(database)
    if now is None:
        raise KyotoError(
            "The database has no tables yet",
            code="database.not-initialised",
            got=database.url,
            hint="Run `kyoto db init` first.",
        )
    return now, newest


def _config(connection: Any) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
