"""The texts of columns that have few, so that each text is typed and coded once instead of each cell.

Most columns of justice records are such: offences, areas, dates, sexes, ages. What a large source holds is guessed
from a sample that was taken all over its files, and from what a column of its kind can be expected to hold. A wrong
guess costs time, never a figure: writing the records stops at the first text that was not foreseen, and all rows are
then asked.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from kyoto.statistics.sources.dialect import cleaned_name
from kyoto.statistics.sources.model import RawFile, RawSource
from kyoto.statistics.sources.reading import spread_files, table_of
from kyoto.statistics.sources.samples import has_time
from kyoto.statistics.sources.text import sampled_lines
from kyoto.statistics.sources.typing import ColumnTyping

if TYPE_CHECKING:
    from kyoto.core.engine import Engine

__all__ = ["Vocabulary", "guessed_vocabulary", "whole_vocabulary"]

_WORTHWHILE = 64 << 20  # bytes of a source from which listing its texts saves more than it costs
_SAMPLE_BYTES = 12 << 20
_MOST_TEXTS = 20_000
_MOST_DAYS = 100 * 366
_REPEATED = 20  # a column has few texts if each stands this often in the sample, on average
_SMALL_NUMBERS = 1000


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Texts of some columns of a source.

    Parameters
    ----------
    texts
        By column of the source: every text that it is taken to hold, in order.
    certain
        False if one of the columns may well hold others: the sample has texts that stand in it only once.
    """

    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    certain: bool = True


def guessed_vocabulary(
    engine: Engine,
    raw: RawSource,
    columns: Sequence[ColumnTyping],
    known: Mapping[str, Iterable[str]],
) -> Vocabulary:
    """Texts that a sample of the source shows, and those to be expected beside them.

    Parameters
    ----------
    engine
        Engine of the source.
    raw
        The opened source.
    columns
        Typing of its columns.
    known
        By concept: texts that it may hold, such as the codes of its correspondence table.

    Returns
    -------
    Vocabulary
        Empty where the engine does not enumerate, for sources that are small, and for other than text files.
    """
    size = sum(file.read.stat().st_size for file in raw.files if file.kind == "csv")
    if not engine.enumerates or size < _WORTHWHILE or any(file.kind != "csv" for file in raw.files):
        return Vocabulary()
    counts = _sample_counts(engine, raw, list(dict.fromkeys(cleaned_name(each.spec.column) for each in columns)))
    texts: dict[str, list[str]] = {}
    certain = True
    for typing in columns:
        name = cleaned_name(typing.spec.column)
        found = counts.get(name)
        if not found or sum(found.values()) < _REPEATED * len(found):
            continue
        stated = (source for source, _ in typing.values)
        expected = {*_expected(typing, found), *stated, *known.get(typing.spec.name, ()), *texts.get(name, ())}
        certain &= all(times > 1 or text in expected for text, times in found.items())
        texts[name] = sorted(expected | set(found))
    return Vocabulary(texts, certain)


def whole_vocabulary(engine: Engine, raw: RawSource, names: Iterable[str]) -> Vocabulary:
    """All texts of some columns, from one pass over the source; columns with too many are left out.

    Parameters
    ----------
    engine
        Engine of the source.
    raw
        The opened source.
    names
        Columns of the source.
    """
    wanted = list(names)
    lists = raw.table.aggregate(**{name: raw.table[name].collect(distinct=True) for name in wanted})
    found = engine.fetch(lists)
    texts = {name: sorted(found[name][0].as_py() or ()) for name in wanted}
    return Vocabulary({name: every for name, every in texts.items() if len(every) <= 5 * _MOST_TEXTS})


def _sample_counts(engine: Engine, raw: RawSource, names: list[str]) -> dict[str, dict[str, int]]:
    """How often each text stands in a sample, by column; columns with too many texts are left out."""
    files = spread_files(list(raw.files))
    sampled = [_sampled_file(engine, file, _SAMPLE_BYTES // len(files)) for file in files]
    sample = engine.keep(table_of(engine, sampled, names, f"sample_{uuid.uuid4().hex[:8]}"), "kyoto_sample")
    distinct = engine.fetch(sample.aggregate(**{name: sample[name].nunique() for name in names}))
    found: dict[str, dict[str, int]] = {}
    for name in names:
        if distinct[name][0].as_py() > _MOST_TEXTS:
            continue
        counts = engine.fetch(sample.group_by(text=sample[name]).aggregate(times=sample.count()))
        pairs = zip(counts["text"].to_pylist(), counts["times"].to_pylist(), strict=True)
        found[name] = {text: times for text, times in pairs if text is not None}
    return found


def _sampled_file(engine: Engine, file: RawFile, size: int) -> RawFile:
    """A file with lines from many places of another."""
    path = engine.scratch / f"{uuid.uuid4().hex}.sample"
    path.write_bytes(b"".join(sampled_lines(file, size)))
    return replace(file, read=path)


def _expected(typing: ColumnTyping, found: Iterable[str]) -> Iterable[str]:
    """Texts that a column of its kind may hold although the sample does not."""
    kind = typing.spec.concept.kind
    if kind in ("whole", "count"):
        return (str(number) for number in range(_SMALL_NUMBERS))
    if kind == "date" and typing.formats:
        return _days(typing.formats, found)
    return ()


def _days(formats: Sequence[str], found: Iterable[str]) -> Iterable[str]:
    """Every day from the year before the first of the sample to the year after its last, in each format."""
    from kyoto.statistics.sources.samples import parsed_dates

    plain = [pattern for pattern in formats if not has_time(pattern)]
    years = [day.year for day in parsed_dates(found, plain)]
    if not years:
        return []
    first, last = date(max(min(years) - 1, 1), 1, 1), date(min(max(years) + 1, 9998), 12, 31)
    days = (last - first).days + 1
    if days * len(plain) > _MOST_DAYS:
        return []
    return [(first + timedelta(day)).strftime(pattern) for pattern in plain for day in range(days)]
