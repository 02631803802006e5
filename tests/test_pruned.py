"""The three steps as one estimator are the Pipeline of them."""

import inspect
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from problems import MEASUREMENTS
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_prune import (
    GreedyColumnPruner,
    PrunedMatrixSensing,
    make_pruning_pipeline,
    pair_differences,
)
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.inspection import (
    ColumnNormDisplay,
    ConvergenceDisplay,
    PruningPathDisplay,
    rank_guarantee,
)


def problem(measurement="rank-one", n_samples=300):
    return make_matrix_sensing(n_samples, 8, 2, measurement=measurement, noise=0.1, random_state=0)[
        :2
    ]


@parametrize_with_checks(
    [
        PrunedMatrixSensing(),
        PrunedMatrixSensing(fit_bias=True),
        PrunedMatrixSensing(3, alpha=0.01, fit_intercept=True),
        PrunedMatrixSensing(fit_bias=True, positive=False),
    ]
)
def test_scikit_learn_checks(estimator, check):
    # There is nothing to be found in the noise of some checks, and the steps say so.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="No signal|alpha='auto'", category=UserWarning)
        check(estimator)


def test_it_has_the_parameters_of_the_pipeline():
    own = inspect.signature(PrunedMatrixSensing).parameters
    # It is a regressor; without an offset both start.
    pipeline = dict(inspect.signature(make_pruning_pipeline).parameters)
    assert pipeline["fit_intercept"].default is None
    pipeline["fit_intercept"] = own["fit_intercept"]
    assert list(own) == list(pipeline)
    assert [p.default for p in own.values()] == [p.default for p in pipeline.values()]


def test_the_log_loss_is_that_of_the_classifiers():
    X, y = problem()
    with pytest.raises(ValueError, match=re.escape("make_pruning_pipeline(loss='log_loss')")):
        PrunedMatrixSensing(loss="log_loss").fit(X, y > 1)
    with pytest.raises(ValueError, match="loss must be one of"):
        PrunedMatrixSensing(loss="absolute").fit(X, y)


def test_a_bad_threshold_is_told_before_the_data_are_looked_at():
    X, y = problem()
    with pytest.raises(ValueError, match=r"threshold must be .* got 'longest'"):
        PrunedMatrixSensing(threshold="longest").fit(np.nan * X, y)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"alpha": 0.05, "threshold": "0.5*max"},
        {"fit_bias": True, "fit_intercept": True},
        {"measurement": "matrix", "beta": 0.2},
        {"positive": False, "fit_bias": True},
    ],
    ids=str,
)
def test_predictions_are_those_of_the_pipeline_bit_for_bit(settings, weighted):
    X, y = problem(settings.get("measurement", "rank-one"))
    weights = np.random.default_rng(0).integers(0, 3, len(y)) if weighted else None
    model = PrunedMatrixSensing(**settings).fit(X, y, weights)
    pipe = make_pruning_pipeline(**settings).fit(
        X, y, sense__sample_weight=weights, tune__sample_weight=weights
    )
    assert_array_equal(model.predict(X), pipe.predict(X))
    assert_array_equal(model.predict(X), model.pipeline_.predict(X))
    assert model.score(X, y) == pipe.score(X, y)
    for name in ("factor_", "bias_", "signs_", "intercept_"):
        assert_array_equal(getattr(model, name), getattr(pipe["tune"], name))
    assert model.alpha_ == pipe["sense"].alpha_
    assert model.certificate_ == pipe["sense"].certificate_
    assert model.rank_ == pipe["prune"].n_columns_ == model.factor_.shape[1]


@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("fit_bias", [False, True])
def test_the_embedding_and_the_matrix_predict(fit_bias, positive):
    X, y, _ = make_matrix_sensing(
        300, 8, 2, noise=0.1, negative=0 if positive else 1, random_state=0
    )
    settings = {"fit_bias": fit_bias, "fit_intercept": True, "positive": positive}
    model = PrunedMatrixSensing(**settings).fit(X, y)
    assert sorted(model.signs_) == ([1, 1] if positive else [-1, 1])
    Z = model.transform(X)
    assert Z.shape == (len(X), model.rank_)
    assert_array_equal(Z, X @ model.factor_ + model.bias_)
    by_hand = (model.signs_ * Z**2).sum(axis=1) + model.intercept_
    assert_allclose(model.predict(X), by_hand, rtol=1e-10)
    linear_and_constant = 2 * X @ model.factor_ @ (model.signs_ * model.bias_)
    linear_and_constant += model.signs_ @ model.bias_**2 + model.intercept_
    quadratic = np.einsum("ia,ab,ib->i", X, model.matrix_, X)
    assert_allclose(model.predict(X), quadratic + linear_and_constant, rtol=1e-10)


