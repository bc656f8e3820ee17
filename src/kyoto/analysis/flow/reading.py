"""Reading cases and counts: dates and numbers typed, impossible ones refused with their reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.analysis.flow.groups import group_columns, require_columns
from kyoto.analysis.flow.model import CaseFile, Finding
from kyoto.core.errors import KyotoError, Problems, Where

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "is_observations",
    "read_cases",
    "read_table",
    "type_cases",
]

_REPEATED = "identifier repeated"
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_table(path: str | Path) -> pd.DataFrame:
    """Table of a CSV, Excel or Parquet file as text.

    Raises
    ------
    KyotoError
        What :func:`kyoto.statistics.linkage.read_text_table` raises; ``flow.empty-file``.
    """
    from kyoto.statistics.linkage.reading import read_text_table

    frame: pd.DataFrame = read_text_table(path).to_pandas()
    if frame.empty:
        raise KyotoError("The file has no rows", code="flow.empty-file", where=Where(file=str(path)))
    return frame


def is_observations(frame: pd.DataFrame) -> bool:
    """Whether a table has the shape of observations: a series, a period and a value in each row."""
    return {"series", "period", "value"} <= set(frame.columns)


def read_cases(
    path: str | Path,
    stages: Mapping[str, str],
    *,
    by: Sequence[str] = (),
    identifier: str | None = None,
    until: date | None = None,
    keyed: bool = False,
) -> CaseFile:
    """Read a file with one row a case.

    Parameters
    ----------
    path
        CSV, Excel or Parquet.
    stages
        Column of the day of each stage, in the order of the stages. Empty: not reached.
    by
        Columns of disaggregations, as :func:`.groups.group_columns` reads them: ``iccs:section``, ``age:0-17,18+``.
    identifier
        Column that tells cases apart; repeated ones are refused.
    until
        Last day that the file covers; by default the latest day in it that is not to come.
    keyed
        Give each case a key of its record, for disclosure control.

    Raises
    ------
    KyotoError
        ``flow.wrong-column``, ``flow.wrong-date``, ``flow.ambiguous-date``, ``flow.no-cases``, ``flow.empty-file`` and
        what reading raises.
    """
    return type_cases(read_table(path), stages, by=by, identifier=identifier, until=until, file=str(path), keyed=keyed)


def type_cases(
    frame: pd.DataFrame,
    stages: Mapping[str, str],
    *,
    by: Sequence[str] = (),
    identifier: str | None = None,
    until: date | None = None,
    file: str | None = None,
    keyed: bool = False,
) -> CaseFile:
    """Cases of a dataframe; parameters as in :func:`read_cases`.

    Examples
    --------
    >>> import pandas as pd
    >>> days = ["2024-01-01", "2024-02-01", "2024-03-01"]
    >>> frame = pd.DataFrame({"in": days, "out": ["2024-01-31", "2024-01-15", None]})
    >>> cases = type_cases(frame, {"recorded": "in", "charged": "out"})
    >>> len(cases.days), cases.rejected
    (2, {'charged before recorded': 1})
    """
    import pandas as pd

    require_columns(frame, [*stages.values(), *([identifier] if identifier else [])], file)
    groups = group_columns(frame, by, file)
    days = pd.DataFrame({stage: day_column(frame, column, file) for stage, column in stages.items()})
    last = (until or date.today()) - date(1970, 1, 1)
    if until is None:
        last = min(last, timedelta(days=int(days.max().fillna(0).max())))
    reason = _reasons(days, frame[identifier] if identifier else None, last.days)
    _require_identifiers(reason, identifier, file)
    kept = reason == ""
    if not kept.any():
        got = ", ".join(f"{text} ({number})" for text, number in reason.value_counts().items())
        raise KyotoError("No case is left to count", code="flow.no-cases", where=Where(file=file), got=got)
    findings = _identifier_findings(frame, identifier)
    implied = _fill_implied(days)
    if implied:
        message = "Cases that reached a later stage without a date of an earlier one; they count as having passed it."
        findings.append(Finding("note", "flow.implied-stage", message, implied))
    counted = {str(text): int(number) for text, number in reason[~kept].value_counts().items()}
    keys = _record_keys(frame, identifier)[kept.to_numpy()] if keyed else None
    return CaseFile(
        days[kept].reset_index(drop=True),
        groups[kept].reset_index(drop=True),
        last.days,
        counted,
        tuple(findings),
        keys,
    )


def _require_identifiers(reason: pd.Series[str], identifier: str | None, file: str | None) -> None:
    """Raise where most rows repeat an identifier: the column tells something else than cases apart."""
    repeated = int((reason == _REPEATED).sum())
    if repeated > 0.5 * len(reason):
        raise KyotoError(
            "The column of identifiers does not tell cases apart",
            code="flow.wrong-identifier",
            where=Where(file=file, column=identifier),
            got=f"{repeated:,} of {len(reason):,} rows repeat one that stood before",
            expected="another identifier in each row",
        )


def _identifier_findings(frame: pd.DataFrame, identifier: str | None) -> list[Finding]:
    """What identifiers make a reader ask: dates tell cases apart by chance alone."""
    if identifier is None:
        return []
    days = frame[identifier].astype("string").str.strip().str.fullmatch(_ISO_DAY).fillna(False)
    if int(days.sum()) < 0.9 * len(frame):
        return []
    message = f"The identifiers look like dates: is {identifier} the column that tells cases apart?"
    return [Finding("warning", "flow.dates-as-identifiers", message, int(days.sum()))]


def _record_keys(frame: pd.DataFrame, identifier: str | None) -> Any:
    """Key of each row, of its identifier or of all it says, as records of sources are keyed."""
    import hashlib

    import numpy as np

    columns = [identifier] if identifier else list(frame.columns)
    texts = frame[columns].astype("string").fillna("").agg("|".join, axis=1)
    found = [int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[:4], "little") for text in texts]
    return np.array(found, dtype=np.int64)


def _reasons(days: pd.DataFrame, identifiers: pd.Series[str] | None, last: int) -> pd.Series[str]:
    """Why each row is refused; empty where it is not."""
    import pandas as pd

    reason = pd.Series("", index=days.index)

    def refuse(mask: Any, text: str) -> None:
        reason[(reason == "") & mask] = text

    stages = list(days.columns)
    refuse(days[stages[0]].isna(), f"no date of {stages[0]}")
    for stage in stages:
        refuse(days[stage] > last, f"{stage} after the end of the file")
    for position, stage in enumerate(stages[1:], start=1):
        before = days[stages[:position]].max(axis=1)
        refuse(days[stage] < before, f"{stage} before {stages[position - 1]}")
    if identifiers is not None:
        refuse(identifiers.duplicated(), _REPEATED)
    return reason


def _fill_implied(days: pd.DataFrame) -> int:
    """Give skipped stages the day of the next stage that was reached, in place; how many cases had one."""
    stages = list(days.columns)
    skipped = 0
    filled = days.bfill(axis=1)
    for stage in stages[1:]:
        gap = days[stage].isna() & filled[stage].notna()
        skipped = max(skipped, int(gap.sum()))
        days[stage] = filled[stage]
    return skipped


def day_column(frame: pd.DataFrame, column: str, file: str | None = None) -> pd.Series[float]:
    """Days since 1970 of a column of dates in any form that the values settle; empty is missing.

    Raises
    ------
    KyotoError
        ``flow.wrong-date``: every line that holds no date, up to ten; ``flow.ambiguous-date``: every value would be a
        date with day and month exchanged too.
    """
    text = frame[column].astype("string").str.strip()
    text = text.mask(text == "")
    found = _parsed_days([str(value) for value in text.dropna().unique()], column, file)
    days: pd.Series[float] = text.map(found).astype("float64")
    wrong = text.notna() & days.isna()
    problems = Problems()
    for line in [int(str(place)) for place in frame.index[wrong.to_numpy()][:10]]:
        where = Where(file=file, line=line + 2, column=column)
        problems.add(
            KyotoError("Not a date", code="flow.wrong-date", where=where, expected="2024-03-01", got=str(text[line]))
        )
    problems.raise_if_any()
    return days


def _parsed_days(values: list[str], column: str, file: str | None) -> dict[str, float]:
    """Days since 1970 of distinct texts, as far as they are dates."""
    from kyoto.statistics.sources.samples import date_formats

    if all(_ISO_DAY.fullmatch(value) for value in values):
        return _parsed(values, "ISO8601")  # nothing to find out: year, month and day stand in their order
    formats = date_formats(values)
    if formats.undecided:
        raise KyotoError(
            "Day and month cannot be told apart",
            code="flow.ambiguous-date",
            where=Where(file=file, column=column),
            got=values[0],
            hint="Write the dates as 2024-03-01.",
        )
    found: dict[str, float] = {}
    for pattern in ("ISO8601", *formats.formats):
        found |= _parsed([value for value in values if value not in found], pattern)
    return found


def _parsed(values: list[str], pattern: str) -> dict[str, float]:
    """Days since 1970 of the texts that have one form."""
    import pandas as pd

    parsed = pd.to_datetime(pd.Series(values, dtype="string"), format=pattern, errors="coerce", utc=True)
    days = (parsed - pd.Timestamp(0, tz="UTC")).dt.days
    return {value: float(day) for value, day in zip(values, days, strict=True) if day == day}
