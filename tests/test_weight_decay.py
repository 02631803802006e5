"""Weight decay on the columns is the nuclear norm of M."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from problems import explicit_matrices, random_problem

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
