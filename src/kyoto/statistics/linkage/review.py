"""The doubtful pairs, for a person to decide; and what was decided.

The file names records by source and identifier and says what agrees, not what the values are: the reviewer looks the
records up where they are kept. ``decision`` is filled in with ``same`` or ``different`` (or left empty).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kyoto.core.errors import KyotoError, Problems, Where
from kyoto.statistics.linkage.comparisons import LEVEL_WORDS
from kyoto.statistics.linkage.model import LinkOptions

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from kyoto.statistics.linkage.result import Linkage

__all__ = ["REVIEWED_PAIRS", "Decisions", "decided_pairs", "doubtful", "position_of", "read_decisions", "review_frame"]

Decisions = Sequence[tuple[tuple[str, str], tuple[str, str], bool]]
"""Pairs of (source, identifier), and whether they are one person."""

REVIEWED_PAIRS: Final = 300
"""Pairs in a review file: those nearest to even odds come first."""

COLUMNS: Final = ("left_source", "left_id", "right_source", "right_id")
_WORDS: Final = {
    "same": True, "yes": True, "y": True, "1": True, "true": True, "match": True,
    "different": False, "no": False, "n": False, "0": False, "false": False,
}  # fmt: skip


def doubtful(pairs: pa.Table, options: LinkOptions, decided: dict[tuple[int, int], bool]) -> list[tuple[int, int]]:
    """Undecided pairs in the review range, the most doubtful first."""
    probability = pairs["match_probability"].to_numpy()
    inside = np.flatnonzero((probability >= options.review[0]) & (probability < options.review[1]))
    order = inside[np.argsort(np.abs(probability[inside] - 0.5), kind="stable")]
    left, right = pairs["record_l"].to_numpy(), pairs["record_r"].to_numpy()
    found = [(int(left[row]), int(right[row])) for row in order[: REVIEWED_PAIRS + len(decided)]]
    return [pair for pair in found if pair not in decided][:REVIEWED_PAIRS]


def review_frame(linkage: Linkage) -> pd.DataFrame:
    """Table for the reviewer: one row a doubtful pair, what agrees in words, an empty ``decision``.

    Parameters
    ----------
    linkage
        From :func:`.linking.link_files`.

    Returns
    -------
    pandas.DataFrame
        ``left_source``, ``left_id``, ``right_source``, ``right_id``, ``probability``, one column a comparison,
        ``linked_now``, ``decision``. No value of a record.
    """
    import pandas as pd

    records = linkage.records
    low, high = linkage.options.review
    rows: list[dict[str, Any]] = []
    for found in linkage.comparisons:
        if not low <= found.probability < high:
            continue
        left, right = records.iloc[found.left], records.iloc[found.right]
        rows.append(
            {
                "left_source": left["source"],
                "left_id": left["identifier"],
                "right_source": right["source"],
                "right_id": right["identifier"],
                "probability": round(found.probability, 3),
                **{name: LEVEL_WORDS[level] for name, level, _ in found.steps},
                "linked_now": "yes" if left["person_id"] == right["person_id"] else "no",
                "decision": "",
            }
        )
    return pd.DataFrame(rows, columns=None if rows else [*COLUMNS, "probability", "linked_now", "decision"])


def read_decisions(path: str | Path) -> Decisions:
    """Decided pairs of a review file, or labelled pairs in the same form; rows without a decision are passed over.

    Raises
    ------
    KyotoError
        ``linkage.wrong-decision``: a word that is neither; ``source.wrong-column`` and what reading raises.
    """
    from kyoto.statistics.linkage.reading import read_text_table

    table = read_text_table(path, [*COLUMNS, "decision"]).to_pylist()
    decisions, problems = [], Problems()
    for line, row in enumerate(table, start=2):
        word = (row["decision"] or "").casefold()
        if not word:
            continue
        if word not in _WORDS:
            where = Where(file=str(path), line=line, column="decision")
            problems.add(
                KyotoError(
                    "Not a decision",
                    code="linkage.wrong-decision",
                    where=where,
                    expected="same, different or nothing",
                    got=repr(row["decision"]),
                )
            )
            continue
        pair = (row["left_source"] or "", row["left_id"] or ""), (row["right_source"] or "", row["right_id"] or "")
        decisions.append((*pair, _WORDS[word]))
    problems.raise_if_any()
    return decisions


def decided_pairs(records: pa.Table, decisions: Decisions | None) -> dict[tuple[int, int], bool]:
    """Decisions by positions of records, the smaller first.

    Raises
    ------
    KyotoError
        ``linkage.unknown-record``, ``linkage.contradiction``: the same pair decided both ways.
    """
    if not decisions:
        return {}
    wanted = {name for left, right, _ in decisions for name in (left, right)}
    places = _places(records, wanted)
    problems, found = Problems(), dict[tuple[int, int], bool]()
    for left, right, same in decisions:
        unknown = [name for name in (left, right) if name not in places]
        if unknown:
            problems.add(_unknown(unknown[0]))
            continue
        first, second = sorted((places[left], places[right]))
        if found.setdefault((first, second), same) != same:
            got = f"{':'.join(left)} and {':'.join(right)}"
            problems.add(KyotoError("A pair is decided both ways", code="linkage.contradiction", got=got))
    problems.raise_if_any()
    return found


def position_of(records: pa.Table, name: tuple[str, str]) -> int:
    """Position of a record of (source, identifier).

    Raises
    ------
    KyotoError
        ``linkage.unknown-record``.
    """
    places = _places(records, {name})
    if name not in places:
        raise _unknown(name)
    return places[name]


def _places(records: pa.Table, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    import pyarrow as pa
    import pyarrow.compute as pc

    identifiers = pa.array(sorted({identifier for _, identifier in wanted}))
    rows = np.flatnonzero(pc.is_in(records["identifier"], identifiers).to_numpy())
    chosen = records.select(["source", "identifier"]).take(pa.array(rows)).to_pylist()
    return {(row["source"], row["identifier"]): int(place) for place, row in zip(rows, chosen, strict=True)}


def _unknown(name: tuple[str, str]) -> KyotoError:
    return KyotoError(
        "No such record",
        code="linkage.unknown-record",
        expected="SOURCE and identifier of a record of the linked files",
        got=":".join(name),
    )
