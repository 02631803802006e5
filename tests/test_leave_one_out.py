"""How well a fit to few samples predicts, with and without fitting it again."""

import warnings

import numpy as np
import pytest
from sklearn.metrics import r2_score

from sklearn_prune import (
    FineTuner,
    GroupLassoMatrixSensing,
    RankWarning,
    make_pruning_pipeline,
)
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.models import Factor
from sklearn_prune.objective import Formulation, Objective, Problem
from sklearn_prune.selection import deal_folds, leave_one_out_gain, refitted_gain


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


@pytest.mark.parametrize("fit_intercept", [False, True])
def test_leave_one_out_gain_of_samples_that_count_less_than_once(fit_intercept):
    """All of such a sample is left out, and not more of it than there is."""
    rng = np.random.default_rng(0)
    X, y, w = rng.standard_normal((30, 3)), rng.standard_normal(30) + 1, rng.uniform(0.01, 0.9, 30)
    formulation = Formulation("rank-one", fit_intercept=fit_intercept)
    problem = Problem.from_data(X, y, w, formulation)
    start = FineTuner(1, fit_intercept=fit_intercept).fit(X, y, sample_weight=w)
    factor = Factor(start.factor_ / problem.scaling.unit("U"))
    point = Objective(problem).at(factor)
    # The residuals of a weighted fit are those of rows and responses times the roots of weights.
    J = np.column_stack([problem.sensing.linearize(factor.U).jacobian(), np.ones(30)])
    J, e, root = J if fit_intercept else J[:, :-1], point.residuals, np.sqrt(w)
    left_out, of_mean = np.empty(30), np.empty(30)
    for i in range(30):
        rest = np.arange(30) != i
        step = np.linalg.lstsq(root[rest, None] * J[rest], root[rest] * e[rest])[0]
        left_out[i] = e[i] - J[i] @ step
        of_mean[i] = problem.y[i] - np.average(problem.y[rest], weights=w[rest])
    expected = 1 - w @ left_out**2 / (w @ of_mean**2)
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


@pytest.mark.parametrize("measurement", ["rank-one", "matrix"])
def test_refitted_gain_is_that_of_the_pipeline_fitted_to_the_others(measurement):
    X, y, _ = make_matrix_sensing(60, 5, 1, measurement=measurement, noise=0.3, random_state=0)
    problem = Problem.from_data(X, y, np.ones(60), Formulation(measurement))
    fold_of = deal_folds(problem, 20)
    predicted, of_mean = np.empty(60), np.empty(60)
    for fold in range(20):
        out = fold_of == fold
        pipe = make_pruning_pipeline(measurement=measurement).fit(X[~out], y[~out])
        predicted[out], of_mean[out] = pipe.predict(X[out]), y[~out].mean()
    squares, of_mean = (y - predicted) ** 2, (y - of_mean) ** 2
    expected = 1 - np.sum(squares) / np.sum(of_mean)
    gain, error = refitted_gain(problem, 5)
    np.testing.assert_allclose(gain, expected, rtol=1e-3)
    rng = np.random.default_rng(0)
    draws = rng.integers(60, size=(4000, 60))
    bootstrap = squares[draws].sum(axis=1) / of_mean[draws].sum(axis=1)
    # A bootstrap is another estimate of the same error.
    np.testing.assert_allclose(error, bootstrap.std(), rtol=0.3)


def test_refitted_gain_depends_on_the_samples_only():
    X, y, _ = make_matrix_sensing(30, 4, 1, noise=0.3, random_state=0)
    rng = np.random.default_rng(0)
    weights = rng.integers(0, 4, 30)
    formulation = Formulation(fit_intercept=True)

    def gain(X, y, weights):
        return refitted_gain(Problem.from_data(X, y, weights.astype(float), formulation), 4)

    expected = gain(X, y, weights)
    rows = rng.permutation(np.repeat(np.arange(30), weights))
    B = rng.standard_normal((4, 4))
    # The fits end at a gradient norm of 1e-4.
    np.testing.assert_allclose(gain(X[rows], y[rows], np.ones(len(rows))), expected, rtol=1e-4)
    np.testing.assert_allclose(gain(X @ B, 1e3 * y, weights), expected, rtol=1e-4)
    assert gain(X[:4], y[:4], np.ones(4)) == (np.inf, 0.0)
    assert gain(X, np.zeros(30), np.ones(30)) == (-np.inf, 0.0)


@pytest.mark.parametrize(
    ("n", "d", "seen"),
    [(24, 5, "one at a time, they are predicted with an R² of 0.79"), (50, 11, "searched anew")],
)
def test_columns_that_other_samples_would_not_show_are_told(n, d, seen):
    X, y, _ = make_matrix_sensing(n + 1000, d, 3, condition_number=4.0, random_state=40)
    y += 0.6 * y.std() * np.random.default_rng(40).standard_normal(n + 1000)
    pipe = make_pruning_pipeline()
    with pytest.warns(RankWarning, match=seen):
        pipe.fit(X[:n], y[:n])
    assert r2_score(y[n:], pipe.predict(X[n:])) < -0.4


def test_forty_samples_are_not_fewer_by_rounding():
    X, y, _ = make_matrix_sensing(40, 6, 2, noise=0.5, random_state=1)
    problem = Problem.from_data(X, y, np.ones(40), Formulation())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = GroupLassoMatrixSensing(random_state=0).fit(X, y)
        # They are fewer than six for each degree of freedom of one more column, and 39 would warn.
        factor = Factor(model.factor_[:, : model.rank_] / problem.scaling.unit("U"))
        assert 6 * problem.degrees_of_freedom(model.rank_ + 1) > 40
        assert leave_one_out_gain(problem, factor) < 0.95
        weights = np.ones(40)
        weights[0] -= 1e-14
        assert weights.sum() < 40
        GroupLassoMatrixSensing(random_state=0).fit(X, y, weights)


def test_the_mean_of_few_samples_without_columns_may_be_better():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((24, 6)), rng.standard_normal(24)
    with pytest.warns(RankWarning, match="24 samples .* mean of y may predict better"):
        GroupLassoMatrixSensing().fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        GroupLassoMatrixSensing(fit_intercept=True).fit(X, y)
