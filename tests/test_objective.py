"""Values, derivatives and certificates against brute force. The maps are tested before this."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from problems import MEASUREMENTS, brute_force_hessian, dense_matrices, random_loss, random_rows

from sklearn_prune.objective import (
    NO_PENALTY,
    GroupLasso,
    Objective,
    certify,
    normalised_loss,
    smallest_curvature,
)
from sklearn_prune.sensing import sensing_map
from sklearn_prune.solvers import active_columns, newton_cg, spectral_start, turn

PENALTIES = [NO_PENALTY, GroupLasso.tied(0.3), GroupLasso(0.2, 1e-3)]


@pytest.fixture(params=[(m, c) for m in MEASUREMENTS for c in (False, True)], ids=str)
def problem(request):
    measurement, centred = request.param
    rng = np.random.default_rng(1)
    loss, A = random_loss(rng, 30, 4, measurement, centred=centred)
    return loss, A, rng


def test_value_by_definition(problem):
    loss, A, rng = problem
    U = rng.standard_normal((4, 3))
    e = loss.y - np.einsum("iab,ab->i", A, U @ U.T)
    if loss.centred:
        e = e - np.average(e, weights=loss.weights)
    s = (U**2).sum(axis=0)
    expected = np.average(e**2, weights=loss.weights) + 0.2 * np.sum(s / np.sqrt(s + 1e-3))
    assert_allclose(Objective(loss, GroupLasso(0.2, 1e-3)).at(U).value, expected, rtol=1e-13)


@pytest.mark.parametrize("penalty", PENALTIES, ids=str)
def test_gradient_and_hessian_against_finite_differences(problem, penalty):
    loss, _, rng = problem
    objective = Objective(loss, penalty)
    U, V = rng.standard_normal((2, 4, 3))
    h = 1e-5
    up, down = objective.at(U + h * V), objective.at(U - h * V)
    point = objective.at(U)
    assert_allclose(np.vdot(point.gradient, V), (up.value - down.value) / (2 * h), rtol=1e-6)
    difference = (up.gradient - down.gradient) / (2 * h)
    assert_allclose(point.hessian_product(V), difference, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("penalty", PENALTIES, ids=str)
def test_hessian_product_against_the_whole_hessian(problem, penalty):
    loss, A, rng = problem
    U, V = rng.standard_normal((2, 4, 3))
    H = brute_force_hessian(loss, A, penalty, U)
    product = Objective(loss, penalty).at(U).hessian_product(V)
    assert_allclose(product.ravel(), H @ V.ravel(), rtol=1e-10, atol=1e-10)


def test_gradient_is_the_formula_with_the_residual_matrix(problem):
    loss, _, rng = problem
    penalty = GroupLasso(0.2, 0.1)
    U = rng.standard_normal((4, 3))
    point = Objective(loss, penalty).at(U)
    s = (U**2).sum(axis=0)
    slopes = 0.2 * (s + 0.2) / (2 * (s + 0.1) ** 1.5)
    assert_allclose(point.gradient, -4 * point.residual_matrix @ U + 2 * slopes * U, atol=1e-12)


def test_offset_is_the_best_one(problem):
    loss, A, rng = problem
    U = 0.3 * rng.standard_normal((4, 2))
    e = loss.y - np.einsum("iab,ab->i", A, U @ U.T)
    best = np.average(e, weights=loss.weights) if loss.centred else 0.0
    assert_allclose(loss.offset(U), best, atol=1e-13)


def test_penalty_derivatives():
    s = np.geomspace(1e-4, 10, 9)
    h = 1e-6 * s
    for penalty in PENALTIES:

        def value(t, penalty=penalty):
            return np.array([penalty.value(np.array([x])) for x in t])

        slope = (value(s + h) - value(s - h)) / (2 * h)
        assert_allclose(penalty.derivative(s), slope, rtol=1e-6, atol=1e-12)
        bend = (penalty.derivative(s + h) - penalty.derivative(s - h)) / (2 * h)
        assert_allclose(penalty.second_derivative(s), bend, rtol=1e-6, atol=1e-12)


def test_penalty_limits():
    """``α ||u||`` for long columns, ``α ||u||²/√β`` for short ones, nothing without alpha."""
    penalty = GroupLasso(0.5, 1e-6)
    assert_allclose(penalty.value(np.array([4.0])), 0.5 * 2.0, rtol=1e-6)
    assert_allclose(penalty.value(np.array([1e-12])), 0.5 * 1e-12 / 1e-3, rtol=1e-5)
    assert NO_PENALTY.tau == NO_PENALTY.value(np.array([4.0])) == 0.0
    assert_allclose(penalty.tau, penalty.derivative(np.array([0.0]))[0] / 2, rtol=1e-14)


@pytest.mark.parametrize("alpha", [0.01, 0.7, 30.0])
def test_tied_beta_is_the_smallest_without_hysteresis(alpha):
    """h increases from 0 on at the tied β, and does not at a slightly smaller one."""
    penalty = GroupLasso.tied(alpha)
    s = np.linspace(0, 20 * penalty.beta, 4001)

    def h(penalty):
        return s + penalty.derivative(s) / 2

    assert np.all(np.diff(h(penalty)) > 0)
    assert np.any(np.diff(h(GroupLasso(alpha, 0.98 * penalty.beta))) < 0)
    assert GroupLasso(alpha, 0.98 * penalty.beta).shortest_survivor() > 0
    assert penalty.shortest_survivor() == 0.0
    assert_allclose(penalty.tau, penalty.beta, rtol=1e-12)
    again = GroupLasso.at_level(penalty.tau)
    assert_allclose([again.alpha, again.beta], [alpha, penalty.beta], rtol=1e-12)


@pytest.mark.parametrize("beta", [1e-1, 1e-3, 1e-8])
def test_shortest_survivor_minimises_h(beta):
    alpha = 2.0
    penalty = GroupLasso(alpha, beta)
    s = penalty.shortest_survivor()
    grid = s * np.linspace(0.5, 2, 2001)
    h = grid + penalty.derivative(grid) / 2
    assert abs(grid[h.argmin()] / s - 1) < 1e-3
    if beta == 1e-8:
        assert_allclose(s, (alpha / 8) ** (2 / 3), rtol=1e-4)
        assert_allclose(h.min(), 3 * (alpha / 8) ** (2 / 3), rtol=1e-4)


def test_turning_never_raises_the_objective(problem):
    loss, _, rng = problem
    for _ in range(20):
        U = rng.standard_normal((4, 6)) * rng.uniform(0.01, 2, 6)
        turned = turn(U)
        assert_allclose(turned @ turned.T, U @ U.T, atol=1e-12)
        for penalty in PENALTIES:
            objective = Objective(loss, penalty)
            assert objective.at(turned).value <= objective.at(U).value * (1 + 1e-12)
    gram = turned.T @ turned
    assert_allclose(gram, np.diag(np.diag(gram)), atol=1e-12)
    assert np.all(np.diff(np.diag(gram)) <= 0)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize("centred", [False, True])
def test_curvature_by_definition(measurement, centred):
    """κ after normalising is 1, with ``Ā`` the mean where an offset is fitted."""
    rng = np.random.default_rng(0)
    X = random_rows(rng, 40, 4, measurement) + 0.3
    w = rng.uniform(0.5, 2, 40)
    y = rng.standard_normal(40) * 7 + 3
    loss, units = normalised_loss(sensing_map(X, measurement), y, w, centred=centred)
    A = dense_matrices(X, measurement)
    mean = np.einsum("i,iab->ab", w / w.sum(), A) if centred else 0.0
    kappa = w @ ((A - mean) ** 2).sum(axis=(1, 2)) / (10 * w.sum())
    assert_allclose(units.root_kappa**2, kappa, rtol=1e-10)
    middle = np.average(y, weights=w) if centred else 0.0
    spread = np.sqrt(np.average((y - middle) ** 2, weights=w))
    assert_allclose(units.response, spread, rtol=1e-12)
    assert_allclose(loss.sensing.adjoint(np.eye(40)[3]) * units.root_kappa, A[3], atol=1e-12)


def with_zero_columns(U, count):
    return np.hstack([U, np.zeros((len(U), count))])


def smallest_hessian_eigenvalue(loss, A, penalty, U):
    return np.linalg.eigvalsh(brute_force_hessian(loss, A, penalty, U))[0]


def test_certificates_agree_with_the_whole_hessian_where_they_hold(problem):
    loss, A, _ = problem
    penalty = GroupLasso.at_level(0.1)
    objective = Objective(loss, penalty)
    solution, certificate = active_columns(
        objective, spectral_start(loss, 3), 6, tol=1e-10, max_iter=500
    )
    assert certificate.holds
    assert 0 < solution.U.shape[1] < 6
    U = with_zero_columns(solution.U, 6 - solution.U.shape[1])
    H = brute_force_hessian(loss, A, penalty, U)
    curvature = smallest_curvature(objective.at(U))
    assert curvature > -1e-9
    assert np.linalg.eigvalsh(H)[0] > -1e-9
    # The Hessian does not couple a zero column to the others, and its block is 4 (τ I − R).
    own = np.arange(4) * 6 + 5
    R = objective.at(U).residual_matrix
    assert_allclose(H[np.ix_(own, own)], 4 * (penalty.tau * np.eye(4) - R), atol=1e-10)
    others = np.setdiff1d(np.arange(24), own)
    assert_allclose(H[np.ix_(own, others)], 0.0, atol=1e-12)
    # So the smallest eigenvalue of all is the smaller of what the two certificates look at.
    zero_block = 4 * (certificate.tau - certificate.top_residual_eigenvalue)
    assert_allclose(np.linalg.eigvalsh(H)[0], min(curvature, zero_block), atol=1e-9)


def test_certificate_fails_where_a_solver_stopped_too_early(problem):
    loss, _, _ = problem
    objective = Objective(loss, GroupLasso.at_level(0.02))
    solution, certificate = active_columns(
        objective, spectral_start(loss, 2), 4, tol=1e-10, max_iter=1
    )
    assert not certificate.holds
    assert not solution.converged
    assert certificate.gradient_norm > 1e-10


def test_certificate_fails_where_a_column_is_missing(problem):
    """Exactly stationary on one column, and the whole Hessian has a negative eigenvalue."""
    loss, A, _ = problem
    penalty = GroupLasso.at_level(0.02)
    objective = Objective(loss, penalty)
    solution = newton_cg(objective, spectral_start(loss, 1), tol=1e-10, max_iter=500)
    point = objective.at(solution.U)
    certificate = certify(point, has_zero_column=True, tol=1e-10)
    assert certificate.gradient_norm <= 1e-10
    assert certificate.top_residual_eigenvalue > certificate.tau
    assert not certificate.holds
    assert certify(point, has_zero_column=False, tol=1e-10).holds
    full = with_zero_columns(solution.U, 1)
    lowest = smallest_hessian_eigenvalue(loss, A, penalty, full)
    expected = 4 * (certificate.tau - certificate.top_residual_eigenvalue)
    assert_allclose(lowest, min(expected, smallest_curvature(point)), atol=1e-9)


def test_tiny_beta_passes_the_certificate_and_fails_the_full_check():
    """On the flank of a tiny β a column can be stationary where f curves down along it.

    ``h(s) = κ s + (α/2) ψ'(s)`` has two roots below the signal; the lower is a maximum of f.
    """
    rng = np.random.default_rng(0)
    n, d = 400, 3
    truth = np.array([[1.0], [0.0], [0.0]])
    X = rng.standard_normal((n, d * d))
    y = X @ (truth @ truth.T).ravel()
    loss, _ = normalised_loss(sensing_map(X, "matrix"), y, np.ones(n), centred=False)
    A = np.stack([loss.sensing.adjoint(e) for e in np.eye(n)])
    penalty = GroupLasso(0.5, 1e-6)
    objective = Objective(loss, penalty)

    # Newton on the gradient alone goes to the stationary point nearby, of whatever kind.
    short = 0.1 * np.sqrt(penalty.shortest_survivor())
    U = short * truth
    for _ in range(50):
        H = brute_force_hessian(loss, A, penalty, U)
        step = np.linalg.solve(H, objective.at(U).gradient.ravel()).reshape(U.shape)
        U = U - step / max(1.0, 10 * np.linalg.norm(step) / np.linalg.norm(U))
    point = objective.at(U)
    certificate = certify(point, has_zero_column=True, tol=1e-8)
    assert certificate.holds
    assert certificate.gradient_norm < 1e-10
    assert certificate.top_residual_eigenvalue < 0.1 * certificate.tau
    curvature = smallest_curvature(point)
    assert curvature < -0.1
    full = with_zero_columns(U, 1)
    assert_allclose(smallest_hessian_eigenvalue(loss, A, penalty, full), curvature, rtol=1e-8)


def test_smallest_curvature_of_a_large_factor_is_found_without_the_hessian(problem, monkeypatch):
    loss, A, rng = problem
    U = rng.standard_normal((4, 3))
    penalty = PENALTIES[1]
    monkeypatch.setattr("sklearn_prune.objective._certificate._DENSE_HESSIAN", 0)
    curvature = smallest_curvature(Objective(loss, penalty).at(with_zero_columns(U, 2)))
    assert_allclose(curvature, smallest_hessian_eigenvalue(loss, A, penalty, U), rtol=1e-8)


def test_no_living_column_has_no_curvature(problem):
    loss, _, _ = problem
    assert smallest_curvature(Objective(loss).at(np.zeros((4, 2)))) == np.inf


def test_preconditioner_is_the_diagonal_of_the_penalty_as_well():
    """A Hessian that is all penalty: columns of their own, short, and next to no loss."""
    loss, _ = random_loss(np.random.default_rng(0), 30, 4, "matrix", centred=False)
    penalty = GroupLasso(1e6, 1.0)
    point = Objective(loss, penalty).at(np.full((4, 2), 1e-3))
    exact = point.hessian_product(np.eye(4, 2))[[0, 1], [0, 1]]
    assert_allclose(point.hessian_diagonal[[0, 1], [0, 1]], exact, rtol=1e-4)
