"""All tables of a source attacked together where figures carry noise, with every release that readers have kept.

Noise settles each cell by itself, so tables are made one by one; readers put them together. This step reads what the
others kept of true and published cells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kyoto.statistics.pipeline.layout import joint_audit_file, protected_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kyoto.core.build import StepContext
    from kyoto.core.build.model import Facts
    from kyoto.statistics.pipeline.settings import Settings

__all__ = ["make_joint_audit"]

_WORST = ("broken", "open", "holds")


def make_joint_audit(context: StepContext, settings: Settings, source: str) -> Facts:
    """Attack the tables of a source, those of its indicators among them; facts with the verdict.

    Tables that count by different rules share no cells and are attacked apart. The report is for the office alone, the
    facts hold what may be published.
    """
    from kyoto.statistics.pipeline.auditing import public_verdict, write_audit
    from kyoto.statistics.pipeline.linked import source_tables
    from kyoto.statistics.pipeline.tabulation import sharing_cells

    own, counted = source_tables(settings, source)
    specs = [*own, *counted]
    reports = []
    for members in sharing_cells(specs):
        tables = [specs[place].name for place in members]
        reports.append({"tables": tables, **_report(context, settings, tables)})
    write_audit(context.folder, source, reports, file=joint_audit_file(source))
    facts: Facts = {
        "tables": [spec.name for spec in own],
        "method": settings.disclosure.method,
        "attack": public_verdict(_together(reports)),
    }
    return facts


def _report(context: StepContext, settings: Settings, tables: Sequence[str]) -> dict[str, Any]:
    """The attacker's report on tables that share cells."""
    from kyoto.statistics.classification import iccs
    from kyoto.statistics.pipeline.auditing import joint_report
    from kyoto.statistics.pipeline.releases import read_cells_with_figures, releases_of
    from kyoto.statistics.pipeline.tabulation import period_parents

    read = [read_cells_with_figures(context.folder / protected_cells(name))[0] for name in tables]
    dimensions = [[name for name in frame.columns if name not in ("value", "published")] for frame in read]
    cells = [frame.drop(columns="published") for frame in read]
    shown = [frame.drop(columns="value").rename(columns={"published": "value"}) for frame in read]
    earlier = releases_of(settings.project.folder, tables, dimensions)
    every = [*cells, *(frame for release in earlier for frame in release.cells)]
    periods = {str(text) for frame in every if "period" in frame.columns for text in frame["period"].unique()}
    hierarchies = {
        "iccs": {category.code: category.parent for category in iccs() if category.parent},
        "period": period_parents(periods),
    }
    return joint_report(cells, shown, dimensions, hierarchies, settings.disclosure, earlier)


def _together(reports: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The worst of several reports; a part that was not attacked leaves the whole open."""
    attacked = [report for report in reports if report["attacked"]]
    if not attacked:
        return reports[0] if reports else {"attacked": False, "reason": "the source has no tables"}
    verdicts = {report["verdict"] for report in attacked} | ({"open"} if len(attacked) < len(reports) else set())
    worst = next(verdict for verdict in _WORST if verdict in verdicts)
    return {**attacked[0], "verdict": worst, "releases": max(report["releases"] for report in attacked)}
