"""Parts of a report that are not charts: headline figures, quality, reconciliation, method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kyoto.statistics.explain.rules import (
    Fact,
    correspondence_words,
    counting_rule,
    denominator_words,
    disclosure_words,
    protection_statements,
    step_facts,
)
from kyoto.statistics.report.figures import decimals_of
from kyoto.statistics.report.model import ReportInput, ReportTable
from kyoto.statistics.report.views import Series, TableView
from kyoto.statistics.report.wording import decimals, interval, number, plural, sentence_case

__all__ = [
    "FindingText",
    "Headline",
    "SourceRows",
    "disclosure_statements",
    "explanation",
    "findings_by_severity",
    "headlines",
    "source_rows",
]

_MOST_HEADLINES = 6
_FEW_HEADLINES = 4
SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure at the top of the report."""

    name: str
    value: str
    between: str
    about: str
    before: str
    anchor: str


@dataclass(frozen=True, slots=True)
class FindingText:
    """A quality finding in words."""

    title: str
    where: str
    count: str
    share: str
    examples: tuple[str, ...]
    remedy: str
    code: str


@dataclass(frozen=True, slots=True)
class SourceRows:
    """What became of the rows of a source."""

    name: str
    rows: int
    counted: int
    rejected: int
    reasons: tuple[tuple[str, int], ...]

    @property
    def holds(self) -> bool:
        """Whether rows in = rows counted + rows rejected."""
        return self.rows == self.counted + self.rejected

    @property
    def counted_share(self) -> float:
        """Counted rows in per cent of all."""
        return round(self.counted / self.rows * 100, 3) if self.rows else 0.0


def headlines(views: Sequence[tuple[TableView, str]], report: ReportInput) -> list[Headline]:
    """Latest total of the first table of each unit and area, then the indicators.

    Parameters
    ----------
    views
        Tables with the anchors of their sections.
    report
        The whole input.
    """
    found: list[Headline] = []
    told: set[tuple[str, str]] = set()
    for view, anchor in sorted(views, key=lambda item: _grain_rank(item[0])):
        if (view.unit, view.own_area) in told or not len(view.frame):
            continue
        headline = _headline(view, sentence_case(plural(view.unit)), anchor)
        if headline:
            told.add((view.unit, view.own_area))
            found.append(headline)
    found.extend(_indicator_headlines(report))
    if len(found) < _FEW_HEADLINES:
        found.extend(_section_headlines(views, _FEW_HEADLINES - len(found)))
    return found[:_MOST_HEADLINES]


def _section_headlines(views: Sequence[tuple[TableView, str]], wanted: int) -> list[Headline]:
    """Latest figures of the ICCS sections with the highest counts, of the first table by ICCS."""
    ordered = sorted(views, key=lambda item: _grain_rank(item[0]))
    chosen = next(((view, anchor) for view, anchor in ordered if "iccs" in view.used), None)
    if chosen is None:
        return []
    view, anchor = chosen
    sections = [code for code in view.values("iccs") if len(code) == 2 and code.isdigit()]
    every = [(view.over_time("iccs", code).last, code) for code in sections]
    ranked = sorted(((last.value, code) for last, code in every if last and last.value), reverse=True)
    found = [_headline(view, view.name_of("iccs", code), anchor, code) for _, code in ranked[:wanted]]
    return [headline for headline in found if headline is not None]


def _grain_rank(view: TableView) -> int:
    """Years before quarters before months: a year says more about a whole than its last week."""
    order = ("year", "quarter", "month", "week", "day")
    grain = view.periods[-1].grain if view.periods else "day"
    return order.index(grain) if grain in order else -1


def _headline(view: TableView, name: str, anchor: str, section: str = "") -> Headline | None:
    series = view.over_time("iccs" if section else "", section)
    last = series.last
    if last is None:
        return None
    digits = decimals_of(series)
    shown = [point for point in series.points if point.value is not None]
    before = ""
    if len(shown) > 1 and shown[-2].period.ordinal == last.period.ordinal - 1 and last.status != "B":
        before = f"{number(shown[-2].value, digits)} in {shown[-2].period.label}"
    about = last.period.label if view.own_area == view.area else f"{view.own_area}, {last.period.label}"
    return Headline(name, number(last.value, digits), interval(last.lower, last.upper, digits), about, before, anchor)


def indicator_views(report: ReportInput) -> list[TableView]:
    """One view an indicator, in the order of the observations."""
    frame = report.indicators
    if frame is None or not len(frame):
        return []
    codes = [str(code) for code in frame["series"].drop_duplicates()]
    return [TableView(ReportTable(code, frame, additive=False), code, report.area) for code in codes]


def _indicator_headlines(report: ReportInput) -> list[Headline]:
    found = []
    for view in indicator_views(report):
        title = report.indicator_titles.get(view.series, "")
        headline = _headline(view, title or f"Indicator {view.series}", "indicators")
        if headline:
            about = f"{plural(view.unit)}, {headline.about}"
            found.append(
                Headline(headline.name, headline.value, headline.between, about, headline.before, "indicators")
            )
    return found


