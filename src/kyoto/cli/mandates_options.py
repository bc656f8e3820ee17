"""Options that follow-up commands of ``kyoto mandates`` share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import date

    from kyoto.cooperation.mandates.model import Document

__all__ = [
    "ByOption",
    "CalendarOption",
    "RegisterOption",
    "SymbolOption",
    "TodayOption",
    "day_of",
    "default_register",
    "existing_register",
    "require_change",
    "require_one_of",
    "shown_register",
    "tell_proposals",
    "with_symbol",
]

RegisterOption = Annotated[
    str, typer.Option("--register", "-r", help="Register: a JSON file, an SQLite database (.db), or a database's URL.")
]
CalendarOption = Annotated[
    Path | None, typer.Option("--calendar", help="TOML file of sessions, added to those that come with Kyoto.")
]
ByOption = Annotated[
    str, typer.Option("--by", help="Who makes the change; stays in the history. In a database, the name of an account.")
]
TodayOption = Annotated[
    datetime | None,
    typer.Option("--today", formats=["%Y-%m-%d"], help="Day of the change or report; today if not given."),
]
SymbolOption = Annotated[
    str, typer.Option("--symbol", help="Symbol of the document, such as E/2019/30, where its text does not print it.")
]
default_register = "mandates.json"


def shown_register(register: str) -> str:
    """Register as it may be printed: without the password of a URL."""
    if "://" not in register:
        return register
    from kyoto.core.database.opening import shown_url

    return shown_url(register)


def day_of(today: datetime | None) -> date:
    """Day that was given, or today."""
    return (today or datetime.now().astimezone()).date()


def existing_register(register: str) -> str:
    """Register that commands read; one that is not there is told, since an empty answer would be taken for none.

    Raises
    ------
    KyotoError
        ``mandates.no-register``.
    """
    from kyoto.core.errors import KyotoError, Where

    if "://" not in register and not Path(register).exists():
        raise KyotoError(
            "No such register",
            code="mandates.no-register",
            where=Where(file=register),
            hint="Make it with: kyoto mandates register FILES --by NAME, or name another with --register.",
        )
    return register


def require_change(*given: object) -> None:
    """Refuse a change that says nothing: it would stand in the history for nothing.

    Raises
    ------
    KyotoError
        ``mandates.nothing-to-change``.
    """
    from kyoto.core.errors import KyotoError

    if not any(given):
        raise KyotoError(
            "Nothing would change",
            code="mandates.nothing-to-change",
            hint="Say what: a status, evidence, a unit, a time; see --help.",
        )


def require_one_of(values: list[str] | None, known: Iterable[str], what: str) -> None:
    """Refuse a filter that nothing can fit, with the nearest that could.

    Raises
    ------
    KyotoError
        ``mandates.unknown-filter``.
    """
    from kyoto.core.errors import KyotoError, did_you_mean

    names = set(known)
    for value in values or ():
        if value not in names:
            raise KyotoError(
                f"Unknown {what}", code="mandates.unknown-filter", got=value, hint=did_you_mean(value, names, limit=20)
            )


def tell_proposals(identifiers: Iterable[str]) -> None:
    """Tell what was not written, since it waits for an approver."""
    for identifier in identifiers:
        typer.echo(f"Proposed for {identifier}: an approver decides (kyoto mandates review)", err=True)


def with_symbol(document: Document, symbol: str) -> Document:
    """Document with the symbol that its user gave; as it was read if none was given."""
    from dataclasses import replace

    return replace(document, symbol=symbol) if symbol else document
