"""Observations as SDMX-CSV 1.0 and 2.0.

Source: SDMX Technical Working Group, SDMX-CSV 1.0 (2018) and SDMX 3.0, SDMX-CSV 2.0.0 (2021). Values are published as
they are: unlike the tables that a build writes for spreadsheets, no apostrophe is put before texts that start like a
formula, since a machine reads this and every value has to come back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from kyoto.statistics.exchange.sdmx.encoding import Columns, Selection, join_lines, joined
from kyoto.statistics.exchange.sdmx.model import VERSION, Catalogue, Component

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["CsvEdition", "CsvKeys", "CsvLabels", "data_csv"]

CsvEdition = Literal["1.0", "2.0"]
CsvLabels = Literal["id", "name", "both"]
CsvKeys = Literal["none", "series", "obs", "both"]


def data_csv(
    catalogue: Catalogue,
    table: pa.Table,
    selection: Selection,
    *,
    edition: CsvEdition = "2.0",
    labels: CsvLabels = "id",
    keys: CsvKeys = "none",
) -> Iterator[bytes]:
    """Write observations of a flow as SDMX-CSV.

    Parameters
    ----------
    catalogue
        What the flow belongs to.
    table
        Observations with the columns of the build.
    selection
        What is shown.
    edition
        ``1.0`` (``DATAFLOW`` first) or ``2.0`` (``STRUCTURE``, ``STRUCTURE_ID``, ``ACTION`` first).
    labels
        ``id``: identifiers. ``both``: ``identifier: name`` in one column. ``name`` (2.0): names in columns of their own
        beside the identifiers.
    keys
        ``series``, ``obs`` or ``both`` (2.0): columns with the keys.

    Yields
    ------
    bytes
        UTF-8, a line an observation.
    """
    layout = _Layout(catalogue, selection, edition, labels, keys if edition == "2.0" else "none")
    yield (",".join(_quoted(name) for name in layout.header()) + "\n").encode()
    for batch in Columns(catalogue, selection.flow, table).batches():
        yield layout.lines(batch)


class _Layout:
    """Columns of the file, in order."""

    def __init__(
        self, catalogue: Catalogue, selection: Selection, edition: CsvEdition, labels: CsvLabels, keys: CsvKeys
    ) -> None:
        self.catalogue = catalogue
        self.selection = selection
        self.edition = edition
        self.labels = labels
        self.keys = keys
        flow = selection.flow
        self.parts: tuple[Component, ...] = selection.keys
        if selection.observations:
            self.parts = (*selection.keys, *selection.measures, *selection.attributes)
        agency = catalogue.agency.id
        if edition == "1.0":
            self.head = {"DATAFLOW": f"{agency}:{flow.id}({VERSION})"}
            if labels == "both":
                self.head["DATAFLOW"] += f": {flow.name}"
        else:
            self.head = {"STRUCTURE": "dataflow", "STRUCTURE_ID": f"{agency}:{flow.id}({VERSION})"}
            if labels == "name":
                self.head["STRUCTURE_NAME"] = flow.name
            elif labels == "both":
                self.head["STRUCTURE_ID"] += f": {flow.name}"
            self.head["ACTION"] = "I"

    def header(self) -> list[str]:
        names = list(self.head)
        names += ["SERIES_KEY"] * (self.keys in ("series", "both")) + ["OBS_KEY"] * (self.keys in ("obs", "both"))
        for part in self.parts:
            names.append(f"{part.id}: {part.name}" if self.labels == "both" else part.id)
            if self.labels == "name" and self.edition == "2.0":
                names.append(part.name)
        return names

    def lines(self, columns: Columns) -> bytes:
        fields: list[object] = [",".join(_quoted(value) for value in self.head.values())]
        dimensions = self.selection.flow.dimensions
        if self.keys in ("series", "both"):
            fields += [",", _key(columns, dimensions)]
        if self.keys in ("obs", "both"):
            fields += [",", _key(columns, self.selection.keys)]
        for part in self.parts:
            fields += [",", self.field(columns, part)]
            if self.labels == "name" and self.edition == "2.0":
                fields += [",", self.names(columns, part)]
        return join_lines(*fields, "\n")

    def field(self, columns: Columns, part: Component) -> pa.Array:
        """Values of one column, quoted where needed."""
        if self.labels == "both" and part.code_list:
            return self._named(columns, part, lambda identifier, name: f"{identifier}: {name}")
        return columns.escaped(part, _quoted)

    def names(self, columns: Columns, part: Component) -> pa.Array:
        """Names of one column; those of values without a code list are the values."""
        if part.code_list:
            return self._named(columns, part, lambda _, name: name)
        return columns.escaped(part, _quoted)

    def _named(self, columns: Columns, part: Component, write: object) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        assert callable(write)
        names = self.catalogue.code_lists[part.code_list].names
        encoded = columns.plain(part).dictionary_encode()
        texts = [_quoted(write(identifier, names[identifier])) for identifier in encoded.dictionary.to_pylist()]
        return pc.take(pa.array(texts, pa.string()), encoded.indices)


def _key(columns: Columns, parts: tuple[Component, ...]) -> pa.Array:
    pieces: list[object] = []
    for part in parts:
        pieces += [columns.plain(part), "."]
    return joined(*pieces[:-1])


def _quoted(text: str) -> str:
    """Field of a CSV file; quoted where it holds a separator (RFC 4180).

    Examples
    --------
    >>> _quoted('the "big" one, twice'), _quoted("plain")
    ('"the ""big"" one, twice"', 'plain')
    """
    if any(mark in text for mark in ',"\n\r') or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text
