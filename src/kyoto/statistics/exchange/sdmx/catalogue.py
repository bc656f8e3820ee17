"""The catalogue of a build: one look at its observations says what code lists, structures and flows there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.classification import iccs
from kyoto.statistics.exchange.sdmx.concepts import FREQUENCY, components_of
from kyoto.statistics.exchange.sdmx.identifiers import artefact_id, code_ids
from kyoto.statistics.exchange.sdmx.model import Agency, Catalogue, Code, CodeList, Component, Flow
from kyoto.statistics.exchange.sdmx.naming import WHOLE_LISTS, code_name, list_name, series_names, table_titles
from kyoto.statistics.exchange.sdmx.periods import UNTIMED, frequency_of, to_sdmx
from kyoto.statistics.exchange.sdmx.source import INDICATORS, Source, quoted
from kyoto.statistics.exchange.series.areas import area_names
from kyoto.statistics.observations import VALUE_COLUMNS
from kyoto.statistics.tables.labels import period_days

__all__ = ["read_catalogue"]

_CATEGORIES = {"TABLES": "Tables", "INDICATORS": "Indicators"}
_ICCS = "CL_ICCS"
_AREA = "CL_AREA"


def read_catalogue(source: Source, agency: Agency | None = None, name: str = "") -> Catalogue:
    """Describe what a build publishes.

    Parameters
    ----------
    source
        The observations; every table is read once, for its distinct values.
    agency
        Who maintains the structures.
    name
        Title of the project.

    Returns
    -------
    Catalogue
    """
    seen = {table: _distinct(source, table, columns) for table, columns in source.columns.items()}
    parts = {table: components_of(source.columns[table], timed=_timed(values)) for table, values in seen.items()}
    names = series_names(source.manifest)
    lists = _code_lists(parts, seen, names)
    titles = table_titles(source.manifest)
    flows: dict[str, Flow] = {}
    for table, components in parts.items():
        flow = _flow(table, titles.get(table, table), components, seen[table], lists, taken=flows)
        flows[flow.id] = flow
    return Catalogue(
        agency=agency or Agency(),
        name=name,
        prepared=source.built_at,
        flows=flows,
        code_lists=lists,
        categories={key: words for key, words in _CATEGORIES.items() if key in {f.category for f in flows.values()}},
    )


def _distinct(source: Source, table: str, columns: Sequence[str]) -> dict[str, Any]:
    """Distinct values of each column that is coded or time, and under ``""`` the number of observations."""
    asked = [name for name in columns if name not in VALUE_COLUMNS or name in ("unit", "status", "confidentiality")]
    lists = ", ".join(f"list(DISTINCT {quoted(name)}) AS {quoted(name)}" for name in asked)
    answer = source.query(f"SELECT count(*) AS n, {lists} FROM {quoted(table)}").to_pylist()[0]
    found: dict[str, Any] = {}
    for name in asked:
        values = answer[name] or []
        if None in values and name not in ("status", "confidentiality"):
            raise KyotoError(
                f"Observations of {table!r} have no {name!r}",
                code="sdmx.empty-dimension",
                where=Where(column=name),
                detail="Every dimension of a published figure has a value: _T total, _U unknown, _Z not applicable.",
                hint="Build the project again.",
            )
        found[name] = sorted(str(value) for value in values if value is not None)
    found[""] = int(answer["n"])
    return found


def _timed(values: Mapping[str, Any]) -> bool:
    """Whether the table has periods, and nothing in their place but that there is none."""
    known = [to_sdmx(period) is not None for period in values.get("period", ()) if period not in UNTIMED]
    return bool(known) and all(known)


def _code_lists(
    parts: Mapping[str, tuple[Component, ...]], seen: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]
) -> dict[str, CodeList]:
    """Code lists that the components use, with every code that occurs in any table."""
    texts: dict[str, dict[str, None]] = {}
    for table, components in parts.items():
        for part in components:
            if part.code_list:
                found = texts.setdefault(part.code_list, dict.fromkeys(WHOLE_LISTS.get(part.code_list, ())))
                found.update(dict.fromkeys(_texts(part, seen[table])))
    return {key: _code_list(key, list(found), names) for key, found in sorted(texts.items())}


def _texts(part: Component, values: Mapping[str, Any]) -> Iterable[str]:
    """Texts of a component that occur."""
    if part.id == FREQUENCY.id:
        return [frequency_of(period) for period in values["period"]]
    found: list[str] = list(values.get(part.column, ()))
    return found


def _code_list(key: str, texts: Sequence[str], names: Mapping[str, str]) -> CodeList:
    if key == _ICCS:
        return _iccs_list(texts)
    whole = list(WHOLE_LISTS.get(key, ()))
    wanted = [*whole, *sorted(text for text in texts if text not in whole)]
    ids = code_ids(wanted)
    if key == _AREA:
        return CodeList(key, list_name(key), tuple(_areas(wanted, ids)))
    return CodeList(key, list_name(key), tuple(Code(ids[text], text, code_name(key, text, names)) for text in wanted))


def _areas(wanted: Sequence[str], ids: Mapping[str, str]) -> Iterable[Code]:
    """Areas by their names, where the project's codes are those of an international list."""
    named = {language: area_names(wanted, language) for language in ("en", "fr", "es")}
    for text in wanted:
        others = {language: known[text] for language, known in named.items() if language != "en" and text in known}
        yield Code(ids[text], text, named["en"].get(text) or code_name(_AREA, text, {}), names=others)


