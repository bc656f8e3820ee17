"""``kyoto serve``: the portal of a project."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["serve"]


def serve(
    project: Annotated[Path, typer.Argument(help="Folder of a project.")] = Path(),
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every network.")] = "127.0.0.1",
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help="Host name that readers use; may be given again. `*` for any."),
    ] = None,
    root: Annotated[str, typer.Option(help="Path that another server puts before it, such as /statistics.")] = "",
    rate: Annotated[float, typer.Option(help="Requests a second from one address; 0 for any number.", min=0)] = 50.0,
    memory: Annotated[str, typer.Option(help="Memory of the database before it spills to disk.")] = "1GB",
) -> None:
    """Serve a project's published figures as web pages and to machines.

    A new build shows as soon as it is finished; who is reading goes on with the one before. Only this computer is
    served unless --host says otherwise.

    Example: kyoto serve examples/four-areas --port 8000
    """
    from kyoto.core.errors import KyotoError

    try:
        import uvicorn
    except ImportError as error:
        raise KyotoError(
            "The portal is not installed", code="portal.not-installed", hint="pip install 'kyoto[portal]'"
        ) from error
    from kyoto.core.project import load_project
    from kyoto.portal.application import portal_app
    from kyoto.portal.guard import Limits
    from kyoto.portal.store import Store

    folder = load_project(project).folder
    if root and not root.startswith("/"):
        raise KyotoError(
            "The path is not one", code="portal.wrong-root", got=root, expected="a path that begins with /, or nothing"
        )
    hosts = Limits().hosts | {host.lower(), f"[{host.lower()}]", *(each.lower() for each in name or ())}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # a service manager's stop shall clear up, as Ctrl+C does
    store = Store(folder, memory=memory)
    app = portal_app(store, limits=Limits(hosts=frozenset(hosts), rate=rate, burst=rate * 4), root=root.rstrip("/"))
    typer.echo(f"Serving {folder} at http://{host}:{port}{root}/ (stop with Ctrl+C)")
    try:
        uvicorn.run(
            app,
            host=host,
            port=port,
            log_level="warning",
            server_header=False,
            timeout_keep_alive=10,
            limit_concurrency=2000,
            h11_max_incomplete_event_size=32_768,
            ws="none",
        )
    finally:
        store.close()
