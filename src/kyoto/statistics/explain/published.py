"""What a build published: its manifest, its series, and the one figure that the user names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.core.errors import KyotoError, Where, did_you_mean
from kyoto.statistics.observations import TOTAL, dimension_columns, total_area

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Figure", "Published", "find_figure", "read_published"]

_ALIASES = {"region": "area"}


@dataclass(frozen=True, slots=True)
class Published:
    """A build folder, opened.

    Parameters
    ----------
    folder
        The build folder.
    manifest
        Content of ``manifest.json``.
    findings
        Findings of ``quality.json``; empty where there is none.
    area
        The project's own area, which stands for the total over areas.
    """

    folder: Path
    manifest: Mapping[str, Any]
    findings: Sequence[Mapping[str, Any]]
    area: str

    @property
    def tables(self) -> list[str]:
        """Names of the published tables."""
        return [name.removeprefix("table:") for name in self.manifest.get("steps", {}) if name.startswith("table:")]

    @property
    def rooms(self) -> dict[str, str]:
        """Observations that rooms above the pipeline publish: path by the name of the step that makes them."""
        return {
            name: str(output["path"])
            for name, step in self.manifest.get("steps", {}).items()
            for output in step.get("outputs", ())
            if str(output["path"]).endswith("/observations.parquet")
        }


@dataclass(frozen=True, slots=True)
class Figure:
    """A published cell.

    Parameters
    ----------
    series
        Table, ``table.rate``, ``table.share`` or indicator.
    table
        Table it stands in; empty for an indicator.
    cell
        Value of each dimension that the series uses, totals included.
    observation
        The published row.
    chosen
        Dimensions that the user left open and that were set to the latest period.
    room
        Step of the room above the pipeline that made it; empty for a table or an indicator.
    """

    series: str
    table: str
    cell: Mapping[str, str]
    observation: Mapping[str, Any]
    chosen: tuple[str, ...] = ()
    room: str = ""


def read_published(build: Path, area: str) -> Published:
    """Open a build folder.

    Raises
    ------
    KyotoError
        ``explain.no-build``: there is none.
    """
    path = build / "manifest.json"
    if not path.is_file():
        raise KyotoError(
            "The project has not been built",
            code="explain.no-build",
            where=Where(file=str(path)),
            hint="Run `kyoto build` first.",
        )
    manifest = json.loads(path.read_text(encoding="utf-8"))
    quality = build / "quality.json"
    found = json.loads(quality.read_text(encoding="utf-8")) if quality.is_file() else {}
    return Published(build, manifest, found.get("findings", []), area)


def find_figure(published: Published, name: str, wanted: Mapping[str, str]) -> Figure:
    """Find one published figure.

    Parameters
    ----------
    published
        The build.
    name
        Table, ``table.rate``, ``table.share``, or code of an indicator.
    wanted
        Value by dimension. A dimension that is not named is at its total; without a period the latest is taken.

    Raises
    ------
    KyotoError
        ``explain.unknown-table``, ``explain.unknown-dimension``, ``explain.unknown-value``, each with the nearest,
        ``explain.no-total`` where a dimension that is not named has no total, or ``explain.no-figure``.
    """
    frame, table, room = _series(published, name)
    used = _used(frame)
    given = {_ALIASES.get(key, key): value for key, value in wanted.items()}
    for key in given:
        if key not in used:
            raise KyotoError(
                f"{name!r} is not by {key!r}",
                code="explain.unknown-dimension",
                got=key,
                expected="one of " + ", ".join(used) if used else "no dimension",
                hint=did_you_mean(key, used),
            )
    cell: dict[str, str] = {}
    chosen: tuple[str, ...] = ()
    left = frame
    for key in sorted(used, key=lambda key: key == "period"):  # the latest period of what the others leave
        if key in given:
            cell[key] = _value(name, key, given[key], [str(item) for item in frame[key].unique()])
        elif key == "period":
            cell[key] = str(left["period"].max()) if len(left) else str(frame["period"].max())
            chosen = ("period",) if left["period"].nunique() > 1 else ()
        else:
            cell[key] = total_area(frame["area"], published.area) if key == "area" else _total(name, key, frame)
        left = left[left[key] == cell[key]]
    if not len(left):
        raise _no_figure(name, cell)
    return Figure(name, table, cell, {str(key): value for key, value in left.iloc[0].items()}, chosen, room)


def _series(published: Published, name: str) -> tuple[pd.DataFrame, str, str]:
    """Observations of a series, and the table or the step of a room they stand in."""
    table = next((table for table in published.tables if name in (table, f"{table}.rate", f"{table}.share")), "")
    indicators = _indicators(published)
    frame = _text(published.folder / "tables" / f"{table}.parquet") if table else indicators
    known = [*published.tables, *([] if indicators is None else indicators["series"].unique())]
    if frame is None or name not in set(frame["series"]):
        if table:
            known = list(frame["series"].unique()) if frame is not None else known
        else:
            for room, path in published.rooms.items():
                own = _text(published.folder / path)
                known += list(own["series"].unique())
                if name in set(own["series"]):
                    return own[own["series"] == name], "", room
        raise KyotoError(
            f"No table or indicator {name!r}",
            code="explain.unknown-table",
            got=name,
            expected="one of " + ", ".join(known[:12]) if known else "the build published nothing",
            hint=did_you_mean(name, known),
        )
    return frame[frame["series"] == name], table, ""


def _total(name: str, dimension: str, frame: pd.DataFrame) -> str:
    """Code of the total; rooms publish dimensions that have none, such as the length of a window."""
    known = [str(code) for code in frame[dimension].unique()]
    if TOTAL not in known:
        raise KyotoError(
            f"{name!r} has no total over {dimension!r}: name a value",
            code="explain.no-total",
            expected=f"{dimension}=" + ", ".join(known[:12]),
        )
    return TOTAL


def _indicators(published: Published) -> pd.DataFrame | None:
    import pandas as pd

    path = published.folder / "indicators.csv"
    if not path.is_file():
        return None
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    for name in ("value", "lower", "upper"):
        frame[name] = pd.to_numeric(frame[name], errors="coerce")
    return frame


def _text(path: Path) -> pd.DataFrame:
    import pyarrow.parquet as pq

    frame: pd.DataFrame = pq.read_table(path).to_pandas()
    for name in [*dimension_columns(frame.columns), "series"]:
        frame[name] = frame[name].astype(str)
    return frame


def _used(frame: pd.DataFrame) -> list[str]:
    """Dimensions that the series divides by, and the period and the area in any case."""
    return [
        name for name in dimension_columns(frame.columns) if name in ("period", "area") or frame[name].nunique() > 1
    ]


def _value(table: str, dimension: str, value: str, known: Sequence[str]) -> str:
    if value in known:
        return value
    folded = {item.casefold(): item for item in known}
    if value.casefold() in folded:
        return folded[value.casefold()]
    hint = did_you_mean(value, known)
    if dimension == "iccs" and f"0{value}" in known:
        hint = f"Did you mean '0{value}'? Codes are text: keep the leading zero."
    raise KyotoError(
        f"{table!r} has no {dimension} {value!r}",
        code="explain.unknown-value",
        got=f"{dimension}={value}",
        hint=hint,
    )


def _no_figure(name: str, cell: Mapping[str, str]) -> KyotoError:
    shown = " ".join(f"{key}={value}" for key, value in cell.items())
    return KyotoError(
        "Nothing was counted in this cell, so it has no figure",
        code="explain.no-figure",
        got=f"{name} {shown}",
        hint="Each value exists, but no record has all of them together: leave one out.",
    )
