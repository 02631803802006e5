"""The three steps as one. Each estimator is tested before this."""

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from problems import MEASUREMENTS, dense_matrices, relative_error
from sklearn import config_context
from sklearn.base import clone
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score

from sklearn_prune import (
    FactoredMeasurements,
    FineTuner,
    GroupLassoMatrixSensing,
    make_pruning_pipeline,
)
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.models import Positive


@pytest.fixture(scope="module")
def data():
    return make_matrix_sensing(200, 6, 2, noise=0.1, random_state=0)[:2]


def oracle(X, y, measurement, rank):
    """A fit that knows the rank, by SciPy's optimiser."""
    return FineTuner(rank, measurement=measurement, solver="lbfgs", tol=1e-9).fit(X, y)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("condition_number", [1, 10])
@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize("alpha", ["auto", "given"])
def test_rank_and_matrix_are_found(measurement, condition_number, alpha, seed):
    d, r = 30, 3
    n = 10 * Positive().degrees_of_freedom(d, r)
    for noise in (0.0, 0.1):
        X, y, factor = make_matrix_sensing(
            n,
            d,
            r,
            measurement=measurement,
            noise=noise,
            condition_number=condition_number,
            random_state=seed,
        )
        # The level of noise 0.1, times 1.5, in the units of R: √κ is 1 for matrix data and
        # about √2 for rank-one data, and the tied alpha is 2 κ^{-1/2} τ^{3/2}.
        kappa = 2.0 if measurement == "rank-one" else 1.0
        tau = 1.5 * 0.1 * np.sqrt(2 * d * kappa / n)
        strength = "auto" if alpha == "auto" else 2 * kappa**-0.5 * tau**1.5
        pipe = make_pruning_pipeline(measurement=measurement, alpha=strength).fit(X, y)
        assert pipe["sense"].certificate_.holds
        assert pipe["prune"].n_columns_ == r
        error = relative_error(pipe["tune"].factor_, factor)
        if noise == 0:
            assert error < 1e-6
        else:
            best = relative_error(oracle(X, y, measurement, r).factor_, factor)
            assert error <= 1.01 * best


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_random_start_of_all_columns_prunes_to_the_same(measurement):
    X, y, factor = make_matrix_sensing(400, 12, 2, measurement=measurement, random_state=0)
    pipe = make_pruning_pipeline(measurement=measurement, alpha=0.05, random_state=0)
    spectral = clone(pipe).fit(X, y)
    random = pipe.set_params(sense__init="random").fit(X, y)
    assert random["prune"].n_columns_ == spectral["prune"].n_columns_ == 2
    assert relative_error(random["tune"].factor_, factor) < 1e-6


@pytest.mark.parametrize("fit_bias", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_predictions_of_every_way_in_are_the_same(data, fit_bias, fit_intercept):
    X, y = data
    y = y + X[:, 0] + 2
    pipe = make_pruning_pipeline(alpha=0.05, fit_bias=fit_bias, fit_intercept=fit_intercept)
    pipe.fit(X, y)
    tune = pipe["tune"]
    by_hand = ((X @ tune.factor_ + tune.bias_) ** 2).sum(axis=1) + tune.intercept_
    assert_allclose(pipe.predict(X), by_hand, rtol=1e-10)
    assert_allclose(tune.predict(X), by_hand, rtol=1e-10)
    assert_allclose(tune.predict(pipe[:-1].transform(X)), by_hand, rtol=1e-10)
    # Pruning only removes what is zero here, so that all three steps agree on the columns.
    A = dense_matrices(X, "rank-one", fit_bias=fit_bias)
    U = tune.factor_ if not fit_bias else np.vstack([tune.factor_, tune.bias_])
    images = np.einsum("iab,ak,bk->i", A, U, U)
    assert_allclose(by_hand, images + tune.intercept_, rtol=1e-10)


def test_clone_and_pickle(data):
    X, y = data
    pipe = make_pruning_pipeline(alpha=0.05)
    fitted = clone(pipe).fit(X, y)
    assert_array_equal(clone(fitted).fit(X, y).predict(X), fitted.predict(X))
    assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict(X), fitted.predict(X))


def test_grid_search_does_not_depend_on_the_number_of_jobs(data):
    X, y = data
    grid = {"sense__alpha": [0.01, 0.1, "auto"], "prune__threshold": ["auto", "0.5*max"]}
    searches = [
        GridSearchCV(make_pruning_pipeline(), grid, cv=3, n_jobs=n_jobs).fit(X, y)
        for n_jobs in (1, 2)
    ]
    one, two = (search.cv_results_["mean_test_score"] for search in searches)
    assert np.all(np.isfinite(one))
    assert_allclose(one, two, rtol=0, atol=1e-9)
    assert_allclose(searches[0].predict(X), searches[1].predict(X), atol=1e-9)


