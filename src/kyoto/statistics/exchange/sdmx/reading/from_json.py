"""SDMX-JSON data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.exchange.sdmx.reading.collecting import Collector
from kyoto.statistics.exchange.sdmx.reading.limits import not_sdmx, too_large

__all__ = ["read_json"]

Node = Mapping[str, Any]


def read_json(path: Path, collector: Collector) -> None:
    """Read the observations of an SDMX-JSON data message.

    Parameters
    ----------
    path
        The file; it is read as a whole.
    collector
        Takes the observations.

    Raises
    ------
    KyotoError
        ``sdmx.not-sdmx``, ``sdmx.broken-json``, ``sdmx.too-large``, and what the collector finds.
    """
    message = _load(path, collector)
    inner = message.get("data")
    data: dict[str, Any] = inner if isinstance(inner, dict) else message
    structures = data.get("structures") or [data.get("structure")]
    try:
        for data_set in data["dataSets"]:
            structure = structures[int(data_set.get("structure", 0))]
            if not collector.begin(_dataflow(structure), None):
                continue
            for observation in _observations(data_set, structure):
                collector.take(observation, None)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise KyotoError(
            "The file is JSON, but its parts do not fit together",
            code="sdmx.broken-json",
            where=Where(file=collector.file),
            detail=f"{type(error).__name__}: {error}",
            expected="SDMX-JSON 1.0 or 2.0, with data.structures and data.dataSets",
        ) from error


def _load(path: Path, collector: Collector) -> dict[str, Any]:
    size = path.stat().st_size
    if size > collector.limits.json_bytes:
        expected = f"at most {collector.limits.json_bytes:,} bytes; SDMX-CSV and SDMX-ML may be larger"
        raise too_large(collector.file, f"{size:,} bytes", expected)
    try:
        message = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise not_sdmx(collector.file, f"it is no valid JSON: {error}") from error
    if not isinstance(message, dict) or not ("data" in message or "dataSets" in message):
        raise not_sdmx(collector.file, "it is JSON without `data`")
    return message


def _observations(data_set: Node, structure: Node) -> Iterator[dict[str, str | None]]:
    dimensions = structure["dimensions"]
    attributes = structure.get("attributes", {})
    base = _at("0" * len(dimensions.get("dataSet", [])), dimensions.get("dataSet", []), each=True)
    base.update(_attributes(data_set.get("attributes", []), attributes.get("dataSet", [])))
    for key, series in data_set.get("series", {}).items():
        known = {**base, **_at(key, dimensions.get("series", []))}
        known.update(_attributes(series.get("attributes", []), attributes.get("series", [])))
        for place, values in series.get("observations", {}).items():
            yield {**known, **_at(place, dimensions["observation"]), **_values(values, structure)}
    for place, values in data_set.get("observations", {}).items():
        yield {**base, **_at(place, dimensions["observation"]), **_values(values, structure)}


def _at(key: str, dimensions: Sequence[Node], *, each: bool = False) -> dict[str, str | None]:
    """Values of the dimensions that a key such as ``0:2:1`` points at."""
    places = list(key) if each else key.split(":")
    if len(places) != len(dimensions):
        raise ValueError(f"the key {key!r} is for {len(dimensions)} dimensions")
    return {
        dimension["id"]: _text(dimension["values"][_index(place)], time=dimension["id"] == "TIME_PERIOD")
        for dimension, place in zip(dimensions, places, strict=True)
    }


def _index(place: str | int) -> int:
    number = int(place)
    if number < 0:
        raise IndexError("a negative position")
    return number


def _values(values: Sequence[Any], structure: Node) -> dict[str, str | None]:
    """Measures, then attributes of an observation."""
    measures = structure.get("measures", {}).get("observation")
    names = [measure["id"] for measure in measures] if measures is not None else ["OBS_VALUE"]
    found: dict[str, str | None] = {name: _plain(value) for name, value in zip(names, values, strict=False)}
    found.update(_attributes(values[len(names) :], structure.get("attributes", {}).get("observation", [])))
    return found


def _attributes(values: Sequence[Any], attributes: Sequence[Node]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for value, attribute in zip(values, attributes, strict=False):
        if value is None:
            found[attribute["id"]] = None
        elif attribute.get("values"):
            found[attribute["id"]] = _text(attribute["values"][_index(value)])
        else:
            found[attribute["id"]] = _plain(value)
    return found


def _text(value: Node, *, time: bool = False) -> str | None:
    """What an entry of a list of values stands for; an interval of time has its slash in the name alone."""
    if "value" in value:
        return _plain(value["value"])
    if "id" in value and not (time and "/" in str(value.get("name", ""))):
        return str(value["id"])
    return str(value["name"])


def _plain(value: Any) -> str | None:
    return None if value is None else (repr(value) if isinstance(value, float) else str(value))


def _dataflow(structure: Node) -> str:
    for link in structure.get("links", []):
        if link.get("rel") == "dataflow":
            return str(link.get("urn", "")).rpartition(":")[2].partition("(")[0]
    return ""
