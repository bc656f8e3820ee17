"""Keeping documents beside the register in the same database."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from kyoto.cooperation.mandates.events import require_author
from kyoto.cooperation.mandates.followup.database import DatabaseStore
from kyoto.cooperation.mandates.followup.register import add_obligations
from kyoto.cooperation.mandates.library.plain import document_from_plain, document_to_plain
from kyoto.cooperation.mandates.model import Document
from kyoto.cooperation.mandates.obligations import obligations
from kyoto.cooperation.mandates.output import act_rows

if TYPE_CHECKING:
    from kyoto.cooperation.mandates.followup.store import Store
    from kyoto.core.database import Database
    from kyoto.core.database.work import Work

__all__ = ["DOCUMENT", "add_document", "keep_documents", "kept_document"]

DOCUMENT = "document"
"""Kind of the records that hold documents."""


def keep_documents(store: Store, documents: Iterable[Document], *, adopted: str = "") -> int:
    """Keep documents where the register is; a file keeps none.

    Parameters
    ----------
    store
        Where the register is.
    documents
        As read.
    adopted
        Day of their acts (ISO), if known.

    Returns
    -------
    int
        How many are new or have changed.

    Raises
    ------
    KyotoError
        ``mandates.no-author``; ``database.not-allowed``: the account may not propose anything.
    """
    if not isinstance(store, DatabaseStore):
        return 0
    from kyoto.core.database.accounts import account_named
    from kyoto.core.database.permissions import Role, require
    from kyoto.core.database.work import working

    require_author(store.account)
    with working(store.database, store.account) as work:
        require(work, account_named(work, store.account), Role.EDITOR)
        return sum(_keep(work, document, adopted) for document in documents)


def add_document(database: Database, account: str, document: Document, *, adopted: str, today: date) -> int:
    """Keep a document and put its obligations into the register, as suggestions. Doing it again changes nothing.

    Parameters
    ----------
    database, account
        Where, and who does it: an editor at least.
    document
        As read.
    adopted
        Day of its acts (ISO), from which “next session” counts; empty if it is not known.
    today
        For the history.

    Returns
    -------
    int
        Number of new suggestions.

    Raises
    ------
    KyotoError
        ``database.not-allowed``, ``database.changed-meanwhile``.
    """
    store = DatabaseStore(database, account)
    before = store.load()
    titles = {str(row["id"]): str(row["title"]) for row in act_rows(document)}
    found = obligations(document)
    after = add_obligations(before, found, titles=titles, adopted=adopted, today=today, by=account)
    keep_documents(store, [document], adopted=adopted)
    if after != before:
        store.save(after)
    return len(after.entries) - len(before.entries)


def kept_document(work: Work, name: str) -> tuple[Document, str, int] | None:
    """Return a document with the day of its acts and its revision; None if it is not kept."""
    from kyoto.core.database.records import kept_record

    kept = kept_record(work, DOCUMENT, name)
    return (document_from_plain(kept.content["document"]), kept.content["adopted"], kept.revision) if kept else None


def _keep(work: Work, document: Document, adopted: str) -> bool:
    from kyoto.core.database.records import Kept, kept_record, record_count, save_record

    name = (document.symbol or document.name)[:200]
    there = kept_record(work, DOCUMENT, name)
    day = adopted or (there.content["adopted"] if there is not None else "")
    content: dict[str, Any] = json.loads(json.dumps({"document": document_to_plain(document), "adopted": day}))
    if there is not None and there.content == content:
        return False
    save_record(work, DOCUMENT, Kept(name, there.revision if there else 0, content), place=record_count(work, DOCUMENT))
    return True
