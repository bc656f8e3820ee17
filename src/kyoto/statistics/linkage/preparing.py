"""Records made comparable: the columns that comparisons and blocking rules stand on.

The same columns serve records in the clear and records whose values were hashed one by one (:mod:`.hashing`): what can
only be found with the text at hand, a near spelling, has a key beside it that stays equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.linkage.births import Birth, heaped, parse_birth
from kyoto.statistics.linkage.model import Finding, LinkFile
from kyoto.statistics.linkage.names import normal_name, sound_key, split_name

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["IDENTITY_COLUMNS", "Prepared", "prepare_file", "stack_files"]

NAME_COLUMNS: Final = ("given", "given_sound", "given_start", "family", "family_sound")
BIRTH_COLUMNS: Final = ("birth", "birth_sorted", "birth_year_month", "birth_month_day", "birth_year_day", "birth_year")
IDENTITY_COLUMNS: Final = (*NAME_COLUMNS, *BIRTH_COLUMNS, "sex", "place")
"""What is known of the person of a record; absent ones are null."""

_DIGITS = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Prepared:
    """Records ready for comparison.

    Parameters
    ----------
    table
        ``source``, ``identifier``, :data:`IDENTITY_COLUMNS`, further columns; one row a record.
    findings
        What was noticed, without any value.
    """

    table: pa.Table
    findings: tuple[Finding, ...]


def prepare_file(records: pa.Table, file: LinkFile, *, exact: Sequence[str] = ()) -> Prepared:
    """Prepare the records of one file.

    Parameters
    ----------
    records
        One column a role, as :func:`.reading.read_link_file` gives them.
    file
        Their file.
    exact
        Further columns, kept as folded text.

    Raises
    ------
    KyotoError
        ``linkage.duplicate-identifier``, ``linkage.empty-file``.
    """
    import pyarrow as pa

    if not records.num_rows:
        raise KyotoError("The file has no records", code="linkage.empty-file", where=Where(file=str(file.path)))
    identifiers = _identifiers(records, file)
    given, family, findings = _names(records, file.name)
    columns: dict[str, Any] = {
        "source": pa.DictionaryArray.from_arrays(pa.array([0] * records.num_rows, pa.int32()), [file.name]).cast(
            "string"
        ),
        "identifier": identifiers,
        "given": given,
        "given_sound": _mapped(given, sound_key),
        "given_start": _mapped(given, lambda name: name[:1]),
        "family": family,
        "family_sound": _mapped(family, sound_key),
    }
    births, more = _births(records, file)
    columns |= births
    columns["sex"] = _mapped(_column(records, "sex"), _sex)
    columns["place"] = _mapped(_column(records, "place"), normal_name)
    columns |= {name: _mapped(_column(records, name), normal_name) for name in exact}
    return Prepared(pa.table(columns), (*findings, *more, *_empty(columns, file.name)))


def stack_files(parts: Sequence[Prepared]) -> Prepared:
    """All files below each other, with ``record``: the position from 0, which names a record inside the linkage."""
    import numpy as np
    import pyarrow as pa

    table = pa.concat_tables([part.table for part in parts])
    numbers = pa.array(np.arange(table.num_rows, dtype=np.int64))
    findings = tuple(finding for part in parts for finding in part.findings)
    return Prepared(table.combine_chunks().add_column(0, "record", numbers), findings)


def _identifiers(records: pa.Table, file: LinkFile) -> Any:
    """Identifier of each record: the column ``id``, else the row number from 1. Two records never share one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if "id" not in records.column_names:
        return pa.array(range(1, records.num_rows + 1)).cast("string")
    column = records["id"].combine_chunks()
    repeated = len(column) - column.null_count - pc.count_distinct(column).as_py()
    if repeated or column.null_count:
        raise KyotoError(
            "The identifier does not tell records apart",
            code="linkage.duplicate-identifier",
            where=Where(file=str(file.path), column=file.columns.get("id", "id")),
            expected="a different value in each row",
            got=f"{repeated} repeated, {column.null_count} empty",
            hint="Name the column that identifies the record, not the person, or leave it out: rows are then numbered.",
        )
    return column


