"""Observations as columns of SDMX identifiers, without a loop over rows.

Values are mapped once for each distinct one (Arrow's dictionary encoding); lines of text are joined by Arrow. A
million observations take seconds, and memory grows with the lines of one batch only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from kyoto.statistics.exchange.sdmx.model import Catalogue, Component, Flow
from kyoto.statistics.exchange.sdmx.periods import frequency_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ALL_DIMENSIONS", "BATCH", "Columns", "DataSet", "Selection", "join_lines", "joined"]

ALL_DIMENSIONS: Final = "AllDimensions"
"""Value of ``dimensionAtObservation`` for observations that are not grouped."""

BATCH: Final = 50_000
"""Observations whose text is made at once."""


class Selection:
    """What of a flow a message shows, and how it groups the observations.

    Parameters
    ----------
    flow
        The flow.
    at_observation
        Dimension that stands at the observation; the others make the series. ``AllDimensions``: no series. By default
        time, where the flow has it.
    attributes, measures
        Identifiers to show; all by default.
    observations
        False: only the series, without observations.
    """

    def __init__(
        self,
        flow: Flow,
        at_observation: str | None = None,
        *,
        attributes: tuple[str, ...] | None = None,
        measures: tuple[str, ...] | None = None,
        observations: bool = True,
    ) -> None:
        self.flow = flow
        self.at_observation = at_observation or (flow.time.id if flow.time else ALL_DIMENSIONS)
        self.attributes = tuple(part for part in flow.attributes if attributes is None or part.id in attributes)
        self.measures = (flow.measure,) if measures is None or flow.measure.id in measures else ()
        self.observations = observations

    @property
    def flat(self) -> bool:
        """Whether observations are not grouped into series."""
        return self.at_observation == ALL_DIMENSIONS

    @cached_property
    def keys(self) -> tuple[Component, ...]:
        """All dimensions, time last."""
        return (*self.flow.dimensions, *((self.flow.time,) if self.flow.time else ()))

    @cached_property
    def series(self) -> tuple[Component, ...]:
        """Dimensions that stand at the series."""
        return () if self.flat else tuple(part for part in self.keys if part.id != self.at_observation)

    @cached_property
    def observed(self) -> tuple[Component, ...]:
        """Dimensions that stand at the observation."""
        return self.keys if self.flat else tuple(part for part in self.keys if part.id == self.at_observation)


@dataclass(frozen=True, slots=True, eq=False)
class DataSet:
    """Observations of one flow in a message.

    Parameters
    ----------
    selection
        What of the flow is shown.
    table
        Observations with the columns of the build; those of a series stand together.
    """

    selection: Selection
    table: pa.Table


class Columns:
    """Columns of a table of observations as SDMX writes them.

    Parameters
    ----------
    catalogue, flow
        What the observations are of.
    table
        Observations with the columns of the build.
    """

    def __init__(self, catalogue: Catalogue, flow: Flow, table: pa.Table) -> None:
        self.catalogue = catalogue
        self.flow = flow
        self.table = table
        self._encoded: dict[str, Any] = {}
        self._made: dict[str, Any] = {}

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def batches(self) -> Iterator[Columns]:
        """The same in parts of at most :data:`BATCH` observations."""
        for start in range(0, len(self), BATCH):
            yield Columns(self.catalogue, self.flow, self.table.slice(start, BATCH))

    def plain(self, part: Component) -> pa.Array:
        """Identifiers, times or texts as text; null where there is none. Empty text is none."""
        found = self._made.get(part.id)
        if found is None:
            found = self._number(part) if part.is_number else self._mapped(part, None)
            self._made[part.id] = found
        return found

    def escaped(self, part: Component, escape: Callable[[str], str]) -> pa.Array:
        """:meth:`plain`, with each distinct text escaped; identifiers, times and numbers need none."""
        if part.code_list or part.role == "time" or part.is_number:
            return self.plain(part)
        return self._mapped(part, escape)

    def brief(self, part: Component, escape: Callable[[str], str]) -> Any:
        """:meth:`escaped`, but one text alone where all observations have it."""
        found = self.escaped(part, escape)
        encoded = self._encoded.get(part.column or "period")
        if len(self) and encoded is not None and len(encoded.dictionary) == 1 and not found.null_count:
            return str(found[0].as_py())
        return found

    def _mapped(self, part: Component, escape: Callable[[str], str] | None) -> pa.Array:
        """Each distinct value written once, and put where it occurs."""
        import pyarrow as pa
        import pyarrow.compute as pc

        column = part.column or "period"
        encoded = self._encoded.get(column)
        if encoded is None:
            encoded = self._encoded[column] = _dictionary(self.table.column(column))
        written = [self._written(part, text) for text in encoded.dictionary.to_pylist()]
        if escape is not None:
            written = [None if text is None else escape(text) for text in written]
        return pc.take(pa.array(written, pa.string()), encoded.indices)

    def _written(self, part: Component, text: str) -> str | None:
        """One value as SDMX writes it."""
        if not part.column:
            return frequency_of(text)
        if part.role == "time":
            return self.flow.periods.get(text, text)
        if not part.code_list:
            return text or None
        if text == "" and part.role == "attribute":
            return None
        return self.catalogue.ids(part)[text]

    def _number(self, part: Component) -> pa.Array:
        """Shortest text that gives the same double; null for what is missing or not a number."""
        import pyarrow as pa
        import pyarrow.compute as pc

        values = _whole(self.table.column(part.column)).cast(pa.float64())
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, pa.float64()), values)
        text = values.cast(pa.string())
        endless = pc.is_inf(values)
        if not pc.any(endless).as_py():
            return text
        return pc.if_else(endless, pc.if_else(pc.greater(values, 0), "INF", "-INF"), text)


def joined(*parts: Any) -> Any:
    """Texts side by side; null where any part is null. Of single texts alone, a single text.

    Examples
    --------
    >>> import pyarrow as pa
    >>> joined("<", pa.array(["a", None]), ">").to_pylist()
    ['<a>', None]
    >>> joined("<", "a", ">")
    '<a>'
    """
    import pyarrow.compute as pc

    pieces = _merged(parts)
    if len(pieces) == 1 and isinstance(pieces[0], str):
        return pieces[0]
    return pc.binary_join_element_wise(*pieces, "")


def join_lines(*parts: Any, count: int = 1) -> bytes:
    """Lines made of parts side by side, nulls left out, one behind the other.

    Parameters
    ----------
    *parts
        Texts, one for all lines or one for each.
    count
        How many lines there are, where all parts are single texts.

    Examples
    --------
    >>> import pyarrow as pa
    >>> join_lines(pa.array(["a", "b"]), pa.array([None, "1"]), ";")
    b'a;b1;'
    """
    import pyarrow.compute as pc

    pieces = _merged(parts)
    if len(pieces) == 1 and isinstance(pieces[0], str):
        return pieces[0].encode() * count
    lines = pc.binary_join_element_wise(*pieces, "", null_handling="replace", null_replacement="")
    return "".join(lines.to_pylist()).encode()


def _whole(column: Any) -> Any:
    """One array of a chunked one."""
    combined = column.combine_chunks()
    return combined.chunk(0) if hasattr(combined, "num_chunks") and combined.num_chunks else combined


def _merged(parts: Iterable[Any]) -> list[Any]:
    """Single texts that stand side by side made one: each costs Arrow a conversion."""
    found: list[Any] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        else:
            found.append(part)
    return found


def _dictionary(column: Any) -> Any:
    """A column of text as positions in the list of its distinct values."""
    import pyarrow as pa

    values = _whole(column)
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    return values.cast(pa.string()).dictionary_encode()
