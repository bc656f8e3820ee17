"""Figures of indicators that come from elsewhere: published values, or a part and a whole that records do not hold."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kyoto.core.errors import KyotoError, Problems, Where, did_you_mean
from kyoto.statistics.indicators.model import Indicator
from kyoto.statistics.observations import TOTAL, observation_columns

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["read_given"]

_REQUIRED = ("indicator", "area", "period")
_OPTIONAL = ("sex", "age", "value", "lower", "upper", "part", "whole", "status", "source", "note")
_NUMBERS = ("value", "lower", "upper", "part", "whole")


def read_given(path: str | Path, indicators: Mapping[str, Indicator]) -> pa.Table:
    """Read figures that a project takes from elsewhere; every bad row is reported in one pass.

    Parameters
    ----------
    path
        CSV (UTF-8) with ``indicator, area, period`` and either ``value`` or ``part`` and ``whole``; ``sex``, ``age``,
        ``lower``, ``upper``, ``status``, ``source`` and ``note`` where there are any.
    indicators
        Known indicators by code.

    Returns
    -------
    pyarrow.Table
        Observations of the given series. A figure from ``part`` and ``whole`` is their ratio times the indicator's
        multiplier; values of trade and the like are no counts, so it has no interval unless the file gives one.

    Raises
    ------
    KyotoError
        ``indicator.missing-file``, ``indicator.missing-column``, ``indicator.unknown`` or
        ``indicator.wrong-figure``, one for each row.
    """
    import pyarrow as pa

    file = Path(path)
    problems = Problems()
    rows = []
    for line, row in _rows(file):
        entry = indicators.get(row["indicator"])
        where = Where(file=str(file), line=line)
        if entry is None:
            hint = did_you_mean(row["indicator"], indicators)
            problems.add(
                KyotoError(f"No indicator {row['indicator']!r}", code="indicator.unknown", where=where, hint=hint)
            )
            continue
        try:
            rows.append(_observation(entry, row))
        except ValueError as error:
            problems.add(KyotoError(str(error), code="indicator.wrong-figure", where=where, got=_shown(row)))
    problems.raise_if_any()
    numbers = {"value", "lower", "upper"}
    return pa.table(
        {
            name: pa.array([row[name] for row in rows], pa.float64() if name in numbers else pa.string())
            for name in observation_columns()
        }
    )


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line and cells of each row; empty cells are left out, but for the required ones."""
    try:
        handle = file.open(encoding="utf-8-sig", newline="")
    except FileNotFoundError:
        raise KyotoError(
            "No such file of given figures",
            code="indicator.missing-file",
            where=Where(file=str(file)),
            hint="Name it in `given` of [indicators], relative to the folder of the project file.",
        ) from None
    with handle:
        reader = csv.DictReader(handle)
        header = reader.fieldnames or []
        _check_header(file, header)
        for row in reader:
            cells = {name: (row.get(name) or "").strip() for name in (*_REQUIRED, *_OPTIONAL)}
            yield reader.line_num, {name: cell for name, cell in cells.items() if cell or name in _REQUIRED}


def _check_header(file: Path, header: object) -> None:
    names = list(header) if isinstance(header, (list, tuple)) else []
    absent = [name for name in _REQUIRED if name not in names]
    if "value" not in names and not {"part", "whole"} <= set(names):
        absent.append("value")
    if absent:
        raise KyotoError(
            "The file of given figures has no column for " + " and ".join(absent),
            code="indicator.missing-column",
            where=Where(file=str(file), line=1),
            expected="indicator, area, period and value (or part and whole)",
            got=", ".join(names),
        )


def _observation(indicator: Indicator, row: Mapping[str, str]) -> dict[str, object]:
    """One observation; ValueError says what is wrong with the row."""
    if not row["area"] or not row["period"]:
        raise ValueError("A given figure without area or period")
    numbers = {name: _number(row.get(name), name) for name in _NUMBERS}
    if numbers["part"] is not None and numbers["whole"] is not None:
        if numbers["whole"] <= 0:
            raise ValueError("The whole is not above 0")
        numbers["value"] = numbers["part"] / numbers["whole"] * indicator.multiplier
    if numbers["value"] is None:
        raise ValueError("A given figure needs a value, or a part and a whole")
    ends = (numbers["lower"], numbers["value"], numbers["upper"])
    known = [end for end in ends if end is not None]
    if known != sorted(known):
        raise ValueError("The value is not between lower and upper")
    return {
        "area": row["area"],
        "period": row["period"],
        "series": indicator.code,
        "iccs": TOTAL,
        "sex": row.get("sex", TOTAL),
        "age": row.get("age", TOTAL),
        "unit": indicator.unit,
        "value": numbers["value"],
        "lower": numbers["lower"],
        "upper": numbers["upper"],
        "status": row.get("status", "A"),
        "confidentiality": "F",
        "source": row.get("source", "given"),
        "note": row.get("note", ""),
    }


def _number(text: str | None, name: str) -> float | None:
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{name} is no number")
    return value


def _shown(row: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {cell}" for name, cell in row.items() if cell)
