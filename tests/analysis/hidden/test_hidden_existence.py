"""Existence verdicts and fits against independent computations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog, minimize

from kyoto.analysis.hidden import CaptureTable, check_model, fit_loglinear
from kyoto.analysis.hidden.existence import design
from kyoto.analysis.hidden.faces import existence_code, split_model
from kyoto.analysis.hidden.hierarchy import catalogue
from kyoto.analysis.hidden.searching import log_poisson_tail


def sparse_tables(count, k, seed):
    generator = np.random.default_rng(seed)
    for _ in range(count):
        counts = generator.poisson(generator.choice([0.15, 0.5, 2.0, 9.0], size=1 << k)).astype(float)
        counts[0] = 0.0
        yield CaptureTable(tuple("ABCD"[:k]), counts)


@pytest.mark.parametrize(("k", "order", "count"), [(3, 2, 60), (4, 3, 12)])
def test_compiled_verdict_equals_linear_program(k, order, count):
    """The elimination and simplex of faces.py against Fienberg and Rinaldo's program solved by HiGHS."""
    models = catalogue(k, order)
    seen = set()
    for number, table in enumerate(sparse_tables(count, k, seed=k)):
        for index in range(number % 5, len(models), 5):
            cells = np.empty(table.counts.size, dtype=np.bool_)
            finite = split_model(table.counts, models.model(index), cells)
            code = existence_code(table.counts, finite, cells)
            assert check_model(table, models.model(index)).code == code
            seen.add(code)
    assert seen >= ({0, 1, 2, 3} if k == 3 else {0, 1, 3})


def test_no_estimate_means_a_direction_of_recession():
    """By the dual program: code 1 exactly if some direction raises the likelihood for ever."""
    models = catalogue(3, 2)
    for table in sparse_tables(25, 3, seed=11):
        for index in range(len(models)):
            verdict = check_model(table, models.model(index))
            cells = np.empty(8, dtype=np.bool_)
            finite = split_model(table.counts, models.model(index), cells)
            histories = np.flatnonzero(cells)
            rows, positive = design(finite, histories), table.counts[histories] > 0
            solved = linprog(
                rows[~positive].sum(axis=0), A_ub=rows[~positive], b_ub=np.zeros((~positive).sum()),
                A_eq=rows[positive], b_eq=np.zeros(positive.sum()), bounds=(-1, 1),
            )  # fmt: skip
            assert (solved.fun < -1e-7) == (verdict.code in (1, 3))


@pytest.mark.parametrize("model", ["main", "[12,3,4]", "[123,14,34]", "[12,13,14,23,24,34]"])
def test_fit_maximises_the_likelihood(model):
    """Against a quasi-Newton search over the plain likelihood with a plain design matrix."""
    counts = np.random.default_rng(4).poisson(12.0, size=16).astype(float)
    counts[0] = 0.0
    table = CaptureTable(tuple("ABCD"), counts)
    fit = fit_loglinear(table, model)
    from kyoto.analysis.hidden.hierarchy import parse_model

    terms = parse_model(model, table)
    rows = design(terms, np.arange(1, 16))

    def loss(parameters):
        predictor = rows @ parameters
        return np.exp(predictor).sum() - counts[1:] @ predictor, rows.T @ (np.exp(predictor) - counts[1:])

    best = minimize(loss, np.zeros(terms.size), jac=True, method="BFGS", options={"gtol": 1e-9})
    assert list(fit.coefficients.values()) == pytest.approx(best.x.tolist(), abs=1e-5)
    covariance = np.linalg.inv(rows.T @ (rows * np.exp(rows @ best.x)[:, None]))
    assert fit.hidden_std_error == pytest.approx(np.sqrt(covariance[0, 0]), rel=1e-5)


def test_minus_infinity_is_reported(artificial):
    verdict = check_model(artificial, "[13,23]")
    assert verdict.minus_infinity == ("A:C", "B:C")
    assert verdict.dropped == ("A:C", "B:C", "A:B:C")
    fit = fit_loglinear(artificial, "[13,23]")
    assert fit.coefficients["A:C"] == -np.inf
    assert fit.population.estimate == pytest.approx(40 * 30 / 6 + 96)  # A and B independent within the rest


def test_korea_all_pairs_has_no_estimate(korea):
    verdict = check_model(korea, "pairs")
    assert verdict.word == "no-mle"
    assert verdict.boundary == ("c:d",)
    assert fit_loglinear(korea, "pairs").population.estimate is None


def test_forced_zeros_equal_one_program_a_history():
    """The single program of smallest_face against the largest mean that each history can have."""
    from kyoto.analysis.hidden.existence import smallest_face

    compared = 0
    for table in sparse_tables(25, 3, seed=3):
        for index in range(8):
            cells = np.empty(8, dtype=np.bool_)
            finite = split_model(table.counts, catalogue(3, 2).model(index), cells)
            histories = np.flatnonzero(cells)
            rows, counts = design(finite, histories), table.counts[histories]
            if counts.sum() == 0:
                continue
            largest = [
                -linprog(-unit, A_eq=rows.T, b_eq=rows.T @ counts, bounds=(0, None)).fun for unit in np.eye(len(counts))
            ]
            assert smallest_face(rows, counts).tolist() == [value > 1e-7 for value in largest]
            compared += 1
    assert compared > 100


def test_population_can_be_fixed_on_a_face_that_has_no_mle(artificial):
    """[12,3]: after all that is forced to zero four histories are left for five parameters, N among the unknown."""
    assert not check_model(artificial, "[12,3]").population_identifiable
    assert check_model(artificial, "[13,23]").population_identifiable


@pytest.mark.parametrize(("observed", "mean"), [(3, 9.0), (9, 3.0), (0, 0.2), (400, 300.0), (5, 5.0), (250, 100.0)])
def test_poisson_tail(observed, mean):
    """The smaller tail that counts the observed value in, against SciPy's distribution functions."""
    from scipy.stats import poisson

    wanted = poisson.logsf(observed - 1, mean) if observed >= mean else poisson.logcdf(observed, mean)
    assert log_poisson_tail(float(observed), mean) == pytest.approx(wanted, rel=1e-9)


def test_loops_give_the_same_without_compilation(korea):
    """The fallback without Numba runs the same source as Python."""
    from kyoto.analysis.hidden import kernels

    plain = getattr(kernels.superset_sums, "py_func", kernels.superset_sums)
    first, second = korea.counts.copy(), korea.counts.copy()
    plain(first)
    kernels.superset_sums(second)
    assert first.tolist() == second.tolist()
    assert first[0b011] == 54 + 12
