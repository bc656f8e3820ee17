"""Splink at work: a linker over prepared records, its training, its scored pairs.

Everything that touches Splink's objects is here and in :mod:`.comparisons`; what leaves are tables and numbers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from kyoto.core.errors import KyotoError, extra_hint
from kyoto.statistics.linkage.comparisons import Model
from kyoto.statistics.linkage.model import Finding, LinkOptions

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Comparison", "Scored", "compared_pairs", "score_pairs", "trained_linker"]

ROUNDS: Final = (25, 8, 3)
"""Rounds of expectation–maximisation; in small files a chance can vanish on the way, and fewer rounds are tried."""
_PAIR_COLUMNS: Final = ("record_l", "record_r", "match_weight", "match_probability")
FIRST_RECALL: Final = 0.6
"""Share of the matches that agree exactly on the surest columns, until training tells it."""
LEAST_CHANCE: Final = 0.0005
"""Least chance that two records of a person are on a level: no column is written without gross mistakes."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Candidate pairs that are worth a look.

    Parameters
    ----------
    pairs
        ``record_l``, ``record_r``, ``match_weight``, ``match_probability``; sorted.
    parameters
        Trained model: comparison, level, ``m``, ``u``, weight in bits.
    findings
        Levels that could not be trained.
    """

    pairs: pa.Table
    parameters: tuple[dict[str, Any], ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one pair was weighed.

    Parameters
    ----------
    left, right
        Record positions.
    probability, weight
        That they are one person; the weight is in bits.
    prior
        Weight before anything is compared.
    steps
        Name of each comparison, its level, and the bits that it adds.
    """

    left: int
    right: int
    probability: float
    weight: float
    prior: float
    steps: tuple[tuple[str, str, float], ...]


@contextmanager
def trained_linker(records: pa.Table, model: Model, options: LinkOptions) -> Iterator[Any]:
    """Trained linker over prepared records, and the end of its database.

    u comes from random pairs, m from expectation–maximisation among pairs that agree on names or on dates. The share
    of matches first supposes that :data:`FIRST_RECALL` of them agree on the surest columns, then what m says of it.

    Raises
    ------
    KyotoError
        ``linkage.splink-missing``; ``linkage.cannot-train``: too few records, or nothing in common.
    """
    try:
        from splink import Linker
    except ImportError as error:
        raise KyotoError("Linkage needs Splink", code="linkage.splink-missing", hint=extra_hint("linkage")) from error
    logger = logging.getLogger("splink")
    before, logger.disabled = logger.disabled, True
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with _database(records, options) as registered:
            for rounds in ROUNDS:
                linker = Linker(registered, model.settings(rounds), log_level=None)
                try:
                    _train(linker, model, options, records)
                    break
                except KyotoError:
                    if rounds == ROUNDS[-1]:
                        raise
            saved = linker.misc.save_model_to_json()
            _not_overconfident(saved)
            yield Linker(registered, saved, log_level=None)
    finally:
        logger.disabled = before
        logger.setLevel(level)


def _not_overconfident(saved: dict[str, Any]) -> None:
    """Raise vanishing chances of a trained model to :data:`LEAST_CHANCE`, in place.

    In small files expectation–maximisation may never see a match disagree on sex, and would then let one wrong letter
    in that column refute every other agreement.
    """
    for comparison in saved["comparisons"]:
        for level in comparison["comparison_levels"]:
            if level.get("m_probability") is not None:
                level["m_probability"] = max(level["m_probability"], LEAST_CHANCE)


@contextmanager
def _database(records: pa.Table, options: LinkOptions) -> Iterator[Any]:
    columns = [name for name in records.column_names if name not in ("identifier",)]
    if options.engine == "spark":
        with _spark_database(records.select(columns)) as registered:
            yield registered
        return
    import tempfile

    import duckdb
    from splink import DuckDBAPI

    with tempfile.TemporaryDirectory(prefix="kyoto-link-") as folder:
        connection = duckdb.connect()
        connection.execute(f"SET memory_limit = '{options.memory}'")
        connection.execute(f"SET temp_directory = '{folder}'")
        connection.execute("SET enable_progress_bar = false")
        try:
            connection.register("given_records", records.select(columns))
            connection.execute("CREATE TABLE records AS SELECT * FROM given_records")
            connection.unregister("given_records")
            yield DuckDBAPI(connection).register("records")
        finally:
            connection.close()


@contextmanager
def _spark_database(records: pa.Table) -> Iterator[Any]:
    import tempfile

    from pyspark.sql import SparkSession
    from splink import SparkAPI
    from splink.backends.spark import similarity_jar_location

    running = SparkSession.getActiveSession()
    session = running or (
        SparkSession.builder.config("spark.jars", similarity_jar_location())
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", "8")
        .getOrCreate()
    )
    if running is not None:  # a session that the build opened knows nothing of Splink's functions
        session.sql(f"ADD JAR '{similarity_jar_location()}'")
    try:
        with tempfile.TemporaryDirectory(prefix="kyoto-link-") as folder:
            session.sparkContext.setCheckpointDir(folder)  # Splink writes its steps there, to keep plans short
            frame = session.createDataFrame(records.to_pandas())
            api: Any = SparkAPI
            yield api(spark_session=session, num_partitions_on_repartition=8).register(frame)
    finally:
        if running is None:
            session.stop()


