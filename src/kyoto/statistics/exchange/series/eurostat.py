"""Eurostat: SDMX-CSV (a row a figure) and TSV (a column a year), with flags and confidentiality kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from kyoto.statistics.exchange.series.model import PublishedSeries
from kyoto.statistics.exchange.series.shaping import age_code, published, sex_code, unit_code
from kyoto.statistics.observations import TOTAL, observation_columns

__all__ = ["is_eurostat_csv", "is_eurostat_tsv", "read_eurostat_csv", "read_eurostat_tsv"]

_STATUS: Final = {"b": "B", "p": "P", "e": "E", "d": "D", "u": "U", "f": "F", "i": "I", "n": "N", "s": "E", "z": "M"}
"""Flags of Eurostat and their CL_OBS_STATUS (SDMX code list, version 2.2)."""
_WORDS: Final = {
    "b": "break in time series",
    "p": "provisional",
    "e": "estimated",
    "d": "definition differs",
    "u": "low reliability",
    "f": "forecast",
    "c": "confidential",
    "z": "not applicable",
    "n": "not significant",
    "s": "Eurostat estimate",
    "i": "see metadata",
}
_AXES: Final = ("geo", "time_period", "time")
_OWN: Final = ("iccs", "sex", "age", "unit", "freq")
_VALUES: Final = ("obs_value", "obs_flag", "conf_status", "dataflow", "last update", "structure", "structure_id")


def is_eurostat_csv(header: Sequence[str]) -> bool:
    """Whether a heading is that of Eurostat's SDMX-CSV."""
    names = {_identifier(name).casefold() for name in header}
    return {"obs_value", "time_period"} <= names and ("geo" in names or "dataflow" in names)


def _identifier(text: str) -> str:
    """Code of a text with its name behind it.

    Examples
    --------
    >>> _identifier("geo: Geopolitical entity"), _identifier("ESTAT:CRIM(1.0): Crimes"), _identifier(" : ")
    ('geo', 'ESTAT:CRIM(1.0)', ':')
    """
    plain = text.strip()
    return plain.partition(": ")[0] if plain[:1] != ":" else plain


def is_eurostat_tsv(header: Sequence[str]) -> bool:
    r"""Whether a heading is that of a Eurostat TSV, such as ``freq,unit,geo\TIME_PERIOD``."""
    return bool(header) and re.search(r"\\\s*TIME", header[0].upper()) is not None


def read_eurostat_csv(rows: Sequence[Mapping[str, str]], file: str) -> PublishedSeries:
    """Read SDMX-CSV, also where names stand behind the codes (``labels=both``: ``geo: …``, ``AT: Austria``).

    Parameters
    ----------
    rows
        Cells by column name.
    file
        Where they came from.

    Returns
    -------
    PublishedSeries
        The series is the dataflow, or the name of the file without its ending; ``vintage`` the last update.
    """
    labelled = any(": " in (name or "") for name in (rows[0] if rows else ()))
    cells = [
        {
            _identifier(name or "").casefold(): _identifier(text or "") if labelled else (text or "").strip()
            for name, text in row.items()
        }
        for row in rows
    ]
    first = cells[0] if cells else {}
    own = _own_dimensions(first)
    series = _dataflow(first.get("dataflow", "") or first.get("structure_id", "")) or _stem(file)
    made = [
        _observation(row, own, series, row.get("obs_value", ""), row.get("obs_flag", ""), row.get("conf_status", ""))
        for row in cells
    ]
    return published(
        made, publisher="eurostat", file=file, vintage=_date(first.get("last update", "")), dimensions=_dimensions(own)
    )


def read_eurostat_tsv(lines: Sequence[Sequence[str]], file: str) -> PublishedSeries:
    """Read a TSV, of which the first column holds the keys and each other one a period.

    Parameters
    ----------
    lines
        Cells of each line, the heading first.
    file
        Where they came from.
    """
    names = [name.strip().casefold() for name in re.split(r"\\", lines[0][0])[0].split(",")]
    periods = [text.strip() for text in lines[0][1:]]
    own = _own_dimensions(names)
    made = list(_wide(lines[1:], names, periods, own, _stem(file)))
    return published(made, publisher="eurostat", file=file, dimensions=_dimensions(own))


