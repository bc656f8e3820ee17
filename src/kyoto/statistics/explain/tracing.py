"""From a published figure to its explanation."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kyoto.core.errors import KyotoError
from kyoto.statistics.explain.evidence import (
    findings_touching,
    indicator_denominator,
    is_protected,
    links_used,
    protection_words,
)
from kyoto.statistics.explain.published import Figure, Published, find_figure, read_published
from kyoto.statistics.explain.result import Explanation, LinkUse, SourceRows
from kyoto.statistics.explain.rules import (
    correspondence_words,
    counting_rule,
    denominator_words,
    mapping_words,
    step_facts,
    unit_plural,
)

if TYPE_CHECKING:
    from kyoto.core.project import Project
    from kyoto.statistics.pipeline.settings import Settings
    from kyoto.statistics.sources.model import SourceSpec
    from kyoto.statistics.tables.model import TableSpec

__all__ = ["explain_figure"]


@dataclass(frozen=True, slots=True)
class _Behind:
    """Counting rule and facts behind a figure; ``spec`` None for a figure that no record made.

    ``rules`` are those of a room above the pipeline, in its own words.
    """

    title: str
    facts: Mapping[str, Any]
    source_facts: Mapping[str, Any]
    spec: TableSpec | None
    source: SourceSpec | None
    remark: str = ""
    rules: tuple[tuple[str, str], ...] = ()


def explain_figure(
    project: Project,
    name: str,
    wanted: Mapping[str, str] | None = None,
    *,
    rows: int = 5,
    write_to: Path | None = None,
    confidential: bool = False,
    shown_as: str = ".",
) -> Explanation:
    """Explain one published figure of a project.

    Parameters
    ----------
    project
        The project, built.
    name
        Table, ``table.rate``, ``table.share`` or code of an indicator.
    wanted
        Value by dimension; a dimension that is not named is at its total, the period at the latest.
    rows
        How many source rows to show.
    write_to
        CSV file that takes all source rows.
    confidential
        Show rows and counts of a protected figure, which reveal it as it was before disclosure control.
    shown_as
        How the commands in the explanation name the project.

    Returns
    -------
    Explanation

    Raises
    ------
    KyotoError
        ``explain.no-build``, ``explain.unknown-table``, ``explain.unknown-dimension``, ``explain.unknown-value``,
        ``explain.no-figure``; ``explain.confidential`` where rows of a protected figure are to be written without
        ``confidential``; ``explain.stale-build`` where the project no longer has the table.
    """
    from kyoto.statistics.pipeline.settings import read_settings

    settings = read_settings(project)
    published = read_published(project.build_folder, settings.area)
    figure = find_figure(published, name, wanted or {})
    behind = _behind(published, settings, figure)
    protected = is_protected(behind.facts)
    if write_to is not None and protected and not confidential:
        raise KyotoError(
            "The rows of a protected figure would tell it as it was before disclosure control",
            code="explain.confidential",
            hint="Inside the office, add --confidential.",
        )
    shown = confidential or not protected
    traced: SourceRows | None = None
    uses: list[LinkUse] = []
    if behind.spec is not None and behind.source is not None:
        traced, uses = _traced(published, settings, behind, figure, rows=rows, write_to=write_to, shown=shown)
    return _explanation(published, figure, behind, traced, uses, protected=protected, shown_as=shown_as)


def _explanation(
    published: Published,
    figure: Figure,
    behind: _Behind,
    traced: SourceRows | None,
    uses: Sequence[LinkUse],
    *,
    protected: bool,
    shown_as: str,
) -> Explanation:
    seen = figure.observation
    cell = " ".join(f"{key}={shlex.quote(value)}" for key, value in figure.cell.items())
    remarks = [f"Period not named: the latest, {figure.cell['period']}, is explained."] if figure.chosen else []
    remarks += [behind.remark] if behind.remark else []
    command = f"kyoto explain {shlex.quote(shown_as)} {figure.series} {cell} --all rows.csv"
    return Explanation(
        series=figure.series,
        cell=figure.cell,
        title=behind.title,
        unit=_unit(str(seen.get("unit") or "")),
        value=_number(seen.get("value")),
        lower=_number(seen.get("lower")),
        upper=_number(seen.get("upper")),
        status=str(seen.get("status") or ""),
        confidentiality=str(seen.get("confidentiality") or ""),
        note=str(seen.get("note") or ""),
        rule=behind.rules or (tuple(counting_rule(behind.facts)) if behind.facts and not figure.room else ()),
        mapping=tuple(mapping_words(behind.source_facts)),
        classification=correspondence_words(behind.source_facts),
        links=tuple(uses),
        denominator=_denominator(figure, behind),
        disclosure=protection_words(behind.facts),
        protected=protected,
        rows=traced,
        findings=tuple(_findings(published, figure, behind)),
        remarks=tuple(remarks),
        labels=_labels(figure.cell),
        command=command + (" --confidential" if protected else "") if behind.spec is not None else "",
    )


def _behind_room(published: Published, figure: Figure) -> _Behind:
    """What a room above the pipeline says of its figures: title, rules, protection. Its rows are people or cases."""
    facts = step_facts(published.manifest, figure.room)
    title = (facts.get("series_titles") or {}).get(figure.series) or (facts.get("panel") or {}).get("title") or ""
    rules = tuple(
        ("rule" if not place else f"rule {place + 1}", str(text)) for place, text in enumerate(facts.get("rules") or ())
    )
    remark = "Rows of single people or cases are not shown: the room counts them itself."
    protection = {"disclosure": facts["disclosure"]} if facts.get("disclosure") else {}
    return _Behind(str(title), protection, {}, None, None, remark, rules)


def _behind(published: Published, settings: Settings, figure: Figure) -> _Behind:
    if figure.room:
        return _behind_room(published, figure)
    if not figure.table:
        return _behind_indicator(published, settings, figure)
    facts = step_facts(published.manifest, f"table:{figure.table}")
    spec = settings.tables.get(figure.table)
    if spec is None:
        raise KyotoError(
            f"The project no longer has the table {figure.table!r}",
            code="explain.stale-build",
            hint="Run `kyoto build`, then explain again.",
        )
    source = settings.sources[spec.source]
    source_facts = step_facts(published.manifest, f"source:{spec.source}")
    return _Behind(str(facts.get("title") or ""), facts, source_facts, spec, source)


def _behind_indicator(published: Published, settings: Settings, figure: Figure) -> _Behind:
    """Rule of an indicator's numerator, as the build applied it."""
    from dataclasses import replace

    from kyoto.statistics.pipeline.indicators import indicator_plans

    step = step_facts(published.manifest, "indicators")
    planned = next((plan for plan in indicator_plans(settings) if plan.indicator.code == figure.series), None)
    if planned is None or figure.series in (step.get("given") or ()):
        return _Behind(
            figure.series, {}, {}, None, None, "The figure was given to the project, not computed from records."
        )
    indicator = planned.indicator
    if not planned.possible:
        return _Behind(indicator.title, {}, {}, None, None, f"Not computed: it {planned.reason}.")
    spec = replace(planned.tables[0], rate=None)
    made = (step.get("computed") or {}).get(spec.name) or {}
    facts = {**made, "denominator_words": indicator_denominator(indicator)}
    remark = " ".join(
        part for part in ("Source rows are those of the numerator.", planned.note, indicator.note) if part
    )
    source_facts = step_facts(published.manifest, f"source:{spec.source}")
    return _Behind(indicator.title, facts, source_facts, spec, settings.sources[spec.source], remark)


