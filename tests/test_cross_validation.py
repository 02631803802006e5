"""Alpha by cross-validation; the conventions of estimators are left to test_estimators."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from problems import MEASUREMENTS
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import BaseCrossValidator, GroupKFold, KFold, ShuffleSplit
from sklearn.pipeline import Pipeline

from sklearn_prune import (
    FineTuner,
    GreedyColumnPruner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    alpha_max,
    pruning_path,
)
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.objective import Formulation, Problem
from sklearn_prune.selection import held_out_errors
from sklearn_prune.selection._cross_validation import _parts

# Fits of the folds as exact as laws about them need.
EXACT = 1e-8


def data(measurement, n_samples=300, **settings):
    return make_matrix_sensing(
        n_samples, 8, 2, measurement=measurement, noise=0.3, random_state=0, **settings
    )


def errors(X, y, alphas, folds, *, weights=None, compressed=False, n_jobs=1, **settings):
    """Held-out errors in the units of y², for alphas in the units of the caller."""
    weights = np.ones(len(y)) if weights is None else weights
    problem = Problem.from_data(X, y, weights, Formulation(**settings))
    scaled = [problem.scaling.from_caller("alpha", alpha, "alpha") for alpha in alphas]
    k = problem.dim
    path = held_out_errors(
        problem, scaled, folds, k, n_jobs=n_jobs, tol=EXACT, compressed=compressed
    )
    return problem.scaling.to_caller(path, "loss")


@pytest.mark.parametrize(
    ("measurement", "offset", "compressed"),
    [("rank-one", False, False), ("matrix", True, False), ("matrix", True, True)],
)
def test_errors_are_those_of_the_estimator_on_each_fold(measurement, offset, compressed):
    X, y, _ = data(measurement)
    y = y + 3.0 * offset
    settings = {"measurement": measurement, "fit_intercept": offset}
    alphas = alpha_max(X, y, **settings) * np.array([0.7, 0.1, 0.03])
    folds = list(KFold(3, shuffle=True, random_state=0).split(X))
    path = errors(X, y, alphas, folds, compressed=compressed, **settings)
    for a, alpha in enumerate(alphas):
        for f, (train, test) in enumerate(folds):
            fold = GroupLassoMatrixSensing(alpha=alpha, **settings).fit(X[train], y[train])
            error = np.mean((y[test] - fold.predict(X[test])) ** 2)
            assert_allclose(path[a, f], error, rtol=1e-6)


@pytest.mark.parametrize(("positive", "seed"), [(True, 1), (False, 5)])
def test_columns_live_along_the_path_where_they_live_in_single_fits(positive, seed):
    """A column was dropped before it could grow, and the errors were those of no column.

    With other seeds some alphas have two local minima, and the path and the fit one each.
    """
    rng = np.random.default_rng(seed)
    X = rng.uniform(size=(200, 8))
    y = (X @ rng.standard_normal(8)) ** 2 + 0.05 * rng.standard_normal(200)
    if not positive:
        y -= 0.5 * (X @ rng.standard_normal(8)) ** 2
    settings = {"fit_bias": True, "positive": positive}
    cv = GroupLassoMatrixSensingCV(n_alphas=10, cv=3, **settings).fit(X, y)
    for alpha, path in zip(cv.alphas_, cv.mse_path_, strict=True):
        for (train, test), error in zip(KFold(3).split(X), path, strict=True):
            fold = GroupLassoMatrixSensing(alpha=alpha, **settings).fit(X[train], y[train])
            # The path is solved to one percent.
            assert_allclose(error, np.mean((y[test] - fold.predict(X[test])) ** 2), rtol=0.03)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_the_alpha_with_the_smallest_mean_error_is_chosen(measurement):
    X, y, _ = data(measurement)
    folds = list(KFold(3).split(X))
    settings = {"measurement": measurement}
    model = GroupLassoMatrixSensingCV(n_alphas=6, cv=folds, **settings).fit(X, y)
    exact = errors(X, y, model.alphas_, folds, **settings)
    # The estimator fits the folds to a tolerance that moves the errors by a few per cent.
    assert_allclose(model.mse_path_, exact, rtol=0.1)
    assert model.alpha_ == model.alphas_[model.mse_path_.mean(axis=1).argmin()]


@pytest.mark.parametrize("offset", [False, True])
@pytest.mark.parametrize(
    "cv", [KFold(4), ShuffleSplit(3, test_size=0.2, train_size=0.5, random_state=0)], ids=str
)
def test_moments_give_the_errors_of_the_samples(offset, cv):
    X, y, _ = data("matrix")
    y = y + 100.0
    weights = np.random.default_rng(0).uniform(0.1, 2.0, len(y))
    folds = list(cv.split(X))
    settings = {"measurement": "matrix", "fit_intercept": offset, "weights": weights}
    alphas = [1.0, 0.1, 0.01]
    paths = [errors(X, y, alphas, folds, compressed=c, **settings) for c in (False, True)]
    assert_allclose(paths[0], paths[1], rtol=1e-6)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_the_last_fit_is_the_estimator_at_the_alpha_chosen(measurement):
    X, y, _ = data(measurement)
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


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_folds_may_run_at_the_same_time(measurement):
    X, y, _ = data(measurement)
    model = GroupLassoMatrixSensingCV(measurement=measurement, cv=3, n_alphas=5)
    one, two = (clone(model).set_params(n_jobs=jobs).fit(X, y) for jobs in (1, 2))
    assert_allclose(one.mse_path_, two.mse_path_, rtol=1e-9)
    assert_allclose(one.factor_, two.factor_, atol=1e-9)


@pytest.mark.parametrize(
    ("measurement", "compressed"), [("rank-one", False), ("matrix", False), ("matrix", True)]
)
def test_weights_are_repeats(measurement, compressed):
    X, y, _ = data(measurement, n_samples=150)
    repeats = 1 + np.arange(150) % 3
    rows = np.repeat(np.arange(150), repeats)
    fold_of = np.arange(150) // 3 % 3

    def folds(fold_of):
        return [(np.flatnonzero(fold_of != f), np.flatnonzero(fold_of == f)) for f in range(3)]

    settings = {"measurement": measurement, "compressed": compressed}
    alphas = [0.5, 0.1, 0.02]
    one = errors(X, y, alphas, folds(fold_of), weights=repeats.astype(float), **settings)
    other = errors(X[rows], y[rows], alphas, folds(fold_of[rows]), **settings)
    assert_allclose(one, other, rtol=1e-6)


def test_a_fold_has_as_many_samples_as_its_weights_repeat():
    """Principal axes are for few samples; others work in the coordinates of the features."""
    X, y, _ = data("rank-one", 100)
    problem = Problem.from_data(X, y, np.full(100, 2.0), Formulation())
    many, few = (np.arange(size) for size in (80, 7))
    folds = [(train, np.arange(80, 100)) for train in (many, few)]
    training = [part for part, _ in _parts(problem, folds)]
    assert_allclose([part.total_weight for part in training], [160.0, 14.0])
    assert training[0].coordinates is None
    assert training[1].coordinates is not None


def test_folds_count_samples_of_positive_weight():
    """Folds are drawn from all rows, and rows of weight zero are then left out of them."""
    X, y, _ = data("rank-one", n_samples=150)
    weights = np.where(np.arange(150) % 3 == 0, 0.0, 1.0)
    kept = np.flatnonzero(weights)
    fold_of = np.arange(150) // 50
    folds = [(np.flatnonzero(fold_of != f), np.flatnonzero(fold_of == f)) for f in range(3)]
    position = np.cumsum(weights > 0) - 1
    part = [tuple(position[s[weights[s] > 0]] for s in fold) for fold in folds]
    one = GroupLassoMatrixSensingCV(n_alphas=4, cv=folds).fit(X, y, weights)
    other = GroupLassoMatrixSensingCV(n_alphas=4, cv=part).fit(X[kept], y[kept])
    assert_allclose(one.mse_path_, other.mse_path_, rtol=1e-10)


@pytest.mark.parametrize("compressed", [False, True])
def test_samples_drawn_twice_count_twice(compressed):
    X, y, _ = data("matrix", n_samples=200)
    test = np.arange(140, 200)
    drawn = np.random.default_rng(0).choice(140, 140)
    settings = {"measurement": "matrix", "compressed": compressed}
    one = errors(X, y, [0.5, 0.1], [(drawn, test)], **settings)
    rows = np.concatenate([drawn, test])
    whole = [(np.arange(140), np.arange(140, 200))]
    other = errors(X[rows], y[rows], [0.5, 0.1], whole, **settings)
    assert_allclose(one, other, rtol=1e-6)


def test_folds_as_lists_and_masks():
    X, y, _ = data("rank-one", n_samples=60)
    mask = np.arange(60) < 40
    indices = np.flatnonzero(mask), np.flatnonzero(~mask)
    model = GroupLassoMatrixSensingCV(n_alphas=4, cv=[indices]).fit(X, y)
    for fold in ((mask, ~mask), tuple(part.tolist() for part in indices)):
        other = clone(model).set_params(cv=[fold]).fit(X, y)
        assert_array_equal(other.mse_path_, model.mse_path_)


@pytest.mark.parametrize("method", ["fit", "fit_transform"])
def test_groups_are_routed_to_the_splitter(method):
    X, y, _ = data("rank-one", n_samples=60)
    groups = np.random.default_rng(0).integers(4, size=60)
    folds = list(GroupKFold(3).split(X, y, groups))
    expected = GroupLassoMatrixSensingCV(n_alphas=4, cv=folds).fit(X, y)
    model = GroupLassoMatrixSensingCV(n_alphas=4, cv=GroupKFold(3))
    with pytest.raises(ValueError, match="enable_metadata_routing"):
        getattr(model, method)(X, y, groups=groups)
    with config_context(enable_metadata_routing=True):
        getattr(model, method)(X, y, groups=groups)
        pipe = Pipeline([("sense", clone(model)), ("prune", GreedyColumnPruner())])
        pipe.fit(X, y, groups=groups)
    assert_array_equal(model.mse_path_, expected.mse_path_)
    assert_array_equal(pipe["sense"].mse_path_, expected.mse_path_)


def test_groups_and_weights_at_once():
    X, y, _ = data("rank-one", n_samples=60)
    groups, weights = np.arange(60) % 4, np.random.default_rng(0).uniform(0.5, 1.5, 60)
    folds = list(GroupKFold(2).split(X, y, groups))
    expected = GroupLassoMatrixSensingCV(n_alphas=4, cv=folds).fit(X, y, weights)
    with config_context(enable_metadata_routing=True):
        model = GroupLassoMatrixSensingCV(n_alphas=4, cv=GroupKFold(2))
        model.set_fit_request(sample_weight=True).fit(X, y, weights, groups=groups)
    assert_array_equal(model.mse_path_, expected.mse_path_)


def test_splitters_are_given_the_measurements():
    X, y, _ = data("rank-one", n_samples=60)

    class ByFirstFeature(BaseCrossValidator):
        def get_n_splits(self, X=None, y=None, groups=None):
            return 1

        def _iter_test_masks(self, X, y=None, groups=None):
            yield X[:, 0] > 0

    mask = X[:, 0] > 0
    folds = [(np.flatnonzero(~mask), np.flatnonzero(mask))]
    expected = GroupLassoMatrixSensingCV(n_alphas=4, cv=folds).fit(X, y)
    model = GroupLassoMatrixSensingCV(n_alphas=4, cv=ByFirstFeature()).fit(X, y)
    assert_array_equal(model.mse_path_, expected.mse_path_)


def test_as_the_first_step_of_a_pipeline():
    X, y, factor = data("rank-one", n_samples=600)
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
    X, y, _ = data("rank-one", n_samples=30)
    with pytest.raises(ValueError, match="without training or without test samples"):
        GroupLassoMatrixSensingCV(cv=[(np.arange(20), np.arange(20, 30))]).fit(
            X, y, np.repeat([1.0, 0.0], [20, 10])
        )
    with pytest.raises(ValueError, match="without training or without test samples"):
        GroupLassoMatrixSensingCV(cv=[([], list(range(30)))]).fit(X, y)


def test_the_grid_is_sorted():
    X, y, _ = data("rank-one", n_samples=60)
    model = GroupLassoMatrixSensingCV(alphas=[0.01, 1.0, 0.1], cv=2).fit(X, y)
    assert_array_equal(model.alphas_, [1.0, 0.1, 0.01])


@pytest.mark.parametrize("alphas", [[], [0.1, -1.0], 0.1, ["a"], [np.inf]])
def test_bad_alphas_are_told_before_the_data_are_looked_at(alphas):
    X = np.full((4, 2), np.nan)
    with pytest.raises(ValueError, match="alphas must be None or a list"):
        GroupLassoMatrixSensingCV(alphas=alphas).fit(X, X[:, 0])
    with pytest.raises(ValueError, match="alphas must be None or a list"):
        pruning_path(X, X[:, 0], alphas=alphas)


def test_alphas_are_those_that_were_given():
    """Without the rounding of a change of units, which was seen in 3 of 40 grids."""
    X, y, _ = data("rank-one", n_samples=60)
    for unit in np.random.default_rng(0).uniform(0.1, 10.0, 30):
        alpha = 0.1 * unit
        alphas = [alpha, 0.5 * alpha]
        model = GroupLassoMatrixSensingCV(alphas=alphas, cv=2, tol=0.1).fit(X, unit * y)
        assert model.alpha_ in alphas
        assert GroupLassoMatrixSensing(alpha=alpha, tol=0.1).fit(X, unit * y).alpha_ == alpha


@pytest.mark.parametrize("shift", [1e6, 1e8])
def test_the_mean_of_y_does_not_count_with_an_offset(shift):
    X, y, _ = data("matrix", n_samples=400)
    models = [
        GroupLassoMatrixSensingCV(measurement="matrix", fit_intercept=True, n_alphas=8)
        for _ in range(2)
    ]
    models[0].fit(X, y)
    models[1].fit(X, y + shift)
    assert_allclose(models[1].alpha_, models[0].alpha_, rtol=1e-6)
    assert_allclose(models[1].mse_path_, models[0].mse_path_, rtol=1e-4)
