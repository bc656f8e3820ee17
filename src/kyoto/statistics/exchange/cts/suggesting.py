"""What a project would add to answer more: tables of ``kyoto.toml`` that fill the empty cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from kyoto.statistics.exchange.cts.answers import Answers
from kyoto.statistics.exchange.cts.built import Built
from kyoto.statistics.exchange.cts.model import Cell, Population
from kyoto.statistics.exchange.cts.questionnaire import questionnaire
from kyoto.statistics.observations import TOTAL

if TYPE_CHECKING:
    from kyoto.statistics.sources.model import SourceSpec

__all__ = ["suggested_tables"]

_STATUS_AGES = ("Y0T17", "Y_GE18")
_AGES = "age:0-9,10-14,15-17,18-19,20-24,25-29,30-44,45-59,60+"
_STATUS = "age:0-17,18+"


def suggested_tables(built: Built, answers: Answers) -> str:
    """TOML that would fill cells which are empty, as far as the project's sources can serve them.

    Parameters
    ----------
    built
        The build.
    answers
        What it answers already.

    Returns
    -------
    str
        Sections to add to ``kyoto.toml``, each with the tables of the questionnaire that it serves; and comments on
        what no source of the project holds. Empty if nothing is missing.
    """
    wanted = _wanted(built, answers)
    blocks: list[str] = []
    absent: dict[str, dict[str, dict[str, None]]] = {}
    for (name, by), tables in wanted.items():
        population = _populations()[name]
        source = _source(built, population, by)
        if source is None:
            for part in _lacking(built, population, by):
                absent.setdefault(name, {}).setdefault(part, {}).update(tables)
        elif not _exists(built, source, by) and not _inside_another(name, by, wanted):
            blocks.append(_block(name, source, by, tables))
    blocks += [_comment(built, _populations()[name], parts) for name, parts in absent.items()]
    return "\n\n".join(blocks)


def _wanted(built: Built, answers: Answers) -> dict[tuple[str, tuple[str, ...]], dict[str, None]]:
    """Tables of the questionnaire with empty cells, by the population and the dimensions that would answer them."""
    found: dict[tuple[str, tuple[str, ...]], dict[str, None]] = {}
    for name, cell in questionnaire().cells.items():
        if name not in answers.figures and cell.row.population.units and _reachable(built, cell):
            key = (cell.row.population.name, _dimensions(built, cell))
            found.setdefault(key, {})[cell.table.id] = None
    return found


@cache
def _populations() -> dict[str, Population]:
    return {cell.row.population.name: cell.row.population for cell in questionnaire().cells.values()}


def _reachable(built: Built, cell: Cell) -> bool:
    """Whether a table by ICCS can show the cell's classes; True where there is no such table yet."""
    units = cell.row.population.units
    by_iccs = [table for table in built.tables.values() if table.facts["unit"] in units and table.sections]
    if not by_iccs:
        return True
    return any(all(table.covers(code)[0] not in ("none", "unknown") for code in cell.row.iccs) for table in by_iccs)


def _inside_another(name: str, by: Sequence[str], wanted: Iterable[tuple[str, tuple[str, ...]]]) -> bool:
    """Whether another wanted table of the population has these dimensions and more."""
    return any(other == name and set(by) < set(more) for other, more in wanted)


def _lacking(built: Built, population: Population, by: Iterable[str]) -> list[str]:
    """Concepts that no source of the population has; all of them where it has no source."""
    serving = _serving(built, population)
    needed = [part.partition(":")[0] for part in by]
    return [concept for concept in needed if concept != "period" and not any(_has(spec, concept) for spec in serving)]


def _dimensions(built: Built, cell: Cell) -> tuple[str, ...]:
    """Dimensions of a table that would answer a cell, with the concepts that the project has."""
    by = ["iccs"] if cell.row.iccs else []
    by.append("period:year")
    roles = questionnaire().roles[cell.row.population.role]
    if cell.sex != TOTAL:
        by.append(_concept(built, cell.row.population, roles["sex"]))
    if cell.age != TOTAL:
        by.append(_STATUS if cell.age in _STATUS_AGES else _AGES)
    for name, entry in cell.row.dims:
        by.append(_concept(built, cell.row.population, tuple(questionnaire().values[name][entry])))
    return tuple(by)


def _concept(built: Built, population: Population, concepts: Sequence[str]) -> str:
    for spec in _serving(built, population):
        for concept in concepts:
            if spec.column(concept) is not None:
                return concept
    return concepts[0]


def _serving(built: Built, population: Population) -> list[SourceSpec]:
    return [spec for spec in built.settings.sources.values() if spec.unit in population.units]


def _source(built: Built, population: Population, by: Iterable[str]) -> SourceSpec | None:
    """Source that has every concept the table needs."""
    needed = [part.partition(":")[0] for part in by]
    for spec in _serving(built, population):
        if all(_has(spec, concept) for concept in needed):
            return spec
    return None


def _has(spec: SourceSpec, concept: str) -> bool:
    if concept == "iccs":
        return spec.column("offence") is not None or spec.column("iccs") is not None
    return concept == "period" or spec.column(concept) is not None


def _exists(built: Built, source: SourceSpec, by: Iterable[str]) -> bool:
    """Whether the project has the table already; the cells are then empty for another reason."""
    return any(
        table.facts["source"] == source.name and set(by) <= set(table.facts["by"]) and not table.facts["where"]
        for table in built.tables.values()
    )


def _block(population: str, source: SourceSpec, by: Sequence[str], tables: Iterable[str]) -> str:
    others = [part.partition(":")[0] for part in by if part not in ("iccs", "period:year")]
    name = "_".join(["cts", population, *others])
    listed = ", ".join(f'"{part}"' for part in by)
    return f'# answers {_numbers(tables)}\n[tables.{name}]\nsource = "{source.name}"\nby = [{listed}]'


def _comment(built: Built, population: Population, parts: Mapping[str, Iterable[str]]) -> str:
    """What no source of the project holds, with the tables that ask for it."""
    tables = sorted({table for each in parts.values() for table in each}, key=lambda name: [*map(int, name.split("."))])
    serving = _serving(built, population)
    concepts = ", ".join(parts)
    if serving:
        return f"# {_numbers(tables)}: source {serving[0].name} has no column for {concepts}"
    units = " or ".join(f'"{unit}"' for unit in population.units)
    return f"# {_numbers(tables)}: no source has unit = {units}; it would need {concepts} and a date"


def _numbers(tables: Iterable[str]) -> str:
    return "table " + ", ".join(tables)
