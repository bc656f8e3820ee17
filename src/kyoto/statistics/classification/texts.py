"""Reading the explanatory texts of the standard from the user's own copy."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean
from kyoto.statistics.classification.model import CategoryTexts

if TYPE_CHECKING:
    from kyoto.statistics.classification.tree import Classification

__all__ = ["read_texts"]

_COLUMNS = ("code", "definition", "inclusions", "exclusions")


def read_texts(path: Path, classification: Classification) -> dict[str, CategoryTexts]:
    """Texts by code; see :meth:`Classification.with_texts`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise KyotoError(
            "No such file",
            code="classification.missing-file",
            where=Where(file=str(path)),
            hint="Give the path of your copy of the texts as CSV.",
        ) from None
    reader = csv.DictReader(StringIO(text, newline=""))
    problems = Problems()
    for name in _COLUMNS:
        if name not in (reader.fieldnames or ()):
            problems.add(
                KyotoError(
                    f"The file has no column {name!r}",
                    code="classification.missing-column",
                    where=Where(file=str(path), line=1),
                    hint=did_you_mean(name, reader.fieldnames or ()),
                )
            )
    problems.raise_if_any()
    found: dict[str, CategoryTexts] = {}
    for row in reader:
        try:
            category = classification.get(row["code"] or "")
        except KyotoError as error:
            where = Where(file=str(path), line=reader.line_num)
            problems.add(KyotoError(error.title, code=error.code, where=where, got=error.got, hint=error.hint))
            continue
        found[category.code] = CategoryTexts(
            (row["definition"] or "").strip(), _items(row["inclusions"]), _items(row["exclusions"])
        )
    problems.raise_if_any()
    return found


def _items(text: str | None) -> tuple[str, ...]:
    return tuple(item.strip() for item in (text or "").split(";") if item.strip())
