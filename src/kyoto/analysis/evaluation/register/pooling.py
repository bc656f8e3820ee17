"""Pooling records of the register: never across scales."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kyoto.analysis.evaluation.register.model import Evidence
from kyoto.core.errors import KyotoError

if TYPE_CHECKING:
    from kyoto.analysis.evaluation.synthesis.result import Synthesis

__all__ = ["RATIOS", "measured_evaluations", "pool_records"]

RATIOS = ("odds ratio", "risk ratio", "rate ratio", "relative change")
"""Measures that are pooled as logarithms; a relative change is a ratio less one."""


def measured_evaluations(records: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Evaluations with an effect: reviews pool studies already, and practices have none.

    Parameters
    ----------
    records
        Of the register.
    """
    return tuple(record for record in records if record.effect is not None and record.kind == "evaluation")


def pool_records(records: Iterable[Evidence], *, model: str = "reml", hksj: bool = True) -> Synthesis:
    """Pool the effects of records that share one measure.

    Relative changes are pooled as the ratios they are (one more than the change) and told as ratios.

    Parameters
    ----------
    records
        Evaluations; those without an effect are left out and counted.
    model, hksj
        As in :func:`~kyoto.analysis.evaluation.synthesis.synthesize.synthesize`.

    Raises
    ------
    KyotoError
        ``evaluation.mixed-measures`` where effects are not on one scale, or better means other directions;
        ``evaluation.no-effects``.
    """
    from kyoto.analysis.evaluation.synthesis.effect_sizes import from_interval
    from kyoto.analysis.evaluation.synthesis.synthesize import synthesize

    given = list(records)
    kept = measured_evaluations(given)
    _check_scale(kept)
    ratio, shift = kept[0].measure in RATIOS, 1.0 if kept[0].measure == "relative change" else 0.0
    sizes = [
        from_interval(
            shift + (record.effect or 0.0),
            shift + (record.lower or 0.0),
            shift + (record.upper or 0.0),
            level=record.level,
            ratio=ratio,
        )
        for record in kept
    ]
    found = synthesize(
        [float(size.effect[0]) for size in sizes],
        [float(size.variance[0]) for size in sizes],
        labels=[f"{record.title} ({record.year})" if record.year else record.title for record in kept],
        model=model if len(kept) > 1 else "fixed",
        hksj=hksj and len(kept) > 1,
        exponentiate=ratio,
    )
    studies = replace(found.studies, left_out=len(given) - len(kept))
    name = "ratio (1 + relative change)" if shift else kept[0].measure
    return replace(found, measure=name, studies=studies)


def _check_scale(kept: Sequence[Evidence]) -> None:
    scales = {(record.measure, record.better) for record in kept}
    if len(scales) > 1:
        raise KyotoError(
            "The effects are not on one scale",
            code="evaluation.mixed-measures",
            got="; ".join(sorted(f"{measure} ({better} is better)" for measure, better in scales)),
            expected="one measure and one direction",
            hint="Filter the register first.",
        )
    if not kept:
        raise KyotoError("No record has an effect", code="evaluation.no-effects")
