"""Power of a written design, by putting its programme by lot into the data from before it began."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kyoto.analysis.evaluation.designs.panel import Panel
from kyoto.analysis.evaluation.plan.model import EvaluationDesign
from kyoto.analysis.evaluation.plan.power import Power, simulated_power
from kyoto.analysis.evaluation.plan.run import read_design_panel
from kyoto.analysis.evaluation.result import EffectResult
from kyoto.core.errors import KyotoError

__all__ = ["design_power"]

LEAST_BEFORE = 4


def design_power(
    design: EvaluationDesign, effect: float, *, relative: bool = False, replicates: int = 200, seed: int = 1
) -> Power:
    """Chance that the planned estimator finds an effect in data like those from before the programme.

    Parameters
    ----------
    design
        A design on a panel: ``staggered``, ``two-way``, ``synthetic-control`` or ``synthetic-did``. Only periods
        before the first start are read, so that the outcomes of the programme stay unseen.
    effect
        True effect in the unit of the outcome, or as a share of it if ``relative``.
    relative, replicates, seed
        As in :func:`~kyoto.analysis.evaluation.plan.power.simulated_power`.

    Raises
    ------
    KyotoError
        ``evaluation.no-simulation`` for other designs, ``evaluation.few-periods``.
    """
    if design.kind not in _ESTIMATORS:
        raise KyotoError(
            "This design has no simulation",
            code="evaluation.no-simulation",
            got=design.kind,
            expected=", ".join(_ESTIMATORS),
            hint="Comparisons of people and stepped wedges have formulas: kyoto evaluate power.",
        )
    panel = read_design_panel(design)
    begun = int(panel.cohorts.min())
    if begun < LEAST_BEFORE:
        raise KyotoError(
            "Too few periods before the programme to simulate",
            code="evaluation.few-periods",
            got=f"{begun}",
            expected=f"at least {LEAST_BEFORE}",
        )
    after = min(panel.outcome.shape[1] - begun, begun // 2)
    return simulated_power(
        np.asarray(panel.outcome[:, :begun]),
        _ESTIMATORS[design.kind],
        effect,
        treated=int(panel.ever.sum()),
        start=begun - after,
        relative=relative,
        replicates=replicates,
        seed=seed,
    )


def _staggered(panel: Panel) -> EffectResult:
    from kyoto.analysis.evaluation.designs.staggered import callaway_santanna

    return callaway_santanna(panel, aggregation="simple", replicates=0)


def _two_way(panel: Panel) -> EffectResult:
    from kyoto.analysis.evaluation.designs.twoway import two_way_fixed_effects

    return two_way_fixed_effects(panel)


def _synthetic(panel: Panel) -> EffectResult:
    from kyoto.analysis.evaluation.designs.synthetic import synthetic_control

    return synthetic_control(panel)


def _synthetic_did(panel: Panel) -> EffectResult:
    from kyoto.analysis.evaluation.designs.synthetic_did import synthetic_did

    return synthetic_did(panel, replicates=50)


_ESTIMATORS: dict[str, Callable[[Panel], EffectResult]] = {
    "staggered": _staggered,
    "two-way": _two_way,
    "synthetic-control": _synthetic,
    "synthetic-did": _synthetic_did,
}
