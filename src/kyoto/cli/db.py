"""``kyoto db``: the database of the operational rooms, its accounts and its audit log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_rows

if TYPE_CHECKING:
    from kyoto.core.database import Database

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Make, check and save the database of the operational rooms.")
accounts = typer.Typer(no_args_is_help=True, help="Who may sign in.")
app.add_typer(accounts, name="account")

Address = Annotated[
    str,
    typer.Option(
        "--database",
        "-d",
        envvar="KYOTO_DATABASE",
        help="Path of an SQLite file, or a URL such as postgresql://user@host/name.",
    ),
]
_DEFAULT = "kyoto.db"
Name = Annotated[str, typer.Argument(help="Name to sign in with.")]


class RoleName(StrEnum):
    """Roles, each with the rights of those before it."""

    reader = "reader"
    editor = "editor"
    approver = "approver"
    administrator = "administrator"


@app.command()
def init(database: Address = _DEFAULT) -> None:
    """Make the tables of an empty database.

    Example: kyoto db init --database kyoto.db
    """
    from kyoto.core.database import initialise

    with _opened(database) as opened:
        typer.echo(f"Made {opened.url}, revision {initialise(opened)}.")


@app.command()
def upgrade(database: Address = _DEFAULT) -> None:
    """Bring the tables up to date; what is in them stays.

    Example: kyoto db upgrade --database kyoto.db
    """
    from kyoto.core.database import upgrade as upgraded
    from kyoto.core.database.migrating import require_tables

    with _opened(database) as opened:
        require_tables(opened)
        typer.echo(f"{opened.url} is at revision {upgraded(opened)}.")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="File to write; there must be none of this name.")],
    database: Address = _DEFAULT,
) -> None:
    """Write everything to one file, as it stands at this moment; others may go on working.

    Example: kyoto db backup kyoto-2024-05-01.zip
    """
    from kyoto.core.database import back_up

    with _opened(database) as opened:
        card = back_up(opened, file)
    typer.echo(f"Wrote {file}: {sum(card['tables'].values()):,} rows in {len(card['tables'])} tables.")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    database: Address = _DEFAULT,
) -> None:
    """Fill a new database from a backup; one that holds something is left as it is.

    Example: kyoto db restore kyoto-2024-05-01.zip --database new.db
    """
    from kyoto.core.database import restore as restored

    with _opened(database) as opened:
        card = restored(opened, file)
    typer.echo(f"Restored {sum(card['tables'].values()):,} rows into {opened.url}.")


@app.command()
def verify(
    head: Annotated[
        str, typer.Option("--head", help="NUMBER:HASH that an earlier check printed and that was kept elsewhere.")
    ] = "",
    database: Address = _DEFAULT,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Check that no entry of the audit log was changed, removed or moved; exit code 2 if one was.

    Print its head. Kept where whoever can write to the database cannot, it proves later that nothing was cut off.

    Example: kyoto db verify --database kyoto.db
    """
    from kyoto.core.database import audit_head, verify_audit

    kept = _parsed_head(head) if head else None
    with _current(database) as opened, opened.session() as session:
        findings = verify_audit(session, kept)
        number, value = audit_head(session)
    print_rows(
        [finding.row() for finding in findings],
        as_json=as_json,
        as_csv=as_csv,
        columns=["number", "kind", "message"],
        empty=f"The log is whole: {number:,} entries. Head: {number}:{value}",
    )
    if findings:
        raise typer.Exit(2)


@accounts.command()
def add(
    name: Name,
    role: Annotated[RoleName, typer.Option("--role", help="What the account may do.")] = RoleName.reader,
    subject: Annotated[
        str, typer.Option("--subject", help='"ISSUER SUBJECT" at an OpenID Connect provider, instead of a password.')
    ] = "",
    title: Annotated[str, typer.Option("--title", help="How the account is shown.")] = "",
    database: Address = _DEFAULT,
) -> None:
    """Add an account; its password is asked for, or read from the first line of standard input.

    Example: kyoto db account add desk-officer --role editor
    """
    from kyoto.core.database import Role, add_account
    from kyoto.core.database.work import working

    password = None if subject else _asked_password()
    with _current(database) as opened, working(opened, "system") as work:
        add_account(work, name, Role(role.value), password=password, subject=subject or None, title=title)
    typer.echo(f"Added {name}, {role.value}.")


@accounts.command("list")
def list_accounts(
    database: Address = _DEFAULT, as_json: JsonFlag = False, as_csv: CsvFlag = False, as_table: TableFlag = False
) -> None:
    """List the accounts.

    Example: kyoto db account list
    """
    from sqlalchemy import select

    from kyoto.core.database.tables import Account

    with _current(database) as opened, opened.session() as session:
        rows = [
            {
                "name": account.name,
                "role": account.role,
                "signs in by": "password" if account.password_hash else "provider",
                "disabled": account.disabled_at.date() if account.disabled_at else None,
            }
            for account in session.scalars(select(Account).order_by(Account.name))
        ]
    print_rows(rows, as_json=as_json, as_csv=as_csv, empty="There are no accounts.")


