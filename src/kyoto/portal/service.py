"""The figures as JSON, for web developers: described by OpenAPI, without keys or cookies."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from kyoto.portal.answer import BadRequest, NotFound
from kyoto.portal.book import Book, Shelf
from kyoto.portal.catalogue import Series
from kyoto.portal.figures import quoted
from kyoto.portal.selection import NotPublished, parameter
from kyoto.statistics.classification import iccs
from kyoto.statistics.observations import VALUE_COLUMNS

__all__ = ["MOST_ROWS", "json_service"]

MOST_ROWS = 10_000
_NOTHING = {"NaN": "null", "Infinity": "null", "-Infinity": "null"}
"""Numbers that are none; JSON has no words for them."""
_PLAIN = ("from", "to", "limit", "offset")
_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": "A parameter that the series does not have, or a value that is none."},
    404: {"description": "There is no such series, class or value."},
    429: {"description": "Too many requests; wait as Retry-After says."},
    503: {"description": "No build has been published yet."},
}


def json_service(shelf: Shelf) -> APIRouter:
    """Routes of the service.

    Parameters
    ----------
    shelf
        Where the newest build is.
    """
    router = APIRouter(prefix="/api/v1", responses=_ERRORS, tags=["figures"])

    @router.get("/series", summary="All series with their dimensions")
    def every_series(request: Request) -> Response:
        with shelf.book() as book:
            listed = [_described(series) for series in book.catalogue.series.values()]
            return _sent(request, book, {"title": book.catalogue.title, "area": book.catalogue.area, "series": listed})

    @router.get("/series/{code}", summary="One series with all codes")
    def one_series(request: Request, code: Annotated[str, Path(max_length=200)]) -> Response:
        with shelf.book() as book:
            series = _series(book, code)
            return _sent(request, book, {**_described(series), **_codes(series)})

    @router.get("/series/{code}/observations", summary="Figures of a series")
    def observations(
        request: Request,
        code: Annotated[str, Path(max_length=200)],
        start: Annotated[str | None, Query(alias="from", description="First period", max_length=40)] = None,
        end: Annotated[str | None, Query(alias="to", description="Last period", max_length=40)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS, description="Most observations")] = 1000,
        offset: Annotated[int, Query(ge=0, le=100_000_000, description="Observations to pass over")] = 0,
    ) -> Response:
        """Every dimension is a parameter too and may be given several times: ``?iccs=0502&area=A&area=B``."""
        with shelf.book() as book:
            series = _series(book, code)
            pairs = [(name, value) for name, value in request.query_params.multi_items() if name not in _PLAIN]
            sql, values = _query(series, pairs, start, end)
            columns = book.snapshot.columns[series.table]
            names = ", ".join(quoted(name) for name in columns)
            keys = ", ".join(quoted(name) for name in columns if name not in VALUE_COLUMNS)
            asked = f"SELECT {names} {sql} ORDER BY {keys} LIMIT {limit + 1} OFFSET {offset}"
            rows = book.snapshot.rows(asked, values)
            following = offset + limit if len(rows) > limit else None
            found = {"series": code, "unit": series.unit, "offset": offset, "next_offset": following}
            return _sent(request, book, found, observations=objects_json(columns, rows[:limit]))

    @router.get("/classification", summary="Classes of ICCS, or those that fit words")
    def classes(
        request: Request, q: Annotated[str | None, Query(description="Words or a code", max_length=200)] = None
    ) -> Response:
        categories = [hit.category for hit in iccs().search(q, 50)] if q else list(iccs())
        with shelf.book() as book:
            return _sent(
                request, book, {"classification": iccs().name, "classes": [_class(each) for each in categories]}
            )

    @router.get("/classification/{code}", summary="One class of ICCS")
    def one_class(request: Request, code: Annotated[str, Path(max_length=20)]) -> Response:
        if code not in iccs():
            raise NotFound(code)
        with shelf.book() as book:
            below = [child.code for child in iccs().children(code)]
            return _sent(request, book, {**_class(iccs().get(code)), "children": below})

    return router


def _series(book: Book, code: str) -> Series:
    found = book.catalogue.series.get(code)
    if found is None:
        raise NotFound(code)
    return found


def _described(series: Series) -> dict[str, Any]:
    return {
        "code": series.code,
        "kind": series.kind,
        "title": series.title,
        "unit": series.unit,
        "source": series.source,
        "dimensions": [parameter(axis.name) for axis in series.axes],
        "from": series.periods[0].code if series.periods else None,
        "to": series.periods[-1].code if series.periods else None,
        "observations": series.figures,
    }


def _codes(series: Series) -> dict[str, Any]:
    codes = {parameter(axis.name): [code for code in (axis.total, *axis.codes) if code] for axis in series.axes}
    return {"codes": codes, "fixed": dict(series.fixed), "periods": [period.code for period in series.periods]}


def _class(category: Any) -> dict[str, Any]:
    return {
        "code": category.code,
        "level": category.level,
        "parent": category.parent,
        "title": category.title,
        "title_es": category.title_es,
    }


def _query(
    series: Series, pairs: Sequence[tuple[str, str]], start: str | None, end: str | None
) -> tuple[str, list[Any]]:
    """Everything of the query behind its columns, and its parameters."""
    wanted: dict[str, list[str]] = {}
    names = {parameter(axis.name): axis for axis in series.axes}
    for name, value in pairs:
        if name not in names:
            raise BadRequest(name)
        if value not in names[name]:
            raise NotPublished(name, value)
        wanted.setdefault(names[name].name, []).append(value)
    wheres, values = ["series = ?"], [series.code]
    for name, codes in wanted.items():
        wheres.append(f"{quoted(name)} IN ({', '.join('?' * len(codes))})")
        values.extend(codes)
    periods = [period.code for period in series.periods]
    for name, code in (("from", start), ("to", end)):
        if code is not None and code not in periods:
            raise NotPublished(name, code)
    if start is not None or end is not None:
        first = periods.index(start) if start is not None else 0
        last = periods.index(end) if end is not None else len(periods) - 1
        within = periods[first : last + 1] or [""]
        wheres.append(f"period IN ({', '.join('?' * len(within))})")
        values.extend(within)
    return f"FROM {quoted(series.table)} WHERE {' AND '.join(wheres)}", values


def objects_json(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows as a JSON array of objects, written column by column, as most texts of a column are the same.

    Parameters
    ----------
    names
        Name of each column.
    rows
        Texts, numbers and nothing.

    Examples
    --------
    >>> objects_json(["area", "value"], [("A", 1.5), ("A", None)])
    '[{"area":"A","value":1.5},{"area":"A","value":null}]'
    """
    columns = (_column_json(name, column) for name, column in zip(names, zip(*rows, strict=True), strict=bool(rows)))
    return "[" + ",".join(["{" + ",".join(parts) + "}" for parts in zip(*columns, strict=True)]) + "]"


def _column_json(name: str, column: Sequence[Any]) -> list[str]:
    """Each value of a column behind its name."""
    head = _json(name) + ":"
    if set(map(type, column)) <= {float, int, type(None)}:
        return [head + _NOTHING.get(text, text) for text in json.dumps(column, separators=(",", ":"))[1:-1].split(",")]
    known = {value: head + _json(value) for value in set(column)}
    return [known[value] for value in column]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _sent(request: Request, book: Book, found: Mapping[str, Any], *, observations: str = "") -> Response:
    """JSON with the version of the build, or 304 where the reader has it already."""
    tag = f'W/"{book.snapshot.version[:16]}"'
    headers = {"etag": tag, "cache-control": "no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    body = _json({"version": book.snapshot.version, "built_at": book.snapshot.built_at.isoformat(), **found})
    if observations:
        body = f'{body[:-1]},"observations":{observations}}}'
    return Response(body, media_type="application/json", headers=headers)
