"""Every algorithm ends at the same place. Objectives and certificates are tested before this."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from problems import (
    MEASUREMENTS,
    brute_force_hessian,
    explicit_matrices,
    relative_error,
    sensed_problem,
)
from scipy.optimize import minimize

from sklearn_prune.models import Factor, Positive
from sklearn_prune.objective import NO_PENALTY, GroupLasso, Objective
from sklearn_prune.solvers import (
    FINE_TUNING,
    SteihaugPath,
    gauss_newton,
    spectral_start,
    trust_region_newton,
    working_set,
)
from sklearn_prune.solvers._least_squares import fit_in_span

TOL = 1e-9
MODEL = Positive()


@pytest.fixture(params=[(m, c) for m in MEASUREMENTS for c in (False, True)], ids=str)
def noisy(request):
    measurement, centred = request.param
    problem, _ = sensed_problem(
        measurement,
        n_samples=300,
        dim=10,
        rank=2,
        noise=0.3,
        condition_number=2,
        fit_intercept=centred,
    )
    return problem


def scipy_value(objective, U):
    """What SciPy's L-BFGS makes of all columns of U."""

    def value_and_gradient(u):
        point = objective.at(u.reshape(U.shape))
        return point.value, point.gradient.ravel()

    options = {"maxiter": 20_000, "maxfun": 40_000, "gtol": 1e-9, "ftol": 1e-15}
    result = minimize(value_and_gradient, U.ravel(), jac=True, method="L-BFGS-B", options=options)
    return result.fun


@pytest.mark.parametrize("start", ["few", "none", "all"])
def test_working_set_reach_the_value_of_all_columns(noisy, start):
    objective = Objective(noisy, GroupLasso.from_tau(0.15))
    rng = np.random.default_rng(0)
    U = {
        "few": spectral_start(noisy, 4),
        "none": Factor(np.empty((10, 0))),
        "all": Factor(rng.standard_normal((10, 10)) / 10),
    }[start]
    solution, certificate = working_set(objective, U, 10, tol=TOL, max_iter=500)
    assert certificate.holds
    assert solution.converged
    reference = scipy_value(objective, rng.standard_normal((10, 10)) / 10)
    assert_allclose(solution.curve[-1], reference, rtol=1e-7)
    assert_allclose(solution.curve[-1], objective.at(solution.U).value, rtol=1e-12)


def test_working_set_without_a_penalty_grow_until_nothing_is_gained(noisy):
    objective = Objective(noisy, NO_PENALTY)
    U = spectral_start(noisy, 1)
    solution, certificate = working_set(objective, U, 10, tol=1e-6, max_iter=2000)
    assert certificate.holds
    rng = np.random.default_rng(0)
    reference = scipy_value(objective, rng.standard_normal((10, 10)) / 10)
    assert_allclose(solution.curve[-1], reference, rtol=1e-5)


def test_working_set_keep_to_k(noisy):
    objective = Objective(noisy, GroupLasso.from_tau(1e-3))
    solution, certificate = working_set(
        objective, spectral_start(noisy, 1), 1, tol=TOL, max_iter=500
    )
    assert solution.U.shape == (10, 1)
    assert certificate.holds
    assert certificate.top_residual_eigenvalue > certificate.tau


def test_a_column_just_above_the_level_is_kept_though_it_is_short():
    """Dropping is eager: what the certificate asks back must come to stay."""
    problem, _ = sensed_problem("matrix", n_samples=4000, dim=5, rank=1)
    top = np.linalg.eigvalsh(problem.residual_matrix(problem.y))[-1]
    penalty = GroupLasso.from_tau(top * (1 - 1e-4))
    solution, certificate = working_set(
        Objective(problem, penalty), spectral_start(problem, 1), 5, tol=1e-8, max_iter=500
    )
    assert certificate.holds
    assert solution.U.shape[1] == 1
    assert np.linalg.norm(solution.U) ** 2 < 0.09 * penalty.beta


def test_nothing_lives_above_the_tau_max(noisy):
    top = np.linalg.eigvalsh(Objective(noisy).at(np.empty((10, 0))).residual_matrix)[-1]
    objective = Objective(noisy, GroupLasso.from_tau(1.001 * top))
    U = Factor(np.empty((10, 0)))
    solution, certificate = working_set(objective, U, 10, tol=TOL, max_iter=100)
    assert certificate.holds
    assert solution.U.shape == (10, 0)


