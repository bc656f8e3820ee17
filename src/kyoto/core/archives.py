"""What reading a zip archive raises if it is damaged, cut off, or packed in a way that cannot be read."""

from __future__ import annotations

import zipfile
import zlib
from typing import Final

__all__ = ["UNREADABLE_ARCHIVE"]

UNREADABLE_ARCHIVE: Final = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
"""A password is a RuntimeError; a compression or a version of the format that is not known, its subclass
NotImplementedError."""
