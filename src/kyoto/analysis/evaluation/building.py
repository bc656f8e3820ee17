"""Evaluations, syntheses and the evidence register as steps of a build."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from kyoto.analysis.evaluation.settings import EvaluationSettings, SynthesisSettings, design_name, read_settings
from kyoto.core.build.model import Facts, Step, StepContext
from kyoto.core.rooms import Panel, PanelRow

if TYPE_CHECKING:
    from kyoto.analysis.evaluation.plan.run import Evaluated
    from kyoto.core.project import Project

__all__ = ["REGISTER", "REGISTER_TABLE", "build_steps", "read_settings"]

REGISTER, REGISTER_TABLE = "evaluation/register.json", "evaluation/register.csv"
"""The register of a build: for the portal, and for everybody."""


def build_steps(settings: EvaluationSettings, project: Project, before: Sequence[str]) -> list[Step]:
    """One step a design (estimates and card), one for the synthesis (estimates and forest plot), one for the register.

    The register holds what the file says and every evaluation of the build; it is there if either is.

    Parameters
    ----------
    settings
        The section ``[evaluation]``.
    project, before
        Not needed: evaluations read their own files.
    """
    steps = [_design_step(path, settings.title) for path in settings.designs]
    if settings.synthesis is not None:
        steps.append(_synthesis_step(settings.synthesis))
    if settings.designs or settings.register is not None:
        steps.append(_register_step(settings))
    return steps


def _design_step(path: Path, title: str) -> Step:
    name = design_name(path)

    def run(context: StepContext) -> Facts:
        return _evaluate(context, path, title, name)

    return Step(
        name=f"evaluation:{name}",
        run=run,
        inputs=(path, *_beside(path)),
        settings={"title": title},
        outputs=tuple(f"evaluation/{name}.{ending}" for ending in ("csv", "html", "entry.json")),
    )


def _register_step(settings: EvaluationSettings) -> Step:
    names = tuple(design_name(path) for path in settings.designs)

    def run(context: StepContext) -> Facts:
        return _register(context, settings.register, names)

    return Step(
        name="evaluation:register",
        run=run,
        inputs=(settings.register,) if settings.register is not None else (),
        needs=tuple(f"evaluation:{name}" for name in names),
        outputs=(REGISTER, REGISTER_TABLE),
    )


def _register(context: StepContext, file: Path | None, names: Sequence[str]) -> Facts:
    """Gather the records; those of this build first."""
    from kyoto.analysis.evaluation.register import facets, read_register, register_csv
    from kyoto.analysis.evaluation.register.storage import Entry, read_entries, write_entries
    from kyoto.core.errors import KyotoError, Where
    from kyoto.core.files import write_whole

    own = [entry for name in names for entry in read_entries(context.folder / f"evaluation/{name}.entry.json")]
    listed = [Entry(record) for record in read_register(file)] if file is not None else []
    taken = {entry.record.id for entry in own} & {entry.record.id for entry in listed}
    if taken:
        raise KyotoError(
            "A record of the register has the name of an evaluation of this project",
            code="evaluation.wrong-record",
            where=Where(file=str(file), column="id"),
            got=", ".join(sorted(taken)),
            hint="Leave it out of the file: evaluations of the project stand in the register by themselves.",
        )
    (context.folder / "evaluation").mkdir(exist_ok=True)
    records = [entry.record for entry in (*own, *listed)]
    write_entries(context.folder / REGISTER, (*own, *listed))
    write_whole(context.folder / REGISTER_TABLE, register_csv(records))
    counts = facets(records)
    facts = {"records": len(records), "by_kind": dict(counts["kind"]), "by_grade": dict(counts["grade"])}
    return {**facts, "publishes": [REGISTER, REGISTER_TABLE]}


def _beside(path: Path) -> tuple[Path, ...]:
    """Files that a design reads: the outcomes, and the frozen copy if there is one."""
    import tomllib

    frozen = path.with_suffix(".frozen.json")
    found = (frozen,) if frozen.exists() else ()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))["evaluation"]["data"]
    except (OSError, KeyError, TypeError, ValueError):
        return found  # the step itself says what is wrong
    outcomes = path.parent / str(data)
    return (*found, outcomes) if outcomes.exists() else found


def _evaluate(context: StepContext, path: Path, title: str, name: str) -> Facts:
    from kyoto.analysis.evaluation.card import card_of_evaluation, render_card
    from kyoto.analysis.evaluation.plan import read_design
    from kyoto.analysis.evaluation.plan.run import run_design
    from kyoto.analysis.evaluation.register.from_results import entry_of_evaluation
    from kyoto.analysis.evaluation.register.storage import write_entries
    from kyoto.core.files import write_whole

    found = run_design(read_design(path))
    card, page = card_of_evaluation(found), f"evaluation/{name}.html"
    (context.folder / "evaluation").mkdir(exist_ok=True)
    write_whole(context.folder / f"evaluation/{name}.csv", found.result.tidy().to_csv(index=False))
    write_whole(context.folder / page, render_card(card))
    write_entries(context.folder / f"evaluation/{name}.entry.json", [entry_of_evaluation(found, name)])
    panel = Panel(
        title=f"{title} {found.design.title}",
        sentence=f"{card.answer} {card.detail}",
        rows=_rows(found),
        unit=found.result.unit or found.design.unit_of_outcome or found.result.outcome,
        source=found.design.source or found.design.data.name,
        page=page,
    )
    return {"design": found.frozen.state, "method": found.result.method, **panel.facts()}


def _rows(found: Evaluated) -> tuple[PanelRow, ...]:
    failed = "; ".join(check.name for check in found.result.checks if check.verdict in {"warn", "fail"})
    note = f"look at: {failed}" if failed else ""
    return tuple(
        PanelRow(
            item.term,
            item.estimate,
            item.lower if math.isfinite(item.lower) else None,
            item.upper if math.isfinite(item.upper) else None,
            note if number == 0 else "",
        )
        for number, item in enumerate(found.result.estimates)
    )


def _synthesis_step(settings: SynthesisSettings) -> Step:
    plain = asdict(settings)
    plain.pop("studies")
    outputs = ("evaluation/synthesis.csv", "evaluation/forest.html")

    def run(context: StepContext) -> Facts:
        return _synthesize(context, settings, outputs)

    return Step("evaluation:synthesis", run, inputs=(settings.studies,), settings=plain, outputs=outputs)


def _synthesize(context: StepContext, settings: SynthesisSettings, outputs: tuple[str, str]) -> Facts:
    from kyoto.analysis.evaluation.pictures import write_picture
    from kyoto.analysis.evaluation.synthesis import Columns, read_studies, synthesize_studies
    from kyoto.core.files import write_whole

    columns = Columns(
        settings.effect, settings.variance, settings.std_error, settings.label, settings.by, settings.cluster
    )
    studies = read_studies(settings.studies, columns)
    found = synthesize_studies(
        studies,
        model=settings.model,
        hksj=settings.hksj,
        exponentiate=settings.exponentiate,
        by=settings.by or "",
        measure=settings.measure,
    )
    (context.folder / "evaluation").mkdir(exist_ok=True)
    write_whole(context.folder / outputs[0], found.tidy().to_csv(index=False))
    write_picture(context.folder / outputs[1], found.forest_svg())
    rows = found.to_rows()
    last = rows[-1]
    panel = Panel(
        title="What do the studies say together?",
        sentence=f"{last['k']} effects pool to {last['estimate']:.2f} ({last['lower']:.2f} to {last['upper']:.2f}).",
        rows=tuple(PanelRow(row["term"], row["estimate"], row["lower"], row["upper"], row["note"]) for row in rows),
        unit=settings.measure,
        source=settings.studies.name,
        page=outputs[1],
    )
    return {"studies": last["k"], "left_out": studies.left_out, **panel.facts()}
