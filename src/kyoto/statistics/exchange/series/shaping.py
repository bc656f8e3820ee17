"""From a publisher's rows to observations: codes of sex and age, figures, statuses, and what is worth a note."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from kyoto.statistics.exchange.series.areas import area_of
from kyoto.statistics.exchange.series.model import Note, PublishedSeries, key_columns
from kyoto.statistics.observations import NOT_APPLICABLE, TOTAL, UNKNOWN, observation_columns
from kyoto.statistics.tables.labels import parse_age
from kyoto.statistics.tables.model import AgeBand

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["age_code", "figure_of", "published", "sex_code", "unit_code"]

_SEXES: Final = {
    "total": TOTAL, "t": TOTAL, "_t": TOTAL, "bothsex": TOTAL, "both sexes": TOTAL, "all": TOTAL, "": TOTAL,
    "male": "M", "m": "M", "males": "M", "female": "F", "f": "F", "females": "F",
    "unknown": UNKNOWN, "unk": UNKNOWN, "_u": UNKNOWN, "nap": NOT_APPLICABLE,
}  # fmt: skip
_AGES: Final = {
    "total": TOTAL, "_t": TOTAL, "allage": TOTAL, "": TOTAL, "adult": "Y_GE18", "adults": "Y_GE18",
    "juveniles": "Y0T17", "juvenile": "Y0T17", "unknown": UNKNOWN, "unk": UNKNOWN, "nap": NOT_APPLICABLE,
}  # fmt: skip
_UNITS: Final = {
    "counts": "number",
    "count": "number",
    "nr": "number",
    "number": "number",
    "rate per 100,000 population": "per 100000 population",
    "p_hthab": "per 100000 population",
}
_MISSING: Final = {"", ":", "..", "...", "-", "na", "n/a", "nan", "null"}
_YEARS: Final = (1800, 2100)


def sex_code(text: str) -> str:
    """Code of a sex; what is not known stays as it is.

    Examples
    --------
    >>> sex_code("Female"), sex_code("bothsex"), sex_code("T")
    ('F', '_T', '_T')
    """
    return _SEXES.get(text.strip().casefold(), text.strip())


def age_code(text: str) -> str:
    """Code of an age group; what is not known stays as it is.

    Examples
    --------
    >>> age_code("Juveniles"), age_code("15-24"), age_code("Y_GE65"), age_code("TOTAL"), age_code("retired")
    ('Y0T17', 'Y15T24', 'Y_GE65', '_T', 'retired')
    """
    plain = text.strip()
    known = _AGES.get(plain.casefold())
    if known is not None:
        return known
    band = parse_age(plain.replace(" years", "").replace("yrs", ""))
    if isinstance(band, AgeBand):
        return band.code
    return band or plain


def unit_code(text: str) -> str:
    """Code of a unit; what is not known stays as it is.

    Examples
    --------
    >>> unit_code("Counts"), unit_code("Rate per 100,000 population")
    ('number', 'per 100000 population')
    """
    return _UNITS.get(text.strip().casefold(), text.strip())


def figure_of(text: str) -> tuple[float | None, bool]:
    """Figure of a cell, and whether the cell could be understood: a blank or a mark for none can.

    Examples
    --------
    >>> figure_of("782.0"), figure_of(":"), figure_of("1,234"), figure_of("about 3")
    ((782.0, True), (None, True), (1234.0, True), (None, False))
    """
    plain = re.sub(r"[\s\u00a0\u202f]", "", str(text))
    if plain.casefold() in _MISSING:
        return None, True
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    try:
        return float(plain), True
    except ValueError:
        return None, False


def published(
    rows: Iterable[Mapping[str, Any]],
    *,
    publisher: str,
    file: str,
    vintage: str = "",
    dimensions: Iterable[str] = (),
    notes: Iterable[Note] = (),
) -> PublishedSeries:
    """Put rows of observations into their shape, with notes on doubles, areas and values.

    Parameters
    ----------
    rows
        Columns of an observation; ``value`` as text or number, ``area`` as the publisher writes it. Absent ones get
        their neutral code.
    publisher, file, vintage
        See :class:`PublishedSeries`.
    dimensions
        The publisher's own disaggregations.
    notes
        What the reader noticed.
    """
    import pandas as pd

    columns = observation_columns(dimensions)
    frame = pd.DataFrame(list(rows)).reindex(columns=columns)
    defaults = {"iccs": TOTAL, "sex": TOTAL, "age": TOTAL, "status": "A", "confidentiality": "F"}
    for name in columns:
        if name not in ("value", "lower", "upper"):
            frame[name] = frame[name].fillna(defaults.get(name, "")).astype(str)
    figures = [figure_of("" if text is None or text != text else text) for text in frame["value"]]
    frame["value"] = pd.Series([value for value, _ in figures], index=frame.index, dtype=float)
    frame[["lower", "upper"]] = frame[["lower", "upper"]].astype(float)
    unread = [not understood for _, understood in figures]
    kept = (
        frame["value"].notna()
        | (frame["status"] != "A")
        | (frame["confidentiality"] != "F")
        | pd.Series(unread, frame.index)
    )
    areas = {code: area_of(code) for code in frame["area"].unique()}
    frame["area"] = frame["area"].map({code: area.code for code, area in areas.items()})
    found = [
        *notes,
        *_area_notes(frame[kept], {area.code: area.kind for area in areas.values()}),
        *_value_notes(frame, sum(unread), int((~kept).sum())),
        *_duplicate_notes(frame[kept]),
    ]
    return PublishedSeries(publisher, file, vintage, frame[kept].reset_index(drop=True), tuple(found))


def _area_notes(frame: pd.DataFrame, kinds: Mapping[str, str]) -> list[Note]:
    unknown = sorted(code for code, kind in kinds.items() if kind == "unknown" and code in set(frame["area"]))
    if not unknown:
        return []
    rows = int(frame["area"].isin(unknown).sum())
    shown = ", ".join(unknown[:8]) + (f" and {len(unknown) - 8} more" if len(unknown) > 8 else "")
    return [Note("series.unknown-area", "warning", f"areas that no list holds: {shown}", rows)]


def _value_notes(frame: pd.DataFrame, unread: int, blank: int) -> list[Note]:
    found = []
    if unread:
        found.append(Note("series.no-figure", "warning", f"{unread} values are no figures; they are empty", unread))
    if blank:
        found.append(Note("series.blank", "note", f"{blank} rows hold neither a figure nor a status", blank))
    years = frame["period"].str.extract(r"^(\d{4})", expand=False).astype(float)
    strange = frame[(years < _YEARS[0]) | (years > _YEARS[1])]
    if len(strange):
        listed = ", ".join(sorted(strange["period"].unique())[:5])
        found.append(Note("series.strange-year", "warning", f"years that cannot be: {listed}", len(strange)))
    return found


def _duplicate_notes(frame: pd.DataFrame) -> list[Note]:
    keys = key_columns(list(frame.columns))
    double = frame[frame.duplicated(keys, keep=False)]
    if double.empty:
        return []
    groups = double.groupby(keys, dropna=False)
    conflicting = int((groups["value"].nunique(dropna=False) > 1).sum())
    extra = int(frame.duplicated(keys).sum())
    message = (
        f"{groups.ngroups} keys stand more than once ({extra} rows too many), {conflicting} with different figures"
        f": {_examples(double, keys)}"
    )
    return [Note("series.duplicate-keys", "warning", message, len(double))]


def _examples(double: pd.DataFrame, keys: list[str], most: int = 3) -> str:
    """A few keys in words, without totals."""
    every = double[keys].drop_duplicates()
    shown = [
        " ".join(value for value in row if value not in ("", TOTAL)) for row in every.head(most).itertuples(index=False)
    ]
    return "; ".join(shown) + (" and others" if len(every) > most else "")
