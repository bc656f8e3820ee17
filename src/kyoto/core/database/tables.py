"""Tables of the ground. Rooms add their own to the same :class:`Base`; every change is a migration."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Integer, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

__all__ = [
    "Account",
    "Attempts",
    "AuditEntry",
    "AuditHead",
    "Base",
    "Grant",
    "LoginSession",
    "Operation",
    "RecordVersion",
    "StoredRecord",
]

_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
_TIME = DateTime(timezone=True)


class Base(DeclarativeBase):
    """All tables of operational data. Constraints have the same names on every engine, so that migrations find them."""

    metadata = MetaData(naming_convention=_NAMES)


class Account(Base):
    """Somebody who may sign in.

    ``version`` is the optimistic lock: an account that somebody else changed meanwhile is not overwritten.
    """

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    title: Mapped[str] = mapped_column(String(200), default="")
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(String(300))
    subject: Mapped[str | None] = mapped_column(String(500), unique=True)
    """Issuer and subject at an OpenID Connect provider, joined by a blank; None without one."""
    disabled_at: Mapped[datetime | None] = mapped_column(_TIME)
    created_at: Mapped[datetime] = mapped_column(_TIME)
    version: Mapped[int] = mapped_column(Integer)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 (SQLAlchemy's own form)


class LoginSession(Base):
    """A browser that signed in. The token itself is only with the browser."""

    __tablename__ = "login_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(_TIME)
    seen_at: Mapped[datetime] = mapped_column(_TIME)
    ends_at: Mapped[datetime] = mapped_column(_TIME)


class Grant(Base):
    """A role that an account has for one record, beyond its own role."""

    __tablename__ = "permission"
    __table_args__ = (UniqueConstraint("account_id", "kind", "record"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(50))
    record: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))


class AuditEntry(Base):
    """One access. Entries are only ever added; each carries the hash of the one before."""

    __tablename__ = "audit_entry"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(200), index=True)
    action: Mapped[str] = mapped_column(String(50))
    kind: Mapped[str] = mapped_column(String(50))
    record: Mapped[str] = mapped_column(String(200), index=True)
    detail: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """Number and hash of the last entry: a log that was cut at its end does not fit it."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))


class Operation(Base):
    """A change that was made under a key, so that a client who asks again does not make it twice."""

    __tablename__ = "operation"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    actor: Mapped[str] = mapped_column(String(200))
    result: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(_TIME)


class Attempts(Base):
    """Attempts under a name within a window of time, for limits."""

    __tablename__ = "attempts"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    since: Mapped[datetime] = mapped_column(_TIME)
    count: Mapped[int] = mapped_column(Integer)


class StoredRecord(Base):
    """A record that a room keeps whole, and which of its versions holds now; what it holds stands with the version."""

    __tablename__ = "stored_record"

    kind: Mapped[str] = mapped_column(String(50), primary_key=True)
    record: Mapped[str] = mapped_column(String(200), primary_key=True)
    place: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)

    # the version is set by whoever writes the content that belongs to it
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 (SQLAlchemy's own form)


class RecordVersion(Base):
    """What a stored record holds, and held after each time it was written. Rows are only ever added."""

    __tablename__ = "record_version"

    kind: Mapped[str] = mapped_column(String(50), primary_key=True)
    record: Mapped[str] = mapped_column(String(200), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(_TIME)
    changed_by: Mapped[str] = mapped_column(String(200))
