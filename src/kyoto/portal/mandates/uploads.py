"""A file that a form sent, under the name that it came with, in a folder of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kyoto.portal.mandates.desk import Upload

__all__ = ["kept_upload"]


@contextmanager
def kept_upload(sent: Upload) -> Iterator[Path]:
    """Path of the file while the block lasts; its name leads nowhere else."""
    letters = Path(sent.name).name
    safe = "".join(letter if letter.isalnum() or letter in " ._-" else "-" for letter in letters)[-120:]
    with tempfile.TemporaryDirectory(prefix="kyoto-upload-") as folder:
        path = Path(folder) / (safe.lstrip(". ") or "document")
        path.write_bytes(sent.content)
        yield path
