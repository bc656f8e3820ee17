"""How to estimate: what can be chosen, without the numbers that do it, so that a project file is read quickly."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_P", "METHOD_NAMES", "SELECTIONS", "Options"]

METHOD_NAMES = ("loglinear", "chao", "heterogeneity", "coverage", "graphs", "bayes", "latent")
SELECTIONS = ("stepwise", "main", "model", "aic", "aicc", "bic", "downhill")
DEFAULT_P = 0.02
"""P-value threshold that the simulations of Chan, Silverman and Vincent (2021, section 4) recommend."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to estimate.

    Parameters
    ----------
    method
        One of :data:`METHOD_NAMES`.
    select
        For ``loglinear``: one of :data:`SELECTIONS`.
    model
        Notation, for ``select="model"``.
    order
        Largest interaction searched by a criterion.
    threshold
        P-value of the stepwise selection.
    replicates
        Bootstrap samples; 0 gives a profile likelihood interval that is conditional on the model.
    delta
        Prior of ``graphs``.
    seed, level
        Seed of everything random; confidence or credibility.
    patient
        Run latent class chains that disagree once more, five times longer (minutes instead of seconds).
    """

    method: str = "loglinear"
    select: str = "stepwise"
    model: str | None = None
    order: int | None = None
    threshold: float = DEFAULT_P
    replicates: int = 1000
    delta: float | None = None
    seed: int = 1
    level: float = 0.95
    patient: bool = True
