"""What a visitor is told when something does not work, and how: never more than helps them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from kyoto.core.errors import KyotoError
from kyoto.portal.answer import NotFound
from kyoto.portal.mandates.desk import Reply, Visit
from kyoto.portal.mandates.rendering import page

__all__ = ["failure", "plain_failure", "problem_texts", "said_failure"]

_STATUS: Final = {
    "database.not-allowed": (403, "not_allowed"),
    "database.changed-meanwhile": (409, "changed_meanwhile"),
    "database.unknown-account": (404, "not_found"),
    "mandates.unknown-obligation": (404, "not_found"),
    "mandates.unknown-recommendation": (404, "not_found"),
    "mandates.unknown-item": (404, "not_found"),
    "mandates.unknown-version": (404, "not_found"),
    "mandates.no-proposal": (404, "not_found"),
    "database.unreachable": (503, "no_database"),
    "database.not-initialised": (503, "no_database"),
    "database.old-tables": (503, "no_database"),
}
_OURS: Final = ("mandates.", "database.")


def failure(visit: Visit, error: Exception) -> Reply:
    """Answer for an error that a page raised; what is no fault of the visitor's is raised on, to the guard."""
    if isinstance(error, NotFound):
        return said_failure(visit, 404, "not_found")
    if not isinstance(error, KyotoError):
        raise error
    if error.code in _STATUS:
        return said_failure(visit, *_STATUS[error.code])
    if error.code == "database.too-many-attempts":
        seconds = "".join(re.findall(r"\d+", error.hint)) or "300"
        return said_failure(visit, 429, "too_many", seconds=seconds).adding(("retry-after", seconds))
    if not error.code.startswith(_OURS):
        raise error
    return page(
        visit, "failure", visit.words("failures.refused"), status=400, text="", problems=problem_texts(visit, error)
    )


def problem_texts(visit: Visit, error: KyotoError) -> list[tuple[str, str, str]]:
    """Text of each problem, its language, and the value that it is about; of a table with the line."""
    found = []
    for one in error.problems:
        known = visit.words.texts.get(f"problems.{one.code.partition('.')[2]}")
        english = ". ".join(part for part in (one.title, one.detail) if part)
        text, line = known or english, one.where.line if one.where is not None else None
        said = visit.words("problems.line", line=line, text=text) if line else text
        found.append((said, visit.words.language if known else "en", one.got or ""))
    return found


def said_failure(visit: Visit, status: int, key: str, **values: str) -> Reply:
    """Page that says what went wrong, for somebody whom we know."""
    text = visit.words.texts.get(f"failures.{key}_text") or visit.words.texts.get(f"errors.{key}_text", "")
    title = visit.words.texts.get(f"failures.{key}") or visit.words(f"errors.{key}")
    return page(visit, "failure", title, status=status, text=text.format(**values), problems=[])


def plain_failure(visit: Visit, status: int, key: str, values: Mapping[str, str]) -> Reply:
    """Return the same where nothing is known of the visitor."""
    return said_failure(visit, status, key, **values)
