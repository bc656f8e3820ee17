"""The reference page of the vocabulary, made from the vocabulary itself."""

from __future__ import annotations

from kyoto.statistics.sources.concepts import CONCEPTS, Concept
from kyoto.statistics.sources.model import UNITS
from kyoto.statistics.sources.words import (
    ATTEMPTED_WORDS,
    MISSING_WORDS,
    NOT_APPLICABLE_WORDS,
    SEX_WORDS,
    UNKNOWN_WORDS,
)

__all__ = ["concepts_page"]

_HEAD = """# Concepts

The names that `[sources.NAME.columns]` knows. A column of your source is mapped to one of them; how is told in
[Describe a source](../how-to/describe-a-source.md). ICCS tags are those of the disaggregating variables of the
International Classification of Crime for Statistical Purposes 1.0 (UNODC 2015).

This page is made from the vocabulary in `kyoto.statistics.sources.concepts`.
"""

_KINDS = """## Kinds

| kind | a cell becomes | in the records |
|---|---|---|
| `identifier` | text that names a unit, as it is | text |
| `code` | a code from a list, through `map` or `values` where the source writes something else | text |
| `text` | free text | text |
| `whole` | a whole number; thousands may stand apart, `7.0` is 7 | 64-bit integer |
| `decimal` | a number, with the decimal sign that the column shows or the project states | 64-bit float |
| `count` | how many units the row stands for: a whole number from 0, never missing | 64-bit integer |
| `date` | a day, or a day with its time where the format has one; 1800 to 2100 | date or timestamp |
| `period` | `2016`, `2016-Q3`, `2016-07`, `2016-W27`, `2016-07-31`; also `07/2016`, `July 2016`, `Q3 2016` | text |
| `time` | time of day `HH:MM` | text |
| `longitude`, `latitude` | degrees, -180 to 180 and -90 to 90 | 64-bit float |
"""


def concepts_page() -> str:
    """Markdown of the reference page: concepts, kinds, counting units, and the words that are known.

    Examples
    --------
    >>> "| `victim_sex` | code | SV |" in concepts_page()
    True
    """
    rows = [
        "| concept | kind | ICCS | what it holds |",
        "|---|---|---|---|",
        *(_row(entry) for entry in CONCEPTS.values()),
    ]
    units = (
        "## Counting units\n\n`unit` says what one row stands for: " + ", ".join(f"`{unit}`" for unit in UNITS) + ".\n"
    )
    return "\n".join([_HEAD, *rows, "", _KINDS, units, _words()])


def _row(entry: Concept) -> str:
    limits = "" if entry.minimum is None else f"; {entry.minimum:g} to {entry.maximum:g}"
    return f"| `{entry.name}` | {entry.kind} | {entry.iccs_variable} | {entry.description}{limits} |"


def _words() -> str:
    lines = [
        "## Words that are known",
        "",
        "Upper or lower case and blanks around them do not matter. What the project file states comes first.",
        "",
        "| in the source | in the records |",
        "|---|---|",
        f"| {_listed(UNKNOWN_WORDS)} | `_U`, unknown |",
        f"| {_listed(NOT_APPLICABLE_WORDS)} | `_Z`, not applicable |",
        f"| an empty cell, {_listed(MISSING_WORDS)} | missing (`NA` is a code in `area` and citizenship) |",
    ]
    for title, words in (("sex", SEX_WORDS), ("attempted", ATTEMPTED_WORDS)):
        for code in dict.fromkeys(words.values()):
            listed = [word for word, outcome in words.items() if outcome == code]
            lines.append(f"| {title}: {_listed(listed)} | `{code}` |")
    return "\n".join(lines) + "\n"


def _listed(words: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
