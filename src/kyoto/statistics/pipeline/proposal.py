"""A first project file for somebody's data: what each column seems to be, and which correspondence fits.

Nothing is decided for the user: the file says what was recognised, by what, and what was not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kyoto.core.errors import KyotoError, Where
from kyoto.statistics.pipeline.column_words import COLUMN_WORDS, recognised
from kyoto.statistics.sources.concepts import CONCEPTS, Concept
from kyoto.statistics.sources.model import ColumnSpec, RawSource, SourceSpec

if TYPE_CHECKING:
    from kyoto.core.engine import Engine
    from kyoto.statistics.classification import Correspondence

__all__ = ["Fit", "Proposal", "propose"]

_FEWEST_ROWS_CODED = 0.5
"""Share of rows that a correspondence must know before it is proposed."""
_FEWEST_CELLS_TYPED = 0.9
"""Share of filled cells of a sample that must fit a concept before a name alone is believed."""
_MOST_VALUES = 20_000
_SAMPLED = 2_000


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a correspondence knows the values of a column.

    Parameters
    ----------
    column
        Column of the source.
    correspondence
        Name of the table.
    rows
        Rows with a value in the column.
    known
        Rows whose value stands in the table.
    unknown
        Values that do not, most frequent first, a few of them.
    """

    column: str
    correspondence: str
    rows: int
    known: int
    unknown: tuple[str, ...]

    @property
    def share(self) -> float:
        """Share of rows whose value stands in the table."""
        return self.known / self.rows if self.rows else 0.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a file seems to hold.

    Parameters
    ----------
    file
        The file.
    columns
        All its columns, in order.
    concepts
        Concept and the column it was recognised in, in the order of the vocabulary.
    fit
        The correspondence that knows most rows; None if none knows half of them.
    others
        Other tables that know half of the rows of the same column, best first.
    unit
        Counting unit that the identifiers suggest.
    notes
        What the reader found worth saying about the file.
    """

    file: Path
    columns: tuple[str, ...]
    concepts: Mapping[str, str]
    fit: Fit | None
    others: tuple[Fit, ...]
    unit: str
    notes: tuple[str, ...] = ()

    @property
    def unrecognised(self) -> tuple[str, ...]:
        """Columns that no concept was proposed for."""
        taken = set(self.concepts.values())
        return tuple(name for name in self.columns if name not in taken)


def propose(engine: Engine, file: Path) -> Proposal:
    """Read a file and propose what its columns are.

    Parameters
    ----------
    engine
        Engine that reads it.
    file
        CSV, XLSX or Parquet.

    Returns
    -------
    Proposal

    Raises
    ------
    KyotoError
        ``source.missing-file``, or what opening the source raises.
    """
    if not file.is_file():
        raise KyotoError(
            "No such file",
            code="source.missing-file",
            where=Where(file=str(file)),
            hint="Check the path; it is read from the folder in which you run the command.",
        )
    from kyoto.statistics.sources import open_source

    bare = SourceSpec("records", "offence", (), files=(str(file.resolve()),))
    names = open_source(engine, bare, file.parent).files[0].columns
    columns = tuple(
        ColumnSpec(Concept(f"column_{number}", "text", ""), name) for number, name in enumerate(names, start=1)
    )
    raw = open_source(engine, SourceSpec("records", "offence", columns, files=bare.files), file.parent)
    fits = _fits(engine, raw, names)
    best = max(fits, key=_goodness, default=None)
    concepts = _concepts(raw, names, best)
    return Proposal(
        file=file,
        columns=names,
        concepts=concepts,
        fit=best,
        others=tuple(
            sorted(
                (fit for fit in fits if best and fit.column == best.column and fit is not best),
                key=_goodness,
                reverse=True,
            )
        ),
        unit=_unit(names, concepts),
        notes=tuple(finding.message for finding in raw.findings),
    )


def _goodness(fit: Fit) -> tuple[float, float, bool]:
    """Most rows first; then a column that is called an offence; then a national table before ICCS itself."""
    named = dict(recognised(fit.column, ("offence", "iccs")))
    return round(fit.share, 3), max(named.values(), default=0.0), fit.correspondence != "iccs"


def _fits(engine: Engine, raw: RawSource, names: Sequence[str]) -> list[Fit]:
    """Tables that know at least half of the rows of a column that may hold offences."""
    from kyoto.statistics.classification import correspondence, known_correspondences

    tables = [correspondence(known.name) for known in known_correspondences()]
    found = []
    for name in names:
        named = bool(recognised(name, ("offence", "iccs")))
        if not named and not _may_hold_offences(raw.sample.get(name, [])):
            continue
        values = _values(engine, raw, name)
        for table in tables:
            fit = _fit(name, values, table)
            # a column of another name must convince: numbers of districts look like codes too
            least = _FEWEST_ROWS_CODED if named else _FEWEST_CELLS_TYPED
            if fit.share >= least and (named or len(values) - len(fit.unknown) >= 5):
                found.append(fit)
    return found


def _may_hold_offences(sample: Sequence[object]) -> bool:
    """Words that repeat: neither numbers nor identifiers."""
    cells = _filled(sample)
    distinct = set(cells)
    if len(distinct) < 5 or not _repeats(cells):
        return False
    return sum(any(letter.isalpha() for letter in value) for value in distinct) > len(distinct) / 2


def _filled(sample: Sequence[object]) -> list[str]:
    """Cells of a sample that hold something, as text."""
    cells = [str(cell).strip() for cell in sample if cell is not None]
    return [cell for cell in cells if cell][:_SAMPLED]


def _repeats(cells: Sequence[str]) -> bool:
    """Whether values come back, as those of a classification do and measurements do not."""
    return len(set(cells)) <= max(50, len(cells) // 3)


def _values(engine: Engine, raw: RawSource, name: str) -> dict[str, int]:
    """Values of a column and the rows that hold them, most frequent first."""
    import ibis

    text = raw.table.select(value=raw.table[name].cast("string"))
    counted = text.group_by("value").aggregate(rows=text.count()).order_by([ibis.desc("rows"), "value"])
    rows = engine.fetch(counted.limit(_MOST_VALUES)).to_pylist()
    return {row["value"]: row["rows"] for row in rows if row["value"] and row["value"].strip()}


def _fit(column: str, values: Mapping[str, int], table: Correspondence) -> Fit:
    from kyoto.statistics.classification.lookup import Lookup

    lookup = Lookup(table, ())
    known = {_folded(text) for text in lookup.spellings}
    unknown = [
        value for value in values if _folded(value) not in known and (not lookup.patterns or lookup.find(value) is None)
    ]
    rows = sum(values.values())
    missed = sum(values[value] for value in unknown)
    return Fit(column, table.name, rows, rows - missed, tuple(unknown[:10]))


def _folded(text: str) -> str:
    return text.strip().casefold()


def _concepts(raw: RawSource, names: Sequence[str], fit: Fit | None) -> dict[str, str]:
    """Concept of each column whose name is known and whose cells agree; best names choose first."""
    chosen: dict[str, str] = {}
    if fit is not None:
        chosen["offence"] = fit.column
    candidates = [
        (score, concept, name)
        for name in names
        for concept, score in recognised(name, [known for known in COLUMN_WORDS if known not in chosen])
        if _agrees(CONCEPTS[concept], raw.sample.get(name, []))
    ]
    for _, concept, name in sorted(candidates, key=lambda item: -item[0]):
        if concept not in chosen and name not in chosen.values():
            chosen[concept] = name
    if "offence" in chosen and "iccs" in chosen and fit is None:
        del chosen["offence"]  # records that carry ICCS need no correspondence
    return {concept: chosen[concept] for concept in CONCEPTS if concept in chosen}


def _agrees(concept: Concept, sample: Sequence[object]) -> bool:
    """Whether the cells of a sample fit a concept: most dates are dates, most ages are ages."""
    from kyoto.statistics.sources.samples import date_formats
    from kyoto.statistics.sources.words import default_map

    cells = _filled(sample)
    if not cells:
        return concept.kind in ("text", "code", "identifier")
    if concept.name == "offence":
        return _repeats(cells)
    if concept.kind in ("date", "period"):
        formats = date_formats(cells)
        return _share(cells, lambda cell: cell not in formats.unread) >= _FEWEST_CELLS_TYPED
    if concept.kind in ("whole", "decimal", "count", "longitude", "latitude"):
        return _share(cells, lambda cell: _in_range(cell, concept)) >= _FEWEST_CELLS_TYPED
    words = default_map(concept.name)
    if words and concept.name != "attempted":
        return len(set(cells)) <= 12
    return True


def _share(cells: Sequence[str], fits: Callable[[str], bool]) -> float:
    return sum(fits(cell) for cell in cells) / len(cells)


def _in_range(cell: str, concept: Concept) -> bool:
    try:
        number = float(cell.replace(",", ".") if cell.count(",") == 1 and "." not in cell else cell)
    except ValueError:
        return False
    low = concept.minimum if concept.minimum is not None else (0.0 if concept.kind == "count" else float("-inf"))
    return low <= number <= (float("inf") if concept.maximum is None else concept.maximum)


def _unit(names: Sequence[str], concepts: Mapping[str, str]) -> str:
    """Counting unit that names of columns suggest; an offence where nothing does."""
    words = {word for name in names for word in name.casefold().replace("_", " ").split()}
    if words & {"inmate", "prisoner", "interno", "preso", "haftling", "gefangene"} or "admitted" in concepts:
        return "prisoner"
    if "victim_id" in concepts:
        return "victim"
    if "incident_id" in concepts or words & {"incident", "complaint", "denuncia"}:
        return "incident"
    return "offence"