def _train(linker: Any, model: Model, options: LinkOptions, records: pa.Table) -> None:
    """Estimate the chances of agreement among strangers (u), among matches (m), and the share of matches."""
    from splink.internals.exceptions import SplinkException

    training = linker.training
    try:
        training.estimate_probability_two_random_records_match([model.sure], recall=FIRST_RECALL)
        training.estimate_u_using_random_sampling(
            max_pairs=options.pairs_sampled, seed=options.seed, min_count_per_level=None
        )
        for rule in model.training:
            training.estimate_parameters_using_expectation_maximisation(
                rule, max_pairs=options.pairs_trained, estimate_without_term_frequencies=True
            )
        training.estimate_probability_two_random_records_match([model.sure], recall=_recall(linker, model, records))
    except (SplinkException, ValueError, ZeroDivisionError) as error:
        raise KyotoError(
            "The linkage model cannot be trained on these records",
            code="linkage.cannot-train",
            detail="Too few pairs agree on names or on dates of birth to learn from.",
            got=f"{records.num_rows} records",
            hint="Link more records at once, or check that the columns are the right ones.",
        ) from error


def _recall(linker: Any, model: Model, records: pa.Table) -> float:
    """Chance that a true pair agrees on the surest columns: m of equality, and both cells filled."""
    chance = 1.0
    trained = {name: levels for (name, _), levels in zip(model.comparisons, _trained(linker), strict=True)}
    for name in {part.split(".")[1].split(" ")[0] for part in model.sure.split(" AND ")}:
        equal = next(level for level in trained[name] if not level.get("is_null_level"))
        filled = 1 - records[name].null_count / records.num_rows
        chance *= float(equal.get("m_probability", 1.0)) * filled**2
    return min(max(chance, 0.05), 0.999)


def score_pairs(linker: Any, model: Model, least: float) -> Scored:
    """Score the candidate pairs and fetch those at least so probable."""
    predictions = linker.inference.predict(threshold_match_probability=least, warning_mode="never")
    pairs = _fetched(linker, predictions, _PAIR_COLUMNS)
    parameters, findings = _parameters(linker, model)
    return Scored(pairs.sort_by([("record_l", "ascending"), ("record_r", "ascending")]), parameters, findings)


def compared_pairs(linker: Any, model: Model, records: pa.Table, pairs: Sequence[tuple[int, int]]) -> list[Comparison]:
    """Compare given pairs level by level, whether a blocking rule finds them or not.

    Splink compares all left records with all right ones, so this is for hundreds of pairs, not for thousands.
    """
    import pyarrow as pa

    if not pairs:
        return []
    sides = [sorted({pair[side] for pair in pairs}) for side in (0, 1)]
    columns = [name for name in records.column_names if name != "identifier"]
    left, right = (linker._db_api.register(records.select(columns).take(pa.array(side))) for side in sides)
    scored = linker.inference.score_pairs(left, right)
    names = [name for name, _ in model.comparisons]
    weights = [column.unquote().name for column in scored.columns if column.unquote().name.startswith("mw_")]
    table = _fetched(linker, scored, [*_PAIR_COLUMNS, *(f"gamma_{name}" for name in names), *weights])
    wanted = set(pairs)
    rows = {(row["record_l"], row["record_r"]): row for row in table.to_pylist()}
    return [_comparison(rows[pair], model) for pair in pairs if pair in wanted]


def _comparison(row: dict[str, Any], model: Model) -> Comparison:
    steps = tuple(
        (
            name,
            model.level_name(name, row[f"gamma_{name}"]),
            row[f"mw_{name}"] + row.get(f"mw_tf_adj_{name}", 0.0),
        )
        for name, _ in model.comparisons
    )
    total = row["match_weight"]
    return Comparison(
        row["record_l"], row["record_r"], row["match_probability"], total, total - sum(step[2] for step in steps), steps
    )


def _fetched(linker: Any, predictions: Any, columns: Sequence[str]) -> pa.Table:
    import pyarrow as pa

    if hasattr(linker._db_api, "_con"):
        query = f"SELECT {', '.join(columns)} FROM {predictions.physical_name}"
        table = linker._db_api._con.execute(query).to_arrow_table()
    else:
        table = pa.Table.from_pandas(predictions.as_pandas_dataframe()[list(columns)], preserve_index=False)
    kinds = {"record": pa.int64(), "gamma_": pa.int16()}
    schema = pa.schema(
        [(name, next((k for w, k in kinds.items() if name.startswith(w)), pa.float64())) for name in columns]
    )
    return table.cast(schema)


def _parameters(linker: Any, model: Model) -> tuple[tuple[dict[str, Any], ...], tuple[Finding, ...]]:
    import math

    rows, findings = [], []
    for (name, levels), trained in zip(model.comparisons, _trained(linker), strict=True):
        for level, values in zip(levels, trained, strict=True):
            if level.name == "empty":
                continue
            m, u = values.get("m_probability"), values.get("u_probability")
            if not m or not u:
                message = f"The level '{level.name}' of {name} was never seen in training; it counts by default."
                findings.append(Finding("note", "linkage.untrained-level", message))
            rows.append(
                {
                    "comparison": name,
                    "level": level.name,
                    "m": m,
                    "u": u,
                    "weight": math.log2(m / u) if m and u else None,
                }
            )
    return tuple(rows), tuple(findings)


def _trained(linker: Any) -> list[list[dict[str, Any]]]:
    """Levels of each comparison as the trained model saves them."""
    saved = linker.misc.save_model_to_json()
    return [comparison["comparison_levels"] for comparison in saved["comparisons"]]
