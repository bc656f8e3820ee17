"""``kyoto publish``: the portal as files for any web host."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kyoto.cli.output import JsonFlag

__all__ = ["publish"]


def publish(
    project: Annotated[Path, typer.Argument(help="Folder of a project that has been built.")] = Path(),
    static: Annotated[Path | None, typer.Option("--static", help="Folder that will hold the pages.")] = None,
    pictures: Annotated[bool, typer.Option("--png", help="Add each chart as a PNG picture.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written; write nothing.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Write a project's portal as files that any web host can serve.

    The pages are those of `kyoto serve`; instead of forms they have links, and beside every view its data. The folder
    `sdmx` holds structures and data for machines. What stood in the folder is exchanged in one step; a folder that
    holds anything else is refused.

    Example: kyoto publish examples/four-areas --static public --dry-run
    """
    from kyoto.cli.output import print_json
    from kyoto.cli.progress import progress_bar
    from kyoto.core.errors import KyotoError
    from kyoto.core.project import load_project
    from kyoto.portal.book import Shelf
    from kyoto.portal.publishing import plan_publication
    from kyoto.portal.publishing import publish as published
    from kyoto.portal.store import Store

    if static is None:
        raise KyotoError(
            "Nowhere to publish to",
            code="portal.no-target",
            hint="Say where: --static FOLDER. To look first: kyoto serve.",
        )
    store = Store(load_project(project).folder)
    size = None
    try:
        with Shelf(store).book() as book:
            if dry_run:
                planned = plan_publication(book, pictures=pictures)
            else:
                planned, size = published(book, static, pictures=pictures, progress=progress_bar())
    finally:
        store.close()
    if as_json:
        found = {"folder": static, "files": sorted(planned.files), "bytes": size, "left_out": planned.left_out}
        print_json({**found, "sdmx_left_out": planned.sdmx.left_out})
        return
    said = f"{len(planned.files):,} files"
    if size is None:
        typer.echo(f"Would write {said} to {static}; nothing was written.")
    else:
        typer.echo(f"Wrote {said}, {size / 1e6:.1f} MB, to {static}.")
    for table, reason in planned.sdmx.left_out.items():
        typer.echo(f"{table}: not written as SDMX. {reason}.")
    for series, views in planned.left_out.items():
        typer.echo(f"{series}: {views:,} more views are not prepared; its whole table is among the downloads.")
