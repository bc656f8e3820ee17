"""How often people reoffend, from protected counts: what a build publishes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kyoto.analysis.reoffending.cohorts.cohort import Cohort
from kyoto.analysis.reoffending.cohorts.model import window_days
from kyoto.analysis.reoffending.cohorts.repetition import Repetition
from kyoto.analysis.reoffending.rate_table import RateTable
from kyoto.analysis.reoffending.settings import OUTCOMES
from kyoto.analysis.reoffending.survival.intervals import quantile_of_normal
from kyoto.statistics.pipeline.room_tables import protect_together

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from kyoto.statistics.pipeline.room_tables import RoomRoad

__all__ = ["protected_frequency"]


def protected_frequency(
    cohort: Cohort, total: RateTable, *, road: RoomRoad, build: Path, level: float, threshold: int
) -> tuple[Repetition, ...]:
    """Outcomes per 100 persons and per reoffender from protected counts.

    Parameters
    ----------
    cohort
        From :func:`.cohort.build_cohort`.
    total
        Its rates, protected: persons and those with the event are taken from there.
    road, build
        Settings of the protection, and the folder of the build.
    level, threshold
        As in :func:`.repetition.frequency`.

    Notes
    -----
    Of the spread over persons, which limits need, one decimal of its coefficient of variation is used.
    """
    counted = {months: _outcomes(cohort, window_days(months)) for months in sorted(cohort.rules.windows)}
    cells, parents = _cells(counted)
    safe = protect_together(replace(road, room=OUTCOMES), build, {OUTCOMES: (cells, ("until",))}, {"until": parents})
    shown = safe.frames[OUTCOMES].set_index("until")["value"]
    rates = {rate.window: rate for rate in total}
    found: list[Repetition] = []
    for months, own in counted.items():
        rate, events = rates[float(window_days(months))], float(shown.get(f"{months:g}", 0.0))
        if rate.n is None or rate.events is None or np.isnan(events) or rate.n < threshold:
            note = "withheld by disclosure control"
            names = ("per 100 persons", "per reoffender")
            found += [Repetition(name, months, "all", None, None, None, None, None, note) for name in names]
            continue
        every = own["value"].reindex(range(rate.n), fill_value=0).to_numpy(dtype=float)
        found.append(_figure("per 100 persons", months, events, rate.n, 100.0, every, level))
        some = own["value"].to_numpy(dtype=float)
        found.append(_figure("per reoffender", months, events, rate.events, 1.0, some, level))
    return tuple(found)


def _figure(
    name: str, months: float, events: float, people: int, scale: float, values: Any, level: float
) -> Repetition:
    if people < 2 or events <= 0 or not values.sum():
        return Repetition(name, months, "all", None, None, None, people, int(events), "too few outcomes")
    variation = round(float(values.std() / values.mean()), 1)
    reach = float(np.exp(quantile_of_normal(level) * variation / (people - 1) ** 0.5))
    value = scale * events / people
    return Repetition(name, months, "all", value, value / reach, value * reach, people, int(events))


def _outcomes(cohort: Cohort, days: int) -> pd.DataFrame:
    """Outcomes and their keys of each person with any, of those followed through a window; most outcomes first."""
    cohort.identified()
    key = "md5_number_upper(concat(p.identifier, '|', CAST(o.counts AS VARCHAR))) & 4294967295"
    found: pd.DataFrame = cohort.events.frame(
        f"""SELECT p.person, count(*) AS value, CAST(sum(CAST({key} AS BIGINT)) % 4294967296 AS BIGINT) AS cell_key
        FROM people p JOIN outcomes o ON p.row_id = o.row_id
        WHERE p.follow >= {days} AND p.event AND p.time <= {days} AND o.elapsed <= {days}
        GROUP BY p.person ORDER BY value DESC, p.person"""
    )
    return found


def _cells(counted: dict[float, pd.DataFrame]) -> tuple[pd.DataFrame, dict[str, str]]:
    """Cells of the windows and of what lies between two of them, which a difference would give away."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    parents: dict[str, str] = {}
    previous: dict[str, Any] | None = None
    for months, own in counted.items():
        values = [*own["value"].tolist(), 0, 0]
        row: dict[str, Any] = {"until": f"{months:g}", "value": sum(values), "contributors": len(own)}
        row |= {"largest": values[0], "second_largest": values[1], "cell_key": int(own["cell_key"].sum()) % 2**32}
        if previous is not None:
            between, more = f"{previous['until']} to {row['until']}", row["value"] - previous["value"]
            parents |= {previous["until"]: row["until"], between: row["until"]}
            if more > 0:
                key = (row["cell_key"] - previous["cell_key"]) % 2**32
                rows.append({**row, "until": between, "value": more, "contributors": 0, "cell_key": key})
        rows.append(row)
        previous = row
    return pd.DataFrame(rows), parents
