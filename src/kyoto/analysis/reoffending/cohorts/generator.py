"""Synthetic histories of justice events, for tests and to try things out. Nobody in them is real."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["synthetic_histories"]

Row: TypeAlias = "tuple[str, str, int, int | None, int | None, int]"
"""Person, kind, day, end, day of the offence, type; days counted from the first."""

SECTIONS = ("01", "02", "04", "05", "06", "08")
SEVERITIES = (9.0, 6.0, 5.0, 3.0, 4.0, 2.0)


def synthetic_histories(
    persons: int, *, seed: int = 1, first: dt.date = dt.date(2012, 1, 1), last: dt.date = dt.date(2021, 12, 31)
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Generate events and persons; every identifier begins with ``synthetic``.

    Parameters
    ----------
    persons
        How many.
    seed
        The same seed gives the same people.
    first, last
        Days between which things happen.

    Returns
    -------
    events : pandas.DataFrame
        ``person``, ``kind``, ``date``, ``until``, ``offence_date``, ``iccs``, ``severity``.
    people : pandas.DataFrame
        ``person``, ``sex``, ``area``.

    Notes
    -----
    Everybody is convicted and admitted once and released; offences follow at a person's own pace (gamma frailty), each
    with an arrest, often a conviction months later, sometimes custody; some violate supervision, die or depart. Some
    convictions are of offences from before, and some events are known by month alone.

    Examples
    --------
    >>> events, people = synthetic_histories(3, seed=2)
    >>> bool(events["person"].str.startswith("synthetic").all()), len(people)
    (True, 3)
    """
    import pandas as pd

    random = np.random.default_rng(seed)
    span = (last - first).days
    rows: list[Row] = []
    pace = random.gamma(0.8, 1 / 900, persons)
    for number in range(persons):
        rows += _history(f"synthetic-{number:07d}", random, float(pace[number]), span)
    frame = pd.DataFrame(rows, columns=["person", "kind", "day", "end", "offence", "type"])
    origin = pd.Timestamp(first)

    def dates(days: pd.Series) -> pd.Series:
        whole = pd.to_timedelta(days.fillna(0).astype("int64"), unit="D")
        return (origin + whole).dt.strftime("%Y-%m-%d").where(days.notna())

    frame = frame[frame["day"] <= span]
    vague = (frame["kind"] == "conviction") & (random.random(len(frame)) < 0.03)
    date = dates(frame["day"])
    events = pd.DataFrame(
        {
            "person": frame["person"],
            "kind": frame["kind"],
            "date": date.where(~vague, date.str[:7]),
            "until": dates(frame["end"]),
            "offence_date": dates(frame["offence"]),
            "iccs": frame["type"].map(dict(enumerate(f"{section}0101" for section in SECTIONS))),
            "severity": frame["type"].map(dict(enumerate(SEVERITIES))),
        }
    )
    people = pd.DataFrame(
        {
            "person": [f"synthetic-{number:07d}" for number in range(persons)],
            "sex": random.choice(["F", "M"], persons, p=[0.2, 0.8]),
            "area": random.choice(["North", "South", "West"], persons),
        }
    )
    return events.reset_index(drop=True), people


def _history(person: str, random: np.random.Generator, pace: float, span: int) -> list[Row]:
    """Events of one person, in days from the first."""
    rows: list[Row] = []
    day = int(random.integers(0, span // 2))
    kind = int(random.integers(len(SECTIONS)))
    rows.append((person, "conviction", day, None, day - int(random.integers(30, 300)), kind))
    free = day + int(random.exponential(200)) + 1
    rows += [(person, "admission", day, None, None, kind), (person, "release", free, None, None, kind)]
    if random.random() < 0.3:
        rows.append((person, "supervision", free, None, None, kind))
    if random.random() < 0.1:  # an older offence comes to court after release
        rows.append((person, "conviction", free + int(random.integers(5, 200)), None, day - 5, kind))
    leaves = free + int(random.exponential(20_000))
    now = free
    while True:
        now += int(random.exponential(1 / max(pace, 1e-6))) + 1
        if now >= min(span, leaves):
            break
        kind = int(random.integers(len(SECTIONS)))
        now = _reoffence(rows, person, random, now, kind)
    if random.random() < 0.2:
        rows.append((person, "violation", free + int(random.integers(1, 700)), None, None, kind))
    if leaves < span:
        last = max([leaves, *(row[2] for row in rows)])
        rows.append((person, "death" if random.random() < 0.6 else "departure", last + 1, None, None, kind))
    return rows


def _reoffence(rows: list[Row], person: str, random: np.random.Generator, now: int, kind: int) -> int:
    """An offence with its arrest, and what follows; returns the day on which the person is free again."""
    arrested = now + int(random.integers(0, 30))
    rows.append((person, "arrest", arrested, None, now, kind))
    if random.random() < 0.6:
        convicted = arrested + int(random.integers(20, 250))
        rows.append((person, "charge", arrested + 5, None, now, kind))
        rows.append((person, "conviction", convicted, None, now, kind))
        if random.random() < 0.4:
            free = convicted + int(random.exponential(150)) + 1
            rows.append((person, "admission", convicted, free, None, kind))
            rows.append((person, "release", free, None, None, kind))
            return free
    return arrested
