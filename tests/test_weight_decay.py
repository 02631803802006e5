"""Weight decay on the columns is the nuclear norm of M."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from problems import explicit_matrices, random_problem
from sklearn.model_selection import GridSearchCV

from sklearn_prune import FineTuner, GroupLassoMatrixSensing, make_pruning_pipeline
from sklearn_prune.models import Factor
from sklearn_prune.objective import Objective, WeightDecay
from sklearn_prune.selection import tau_max
from sklearn_prune.solvers import FINE_TUNING


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    return random_problem(rng, 60, 4, "matrix", fit_intercept=True)[0]


def test_derivatives_by_differences(problem):
    rng = np.random.default_rng(1)
    U, V = rng.standard_normal((2, 4, 3))
    objective = Objective(problem, WeightDecay(0.3))
    point, step = objective.at(U), 1e-6
    ahead, behind = (objective.at(U + t * V) for t in (step, -step))
    slope = (ahead.value - behind.value) / (2 * step)
    assert_allclose(np.vdot(point.gradient, V), slope, rtol=1e-7)
    curved = (ahead.gradient - behind.gradient) / (2 * step)
    assert_allclose(point.hessian_product(V), curved, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("solver", FINE_TUNING)
def test_every_solver_finds_the_minimum_of_the_nuclear_norm(problem, solver):
    """That of proximal gradient descent on M: eigenvalues lowered by the step times γ."""
    gamma = 0.3 * 2.0 * tau_max(problem)
    M, A = np.zeros((4, 4)), explicit_matrices(problem)
    for _ in range(1000):
        e = problem.y - np.einsum("iab,ab->i", A, M)
        R = problem.residual_matrix(e - problem.weights @ e)
        values, vectors = np.linalg.eigh(M + 0.2 * 2.0 * R)
        M = (vectors * np.maximum(values - 0.2 * gamma, 0.0)) @ vectors.T
    start = np.random.default_rng(2).standard_normal((4, 4))
    objective = Objective(problem, WeightDecay(gamma))
    solution = FINE_TUNING[solver](objective, Factor(start), tol=1e-7, max_iter=20000)
    # Scaled gradient descent is slow where a column dies: the others are right to 1e-7.
    assert_allclose(solution.factor.matrix, M, atol=1e-4 if solver == "scaled-gd" else 1e-6)
    # The sum of squared norms is the nuclear norm.
    assert_allclose(np.sum(solution.factor.U**2), np.trace(M), rtol=1e-3)


def test_at_a_share_of_one_nothing_grows(problem):
    for share, grows in ((1.01, False), (0.9, True)):
        objective = Objective(problem, WeightDecay.from_share(share, tau_max(problem)))
        start = 1e-3 * np.random.default_rng(0).standard_normal((4, 2))
        solution = FINE_TUNING["gauss-newton"](objective, Factor(start), tol=1e-9, max_iter=500)
        assert (np.linalg.norm(solution.factor.U) > 1e-2) == grows


def table():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 5))
    return X, (X @ [1, 1, 0, 0, 0]) ** 2 + 0.5 * X[:, 2] ** 2 + 0.3 * rng.standard_normal(200)


def test_more_shrinkage_is_a_smaller_nuclear_norm_down_to_nothing():
    X, y = table()
    norms = []
    for share in (0.0, 0.1, 0.5, 0.9, 1.0):
        model = FineTuner(5, shrinkage=share, fit_intercept=True).fit(X, y)
        norms.append(float(np.sum(model.factor_**2)))
    assert norms == sorted(norms, reverse=True)
    assert norms[-1] < 1e-3 * norms[0]
    assert_allclose(model.predict(X), y.mean(), atol=1e-2)


def test_a_share_has_no_unit():
    X, y = table()
    here = FineTuner(3, shrinkage=0.2, fit_intercept=True).fit(X, y)
    there = FineTuner(3, shrinkage=0.2, fit_intercept=True).fit(10 * X, 1e3 * y)
    assert_allclose(there.predict(10 * X), 1e3 * here.predict(X), rtol=1e-6)


@pytest.mark.parametrize("positive", [True, False])
def test_weights_are_repeats(positive):
    X, y = table()
    counts = np.random.default_rng(0).integers(0, 3, 200)
    settings = {"shrinkage": 0.2, "fit_bias": True, "positive": positive, "fit_intercept": True}
    weighted = FineTuner(3, **settings).fit(X, y, counts)
    repeated = FineTuner(3, **settings).fit(np.repeat(X, counts, axis=0), np.repeat(y, counts))
    assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-5, atol=1e-6)


def test_it_is_searched_in_the_pipeline():
    X, y = table()
    pipe = make_pruning_pipeline(fit_intercept=True)
    search = GridSearchCV(pipe, {"tune__shrinkage": [0.0, 0.1, 1.0]}, cv=3).fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    assert scores[0] > scores[2]
    assert search.best_params_["tune__shrinkage"] < 1.0


def test_undecided_columns_are_refitted_if_asked_for():
    X, y = table()
    measured = GroupLassoMatrixSensing(alpha=0.1, fit_intercept=True).fit_transform(X, y)
    undecided = replace(measured[:, :3], decided=False)
    assert FineTuner().fit(undecided, y).n_iter_ == 0
    assert FineTuner(shrinkage=0.1).fit(undecided, y).n_iter_ > 0


@pytest.mark.parametrize("share", [-0.1, 1.1, np.nan, "much"])
def test_a_share_is_between_0_and_1(share):
    with pytest.raises((ValueError, TypeError), match="shrinkage must be"):
        FineTuner(shrinkage=share).fit(*table())


def test_a_share_of_one_leaves_no_column():
    X = np.random.default_rng(0).standard_normal((60, 4))
    y = X[:, 0] ** 2
    carried = GroupLassoMatrixSensing(alpha=0.01).fit_transform(X, y)
    for model in (FineTuner(2, shrinkage=1.0).fit(X, y), FineTuner(shrinkage=1.0).fit(carried, y)):
        assert model.rank_ == 0
        assert not np.any(model.factor_)
