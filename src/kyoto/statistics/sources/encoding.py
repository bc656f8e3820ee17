"""Bytes before they are text: which encoding a file is in, and a clean UTF-8 copy where the engine needs one.

Engines read UTF-8 alone. A file that is clean UTF-8 is read as it stands; any other is converted once, as a stream,
so that memory stays small.
"""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kyoto.core.errors import KyotoError, Where

__all__ = ["ByteScan", "encoding_of", "is_gzip", "scanned", "unpacked", "utf8_copy"]

_CHUNK = 1 << 22
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 1 << 16
_WESTERN = frozenset(
    "àáâãäåæçèéêëìíîïðñòóôõöøùúûüýÿþßœšžÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝŸÞŒŠŽ–—‘’‚“”„…•€£§°ºª«»¡¿©®·´\u00a0"
)


@dataclass(frozen=True, slots=True)
class ByteScan:
    r"""What one pass over the bytes of a file shows.

    Parameters
    ----------
    size
        Bytes.
    bom
        Encoding that a byte order mark names; empty without one.
    good, bad
        Characters of several bytes that are right in UTF-8 (counted in the sample), and bytes that are not (counted
        until 100).
    nul
        Zero bytes.
    unix_breaks, windows_breaks, mac_breaks
        Line breaks ``\n``, ``\r\n`` and ``\r``; in parts of a file that have no ``\r``, all ``\n`` count as one.
    sample
        Bytes around the first places outside ASCII, for guessing.
    start
        First bytes of the file.
    """

    size: int
    bom: str
    good: int
    bad: int
    nul: int
    unix_breaks: int
    windows_breaks: int
    mac_breaks: int
    sample: bytes
    start: bytes = b""

    @property
    def mixed_breaks(self) -> bool:
        """Whether lines end in different ways, or in the way of old Macs."""
        return sum(count > 0 for count in (self.unix_breaks, self.windows_breaks, self.mac_breaks)) > 1

    @property
    def readable(self) -> bool:
        """Whether an engine can read the file as it stands."""
        return self.nul == 0 and not self.mixed_breaks