def _counted_cell(figure: Figure, behind: _Behind) -> Mapping[str, str]:
    """Cell in the names of the counting rule: an indicator's ``sex`` may be the records' ``victim_sex``."""
    from kyoto.statistics.indicators.planning import STAND_INS

    if figure.table or behind.spec is None:
        return figure.cell
    stand_ins = STAND_INS.get(str(behind.facts.get("unit") or ""), {})
    columns = {dimension.column for dimension in behind.spec.by}
    return {stand_ins[name] if stand_ins.get(name) in columns else name: code for name, code in figure.cell.items()}


def _traced(
    published: Published,
    settings: Settings,
    behind: _Behind,
    figure: Figure,
    *,
    rows: int,
    write_to: Path | None,
    shown: bool,
) -> tuple[SourceRows | None, list[LinkUse]]:
    """Find the rows behind a figure, and the rows of the correspondence they came through."""
    from kyoto.core.engine import open_engine
    from kyoto.statistics.classification import splits
    from kyoto.statistics.explain.contributing import (
        contributing_records,
        count_units,
        rows_by_link,
        rows_of,
        write_rows,
    )
    from kyoto.statistics.pipeline.layout import record_files
    from kyoto.statistics.pipeline.source import source_correspondence

    assert behind.spec is not None and behind.source is not None
    folder = settings.project.folder
    coding = source_correspondence(behind.source, folder)
    table = coding[1] if coding else None
    if not shown:
        return None, links_used(table, None, figure.cell.get("iccs", ""))
    divided = [(split.link, split.iccs, split.weight) for split in splits(table)] if table else []
    records, rejects = (published.folder / path for path in record_files(behind.source.name))
    with open_engine("duckdb", settings.engine) as engine:
        found = contributing_records(
            engine,
            records,
            behind.spec,
            _counted_cell(figure, behind),
            source_unit=behind.source.unit,
            area=behind.source.area or settings.area,
            splits=divided,
        )
        value, count = count_units(engine, found)
        sample = rows_of(engine, found, rows)
        used = rows_by_link(engine, found)
        if write_to is not None:
            write_rows(engine, found, write_to)
        ordered = published.manifest.get("engine") != "spark"
        placed = _with_lines(
            sample if ordered else _without_rows(sample), behind.source, behind.source_facts, folder, rejects
        )
    written = str(write_to) if write_to is not None else ""
    return SourceRows(count, value, tuple(placed), written), links_used(table, used, "")


