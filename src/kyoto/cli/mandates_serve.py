"""``kyoto mandates serve``: the register of mandates as web pages."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kyoto.core.database.openid import Provider

__all__ = ["serve"]

_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
_SECRET = "KYOTO_OPENID_SECRET"  # noqa: S105 (the name of a variable)


def serve(
    database: Annotated[
        str,
        typer.Option(
            "--database",
            "-d",
            envvar="KYOTO_DATABASE",
            help="Path of an SQLite file, or a URL such as postgresql://user@host/name.",
        ),
    ] = "kyoto.db",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8010,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    address: Annotated[
        str,
        typer.Option(
            help="Address as readers reach it, such as https://mandates.example.org; its web server speaks HTTPS."
        ),
    ] = "",
    public: Annotated[
        bool, typer.Option("--public", help="Let anybody read without an account; changes need one all the same.")
    ] = False,
    calendar: Annotated[
        Path | None, typer.Option("--calendar", help="TOML file of sessions, added to those that come with Kyoto.")
    ] = None,
    project: Annotated[
        Path | None,
        typer.Option("--project", help="Folder of a built project: briefs show the figures and evaluations it holds."),
    ] = None,
    evaluations: Annotated[
        Path | None,
        typer.Option("--evaluations", help="Evidence register for briefs; that of the project's build if not given."),
    ] = None,
    openid: Annotated[
        str, typer.Option("--openid", help=f"Issuer and client id at an OpenID Connect provider; secret in {_SECRET}.")
    ] = "",
    rate: Annotated[float, typer.Option(help="Requests a second from one address; 0 for any number.", min=0)] = 20.0,
) -> None:
    """Serve the register of mandates as web pages: reading, search, calendar, and editing with review.

    Accounts are those of the database (`kyoto db account add`). Only this computer is served unless --host says
    otherwise, and then only behind HTTPS, since passwords travel.

    Example: kyoto mandates serve --database office.db --port 8010
    """
    from kyoto.core.errors import KyotoError, extra_hint

    try:
        import uvicorn
    except ImportError as error:
        raise KyotoError(
            "The portal is not installed", code="portal.not-installed", hint=extra_hint("portal", "cooperation")
        ) from error
    from kyoto.cooperation.mandates.followup import read_calendar
    from kyoto.core.database import open_database
    from kyoto.core.database.migrating import require_current
    from kyoto.portal.mandates.application import guarded
    from kyoto.portal.mandates.desk import Desk, Settings
    from kyoto.portal.mandates.evidence import EvidenceSource

    reached = _reached(address, host, port)
    settings = Settings(
        reached,
        public=public,
        calendar=calendar,
        provider=_provider(openid, reached),
        project=project,
        evaluations=evaluations,
    )
    read_calendar(calendar)
    EvidenceSource(project, evaluations).require()
    opened = open_database(database)
    try:
        require_current(opened)
        desk = Desk(opened, settings)
        typer.echo("Reading the documents and the register …", err=True)
        desk.shelf.warm_up(opened)
        app = guarded(desk, rate=rate)
        typer.echo(f"Serving {opened.url} at {reached}/ (stop with Ctrl+C)")
        uvicorn.run(
            app,
            host=host,
            port=port,
            log_level="warning",
            server_header=False,
            timeout_keep_alive=10,
            limit_concurrency=500,
            h11_max_incomplete_event_size=32_768,
            ws="none",
        )
    finally:
        opened.close()


def _reached(address: str, host: str, port: int) -> str:
    """Address of the site; passwords are not sent over an open network."""
    from urllib.parse import urlsplit

    from kyoto.core.errors import KyotoError

    reached = (address or f"http://{f'[{host}]' if ':' in host else host}:{port}").rstrip("/")
    parts = urlsplit(reached)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise KyotoError(
            "Not the address of a site",
            code="portal.wrong-address",
            got=address,
            expected="https://name, or with a path",
        )
    if parts.scheme == "http" and not ({host, parts.hostname} <= _LOCAL):
        raise KyotoError(
            "Passwords would travel unencrypted",
            code="portal.plain-http",
            got=reached,
            expected="an address that begins with https://",
            hint="Put a web server that speaks HTTPS in front, and name its address with --address.",
        )
    return reached


def _provider(openid: str, reached: str) -> Provider | None:
    from kyoto.core.database.openid import Provider
    from kyoto.core.errors import KyotoError

    if not openid:
        return None
    issuer, _, client = openid.strip().partition(" ")
    secret = os.environ.get(_SECRET, "")
    if not client or not secret:
        raise KyotoError(
            "The provider is not fully named",
            code="portal.wrong-provider",
            got=openid,
            expected=f'--openid "ISSUER CLIENT", and the secret in {_SECRET}',
        )
    return Provider(issuer, client.strip(), secret, f"{reached}/openid/callback")
