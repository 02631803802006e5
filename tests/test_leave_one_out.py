"""How well a fit to few samples predicts, without fitting it again."""

import numpy as np
import pytest

from sklearn_prune import FineTuner, GroupLassoMatrixSensing, RankWarning
from sklearn_prune.models import Factor
from sklearn_prune.objective import Formulation, Objective, Problem
from sklearn_prune.selection import leave_one_out_gain


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("measurement", ["rank-one", "matrix"])
def test_leave_one_out_gain_is_that_of_the_linearised_fits(measurement, fit_intercept):
    rng = np.random.default_rng(0)
    d, n = 3, 30
    X = rng.standard_normal((n, d if measurement == "rank-one" else d * d))
    y = rng.standard_normal(n) + 1
    formulation = Formulation(measurement, fit_intercept=fit_intercept)
    problem = Problem.from_data(X, y, np.ones(n), formulation)
    # At a stationary point the linearised fit of all samples does not move.
    start = FineTuner(1, measurement=measurement, fit_intercept=fit_intercept).fit(X, y)
    factor = Factor(start.factor_ / problem.scaling.unit("U"))
    point = Objective(problem).at(factor)
    J, e = point.images_jacobian, point.residuals
    if fit_intercept:
        J = np.column_stack([J, np.ones(n)])
    left_out = np.empty(n)
    for i in range(n):
        rest = np.arange(n) != i
        left_out[i] = e[i] - J[i] @ np.linalg.lstsq(J[rest], e[rest])[0]
    of_mean = [problem.y[i] - np.delete(problem.y, i).mean() for i in range(n)]
    expected = 1 - np.sum(left_out**2) / np.sum(np.square(of_mean))
    np.testing.assert_allclose(leave_one_out_gain(problem, factor), expected, rtol=1e-6)


def test_leave_one_out_gain_counts_weights_as_repeats():
    rng = np.random.default_rng(1)
    X, y, weights = rng.standard_normal((20, 3)), rng.standard_normal(20), rng.integers(1, 4, 20)
    factor = Factor(rng.standard_normal((3, 2)))
    formulation = Formulation("rank-one", fit_intercept=True)
    weighted = Problem.from_data(X, y, weights.astype(float), formulation)
    Xr, yr = np.repeat(X, weights, axis=0), np.repeat(y, weights)
    repeated = Problem.from_data(Xr, yr, np.ones(len(yr)), formulation)
    np.testing.assert_allclose(
        leave_one_out_gain(weighted, factor), leave_one_out_gain(repeated, factor), rtol=1e-10
    )


def test_a_mean_that_is_never_wrong_is_not_beaten():
    factor = Factor(np.ones((3, 1)))
    X, formulation = np.eye(3), Formulation("rank-one")
    constant = Problem.from_data(X, np.full(3, 2.0), np.ones(3), formulation)
    assert leave_one_out_gain(constant, factor) == -np.inf
    # Weights of sum one leave no other sample.
    alone = Problem.from_data(X, np.arange(3.0), np.full(3, 1 / 3), formulation)
    assert np.isfinite(leave_one_out_gain(alone, factor))


def test_a_fit_that_predicts_little_is_warned_of():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((70, 8))
    y = np.sum((X @ np.linalg.qr(rng.standard_normal((8, 2)))[0]) ** 2, axis=1)
    y += 1.5 * y.std() * rng.standard_normal(70)
    with pytest.warns(RankWarning, match="70 samples .* too few to trust 1 columns"):
        GroupLassoMatrixSensing().fit(X, y)
