"""Alpha by cross-validation; the conventions of estimators are left to test_estimators."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from problems import MEASUREMENTS
from sklearn.base import clone
from sklearn.model_selection import KFold, ShuffleSplit
from sklearn.pipeline import Pipeline

from sklearn_prune import (
    FineTuner,
    GreedyColumnPruner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    alpha_max,
)
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.selection import _cross_validation
from sklearn_prune.sensing import MatrixSensing


@pytest.fixture
def exact(monkeypatch):
    """Fits of the folds as exact as laws about them need."""
    monkeypatch.setattr(_cross_validation, "_COARSE", 1e-8)


def problem(measurement, n_samples=300, **settings):
    return make_matrix_sensing(
        n_samples, 8, 2, measurement=measurement, noise=0.3, random_state=0, **settings
    )


@pytest.fixture(params=[False, True], ids=["samples", "sums"])
def condensing(request, monkeypatch):
    """Both ways of evaluating the loss of whole matrices."""

    def pays(sensing, **settings):
        return request.param and isinstance(sensing, MatrixSensing)

    monkeypatch.setattr(_cross_validation, "condensing_pays", pays)


@pytest.mark.parametrize(("measurement", "offset"), [("rank-one", False), ("matrix", True)])
def test_errors_are_those_of_the_estimator_on_each_fold(measurement, offset, condensing, exact):
    X, y, _ = problem(measurement)
    y = y + 3.0 * offset
    settings = {"measurement": measurement, "fit_intercept": offset}
    top = alpha_max(X, y, **settings)
    alphas = top * np.array([0.7, 0.1, 0.03])
    cv = KFold(3, shuffle=True, random_state=0)
    model = GroupLassoMatrixSensingCV(alphas=alphas, cv=cv, **settings).fit(X, y)
    for a, alpha in enumerate(alphas):
        for f, (train, test) in enumerate(cv.split(X)):
            fold = GroupLassoMatrixSensing(alpha=alpha, **settings).fit(X[train], y[train])
            error = np.mean((y[test] - fold.predict(X[test])) ** 2)
            assert_allclose(model.mse_path_[a, f], error, rtol=1e-6)
    assert model.alpha_ == pytest.approx(alphas[model.mse_path_.mean(axis=1).argmin()], rel=1e-12)


@pytest.mark.parametrize("offset", [False, True])
@pytest.mark.parametrize(
    "cv", [KFold(4), ShuffleSplit(3, test_size=0.2, train_size=0.5, random_state=0)], ids=str
)
def test_sums_over_samples_give_the_errors_of_the_samples(offset, cv, exact, monkeypatch):
    X, y, _ = problem("matrix")
    y = y + 100.0
    weights = np.random.default_rng(0).uniform(0.0, 2.0, len(y))
    model = GroupLassoMatrixSensingCV(measurement="matrix", fit_intercept=offset, cv=cv, n_alphas=6)
    paths = []
    for pays in (False, True):
        monkeypatch.setattr(_cross_validation, "condensing_pays", lambda *_, p=pays, **__: p)
        paths.append(clone(model).fit(X, y, weights).mse_path_)
    assert_allclose(paths[0], paths[1], rtol=1e-6)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_the_last_fit_is_the_estimator_at_the_alpha_chosen(measurement):
    X, y, _ = problem(measurement)
    model = GroupLassoMatrixSensingCV(measurement=measurement, cv=3, n_alphas=8).fit(X, y)
    assert model.alphas_.shape == (8,)
    assert np.all(np.diff(model.alphas_) < 0)
    assert_allclose(model.alphas_[0], alpha_max(X, y, measurement=measurement), rtol=1e-12)
    assert_allclose(model.alphas_[-1], 1e-3 * model.alphas_[0], rtol=1e-12)
    assert model.mse_path_.shape == (8, 3)
    plain = GroupLassoMatrixSensing(alpha=model.alpha_, measurement=measurement).fit(X, y)
    assert_allclose(model.factor_, plain.factor_, atol=1e-7)
    assert model.certificate_.holds
    assert model.score(X, y) == pytest.approx(plain.score(X, y), rel=1e-7)


def test_folds_may_run_at_the_same_time(condensing):
    X, y, _ = problem("matrix")
    model = GroupLassoMatrixSensingCV(measurement="matrix", cv=3, n_alphas=5)
    one, two = (clone(model).set_params(n_jobs=jobs).fit(X, y) for jobs in (1, 2))
    assert_allclose(one.mse_path_, two.mse_path_, rtol=1e-9)
    assert_allclose(one.factor_, two.factor_, atol=1e-9)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_weights_are_repeats(measurement, exact):
    X, y, _ = problem(measurement, n_samples=150)
    repeats = np.arange(150) % 3
    rows = np.repeat(np.arange(150), repeats)
    fold_of = np.arange(150) // 3 % 3
    model = GroupLassoMatrixSensingCV(measurement=measurement, n_alphas=5)
    folds = [(np.flatnonzero(fold_of != f), np.flatnonzero(fold_of == f)) for f in range(3)]
    repeated = [
        (np.flatnonzero(fold_of[rows] != f), np.flatnonzero(fold_of[rows] == f)) for f in range(3)
    ]
    one = clone(model).set_params(cv=folds).fit(X, y, repeats)
    other = clone(model).set_params(cv=repeated).fit(X[rows], y[rows])
    assert_allclose(one.mse_path_, other.mse_path_, rtol=1e-6)
    assert_allclose(one.alpha_, other.alpha_, rtol=1e-9)


def test_samples_drawn_twice_count_twice(condensing, exact):
    X, y, _ = problem("matrix", n_samples=200)
    test = np.arange(140, 200)
    drawn = np.random.default_rng(0).choice(140, 140)
    model = GroupLassoMatrixSensingCV(measurement="matrix", n_alphas=4, cv=[(drawn, test)])
    repeated = clone(model).set_params(cv=[(np.arange(140), np.arange(140, 200))])
    rows = np.concatenate([drawn, test])
    alphas = model.fit(X, y).alphas_
    repeated.set_params(alphas=alphas).fit(X[rows], y[rows])
    assert_allclose(model.mse_path_, repeated.mse_path_, rtol=1e-6)


def test_folds_as_lists_and_masks():
    X, y, _ = problem("rank-one", n_samples=60)
    mask = np.arange(60) < 40
    indices = np.flatnonzero(mask), np.flatnonzero(~mask)
    model = GroupLassoMatrixSensingCV(n_alphas=4, cv=[indices]).fit(X, y)
    for fold in ((mask, ~mask), tuple(part.tolist() for part in indices)):
        other = clone(model).set_params(cv=[fold]).fit(X, y)
        assert_array_equal(other.mse_path_, model.mse_path_)


def test_as_the_first_step_of_a_pipeline():
    X, y, factor = problem("rank-one", n_samples=600)
    steps = [
        ("sense", GroupLassoMatrixSensingCV(cv=3, n_alphas=10)),
        ("prune", GreedyColumnPruner()),
        ("tune", FineTuner()),
    ]
    pipe = Pipeline(steps).fit(X, y)
    assert pipe["prune"].n_columns_ >= 2
    M = pipe["tune"].factor_ @ pipe["tune"].factor_.T
    assert np.linalg.norm(M - factor @ factor.T) < 0.1 * np.linalg.norm(factor @ factor.T)


def test_a_fold_without_samples():
    X, y, _ = problem("rank-one", n_samples=30)
    with pytest.raises(ValueError, match="without training or without test samples"):
        GroupLassoMatrixSensingCV(cv=[(np.arange(20), np.arange(20, 30))]).fit(
            X, y, np.repeat([1.0, 0.0], [20, 10])
        )
    with pytest.raises(ValueError, match="without training or without test samples"):
        GroupLassoMatrixSensingCV(cv=[([], list(range(30)))]).fit(X, y)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"alphas": []}, "alphas must be"),
        ({"alphas": [0.1, -1.0]}, "alphas must be"),
        ({"n_alphas": 0}, "n_alphas must be"),
        ({"eps": 1.0}, "eps must be"),
        ({"measurement": "vector"}, "measurement must be"),
        ({"tol": 0.0}, "tol must be"),
        ({"n_components": 0}, "n_components must be"),
    ],
)
def test_bad_parameters(settings, message):
    X, y, _ = problem("rank-one", n_samples=30)
    model = GroupLassoMatrixSensingCV(**settings)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert not hasattr(model, "alpha_")


def test_the_grid_is_sorted():
    X, y, _ = problem("rank-one", n_samples=60)
    model = GroupLassoMatrixSensingCV(alphas=[0.01, 1.0, 0.1], cv=2).fit(X, y)
    assert_array_equal(model.alphas_.round(12), [1.0, 0.1, 0.01])
