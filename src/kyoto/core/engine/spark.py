"""Spark: the engine of a cluster, and in local mode the proof that both engines give the same figures."""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import ibis
import ibis.expr.datatypes as dt

from kyoto.core.engine.model import BrokenLine, Engine, EngineSettings
from kyoto.core.errors import KyotoError, extra_hint

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

__all__ = ["SparkEngine", "java_memory", "java_pattern"]

# Ibis needs a function to name a built-in of the engine; its body is never run.
_try_to_timestamp = ibis.udf.scalar.builtin(
    lambda text, pattern: None, name="try_to_timestamp", signature=((dt.string, dt.string), dt.timestamp)
)
_md5 = ibis.udf.scalar.builtin(lambda text: None, name="md5", signature=((dt.string,), dt.string))
_conv = ibis.udf.scalar.builtin(
    lambda digits, base, target: None, name="conv", signature=((dt.string, dt.int32, dt.int32), dt.string)
)

_DIRECTIVES = {
    "%Y": "yyyy",
    "%y": "yy",
    "%m": "MM",
    "%d": "dd",
    "%H": "HH",
    "%I": "hh",
    "%M": "mm",
    "%S": "ss",
    "%p": "a",
    "%b": "MMM",
    "%B": "MMMM",
    "%f": "SSSSSS",
}
_MAP_LIMIT = 200
"""Keys up to which a constant map is searched, one after the other; more are joined."""
_SHORT = {"%m": "M", "%d": "d", "%H": "H", "%I": "h", "%M": "m", "%S": "s"}


class SparkEngine(Engine):
    """A Spark session through Ibis: the one the environment configures, local mode where it configures none."""

    name: ClassVar[str] = "spark"
    keeps_order: ClassVar[bool] = False

    def __init__(self, settings: EngineSettings) -> None:
        self._spill = Path(tempfile.mkdtemp(prefix="kyoto-spark-"))
        self.settings = settings
        self.scratch = self._spill / "scratch"
        self.scratch.mkdir()
        self._session = _session(settings)
        self._broken: dict[str, list[BrokenLine]] = {}
        self.backend = ibis.pyspark.connect(self._session)

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
        """See :meth:`Engine.read_text`.

        Spark pads and cuts records of the wrong length and reads stray quotes in its own way, so text goes through
        DuckDB on the driver into Parquet once: both engines then see the same records by construction. On a
        cluster the spill folder must be one that the executors share.
        """
        from kyoto.core.engine.duckdb import DuckDBEngine

        part = self._spill / f"{ibis.util.gen_name('text')}.parquet"
        with DuckDBEngine(EngineSettings(spill_folder=self._spill)) as reader:
            text = reader.read_text(
                files, columns=columns, delimiter=delimiter, quote=quote, skip_lines=skip_lines, broken=broken
            )
            reader.write_parquet(text, part)
            if broken:
                self._broken.setdefault(broken, []).extend(reader.broken_lines(broken))
        return self.read_parquet([part])

    def broken_lines(self, name: str) -> list[BrokenLine]:
        """See :meth:`Engine.broken_lines`."""
        return list(self._broken.get(name, []))

    def read_parquet(self, files: Sequence[Path], *, file_column: bool = False, row_column: bool = False) -> ir.Table:
        """See :meth:`Engine.read_parquet`."""
        from pyspark.sql import functions

        frame = self._session.read.parquet(*[str(file.resolve()) for file in files])
        if file_column:
            path = functions.url_decode(
                functions.replace(functions.input_file_name(), functions.lit("+"), functions.lit("%2B"))
            )
            frame = frame.withColumn("file", functions.regexp_replace(path, r"^file:/+", "/"))
        return self._view(frame)

    def write_parquet(self, table: ir.Table, path: Path, *, keep_order: bool = False) -> int:
        """See :meth:`Engine.write_parquet`."""
        self.backend.to_parquet(table, str(path.resolve()), mode="overwrite", compression="zstd")
        return int(self._session.read.parquet(str(path.resolve())).count())

    def parsed_time(self, column: ir.StringValue, pattern: str) -> ir.TimestampValue:
        """See :meth:`Engine.parsed_time`."""
        return _try_to_timestamp(column, java_pattern(pattern))

    def look_up(self, table: ir.Table, key: str, rows: pa.Table, *, fold: bool = False) -> ir.Table:
        """See :meth:`Engine.look_up`: a constant map, or a join whose small side goes to every worker."""
        if rows.num_rows <= _MAP_LIMIT:
            return _mapped(table, key, rows, fold=fold)
        from pyspark.sql import functions

        name = ibis.util.gen_name("kyoto_lookup")
        small = functions.broadcast(self._session.createDataFrame(rows.rename_columns([name, *rows.column_names[1:]])))
        small.createOrReplaceTempView(name)
        found = self.backend.table(name)
        return table.left_join(found, (table[key].lower() if fold else table[key]) == found[name]).drop(name)

    def interrupt(self) -> None:
        """See :meth:`Engine.interrupt`."""
        self._session.sparkContext.cancelAllJobs()

    def key_hash(self, column: ir.StringValue) -> ir.IntegerValue:
        """See :meth:`Engine.key_hash`."""
        digits = _md5(column)
        little_endian = digits.substr(6, 2) + digits.substr(4, 2) + digits.substr(2, 2) + digits.substr(0, 2)
        return _conv(little_endian, 16, 10).cast("int64")

    def table(self, data: pa.Table, name: str) -> ir.Table:
        """See :meth:`Engine.table`."""
        frame = self._session.createDataFrame(data)
        frame.createOrReplaceTempView(name)
        return self.backend.table(name)

    def keep(self, table: ir.Table, name: str) -> ir.Table:
        """See :meth:`Engine.keep`; ``name`` is not needed here."""
        from pyspark import StorageLevel

        view = self.backend.create_view(ibis.util.gen_name("kyoto_kept"), table)
        return self._view(self._session.table(view.get_name()).persist(StorageLevel.MEMORY_AND_DISK))

    def step(self, table: ir.Table) -> ir.Table:
        """See :meth:`Engine.step`."""
        return self._view(self._session.sql(self.backend.compile(table)))

    def close(self) -> None:
        """See :meth:`Engine.close`. The session lives on for the next engine of this process."""
        shutil.rmtree(self._spill, ignore_errors=True)

    def _view(self, frame: Any) -> ir.Table:
        name = ibis.util.gen_name("kyoto_spark")
        frame.createOrReplaceTempView(name)
        return self.backend.table(name)


