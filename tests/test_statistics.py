"""The loss from sums over the samples against the loss of the samples."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from problems import random_rows

from sklearn_prune import (
    FineTuner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    pruning_path,
)
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
from sklearn_prune.solvers import spectral_start

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


@pytest.mark.parametrize("offset", [False, True])
def test_the_same_spectral_start(offset):
    X, y, _ = make_matrix_sensing(200, D, 2, measurement="matrix", noise=0.1, random_state=0)
    loss = SquaredLoss(sensing_map(X, "matrix"), y + 5.0, np.ones(200), centred=offset)
    other = CondensedLoss(statistics_of(loss), D, centred=offset)
    one, two = spectral_start(loss, 3), spectral_start(other, 3)
    assert_allclose(one @ one.T, two @ two.T, atol=1e-9)


def test_measurements_of_very_different_sizes():
    """What is small is not taken for rounding: as exact as the samples themselves."""
    rng = np.random.default_rng(0)
    scales = np.geomspace(1.0, 1e-8, D)
    X = random_rows(rng, 400, D, "matrix").reshape(-1, D, D) * np.outer(scales, scales)
    U = rng.standard_normal((D, 2)) / scales[:, None]
    y = X.reshape(400, -1) @ (U @ U.T).ravel()
    loss, _ = normalised_loss(
        sensing_map(X.reshape(400, -1), "matrix"), y, np.ones(400), centred=False
    )
    other = CondensedLoss(statistics_of(loss), D, centred=False)
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
