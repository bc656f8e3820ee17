"""DuckDB: the engine of a laptop. It reads and writes in order, and spills what does not fit in memory."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import ibis
import ibis.expr.datatypes as dt
from ibis.expr.operations import DatabaseTable

from kyoto.core.engine.lookups import by_length, cast_sql, compared_sql, list_sql, literal_sql, quoted
from kyoto.core.engine.model import ROW_COLUMN, BrokenLine, Engine, EngineSettings, KeyNotListedError
from kyoto.core.engine.places import in_order, run_sql, runs
from kyoto.core.errors import KyotoError, Where

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

__all__ = ["DuckDBEngine"]

# Ibis needs a function to name a built-in of the engine; its body is never run.
_try_strptime = ibis.udf.scalar.builtin(
    lambda text, pattern: None, name="try_strptime", signature=((dt.string, dt.string), dt.timestamp)
)
_hash = ibis.udf.scalar.builtin(lambda text: None, name="hash", signature=((dt.string,), dt.uint64))
_md5_number_upper = ibis.udf.scalar.builtin(
    lambda text: None, name="md5_number_upper", signature=((dt.string,), dt.uint64)
)


_MAX_LINE = 16_000_000


_DICTIONARY = 1 << 16  # bytes of the different texts of a column up to which they are written once each
_FEW_WORDS = 16
_LIST = "kyoto_list_"
# what casting a text to an enumeration says of a text that the enumeration has not
_NOT_LISTED = re.compile(r"Could not convert string .* to UINT(8|16|32)", re.DOTALL)


class DuckDBEngine(Engine):
    """An in-memory DuckDB that may spill to a folder."""

    name: ClassVar[str] = "duckdb"
    keeps_order: ClassVar[bool] = True
    enumerates: ClassVar[bool] = True

    def __init__(self, settings: EngineSettings, *, beside: DuckDBEngine | None = None) -> None:
        self.settings = settings
        self.scratch = Path(tempfile.mkdtemp(prefix="kyoto-scratch-", dir=settings.spill_folder))
        options: dict[str, Any] = {"temp_directory": str(settings.spill_folder or self.scratch / "spill")}
        if settings.memory:
            options["memory_limit"] = settings.memory
        if settings.threads:
            options["threads"] = settings.threads
        if beside is None:
            self.backend = ibis.duckdb.connect(**options)
            # dozens of queries of a build read the footer of the same file; it is kept until the file changes
            self.backend.raw_sql("SET parquet_metadata_cache = true")
        else:  # one database, so that memory and threads are those of both
            self.backend = ibis.duckdb.from_connection(beside.backend.con.cursor())

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
        """See :meth:`Engine.read_text`."""
        # keeping broken lines costs nothing on clean files (measured: 10 million rows, no difference)
        kept = {"store_rejects": True, "rejects_limit": 0} | _reject_tables(broken) if broken else {}
        table: ir.Table = self.backend.read_csv(
            [str(file) for file in files],
            auto_detect=False,
            header=False,
            skip=skip_lines,
            columns=dict.fromkeys(columns, "VARCHAR"),
            delim=delimiter,
            quote=quote,
            escape=quote,
            filename="file",
            max_line_size=_MAX_LINE,
            buffer_size=2 * _MAX_LINE,  # larger ones make batches that wait for each other (measured: half the speed)
            **kept,
        )
        return table

    def broken_lines(self, name: str) -> list[BrokenLine]:
        """See :meth:`Engine.broken_lines`."""
        names = _reject_tables(name)
        if names["rejects_table"] not in self.backend.con.execute("SHOW ALL TABLES").df()["name"].to_list():
            return []
        # one record may be broken in several ways, and be read several times: it is reported once
        found = self.backend.con.execute(
            f"""
            SELECT file_path, min(line), line_byte_position - 1, first(csv_line), first(error_type::VARCHAR),
                   first(error_message)
            FROM {names["rejects_table"]} JOIN {names["rejects_scan"]} USING (scan_id, file_id)
            GROUP BY file_path, line_byte_position ORDER BY file_path, line_byte_position
            """
        ).fetchall()
        return [
            BrokenLine(file, record, byte, text or "", _reason(kind, message))
            for file, record, byte, text, kind, message in found
        ]

    def read_parquet(self, files: Sequence[Path], *, file_column: bool = False, row_column: bool = False) -> ir.Table:
        """See :meth:`Engine.read_parquet`."""
        paths = [str(file / "*.parquet") if file.is_dir() else str(file) for file in files]
        options: dict[str, Any] = {"filename": "file"} if file_column else {}
        if row_column:
            options[ROW_COLUMN] = True
        table: ir.Table = self.backend.read_parquet(paths, **options)
        return table

    def write_parquet(self, table: ir.Table, path: Path, *, keep_order: bool = False) -> int:
        """See :meth:`Engine.write_parquet`."""
        import duckdb
        import pyarrow.parquet as pq

        threads = self.backend.con.execute("SELECT current_setting('threads')").fetchone()[0]
        if keep_order and self._loses_order(table):
            self.backend.raw_sql("SET threads = 1")
        try:
            # what is written here is read at every later step: Snappy costs less than Zstandard, both ways, for half
            # as much again on the disk; and of texts that are all different a dictionary is better not begun
            self.backend.to_parquet(table, path, compression="snappy", string_dictionary_page_size_limit=_DICTIONARY)
        except duckdb.IOException as error:
            raise KyotoError(
                "Cannot write the file",
                code="files.cannot-write",
                where=Where(file=str(path)),
                detail=str(error).splitlines()[0],
                hint="Free some disk space, or choose a folder that you may write to.",
            ) from error
        except duckdb.ConversionException as error:
            if _NOT_LISTED.search(str(error)):
                raise KeyNotListedError(str(error).splitlines()[0]) from error
            raise
        finally:
            self.backend.raw_sql(f"SET threads = {threads}")
        return int(pq.read_metadata(path).num_rows)

    def _loses_order(self, table: ir.Table) -> bool:
        """Whether rows may be written in another order at every run: behind most joins, threads overtake each other.

        DuckDB says so itself: what it writes batch by batch stays in order.
        """
        plan = self.backend.con.execute(f"EXPLAIN COPY ({self.backend.compile(table)}) TO '-' (FORMAT parquet)")
        return not any("BATCH_COPY_TO_FILE" in text for _, text in plan.fetchall())

    def parsed_time(self, column: ir.StringValue, pattern: str) -> ir.TimestampValue:
        """See :meth:`Engine.parsed_time`."""
        return _try_strptime(column, pattern)

    def look_up(self, table: ir.Table, key: str, rows: pa.Table, *, fold: bool = False) -> ir.Table:
        """See :meth:`Engine.look_up`.

        DuckDB promises no order behind a join. Each key gets its place, and the place finds the values in constant
        lists. Few keys are compared length by length; many are an enumeration, whose search costs more where most
        texts are no key.
        """
        keys = rows.column(0).to_pylist()
        if not keys:
            kinds = list(ibis.Schema.from_pyarrow(rows.schema).items())[1:]
            return table.mutate(**{field: ibis.null(kind) for field, kind in kinds})
        text = "lower(given)" if fold else "given"
        places = by_length(keys)
        if max(map(len, places.values())) <= _FEW_WORDS:
            found = compared_sql(places, text)
        else:
            found = f"enum_code(try_cast({text} AS {self._enumeration(keys)})) + 1"
        return self._placed(table, key, self._function(found, dt.string, dt.int64), rows)

    def look_up_all(self, table: ir.Table, lists: Mapping[str, pa.Table]) -> ir.Table:
        """See :meth:`Engine.look_up_all`.

        A text is cast to the enumeration of the keys, which fails on any other. The keys stand in the order of what is
        said of them, so that most of it follows from the number of a key.
        """
        keys: dict[str, ir.Value] = {}
        said: dict[str, tuple[str, Callable[..., Any]]] = {}
        listed: dict[str, tuple[dt.DataType, str]] = {}
        for number, (name, rows) in enumerate(lists.items()):
            given, *columns = [rows[field].to_pylist() for field in rows.column_names]
            order = in_order([values[:-1] for values in columns])
            texts = [given[row] for row in order]
            key, enumeration = f"kyoto_key_{number}", self._enumeration(texts)
            keys[key] = self._function(cast_sql(texts, enumeration), dt.string, dt.string)(table[name])
            for field, values in zip(rows.column_names[1:], columns, strict=True):
                kind = dt.DataType.from_pyarrow(rows.schema.field(field).type)
                say, sql = self._said(kind, [*(values[row] for row in order), values[-1]], texts, enumeration)
                said[field] = key, say
                if sql:
                    listed[field] = kind, sql
        keyed = self.step(table.mutate(**keys))
        if listed:
            keyed = keyed.cross_join(self._one_row(listed))
        found = {
            field: say(keyed[key], *([keyed[_LIST + field]] if field in listed else []))
            for field, (key, say) in said.items()
        }
        return keyed.mutate(**found).drop(*lists, *keys, *(_LIST + field for field in listed))

    def enumerated(self, column: ir.StringValue, texts: Sequence[str]) -> ir.StringValue:
        """See :meth:`Engine.enumerated`."""
        return self._function(f"CAST(given AS {self._enumeration(texts)})", dt.string, dt.string)(column)

    def _enumeration(self, texts: Sequence[str]) -> str:
        """Name of a new enumeration."""
        name: str = ibis.util.gen_name("kyoto_enumeration")
        self.backend.raw_sql(f"CREATE TYPE {name} AS ENUM ({', '.join(map(quoted, dict.fromkeys(texts or [''])))})")
        return name

    def _function(
        self, sql: str, takes: dt.DataType, gives: dt.DataType, listed: dt.DataType | None = None
    ) -> Callable[..., Any]:
        """SQL over ``given``, a column, and ``listed``, a column of lists, if any, as a function of Ibis."""
        name = ibis.util.gen_name("kyoto_function")
        self.backend.raw_sql(f"CREATE TEMP MACRO {name}({'given, listed' if listed else 'given'}) AS {sql}")
        body = (lambda given, listed: None) if listed else (lambda given: None)
        function: Callable[..., Any] = ibis.udf.scalar.builtin(
            body, name=name, signature=((takes, listed) if listed else (takes,), gives)
        )
        return function

    def _placed(self, table: ir.Table, key: str, place: Callable[[ir.Value], Any], rows: pa.Table) -> ir.Table:
        """Table with what lists say of the places of a key; the place is a step of its own, computed once."""
        placed = self.step(table.mutate(kyoto_place=place(table[key])))
        found: dict[str, Any] = {}
        for field, kind in list(ibis.Schema.from_pyarrow(rows.schema).items())[1:]:
            held = self.backend.compiler.type_mapper.to_string(kind)
            listed = f"list_extract({list_sql(rows[field].to_pylist(), held)}, given)"
            found[field] = self._function(listed, dt.int64, kind)(placed.kyoto_place)
        return placed.mutate(**found).drop("kyoto_place")

    def _said(
        self, kind: dt.DataType, values: list[Any], keys: list[str], enumeration: str
    ) -> tuple[Callable[..., Any], str]:
        """What tells from an enumerated key what is said of it, and SQL of the list that it takes with the key, if any.

        Texts are held as an enumeration.
        """
        if all(value is None for value in values):
            return lambda _: ibis.null(kind), ""
        cut = runs(values, keys)
        by_key = [run for run in cut or () if run.kind == "key"]
        if cut and len(by_key) == len(cut):
            return lambda key: key, ""
        held = self.backend.compiler.type_mapper.to_string(kind)
        if kind.is_string():
            held = self._enumeration(sorted(set(values) - {None}))
        code = f"enum_code(given::{enumeration})::INTEGER"
        if cut is None or any(run.kind == "same" and run.value is not None for run in cut if by_key):
            found = f"list_extract(listed, coalesce({code} + 1, {len(values)}))"
            return self._function(found, dt.string, kind, dt.Array(kind)), list_sql(values, held)
        return self._function(run_sql(cut, lambda value: literal_sql(value, held), code, "given"), dt.string, kind), ""

    def _one_row(self, lists: Mapping[str, tuple[dt.DataType, str]]) -> ir.Table:
        """Lists as the columns of a table of one row.

        A list of thousands of values in the text of a query is made anew for each two thousand rows, which costs more
        than all lookups in it. A column beside every row is only pointed to.
        """
        name = ibis.util.gen_name("kyoto_lists")
        columns = ", ".join(f'{sql} AS "{_LIST}{field}"' for field, (_, sql) in lists.items())
        self.backend.raw_sql(f"CREATE TEMP TABLE {name} AS SELECT {columns}")
        schema = ibis.schema({_LIST + field: dt.Array(kind) for field, (kind, _) in lists.items()})
        row: ir.Table = DatabaseTable(name, schema, self.backend).to_expr()
        return row

    def key_hash(self, column: ir.StringValue) -> ir.IntegerValue:
        """See :meth:`Engine.key_hash`."""
        # the "upper" number holds the first eight bytes, little-endian: its low half is the first four
        return (_md5_number_upper(column) & ibis.literal(0xFFFFFFFF, type=dt.uint64)).cast("int64")

    def one_in(self, parts: int, column: ir.StringValue) -> ir.BooleanValue:
        """See :meth:`Engine.one_in`."""
        # the hash of Ibis is turned into a signed number, bit by bit, which costs more than reading the texts
        chosen: ir.BooleanValue = _hash(column) % parts == 0
        return chosen

    def table(self, data: pa.Table, name: str) -> ir.Table:
        """See :meth:`Engine.table`."""
        table: ir.Table = self.backend.create_table(name, data, temp=True, overwrite=True)
        return table

    def keep(self, table: ir.Table, name: str) -> ir.Table:
        """See :meth:`Engine.keep`."""
        kept: ir.Table = self.backend.create_table(name, table, temp=True, overwrite=True)
        return kept

    def beside(self) -> DuckDBEngine:
        """See :meth:`Engine.beside`."""
        return DuckDBEngine(self.settings, beside=self)

    def interrupt(self) -> None:
        """See :meth:`Engine.interrupt`."""
        self.backend.con.interrupt()

    def fraction_done(self) -> float | None:
        """See :meth:`Engine.fraction_done`."""
        done = float(self.backend.con.query_progress())
        return done / 100 if done >= 0 else None

    def step(self, table: ir.Table) -> ir.Table:
        """See :meth:`Engine.step`."""
        name = ibis.util.gen_name("kyoto_step")
        self.backend.raw_sql(f"CREATE TEMP VIEW {name} AS {self.backend.compile(table)}")
        # the types are known: asking for them would have enumerations of thousands of texts read back, step by step
        view: ir.Table = DatabaseTable(name, table.schema(), self.backend).to_expr()
        return view

    def close(self) -> None:
        """See :meth:`Engine.close`."""
        self.backend.disconnect()
        shutil.rmtree(self.scratch, ignore_errors=True)


def _reject_tables(name: str) -> dict[str, str]:
    """Names of the two tables in which DuckDB keeps what it rejects."""
    return {"rejects_table": f"kyoto_broken_{name}", "rejects_scan": f"kyoto_broken_scan_{name}"}


def _reason(kind: str, message: str) -> str:
    """Why a record is broken, in few words that do not change with DuckDB's."""
    if kind in ("MISSING COLUMNS", "TOO MANY COLUMNS"):
        expected, found = re.findall(r"\d+", message)[:2]
        return f"{found} fields instead of {expected}"
    return {
        "UNQUOTED VALUE": "a quote that does not end where the field does",
        "LINE SIZE OVER MAXIMUM": f"longer than {_MAX_LINE:,} bytes".replace(",", " "),
        "INVALID ENCODING": "bytes that are not in the encoding of the file",
    }.get(kind, message.splitlines()[0])