def test_memory_trains_once_an_alpha_and_fold(data, tmp_path, monkeypatch):
    X, y = data
    fits = []
    fit_transform = GroupLassoMatrixSensing.fit_transform

    def counted(self, *args, **kwargs):
        fits.append(self.alpha)
        return fit_transform(self, *args, **kwargs)

    monkeypatch.setattr(GroupLassoMatrixSensing, "fit_transform", counted)
    pipe = make_pruning_pipeline(memory=joblib.Memory(tmp_path, verbose=0))
    grid = {"sense__alpha": [0.01, 0.1], "prune__threshold": ["auto", "mean", "0.1*max", 0.3]}
    search = GridSearchCV(pipe, grid, cv=3, n_jobs=1, refit=False).fit(X, y)
    assert sorted(fits) == [0.01] * 3 + [0.1] * 3
    # What was kept is what would have been fitted.
    plain = GridSearchCV(make_pruning_pipeline(), grid, cv=3, refit=False).fit(X, y)
    assert_array_equal(search.cv_results_["mean_test_score"], plain.cv_results_["mean_test_score"])


def test_pandas_in_and_pandas_settings(data):
    X, y = data
    frame = pd.DataFrame(X, columns=[f"feature {i}" for i in range(6)])
    plain = make_pruning_pipeline().fit(X, y)
    with config_context(transform_output="pandas"):
        pipe = make_pruning_pipeline().fit(frame, pd.Series(y))
        assert isinstance(pipe[:-1].transform(frame), FactoredMeasurements)
        # A frame's columns are stored the other way round: equal up to rounding.
        assert_allclose(pipe.predict(frame), plain.predict(X), rtol=1e-10)
    pipe = make_pruning_pipeline().set_output(transform="pandas").fit(frame, y)
    assert isinstance(pipe[:-1].transform(frame), FactoredMeasurements)
    assert_allclose(pipe.predict(frame), plain.predict(X), rtol=1e-10)
    # Names are kept on the way, so that the last step takes the same frames as the first.
    assert_array_equal(pipe["tune"].feature_names_in_, frame.columns)
    assert_allclose(pipe["tune"].predict(frame), plain.predict(X), rtol=1e-10)
    refitted = pipe["tune"].fit(plain[:-1].transform(X), y)
    assert not hasattr(refitted, "feature_names_in_")


def test_feature_names_out(data):
    pipe = make_pruning_pipeline().fit(*data)
    names = pipe[:-1].get_feature_names_out()
    assert list(names) == ["grouplassomatrixsensing0", "grouplassomatrixsensing1"]


def test_cross_validation_on_factored_measurements_is_slicing_by_hand(data):
    X, y = data
    F = GroupLassoMatrixSensing(alpha=0.05).fit(X, y).transform(X)
    folds = KFold(4)
    scores = cross_val_score(FineTuner(), F, y, cv=folds)
    for score, (train, test) in zip(scores, folds.split(X), strict=True):
        model = FineTuner().fit(F[train], y[train])
        by_hand = ((X[test] @ model.factor_) ** 2).sum(axis=1)
        assert_allclose(score, r2_score(y[test], by_hand), rtol=1e-10)


def test_weights_go_to_the_steps(data):
    X, y = data
    weights = np.random.default_rng(0).integers(0, 3, len(y))
    weighted = make_pruning_pipeline().fit(
        X, y, sense__sample_weight=weights, tune__sample_weight=weights
    )
    repeated = make_pruning_pipeline().fit(X.repeat(weights, axis=0), y.repeat(weights))
    assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-6)
    with config_context(enable_metadata_routing=True):
        pipe = make_pruning_pipeline()
        for name in ("sense", "tune"):
            pipe[name].set_fit_request(sample_weight=True)
        routed = pipe.fit(X, y, sample_weight=weights)
    assert_array_equal(routed.predict(X), weighted.predict(X))


def test_parameters_reach_the_steps_that_own_them():
    pipe = make_pruning_pipeline(
        n_components=4,
        alpha=0.1,
        beta=0.2,
        threshold=0.3,
        measurement="matrix",
        fit_intercept=True,
        memory="somewhere",
        random_state=7,
        verbose=1,
    )
    sense, prune, tune = (step.get_params() for _, step in pipe.steps)
    assert (sense["n_components"], sense["alpha"], sense["beta"]) == (4, 0.1, 0.2)
    assert prune["threshold"] == 0.3
    for step in (sense, tune):
        assert (step["measurement"], step["fit_intercept"], step["fit_bias"]) == (
            "matrix",
            True,
            False,
        )
        assert (step["random_state"], step["verbose"]) == (7, 1)
    assert pipe.memory == "somewhere"
    assert make_pruning_pipeline(fit_bias=True)["tune"].fit_bias
