"""Filling the questionnaire from a build: every cell a published figure, or a reason why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kyoto.statistics.exchange.cts.answers import Answer, Answers
from kyoto.statistics.exchange.cts.built import Built, BuiltTable, Figure
from kyoto.statistics.exchange.cts.counting_rules import respondent, rule_answers
from kyoto.statistics.exchange.cts.model import Cell, Table
from kyoto.statistics.exchange.cts.questionnaire import questionnaire
from kyoto.statistics.exchange.cts.selecting import Selected, select_figure, serves

__all__ = ["Coverage", "Filled", "fill"]

_POPULATION = "0.1.01"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of one table of the questionnaire a build answers.

    Parameters
    ----------
    table
        The table.
    asked, filled, withheld
        Cells; ``filled`` have a figure, ``withheld`` have one that is not shown.
    sources
        Tables of the project that the figures came from.
    reason
        Why the other cells are empty: the most frequent reason.
    """

    table: Table
    asked: int
    filled: int
    withheld: int
    sources: tuple[str, ...]
    reason: str

    @property
    def empty(self) -> int:
        """Cells without answer."""
        return self.asked - self.filled - self.withheld


@dataclass(frozen=True, slots=True)
class Filled:
    """Answers out of a build, and what is missing.

    Parameters
    ----------
    answers
        What the build answers.
    coverage
        One entry a table of the questionnaire.
    gaps
        Reason why a cell is empty, by cell.
    """

    answers: Answers
    coverage: tuple[Coverage, ...]
    gaps: Mapping[str, str]


def fill(built: Built) -> Filled:
    """Answer the questionnaire from a build.

    Parameters
    ----------
    built
        From :func:`~kyoto.statistics.exchange.cts.built.read_build`.

    Returns
    -------
    Filled
        Only published figures are used. A withheld one stays without a value and says so.
    """
    form = questionnaire()
    figures: dict[str, Answer] = {}
    gaps: dict[str, str] = {}
    used: dict[str, set[str]] = {}
    given = _given(built)
    for name, cell in form.cells.items():
        if name in given:
            figures[name] = given[name]
            continue
        table, selected = _answer(built, cell)
        if selected.figure is None:
            gaps[name] = selected.reason
            continue
        figures[name] = _as_answer(cell, table, selected)
        if table is not None:
            used.setdefault(cell.table.id, set()).add(table.name)
    texts = {**respondent(built), **rule_answers(built, used, figures), **built.cts.answers}
    answers = Answers(built.area, built.year, figures, {}, texts)
    return Filled(answers, tuple(_coverage(figures, gaps, used)), gaps)


def _answer(built: Built, cell: Cell) -> tuple[BuiltTable | None, Selected]:
    """Figure of a cell out of the table that the project names, an indicator, or the best table that serves."""
    own = built.cts.tables.get(f"{cell.table.id}.{cell.row.id}") or built.cts.tables.get(cell.table.id, "")
    if own in built.tables:
        return built.tables[own], select_figure(built.tables[own], cell, named=True)
    if cell.row.indicator:
        return None, _indicator(built, cell.row.indicator, cell.sex)
    if not cell.row.population.units:
        return None, Selected(reason="told only by [cts.tables] or [cts.cells] of kyoto.toml")
    reasons = []
    for table in _candidates(built, cell):
        found = select_figure(table, cell)
        if found.figure is not None:
            return table, found
        reasons.append(f"table {table.name} {found.reason}")
    return None, Selected(reason=reasons[0] if reasons else _nothing_serves(built, cell))


def _candidates(built: Built, cell: Cell) -> list[BuiltTable]:
    """Tables that count the population: in the better unit first, then those with fewer dimensions."""
    units = cell.row.population.units
    serving = [table for table in built.tables.values() if not serves(table, cell.row.population)]
    serving = [table for table in serving if table.counted] or serving
    return sorted(serving, key=lambda table: (units.index(table.facts["unit"]), len(table.dimensions)))


def _nothing_serves(built: Built, cell: Cell) -> str:
    units = " or ".join(cell.row.population.units)
    other = [
        f"{table.name} {serves(table, cell.row.population)}"
        for table in built.tables.values()
        if table.facts["unit"] in cell.row.population.units
    ]
    return f"no table counts in units of {units}" if not other else f"table {other[0]}"


def _indicator(built: Built, code: str, sex: str) -> Selected:
    figure = built.indicators.get((code, sex))
    if figure is None:
        return Selected(reason=f"the build has no indicator {code}" + (f" of sex {sex}" if sex != "_T" else ""))
    return Selected(figure)


def _given(built: Built) -> dict[str, Answer]:
    """Figures of ``[cts.cells]``, and inhabitants out of the population file."""
    found = {}
    for name, value in built.cts.cells.get(built.year, {}).items():
        if isinstance(value, str):
            figure = built.indicators.get((value, questionnaire().cells[name].sex))
            if figure is not None:
                found[name] = Answer(
                    figure.value, figure.status, figure.confidentiality, f"indicator {value}", figure.note
                )
        else:
            found[name] = Answer(value, source="given in [cts.cells]")
    for cell, inhabitants in _inhabitants(built):
        found.setdefault(cell, Answer(inhabitants, source=f"population file {built.settings.population}"))
    return found


def _inhabitants(built: Built) -> Iterator[tuple[str, float]]:
    file = built.settings.population_file
    if file is None or not file.exists():
        return
    from kyoto.statistics.tables.population import Population

    population = Population.read(file, dict(built.settings.population_columns) or None, area=built.settings.area)
    for column in questionnaire().cell(f"{_POPULATION}.T").table.columns:
        value = population.value(built.area, built.year, column.sex)
        if value is not None:
            yield f"{_POPULATION}.{column.key}", float(value)


def _as_answer(cell: Cell, table: BuiltTable | None, selected: Selected) -> Answer:
    figure = selected.figure or Figure(None, "O", "F", "")
    remarks = [selected.remark, figure.note]
    if table is None:
        source = f"indicator {cell.row.indicator}"
    else:
        source = f"table {table.name}, source {table.facts['source']}"
        unit = table.facts["unit"]
        if cell.row.population.units and unit != cell.row.population.units[0]:
            remarks.append(f"counted in units of {unit}")
    note = "; ".join(remark for remark in remarks if remark)
    return Answer(figure.value, figure.status, figure.confidentiality, source, note)


def _coverage(
    figures: Mapping[str, Answer], gaps: Mapping[str, str], used: Mapping[str, set[str]]
) -> Iterator[Coverage]:
    form = questionnaire()
    for table in form.tables:
        names = [name for name, cell in form.cells.items() if cell.table is table]
        reasons = Counter(gaps[name] for name in names if name in gaps)
        answered = [figures[name] for name in names if name in figures]
        yield Coverage(
            table,
            asked=len(names),
            filled=sum(answer.value is not None for answer in answered),
            withheld=sum(answer.value is None for answer in answered),
            sources=tuple(sorted(used.get(table.id, ()))),
            reason=reasons.most_common(1)[0][0] if reasons else "",
        )
