"""Reading lists that come as one file each, already linked by a common identifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kyoto.analysis.hidden.checks import Finding
from kyoto.analysis.hidden.tables_in import CaptureInput, Columns, as_text, collect
from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_linked_files"]


def read_linked_files(files: Mapping[str, str | Path], identifier: str, *, by: Sequence[str] = ()) -> CaptureInput:
    """Read one file a list, already linked: the same person has the same identifier in all.

    Parameters
    ----------
    files
        Name of each list, and its file.
    identifier
        Column that holds the person's identifier in every file.
    by
        Columns that split the people into strata; a person's first non-empty value counts.

    Returns
    -------
    CaptureInput
        People who stand twice on one list are counted once, with a finding.
    """
    from kyoto.statistics.sources.single import text_frame

    membership: dict[str, int] = {}
    values: dict[str, dict[str, str]] = {}
    findings: list[Finding] = []
    problems = Problems()
    for position, (name, path) in enumerate(files.items()):
        frame = as_text(text_frame(path))
        missing = [column for column in [identifier, *by] if column not in frame.columns]
        for column in missing:
            hint = did_you_mean(column, list(frame.columns))
            where = Where(file=str(path), column=column)
            problems.add(KyotoError("No such column", code="hidden.wrong-column", where=where, hint=hint))
        if missing:
            continue
        findings += _file_findings(name, frame[identifier])
        for record in frame.to_dict("records"):
            person = record[identifier]
            if not person:
                continue
            membership[person] = membership.get(person, 0) | 1 << position
            known = values.setdefault(person, {})
            for column in by:
                known[column] = known.get(column) or record[column]
    problems.raise_if_any()
    masks = np.array(list(membership.values()), dtype=np.int64)
    keys = [tuple(values[person].get(column) or "_U" for column in by) for person in membership]
    columns = Columns(tuple(files), None, tuple(by), True)
    return collect(columns, masks, np.ones(masks.size), keys, findings)


def _file_findings(name: str, identifiers: pd.Series[str]) -> list[Finding]:
    findings = []
    present = identifiers[identifiers != ""]
    repeated = int(present.duplicated().sum())
    if repeated:
        message = f"Rows of {name} whose identifier stands there already; each person is counted once."
        findings.append(Finding("hidden.duplicates", "warning", message, repeated))
    if len(present) < len(identifiers):
        message = f"Rows of {name} without an identifier are left out."
        findings.append(Finding("hidden.no-identifier", "warning", message, len(identifiers) - len(present)))
    return findings