def _mapped(table: ir.Table, key: str, rows: pa.Table, *, fold: bool) -> ir.Table:
    keys = rows.column(0).to_pylist()
    if not keys:
        return table.mutate(**{field.name: ibis.null(str(field.type)) for field in list(rows.schema)[1:]})
    kinds = ibis.Schema.from_pyarrow(rows.schema)
    columns = {
        name: ibis.map(
            ibis.array(keys), ibis.array([ibis.literal(value, type=kinds[name]) for value in rows[name].to_pylist()])
        ).get(table[key].lower() if fold else table[key])
        for name in rows.column_names[1:]
    }
    return table.mutate(**columns)


def java_pattern(pattern: str) -> str:
    """Java date pattern of a ``strptime`` pattern, one or two digits allowed where a separator stands beside.

    Examples
    --------
    >>> java_pattern("%d/%m/%Y")
    'd/M/yyyy'
    >>> java_pattern("%Y%m%d")
    'yyyyMMdd'
    """
    tokens = re.findall(r"%[A-Za-z]|[^%]", pattern)
    parts = []
    for index, token in enumerate(tokens):
        if token not in _DIRECTIVES:
            parts.append(f"'{token}'" if token.isalpha() else token)
            continue
        neighbours = tokens[max(index - 1, 0) : index] + tokens[index + 1 : index + 2]
        adjacent = any(neighbour in _DIRECTIVES for neighbour in neighbours)
        parts.append(_DIRECTIVES[token] if adjacent else _SHORT.get(token, _DIRECTIVES[token]))
    return "".join(parts)


@cache
def _session_folder() -> Path:
    """Folder of the session, which outlives the engine that started it and goes with the process."""
    folder = Path(tempfile.mkdtemp(prefix="kyoto-spark-session-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def java_memory(amount: str) -> str:
    """Amount of memory as Java writes it, in whole megabytes.

    Examples
    --------
    >>> java_memory("2.5GB"), java_memory("512MiB")
    ('2560m', '512m')
    """
    found = re.fullmatch(r"\s*([0-9.]+)\s*([MGT])i?B\s*", amount)
    if found is None:
        raise KyotoError("Not an amount of memory", code="engine.wrong-memory", got=amount, expected='such as "3GB"')
    return f"{int(float(found[1]) * {'M': 1, 'G': 1024, 'T': 1024**2}[found[2]])}m"


def _session(settings: EngineSettings) -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise KyotoError(
            "Spark is not installed",
            code="engine.not-installed",
            hint=f"{extra_hint('spark')}; it also needs Java 17.",
        ) from None
    if shutil.which("java") is None:
        raise KyotoError("Spark needs Java", code="engine.cannot-start", hint="Install a Java 17 runtime.")
    builder = (
        SparkSession.builder.appName("kyoto")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.ansi.enabled", "true")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.sql.shuffle.partitions", "8")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.warehouse.dir", str(_session_folder() / "warehouse"))
        .config("spark.local.dir", str(settings.spill_folder or _session_folder()))
        .config("spark.driver.memory", java_memory(settings.memory or "2GB"))
    )
    if SparkSession.getActiveSession() is None and not _configured():
        builder = builder.master(f"local[{settings.threads or '*'}]")
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def _configured() -> bool:
    """Report whether the environment names a Spark master already."""
    import os

    return bool(os.environ.get("SPARK_REMOTE") or os.environ.get("MASTER") or os.environ.get("SPARK_CONF_DIR"))
