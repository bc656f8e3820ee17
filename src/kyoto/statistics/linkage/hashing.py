"""Records of agencies that may not share names: every value is replaced by a keyed one-way code before it leaves.

Each agency prepares its records (:mod:`.preparing`) and replaces each value by HMAC-SHA-256 under a key that the
agencies share and the office that links does not have. Equal values stay equal and nothing else can be compared: near
spellings meet through the sound keys and the parts of the date, which were derived before hashing. Codes of given and
family names are made alike, so that swapped names are still seen. Without the key the codes cannot be reversed by
trying names; their frequencies still tell common names from rare ones, so hashed files remain personal data.
"""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.linkage.preparing import Prepared

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["HASHED_MARK", "hash_records", "is_hashed", "read_key"]

HASHED_MARK: Final = "hashed_"
"""How the columns of hashed files begin."""

KEY_BYTES: Final = 16
_SHARED = {"given": "name", "family": "name", "given_sound": "sound", "family_sound": "sound"}


def read_key(path: str | Path) -> bytes:
    """Key of the agencies from a file.

    Raises
    ------
    KyotoError
        ``linkage.missing-key``, ``linkage.short-key``.
    """
    file = Path(path)
    where = Where(file=str(path))
    if not file.is_file():
        hint = "Make one with `openssl rand -hex 32`, and hand it to the other agencies on a safe way."
        raise KyotoError("No such key file", code="linkage.missing-key", where=where, hint=hint)
    key = file.read_bytes().strip()
    if len(key) < KEY_BYTES:
        raise KyotoError(
            "The key is too short",
            code="linkage.short-key",
            where=where,
            expected=f"at least {KEY_BYTES} characters",
            got=str(len(key)),
            hint="Make one with `openssl rand -hex 32`.",
        )
    return key


def hash_records(prepared: Prepared, key: bytes) -> pa.Table:
    """Prepared records with every identifying value replaced by its code.

    Parameters
    ----------
    prepared
        From :func:`.preparing.prepare_file`.
    key
        Shared secret.

    Returns
    -------
    pyarrow.Table
        ``id`` (the agency's own identifier of the record, hashed too) and one column ``hashed_*`` an identity or
        further column.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from kyoto.statistics.linkage.model import LinkFile
    >>> from kyoto.statistics.linkage.preparing import prepare_file
    >>> table = pa.table({"given": ["Ana", "ANA"], "family": ["Lopez", "López"]})
    >>> hashed = hash_records(prepare_file(table, LinkFile("a", "a.csv")), b"0123456789abcdef")
    >>> len(set(hashed["hashed_family"].to_pylist())), len(hashed["hashed_family"][0].as_py())
    (1, 32)
    """
    import pyarrow as pa

    columns = {"id": _coded(prepared.table["identifier"], f"identifier:{prepared.table['source'][0]}", key)}
    for name in prepared.table.column_names[2:]:  # behind source and identifier
        columns[HASHED_MARK + name] = _coded(prepared.table[name], _SHARED.get(name, name), key)
    return pa.table(columns)


def _coded(column: pa.ChunkedArray, field: str, key: bytes) -> pa.Array:
    import pyarrow as pa

    coded = column.combine_chunks().dictionary_encode()
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    codes = [
        None if text is None else hmac.new(key, f"{field}\0{text}".encode(), hashlib.sha256).hexdigest()[:32]
        for text in coded.dictionary.to_pylist()
    ]
    return pa.array(codes, pa.string()).take(coded.indices)


def is_hashed(names: list[str]) -> bool:
    """Whether these are the columns of a hashed file.

    Examples
    --------
    >>> is_hashed(["id", "hashed_family"]), is_hashed(["id", "family"])
    (True, False)
    """
    return any(name.startswith(HASHED_MARK) for name in names)