@pytest.mark.parametrize("solver", FINE_TUNING)
def test_fine_tuning_ends_at_the_same_value_from_the_same_start(noisy, solver):
    objective = Objective(noisy)
    start = spectral_start(noisy, 2)
    solution = FINE_TUNING[solver](objective, start, tol=1e-8, max_iter=5000)
    assert solution.converged
    reference = trust_region_newton(objective, start, tol=1e-11, max_iter=100)
    assert_allclose(solution.curve[-1], reference.curve[-1], rtol=1e-10)
    assert_allclose(solution.U @ solution.U.T, reference.U @ reference.U.T, atol=1e-5)
    assert_allclose(solution.curve[0], objective.at(start).value, rtol=1e-14)
    assert_allclose(solution.curve[-1], objective.at(solution.U).value, rtol=1e-12)
    assert np.all(np.diff(solution.curve) <= 1e-12)


@pytest.mark.parametrize("solver", FINE_TUNING)
@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_fine_tuning_recovers_a_noiseless_truth(measurement, solver):
    problem, factor = sensed_problem(measurement, n_samples=400, dim=12, rank=2, condition_number=3)
    solution = FINE_TUNING[solver](
        Objective(problem), spectral_start(problem, 2), tol=1e-8, max_iter=5000
    )
    assert relative_error(solution.U, factor, problem.scaling.unit("M")) < 1e-6


@pytest.mark.parametrize("solver", FINE_TUNING)
def test_fine_tuning_more_numbers_than_samples_does_not_diverge(solver):
    rng = np.random.default_rng(0)
    for measurement in MEASUREMENTS:
        problem, _ = sensed_problem(measurement, n_samples=20, dim=10, rank=3, noise=0.1)
        start = Factor(rng.standard_normal((10, 6)) / 4)
        solution = FINE_TUNING[solver](Objective(problem), start, tol=1e-6, max_iter=3000)
        assert np.all(np.isfinite(solution.U))
        assert np.all(np.diff(solution.curve) <= 1e-12)
        assert solution.curve[-1] < 1e-5


@pytest.mark.parametrize("solver", FINE_TUNING)
def test_a_step_limit_is_kept_and_told(noisy, solver):
    start = spectral_start(noisy, 2)
    solution = FINE_TUNING[solver](Objective(noisy), start, tol=1e-12, max_iter=2)
    assert solution.n_iter == 2
    assert not solution.converged


def test_newton_says_when_it_did_not_arrive(noisy):
    objective, start = Objective(noisy), spectral_start(noisy, 2)
    assert not trust_region_newton(objective, start, tol=1e-9, max_iter=1).converged
    assert trust_region_newton(objective, start, tol=1e-9, max_iter=100).converged


def test_newton_may_stop_where_little_is_left_to_gain(noisy):
    objective, start = Objective(noisy), spectral_start(noisy, 2)
    end = trust_region_newton(objective, start, tol=1e-12, max_iter=100).curve
    early = trust_region_newton(objective, start, tol=1e-12, max_iter=100, least_decrease=1e-2)
    assert len(early.curve) < len(end)
    assert not early.converged
    assert end[-1] < early.curve[-1] < (1 + 2e-2) * end[-1]
    # An exact fit gains until there is nothing left.
    exact, _ = sensed_problem("rank-one", n_samples=300, dim=10, rank=2)
    objective, start = Objective(exact), spectral_start(exact, 2)
    found = trust_region_newton(objective, start, tol=1e-10, max_iter=100, least_decrease=1e-2)
    assert found.curve[-1] < 1e-18


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_gauss_newton_is_quadratic_without_residuals(measurement):
    """With an offset too: its derivative is centred as the residual is."""
    problem, _ = sensed_problem(measurement, n_samples=300, dim=8, rank=2, fit_intercept=True)
    start = spectral_start(problem, 2)
    solution = FINE_TUNING["gauss-newton"](Objective(problem), start, tol=1e-10, max_iter=10)
    assert solution.converged