def is_gzip(path: Path) -> bool:
    """Report whether a file starts like one that gzip made."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def unpacked(path: Path, target: Path, shown: str) -> Path:
    """Unpack a gzip file to ``target``.

    Raises
    ------
    KyotoError
        ``source.damaged-archive`` where it ends too soon or does not fit its checksum.
    """
    try:
        with gzip.open(path) as packed, target.open("wb") as plain:
            while chunk := packed.read(_CHUNK):
                plain.write(chunk)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise KyotoError(
            "The compressed file is damaged or cut off",
            code="source.damaged-archive",
            where=Where(file=shown),
            detail=str(error),
            hint="Fetch or pack the file again.",
        ) from None
    return target


def scanned(path: Path) -> ByteScan:
    """Look at every byte of a file once.

    A tenth of the time that reading it as a table takes, and what it finds decides how it can be read.
    """
    size = good = bad = nul = lines = windows = returns = 0
    sample = bytearray()
    bom = ""
    start = rest = b""
    for chunk in _chunks(path):
        if size == 0:
            start = chunk[:4096]
            bom = next((name for mark, name in _BOMS if chunk.startswith(mark)), "")
        size += len(chunk)
        nul += chunk.count(b"\0") if b"\0" in chunk else 0  # finding one is many times as fast as counting none
        if b"\r" not in chunk:
            lines += b"\n" in chunk
        else:
            lines += chunk.count(b"\n")
            returns += chunk.count(b"\r")
            windows += chunk.count(b"\r\n") + (chunk[:1] == b"\n" and rest[-1:] == b"\r")
        if not chunk.isascii() and bad < 100:
            rest_bytes = _unfinished(rest)
            good, bad = _checked(rest_bytes + chunk, good, bad)
            if len(sample) < _SAMPLE:
                sample += _around(chunk, _SAMPLE - len(sample))
        elif _unfinished(rest):
            bad += 1
        rest = chunk[-4:]
    return ByteScan(size, bom, good, bad, nul, lines - windows, windows, returns - windows, bytes(sample), start)


def encoding_of(scan: ByteScan) -> tuple[str, bool]:
    """Encoding of a scanned file, and whether that is more than a guess.

    Returns
    -------
    encoding : str
        Name of the encoding.
    certain : bool
        True for a byte order mark, for valid UTF-8, and for pure ASCII.
    """
    if scan.bom:
        return scan.bom, True
    if scan.nul > scan.size // 8:
        return _utf16_side(scan), True
    if scan.bad == 0 or scan.good > 10 * scan.bad:
        return "utf-8", scan.bad == 0
    return _guess(scan.sample), False


_STATE_IT = 'State the right one, such as encoding = "cp1252", or save the file as UTF-8.'


def utf8_copy(path: Path, target: Path, encoding: str, shown: str, *, hint: str = _STATE_IT) -> Path:
    r"""Write a UTF-8 copy with ``\n`` line breaks and without zero bytes.

    Parameters
    ----------
    path, target
        The file, and its copy.
    encoding
        That it is taken to have.
    shown
        Name for messages.
    hint
        What whoever gave the file can do if it has another: by default state it in ``kyoto.toml``.

    Raises
    ------
    KyotoError
        ``source.wrong-encoding`` at the first byte that the encoding does not have.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)(
        errors="surrogateescape" if encoding == "utf-8" else "strict"
    )
    done = lines = 0
    held = ""
    with path.open("rb") as source, target.open("wb") as plain:
        while True:
            chunk = source.read(_CHUNK)
            try:
                text = held + decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                line = lines + 1 + error.object[: error.start].count(b"\n")
                raise _wrong_encoding(shown, encoding, line, error.object[error.start], hint) from None
            # a \r at the end may be the first half of \r\n
            held = "\r" if chunk and text.endswith("\r") else ""
            text = text.removesuffix(held) if held else text
            text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
            plain.write(text.encode("utf-8", errors="surrogateescape" if encoding == "utf-8" else "strict"))
            done += len(chunk)
            lines += chunk.count(b"\n")
            if not chunk:
                return target


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _unfinished(rest: bytes) -> bytes:
    """Bytes at the end of a chunk that begin a UTF-8 character without ending it."""
    found = re.search(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z", rest)
    return found[0] if found else b""


def _checked(data: bytes, good: int, bad: int) -> tuple[int, int]:
    """Add the right and wrong UTF-8 of a chunk; what is cut off at its end is left for the next."""
    data = data.removesuffix(_unfinished(data))
    with suppress(UnicodeDecodeError):
        text = data.decode()
        return good + (len(data) - len(text) if good < 10_000 else 0), bad
    text = data.decode(errors="surrogateescape")
    wrong = len(re.findall("[\udc80-\udcff]", text))
    return good + sum(1 for _ in re.finditer("[\u0080-\ud7ff\ue000-\U0010ffff]", text)), bad + wrong


def _around(chunk: bytes, room: int) -> bytes:
    """Lines of a chunk that hold bytes outside ASCII, up to ``room`` bytes."""
    found = bytearray()
    for match in re.finditer(rb"[^\r\n]{0,200}[\x80-\xff][^\r\n]{0,200}", chunk):
        found += match[0] + b"\n"
        if len(found) >= room:
            break
    return bytes(found)


def _utf16_side(scan: ByteScan) -> str:
    """UTF-16 without a mark: in most texts the high byte is zero, and its place tells the order."""
    return "utf-16-be" if scan.start[0::2].count(0) > scan.start[1::2].count(0) else "utf-16-le"


def _guess(sample: bytes) -> str:
    """Most likely encoding of a sample: Western European where all its letters are so, else what its words say."""
    from charset_normalizer import from_bytes

    text = sample.decode("cp1252", errors="replace")
    special = [sign for sign in text if sign > "\x7f"]
    letters = sum(sign.isalpha() for sign in text)
    if len(special) <= 0.4 * letters + 1 and all(sign in _WESTERN for sign in special):
        return "cp1252"
    best = from_bytes(sample).best()
    return codecs.lookup(best.encoding).name if best else "cp1252"


def _wrong_encoding(shown: str, encoding: str, line: int, byte: int, hint: str) -> KyotoError:
    return KyotoError(
        f"The file is not {encoding}",
        code="source.wrong-encoding",
        where=Where(file=shown, line=line),
        got=f"byte 0x{byte:02x}",
        hint=hint,
    )
