"""The register as a build keeps it: records with the cards that were made from results, and a table to take along."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kyoto.analysis.evaluation.card.model import Card
from kyoto.analysis.evaluation.register.model import Evidence
from kyoto.core.files import neutral_cell, write_whole

__all__ = ["COMPUTED", "Entry", "read_entries", "register_csv", "write_entries"]

COMPUTED = ("grade", "reasons", "direction")
"""Columns of :func:`register_csv` that follow from the others; a register that is read may hold them, and they are
computed anew."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record, and its cards where it came out of an evaluation of the same build.

    Parameters
    ----------
    record
        The record.
    cards
        Card by language; empty where the card follows from the record.
    """

    record: Evidence
    cards: Mapping[str, Card] = field(default_factory=dict)


def write_entries(path: Path, entries: Iterable[Entry]) -> None:
    """Write entries as JSON.

    Parameters
    ----------
    path
        File to write.
    entries
        In the order in which they shall stand.
    """
    rows = [
        {"record": entry.record.row(), "cards": {language: card.row() for language, card in entry.cards.items()}}
        for entry in entries
    ]
    write_whole(path, json.dumps({"entries": rows}, ensure_ascii=False, allow_nan=True) + "\n")


def read_entries(path: Path) -> tuple[Entry, ...]:
    """Read what :func:`write_entries` wrote.

    Parameters
    ----------
    path
        The file.
    """
    rows = json.loads(path.read_text(encoding="utf-8"))["entries"]
    return tuple(
        Entry(_record(row["record"]), {language: Card.of_row(card) for language, card in row["cards"].items()})
        for row in rows
    )


def _record(row: dict[str, Any]) -> Evidence:
    kept = {name: value for name, value in row.items() if name not in COMPUTED}
    return Evidence(**{**kept, "iccs": tuple(row["iccs"]), "sdg": tuple(row["sdg"])})


def register_csv(records: Iterable[Evidence]) -> str:
    """Records as CSV that :func:`~kyoto.analysis.evaluation.register.reading.read_register` reads again.

    Parameters
    ----------
    records
        One a row; several codes are separated by semicolons. No cell is a formula to a spreadsheet.

    Examples
    --------
    >>> text = register_csv([Evidence("a", "Lights", 2020, "evaluation", "lamps", iccs=("0501", "0502"))])
    >>> text.splitlines()[1].split(",")[:8]
    ['a', 'Lights', '2020', 'evaluation', 'lamps', '', '', '']
    """
    import csv
    import io

    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([*Evidence.__slots__, *COMPUTED])
    for record in records:
        writer.writerow([_cell(value) for value in record.row().values()])
    return target.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return neutral_cell("; ".join(map(str, value)))
    return neutral_cell(value) if isinstance(value, str) else value