@pytest.mark.parametrize("solver", FINE_TUNING)
def test_a_factor_without_columns_is_left_alone(noisy, solver):
    solution = FINE_TUNING[solver](
        Objective(noisy), Factor(np.empty((10, 0))), tol=1e-8, max_iter=10
    )
    assert solution.U.shape == (10, 0)
    assert solution.converged
    assert solution.n_iter == 0


def test_gauss_newton_is_the_same_direct_and_by_conjugate_gradients(noisy):
    objective, start = Objective(noisy), spectral_start(noisy, 2)
    direct = gauss_newton(objective, start, tol=TOL, max_iter=100)
    iterative = gauss_newton(objective, start, tol=TOL, max_iter=100, most_entries=0)
    assert_allclose(direct.U @ direct.U.T, iterative.U @ iterative.U.T, atol=1e-8)


def tail_rate(curve):
    """Contraction of the distance a step, when all but the slowest error is gone."""
    curve = np.array(curve)
    tail = curve[(curve < 1e-14 * curve[0]) & (curve > 1e-25 * curve[0])]
    return np.exp(np.polyfit(np.arange(len(tail)), np.log(tail), 1)[0] / 2)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize("condition_number", [1, 4])
def test_gradient_descent_contracts_as_the_curvatures_say(measurement, condition_number):
    """``1 − μ/L`` a step, μ the smallest curvature at the solution that turning leaves."""
    problem, _ = sensed_problem(
        measurement, n_samples=400, dim=6, rank=2, condition_number=condition_number
    )
    objective = Objective(problem)
    solution = FINE_TUNING["gd"](objective, spectral_start(problem, 2), tol=1e-13, max_iter=10_000)
    A = explicit_matrices(problem)
    curvatures = np.linalg.eigvalsh(brute_force_hessian(problem, A, NO_PENALTY, solution.U))
    smallest = curvatures[curvatures > 1e-6 * curvatures[-1]][0]
    assert_allclose(1 - tail_rate(solution.curve), smallest / curvatures[-1], rtol=0.05)


@pytest.mark.parametrize("condition_number", [1, 4])
def test_gradient_descent_contracts_as_the_closed_form_says(condition_number):
    """Matrix measurements of unit κ: ``1 − σ_r / (2 σ_1)``."""
    problem, _ = sensed_problem(
        "matrix", n_samples=20_000, dim=5, rank=2, condition_number=condition_number
    )
    start = Factor(spectral_start(problem, 2).U * 1.1)
    solution = FINE_TUNING["gd"](Objective(problem), start, tol=1e-13, max_iter=10_000)
    assert_allclose(1 - tail_rate(solution.curve), 1 / (2 * condition_number), rtol=0.1)


def test_scaled_gradient_descent_does_not_mind_the_condition_number():
    steps = []
    for condition_number in (2, 50):
        problem, _ = sensed_problem(
            "matrix", n_samples=2000, dim=8, rank=2, condition_number=condition_number
        )
        start = spectral_start(problem, 2)
        solution = FINE_TUNING["scaled-gd"](Objective(problem), start, tol=1e-9, max_iter=1000)
        assert solution.converged
        steps.append(solution.n_iter)
    assert steps[1] < 1.5 * steps[0]


def test_span_fit_is_exact_in_the_span():
    for measurement, centred in [(m, c) for m in MEASUREMENTS for c in (False, True)]:
        problem, factor = sensed_problem(
            measurement, n_samples=100, dim=8, rank=2, fit_intercept=centred
        )
        V, _ = np.linalg.qr(np.column_stack([factor, np.ones((8, 1))]))
        U = fit_in_span(Objective(problem).at(np.empty((8, 0))), V)[0].U
        # The third column explains nothing, and may be left out or be rounding.
        assert relative_error(U, factor, problem.scaling.unit("M")) < 1e-10


def test_products_of_fitted_columns_are_those_of_the_samples():
    for measurement, centred in [(m, c) for m in MEASUREMENTS for c in (False, True)]:
        problem, factor = sensed_problem(
            measurement, n_samples=100, dim=8, rank=2, fit_intercept=centred
        )
        V, _ = np.linalg.qr(np.column_stack([factor, np.ones((8, 1))]))
        point = Objective(problem).empty
        columns, products = fit_in_span(point, V)
        h, first = point.gauss_newton_weights, np.triu_indices(columns.n_columns)
        expected = np.diag(problem.sensing.span_sums(columns.U, h, h)[0])
        assert columns.n_columns > 1
        assert_allclose(products[first], expected, rtol=1e-9, atol=1e-12 * expected.max())


