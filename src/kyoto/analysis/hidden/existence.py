"""Whether a log-linear model has an estimate at all, and what exactly is missing where it has none.

Three things can go wrong, and packages that do not look return 10^13 people. (1) *Parameters at minus infinity*: the
lists of an interaction in the model share nobody. The extended estimate puts the parameter at minus infinity, its
histories drop out with mean 0, and the rest is fitted; this is harmless. (2) *No estimate*: on what remains the
sufficient statistics lie on the boundary of their cone (Fienberg and Rinaldo 2012, theorem 3.2), so the likelihood
rises for ever in some direction. (3) *Not identifiable*: the remaining histories are fewer than the parameters need,
so that different populations fit equally well.

Sources: Fienberg, S. E. and Rinaldo, A. (2012), Annals of Statistics 40, 996-1023; Chan, L., Silverman, B. W. and
Vincent, K. (2021), Journal of the American Statistical Association 116, 1297-1306, section 2 and table 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kyoto.analysis.hidden.arrays import Booleans, Floats, Integers
from kyoto.analysis.hidden.faces import split_model
from kyoto.analysis.hidden.hierarchy import format_model, parse_model
from kyoto.analysis.hidden.model import CaptureTable

__all__ = ["VERDICTS", "Verdict", "check_model", "design", "interior_margin"]

VERDICTS = {
    0: "ok",
    1: "no-mle",
    2: "not-identifiable",
    3: "no-mle-not-identifiable",
    4: "not-converged",
}
"""Words for the codes; 0 to 3 are those of the R packages SparseMSE and MultipleSystemsEstimation."""

_MEANING = {
    0: "The estimate exists and is unique.",
    1: "No estimate exists: some fitted overlap is driven to zero although the model does not say so.",
    2: "Not identifiable: fewer histories remain than parameters, so many populations fit equally well.",
    3: "No estimate exists, nor would it be identifiable.",
    4: "The fit did not settle.",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Existence and identifiability of one model on one table.

    Parameters
    ----------
    model
        Notation of the model.
    code
        0 fine, 1 no maximum likelihood estimate, 2 not identifiable, 3 both.
    minus_infinity
        Interactions whose parameter is at minus infinity, by the names of their lists.
    dropped
        Capture histories that drop out with them.
    boundary
        Capture histories that the data force to mean zero beyond those: empty unless there is no estimate.
    population_identifiable
        Whether the number of unobserved people would be unique on what is left after all that is forced to zero.
    margin
        Objective of Fienberg and Rinaldo's linear program, in people: positive exactly if an estimate exists.
    """

    model: str
    code: int
    minus_infinity: tuple[str, ...]
    dropped: tuple[str, ...]
    boundary: tuple[str, ...]
    population_identifiable: bool
    margin: float

    @property
    def word(self) -> str:
        """Verdict as the tables print it."""
        return VERDICTS[self.code]

    @property
    def exists(self) -> bool:
        """Whether an estimate may be returned."""
        return self.code == 0

    def summary(self) -> str:
        """Sentences for a person.

        Examples
        --------
        >>> table = CaptureTable.from_histories("ABC", {(0,): 40, (1,): 30, (2,): 20, (0, 1): 6})
        >>> print(check_model(table, "[12,3]").summary())
        [12,3]: no-mle. No estimate exists: some fitted overlap is driven to zero although the model does not say so.
        Forced to zero: A:C, B:C, A:B:C.
        """
        lines = [f"{self.model}: {self.word}. {_MEANING[self.code]}"]
        if self.minus_infinity:
            lines.append(f"At minus infinity: {', '.join(self.minus_infinity)}.")
        if self.dropped:
            lines.append(f"Histories that drop out: {', '.join(self.dropped)}.")
        if self.boundary:
            lines.append(f"Forced to zero: {', '.join(self.boundary)}.")
        return "\n".join(lines)

    def row(self) -> dict[str, object]:
        """Mapping for the command line."""
        return {
            "model": self.model,
            "verdict": self.word,
            "code": self.code,
            "minus_infinity": list(self.minus_infinity),
            "dropped": list(self.dropped),
            "boundary": list(self.boundary),
            "population_identifiable": self.population_identifiable,
            "meaning": _MEANING[self.code],
        }


