"""The problem from moments of the samples against the problem of the samples."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from problems import problem_of, random_rows

from sklearn_prune import (
    FineTuner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    pruning_path,
)
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.losses import SquaredError
from sklearn_prune.models import Factor
from sklearn_prune.objective import (
    CompressedProblem,
    Formulation,
    GroupLasso,
    Moments,
    Objective,
    Problem,
    compress,
    compression_pays,
)
from sklearn_prune.objective._compressed import moments_are_cheaper
from sklearn_prune.sensing import MatrixMap
from sklearn_prune.solvers import spectral_start, working_set

D = 6
PENALTY = GroupLasso.tied(0.3)


def compressed(problem):
    return CompressedProblem(Moments.of(problem), problem.formulation, problem.scaling)


@pytest.fixture(params=[False, True], ids=["no offset", "offset"])
def problem(request):
    """A problem far from zero: y about 1000, and measurements with a mean."""
    rng = np.random.default_rng(0)
    sensing = MatrixMap(random_rows(rng, 200, D, "matrix") + 5.0).scaled(0.7)
    y = sensing.forward(rng.standard_normal((D, 2))) + rng.standard_normal(200) + 1000.0
    return problem_of(sensing, y, rng.uniform(0.5, 2.0, 200), Formulation("matrix", request.param))


def assert_same_problem(one, other, scale):
    rng = np.random.default_rng(1)
    U, V = rng.standard_normal((2, D, 3))
    P, Q = Objective(one, PENALTY).at(U), Objective(other, PENALTY).at(U)
    assert_allclose(P.value, Q.value, rtol=1e-8, atol=1e-8 * scale**2)
    for name in ("gradient", "residual_matrix"):
        assert_allclose(getattr(P, name), getattr(Q, name), rtol=1e-8, atol=1e-8 * scale)
    assert_allclose(P.hessian_product(V), Q.hessian_product(V), rtol=1e-8, atol=1e-8 * scale)
    assert_allclose(one.offset(Factor(U)), other.offset(Factor(U)), atol=1e-8 * scale)
    assert_allclose(one.mean_loss(Factor(U)), other.mean_loss(Factor(U)), rtol=1e-8)


def test_the_compressed_problem_is_the_problem(problem):
    moments = Moments.of(problem, block_numbers=500)
    other = CompressedProblem(moments, problem.formulation, problem.scaling)
    assert other.sensing.n_samples <= D * (D + 1) // 2
    assert other.total_weight == pytest.approx(problem.total_weight)
    assert_same_problem(problem, other, scale=np.abs(problem.y).max())


def test_all_less_a_fold_is_the_rest(problem):
    fold, rest = np.arange(40), np.arange(40, 200)
    whole = Moments.of(problem)
    difference = whole - Moments.of(problem, fold, whole.pivot)
    weights = np.where(np.arange(200) < 40, 0.0, problem.weights)
    training = problem_of(problem.sensing, problem.y, weights, problem.formulation)
    other = CompressedProblem(difference, problem.formulation, problem.scaling)
    assert_same_problem(training, other, scale=np.abs(problem.y).max())
    direct = Moments.of(problem, rest, whole.pivot)
    assert_allclose(difference.second, direct.second, rtol=1e-9, atol=1e-9 * direct.second.max())


def test_mean_square_of_predictions(problem):
    U = np.random.default_rng(1).standard_normal((D, 3))
    e = problem.y - 3.0 - problem.sensing.forward(U)
    expected = problem.weights @ e**2
    assert_allclose(Moments.of(problem).mean_square(U @ U.T, 3.0), expected, rtol=1e-9)


def test_measurements_that_do_not_span_the_symmetric_matrices():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((100, 4)) @ random_rows(rng, 4, D, "matrix")
    problem = problem_of(
        MatrixMap(X), rng.standard_normal(100), np.ones(100), Formulation("matrix")
    )
    other = compressed(problem)
    assert other.sensing.n_samples == 4
    assert_same_problem(problem, other, scale=1.0)


def test_fits_of_the_compressed_problem_are_those_of_the_problem(problem):
    k, penalty = D, GroupLasso.from_tau(0.05)
    normalized = Problem.normalized(
        problem.sensing, problem.y, problem.weights * 200, problem.formulation
    )
    fits = []
    for one in (normalized, compressed(normalized)):
        start = spectral_start(one, 3)
        solution, certificate = working_set(
            Objective(one, penalty), start, k, tol=1e-9, max_iter=200
        )
        assert certificate.holds
        fitted = one.export(solution.factor, n_columns=k)
        top = certificate.top_residual_eigenvalue
        fits.append([fitted.factor, fitted.intercept, solution.curve[-1], top])
    for one, other in zip(*fits, strict=True):
        assert_allclose(one, other, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("offset", [False, True])
def test_estimators_that_compress(offset):
    """Many samples of small matrices, which the estimators compress, and a few times fewer."""
    X, y, _ = make_matrix_sensing(3000, 4, 2, measurement="matrix", noise=0.2, random_state=0)
    y = y + 10.0 * offset
    formulation = Formulation("matrix", offset)
    problem = Problem.from_data(X, y, np.ones(3000), formulation)
    assert isinstance(compress(problem, passes=15), CompressedProblem)
    settings = {"measurement": "matrix", "fit_intercept": offset}
    sense = GroupLassoMatrixSensing(alpha=0.3, **settings).fit(X, y)
    penalty = problem.penalty(0.3, "auto")
    start = spectral_start(problem, 4)
    direct, _ = working_set(Objective(problem, penalty), start, 4, tol=1e-8, max_iter=100)
    expected = problem.export(direct.factor, n_columns=4)
    assert_allclose(sense.factor_, expected.factor, atol=1e-6)
    assert_allclose(sense.intercept_, expected.intercept, atol=1e-6)
    path = pruning_path(X, y, alphas=[0.3], tol=1e-8, **settings)
    assert_allclose(path.factors[0], expected.factor, atol=1e-6)
    assert_allclose(path.losses[0], np.mean((y - sense.predict(X)) ** 2), rtol=1e-7)
    tuner = FineTuner(2, **settings).fit(X, y)
    assert_allclose(tuner.loss_curve_[-1], np.mean((y - tuner.predict(X)) ** 2), rtol=1e-7)


def test_measurements_of_very_different_sizes():
    """Small but significant measurements are not taken for rounding errors."""
    rng = np.random.default_rng(0)
    scales = np.geomspace(1.0, 1e-8, D)
    X = random_rows(rng, 400, D, "matrix").reshape(-1, D, D) * np.outer(scales, scales)
    U = rng.standard_normal((D, 2)) / scales[:, None]
    y = X.reshape(400, -1) @ (U @ U.T).ravel()
    problem = Problem.from_data(X.reshape(400, -1), y, np.ones(400), Formulation("matrix"))
    other = compressed(problem)
    assert other.sensing.n_samples == D * (D + 1) // 2
    assert other.floor < 1e-12


@pytest.mark.parametrize("offset", [False, True])
def test_measurements_that_say_nothing(offset):
    """All zero, or constant with an offset: an answer, with no column."""
    y = np.random.default_rng(0).standard_normal(300)
    X = np.full((300, D * D), float(offset))
    settings = {"measurement": "matrix", "fit_intercept": offset}
    model = GroupLassoMatrixSensing(alpha=0.1, **settings).fit(X, y)
    assert model.rank_ == 0
    assert_allclose(model.predict(X), np.mean(y) * offset, atol=1e-12)
    assert np.isfinite(FineTuner(2, **settings).fit(X, y).predict(X)).all()
    assert GroupLassoMatrixSensingCV(n_alphas=3, **settings).fit(X, y).rank_ == 0


def test_the_value_is_that_of_the_factor_where_growing_was_all():
    X = np.random.default_rng(0).standard_normal((200, 1))
    y = 2.0 * X[:, 0] + 0.1
    model = GroupLassoMatrixSensing(alpha=0.0, measurement="matrix").fit(X, y)
    assert_allclose(model.objective_, np.mean((y - model.predict(X)) ** 2), rtol=1e-10)
    tuner = FineTuner(measurement="matrix").fit(X, y)
    assert_allclose(tuner.loss_curve_[-1], np.mean((y - tuner.predict(X)) ** 2), rtol=1e-10)


def test_where_compression_pays():
    def pays(n, d, passes):
        return moments_are_cheaper(n, d, passes=passes, sets=1)

    # Where samples are many, but not for one read, nor for fewer than there are parameters.
    assert pays(20_000, 20, 30)
    assert not pays(20_000, 20, 1)
    assert not pays(200, 20, 30)
    # For more reads it may be larger matrices, up to where the moments take too much room.
    assert not pays(100_000, 100, 30)
    assert pays(100_000, 100, 1000)
    assert not pays(30_000, 100, 1000)


def test_what_is_never_compressed():
    class OtherLoss(SquaredError):
        is_quadratic = False

    X, y = np.random.default_rng(0).standard_normal((10_000, 4)), np.ones(10_000)
    whole = Problem.from_data(X, y, y, Formulation("matrix"))
    rank_one = Problem.from_data(X, y, y, Formulation("rank-one"))
    other = Problem.from_data(X, y, y, Formulation("matrix", loss=OtherLoss()))
    pays = [compression_pays(p, passes=1000) for p in (whole, rank_one, other)]
    assert pays == [True, False, False]
