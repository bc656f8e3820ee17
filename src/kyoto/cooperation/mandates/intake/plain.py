"""Plain text: its encoding is checked, not guessed."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from kyoto.core.errors import KyotoError, Where

__all__ = ["decode"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f]")


def decode(data: bytes, path: Path, encoding: str | None = None) -> str:
    """Decode text strictly.

    Parameters
    ----------
    data
        Bytes of the file.
    path
        Its path, for messages.
    encoding
        Encoding; by the mark at the start or UTF-8 if not given.

    Returns
    -------
    str
        Text with line ends of one character.

    Raises
    ------
    KyotoError
        ``mandates.wrong-encoding``, ``mandates.unknown-encoding``, ``mandates.not-a-document``.
    """
    name = encoding or next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(name)
    except LookupError as error:
        raise KyotoError(
            "Unknown encoding", code="mandates.unknown-encoding", got=name, hint="Use utf-8, cp1252, utf-16 or another."
        ) from error
    except UnicodeDecodeError as error:
        raise KyotoError(
            f"The text is not {name.upper()}",
            code="mandates.wrong-encoding",
            where=Where(file=str(path), line=data.count(b"\n", 0, error.start) + 1),
            got=f"byte 0x{data[error.start]:02x} at {error.start}",
            hint=_guess(data),
        ) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(_CONTROL.findall(text, 0, 100_000)) > 0.005 * min(len(text), 100_000):
        raise KyotoError(
            "This is not a document that can be read",
            code="mandates.not-a-document",
            where=Where(file=str(path)),
            expected="plain text, PDF, DOCX or Akoma Ntoso XML",
            got="bytes that are no text",
        )
    return text


def _guess(data: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:200_000]).best()
    if best is None:
        return "Name its encoding with --encoding."
    return f"It may be {best.encoding}: try --encoding {best.encoding}, and look at the accents."
