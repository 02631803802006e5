"""The contracts of maps, models and losses, crossed: every member keeps every law.

A new map is one more entry of ``problems.MAPS``; a new model or loss is found by its list. Each
test runs over all maps × models × losses × offset × weights, against explicit matrices or
differences.
"""

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose
from problems import MAPS, as_array, brute_force_hessian, problem_of

from sklearn_prune.losses import LOSSES
from sklearn_prune.models import MODELS
from sklearn_prune.objective import NO_PENALTY, Formulation, GroupLasso, Objective

# More samples than the 16 of the smallest block of rows.
N, D, K = 40, 5, 3
PENALTIES = [NO_PENALTY, GroupLasso.tied(0.3), GroupLasso(0.2, 1e-3)]
WEIGHTS = {
    "equal": lambda rng: np.ones(N),
    "real": lambda rng: rng.uniform(0.5, 2.0, N),
    "some zero": lambda rng: np.where(np.arange(N) % 4 == 0, 0.0, rng.uniform(0.5, 2.0, N)),
}
CASES = list(product(MAPS, MODELS, LOSSES, [False, True], WEIGHTS))


class Case:
    """A problem in the units of its data, its matrices by definition, a factor and directions."""

    def __init__(self, map_name, model, loss, fit_intercept, weights):
        rng = np.random.default_rng(0)
        sensing, A = MAPS[map_name](rng, N, D)
        self.sensing, self.A = sensing.scaled(0.7), 0.7 * A
        self.U, self.V = 0.5 * rng.standard_normal((2, D, K))
        # Signs of both kinds, where the model has any: the first column, the second, the third.
        P = np.linalg.pinv(self.U)
        R = P.T @ np.diag([1.0, -1.0, 1.0]) @ P
        self.factor = MODELS[model]().give_signs(self.U, lambda: R)
        self.signs = self.factor.column_signs
        images = np.einsum("iab,ab->i", self.A, self.factor.matrix)
        # Residuals of all sizes, both signs, and a constant.
        y = images + rng.standard_normal(N) * np.geomspace(0.1, 3.0, N) + 0.5
        formulation = Formulation(
            fit_intercept=fit_intercept, model=MODELS[model](), loss=LOSSES[loss]()
        )
        if not formulation.loss.has_unit:
            y = (y > np.median(y)).astype(float)
        self.problem = problem_of(self.sensing, y, WEIGHTS[weights](rng), formulation)
        self.g = rng.standard_normal(N)
        self.h = rng.uniform(0.0, 2.0, N)
        self.rng = rng

    def adjoint(self, c):
        return np.einsum("i,iab->ab", c, self.A)

    def value_by_definition(self, factor, penalty):
        """The objective, with the best of all offsets by ternary search where one is fitted."""
        problem = self.problem
        M = factor.U @ np.diag(factor.column_signs) @ factor.U.T
        images = np.einsum("iab,ab->i", self.A, M)

        def loss(c):
            return float(problem.weights @ problem.loss.value(problem.y, images + c))

        low = high = 0.0
        if problem.profiles_offset:
            # The log odds of labels may be beyond their differences from the images.
            low, high = (problem.y - images).min() - 5.0, (problem.y - images).max() + 5.0
            for _ in range(200):
                third = (high - low) / 3
                if loss(low + third) < loss(high - third):
                    high -= third
                else:
                    low += third
        s = (factor.U**2).sum(axis=0)
        return loss(0.5 * (low + high)) + penalty.alpha * np.sum(s / np.sqrt(s + penalty.beta))


@pytest.fixture(params=CASES, ids=lambda case: "-".join(map(str, case)))
def case(request):
    return Case(*request.param)


