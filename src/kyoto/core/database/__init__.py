"""The ground of the operational rooms: one database with accounts, permissions and an audit log that shows tampering.

:func:`open_database` opens SQLite or PostgreSQL by URL. Whoever reads or changes what matters does it in a
:class:`Work`, one transaction with an actor: what it logs stands in the audit log if and only if what it did stands in
the database. Needs the extra ``cooperation``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kyoto.core.later import importing_later

if TYPE_CHECKING:
    from kyoto.core.database.accounts import Actor, add_account, authenticate, change_password
    from kyoto.core.database.audit import AuditFinding, audit_head, verify_audit
    from kyoto.core.database.migrating import initialise, upgrade
    from kyoto.core.database.opening import Database, open_database
    from kyoto.core.database.permissions import Role, allowed, grant, require
    from kyoto.core.database.transfer import back_up, restore
    from kyoto.core.database.work import Work

__all__ = [
    "Actor",
    "AuditFinding",
    "Database",
    "Role",
    "Work",
    "add_account",
    "allowed",
    "audit_head",
    "authenticate",
    "back_up",
    "change_password",
    "grant",
    "initialise",
    "open_database",
    "require",
    "restore",
    "upgrade",
    "verify_audit",
]

_PLACES = {
    "Actor": "accounts",
    "AuditFinding": "audit",
    "Database": "opening",
    "Role": "permissions",
    "Work": "work",
    "add_account": "accounts",
    "allowed": "permissions",
    "audit_head": "audit",
    "authenticate": "accounts",
    "back_up": "transfer",
    "change_password": "accounts",
    "grant": "permissions",
    "initialise": "migrating",
    "open_database": "opening",
    "require": "permissions",
    "restore": "transfer",
    "upgrade": "migrating",
    "verify_audit": "audit",
}

__getattr__ = importing_later(__name__, _PLACES)
