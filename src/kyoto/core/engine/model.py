"""What an engine can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from kyoto.core.errors import KyotoError, did_you_mean

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

__all__ = [
    "ENGINES",
    "ROW_COLUMN",
    "SIDE_BY_SIDE",
    "BrokenLine",
    "Engine",
    "EngineSettings",
    "KeyNotListedError",
    "open_engine",
]

T = TypeVar("T")

ENGINES = ("duckdb", "spark")

SIDE_BY_SIDE = ("duckdb",)
"""Engines of which two can work at the same time (:meth:`Engine.beside`)."""

ROW_COLUMN = "file_row_number"
"""Column of the place of a row in its Parquet file, counted from 0."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How much of the machine an engine may use.

    Parameters
    ----------
    memory
        Memory the engine may hold before it spills to disk, such as ``"3GB"``; the engine's own choice if None.
    threads
        Processor cores; all if None.
    spill_folder
        Folder for what does not fit in memory; a temporary one if None.
    """

    memory: str | None = None
    threads: int | None = None
    spill_folder: Path | None = None


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A record of a text file that has not the form of one.

    Parameters
    ----------
    file
        Path as it was read.
    record
        Its number among the records of the file, counted from 1, broken ones included.
    byte
        Position of its first byte.
    text
        The record as it stands in the file.
    reason
        What is wrong with it.
    """

    file: str
    record: int
    byte: int
    text: str
    reason: str


class KeyNotListedError(Exception):
    """A table that was looked up in a list said to be complete has a key that is not in the list."""