def test_linear_parts_against_explicit_matrices(case):
    """Images, adjoint, and the sums that κ, ν̂, the start and the preconditioner need."""
    sensing, A, U, V, g, h = case.sensing, case.A, case.U, case.V, case.g, case.h
    D, signs = np.diag(case.signs), case.factor.signs
    Z = U @ D
    images = np.einsum("iab,ak,bk->i", A, Z, U)
    at = sensing.linearize(U, signs)
    assert_allclose(sensing.forward(U, signs), images, atol=1e-12)
    assert_allclose(at.images, images, atol=1e-12)
    assert_allclose(sensing.column_images(U), np.einsum("iab,ak,bk->ik", A, U, U), atol=1e-12)
    adjoint = as_array(sensing.adjoint(g))
    assert_allclose(adjoint, case.adjoint(g), atol=1e-12)
    # The adjoint test: <g, A(M)> = <A*(g), M>.
    assert_allclose(g @ images, np.vdot(adjoint, case.factor.matrix), rtol=1e-10)
    assert_allclose(at.adjoint_product(g), case.adjoint(g) @ Z, atol=1e-12)
    assert_allclose(at.jacobian(), 2 * np.einsum("iab,bk->iak", A, Z).reshape(N, -1), atol=1e-12)
    change = h * np.einsum("iab,ak,bk->i", A, Z, V)
    product, total = at.second_order(g, h)(V)
    assert_allclose(product, case.adjoint(g) @ V @ D - 2 * case.adjoint(change) @ Z, atol=1e-10)
    assert_allclose(total, change.sum(), atol=1e-10)
    assert_allclose(sensing.squared_norms(), np.einsum("iab,iab->i", A, A), rtol=1e-10)
    gram = np.einsum("i,iab,ibc->ac", h, A, A)
    assert_allclose(as_array(sensing.gram(h)), gram, rtol=1e-9, atol=1e-10)
    w = case.problem.weights
    mean = case.adjoint(w)
    for centred, middle in ((False, 0.0), (True, mean)):
        kappa = w @ ((A - middle) ** 2).sum(axis=(1, 2))
        assert_allclose(sensing.total_curvature(w, centred=centred), kappa, rtol=1e-9)
    # Features of a span are linear in the symmetric matrix.
    S = np.cov(case.rng.standard_normal((K, 9)))
    a, b = np.triu_indices(K)
    coefficients = np.where(a == b, 1.0, 2.0) * S[a, b]
    features = np.concatenate([block for _, block in sensing.span_features(U)])
    assert_allclose(features @ coefficients, np.einsum("iab,ab->i", A, U @ S @ U.T), atol=1e-10)


