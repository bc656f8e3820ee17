"""Street-level crime of data.police.uk as records: one row a crime, with the columns of its monthly files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from kyoto.core.errors import KyotoError, Where

__all__ = ["street_crime_csv"]

_COLUMNS: Final = ("Crime ID", "Month", "Longitude", "Latitude", "Location", "Crime type", "Last outcome category")


def street_crime_csv(path: Path) -> str:
    """CSV of an answer of the service, ready for a [sources] section.

    Parameters
    ----------
    path
        JSON as the service answers it: a list of crimes.

    Raises
    ------
    KyotoError
        ``series.unknown-form``.
    """
    try:
        crimes = json.loads(path.read_text(encoding="utf-8"))
        rows = [_row(crime) for crime in crimes]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KyotoError(
            "This is no answer of data.police.uk",
            code="series.unknown-form",
            where=Where(file=str(path)),
            got=type(error).__name__,
            expected="a list of crimes",
        ) from None
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(rows)
    return text.getvalue()


def _row(crime: Mapping[str, Any]) -> list[str]:
    place = crime.get("location") or {}
    street = (place.get("street") or {}).get("name", "")
    outcome = (crime.get("outcome_status") or {}).get("category", "")
    number = crime.get("persistent_id") or f"id-{crime['id']}"
    texts = (
        number,
        crime["month"],
        place.get("longitude", ""),
        place.get("latitude", ""),
        street,
        crime["category"],
        outcome,
    )
    return [str(text) for text in texts]
