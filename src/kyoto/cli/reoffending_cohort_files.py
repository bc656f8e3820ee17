"""Files of ``kyoto reoffending cohort``: events read, people followed written, counting rules kept."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.core.errors import KyotoError, Where, did_you_mean

if TYPE_CHECKING:
    from kyoto.analysis.reoffending.cohorts import CohortRules, EventSource, EventTable
    from kyoto.statistics.linkage import Linked

__all__ = ["Followed", "day", "follow_files", "read_rules", "rules_of", "write_rules"]


_PERHAPS = ("until", "offence_date", "iccs", "severity")
"""Fields that not every file need have."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of the events: facts for scripts, sentences for people, files written."""

    facts: dict[str, Any]
    notes: tuple[str, ...]
    written: tuple[Path, ...]


def follow_files(
    events: Sequence[str],
    rules: CohortRules,
    columns: Mapping[str, str],
    words: Sequence[str],
    *,
    persons: Path | None,
    linked: Path | None,
    output: Path | None,
) -> Followed:
    """Follow the cohort, and write who was followed; of linked records once for each linkage.

    Parameters
    ----------
    events
        ``[KIND=]FILE`` of each file.
    rules
        Counting rules.
    columns, words
        Column of each field, and ``WORD=KIND`` of the column of kinds.
    persons
        File of attributes.
    linked
        What ``kyoto link`` wrote; None where the column of persons holds persons.
    output
        File to write.
    """
    from kyoto.core.files import write_whole
    from kyoto.statistics.linkage import read_linked, write_carried

    known = None if linked is None else read_linked(linked)
    places = [_place(text) for text in events]
    if known is not None:
        known.require(*(Path(file).stem for _, file in places), *([persons.stem] if persons else []))
    meant = tuple(_pair(text) for text in words)

    @contextmanager
    def opened(label: str) -> Iterator[EventTable]:
        from kyoto.analysis.reoffending.cohorts import open_events

        sources = [_source(kind, file, columns, meant, known, label) for kind, file in places]
        own = None if known is None or persons is None else known.people(persons.stem, label)
        with open_events(
            sources, rules.end, persons=persons, person_column=columns["person"], persons_linked=own
        ) as table:
            yield table

    with opened("linked") as table:
        facts, notes, text = _followed(table, rules, wanted=output is not None)
    if output is None:
        return Followed(facts, notes, ())
    write_whole(output, text)
    if known is None:
        return Followed(facts, notes, (output,))
    drawn = {}
    for label in known.labels[1:]:
        with opened(label) as table:
            drawn[label] = _followed(table, rules, wanted=True)[2]
    return Followed(facts, notes, (output, write_carried(output, drawn)))


def _followed(table: EventTable, rules: CohortRules, *, wanted: bool) -> tuple[dict[str, Any], tuple[str, ...], str]:
    """Facts, sentences, and the people followed as CSV."""
    from kyoto.analysis.reoffending.cohorts import build_cohort

    found = build_cohort(table, rules)
    facts: dict[str, Any] = {
        "index_events": found.found, "followed": found.n, "excluded": found.excluded, "rows": table.rows,
        "rejected": table.rejected, "findings": list(table.findings), "rules": list(rules.statement()),
    }  # fmt: skip
    return facts, found.notes(), _people_csv(table) if wanted else ""


def _people_csv(table: EventTable) -> str:
    """One row an index event, whole numbers written as such even where some are missing."""
    from pyarrow import csv

    fixed = ["event", "time", "follow AS follow_up", "index_year", "index_section"]
    named = ", ".join([*fixed, *('"' + name.replace('"', '""') + '"' for name in table.persons)])
    rows = table.connection.execute(f"SELECT {named} FROM cohort ORDER BY row_id").to_arrow_table()
    text = io.BytesIO()
    csv.write_csv(rows, text, csv.WriteOptions(quoting_style="needed"))
    return text.getvalue().decode()


def _place(text: str) -> tuple[str | None, str]:
    """Kind of all events of a file, if it is stated, and the file."""
    from kyoto.analysis.reoffending.cohorts import KINDS

    kind, sign, path = text.partition("=")
    if not sign or Path(text).exists():
        return None, text
    if kind not in KINDS:
        raise KyotoError(
            f"Unknown kind of event {kind!r}", code="reoffending.unknown-kind", hint=did_you_mean(kind, KINDS)
        )
    return kind, path


def _source(
    kind: str | None,
    file: str,
    columns: Mapping[str, str],
    words: tuple[tuple[str, str], ...],
    linked: Linked | None,
    label: str,
) -> EventSource:
    from kyoto.analysis.reoffending.cohorts import EventSource

    own = tuple((field, name) for field, name in columns.items() if field != "kind" or kind is None)
    path = Path(file)
    people = None if linked is None else linked.people(path.stem, label)
    return EventSource(path, kind, own, words, name=path.name, linked=people, perhaps=_PERHAPS)


def _pair(text: str) -> tuple[str, str]:
    word, sign, kind = text.partition("=")
    if not sign or not word.strip():
        raise KyotoError(
            "Not WORD=KIND", code="reoffending.wrong-word", got=text, expected="such as --word freed=release"
        )
    return word.strip(), kind.strip()


def rules_of(values: dict[str, Any], window: Sequence[float] | None) -> CohortRules:
    """Counting rules of options; windows as they are by default where none are given."""
    from kyoto.analysis.reoffending.cohorts import CohortRules

    return CohortRules(**(values | ({"windows": tuple(window)} if window else {})))


def write_rules(path: Path, rules: CohortRules) -> None:
    """Write counting rules as JSON."""
    from dataclasses import asdict

    from kyoto.core.files import write_whole

    write_whole(path, json.dumps(asdict(rules), default=str, indent=2) + "\n")


def read_rules(path: Path) -> CohortRules:
    """Rules that :func:`write_rules` wrote for another cohort.

    Raises
    ------
    KyotoError
        ``reoffending.wrong-rules-file``.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        days = {name: day(values[name]) for name in ("end", "first_index", "last_index") if values.get(name)}
        return rules_of({name: value for name, value in values.items() if name != "windows"} | days, values["windows"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise KyotoError(
            "Cannot read the counting rules",
            code="reoffending.wrong-rules-file",
            where=Where(file=str(path)),
            detail=str(error),
            expected="a file that `kyoto reoffending cohort … --rules FILE` wrote",
        ) from error


def day(text: str) -> dt.date:
    """A date of an option.

    Raises
    ------
    KyotoError
        ``reoffending.wrong-rule``.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise KyotoError("Not a date", code="reoffending.wrong-rule", got=text, expected="such as 2023-12-31") from None
