"""``kyoto mandates review``: what waits for an approver, and the decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kyoto.cli.mandates_options import RegisterOption, TodayOption, day_of, default_register, existing_register
from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_rows

if TYPE_CHECKING:
    from kyoto.cooperation.mandates.review import Proposal
    from kyoto.core.database import Database

__all__ = ["review"]

_DONE = {"approve": "approved", "decline": "declined", "withdraw": "withdrawn"}


def review(
    register: RegisterOption = default_register,
    approve: Annotated[str, typer.Option("--approve", help="Let the proposal for this record take effect.")] = "",
    decline: Annotated[str, typer.Option("--decline", help="Turn the proposal for this record down.")] = "",
    withdraw: Annotated[str, typer.Option("--withdraw", help="Take one's own proposal for this record back.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="With --decline: why; its author reads it.")] = "",
    by: Annotated[str, typer.Option("--by", help="Who decides: the name of an account.")] = "",
    today: TodayOption = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """List what editors proposed and nobody decided yet, or decide: the same as under Review on the web desk.

    Proposals are for obligations, recommendations of reviews and days of sessions. Nobody decides on their own.

    Example: kyoto mandates review --register office.db --approve "E/2017/30#resolution-26-4/7:1" --by head
    """
    from kyoto.cooperation.mandates import review as room

    chosen = [(record, verb) for record, verb in ((approve, "approve"), (decline, "decline"), (withdraw, "withdraw"))]
    chosen = [(record, verb) for record, verb in chosen if record]
    if len(chosen) > 1:
        raise typer.BadParameter("say one of --approve, --decline and --withdraw")
    database = _database(register)
    try:
        if not chosen:
            rows = [_row(one) for one in _waiting(database)]
            columns = None if as_csv else ["kind", "record", "by", "at", "change"]
            print_rows(rows, as_json=as_json, as_csv=as_csv, columns=columns, empty="Nothing waits for a decision.")
            return
        ((record, verb),) = chosen
        more: dict[str, dict[str, Any]] = {"approve": {"today": day_of(today)}, "decline": {"reason": reason}}
        _decide(database, by, record, getattr(room, verb), more.get(verb, {}))
        typer.echo(f"{record}: {_DONE[verb]}")
    finally:
        database.close()


def _database(register: str) -> Database:
    from kyoto.cooperation.mandates.followup.database import is_database
    from kyoto.core.database import open_database
    from kyoto.core.errors import KyotoError

    if not is_database(existing_register(register)):
        raise KyotoError(
            "Only a register in a database has a review",
            code="mandates.no-review",
            got=register,
            hint="Name an SQLite database (.db) or a database's URL with --register; see `kyoto db init`.",
        )
    return open_database(register)


def _waiting(database: Database) -> list[Proposal]:
    from kyoto.cooperation.mandates.review import open_proposals
    from kyoto.core.database.migrating import require_current
    from kyoto.core.database.work import working

    require_current(database)
    with working(database, "system") as work:
        return open_proposals(work)


def _decide(database: Database, by: str, record: str, decide: Callable[..., None], more: dict[str, Any]) -> None:
    from kyoto.cooperation.mandates.events import require_author
    from kyoto.cooperation.mandates.review import open_proposals, subject_named
    from kyoto.core.database.accounts import account_named
    from kyoto.core.database.migrating import require_current
    from kyoto.core.database.work import working
    from kyoto.core.errors import KyotoError, did_you_mean

    require_author(by)
    require_current(database)
    with working(database, by) as work:
        account = account_named(work, by)
        waiting = {one.record: one for one in open_proposals(work)}
        if record not in waiting:
            raise KyotoError(
                "No proposal waits for it", code="mandates.no-proposal", got=record, hint=did_you_mean(record, waiting)
            )
        one = waiting[record]
        decide(work, account, subject_named(one.kind), record, one.revision, **more)


def _row(one: Proposal) -> dict[str, Any]:
    """What waits, with the values that it would set."""
    plain = {name: value for name, value in one.edit.plain().items() if value not in ("", [], None)}
    words = [f"{name}: {', '.join(value) if isinstance(value, list) else value}" for name, value in plain.items()]
    return {"kind": one.kind, "record": one.record, "by": one.by, "at": one.at, "change": "; ".join(words)}