def _without_rows(sample: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a build whose engine does not keep order: their numbers would mean nothing."""
    return [{**row, "row": None} for row in sample]


def _with_lines(
    sample: Sequence[dict[str, Any]],
    source: SourceSpec,
    source_facts: Mapping[str, Any],
    folder: Path,
    rejects: Path,
) -> list[dict[str, Any]]:
    """Put the lines of text files to their records; other files keep the position of the record."""
    from kyoto.statistics.explain.lines import Wanted, broken_line_numbers, find_lines

    rows = [{**row, "file": _relative(row["file"], folder), "line": None} for row in sample]
    files = {entry.get("path"): entry.get("dialect") for entry in source_facts.get("files") or []}
    names = _verbatim(source)
    broken = broken_line_numbers(rejects)
    for file in dict.fromkeys(row["file"] for row in rows):
        dialect = files.get(file)
        if not dialect:
            continue
        own = [row for row in rows if row["file"] == file]
        wanted = [Wanted(row["row"], _cells(row, names)) for row in own]
        for row, place in zip(own, find_lines(folder / file, dialect, wanted, broken.get(file, ())), strict=True):
            row["row"], row["line"] = place or (None, None)
    return [{"file": row.pop("file"), "row": row.pop("row"), "line": row.pop("line"), **row} for row in rows]


def _verbatim(source: SourceSpec) -> dict[str, str]:
    """Concepts whose text stands in the records as it does in the source, and their columns."""
    own = ("offence", "region", "place")
    return {
        column.name: column.column
        for column in source.columns
        if not (column.values or column.values_file)
        and (column.concept.kind in ("identifier", "text") or column.name in own)
    }


def _cells(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    found = {column: row.get(name) for name, column in names.items()}
    return {column: text for column, text in found.items() if isinstance(text, str) and text not in ("_U", "_Z")}


def _relative(file: Any, folder: Path) -> str:
    """Path from the project folder where the file is inside."""
    path = folder.resolve() / str(file)
    return path.relative_to(folder.resolve()).as_posix() if path.is_relative_to(folder.resolve()) else str(file)


def _findings(published: Published, figure: Figure, behind: _Behind) -> list[Mapping[str, Any]]:
    """Findings on the source, or on the table, that concern what the figure uses."""
    if behind.spec is None:
        return []
    used = [dimension.concept for dimension in behind.spec.by]
    used += ["offence", str(behind.facts.get("date") or ""), figure.table, figure.series]
    return findings_touching(published.findings, [behind.spec.source, figure.table, ""], used)


def _denominator(figure: Figure, behind: _Behind) -> str:
    if figure.room:
        return ""
    if figure.series == f"{figure.table}.share":
        return f"The published total over all values of {behind.facts.get('share')}."
    if figure.series == figure.table:
        return denominator_words({})
    return denominator_words(behind.facts)


def _unit(unit: str) -> str:
    return unit if not unit or unit.startswith(("per ", "share ")) or unit.endswith(("s", "%")) else unit_plural(unit)


def _labels(cell: Mapping[str, str]) -> dict[str, str]:
    """Words for the values of a cell that are codes."""
    from kyoto.statistics.classification import iccs

    words = {"_T": "all", "_U": "not known", "_Z": "not applicable"}
    found = {name: words[code] for name, code in cell.items() if code in words}
    code = cell.get("iccs", "")
    if code in iccs():
        found["iccs"] = iccs().get(code).title
    return found


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
