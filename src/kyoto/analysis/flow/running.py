"""What the ``[flow]`` section asks for, done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kyoto.analysis.flow.settings import FlowSettings, parsed_scenario
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    from kyoto.analysis.flow.agencies import StageRecords
    from kyoto.analysis.flow.model import CaseFile
    from kyoto.statistics.linkage import Linked

__all__ = ["cases_of", "run_settings"]


def cases_of(
    settings: FlowSettings,
    *,
    linked: Linked | None = None,
    label: str = "linked",
    keyed: bool = False,
    stages: Sequence[StageRecords] = (),
) -> CaseFile:
    """Cases of the section, from one file or put together from several.

    Parameters
    ----------
    settings
        From :func:`read_settings`.
    linked, label
        Persons of the records, and which linkage, where the section names sources of ``[link]``.
    keyed
        As in :func:`kyoto.analysis.flow.read_cases`.
    stages
        Its files, where they were read before.

    Raises
    ------
    KyotoError
        ``flow.not-linked``: the section names sources of ``[link]``, and there are no persons.
    """
    from kyoto.analysis import flow
    from kyoto.analysis.flow.agencies import linked_cases, read_stages

    if settings.linked and linked is None:
        raise KyotoError(
            "The cases are to be those of persons of [link], and the project has none",
            code="flow.not-linked",
            hint="Add a section [link], or leave out the keys `link` of [flow.files].",
        )
    if settings.files:
        return linked_cases(
            stages or read_stages(settings.files), by=settings.by, linked=linked, label=label, unit=settings.unit,
            until=settings.until, keyed=keyed,
        )  # fmt: skip
    assert settings.cases is not None
    return flow.read_cases(
        settings.cases, settings.stages, by=settings.by, identifier=settings.identifier, until=settings.until,
        keyed=keyed,
    )  # fmt: skip


def run_settings(settings: FlowSettings) -> dict[str, Any]:
    """Do what the section asks for.

    Parameters
    ----------
    settings
        From :func:`read_settings`.

    Returns
    -------
    dict
        ``attrition`` and ``time`` (:class:`kyoto.analysis.flow.FlowTable`) if there are cases, ``detention`` if there
        are prisons, ``projection`` (:class:`kyoto.analysis.flow.scenarios.Comparison`) if one is asked for.
    """
    from kyoto.analysis import flow

    found: dict[str, Any] = {}
    if settings.case_files:
        cases = cases_of(settings)
        found["attrition"] = flow.attrition_by_case(cases, within=settings.within)
        found["time"] = flow.time_to_stage(cases, cases.stages[-1])
    if settings.prisons is not None:
        counts = flow.read_counts(settings.prisons.file, settings.prisons.columns, by=settings.prisons.by)
        found["detention"] = flow.detention_figures(counts, by=settings.prisons.by)
    if settings.projection is not None:
        history = flow.read_history(settings.projection.file, group=settings.projection.group)
        scenarios = tuple(parsed_scenario(text) for text in settings.projection.scenarios)
        found["projection"] = flow.compare_scenarios(
            history, scenarios, settings.projection.horizon, seed=settings.projection.seed
        )
    return found
