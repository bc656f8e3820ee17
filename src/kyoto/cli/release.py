"""``kyoto release``: remember what was published, so that the next build does not undo its protection."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kyoto.cli.output import CsvFlag, JsonFlag, TableFlag, print_rows

__all__ = ["release"]


def release(
    project: Annotated[Path, typer.Argument(help="Folder that holds kyoto.toml.")] = Path(),
    name: Annotated[str, typer.Argument(help="Name of the release, such as 2024-05; without it, list them.")] = "",
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    as_table: TableFlag = False,
) -> None:
    """Keep what the last build published as a release that readers have.

    Protection can be undone by comparing two releases. With `method = "suppression"` builds after this one withhold
    what is needed against that. With noise or rounding the attack on the figures knows this release too, and says what
    the comparison shows.

    Example: kyoto release my-project 2024-05
    """
    from kyoto.core.project import load_project
    from kyoto.statistics.pipeline.releases import keep_release, kept_releases

    folder = load_project(project).folder
    if name:
        keep_release(folder, name)
    rows = [
        {"release": each.name, "kept": each.kept[:19], "tables": ", ".join(each.tables)}
        for each in kept_releases(folder)
    ]
    print_rows(rows, as_json=as_json, as_csv=as_csv, empty="No release has been kept.")
