"""Identifiers that SDMX allows, and the texts they stand for.

An SDMX code is made of letters, digits, ``_``, ``-``, ``@`` and ``$``; the codes of a project may hold anything. Each
text gets an identifier that can be read, and the code list keeps the text, so that the way back is exact.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

__all__ = ["artefact_id", "code_ids", "is_code", "is_name"]

_CODE = re.compile(r"[A-Za-z0-9_@$\-]+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_\-]*")
_LONGEST = 60


def is_code(text: str) -> bool:
    """Whether a text can be an SDMX code as it stands (IDType of SDMXCommonReferences.xsd).

    Examples
    --------
    >>> is_code("0401"), is_code("16.1.1")
    (True, False)
    """
    return _CODE.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Whether a text can identify an agency's artefact or a component (NCNameIDType).

    Examples
    --------
    >>> is_name("REF_AREA"), is_name("0401")
    (True, False)
    """
    return _NAME.fullmatch(text) is not None


def artefact_id(text: str) -> str:
    """Identifier of a structure or a component for a name of the project.

    Examples
    --------
    >>> artefact_id("by_offence and year"), artefact_id("2016 figures")
    ('BY_OFFENCE_AND_YEAR', 'T_2016_FIGURES')
    """
    plain = _readable(text).upper().replace("@", "_").replace("$", "_")
    return plain if is_name(plain) else f"T_{plain}"


def code_ids(texts: Iterable[str]) -> dict[str, str]:
    """Identifier of each text; different texts have different ones.

    A text that is a valid code stays as it is. In others every run of characters that are not allowed becomes ``_``;
    where that would make two texts the same, a part of the SHA-256 of the text follows. The identifier of a text does
    not depend on the order of the texts.

    Parameters
    ----------
    texts
        Texts in any order; repetitions do not matter.

    Returns
    -------
    dict of str to str
        In the order of the texts.

    Examples
    --------
    >>> code_ids(["0401", "per 100000 population", "16.1.1"])
    {'0401': '0401', 'per 100000 population': 'per_100000_population', '16.1.1': '16_1_1'}
    >>> sorted(code_ids(["a b", "a/b"]).values())
    ['a_b-c14cdd', 'a_b-c8687a']
    """
    wanted = list(dict.fromkeys(texts))
    proposed = {text: text if is_code(text) else _readable(text) for text in wanted}
    users: dict[str, int] = {}
    for identifier in proposed.values():
        users[identifier] = users.get(identifier, 0) + 1
    exact = {text for text in wanted if is_code(text)}
    taken = set(exact)
    found: dict[str, str] = {}
    for text in sorted(wanted):
        identifier = proposed[text]
        if text not in exact and users[identifier] > 1:
            identifier = _distinct(text, identifier, taken)
        taken.add(identifier)
        found[text] = identifier
    return {text: found[text] for text in wanted}


def _readable(text: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_@$\-]+", "_", text).strip("_")
    return plain[:_LONGEST] or "_"


def _distinct(text: str, identifier: str, taken: set[str]) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()
    for length in range(6, len(digest) + 1):
        candidate = f"{identifier}-{digest[:length]}"
        if candidate not in taken:
            return candidate
    return f"{identifier}-{digest}-{len(taken)}"
