"""What the portal answers: a body with its type, the same whether it is sent or written to a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Answer", "BadRequest", "NotFound"]


class NotFound(Exception):
    """There is no page at this address."""


class BadRequest(Exception):
    """A parameter that nothing here has."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    Parameters
    ----------
    body
        Content.
    media
        Media type with its character set.
    status
        HTTP status.
    name
        File name to save it under; empty to show it.
    headers
        Further headers.
    lasting
        Whether the content at this address never changes, so that it may be kept without asking again.
    """

    body: bytes
    media: str = "text/html; charset=utf-8"
    status: int = 200
    name: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    lasting: bool = False
