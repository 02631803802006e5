"""The log loss and what the rank search makes of it, below the estimators."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from problems import MEASUREMENTS, explicit_matrices
from scipy.special import expit

from sklearn_prune import RankWarning, make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.losses import LogLoss
from sklearn_prune.models import Factor
from sklearn_prune.objective import Formulation, Objective, Problem
from sklearn_prune.selection import find_rank, score_statistic
from sklearn_prune.solvers import gauss_newton, spectral_start


def labelled(measurement, *, seed=0, n=1500, d=8, rank=2, size=1.5):
    """Rows and the labels that log odds of a known rank give."""
    X, eta, factor = make_matrix_sensing(n, d, rank, measurement=measurement, random_state=seed)
    rng = np.random.default_rng(seed)
    y = (rng.uniform(size=n) < expit(size * (eta - eta.mean()))).astype(float)
    return X, y, factor


def problem_of(X, y, measurement, weights=None, *, fit_intercept=True):
    formulation = Formulation(measurement, fit_intercept, loss=LogLoss())
    weights = np.ones(len(y)) if weights is None else weights
    return Problem.from_data(X, y, weights, formulation)


def test_values_far_out():
    """No overflow, and no difference of large numbers, where predictions are almost certain."""
    loss, eta = LogLoss(), np.array([1e3, -1e3, 40.0, -40.0])
    for y in (np.zeros(4), np.ones(4)):
        wrong = (y == 0) == (eta > 0)
        value, e = loss.value(y, eta), loss.residual(y, eta)
        assert_allclose(value[wrong], 2 * np.abs(eta[wrong]))
        assert_allclose(value[~wrong], 2 * np.exp(-np.abs(eta[~wrong])), rtol=1e-12)
        assert_allclose(np.abs(e), np.where(wrong, 1.0, np.exp(-np.abs(eta))), rtol=1e-12)
        assert_allclose(loss.curvature(y, eta), np.exp(-np.abs(eta)), rtol=1e-12)
        assert np.all(loss.gauss_newton_weight(y, eta) > 0)


@pytest.mark.parametrize("share", [0.0, 1e-3, 0.5, 1.0])
def test_offset_of_labels(share):
    """The labels add up to the probabilities; of labels that are all equal it is finite."""
    rng = np.random.default_rng(0)
    y = (np.arange(1000) < 1000 * share).astype(float)
    images, w = 50.0 * rng.standard_normal(1000), rng.uniform(0.5, 2.0, 1000)
    c = LogLoss().offset(y, images, w)
    assert np.isfinite(c)
    assert_allclose(w @ expit(images + c), w @ y, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("fit_intercept", [False, True])
def test_unit_of_the_curvature(fit_intercept):
    """κ times the mean curvature of a constant is one in normalised units."""
    X, y, _ = labelled("matrix")
    problem = problem_of(X, y, "matrix", fit_intercept=fit_intercept)
    A, w = explicit_matrices(problem), problem.weights
    if fit_intercept:
        A = A - np.einsum("i,iab->ab", w, A)
    kappa = w @ (A**2).sum(axis=(1, 2)) / problem.model.n_parameters(problem.dim)
    assert_allclose(kappa * Objective(problem).empty.curvature_weights.sum(), 1.0)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("rank", [0, 1, 2])
def test_score_statistic_by_definition(measurement, fit_intercept, rank):
    """Least squares over explicit matrices, the tangent space by its Jacobian."""
    X, y, _ = labelled(measurement, n=300, d=5)
    problem = problem_of(X, y, measurement, fit_intercept=fit_intercept).whitened()
    start = spectral_start(problem, 3).take(slice(rank))
    point = gauss_newton(Objective(problem), start, tol=1e-10, max_iter=100).point
    U, A, w = point.U, explicit_matrices(problem), problem.weights
    eta = np.einsum("iab,ak,bk->i", A, U, U) + point.offset
    p = expit(eta)
    Q = np.linalg.svd(U)[0][:, U.shape[1] :]
    R = np.einsum("i,iab->ab", w * (y - p), A)
    values, vectors = np.linalg.eigh(Q.T @ R @ Q)
    v = Q @ vectors[:, -1]
    b, h = np.einsum("iab,a,b->i", A, v, v), w * p * (1 - p)
    tangent = np.einsum("iab,bk->iak", A, U).reshape(len(A), -1)
    if fit_intercept:
        tangent = np.column_stack([tangent, np.ones(len(A))])
    if tangent.size:
        root = np.sqrt(h)
        b = b - tangent @ np.linalg.lstsq(root[:, None] * tangent, root * b)[0]
    q = [problem.degrees_of_freedom(j) for j in (U.shape[1], U.shape[1] + 1)]
    score = (w @ ((y - p) * b)) ** 2 / (h @ b**2)
    expected = (len(y) - fit_intercept - q[1]) * score / (q[1] - q[0])
    if values[-1] < 0:
        # Without an offset the loss may rise in all directions off the span.
        expected = 0.0
    assert_allclose(score_statistic(point), expected, rtol=1e-4)


def test_score_of_a_full_factor_is_zero():
    X, y, _ = labelled("rank-one", n=200, d=2)
    problem = problem_of(X, y, "rank-one")
    assert score_statistic(Objective(problem).at(Factor(np.eye(2)))) == 0.0


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_rank_of_labels(measurement):
    for seed in range(3):
        X, y, factor = labelled(measurement, seed=seed, size=2.0)
        found = find_rank(problem_of(X, y, measurement).whitened(), 8, tol=1e-8)
        assert found.factor.n_columns == factor.shape[1]
        assert found.decided
        assert not found.is_exact


def test_labels_without_signal_have_rank_zero():
    X, y, _ = labelled("rank-one", size=0.0)
    assert find_rank(problem_of(X, y, "rank-one").whitened(), 8, tol=1e-8).factor.n_columns == 0


@pytest.mark.parametrize("seed", [0, 3, 5])
def test_fits_of_labels_end_at_their_tolerance(seed):
    """Two classes of other variances, whose matrix is indefinite, leave large residuals.

    Steps of Gauss-Newton are then too long near the end, where values no longer tell; fine-tuning
    of the first two seeds gave a ConvergenceWarning.
    """
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(1000, 5)), np.repeat([0, 1], 500)
    X[y == 1] *= [3.0, 1.0 / 3.0, 1.0, 1.0, 1.0]
    with pytest.warns(RankWarning, match="a column that counts negatively"):
        model = make_pruning_pipeline(loss="log_loss").fit(X, y)
    assert model["tune"].rank_ == 1


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_weights_of_labels_are_repeats(measurement):
    X, y, _ = labelled(measurement, n=700, d=6)
    w = np.random.default_rng(1).integers(0, 4, len(y))
    weighted = problem_of(X, y, measurement, w.astype(float)).whitened()
    repeated = problem_of(np.repeat(X, w, axis=0), np.repeat(y, w), measurement).whitened()
    points = [
        gauss_newton(Objective(problem), spectral_start(problem, 1), tol=1e-10, max_iter=100).point
        for problem in (weighted, repeated)
    ]
    assert_allclose(points[0].value, points[1].value, rtol=1e-10)
    assert_allclose(*[score_statistic(point) for point in points], rtol=1e-5)
    found = [find_rank(problem, 6, tol=1e-9) for problem in (weighted, repeated)]
    assert found[0].factor.n_columns == found[1].factor.n_columns
    matrices = [
        problem.to_parent(one.factor).matrix
        for problem, one in zip((weighted, repeated), found, strict=True)
    ]
    assert_allclose(*matrices, rtol=1e-5, atol=1e-7)


def test_separated_labels_are_not_decided():
    """Labels without noise: the fit grows without end, and does not tell the rank."""
    X, eta, _ = make_matrix_sensing(300, 4, 1, random_state=0)
    y = (eta > np.median(eta)).astype(float)
    found = find_rank(problem_of(X, y, "rank-one").whitened(), 4, tol=1e-8)
    assert found.is_exact
    assert not found.decided