def _wide(
    lines: Sequence[Sequence[str]], names: Sequence[str], periods: Sequence[str], own: Sequence[str], series: str
) -> Iterator[dict[str, Any]]:
    for line in lines:
        if not line or not line[0].strip():
            continue
        keys = dict(zip(names, (part.strip() for part in line[0].split(",")), strict=False))
        for period, cell in zip(periods, line[1:], strict=False):
            value, _, flags = cell.strip().partition(" ")
            row = {**keys, "time_period": period}
            yield _observation(row, own, series, value, flags.strip(), "")


def _observation(
    row: Mapping[str, str], own: Sequence[str], series: str, value: str, flags: str, confidential: str
) -> dict[str, Any]:
    letters = [letter for letter in flags.casefold() if letter in _WORDS]
    hidden = "c" in letters or confidential.upper() in ("C", "N", "S")
    statuses = [_STATUS[letter] for letter in letters if letter in _STATUS]
    blank = value in ("", ":")
    status = "Q" if hidden and blank else next(iter(statuses), "M" if blank and value == ":" and flags else "A")
    return {
        "area": row.get("geo", ""),
        "period": row.get("time_period") or row.get("time", ""),
        "series": series,
        "iccs": _class(row.get("iccs", "")),
        "sex": sex_code(row.get("sex", "T")),
        "age": age_code(row.get("age", "TOTAL")),
        **{_dimension(name): row.get(name, "") or TOTAL for name in own},
        "unit": unit_code(row.get("unit", "")),
        "value": value,
        "status": status,
        "confidentiality": (confidential.upper() or "C") if hidden else "F",
        "source": "Eurostat",
        "note": "; ".join(_WORDS[letter] for letter in letters),
    }


def _class(text: str) -> str:
    """ICCS code of Eurostat's item.

    Examples
    --------
    >>> _class("ICCS0101"), _class("ICCS02011"), _class("TOTAL"), _class("ICCS05012_ATT")
    ('0101', '02011', '_T', 'ICCS05012_ATT')
    """
    found = re.fullmatch(r"ICCS(\d{2,6})", text.strip().upper())
    if found:
        return found[1]
    return TOTAL if text.strip().upper() in ("", "TOTAL") else text.strip()


def _own_dimensions(names: Iterable[str]) -> list[str]:
    """Columns that are disaggregations of the data set: each once, none that observations have already."""
    taken = set(observation_columns())
    found = []
    for name in names:
        plain = _dimension(name)
        if name not in (*_AXES, *_OWN, *_VALUES) and plain and plain not in taken:
            taken.add(plain)
            found.append(name)
    return found


def _dimension(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_")


def _dimensions(own: Sequence[str]) -> list[str]:
    return [_dimension(name) for name in own]


def _dataflow(text: str) -> str:
    """Name of a dataflow: ``ESTAT:CRIM_OFF_CAT(1.0)`` is crim_off_cat."""
    found = re.fullmatch(r"(?:\w+:)?(\w+)(?:\([\d.]+\))?", text.strip())
    return found[1].casefold() if found else ""


def _date(text: str) -> str:
    """Date of ``24/04/25 11:00:00``, day, month and year of the century."""
    found = re.match(r"(\d{2})/(\d{2})/(\d{2,4})", text)
    if found:
        return f"{int(found[3]) % 100 + 2000}-{found[2]}-{found[1]}"
    iso = re.match(r"\d{4}-\d{2}-\d{2}", text)
    return iso[0] if iso else ""


def _stem(file: str) -> str:
    from pathlib import PurePath

    name = PurePath(file).name.casefold()
    while re.search(r"\.(tsv|csv|gz|txt)$", name):
        name = name.rpartition(".")[0]
    return name