def test_matrices_are_transformed_to_what_each_column_adds():
    X, y = problem("matrix")
    model = PrunedMatrixSensing(measurement="matrix", fit_intercept=True).fit(X, y)
    parts = model.transform(X)
    U, A = model.factor_, X.reshape(-1, 8, 8)
    assert_allclose(parts, model.signs_ * np.einsum("iab,aj,bj->ij", A, U, U), atol=1e-10)
    assert_allclose(parts.sum(axis=1) + model.intercept_, model.predict(X), rtol=1e-10)
    assert_allclose(A.reshape(-1, 64) @ model.matrix_.ravel() + model.intercept_, model.predict(X))
    stack = PrunedMatrixSensing(measurement="matrix", fit_intercept=True).fit(A, y)
    assert_array_equal(stack.predict(A), model.predict(X))


@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize("routing", [False, True])
def test_weights_are_repeats_in_plain_fit(measurement, routing):
    X, y = problem(measurement)
    weights = np.random.default_rng(0).integers(0, 3, len(y))
    with config_context(enable_metadata_routing=routing):
        weighted = PrunedMatrixSensing(measurement=measurement).fit(X, y, sample_weight=weights)
    repeated = PrunedMatrixSensing(measurement=measurement).fit(
        X.repeat(weights, axis=0), y.repeat(weights)
    )
    assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-6, atol=1e-8)


def test_names_of_features_and_of_columns():
    X, y = problem()
    frame = pd.DataFrame(X, columns=list("abcdefgh"))
    model = PrunedMatrixSensing().fit(frame, y)
    assert list(model.feature_names_in_) == list("abcdefgh")
    names = ["prunedmatrixsensing0", "prunedmatrixsensing1"]
    assert list(model.get_feature_names_out()) == names
    embedding = model.set_output(transform="pandas").transform(frame)
    assert list(embedding.columns) == names
    # Names that an earlier fit left are gone.
    assert not hasattr(model.fit(X, y), "feature_names_in_")
    assert model.n_features_in_ == 8


def test_a_search_sets_its_parameters():
    X, y = problem()
    grid = {"alpha": [0.05, "auto"], "threshold": ["auto", "0.5*max"]}
    search = GridSearchCV(PrunedMatrixSensing(), grid, cv=3).fit(X, y)
    assert search.best_score_ > 0.9
    embedded = make_pipeline(PrunedMatrixSensing(), StandardScaler()).fit_transform(X, y)
    assert embedded.shape == (300, 2)


def test_what_no_signal_means_is_told():
    """Labels the wrong way round: 1 for two rows of the same class."""
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((60, 3))
    rows = pair_differences(rng.integers(60, size=(400, 2)), Z)
    same = (np.abs(rows[:, 0]) < 1).astype(int)
    with pytest.warns(UserWarning, match="No signal .* 0 for the same class and 1 for different"):
        PrunedMatrixSensing(fit_intercept=True).fit(rows, same)
    with pytest.warns(UserWarning, match="^All columns of X are zero; 1 of zeros must be kept"):
        GreedyColumnPruner().fit(np.zeros((5, 3)))


def test_a_factor_of_zeros_has_no_rank():
    X, y = problem()
    with pytest.warns(UserWarning, match="No signal was found"):
        model = PrunedMatrixSensing(alpha=100.0, fit_intercept=True).fit(X, y)
    assert model.rank_ == 0
    assert model.transform(X).shape == (300, 1)
    assert not model.matrix_.any()
    assert_allclose(model.predict(X), np.mean(y))


def test_what_takes_a_pipeline_takes_it():
    pytest.importorskip("matplotlib").use("Agg")
    import matplotlib.pyplot as plt

    X, y = problem("matrix")
    model = PrunedMatrixSensing(measurement="matrix", fit_intercept=True)
    with pytest.raises(NotFittedError):
        rank_guarantee(model, X, y)
    with pytest.raises(NotFittedError):
        ColumnNormDisplay.from_estimator(model)
    # A path needs the settings alone.
    path = PruningPathDisplay.from_estimator(model, X, y).path
    model.fit(X, y)
    scaler = StandardScaler()
    whole = make_pipeline(scaler, clone(model)).fit(X, y)
    scaled = scaler.transform(X)
    for fitted, pipe, rows in [(model, model.pipeline_, X), (whole, whole[-1].pipeline_, scaled)]:
        guarantee = rank_guarantee(pipe["sense"], rows, y)
        assert rank_guarantee(fitted, X, y) == rank_guarantee(pipe, rows, y) == guarantee
        display = ColumnNormDisplay.from_estimator(fitted)
        assert_array_equal(display.column_norms, pipe["sense"].column_norms_)
        assert display.threshold == pipe["prune"].threshold_
        assert_allclose(display.kept_norms, np.linalg.norm(pipe["tune"].factor_, axis=0))
        curve = ConvergenceDisplay.from_estimator(fitted).loss_curve
        assert_array_equal(curve, pipe["tune"].loss_curve_)
    for fitted in (model, model.pipeline_):
        assert_array_equal(PruningPathDisplay.from_estimator(fitted, X, y).path.ranks, path.ranks)
    through = PruningPathDisplay.from_estimator(whole, X, y, X_test=X, y_test=y)
    by_hand = PruningPathDisplay.from_estimator(model, scaled, y, X_test=scaled, y_test=y)
    assert_array_equal(through.path.column_norms, by_hand.path.column_norms)
    assert_array_equal(through.scores, by_hand.scores)
    plt.close("all")
