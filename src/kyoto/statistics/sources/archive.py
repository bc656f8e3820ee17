"""Members of zip archives, taken out to be read."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from kyoto.core.archives import UNREADABLE_ARCHIVE
from kyoto.core.errors import KyotoError, Where, nearest
from kyoto.statistics.sources.model import SourceSpec

__all__ = ["extracted"]


def extracted(archive: Path, member: str, target: Path, shown: str, spec: SourceSpec) -> Path:
    """Copy a member of an archive to ``target``.

    Raises
    ------
    KyotoError
        ``source.damaged-archive``, ``source.missing-member``.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            names = [name for name in opened.namelist() if not name.endswith("/")]
            if member not in names:
                best = nearest(member, names)
                raise KyotoError(
                    f"The archive has no file {member!r}",
                    code="source.missing-member",
                    where=spec.where("file") if spec.files else spec.where("files"),
                    hint=f"Did you mean {best!r}?" if best else "It has: " + ", ".join(sorted(names)[:12]) + ".",
                )
            with opened.open(member) as packed, target.open("wb") as plain:
                shutil.copyfileobj(packed, plain, 1 << 20)
    except UNREADABLE_ARCHIVE as error:
        raise KyotoError(
            "The archive is damaged, cut off, or locked with a password",
            code="source.damaged-archive",
            where=Where(file=shown),
            detail=str(error),
            hint="Fetch or pack the file again, without a password.",
        ) from None
    return target