def indicator_rows(report: ReportInput) -> list[tuple[str, str, str, str, str, str]]:
    """Rows of the indicator table: code, title, period, value, interval, unit; the total of each indicator."""
    rows = []
    for view in indicator_views(report):
        title = report.indicator_titles.get(view.series, "")
        series = view.over_time()
        rows.extend(_indicator_points(view, title, series))
    return rows


def _indicator_points(view: TableView, title: str, series: Series) -> list[tuple[str, str, str, str, str, str]]:
    unit = plural(view.unit)
    return [
        (
            view.series,
            title,
            sentence_case(point.period.label),
            number(point.value, decimals(point.value, point.lower, point.upper)) or "not published",
            interval(point.lower, point.upper, decimals(point.value, point.lower, point.upper)),
            unit,
        )
        for point in series.points
        if point.state != "missing"
    ]


def findings_by_severity(
    findings: Sequence[Mapping[str, Any]], *, examples: bool
) -> list[tuple[str, list[FindingText]]]:
    """Findings in words, the gravest first; every severity is there, empty ones too.

    Parameters
    ----------
    findings
        As in ``quality.json``.
    examples
        Whether example rows may be shown: they are single records, so not where figures are protected.
    """
    grouped: dict[str, list[FindingText]] = {severity: [] for severity in SEVERITIES}
    for finding in findings:
        severity = str(finding.get("severity", "note"))
        severity = {"info": "note", "fatal": "error"}.get(severity, severity)
        grouped.setdefault(severity, []).append(_finding(finding, examples=examples))
    return list(grouped.items())


def _finding(finding: Mapping[str, Any], *, examples: bool) -> FindingText:
    count = finding.get("count")
    share = finding.get("share")
    places = [str(finding[key]) for key in ("source", "variable") if finding.get(key)]
    return FindingText(
        title=str(finding.get("message") or finding.get("title") or finding.get("code") or "Finding"),
        where=", ".join(places),
        count=number(float(count)) if isinstance(count, (int, float)) and count else "",
        share=f"{number(share * 100, decimals(share * 100))} %" if isinstance(share, (int, float)) and share else "",
        examples=tuple(_example(item) for item in (finding.get("examples") or ())[:5]) if examples else (),
        remedy=str(finding.get("remedy") or ""),
        code=str(finding.get("code") or ""),
    )


def _example(item: object) -> str:
    if isinstance(item, Mapping):
        return ", ".join(f"{key} {value}" for key, value in item.items() if value is not None)
    return str(item)


def _first(finding: Mapping[str, Any], *names: str) -> Any:
    return next((finding[name] for name in names if finding.get(name) not in (None, "", [])), None)


def source_rows(manifest: Mapping[str, Any]) -> list[SourceRows]:
    """Reconciliation of each source: rows in, counted, rejected, and why."""
    found = []
    for name, rows in (manifest.get("reconciliation") or {}).items():
        reasons = step_facts(manifest, f"source:{name}").get("rejected_by_reason") or {}
        found.append(
            SourceRows(
                name,
                int(_first(rows, "rows_in", "in", "rows") or 0),
                int(_first(rows, "rows_counted", "counted") or 0),
                int(_first(rows, "rows_rejected", "rejected") or 0),
                tuple(sorted(((str(key), int(value)) for key, value in reasons.items()), key=lambda item: -item[1])),
            )
        )
    return found


def explanation(name: str, report: ReportInput, *, series: str = "", example: str = "") -> list[Fact]:
    """How the figures of a table were made: label and text, in the order of the steps.

    Parameters
    ----------
    name
        Table.
    report
        The whole input.
    series
        Which of its series; the counts if empty.
    example
        Dimensions of one of its cells, for the command.
    """
    facts = step_facts(report.manifest, f"table:{name}")
    source = str(facts.get("source") or "")
    source_facts = step_facts(report.manifest, f"source:{source}")
    rows = {item.name: item for item in source_rows(report.manifest)}.get(source)
    found: list[Fact] = []
    if rows is not None:
        found.append(
            (
                "Source",
                f"{source}: {number(rows.rows)} rows, of which {number(rows.counted)} counted"
                f" and {number(rows.rejected)} rejected",
            )
        )
    found.extend(counting_rule(facts))
    if correspondence_words(source_facts):
        found.append(("Classification", correspondence_words(source_facts)))
    found.append(("Denominator", _denominator(facts, series or name, name)))
    found.append(("Disclosure control", disclosure_words(facts.get("disclosure"))))
    command = f"kyoto explain {report.project_path} {series or name} {example}".strip()
    found.append(("Trace a figure", command))
    return found


def _denominator(facts: Mapping[str, Any], series: str, table: str) -> str:
    if series == f"{table}.share":
        return f"The published total over all values of {facts.get('share') or 'the dimension'}."
    return denominator_words(facts if series == f"{table}.rate" else {})


def disclosure_statements(report: ReportInput) -> list[tuple[str, list[str]]]:
    """What was done to protect people, and to which tables it applies; the same statement once."""
    return protection_statements(report.manifest, [table.name for table in report.tables])
