"""Backup to one file that any of the engines can restore: every table as lines of JSON, with hashes.

The file is the same whether it came from SQLite or PostgreSQL, so a pilot on a laptop moves to a server with it.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sqlalchemy import DateTime, Table, func, insert, select, text

from kyoto.core.archives import UNREADABLE_ARCHIVE
from kyoto.core.database.audit import verify_audit
from kyoto.core.database.migrating import require_current, revisions, upgrade
from kyoto.core.database.tables import Base
from kyoto.core.errors import KyotoError, Where
from kyoto.core.files import writing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from kyoto.core.database.opening import Database

__all__ = ["back_up", "restore"]

_FORM = "kyoto-backup-1"
_CHUNK = 1000
_DAMAGE = (*UNREADABLE_ARCHIVE, OSError, ValueError, KeyError, TypeError, AttributeError)
"""What reading a damaged member of an archive, or a line that is no row, can raise."""


def back_up(database: Database, path: Path) -> dict[str, Any]:
    """Write everything to one file, as it stands at one moment.

    Parameters
    ----------
    database
        May be in use meanwhile.
    path
        A ZIP file; it is written whole or not at all, and not over another.

    Returns
    -------
    dict
        ``revision``, ``tables`` (rows of each), ``sha256`` of each table.

    Raises
    ------
    KyotoError
        ``database.backup-exists``, ``files.cannot-write``.
    """
    if path.exists():
        raise KyotoError("There is such a file already", code="database.backup-exists", where=Where(file=str(path)))
    require_current(database)
    revision, _ = revisions(database)
    card: dict[str, Any] = {"form": _FORM, "revision": revision, "tables": {}, "sha256": {}}
    with (
        writing(path) as part,
        zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive,
        database.session() as session,
    ):
        if not database.is_sqlite:
            session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        for table in Base.metadata.sorted_tables:
            with archive.open(f"{table.name}.jsonl", "w", force_zip64=True) as file:
                rows, digest = _write_rows(session, table, file)
            card["tables"][table.name], card["sha256"][table.name] = rows, digest
        archive.writestr("backup.json", json.dumps(card, indent=2))
    return card


def _write_rows(session: Session, table: Table, file: IO[bytes]) -> tuple[int, str]:
    digest, rows = hashlib.sha256(), 0
    query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_CHUNK)
    for row in session.execute(query).mappings():
        line = json.dumps({name: _plain(value) for name, value in row.items()}, ensure_ascii=False).encode() + b"\n"
        file.write(line)
        digest.update(line)
        rows += 1
    return rows, digest.hexdigest()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def restore(database: Database, path: Path) -> dict[str, Any]:
    """Fill an empty database from a backup; nothing is written unless all of it fits.

    Parameters
    ----------
    database
        Without tables, or with empty ones.
    path
        From :func:`back_up`, of this revision.

    Returns
    -------
    dict
        What the backup says of itself.

    Raises
    ------
    KyotoError
        ``database.not-a-backup``, ``database.damaged-backup``, ``database.other-revision``, ``database.not-empty``,
        ``database.broken-audit``.
    """
    card = _read_card(path)
    if revisions(database)[0] is None:
        _require_revision(card, revisions(database)[1])
        upgrade(database)
    _require_revision(card, str(revisions(database)[0]))
    with zipfile.ZipFile(path) as archive, database.session() as session:
        _require_empty(session)
        for table in Base.metadata.sorted_tables:
            _fill(session, archive, table, card, path)
        if not database.is_sqlite:
            _move_counters(session)
        session.flush()
        findings = verify_audit(session)
        if findings:
            raise KyotoError(
                "The audit log of the backup is broken; nothing was restored",
                code="database.broken-audit",
                where=Where(file=str(path)),
                detail=findings[0].message,
                hint="If the log was made with a key, set KYOTO_AUDIT_KEY to it.",
            )
    return card


def _read_card(path: Path) -> dict[str, Any]:
    where = Where(file=str(path))
    try:
        with zipfile.ZipFile(path) as archive:
            card: dict[str, Any] = json.loads(archive.read("backup.json"))
    except FileNotFoundError as error:
        raise KyotoError("No such file", code="database.not-a-backup", where=where) from error
    except _DAMAGE as error:
        raise KyotoError(
            "Not a backup, or a damaged one", code="database.not-a-backup", where=where, detail=str(error)
        ) from error
    form = card.get("form") if isinstance(card, dict) else None
    if form != _FORM or not all(isinstance(card.get(part), dict) for part in ("tables", "sha256")):
        raise KyotoError("Not a backup of Kyoto", code="database.not-a-backup", where=where, got=str(form))
    return card


def _require_revision(card: dict[str, Any], revision: str) -> None:
    if card.get("revision") != revision:
        raise KyotoError(
            "The backup is of another version",
            code="database.other-revision",
            got=f"revision {card.get('revision')}",
            expected=f"revision {revision}",
            hint="Restore it with the version of Kyoto that made it, then upgrade.",
        )


def _require_empty(session: Session) -> None:
    """Only what making the tables wrote may be there; it is replaced."""
    for table in Base.metadata.sorted_tables:
        rows = session.execute(select(func.count()).select_from(table)).scalar_one()
        most = 1 if table.name in ("audit_entry", "audit_head") else 0
        if rows > most:
            raise KyotoError(
                "The database is not empty; nothing was restored",
                code="database.not-empty",
                got=f"{rows} rows in {table.name}",
                hint="Restore into a new database, then point Kyoto to it.",
            )


def _fill(session: Session, archive: zipfile.ZipFile, table: Table, card: dict[str, Any], path: Path) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    if table.name in ("audit_entry", "audit_head"):
        _clear(session, table)
    digest, rows = hashlib.sha256(), 0
    try:
        for chunk in _chunks(archive, table, digest):
            session.execute(insert(table), chunk)
            rows += len(chunk)
    except (*_DAMAGE, SQLAlchemyError) as error:
        raise _damaged(path, f"{table.name}: {str(error).splitlines()[0]}") from error
    if digest.hexdigest() != card["sha256"].get(table.name) or rows != card["tables"].get(table.name):
        raise _damaged(path, f"{table.name} does not fit its hash")


def _damaged(path: Path, detail: str) -> KyotoError:
    return KyotoError(
        "The backup is damaged; nothing was restored",
        code="database.damaged-backup",
        where=Where(file=str(path)),
        detail=detail,
        hint="Use another copy of it.",
    )


def _chunks(archive: zipfile.ZipFile, table: Table, digest: Any) -> Iterator[list[dict[str, Any]]]:
    times = {column.name for column in table.columns if isinstance(column.type, DateTime)}
    chunk: list[dict[str, Any]] = []
    with archive.open(f"{table.name}.jsonl") as file:
        for line in file:
            digest.update(line)
            row = json.loads(line)
            chunk.append(
                {
                    name: datetime.fromisoformat(value) if name in times and value else value
                    for name, value in row.items()
                }
            )
            if len(chunk) == _CHUNK:
                yield chunk
                chunk = []
    if chunk:
        yield chunk


def _clear(session: Session, table: Table) -> None:
    """Take away the one entry of making the tables, which the log of the backup replaces."""
    if table.name == "audit_head":
        session.execute(table.delete())
        return
    if session.get_bind().dialect.name == "sqlite":
        stored = session.execute(
            text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = 'audit_entry_no_delete'")
        ).scalar_one()
        session.execute(text("DROP TRIGGER audit_entry_no_delete"))
        session.execute(table.delete())
        session.execute(text(stored))
        return
    session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_only_additions"))
    session.execute(table.delete())
    session.execute(text("ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_only_additions"))


def _move_counters(session: Session) -> None:
    """PostgreSQL counts identifiers apart from the rows: go on after the highest that was restored."""
    for table in Base.metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            highest = f"(SELECT coalesce(max({column.name}), 0) + 1 FROM {table.name})"
            session.execute(
                text(f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'), {highest}, false)")
            )
