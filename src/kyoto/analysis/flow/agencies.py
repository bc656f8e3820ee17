"""Cases put together from the files of several agencies whose records are linked, or share a number.

Each file holds the records of one stage: police the recorded, prosecution the charged, courts the convicted. A record
of a later stage belongs to the person's latest case that began on its day or before; within a case the stages are taken
in order, the earliest fitting record of each. Every record is used, or counted with the reason why not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.flow.groups import column_names, require_columns
from kyoto.analysis.flow.model import CaseFile, Finding, StageFile, Unit
from kyoto.analysis.flow.reading import day_column, read_table, type_cases
from kyoto.core.errors import KyotoError, Where

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from kyoto.statistics.linkage import Linked

__all__ = ["LinkedCases", "StageRecords", "linked_cases", "put_together", "read_stages"]

_NOT_LINKED, _NO_IDENTIFIER, _NO_DATE = "not in the linkage", "no identifier", "no date"
_REPEATED, _FURTHER = "identifier repeated", "a further record of the person"
_NO_CASE, _EARLY, _SECOND = (
    "no case of the person before it",
    "before an earlier stage of its case",
    "stage reached before",
)
_LATE = "after the end of the file"


@dataclass(frozen=True, slots=True, eq=False)
class LinkedCases:
    """Cases put together.

    Parameters
    ----------
    frame
        One row a case: ``case`` (identifier of its first record), disaggregations, the day of each stage as ISO text.
    records
        By stage: ``rows`` of its file, ``used``, and those left out by reason. They add up.
    findings
        The same in words.
    """

    frame: pd.DataFrame
    records: dict[str, dict[str, int]]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, eq=False)
class StageRecords:
    """The file of a stage, read once for all linkages.

    Parameters
    ----------
    file
        What it is.
    table
        Its rows as text.
    identifier, day
        Of each row: trimmed text, and days since 1970; missing where empty.
    """

    file: StageFile
    table: pd.DataFrame
    identifier: pd.Series[str]
    day: pd.Series[float]


def read_stages(files: Sequence[StageFile]) -> tuple[StageRecords, ...]:
    """Read the files of the stages.

    Raises
    ------
    KyotoError
        ``flow.too-few-files``, ``flow.repeated-stage``, ``flow.wrong-column``, ``flow.wrong-date``,
        ``flow.ambiguous-date``.
    """
    _require_stages(files)
    found = []
    for file in files:
        table = read_table(file.path)
        require_columns(table, [file.identifier, file.date], str(file.path))
        identifier = table[file.identifier].astype("string").str.strip()
        day = day_column(table, file.date, str(file.path))
        found.append(StageRecords(file, table, identifier.mask(identifier == ""), day))
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class _Records:
    """Records of a stage: person (text), day (number), and why a row is left out (empty if not)."""

    stage: str
    frame: pd.DataFrame
    left_out: pd.Series[str]


def put_together(
    stages: Sequence[StageRecords],
    *,
    by: Sequence[str] = (),
    linked: Linked | None = None,
    label: str = "linked",
    unit: Unit = "case",
    until: date | None = None,
) -> LinkedCases:
    """Put cases together from the files of several agencies.

    Parameters
    ----------
    stages
        From :func:`read_stages`: two or more, in their order; the first begins a case.
    by
        Columns of the first file to keep.
    linked, label
        Persons of the records, and which linkage; None where identifiers are shared.
    unit
        ``case``: every record of the first file is a case. ``person``: the first record of a person, who is then
        followed through the first stages reached.
    until
        Last day that the files cover: later records are left out.

    Raises
    ------
    KyotoError
        ``flow.wrong-column``, ``flow.no-cases``, ``flow.nothing-links``.
    """
    import pandas as pd

    last = np.inf if until is None else (pd.Timestamp(until) - pd.Timestamp(0)).days
    require_columns(stages[0].table, by, str(stages[0].file.path))
    read = [_records(each, linked, label, last, first=place == 0) for place, each in enumerate(stages)]
    first, files = read[0], [each.file for each in stages]
    starts = first.frame.sort_values(["day", "identifier"], kind="stable")
    if unit == "person":
        again = starts.duplicated("person")
        first.left_out.loc[starts.index[again]] = _FURTHER
        starts = starts[~again]
    if starts.empty:
        raise _no_cases(files[0], first.left_out)
    starts = starts.assign(place=np.arange(len(starts)))
    days = pd.DataFrame({first.stage: starts["day"].to_numpy()})
    reached = starts["day"].to_numpy()
    for records in read[1:]:
        days[records.stage] = _reached(records, starts, reached)
        reached = np.fmax(reached, days[records.stage].to_numpy())
    counts = {records.stage: _counted(records) for records in read}
    _require_links(files, counts)
    kept = stages[0].table.loc[starts.index, list(dict.fromkeys(by))]
    frame = pd.DataFrame({"case": starts["identifier"].to_numpy()})
    for name in kept:
        frame[name] = kept[name].to_numpy()
    for stage in days:
        frame[stage] = _iso(days[stage])
    order = np.argsort(starts.index.to_numpy(), kind="stable")  # as the first file has them
    return LinkedCases(frame.iloc[order].reset_index(drop=True), counts, _findings(counts))


def linked_cases(
    stages: Sequence[StageRecords],
    *,
    by: Sequence[str] = (),
    linked: Linked | None = None,
    label: str = "linked",
    unit: Unit = "case",
    until: date | None = None,
    keyed: bool = False,
) -> CaseFile:
    """Cases ready for the estimators; parameters as in :func:`put_together` and :func:`.reading.type_cases`.

    ``by`` may take ``iccs:section`` and ``age:0-17,18+`` as there. The file ends on the latest day of any record if
    ``until`` is not given.
    """
    names = column_names(by)
    found = put_together(stages, by=names, linked=linked, label=label, unit=unit, until=until)
    columns = {each.file.stage: each.file.stage for each in stages}
    cases = type_cases(found.frame, columns, by=by, identifier="case", until=until, keyed=keyed)
    return replace(cases, findings=(*found.findings, *cases.findings))


def _require_stages(files: Sequence[StageFile]) -> None:
    stages = [file.stage for file in files]
    if len(stages) < 2:
        raise KyotoError(
            "Cases through several stages need several files",
            code="flow.too-few-files",
            got=", ".join(stages) or "none",
            expected="recorded=police.csv charged=prosecution.csv …",
        )
    if len(set(stages)) < len(stages):
        raise KyotoError("A stage has two files", code="flow.repeated-stage", got=", ".join(stages))


def _records(stage: StageRecords, linked: Linked | None, label: str, last: float, *, first: bool) -> _Records:
    import pandas as pd

    identifier, day = stage.identifier, stage.day
    person = identifier if linked is None else _persons(identifier, linked.people(stage.file.link, label))
    left_out = pd.Series("", index=stage.table.index)

    def leave_out(mask: Any, reason: str) -> None:
        left_out[(left_out == "") & mask.to_numpy(dtype=bool)] = reason

    leave_out(identifier.isna(), _NO_IDENTIFIER)
    leave_out(person.isna(), _NOT_LINKED)
    leave_out(day.isna(), _NO_DATE)
    leave_out(day > last, _LATE)
    if first or linked is not None:  # a number of a case may stand in several records of a later stage
        leave_out(identifier.duplicated(), _REPEATED)
    frame = pd.DataFrame({"identifier": identifier, "person": person, "day": day})[left_out == ""]
    return _Records(stage.file.stage, frame, left_out)


def _persons(identifier: pd.Series[str], people: pd.DataFrame) -> pd.Series[str]:
    """Person of each record; missing where the linkage does not know it."""
    known = people.drop_duplicates("identifier").set_index(people["identifier"].drop_duplicates().astype(str))["person"]
    found: pd.Series[str] = identifier.map(known).astype("Int64").astype("string")
    return found


def _reached(records: _Records, starts: pd.DataFrame, reached: Any) -> Any:
    """Day on which each case reached a stage, missing where it did not; records that are not used get their reason.

    Parameters
    ----------
    records
        Of the stage; their reasons are completed in place.
    starts
        Cases by day: ``person``, ``day``, ``place``.
    reached
        Day of the latest stage before, of each case.
    """
    import pandas as pd

    own = records.frame.assign(row=records.frame.index).sort_values(["day", "identifier"], kind="stable")
    found = pd.merge_asof(own, starts[["person", "day", "place"]], on="day", by="person")
    left_out = records.left_out
    left_out.loc[found.loc[found["place"].isna(), "row"]] = _NO_CASE
    found = found[found["place"].notna()].astype({"place": int})
    early = found["day"].to_numpy() < reached[found["place"].to_numpy()]
    left_out.loc[found.loc[early, "row"]] = _EARLY
    found = found[~early]
    second = found.duplicated("place")  # in the order of days
    left_out.loc[found.loc[second, "row"]] = _SECOND
    found = found[~second]
    days = np.full(len(starts), np.nan)
    days[found["place"].to_numpy()] = found["day"].to_numpy()
    return days


def _counted(records: _Records) -> dict[str, int]:
    reasons = records.left_out[records.left_out != ""].value_counts().sort_index()
    used = int((records.left_out == "").sum())
    return {"rows": len(records.left_out), "used": used, **{str(name): int(number) for name, number in reasons.items()}}


def _require_links(files: Sequence[StageFile], counts: Mapping[str, Mapping[str, int]]) -> None:
    """Raise where no record of any later stage finds a case: the identifiers are not those of the other files."""
    later = [counts[file.stage] for file in files[1:]]
    if any(count["used"] for count in later):
        return
    got = "; ".join(
        f"{file.stage}: {count['rows']:,} records, "
        + ", ".join(f"{number:,} {reason}" for reason, number in _left(count))
        for file, count in zip(files[1:], later, strict=True)
    )
    raise KyotoError(
        "No record of a later stage belongs to a case",
        code="flow.nothing-links",
        where=Where(file=", ".join(str(file.path) for file in files[1:])),
        got=got,
        hint="Is the column of identifiers the right one in each file, and are they linked or shared by all agencies?",
    )


def _left(count: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(reason, number) for reason, number in count.items() if reason not in ("rows", "used")]


def _no_cases(file: StageFile, left_out: pd.Series[str]) -> KyotoError:
    got = ", ".join(f"{reason} ({number})" for reason, number in left_out.value_counts().items())
    return KyotoError("No case is left to count", code="flow.no-cases", where=Where(file=str(file.path)), got=got)


def _findings(counts: Mapping[str, Mapping[str, int]]) -> tuple[Finding, ...]:
    return tuple(
        Finding("note", "flow.record-not-used", f"Records of {stage} that are not used: {reason}.", number)
        for stage, count in counts.items()
        for reason, number in _left(count)
    )


def _iso(days: pd.Series[float]) -> pd.Series[str]:
    import pandas as pd

    known = days.dropna()
    text = (pd.Timestamp(0) + pd.to_timedelta(known.astype("int64"), unit="D")).dt.strftime("%Y-%m-%d")
    found: pd.Series[str] = text.reindex(days.index).fillna("")
    return found
