"""The section ``[link]`` as a step of a build: persons, doubtful pairs, and a panel for the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kyoto.core.build.model import Facts, Step, StepContext
from kyoto.core.rooms import Panel, PanelRow
from kyoto.statistics.linkage.settings import LinkSettings, read_settings, run_settings

if TYPE_CHECKING:
    from kyoto.core.project import Project

__all__ = ["FOR_OTHERS", "build_steps", "read_settings"]

FOR_OTHERS = True
"""Other rooms take the persons, and the linkages that could as well be true."""

_ESTIMATES, _PERSONS, _REVIEW = "link/estimates.csv", "link/persons.parquet", "link/review.csv"
_PLAUSIBLE = "link/plausible.parquet"


def build_steps(settings: LinkSettings, project: Project, before: Sequence[str]) -> list[Step]:
    """The step ``link``.

    Parameters
    ----------
    settings
        The section ``[link]``.
    project, before
        Not needed: the files are read by themselves.
    """
    from dataclasses import asdict

    files = [[file.name, dict(file.columns), file.unique, file.month_first] for file in settings.files]
    inputs = [file.path for file in settings.files]
    inputs += [path for path in (settings.reviewed, settings.labels) if path is not None]
    return [
        Step(
            name="link",
            run=lambda context: _make(context, settings),
            inputs=tuple(inputs),
            settings=[files, asdict(settings.options)],
            outputs=(_ESTIMATES, _PERSONS, _REVIEW, _PLAUSIBLE),
        )
    ]


def _make(context: StepContext, settings: LinkSettings) -> Facts:
    from kyoto.core.files import write_whole, writing
    from kyoto.statistics.linkage.review import review_frame
    from kyoto.statistics.linkage.sensitivity import plausible_frame

    found = run_settings(settings)
    (context.folder / "link").mkdir(exist_ok=True)
    write_whole(context.folder / _ESTIMATES, found.tidy().to_csv(index=False))
    write_whole(context.folder / _REVIEW, review_frame(found).to_csv(index=False))
    with writing(context.folder / _PERSONS) as part:
        found.records.to_parquet(part, index=False)
    with writing(context.folder / _PLAUSIBLE) as part:
        plausible_frame(found).to_parquet(part, index=False)
    low, high = found.persons_between
    precision, recall = (f"{found.quality[term]['estimate']:.1%}" for term in ("precision", "recall"))
    panel = Panel(
        title="How many persons are behind the records?",
        sentence=(
            f"{_whole(len(found.records))} records belong to {_whole(found.persons)} persons; between {_whole(low)} "
            f"and {_whole(high)} if the doubtful links are taken strictly or loosely. Of the pairs joined {precision} "
            f"are right, and of the true pairs {recall} are found (from {found.quality.basis})."
        ),
        rows=(PanelRow("persons", found.persons, low, high, "Limits: strict and loose links."),),
        unit="persons",
        source=", ".join(file.path.name for file in settings.files),
    )
    findings = [finding.row() for finding in found.findings]
    return {"sources": found.sources().to_dict("records"), "findings": findings, **panel.facts()}


def _whole(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")
