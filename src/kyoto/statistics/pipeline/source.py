"""The source step: read, type, code, and write the records in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.core.build import StepContext
from kyoto.statistics.observations import UNKNOWN
from kyoto.statistics.pipeline.layout import record_files
from kyoto.statistics.pipeline.tabulation import CountedSource

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kyoto.core.engine import BrokenLine, Engine
    from kyoto.statistics.classification import Correspondence
    from kyoto.statistics.disclosure.settings import DisclosureSettings
    from kyoto.statistics.sources.model import RawSource, SourceSpec
    from kyoto.statistics.sources.typing import Typings
    from kyoto.statistics.sources.vocabulary import Vocabulary

__all__ = ["counted_source", "make_source", "source_correspondence"]

_SAMPLE_OF_UNCODED = 1000


def source_correspondence(spec: SourceSpec, folder: Path) -> tuple[str, Correspondence] | None:
    """Column to code and table to code it by; None if the source has no offences.

    A source whose column is ICCS already (concept ``iccs``) is coded by the classification itself, so that aliases
    become the standard's codes and what is no code shows as uncoded.
    """
    from kyoto.statistics.classification import correspondence

    for concept, default in (("offence", ""), ("iccs", "iccs")):
        column = spec.column(concept)
        if column is None:
            continue
        name = column.correspondence or default
        if name:
            return concept, correspondence(name, folder)
    return None


def make_source(context: StepContext, spec: SourceSpec, folder: Path, disclosure: DisclosureSettings) -> dict[str, Any]:
    """Write the records and the rejects of a source; return its facts for the manifest.

    Raises
    ------
    KyotoError
        What reading, typing and the correspondence raise.
    """
    from kyoto.statistics.sources import broken_lines, column_typings, open_source, write_rejects

    engine = context.engine
    records_path, rejects_path = (context.folder / path for path in record_files(spec.name))
    raw = open_source(engine, spec, folder)
    typings = column_typings(engine, raw, spec)
    coding = source_correspondence(spec, folder)
    _write_records(engine, raw, spec, typings, coding, disclosure, records_path)

    def facts(engine: Engine) -> dict[str, Any]:
        return _facts(engine, engine.read_parquet([records_path]), raw, spec, typings, coding, broken)

    broken = broken_lines(engine, raw)
    with engine.meanwhile(facts) as found:
        write_rejects(engine, raw, engine.read_parquet([records_path], row_column=True), spec, rejects_path, broken)
        return found()


def _facts(
    engine: Engine,
    records: ir.Table,
    raw: RawSource,
    spec: SourceSpec,
    typings: Typings,
    coding: tuple[str, Correspondence] | None,
    broken: Sequence[BrokenLine],
) -> dict[str, Any]:
    from kyoto.statistics.sources import source_facts

    facts = source_facts(engine, raw, records, spec, typings, broken)
    if coding is None:
        return facts
    facts["findings"] = [*facts["findings"], *_undecided(coding[1], records)]
    return {**facts, **_coding_facts(engine, records, *coding)}


def _write_records(
    engine: Engine,
    raw: RawSource,
    spec: SourceSpec,
    typings: Typings,
    coding: tuple[str, Correspondence] | None,
    disclosure: DisclosureSettings,
    path: Path,
) -> None:
    """Write the records; where a text appears that no sample foretold, once more with all texts."""
    from kyoto.core.engine import KeyNotListedError
    from kyoto.statistics.classification import Lookup
    from kyoto.statistics.sources import guessed_vocabulary, whole_vocabulary

    def write(vocabulary: Vocabulary) -> None:
        table = _records(engine, raw, spec, typings, coding, vocabulary)
        if disclosure.protects:
            table = table.mutate(record_key=_record_key(engine, table, spec, disclosure.secret))
        engine.write_parquet(table, path, keep_order=True)

    known = {coding[0]: Lookup(coding[1], ()).spellings} if coding else {}
    guessed = guessed_vocabulary(engine, raw, typings.columns, known)
    try:
        write(guessed if guessed.certain else whole_vocabulary(engine, raw, guessed.texts))
    except KeyNotListedError:
        write(whole_vocabulary(engine, raw, guessed.texts))


def counted_source(engine: Engine, build: Path, spec: SourceSpec, folder: Path) -> CountedSource:
    """Counted records of a source from a build folder."""
    from kyoto.statistics.classification import splits

    records = engine.read_parquet([build / record_files(spec.name)[0]])
    coding = source_correspondence(spec, folder)
    shares = tuple((split.link, split.iccs, split.weight) for split in splits(coding[1])) if coding else ()
    return CountedSource(spec.name, spec.unit, records.filter(records.rejected.isnull()), shares, spec.area)


def _records(
    engine: Engine,
    raw: RawSource,
    spec: SourceSpec,
    typings: Typings,
    coding: tuple[str, Correspondence] | None,
    vocabulary: Vocabulary,
) -> ir.Table:
    """Typed and coded records."""
    from kyoto.statistics.classification import Lookup, alternatives_of, decided
    from kyoto.statistics.sources import typed
    from kyoto.statistics.sources.dialect import cleaned_name

    if coding is None:
        return typed(engine, raw, spec, typings, vocabulary=vocabulary)
    column, correspondence = coding
    lookup = Lookup(correspondence, tuple(each.name for each in spec.columns))
    table = typed(
        engine,
        raw,
        spec,
        typings,
        vocabulary=vocabulary,
        described={column: lambda table, text: alternatives_of(table, text, lookup, engine=engine)},
    )
    held = cleaned_name(coded.column) in vocabulary.texts if (coded := spec.column(column)) else False
    order = [name for name in table.columns if name not in ("rejected", "iccs") and not name.startswith("_kyoto_")]
    if column == "iccs":  # coding replaces the column, the text as it was read stays beside it
        table, column, order = table.mutate(offence=table.iccs), "offence", [*order, "offence"]
    result = decided(engine.step(table), lookup, engine, held=held)
    if spec.on_uncoded == "reject":
        result = _uncoded_rejected(result, column)
    return result.select(*order, "iccs", "link", "rejected")


def _uncoded_rejected(table: ir.Table, column: str) -> ir.Table:
    import ibis

    reason = "offence: not coded: " + table[column].fill_null("(empty)")
    uncoded = ibis.cases((table.iccs == UNKNOWN, reason))
    both = table.rejected + "; " + uncoded
    return table.mutate(rejected=ibis.coalesce(both, table.rejected, uncoded))


def _undecided(correspondence: Correspondence, table: ir.Table) -> list[dict[str, str]]:
    """Conditions of the correspondence that the source's columns cannot decide."""
    from kyoto.statistics.classification import undecidable

    return [
        {
            "severity": "note",
            "code": found.code,
            "message": f"{found.message} ({found.national_code})",
            "column": "iccs",
            "hint": found.hint,
        }
        for found in undecidable(correspondence, table.columns)
    ]