class Engine(ABC):
    """A place that computes Ibis expressions.

    Attributes
    ----------
    name
        ``"duckdb"`` or ``"spark"``.
    backend
        The Ibis backend; expressions are executed on it.
    keeps_order
        True if rows of a file are read and written in their order, so that row N of the records is row N of the
        source.
    enumerates
        True if texts out of a short list are held and written as numbers, which costs a fraction of writing texts.
    settings
        Limits it was opened with.
    scratch
        Folder for converted copies of inputs; it goes when the engine is closed.
    """

    name: ClassVar[str]
    keeps_order: ClassVar[bool]
    enumerates: ClassVar[bool] = False
    backend: Any
    settings: EngineSettings
    scratch: Path
    _local: Engine | None = None

    @abstractmethod
    def read_text(
        self,
        files: Sequence[Path],
        *,
        columns: Sequence[str],
        delimiter: str,
        quote: str,
        skip_lines: int = 1,
        broken: str | None = None,
    ) -> ir.Table:
        """Table of a set of UTF-8 delimited files, every column text, plus ``file`` (the path read).

        Parameters
        ----------
        files
            Files with the same columns in the same order.
        columns
            Names of the columns, which replace those of the header.
        delimiter, quote
            One character each.
        skip_lines
            Lines before the first record, the header among them.
        broken
            Name under which records of the wrong form (too many or too few fields, a quote without end, bytes
            that are no UTF-8, over 16 MB) are left out and kept for :meth:`broken_lines`; if None they stop the
            reading.

        Returns
        -------
        ibis.expr.types.Table
            Cells as text; an empty cell is null. Quoted line breaks are part of the cell.
        """

    @abstractmethod
    def broken_lines(self, name: str) -> list[BrokenLine]:
        """Broken records of the tables read under this name, once such a table has been computed.

        Returns
        -------
        list of BrokenLine
            In the order of the files and of their records.
        """

    @abstractmethod
    def read_parquet(self, files: Sequence[Path], *, file_column: bool = False, row_column: bool = False) -> ir.Table:
        """Table of Parquet files (or folders of them) with the same columns.

        Parameters
        ----------
        files
            What to read.
        file_column
            Add ``file``, the path of each row's file.
        row_column
            Add :data:`ROW_COLUMN`, the place of each row in its file, where the engine keeps order.
        """

    @abstractmethod
    def write_parquet(self, table: ir.Table, path: Path, *, keep_order: bool = False) -> int:
        """Write a table to ``path`` and return its rows.

        Parameters
        ----------
        table
            What to write.
        path
            A file with DuckDB, a folder of parts with Spark.
        keep_order
            Write the rows in the order of the table that the others are joined to, where the engine keeps order.

        Raises
        ------
        KyotoError
            ``files.cannot-write``.
        KeyNotListedError
            A list that the table is looked up in is not complete (:meth:`look_up_all`).
        """

    @abstractmethod
    def parsed_time(self, column: ir.StringValue, pattern: str) -> ir.TimestampValue:
        """Timestamp of a text by a ``strptime`` pattern, null where the text does not follow it.

        Patterns use ``%Y %y %m %d %H %I %M %S %p %b %B %f`` and literal characters; the whole text must match.
        """

    @abstractmethod
    def look_up(self, table: ir.Table, key: str, rows: pa.Table, *, fold: bool = False) -> ir.Table:
        """Add what a small table says of a key to every row.

        Parameters
        ----------
        table
            Many rows, with a text column ``key``.
        key
            Name of that column.
        rows
            Few rows: the first column holds distinct texts to look for, the others what is said of them.
        fold
            Look for the key in lower case; the texts to look for are in lower case already.

        Returns
        -------
        ibis.expr.types.Table
            The same rows with the other columns of ``rows``, null where the key is not there. Engines that keep order
            keep it here, which they do not promise of joins.
        """

    def look_up_all(self, table: ir.Table, lists: Mapping[str, pa.Table]) -> ir.Table:
        """Replace keys by what complete lists say of them.

        Parameters
        ----------
        table
            Many rows, with text columns to look up.
        lists
            By such a column: few rows. Their first column holds every text that the key takes, and null last; the
            others say what is said of it.

        Returns
        -------
        ibis.expr.types.Table
            The same rows in the same order, without the keys, with the other columns of the lists; texts among them
            are held as numbers. Writing it raises :class:`KeyNotListedError` if a key is not in its list.

        Raises
        ------
        NotImplementedError
            The engine does not enumerate (:attr:`enumerates`).
        """
        raise NotImplementedError(self.name)

    def enumerated(self, column: ir.StringValue, texts: Sequence[str]) -> ir.StringValue:
        """The same column, held as numbers where the engine does so; ``texts`` are all that it takes."""
        del texts
        return column

    @abstractmethod
    def key_hash(self, column: ir.StringValue) -> ir.IntegerValue:
        """Whole number from 0 to 2**32 - 1, uniform, that depends on the text alone.

        It is the first four bytes of the text's MD5, read little-endian.

        The same text gives the same number on every engine and in every release.
        """

    def one_in(self, parts: int, column: ir.StringValue) -> ir.BooleanValue:
        """Whether a text is among one in ``parts`` of all texts; equal texts always are, or are not, together."""
        chosen: ir.BooleanValue = column.hash() % parts == 0
        return chosen

    @abstractmethod
    def table(self, data: pa.Table, name: str) -> ir.Table:
        """Small Arrow table made visible to the engine."""

    @abstractmethod
    def keep(self, table: ir.Table, name: str) -> ir.Table:
        """Compute a table once and keep it for this engine's life, so that later steps do not compute it again."""

    def local(self) -> Engine:
        """Engine for what is small: this one if it runs in this process, else a DuckDB of its own."""
        if self.name == "duckdb":
            return self
        if self._local is None:
            self._local = open_engine("duckdb")
        return self._local

    def beside(self) -> Engine:
        """Second engine within the same limits, which works in another thread while this one works in its own.

        Raises
        ------
        NotImplementedError
            The engine is none of :data:`SIDE_BY_SIDE`.
        """
        raise NotImplementedError(self.name)

    @contextmanager
    def meanwhile(self, work: Callable[[Engine], T]) -> Iterator[Callable[[], T]]:
        """Do something else on the same files while ``work`` runs in another thread.

        Parameters
        ----------
        work
            Is given the engine it has for itself. On engines that have no second one it runs when it is asked for,
            in this thread.

        Yields
        ------
        callable
            What ``work`` returned, or what it raised; asked for before the context ends.
        """
        if self.name not in SIDE_BY_SIDE:
            yield lambda: work(self)
            return
        with self.beside() as second, ThreadPoolExecutor(1) as helper:
            running = helper.submit(work, second)
            try:
                yield running.result
            except BaseException:
                second.interrupt()
                raise

    @abstractmethod
    def interrupt(self) -> None:
        """Break off the running query, asked from another thread."""

    def fraction_done(self) -> float | None:
        """Part of the running query that is done, 0 to 1, asked from another thread; None where unknown."""
        return None

    @abstractmethod
    def step(self, table: ir.Table) -> ir.Table:
        """Table as a step of its own: what builds on it refers to its columns instead of repeating their expressions.

        Nothing is computed. Without steps an expression that is used twice at each of ten levels would stand in the
        query a thousand times.
        """

    def fetch(self, table: ir.Table) -> pa.Table:
        """Compute a table and bring it here; meant for what is small."""
        result: pa.Table = self.backend.to_pyarrow(table)
        return result

    @abstractmethod
    def close(self) -> None:
        """Free what the engine holds."""

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        if self._local is not None:
            self._local.close()
            self._local = None
        self.close()


def open_engine(name: str = "duckdb", settings: EngineSettings | None = None) -> Engine:
    """Start an engine.

    Parameters
    ----------
    name
        ``"duckdb"`` or ``"spark"``.
    settings
        Limits; the defaults of the engine if None.

    Raises
    ------
    KyotoError
        ``engine.unknown``, ``engine.not-installed``, ``engine.cannot-start``.

    Examples
    --------
    >>> with open_engine("duckdb") as engine:
    ...     engine.name
    'duckdb'
    """
    chosen = settings or EngineSettings()
    if name == "duckdb":
        from kyoto.core.engine.duckdb import DuckDBEngine

        return DuckDBEngine(chosen)
    if name == "spark":
        from kyoto.core.engine.spark import SparkEngine

        return SparkEngine(chosen)
    raise KyotoError(
        f"Unknown engine {name!r}",
        code="engine.unknown",
        expected="one of " + ", ".join(ENGINES),
        hint=did_you_mean(name, ENGINES),
    )
