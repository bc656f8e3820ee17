"""Releases that readers have kept: what suppression must remember, so that a new build does not undo an old one.

A release is kept by ``kyoto release`` in ``releases/<name>/`` of the project: for each table of suppressed cells their
true values and those that were published. It is for the office alone. The other methods of disclosure control need no
memory: the same records get the same noise in every release.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.core.errors import KyotoError, Where
from kyoto.core.files import write_whole
from kyoto.statistics.pipeline.layout import protected_cells

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from kyoto.statistics.disclosure import Protected, Release

__all__ = ["KeptRelease", "cells_with_figures", "keep_release", "kept_releases", "release_inputs", "releases_of"]

_FOLDER = "releases"
_CARD = "release.json"


@dataclass(frozen=True, slots=True)
class KeptRelease:
    """A release in the project folder.

    Parameters
    ----------
    name
        As the office calls it.
    folder
        Where it stands.
    kept
        When it was kept, ISO 8601; releases are in this order.
    tables
        Names of its tables.
    """

    name: str
    folder: Path
    kept: str
    tables: tuple[str, ...]


def kept_releases(folder: Path) -> list[KeptRelease]:
    """Releases of a project, oldest first.

    Parameters
    ----------
    folder
        Of the project.
    """
    found = []
    for card in (folder / _FOLDER).glob(f"*/{_CARD}"):
        said = json.loads(card.read_text(encoding="utf-8"))
        found.append(KeptRelease(said["name"], card.parent, said["kept"], tuple(said["tables"])))
    return sorted(found, key=lambda release: (release.kept, release.name))


def release_inputs(folder: Path, tables: Iterable[str]) -> tuple[Path, ...]:
    """Files of the releases that the protection of some tables reads."""
    wanted = set(tables)
    return tuple(
        release.folder / f"{table}.parquet"
        for release in kept_releases(folder)
        for table in release.tables
        if table in wanted
    )


def keep_release(folder: Path, name: str) -> KeptRelease:
    """Keep what the last build published as a release.

    Parameters
    ----------
    folder
        Of the project.
    name
        Of the release, such as ``2024-05``; also of its folder.

    Raises
    ------
    KyotoError
        ``release.no-build``, ``release.nothing-to-keep`` (no table is suppressed), ``release.wrong-name``,
        ``release.exists``.
    """
    build = folder / "build"
    if not (build / "manifest.json").is_file():
        raise KyotoError(
            "The project has not been built",
            code="release.no-build",
            where=Where(file=str(build)),
            hint=f"Run `kyoto build {folder}` first.",
        )
    if not name or name != Path(name).name or name.startswith("."):
        raise KyotoError("Not a name of a release", code="release.wrong-name", got=name, expected="such as 2024-05")
    files = sorted(build.glob(protected_cells("*")))
    if not files:
        raise KyotoError(
            "There is nothing to keep",
            code="release.nothing-to-keep",
            detail="Only suppression needs to remember what earlier releases showed.",
            hint='With another [disclosure] method than "suppression" a release needs no memory.',
        )
    target = folder / _FOLDER / name
    if target.exists():
        raise KyotoError(
            f"There is a release {name!r} already",
            code="release.exists",
            where=Where(file=str(target)),
            hint="Choose another name. Readers have kept the old one, so it is not overwritten.",
        )
    part = target.with_name(f".{name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for file in files:
        shutil.copy2(file, part / file.name)
    kept = datetime.now(UTC).isoformat(timespec="microseconds")
    card = {"name": name, "kept": kept, "tables": [file.stem for file in files]}
    write_whole(part / _CARD, json.dumps(card, indent=2) + "\n")
    part.rename(target)
    return KeptRelease(name, target, kept, tuple(card["tables"]))


def releases_of(folder: Path, tables: Sequence[str], dimensions: Sequence[Sequence[str]]) -> list[Release]:
    """Earlier releases of some tables, as disclosure control takes them.

    Parameters
    ----------
    folder
        Of the project.
    tables
        Their names.
    dimensions
        For each, the columns that identify its cells now. A release in which a table had other ones does not count
        for it: its cells were other cells.
    """
    import pandas as pd

    from kyoto.statistics.disclosure import Release

    found = []
    for release in kept_releases(folder):
        frames: list[pd.DataFrame] = []
        for table, names in zip(tables, dimensions, strict=True):
            path = release.folder / f"{table}.parquet"
            read = pd.read_parquet(path) if path.is_file() else pd.DataFrame()
            frames.append(read if {*names, "value"} <= set(read.columns) else _no_cells(names))
        if any(len(frame) for frame in frames):
            shown = [frame.drop(columns="value").rename(columns={"published": "value"}) for frame in frames]
            found.append(Release([frame.drop(columns="published") for frame in frames], shown))
    return found


def cells_with_figures(cells: pa.Table, safe: Protected) -> pd.DataFrame:
    """Cells of a table with their true ``value`` and what was ``published``, empty where withheld."""
    shown: pd.DataFrame = safe.frame.drop(columns=["status", "confidentiality"]).rename(columns={"value": "published"})
    for name in shown.columns:
        if str(shown[name].dtype) == "category":
            shown[name] = shown[name].astype(str)
    return shown.assign(value=cells["value"].to_numpy())


def _no_cells(names: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    columns: dict[str, pd.Series[Any]] = {name: pd.Series(dtype="object") for name in names}
    return pd.DataFrame({**columns, "value": pd.Series(dtype="float64"), "published": pd.Series(dtype="float64")})