def _names(records: pa.Table, source: str) -> tuple[Any, Any, list[Finding]]:
    import pyarrow as pa

    given, family = _column(records, "given"), _column(records, "family")
    if "family" not in records.column_names:
        whole = _column(records, "name")
        given = _mapped(whole, lambda text: split_name(text)[0])
        family = _mapped(whole, lambda text: split_name(text)[1])
    findings = []
    for column, what in ((given, "given"), (family, "family")):
        texts = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        sample = [text for text in texts.slice(0, 2000).to_pylist() if text]
        odd = sum(bool(_DIGITS.search(text)) for text in sample)
        if odd > len(sample) / 5:
            message = f"{source}: a fifth or more of the {what} names hold digits. Is it the right column?"
            findings.append(Finding("warning", "linkage.wrong-column", message, odd))
    return _mapped(given, normal_name), _mapped(family, normal_name), findings


def _births(records: pa.Table, file: LinkFile) -> tuple[dict[str, Any], list[Finding]]:
    import pyarrow.compute as pc

    text = _column(records, "birth")
    counts = {entry["values"]: entry["counts"] for entry in pc.value_counts(text.drop_null()).to_pylist()}
    parsed = {value: parse_birth(value, month_first=file.month_first) for value in counts}
    findings = []
    unread = sum(count for value, count in counts.items() if parsed[value] is None)
    if unread:
        message = f"{file.name}: dates of birth that cannot be read or that no living person has; taken as missing."
        findings.append(Finding("warning", "linkage.unreadable-birth", message, unread))
    whole = sum(counts[value] for value, birth in parsed.items() if birth and birth.day)
    january = sum(counts[value] for value, birth in parsed.items() if birth and (birth.month, birth.day) == (1, 1))
    heap = heaped(january, whole)
    if heap:
        message = f"{file.name}: 1 January stands for an unknown day; of these dates of birth only the year counts."
        findings.append(Finding("note", "linkage.heaped-birth", message, january))
    parts = {value: _birth_parts(_known(birth, heap)) for value, birth in parsed.items()}
    columns = {
        name: _mapped(text, lambda value, place=place: parts[value][place])  # type: ignore[misc]
        for place, name in enumerate(BIRTH_COLUMNS)
    }
    return columns, findings


def _known(birth: Birth | None, heap: bool) -> Birth | None:
    return Birth(birth.year) if birth and heap and (birth.month, birth.day) == (1, 1) else birth


def _birth_parts(birth: Birth | None) -> tuple[str, ...]:
    """Texts of :data:`BIRTH_COLUMNS` of a date, empty where the date does not hold them."""
    if birth is None:
        return ("",) * len(BIRTH_COLUMNS)
    year = f"{birth.year:04}"
    if birth.month is None:
        return ("", "", "", "", "", year)
    month = f"{birth.month:02}"
    if birth.day is None:
        return ("", "", f"{year}-{month}", "", "", year)
    day = f"{birth.day:02}"
    low, high = sorted((month, day))
    return (
        f"{year}-{month}-{day}",
        f"{year}:{low}:{high}",
        f"{year}-{month}",
        f"{month}-{day}",
        f"{year}--{day}",
        year,
    )


def _sex(text: str) -> str:
    """Sex as M, F or another folded word; empty for unknown."""
    from kyoto.statistics.sources.words import SEX_WORDS, UNKNOWN_WORDS

    word = text.casefold()
    return "" if word in UNKNOWN_WORDS else SEX_WORDS.get(word, word)


def _column(records: pa.Table, role: str) -> Any:
    import pyarrow as pa

    if role in records.column_names:
        return records[role].combine_chunks()
    return pa.nulls(records.num_rows, pa.string())


def _mapped(column: Any, rule: Callable[[str], str]) -> Any:
    """Column with a rule applied to each distinct text; empty results become null."""
    import pyarrow as pa

    coded = column.dictionary_encode()
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    words = pa.array([rule(text) or None for text in coded.dictionary.to_pylist()], pa.string())
    return words.take(coded.indices)


def _empty(columns: dict[str, Any], source: str) -> list[Finding]:
    """One finding a kind of column that is empty in many of the records."""
    findings = []
    for name, what in (("family", "no family name"), ("birth_year", "no date of birth")):
        missing, rows = columns[name].null_count, len(columns[name])
        if missing > rows / 10:
            message = f"{source}: records with {what}; their links rest on less."
            findings.append(Finding("warning", "linkage.incomplete", message, missing))
    return findings
