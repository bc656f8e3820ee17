"""Which files a source reads: patterns in sorted order, members of archives, files behind addresses."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING

from kyoto.core.errors import KyotoError, nearest

if TYPE_CHECKING:
    from kyoto.statistics.sources.model import SourceSpec

__all__ = ["MEMBER", "input_files", "matching", "shown_path", "split_member"]

MEMBER = "!/"
"""Stands between an archive and the file inside it."""


def split_member(pattern: str) -> tuple[str, str]:
    """Archive and member of a path, the member empty for a plain file.

    Examples
    --------
    >>> split_member("extract.zip!/incident.csv")
    ('extract.zip', 'incident.csv')
    >>> split_member("a.csv")
    ('a.csv', '')
    """
    archive, _, member = pattern.partition(MEMBER)
    return archive, member


def matching(pattern: str, folder: Path) -> list[Path]:
    """Files that a path or pattern names, sorted; relative to the project folder."""
    whole = folder / pattern
    if whole.is_file():
        return [whole]
    # pathlib's own glob takes no absolute pattern
    return sorted(Path(found) for found in glob.glob(str(whole), recursive=True) if Path(found).is_file())  # noqa: PTH207


def shown_path(path: Path, folder: Path) -> str:
    """Path for people: relative to the project where the file is inside it."""
    resolved, home = path.resolve(), folder.resolve()
    return resolved.relative_to(home).as_posix() if resolved.is_relative_to(home) else path.as_posix()


def input_files(spec: SourceSpec, folder: Path) -> list[Path]:
    """See :meth:`SourceSpec.input_files`."""
    patterns = [*spec.files, *(path for _, path in spec.tables), *_database_files(spec.table)]
    patterns += [column.values_file for column in spec.columns if column.values_file]
    found: dict[Path, None] = {}
    for pattern in patterns:
        found.update(dict.fromkeys(matching(split_member(pattern)[0], folder)))
    return list(found)


def existing(pattern: str, spec: SourceSpec, folder: Path, key: str = "file") -> list[Path]:
    """Files of a pattern.

    Raises
    ------
    KyotoError
        ``source.missing-file`` or ``source.no-match``.
    """
    found = matching(pattern, folder)
    if found:
        return found
    if glob.has_magic(pattern):
        raise KyotoError(
            f"No file matches {pattern!r}",
            code="source.no-match",
            where=spec.where(*key.split(".")),
            hint="Patterns start from the project folder; * stands for any name, ** for any folders.",
        )
    parent = (folder / pattern).parent
    names = [entry.name for entry in parent.iterdir()] if parent.is_dir() else []
    best = nearest(Path(pattern).name, names)
    raise KyotoError(
        f"No such file: {pattern}",
        code="source.missing-file",
        where=spec.where(*key.split(".")),
        hint=f"Did you mean {best!r}?" if best else "Paths start from the folder of the project file.",
    )


def _database_files(table: str) -> list[str]:
    """File behind a ``duckdb:///`` or ``sqlite:///`` address."""
    for scheme in ("duckdb:///", "sqlite:///"):
        if table.startswith(scheme):
            return [table.removeprefix(scheme).partition("?")[0]]
    return []
