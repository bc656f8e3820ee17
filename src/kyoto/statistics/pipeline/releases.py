"""Releases that readers have kept: what a new build must remember, so that it does not undo an old one.

A release is kept by ``kyoto release`` in ``releases/<name>/`` of the project: for each protected table the true values
of its cells, those that were published, and the settings they were protected by. It is for the office alone.
Suppression withholds what the comparison with older releases would show. Noise and rounding need no memory to protect,
for the same records get the same noise in every release, but the attacker who audits them has kept the older ones too.
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
from kyoto.statistics.disclosure.settings import DisclosureSettings
from kyoto.statistics.pipeline.layout import protected_cells

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from kyoto.statistics.disclosure import Protected, Release

__all__ = [
    "KeptRelease",
    "cells_with_figures",
    "keep_release",
    "kept_releases",
    "read_cells_with_figures",
    "release_inputs",
    "releases_of",
    "write_cells",
]

_SETTINGS = b"kyoto.disclosure"
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
        ``release.no-build``, ``release.nothing-to-keep`` (nothing is protected), ``release.wrong-name``,
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
            detail="No table is protected, so no later release can undo its protection.",
            hint='With the [disclosure] method "none" a release needs no memory.',
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


def releases_of(
    folder: Path, tables: Sequence[str], dimensions: Sequence[Sequence[str]], *, method: str | None = None
) -> list[Release]:
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
    method
        Only releases that were protected by it; None for all.
    """
    from kyoto.statistics.disclosure import Release

    found = []
    for release in kept_releases(folder):
        settings: DisclosureSettings | None = None
        frames: list[pd.DataFrame] = []
        for table, names in zip(tables, dimensions, strict=True):
            path = release.folder / f"{table}.parquet"
            read, own = read_cells_with_figures(path) if path.is_file() else (_no_cells(names), settings)
            fits = {*names, "value", "published"} == set(read.columns)
            frames.append(read if fits else _no_cells(names))
            settings = own if fits and len(read) else settings
        if settings is not None and method in (None, settings.method):
            shown = [frame.drop(columns="value").rename(columns={"published": "value"}) for frame in frames]
            found.append(Release([frame.drop(columns="published") for frame in frames], shown, settings))
    return found


def cells_with_figures(cells: pa.Table, safe: Protected) -> pa.Table:
    """Cells of a table with their true ``value`` and what was ``published``, empty where withheld.

    The settings by which they were protected are part of the table, the secret is not.
    """
    import pyarrow as pa

    names = [name for name in safe.frame.columns if name not in ("value", "status", "confidentiality")]
    columns = {name: cells[name].cast(pa.string()) for name in names}
    columns["published"] = pa.array(safe.frame["value"].to_numpy(), type=pa.float64(), from_pandas=True)
    table = pa.table({**columns, "value": cells["value"]})
    return table.replace_schema_metadata({_SETTINGS: json.dumps(dict(safe.report.settings)).encode()})


def write_cells(build: Path, table: str, cells: pa.Table) -> None:
    """Write the true and published cells of a table into a build folder."""
    import pyarrow.parquet as pq

    path = build / protected_cells(table)
    path.parent.mkdir(exist_ok=True)
    pq.write_table(cells, path)


def read_cells_with_figures(path: Path) -> tuple[pd.DataFrame, DisclosureSettings]:
    """Read what :func:`write_cells` wrote, and the settings by which the cells were protected.

    Releases without settings were kept when suppression alone was remembered.
    """
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    said = (table.schema.metadata or {}).get(_SETTINGS)
    settings = DisclosureSettings(**json.loads(said)) if said else DisclosureSettings("suppression")
    return table.replace_schema_metadata(None).to_pandas(), settings


def _no_cells(names: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    columns: dict[str, pd.Series[Any]] = {name: pd.Series(dtype="object") for name in names}
    return pd.DataFrame({**columns, "published": pd.Series(dtype="float64"), "value": pd.Series(dtype="float64")})