def _record_key(engine: Engine, table: ir.Table, spec: SourceSpec, secret: str) -> ir.IntegerValue:
    """Key of a record that is the same in every release: of its identifier, or of all it says."""
    import ibis

    from kyoto.statistics.units import COUNTING_UNITS

    names = [name for name in ("id", COUNTING_UNITS.get(spec.unit, "")) if name in table.columns][:1]
    if not names:
        names = [column.name for column in spec.columns if column.name in table.columns]
    parts = [table[name].cast("string").fill_null("") for name in names]
    return engine.key_hash(reduce(lambda text, part: text + "|" + part, [*parts, ibis.literal(secret)]))


def _coding_facts(engine: Engine, records: ir.Table, column: str, correspondence: Correspondence) -> dict[str, Any]:
    """Rows coded to each ICCS level, and national values without a code, most frequent first."""
    import ibis

    from kyoto.statistics.quality.profile import coverage_by_level, records_by_class

    counted = records.filter(records.rejected.isnull())
    uncoded = counted.filter(counted.iccs == UNKNOWN)
    spelled = uncoded["offence" if column == "iccs" else column]
    ranked = (
        uncoded.group_by(value=spelled)
        .aggregate(rows=uncoded.count())
        .order_by([ibis.desc("rows"), "value"])
        .limit(_SAMPLE_OF_UNCODED)
    )
    return {
        "correspondence": correspondence.name,
        "coding": coverage_by_level(records_by_class(engine, counted)),
        "uncoded": engine.fetch(ranked).to_pylist(),
    }
