"""From the growing tree to nodes with ids."""

from __future__ import annotations

import re

from kyoto.cooperation.mandates.cleantext import clean
from kyoto.cooperation.mandates.model import Node
from kyoto.cooperation.mandates.structure.state import Draft

__all__ = ["freeze"]

_BODY = re.compile(
    r"\b[Tt]he (?P<body>General Assembly|Economic and Social Council|Security Council|Human Rights Council|"
    r"Commission on Crime Prevention and Criminal Justice|Commission on Narcotic Drugs|Commission on [A-Z][\w ]+?(?=,)|"
    r"Conference of the [\w ]+?(?=,)|Commission)\b"
)
_SHORT = {
    "title": "title",
    "enacting": "enacting",
    "preamble": "p",
    "heading": "h",
    "text": "text",
    "entry": "entry",
    "table": "row",
    "front": "front",
    "contents": "contents",
}
_NAMED = {
    "paragraph": "para",
    "chapter": "chapter",
    "section": "section",
    "item": "item",
    "workshop": "workshop",
    "note": "note",
}


def freeze(root: Draft, text: str) -> tuple[Node, ...]:
    """Give each node its id and make it immutable.

    Parameters
    ----------
    root
        The tree as built.
    text
        The source, from which the body that speaks is read.

    Returns
    -------
    tuple of Node
    """
    used: set[str] = set()
    counters: dict[str, int] = {}
    return tuple(_freeze(child, "", text, used, counters) for child in root.children)


def _freeze(draft: Draft, scope: str, text: str, used: set[str], counters: dict[str, int]) -> Node:
    identifier = _unique(_identifier(draft, scope, counters), used)
    body = _body(draft, text) if draft.kind in ("resolution", "decision") else ""
    below = scope if draft.kind == "enacting" else identifier
    return Node(
        id=identifier,
        kind=draft.kind,
        number=draft.number,
        inferred=draft.inferred,
        spans=tuple(draft.spans),
        cuts=tuple(draft.cuts),
        children=tuple(_freeze(child, below, text, used, counters) for child in draft.children),
        status=draft.status,
        body=body,
    )


def _identifier(draft: Draft, scope: str, counters: dict[str, int]) -> str:
    prefix = f"{scope}/" if scope else ""
    if draft.kind in ("resolution", "decision"):
        return _act(draft)
    if draft.kind == "note":
        return f"note-{draft.number}"
    if draft.kind in _NAMED:
        return f"{prefix if draft.kind == 'section' else ''}{_NAMED[draft.kind]}-{draft.number}"
    if draft.kind in ("title", "enacting"):
        return f"{prefix}{draft.kind}"
    if draft.kind in _SHORT:
        stem = f"{prefix}{_SHORT[draft.kind]}"
        counters[stem] = counters.get(stem, 0) + 1
        return f"{stem}{counters[stem]}"
    return f"{prefix}{draft.number}" if draft.number else f"{prefix}text"


def _act(draft: Draft) -> str:
    drafted = "draft-" if draft.status != "adopted" else ""
    number = "-".join(part for part in (draft.body, draft.number.replace("/", "-")) if part)
    return f"{drafted}{draft.kind}-{number}" if number else f"{drafted}{draft.kind}"


def _unique(identifier: str, used: set[str]) -> str:
    candidate, count = identifier, 1
    while candidate in used:
        count += 1
        candidate = f"{identifier}~{count}"
    used.add(candidate)
    return candidate


def _body(draft: Draft, text: str) -> str:
    """Body named in the enacting words, or in the text of a decision."""
    for child in draft.children:
        if child.kind in ("enacting", "operative"):
            found = _BODY.search(clean(text, tuple(child.spans)).text)
            if found is not None:
                return found["body"]
    return ""
