"""The files of a choice: observations as CSV and Excel, the chart as SVG and PNG."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from kyoto.core.files import neutral_cell
from kyoto.portal.answer import Answer, NotFound
from kyoto.portal.book import Book
from kyoto.portal.drawing import png, standalone
from kyoto.portal.figures import observations_query, quoted, read_figures, sentences
from kyoto.portal.pages.about import MEDIA
from kyoto.portal.pages.charts import chart_of
from kyoto.portal.pages.fields import series_title
from kyoto.portal.pages.rendering import Ask
from kyoto.portal.selection import Selection, read_selection

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["file_of_choice"]


def file_of_choice(book: Book, ask: Ask, code: str, kind: str) -> Answer:
    """File of a choice.

    Parameters
    ----------
    book, ask
        The build, and the request.
    code
        Series.
    kind
        ``csv``, ``xlsx``, ``svg`` or ``png``.

    Raises
    ------
    NotFound
        No such series, or no chart of this choice.
    """
    series = book.catalogue.series.get(code)
    if series is None:
        raise NotFound(code)
    selection = read_selection(series, ask.query)
    made = {"csv": _csv, "xlsx": _xlsx, "svg": _svg, "png": _png}[kind](book, ask, selection)
    return Answer(made, MEDIA[kind], name=f"{_name(selection)}.{kind}")


def _name(selection: Selection) -> str:
    """Name that tells the choice."""
    parts = [selection.series.code, *(value for _, value in selection.query())]
    return re.sub(r"[^A-Za-z0-9._]+", "-", "_".join(parts)).strip("-")[:100] or "figures"


def observations(book: Book, selection: Selection) -> pa.Table:
    """Published observations of a choice, all columns, in a fixed order."""
    columns = book.snapshot.columns[selection.series.table]
    sql, values = observations_query(selection, ", ".join(quoted(name) for name in columns))
    order = ", ".join(
        quoted(name) for name in columns if name not in ("value", "lower", "upper", "note", "source", "unit")
    )
    return book.snapshot.query(f"{sql} ORDER BY {order}", values)


def _csv(book: Book, ask: Ask, selection: Selection) -> bytes:
    import csv

    table = observations(book, selection)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.column_names)
    for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
        writer.writerow([neutral_cell(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode()


def _xlsx(book: Book, ask: Ask, selection: Selection) -> bytes:
    import xlsxwriter

    words = ask.words
    figures = read_figures(book.snapshot, book.catalogue, selection, words)
    table = observations(book, selection)
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    workbook.set_properties({"title": series_title(selection.series, words), "created": book.snapshot.built_at})
    bold = workbook.add_format({"bold": True, "bottom": 1})
    sheet = workbook.add_worksheet("figures")
    for column, name in enumerate(table.column_names):
        sheet.write_string(0, column, name, bold)
        for row, cell in enumerate(table[name].to_pylist(), start=1):
            _write(sheet, row, column, cell)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(table.num_rows, 1), table.num_columns - 1)
    sheet.autofit()
    about = workbook.add_worksheet("about")
    lines = [
        series_title(selection.series, words),
        *sentences(figures, book.catalogue, words),
        *_origin(book, ask, selection),
    ]
    for row, line in enumerate(lines):
        about.write_string(row, 0, line)
    about.set_column(0, 0, 110)
    workbook.close()
    return buffer.getvalue()


def _write(sheet: Any, row: int, column: int, cell: object) -> None:
    if isinstance(cell, (int, float)):
        sheet.write_number(row, column, cell)
    elif cell is not None:
        sheet.write_string(row, column, str(cell))


def _svg(book: Book, ask: Ask, selection: Selection) -> bytes:
    return _document(book, ask, selection).encode()


def _png(book: Book, ask: Ask, selection: Selection) -> bytes:
    return png(_document(book, ask, selection))


def _document(book: Book, ask: Ask, selection: Selection) -> str:
    words = ask.words
    figures = read_figures(book.snapshot, book.catalogue, selection, words)
    said = sentences(figures, book.catalogue, words)
    chart = chart_of(book.catalogue, figures, words, " ".join(said))
    if chart is None or not chart.drawings:
        raise NotFound("chart")
    title = series_title(selection.series, words)
    attribution = [chart.attribution] if chart.attribution else []
    lines = [*chart.notes, *attribution, *_origin(book, ask, selection)]
    return standalone(chart.drawings[0], title, said[0], lines, chart.legend)


def _origin(book: Book, ask: Ask, selection: Selection) -> list[str]:
    """Where a file comes from: source, build, address."""
    words = ask.words
    found = [words("site.source", source=selection.series.source)] if selection.series.source else []
    found.append(
        words(
            "site.about",
            version=book.snapshot.manifest.get("kyoto", ""),
            date=words.moment(book.snapshot.built_at),
            short=book.snapshot.version[:8],
        )
    )
    if book.catalogue.title:
        found.append(book.catalogue.title)
    return found