@accounts.command()
def disable(name: Name, database: Address = _DEFAULT) -> None:
    """Let somebody in no more; the account stays, since the audit log names it.

    Example: kyoto db account disable desk-officer
    """
    from kyoto.core.database.accounts import disable_account
    from kyoto.core.database.work import working

    with _current(database) as opened, working(opened, "system") as work:
        disable_account(work, name)
    typer.echo(f"Disabled {name}.")


@accounts.command()
def enable(name: Name, database: Address = _DEFAULT) -> None:
    """Let somebody in again who was let in no more.

    Example: kyoto db account enable desk-officer
    """
    from kyoto.core.database.accounts import enable_account
    from kyoto.core.database.work import working

    with _current(database) as opened, working(opened, "system") as work:
        enable_account(work, name)
    typer.echo(f"Enabled {name}.")


@accounts.command("role")
def change_role(
    name: Name,
    role: Annotated[RoleName, typer.Argument(help="What the account may do.")],
    database: Address = _DEFAULT,
) -> None:
    """Give an account another role; it holds at once.

    Example: kyoto db account role desk-officer approver
    """
    from kyoto.core.database import Role
    from kyoto.core.database.accounts import change_role as changed
    from kyoto.core.database.work import working

    with _current(database) as opened, working(opened, "system") as work:
        changed(work, name, Role(role.value))
    typer.echo(f"{name} is {role.value}.")


@accounts.command()
def grant(
    name: Name,
    record: Annotated[
        str, typer.Argument(metavar="RECORD", help="Kind and id, such as obligation:E/2017/30#resolution-26-4/7:1.")
    ],
    role: Annotated[RoleName | None, typer.Option("--role", help="What the account may do with this record.")] = None,
    take_away: Annotated[bool, typer.Option("--take-away", help="Take the role for this record away.")] = False,
    database: Address = _DEFAULT,
) -> None:
    """Give an account a role for one record, beyond its own role, or take it away.

    Kinds are obligation, recommendation and session.

    Example: kyoto db account grant desk-officer "recommendation:upr-3-AUT-12" --role approver
    """
    from kyoto.core.database import Role
    from kyoto.core.database import grant as granted
    from kyoto.core.database.accounts import account_named
    from kyoto.core.database.work import working

    kind, identifier = _parsed_record(record)
    if (role is None) is not take_away:
        raise typer.BadParameter("say either --role or --take-away")
    with _current(database) as opened, working(opened, "system") as work:
        granted(work, account_named(work, name), Role(role.value) if role is not None else None, kind, identifier)
    typer.echo(f"{name} is {role.value} for {record}." if role is not None else f"Took away {record} from {name}.")


@accounts.command()
def password(name: Name, database: Address = _DEFAULT) -> None:
    """Set a new password; whoever is signed in with the old one is signed out.

    Example: kyoto db account password desk-officer
    """
    from kyoto.core.database import change_password
    from kyoto.core.database.work import working

    chosen = _asked_password()
    with _current(database) as opened, working(opened, "system") as work:
        change_password(work, name, chosen)
    typer.echo(f"Changed the password of {name}.")


@contextmanager
def _opened(address: str) -> Iterator[Database]:
    from kyoto.core.database import open_database

    database = open_database(address)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _current(address: str) -> Iterator[Database]:
    """A database that is there, with the tables of this program; one that is not is not made by asking."""
    from kyoto.core.database.migrating import require_current

    with _opened(address) as opened:
        require_current(opened)
        yield opened


def _asked_password() -> str:
    import sys

    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")


def _parsed_record(text: str) -> tuple[str, str]:
    from kyoto.cooperation.mandates.followup.database import KINDS
    from kyoto.core.errors import KyotoError, did_you_mean

    kind, _, identifier = text.partition(":")
    if kind not in KINDS or not identifier:
        raise KyotoError(
            "Not a record",
            code="database.wrong-record",
            got=text,
            expected=f"kind:id, the kind one of {', '.join(KINDS)}",
            hint=did_you_mean(kind, KINDS),
        )
    return kind, identifier


def _parsed_head(text: str) -> tuple[int, str]:
    from kyoto.core.errors import KyotoError

    number, _, value = text.partition(":")
    if not number.isdigit() or len(value) != 64:
        raise KyotoError("Not a head", code="database.wrong-head", got=text, expected="NUMBER:HASH, as printed before")
    return int(number), value