def _iccs_list(texts: Sequence[str]) -> CodeList:
    """The whole classification with its tree; total, unknown and whatever else occurs behind it."""
    classes = {entry.code: entry for entry in iccs()}
    rest = sorted({"_T", "_U", "_Z", *texts} - set(classes))
    ids = code_ids([*classes, *rest])
    codes = [
        Code(ids[code], code, entry.title, entry.parent, {"es": entry.title_es} if entry.title_es else {})
        for code, entry in classes.items()
    ]
    codes += [Code(ids[text], text, code_name(_ICCS, text, {})) for text in rest]
    return CodeList(_ICCS, list_name(_ICCS), tuple(codes))


def _flow(
    table: str,
    title: str,
    components: tuple[Component, ...],
    values: Mapping[str, Any],
    lists: Mapping[str, CodeList],
    *,
    taken: Iterable[str],
) -> Flow:
    indicators = table == INDICATORS
    base = identifier = artefact_id(table)
    number = 1
    while identifier in set(taken):
        number += 1
        identifier = f"{base}_{number}"
    periods = _times(values.get("period", ()))
    occurring: dict[str, tuple[str, ...]] = {}
    for part in components:
        if part.role == "time":
            occurring[part.id] = tuple(dict.fromkeys(periods.values()))
        elif part.code_list:
            code_list = lists[part.code_list]
            present = {code_list.ids[text] for text in _texts(part, values)}
            occurring[part.id] = tuple(code.id for code in code_list.codes if code.id in present)
    return Flow(
        id=identifier,
        name="Indicators" if indicators else title,
        table=table,
        components=components,
        values=occurring,
        periods=periods,
        observations=int(values[""]),
        category="INDICATORS" if indicators else "TABLES",
    )


def _times(periods: Iterable[str]) -> dict[str, str]:
    """SDMX time period of each period, by first day and shorter ones first; of none, what the others span."""
    known = {period: days for period in periods if (days := period_days(period)) is not None}
    ordered = sorted(known, key=lambda period: (known[period][0], known[period][1] - known[period][0], period))
    found = {period: to_sdmx(period) or period for period in ordered}
    if known:
        first, last = min(days[0] for days in known.values()), max(days[1] for days in known.values())
        span = to_sdmx(f"{first}/{last}") or found[ordered[-1]]
        found.update({period: span for period in periods if period in UNTIMED})
    return found
