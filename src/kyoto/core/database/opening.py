"""Opening the database: SQLite beside the project, or PostgreSQL by its URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session

from kyoto.core.errors import KyotoError, extra_hint

__all__ = ["Database", "open_database", "shown_url", "storable", "unreachable"]

_WAIT = 30
"""Seconds to wait for another writer."""


@dataclass(frozen=True, slots=True)
class Database:
    """An open database.

    Parameters
    ----------
    url
        Where it is, without its password.
    engine
        SQLAlchemy's connection to it.
    """

    url: str
    engine: Engine

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file on this machine."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction: it is written whole when the block ends, and not at all if it raises.

        Raises
        ------
        KyotoError
            ``database.changed-meanwhile``: somebody else changed what this transaction wants to change;
            ``database.busy``, ``database.unreachable``, ``database.not-initialised``.
        """
        from sqlalchemy.exc import IntegrityError
        from sqlalchemy.orm.exc import StaleDataError

        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        except StaleDataError as error:
            raise _changed_meanwhile() from error
        except IntegrityError as error:
            if _is_double(error):  # two made the same record at once
                raise _changed_meanwhile() from error
            raise
        except OperationalError as error:
            raise unreachable(error, self.url) from error

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_database(address: str | Path) -> Database:
    """Open a database; it need not be initialised yet.

    Parameters
    ----------
    address
        Path of an SQLite file, or a URL such as ``postgresql://user@host/name``.

    Raises
    ------
    KyotoError
        ``database.wrong-url``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     database = open_database(Path(folder) / "kyoto.db")
    ...     database.is_sqlite
    ...     database.close()
    True
    """
    text = str(address)
    if "://" not in text:
        text = f"sqlite:///{Path(text).absolute()}"
    try:
        url = make_url(text)
        if url.drivername in ("postgresql", "postgres"):
            url = url.set(drivername="postgresql+psycopg")
        arguments: dict[str, Any] = {"timeout": _WAIT} if url.drivername.startswith("sqlite") else {}
        engine = create_engine(url, connect_args=arguments, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, ValueError) as error:
        raise KyotoError(
            "Not the address of a database",
            code="database.wrong-url",
            detail=str(error).splitlines()[0],
            expected="a path such as kyoto.db, or a URL such as postgresql://user@host/name",
            hint=extra_hint("cooperation"),
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return Database(shown_url(text), engine)


def shown_url(text: str) -> str:
    """URL without its password.

    Examples
    --------
    >>> shown_url("postgresql://anna:secret@host/kyoto")
    'postgresql://anna:***@host/kyoto'
    """
    return make_url(text).render_as_string(hide_password=True)


def _prepare_sqlite(connection: Any, _: Any) -> None:
    """Foreign keys, a log that survives a killed process, and a disk that is told to keep what was committed."""
    connection.isolation_level = None  # transactions begin when this module says so
    cursor = connection.cursor()
    for setting in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    """Take the right to write at once: two transactions that read first and write later could otherwise both fail."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _changed_meanwhile() -> KyotoError:
    return KyotoError(
        "Somebody else changed this meanwhile",
        code="database.changed-meanwhile",
        hint="Read it again, look at what changed, and repeat your change.",
    )


def _is_double(error: Any) -> bool:
    """Whether a key is there already (class 23505 of the SQL standard), and not another rule that is broken."""
    return getattr(error.orig, "sqlstate", "") == "23505" or "UNIQUE constraint failed" in str(error.orig)


def storable(text: str, most: int = 200) -> str:
    r"""Text that every engine can keep: no NUL, no half characters, not longer than its column.

    Examples
    --------
    >>> storable("a\0b"), storable("x" * 9, 4), storable("\udcff")
    ('a�b', 'xxxx', '?')
    """
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")[:most]


def unreachable(error: OperationalError, url: str) -> KyotoError:
    """What a failure to work with the database means, and what helps."""
    text = str(error.orig).splitlines()[0] if error.orig else str(error)
    if "no such table" in text:
        return KyotoError(
            "The database has no tables yet",
            code="database.not-initialised",
            got=url,
            hint="Run `kyoto db init` first.",
        )
    if "database is locked" in text or "deadlock" in text:
        return KyotoError(
            "Others are writing to the database, and it took too long",
            code="database.busy",
            got=url,
            detail=text,
            hint="Do it again; nothing of it was written.",
        )
    return KyotoError(
        "The database cannot be reached",
        code="database.unreachable",
        got=url,
        detail=text,
        hint="Check the address, and whether the server runs and lets you in.",
    )
