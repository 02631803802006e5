"""The penalty, the units and the certificate; test_contracts.py has values and derivatives."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from problems import (
    MEASUREMENTS,
    brute_force_hessian,
    dense_matrices,
    explicit_matrices,
    random_problem,
    random_rows,
)

from sklearn_prune.models import Factor, Positive
from sklearn_prune.objective import (
    NO_PENALTY,
    Formulation,
    GroupLasso,
    Objective,
    Problem,
    certify,
    smallest_curvature,
)
from sklearn_prune.solvers import spectral_start, trust_region_newton, working_set

PENALTIES = [NO_PENALTY, GroupLasso.tied(0.3), GroupLasso(0.2, 1e-3)]


@pytest.fixture(params=[(m, c) for m in MEASUREMENTS for c in (False, True)], ids=str)
def case(request):
    measurement, fit_intercept = request.param
    rng = np.random.default_rng(1)
    problem, A = random_problem(rng, 30, 4, measurement, fit_intercept=fit_intercept)
    return problem, A, rng


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
    assert GroupLasso(alpha, 0.98 * penalty.beta).smallest_nonzero_sq_norm() > 0
    assert penalty.smallest_nonzero_sq_norm() == 0.0
    assert_allclose(penalty.tau, penalty.beta, rtol=1e-12)
    again = GroupLasso.from_tau(penalty.tau)
    assert_allclose([again.alpha, again.beta], [alpha, penalty.beta], rtol=1e-12)


@pytest.mark.parametrize("beta", [1e-1, 1e-3, 1e-8])
def test_smallest_nonzero_sq_norm_minimises_h(beta):
    alpha = 2.0
    penalty = GroupLasso(alpha, beta)
    s = penalty.smallest_nonzero_sq_norm()
    grid = s * np.linspace(0.5, 2, 2001)
    h = grid + penalty.derivative(grid) / 2
    assert abs(grid[h.argmin()] / s - 1) < 1e-3
    if beta == 1e-8:
        assert_allclose(s, (alpha / 8) ** (2 / 3), rtol=1e-4)
        assert_allclose(h.min(), 3 * (alpha / 8) ** (2 / 3), rtol=1e-4)


def test_canonical_factor_is_the_singular_value_decomposition():
    rng = np.random.default_rng(0)
    U = rng.standard_normal((6, 3))
    Q, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    canonical = Positive().canonicalize(Factor(U)).U
    # Signs are fixed too, so that the factor of M is unique.
    assert_allclose(canonical, Positive().canonicalize(Factor(U @ Q)).U, atol=1e-12)
    gram = canonical.T @ canonical
    assert_allclose(gram, np.diag(np.diag(gram)), atol=1e-12)
    assert np.all(np.diff(np.diag(gram)) <= 0)


def test_degrees_of_freedom_is_the_rank_of_the_tangent_space():
    rng = np.random.default_rng(0)
    d, r = 6, 3
    U = rng.standard_normal((d, r))
    units = np.eye(d * r).reshape(-1, d, r)
    tangents = [U @ E.T + E @ U.T for E in units]
    rank = np.linalg.matrix_rank(np.array(tangents).reshape(d * r, -1))
    assert Positive().degrees_of_freedom(d, r) == rank
    assert Positive().degrees_of_freedom(d, d) == Positive().n_parameters(d)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_units_by_definition(measurement, fit_intercept):
    """κ and the spread of y are 1 after normalising, and the way back is exact."""
    rng = np.random.default_rng(0)
    X = random_rows(rng, 40, 4, measurement) + 0.3
    w = rng.uniform(0.5, 2, 40)
    y = rng.standard_normal(40) * 7 + 3
    problem = Problem.from_data(X, y, w, Formulation(measurement, fit_intercept))
    A = dense_matrices(X, measurement)
    mean = np.einsum("i,iab->ab", w / w.sum(), A) if fit_intercept else 0.0
    kappa = w @ ((A - mean) ** 2).sum(axis=(1, 2)) / (10 * w.sum())
    assert_allclose(problem.scaling.root_kappa**2, kappa, rtol=1e-10)
    middle = np.average(y, weights=w) if fit_intercept else 0.0
    spread = np.sqrt(np.average((y - middle) ** 2, weights=w))
    assert_allclose(problem.scaling.unit("y"), spread, rtol=1e-12)
    root_kappa = problem.scaling.root_kappa
    assert_allclose(problem.sensing.adjoint(np.eye(40)[3]) * root_kappa, A[3], atol=1e-12)
    U = rng.standard_normal((4, 2))
    fitted = problem.export(Factor(U), n_columns=3)
    assert fitted.factor.shape == (4, 3)
    assert_allclose(problem.import_factor(fitted).U[:, :2], U, rtol=1e-14)
    predicted = problem.sensing.forward(U) + problem.offset(Factor(U))
    assert_allclose(fitted.predict(X), predicted * spread, rtol=1e-10)


def test_samples_of_weight_zero_are_left_out():
    rng = np.random.default_rng(0)
    X, y, w = rng.standard_normal((30, 4)), rng.standard_normal(30), np.ones(30)
    w[10:] = 0.0
    weighted = Problem.from_data(X, y, w, Formulation(fit_intercept=True))
    part = Problem.from_data(X[:10], y[:10], w[:10], Formulation(fit_intercept=True))
    factor = Factor(rng.standard_normal((4, 2)))
    assert weighted.scaling == part.scaling
    assert weighted.mean_loss(factor) == part.mean_loss(factor)
    # Zero weights in the place of a copy: the same problem in the units of the whole.
    whole = Problem.from_data(X, y, np.ones(30), Formulation(fit_intercept=True))
    again = whole.reweighted(w)
    unit = whole.scaling.unit("loss") * again.scaling.unit("loss")
    size = whole.scaling.unit("U") * again.scaling.unit("U") / part.scaling.unit("U")
    assert_allclose(
        again.mean_loss(Factor(factor.U / size)) * unit,
        part.mean_loss(factor) * part.scaling.unit("loss"),
        rtol=1e-10,
    )


def test_responses_that_vanish_beside_the_others_are_no_unit():
    X, y = np.random.default_rng(0).standard_normal((6, 2)), np.array([1.0, 0, 0, 0, 0, 5e-324])
    part = Problem.from_data(X, y, np.ones(6), Formulation()).reweighted(np.arange(6.0))
    assert not np.any(part.y)
    assert part.scaling.unit("alpha") > 0


def with_zero_columns(U, count):
    return np.hstack([U, np.zeros((len(U), count))])


def smallest_hessian_eigenvalue(problem, A, penalty, U):
    return np.linalg.eigvalsh(brute_force_hessian(problem, A, penalty, U))[0]


def test_certificates_agree_with_the_whole_hessian_where_they_hold(case):
    problem, A, _ = case
    penalty = GroupLasso.from_tau(0.1)
    objective = Objective(problem, penalty)
    solution, certificate = working_set(
        objective, spectral_start(problem, 3), 6, tol=1e-10, max_iter=500
    )
    assert certificate.holds
    assert 0 < solution.U.shape[1] < 6
    U = with_zero_columns(solution.U, 6 - solution.U.shape[1])
    H = brute_force_hessian(problem, A, penalty, U)
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


def test_certificate_fails_where_a_solver_stopped_too_early(case):
    problem, _, _ = case
    objective = Objective(problem, GroupLasso.from_tau(0.02))
    solution, certificate = working_set(
        objective, spectral_start(problem, 2), 4, tol=1e-10, max_iter=1
    )
    assert not certificate.holds
    assert not solution.converged
    assert certificate.gradient_norm > 1e-10


def test_certificate_fails_where_a_column_is_missing(case):
    """Exactly stationary on one column, and the whole Hessian has a negative eigenvalue."""
    problem, A, _ = case
    penalty = GroupLasso.from_tau(0.02)
    objective = Objective(problem, penalty)
    solution = trust_region_newton(objective, spectral_start(problem, 1), tol=1e-10, max_iter=500)
    point = objective.at(solution.U)
    certificate = certify(point, has_zero_column=True, tol=1e-10)
    assert certificate.gradient_norm <= 1e-10
    assert certificate.top_residual_eigenvalue > certificate.tau
    assert not certificate.holds
    assert certify(point, has_zero_column=False, tol=1e-10).holds
    full = with_zero_columns(solution.U, 1)
    lowest = smallest_hessian_eigenvalue(problem, A, penalty, full)
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
    problem = Problem.from_data(X, y, np.ones(n), Formulation("matrix"))
    A = explicit_matrices(problem)
    penalty = GroupLasso(0.5, 1e-6)
    objective = Objective(problem, penalty)

    # Newton on the gradient alone goes to the stationary point nearby, of whatever kind.
    short = 0.1 * np.sqrt(penalty.smallest_nonzero_sq_norm())
    U = short * truth
    for _ in range(50):
        H = brute_force_hessian(problem, A, penalty, U)
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
    assert_allclose(smallest_hessian_eigenvalue(problem, A, penalty, full), curvature, rtol=1e-8)


def test_smallest_curvature_of_a_large_factor_is_found_without_the_hessian(case):
    problem, A, rng = case
    U = rng.standard_normal((4, 3))
    penalty = PENALTIES[1]
    point = Objective(problem, penalty).at(with_zero_columns(U, 2))
    curvature = smallest_curvature(point, dense_hessian=0)
    assert_allclose(curvature, smallest_hessian_eigenvalue(problem, A, penalty, U), rtol=1e-8)


def test_no_living_column_has_no_curvature(case):
    problem, _, _ = case
    assert smallest_curvature(Objective(problem).at(np.zeros((4, 2)))) == np.inf


def test_preconditioner_is_the_diagonal_of_the_penalty_as_well():
    """A Hessian that is all penalty: columns of their own, short, and next to no loss."""
    rng = np.random.default_rng(0)
    problem, _ = random_problem(rng, 30, 4, "matrix", fit_intercept=False)
    penalty = GroupLasso(1e6, 1.0)
    point = Objective(problem, penalty).at(np.full((4, 2), 1e-3))
    exact = point.hessian_product(np.eye(4, 2))[[0, 1], [0, 1]]
    assert_allclose(point.hessian_diagonal[[0, 1], [0, 1]], exact, rtol=1e-4)
