"""The loss from sums over the samples against the loss of the samples."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from problems import random_rows

from sklearn_prune import FineTuner, GroupLassoMatrixSensing, pruning_path
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.objective import (
    CondensedLoss,
    GroupLasso,
    Objective,
    SquaredLoss,
    condensed,
    condensing_pays,
    normalised_loss,
    statistics_of,
)
from sklearn_prune.objective import _statistics as statistics_module
from sklearn_prune.sensing import sensing_map

D = 6
PENALTY = GroupLasso.tied(0.3)


@pytest.fixture(params=[False, True], ids=["no offset", "offset"])
def loss(request):
    """A loss far from zero: y about 1000, and measurements with a mean."""
    rng = np.random.default_rng(0)
    X = random_rows(rng, 200, D, "matrix") + 5.0
    sensing = sensing_map(X, "matrix").scaled(0.7)
    y = sensing.images(rng.standard_normal((D, 2))) + rng.standard_normal(200) + 1000.0
    return SquaredLoss(sensing, y, rng.uniform(0.5, 2.0, 200), centred=request.param)


def assert_same_loss(one, other, scale):
    rng = np.random.default_rng(1)
    U, V = rng.standard_normal((2, D, 3))
    P, Q = Objective(one, PENALTY).at(U), Objective(other, PENALTY).at(U)
    assert_allclose(P.value, Q.value, rtol=1e-8, atol=1e-8 * scale**2)
    for name in ("gradient", "residual_matrix"):
        assert_allclose(getattr(P, name), getattr(Q, name), rtol=1e-8, atol=1e-8 * scale)
    assert_allclose(P.hessian_product(V), Q.hessian_product(V), rtol=1e-8, atol=1e-8 * scale)
    assert_allclose(one.offset(U), other.offset(U), atol=1e-8 * scale)
    assert_allclose(one.mean_square(U), other.mean_square(U), rtol=1e-8)


def test_condensed_loss_is_the_loss(loss, monkeypatch):
    monkeypatch.setattr(statistics_module, "_BLOCK", 500)
    other = CondensedLoss(statistics_of(loss), D, centred=loss.centred)
    assert other.sensing.n_samples <= D * (D + 1) // 2
    assert other.total_weight == pytest.approx(loss.total_weight)
    assert_same_loss(loss, other, scale=np.abs(loss.y).max())


def test_all_less_a_fold_is_the_rest(loss):
    fold, rest = np.arange(40), np.arange(40, 200)
    whole = statistics_of(loss)
    difference = whole - statistics_of(loss, fold, whole.pivot)
    weights = np.where(np.arange(200) < 40, 0.0, loss.weights)
    training = SquaredLoss(loss.sensing, loss.y, weights, centred=loss.centred)
    other = CondensedLoss(difference, D, centred=loss.centred)
    assert_same_loss(training, other, scale=np.abs(loss.y).max())
    direct = statistics_of(loss, rest, whole.pivot)
    assert_allclose(difference.second, direct.second, rtol=1e-9, atol=1e-9 * direct.second.max())


def test_mean_square_of_predictions(loss):
    U = np.random.default_rng(1).standard_normal((D, 3))
    e = loss.y - 3.0 - loss.sensing.images(U)
    expected = loss.weights @ e**2
    assert_allclose(statistics_of(loss).mean_square(U @ U.T, 3.0), expected, rtol=1e-9)


def test_measurements_that_do_not_span_the_symmetric_matrices():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((100, 4)) @ random_rows(rng, 4, D, "matrix")
    loss = SquaredLoss(sensing_map(X, "matrix"), rng.standard_normal(100), np.ones(100))
    other = CondensedLoss(statistics_of(loss), D, centred=False)
    assert other.sensing.n_samples == 4
    assert_same_loss(loss, other, scale=1.0)


@pytest.mark.parametrize("offset", [False, True])
def test_the_same_fits(offset, monkeypatch):
    """Estimators that condense end where those that do not do."""
    X, y, _ = make_matrix_sensing(400, 8, 2, measurement="matrix", noise=0.2, random_state=0)
    y = y + 10.0 * offset
    settings = {"measurement": "matrix", "fit_intercept": offset}
    results = []
    for small in (0, 1 << 23):
        monkeypatch.setattr(statistics_module, "_SMALL", small)
        monkeypatch.setattr(statistics_module, "_PART", 0.0)
        loss, _ = normalised_loss(sensing_map(X, "matrix"), y, np.ones(400), centred=offset)
        assert isinstance(condensed(loss, passes=100), CondensedLoss) == bool(small)
        sense = GroupLassoMatrixSensing(alpha=0.3, **settings).fit(X, y)
        tune = FineTuner(2, **settings).fit(X, y)
        path = pruning_path(X, y, n_alphas=5, tol=1e-8, **settings)
        results.append(
            [
                sense.predict(X),
                sense.objective_,
                sense.certificate_.top_residual_eigenvalue,
                tune.predict(X),
                tune.loss_curve_[-1],
                path.losses,
                path.column_norms,
                path.intercepts,
            ]
        )
    for one, other in zip(*results, strict=True):
        assert_allclose(one, other, atol=1e-7 * np.abs(y).max())


def test_where_condensing_pays(monkeypatch):
    # It reads rank-one data as they are.
    assert not condensing_pays(sensing_map(np.ones((10_000, 2)), "rank-one"), passes=10_000)

    class Sizes:
        def __init__(self, n, d):
            self.n_samples, self.dim = n, d

    def pays(n, d, passes):
        return condensing_pays(Sizes(n, d), passes=passes)

    monkeypatch.setattr(statistics_module, "MatrixSensing", Sizes)
    # Where samples are many, but not for one read, nor for fewer than there are numbers.
    assert pays(20_000, 20, 30)
    assert not pays(20_000, 20, 1)
    assert not pays(200, 20, 30)
    # For more reads it may be larger matrices, up to where the sums take too much room.
    assert not pays(100_000, 100, 30)
    assert pays(100_000, 100, 1000)
    assert not pays(30_000, 100, 1000)
