"""A trial as arrays, checked before anything is estimated from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kyoto.analysis.evaluation.arrays import Floats, Integers
from kyoto.analysis.evaluation.tables import as_frame, column_of_numbers, name_of, require_columns
from kyoto.core.errors import KyotoError, Problems, Where

__all__ = ["Trial", "read_trial"]


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A trial as arrays.

    Parameters
    ----------
    outcome, treated
        Shape (n,); treated is 0 or 1.
    blocks, clusters
        Numbers from 0, shape (n,); one block and no clusters (each its own) where there are none.
    covariates
        Shape (n, k).
    names
        Names of the covariates.
    clustered
        Whether clusters were randomised.
    """

    outcome: Floats
    treated: Floats
    blocks: Integers
    clusters: Integers
    covariates: Floats
    names: tuple[str, ...]
    clustered: bool


def read_trial(
    source: Any,
    *,
    outcome: str,
    treatment: str,
    block: str | None = None,
    cluster: str | None = None,
    covariates: Sequence[str] = (),
) -> Trial:
    """Trial from a dataframe or file, one row a unit; rows without outcome are a problem.

    Raises
    ------
    KyotoError
        ``evaluation.not-binary``, ``evaluation.no-untreated``, ``evaluation.no-treated``,
        ``evaluation.block-without-both``, ``evaluation.split-cluster``, ``evaluation.no-variance``, and those of
        reading.
    """
    import pandas as pd

    frame, file = as_frame(source), name_of(source)
    problems = Problems()
    if not require_columns(frame, [outcome, treatment, block, cluster, *covariates], file=file, problems=problems):
        problems.raise_if_any()
    numbers = {
        name: column_of_numbers(frame, name, file=file, problems=problems, missing=False)
        for name in (outcome, treatment, *covariates)
    }
    problems.raise_if_any()
    d = numbers[treatment]
    groups = [
        np.asarray(pd.factorize(frame[name].astype(str))[0]) if name else default
        for name, default in ((block, np.zeros(len(frame), dtype=np.int64)), (cluster, np.arange(len(frame))))
    ]
    x = np.column_stack([numbers[name] for name in covariates]) if covariates else np.zeros((len(frame), 0))
    trial = Trial(numbers[outcome], d, groups[0], groups[1], x, tuple(covariates), cluster is not None)
    _check_trial(trial, Where(file=file, column=treatment), problems)
    problems.raise_if_any()
    return trial


def _check_trial(trial: Trial, where: Where, problems: Problems) -> None:
    d = trial.treated
    if not np.isin(d, (0.0, 1.0)).all():
        problems.add(
            KyotoError(
                "The treatment is neither 0 nor 1",
                code="evaluation.not-binary",
                where=where,
                got=f"{d[~np.isin(d, (0.0, 1.0))][0]:g}",
                expected="1 for the programme group, 0 for the comparison group",
            )
        )
        return
    for wrong, title, code in (
        (d.all(), "There are no untreated units", "evaluation.no-untreated"),
        (not d.any(), "No unit is treated", "evaluation.no-treated"),
        (np.ptp(trial.outcome) == 0, "The outcome never changes", "evaluation.no-variance"),
    ):
        if wrong:
            problems.add(KyotoError(title, code=code, where=where, expected="both groups, and an outcome that varies"))
    count = int(trial.clusters.max()) + 1
    share = np.bincount(trial.clusters, d, count) / np.bincount(trial.clusters, minlength=count)
    if trial.clustered and not np.isin(share, (0.0, 1.0)).all():
        problems.add(
            KyotoError(
                "A cluster is in both groups",
                code="evaluation.split-cluster",
                where=where,
                got=f"{int((~np.isin(share, (0.0, 1.0))).sum())} clusters",
                expected="every cluster wholly in one group; otherwise it is a block",
            )
        )
    share = np.bincount(trial.blocks, d) / np.bincount(trial.blocks)
    if len(share) > 1 and np.isin(share, (0.0, 1.0)).any():
        problems.add(
            KyotoError(
                "A block has only one group",
                code="evaluation.block-without-both",
                where=where,
                got=f"{int(np.isin(share, (0.0, 1.0)).sum())} blocks",
                expected="treated and untreated units in every block",
                hint="Leave such blocks out: nothing was randomised in them.",
            )
        )