def test_spectral_start_points_at_the_truth():
    for measurement in MEASUREMENTS:
        problem, factor = sensed_problem(measurement, n_samples=5000, dim=10, rank=3, noise=0.1)
        start = spectral_start(problem, 3).U
        assert relative_error(start, factor, problem.scaling.unit("M")) < 0.3
        assert spectral_start(problem, 10).shape[1] <= 10


def stationary_point(measurement="matrix"):
    """A point of the penalised problem with three columns of different lengths."""
    problem, _ = sensed_problem(
        measurement, n_samples=400, dim=8, rank=3, noise=0.1, condition_number=4
    )
    objective = Objective(problem, GroupLasso.from_tau(0.02))
    solution, certificate = working_set(
        objective, spectral_start(problem, 8), 8, tol=1e-11, max_iter=200
    )
    assert certificate.holds
    assert solution.U.shape[1] == 3
    return objective, objective.at(solution.U)


def quotient_product(point, V):
    HV, RZ, slopes = point.hessian_product(V), point.residual_product, point.penalty_slopes
    return MODEL.quotient_hessian_product(point.factor, HV, RZ, slopes)


def test_horizontal_directions_do_not_rotate():
    rng = np.random.default_rng(0)
    factor = MODEL.canonicalize(Factor(rng.standard_normal((6, 3))))
    U = factor.U
    V = rng.standard_normal((6, 3))
    H = MODEL.project_horizontal(factor, V)
    assert_allclose(U.T @ H, (U.T @ H).T, atol=1e-12)
    assert_allclose(MODEL.project_horizontal(factor, H), H, atol=1e-12)
    omega = rng.standard_normal((3, 3))
    omega = omega - omega.T
    assert_allclose(MODEL.project_horizontal(factor, U @ omega), 0.0, atol=1e-12)
    # An orthogonal projection: what is taken out is orthogonal to what is left.
    assert abs(np.vdot(V - H, H)) < 1e-12


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_quotient_hessian_is_that_of_the_objective_minimised_over_rotations(measurement):
    """``d²/dt² min_Q f((U + t V) Q)`` by finite differences, at a stationary point."""
    objective, point = stationary_point(measurement)
    rng = np.random.default_rng(0)
    plain = []
    for _ in range(5):
        V = MODEL.project_horizontal(point.factor, rng.standard_normal(point.U.shape))
        h = 1e-3
        values = [
            objective.at(MODEL.canonicalize(point.factor.moved(t * V))).value
            for t in (-2 * h, -h, h, 2 * h)
        ]
        weights = np.array([-1, 16, 16, -1]) / 12
        second = (weights @ values - 2.5 * point.value) / h**2
        assert_allclose(np.vdot(V, quotient_product(point, V)), second, rtol=1e-5)
        plain.append(np.vdot(V, point.hessian_product(V)) / second - 1.0)
    # The Hessian itself is larger, since it does not minimise over rotations.
    assert max(plain) > 1e-4


def test_a_smaller_region_is_the_beginning_of_the_same_path():
    problem, _ = sensed_problem("rank-one", n_samples=300, dim=8, rank=2, noise=0.1)
    objective = Objective(problem, GroupLasso.from_tau(0.02))
    point = objective.at(MODEL.canonicalize(spectral_start(problem, 4)))
    path = SteihaugPath(point, 10.0, 1e-6)
    for radius in (5.0, 1.0, 0.3, 0.01):
        kept, decrease, length = path.within(radius)
        anew, same, _ = SteihaugPath(point, radius, 1e-6).within(radius)
        assert_allclose(kept, anew, atol=1e-10)
        assert_allclose(decrease, same, rtol=1e-8)
        assert length <= radius * (1 + 1e-12)
        model = -np.vdot(point.gradient, kept) - 0.5 * np.vdot(kept, point.hessian_product(kept))
        assert_allclose(decrease, model, rtol=1e-8)