def design(terms: Integers, histories: Integers) -> Floats:
    """Design matrix: histories by terms, 1 where the term is part of the history."""
    return np.asarray((histories[:, None] & terms[None, :]) == terms[None, :], dtype=np.float64)


def interior_margin(rows: Floats, counts: Floats) -> float:
    """Largest ``t`` for which some ``x >= t`` has the sufficient statistics of the counts.

    Parameters
    ----------
    rows
        Design, histories by terms.
    counts
        People by history.

    Returns
    -------
    float
        Positive exactly if the maximum likelihood estimate exists (Fienberg and Rinaldo 2012, supplement, page 3).
    """
    from scipy.optimize import linprog

    # with x = y + t every bound is on a variable, so no inequality is needed
    objective = np.zeros(counts.size + 1)
    objective[-1] = -1.0
    equality = np.column_stack([rows.T, rows.sum(axis=0)])
    solved = linprog(objective, A_eq=equality, b_eq=rows.T @ counts, bounds=(0, None), method="highs")
    return 0.0 if solved.x is None else float(solved.x[-1])


def check_model(table: CaptureTable, model: str | Integers) -> Verdict:
    """Verdict on a model, by linear programs.

    Parameters
    ----------
    table
        The lists.
    model
        Notation such as ``"[12,3]"``, or its terms.

    Examples
    --------
    Table 2 of Chan, Silverman and Vincent (2021):

    >>> table = CaptureTable.from_histories("ABC", {(0,): 40, (1,): 30, (2,): 20, (0, 1): 6})
    >>> [check_model(table, model).word for model in ("[12,13,23]", "[12,3]", "[13,23]")]
    ['not-identifiable', 'no-mle', 'ok']
    """
    terms = parse_model(model, table) if isinstance(model, str) else model
    cells = np.empty(table.counts.size, dtype=np.bool_)
    finite = split_model(table.counts, terms, cells)
    histories = np.flatnonzero(cells)
    rows = design(finite, histories)
    counts = table.counts[histories]
    margin = interior_margin(rows, counts)
    # over many histories the margin of a fit that exists can be as small as the solver's tolerance; the face is not
    face = np.ones(histories.size, dtype=np.bool_)
    if margin <= 1e-6:
        face = smallest_face(rows, counts)
    exists = bool(face.all())
    identifiable = bool(np.linalg.matrix_rank(rows) == finite.size)
    gone = sorted(set(terms.tolist()) - set(finite.tolist()), key=lambda mask: (mask.bit_count(), mask))
    dropped = [mask for mask in range(1, table.counts.size) if not cells[mask]]
    return Verdict(
        model=format_model(terms),
        code=(0 if exists else 1) + (0 if identifiable else 2),
        minus_infinity=tuple(table.name_of(mask) for mask in gone),
        dropped=tuple(table.name_of(mask) for mask in dropped),
        boundary=tuple(table.name_of(int(mask)) for mask in histories[~face]),
        population_identifiable=_determines_intercept(rows[face]),
        margin=margin,
    )


def smallest_face(rows: Floats, counts: Floats) -> Booleans:
    """Histories whose mean can be positive among all tables with the same sufficient statistics.

    One linear program: as many histories as possible reach mean 1 when the whole table may be scaled up.
    """
    from scipy.optimize import linprog

    size = counts.size
    # the mean of each history is y + t with 0 <= t <= 1; the last variable is the scale
    equality = np.column_stack([rows.T, rows.T, -(rows.T @ counts)])
    objective = np.concatenate([np.zeros(size), -np.ones(size), [0.0]])
    bounds = [(0, None)] * size + [(0, 1)] * size + [(1, None)]
    solved = linprog(objective, A_eq=equality, b_eq=np.zeros(rows.shape[1]), bounds=bounds, method="highs")
    possible: Booleans = counts > 0
    if solved.x is not None:
        possible = possible | (solved.x[size : 2 * size] > 0.5)
    return possible


def _determines_intercept(rows: Floats) -> bool:
    """Whether the intercept is a combination of the rows, so that the unobserved number is unique on them."""
    unit = np.zeros((1, rows.shape[1]))
    unit[0, 0] = 1.0
    return bool(np.linalg.matrix_rank(np.vstack([rows, unit])) == np.linalg.matrix_rank(rows))