def test_parts_of_the_samples_add_up(case):
    """Taking all samples is the whole, and sums over two parts are the sum over all."""
    sensing, U, g, h = case.sensing, case.U, case.g, case.h
    first, second = np.arange(15), np.arange(15, N)
    assert_allclose(sensing.take(np.arange(N)).forward(U), sensing.forward(U), rtol=1e-13)

    def sums(samples):
        part = sensing.take(samples)
        at = part.linearize(U, case.factor.signs)
        return [
            as_array(part.adjoint(g[samples])),
            as_array(part.gram(h[samples])),
            at.adjoint_product(g[samples]),
            *at.second_order(g[samples], h[samples])(case.V),
        ]

    for one, two, whole in zip(sums(first), sums(second), sums(np.arange(N)), strict=True):
        assert_allclose(one + two, whole, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("penalty", PENALTIES, ids=str)
def test_value_by_definition(case, penalty):
    point = Objective(case.problem, penalty).at(case.factor)
    assert_allclose(point.value, case.value_by_definition(case.factor, penalty), rtol=1e-9)
    assert case.problem.profiles_offset == (point.offset != 0.0)


@pytest.mark.parametrize("penalty", PENALTIES, ids=str)
def test_gradient_and_hessian_product(case, penalty):
    """The gradient by differences of values, Hessian products by the whole Hessian."""
    objective = Objective(case.problem, penalty)
    factor, U, V = case.factor, case.U, case.V
    point = objective.at(factor)
    step = 1e-5
    up, down = objective.at(factor.moved(step * V)), objective.at(factor.moved(-step * V))
    slope = (up.value - down.value) / (2 * step)
    assert_allclose(np.vdot(point.gradient, V), slope, rtol=1e-5, atol=1e-7)
    s = (U**2).sum(axis=0)
    by_formula = -4 * (point.residual_matrix @ U) * case.signs + 2 * penalty.derivative(s) * U
    assert_allclose(point.gradient, by_formula, atol=1e-10)
    H = brute_force_hessian(case.problem, case.A, penalty, U, case.signs)
    assert_allclose(point.hessian_product(V).ravel(), H @ V.ravel(), rtol=1e-9, atol=1e-9)


def test_gauss_newton_parts(case):
    """The Jacobian with the offset profiled out, and the diagonal that preconditions."""
    point = Objective(case.problem).at(case.factor)
    h = point.gauss_newton_weights
    J = 2 * np.einsum("iab,bk->iak", case.A, case.U * case.signs).reshape(N, -1)
    diagonal = 2 * (h @ J**2).reshape(D, K)
    if case.problem.profiles_offset:
        J = J - h @ J / h.sum()
    assert_allclose(point.images_jacobian, J, atol=1e-10)
    assert np.all(point.hessian_diagonal > 0)
    # As if the entries of a measurement were independent: an order of magnitude.
    ratio = point.hessian_diagonal / diagonal
    assert 0.1 < np.exp(np.mean(np.log(ratio))) < 10


def test_canonical_factor(case):
    """The same matrix, no larger an objective, and once canonical always canonical."""
    model = case.problem.model
    for _ in range(5):
        U = case.rng.standard_normal((D, K)) * case.rng.uniform(0.01, 2, K)
        factor = case.factor.with_columns(U)
        canonical = model.canonicalize(factor)
        assert_allclose(canonical.matrix, factor.matrix, atol=1e-10)
        assert_allclose(model.eigenvalue_sizes(factor), (canonical.U**2).sum(axis=0), atol=1e-12)
        for penalty in PENALTIES:
            objective = Objective(case.problem, penalty)
            assert objective.at(canonical).value <= objective.at(factor).value * (1 + 1e-12)
        again = model.canonicalize(canonical)
        assert_allclose(again.U, canonical.U, atol=1e-12)
        assert again.has_signs_of(canonical)


def test_horizontal_part(case):
    """Directions that leave the matrix as it is are removed, and nothing else."""
    model = case.problem.model
    factor = model.canonicalize(case.factor)
    # More samples than the matrix has degrees of freedom: the kernel of the Jacobian is what
    # changes U and not the matrix.
    J = case.sensing.linearize(factor.U, factor.signs).jacobian()
    kernel = np.linalg.svd(J)[2][model.degrees_of_freedom(D, K) :]
    assert len(kernel) == D * K - model.degrees_of_freedom(D, K)
    assert_allclose(J @ kernel.T, 0.0, atol=1e-10)
    for direction in kernel:
        assert_allclose(model.project_horizontal(factor, direction.reshape(D, K)), 0.0, atol=1e-10)
    horizontal = model.project_horizontal(factor, case.V)
    assert_allclose(J @ (case.V - horizontal).ravel(), 0.0, atol=1e-9)
    assert_allclose(kernel @ horizontal.ravel(), 0.0, atol=1e-9)


def test_nearest_matrix_and_dimensions(case):
    """A matrix of the model is its own nearest one, and ranks have the dimensions they claim."""
    model = case.problem.model
    factor = model.canonicalize(case.factor)
    nearest = model.factor_of(factor.matrix)
    assert_allclose(nearest.matrix, factor.matrix, atol=1e-10)
    assert_allclose((nearest.U**2).sum(axis=0), model.eigenvalue_sizes(factor), atol=1e-10)
    assert model.max_rank(D) == D
    assert model.degrees_of_freedom(D, D) == model.n_parameters(D)
    ranks = [model.degrees_of_freedom(D, r) for r in range(D + 1)]
    assert ranks[0] == 0
    assert np.all(np.diff(ranks) > 0)


def test_ascent_is_where_the_loss_falls_fastest(case):
    """A small column along the first direction lowers the loss at the rate of the certificate."""
    problem = case.problem
    point = Objective(problem).at(np.empty((D, 0)))
    model, R = problem.model, point.residual_matrix
    rate, V = model.ascent_rate(R), model.ascent_directions(R, 2)
    assert V.shape[1] <= 2
    assert_allclose(V.U.T @ V.U, np.eye(V.n_columns), atol=1e-12)
    if rate > 0:
        step, first = 1e-4, V.take(slice(1))
        fall = point.value - Objective(problem).at(first.with_columns(step * first.U)).value
        assert_allclose(fall / (2 * step**2), rate, rtol=1e-5)
    assert model.ascent_directions(R, 2, level=abs(rate) + 1.0).shape == (D, 0)


def test_loss_derivatives(case):
    """Residual and curvature by differences, away from kinks; the offset is the best one."""
    loss, y = case.problem.loss, case.problem.y
    eta = y + np.linspace(-3.03, 3.07, N)
    step = 1e-5
    slope = (loss.value(y, eta + step) - loss.value(y, eta - step)) / (2 * step)
    assert_allclose(loss.residual(y, eta), -slope / 2, rtol=1e-6, atol=1e-8)
    bend = (loss.residual(y, eta - step) - loss.residual(y, eta + step)) / (2 * step)
    assert_allclose(loss.curvature(y, eta), bend, rtol=1e-6, atol=1e-8)
    assert np.all(loss.gauss_newton_weight(y, eta) > 0)
    w, images = case.problem.weights, np.sin(np.arange(N))
    c = loss.offset(y, images, w)
    best = w @ loss.value(y, images + c)
    for other in (c - 1e-3, c + 1e-3):
        assert best <= w @ loss.value(y, images + other) + 1e-15


def test_loss_in_other_units(case):
    """``scaled`` says how parameters in the unit of y change: losses differ by a factor only."""
    loss, y = case.problem.loss, case.problem.y
    if not loss.has_unit:
        assert loss.scaled(10.0) is loss
        assert loss.spread(y, case.problem.weights, centred=True) == 1.0
        return
    eta = y + np.linspace(-3.03, 3.07, N)
    ratio = loss.value(y, eta) / loss.scaled(10.0).value(y / 10.0, eta / 10.0)
    assert_allclose(ratio, ratio[0], rtol=1e-10)
    w = case.problem.weights
    for centred in (False, True):
        spread = loss.spread(y / 100.0, w, centred=centred)
        assert_allclose(loss.spread(y / 10.0, w, centred=centred), 10.0 * spread, rtol=1e-12)
        assert loss.spread(np.zeros(N), w, centred=centred) == 0.0
    assert_allclose(loss.spread(y - 3.0, w, centred=True), loss.spread(y, w, centred=True))
    assert loss.spread(np.full(N, 0.3), w, centred=True) == 0.0
