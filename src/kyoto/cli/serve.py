"""``kyoto serve``: the portal of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["serve"]

_MOST_WORKERS = 4


def serve(
    project: Annotated[Path, typer.Argument(help="Folder of a project.")] = Path(),
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every network.")] = "127.0.0.1",
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help="Host name that readers use; may be given again. `*` for any."),
    ] = None,
    root: Annotated[str, typer.Option(help="Path that another server puts before it, such as /statistics.")] = "",
    rate: Annotated[
        float, typer.Option(help="Requests a second from one address and worker; 0 for any number.", min=0)
    ] = 50.0,
    memory: Annotated[str, typer.Option(help="Memory of a worker's database before it spills to disk.")] = "1GB",
    workers: Annotated[
        int, typer.Option(help="Processes that answer; 0 for one a core, at most four.", min=0, max=64)
    ] = 0,
) -> None:
    """Serve a project's published figures as web pages and to machines.

    A new build shows as soon as it is finished; who is reading goes on with the one before. Only this computer is
    served unless --host says otherwise. Several processes answer, which makes use of several cores; each keeps a copy
    of the figures and counts the requests of its own readers.

    Example: kyoto serve examples/four-areas --port 8000
    """
    import importlib.util

    from kyoto.core.errors import KyotoError, extra_hint

    if importlib.util.find_spec("uvicorn") is None or importlib.util.find_spec("fastapi") is None:
        raise KyotoError("The portal is not installed", code="portal.not-installed", hint=extra_hint("portal"))
    from kyoto.core.project import load_project
    from kyoto.portal.guard import Limits
    from kyoto.portal.serving import Serving, cores, listening, serve_alone, serve_together

    folder = load_project(project).folder
    if root and not root.startswith("/"):
        raise KyotoError(
            "The path is not one", code="portal.wrong-root", got=root, expected="a path that begins with /, or nothing"
        )
    hosts = Limits().hosts | {host.lower(), f"[{host.lower()}]", *(each.lower() for each in name or ())}
    limits = Limits(hosts=frozenset(hosts), rate=rate, burst=rate * 4)
    serving = Serving(folder, limits, root.rstrip("/"), memory, workers or min(cores(), _MOST_WORKERS))
    with listening(host, port) as door:
        typer.echo(f"Serving {folder} at http://{host}:{door.getsockname()[1]}{root}/ (stop with Ctrl+C)")
        if serving.workers == 1:
            serve_alone(serving, door)
        else:
            serve_together(serving, door)
