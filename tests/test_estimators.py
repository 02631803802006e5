"""The three estimators keep scikit-learn's conventions and their own laws."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from problems import MEASUREMENTS, relative_error
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_prune import (
    FactoredMeasurements,
    FineTuner,
    GreedyColumnPruner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    RankWarning,
    alpha_max,
    make_pruning_pipeline,
)
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.solvers import FINE_TUNING

OFFSETS = [
    {"fit_intercept": intercept, "fit_bias": bias}
    for intercept in (False, True)
    for bias in (False, True)
]


def all_estimators():
    # Each option with each estimator, and pairs of options where one could hinder the other.
    for settings in OFFSETS:
        yield GroupLassoMatrixSensing(n_components=3, alpha=0.01, **settings)
        yield FineTuner(2, **settings)
    for settings in OFFSETS[:3]:
        yield GroupLassoMatrixSensing(**settings)
    for solver in FINE_TUNING:
        yield FineTuner(solver=solver, fit_intercept=True)
        yield FineTuner(2, solver=solver, fit_bias=True)
    yield GroupLassoMatrixSensing(alpha=0.01, init="random", fit_bias=True)
    yield GroupLassoMatrixSensing(alpha=0.1, beta=0.1, fit_bias=True)
    yield FineTuner(2, init="random", fit_bias=True)
    yield GroupLassoMatrixSensingCV(n_alphas=4, cv=3)
    yield GroupLassoMatrixSensingCV(3, n_alphas=4, fit_intercept=True)
    yield GroupLassoMatrixSensing(positive=False)
    yield GroupLassoMatrixSensing(positive=False, fit_intercept=True)
    yield GroupLassoMatrixSensing(3, alpha=0.01, positive=False, fit_bias=True)
    yield GroupLassoMatrixSensing(alpha=0.01, init="random", positive=False, fit_bias=True)
    for solver in FINE_TUNING:
        yield FineTuner(2, solver=solver, positive=False, fit_bias=True)
    yield FineTuner(positive=False, fit_intercept=True)
    yield GroupLassoMatrixSensingCV(n_alphas=4, cv=3, positive=False, fit_bias=True)
    yield GroupLassoMatrixSensing(loss="huber")
    yield GroupLassoMatrixSensing(loss="huber", fit_intercept=True)
    yield GroupLassoMatrixSensing(3, alpha=0.01, loss="huber", positive=False, fit_bias=True)
    yield GroupLassoMatrixSensing(alpha=0.01, init="random", loss="huber", delta=0.5)
    for solver in FINE_TUNING:
        yield FineTuner(2, solver=solver, loss="huber", fit_bias=True)
    yield FineTuner(loss="huber", fit_intercept=True)
    yield GroupLassoMatrixSensingCV(n_alphas=4, cv=3, loss="huber")
    yield GreedyColumnPruner()
    yield GreedyColumnPruner("0.5*max", max_columns=2)


@parametrize_with_checks(list(all_estimators()))
def test_scikit_learn_checks(estimator, check):
    # The checks fit noise, with few samples. A descent may need more steps than it has there, and
    # with a bias and an offset both, an unpenalised fit may have its optimum at infinity:
    # linear functions are limits of (ε x + 1/ε)². Nor may the samples tell the rank. The warnings
    # are right, and no failure.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="alpha='auto'", category=UserWarning)
        check(estimator)


# What every Pipeline fails: it stores its steps unchanged and fits them in place.
EVERY_PIPELINE_FAILS = {
    "check_dont_overwrite_parameters": "fits its steps in place",
    "check_estimators_overwrite_params": "fits its steps in place",
}


@parametrize_with_checks(
    [
        make_pruning_pipeline(),
        make_pruning_pipeline(positive=False, fit_bias=True),
        make_pruning_pipeline(loss="huber"),
    ],
    expected_failed_checks=lambda _: EVERY_PIPELINE_FAILS,
)
def test_scikit_learn_checks_of_the_pipeline(estimator, check):
    # There is nothing to be found in the noise of some checks, and the pruner says so.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="No signal|alpha='auto'", category=UserWarning)
        check(estimator)


def fitted(X, y, sample_weight=None, **settings):
    return GroupLassoMatrixSensing(**settings).fit(X, y, sample_weight)


def problem(measurement="rank-one", **settings):
    defaults = {"n_samples": 400, "dim": 10, "rank": 2, "noise": 0.1, "random_state": 0}
    return make_matrix_sensing(measurement=measurement, **(defaults | settings))


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_fitted_attributes(measurement):
    X, y, _ = problem(measurement)
    model = fitted(X, y, measurement=measurement, n_components=7)
    assert model.factor_.shape == (10, 7)
    assert_array_equal(model.bias_, np.zeros(7))
    assert model.intercept_ == 0.0
    assert_allclose(model.column_norms_, np.linalg.norm(model.factor_, axis=0), rtol=1e-12)
    assert np.all(np.diff(model.column_norms_) <= 0)
    assert model.rank_ == 2
    # A dead column is exactly zero.
    assert not model.factor_[:, 2:].any()
    assert model.certificate_.holds
    assert model.beta_ > 0
    assert 0 < model.prune_threshold_ < model.column_norms_[1]
    s = model.column_norms_**2
    e = y - model.predict(X)
    penalty = model.alpha_ * np.sum(s / np.sqrt(s + model.beta_))
    assert_allclose(model.objective_, np.mean(e**2) + penalty, rtol=1e-10)
    assert_allclose(model.certificate_.tau, model.alpha_ / (2 * np.sqrt(model.beta_)), rtol=1e-12)
    A = X[:, :, None] * X[:, None, :] if measurement == "rank-one" else X.reshape(-1, 10, 10)
    R = np.einsum("i,iab->ab", e, A) / len(y)
    top = np.linalg.eigvalsh(R)[-1]
    assert_allclose(model.certificate_.top_residual_eigenvalue, top, rtol=1e-6)


@pytest.mark.parametrize("settings", OFFSETS, ids=str)
def test_predictions_by_definition(settings):
    X, y, _ = problem()
    y = y + X @ np.arange(10) / 10 + 3
    model = fitted(X, y, alpha=0.05, **settings)
    hidden = (X @ model.factor_ + model.bias_) ** 2
    assert_allclose(model.predict(X), hidden.sum(axis=1) + model.intercept_, rtol=1e-10)
    F = model.transform(X)
    assert isinstance(F, FactoredMeasurements)
    assert_allclose(np.asarray(F), hidden, rtol=1e-10, atol=1e-12)
    if settings["fit_intercept"]:
        assert abs(np.mean(y - model.predict(X))) < 1e-10
    else:
        assert model.intercept_ == 0.0
        assert np.all(model.predict(X) >= 0)
    assert settings["fit_bias"] == model.bias_.any()


def test_a_bias_gives_linear_and_constant_terms():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 4))
    u, b = np.array([1.0, 2.0, 0.0, -1.0]), 3.0
    y = (X @ u + b) ** 2
    model = FineTuner(1, fit_bias=True).fit(X, y)
    sign = np.sign(model.bias_[0])
    assert_allclose(sign * model.factor_[:, 0], u, atol=1e-8)
    assert_allclose(sign * model.bias_[0], b, rtol=1e-8)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("alpha", ["auto", 0.05])
@pytest.mark.parametrize("cx", [1e-3, 1, 1e3])
@pytest.mark.parametrize("cy", [1e-3, 1e3])
def test_units(measurement, fit_intercept, alpha, cx, cy):
    """y → cy y and X → cx X change the units of everything, and nothing else."""
    X, y, _ = problem(measurement)
    of_A = cx**2 if measurement == "rank-one" else cx
    unit = np.sqrt(cy / of_A)
    settings = {"measurement": measurement, "fit_intercept": fit_intercept}
    one = fitted(X, y, alpha=alpha, **settings)
    if alpha != "auto":
        alpha = alpha * cy**2 / unit
    other = fitted(cx * X, cy * y, alpha=alpha, **settings)
    assert other.rank_ == one.rank_
    assert_allclose(other.factor_, one.factor_ * unit, atol=1e-6 * unit)
    assert_allclose(other.column_norms_, one.column_norms_ * unit, rtol=1e-6)
    assert_allclose(other.intercept_, one.intercept_ * cy, rtol=1e-6, atol=1e-6 * cy)
    assert_allclose(other.alpha_, one.alpha_ * cy**2 / unit, rtol=1e-6)
    assert_allclose(other.beta_, one.beta_ * unit**2, rtol=1e-6)
    assert_allclose(other.objective_, one.objective_ * cy**2, rtol=1e-6)
    assert_allclose(other.prune_threshold_, one.prune_threshold_ * unit, rtol=1e-6)
    assert_allclose(other.certificate_.tau, one.certificate_.tau * cy * of_A, rtol=1e-6)
    assert_allclose(
        other.certificate_.top_residual_eigenvalue,
        one.certificate_.top_residual_eigenvalue * cy * of_A,
        rtol=1e-6,
    )
    assert_allclose(
        alpha_max(cx * X, cy * y, **settings), alpha_max(X, y, **settings) * cy**2 / unit
    )


def test_rotating_the_features_rotates_the_factor():
    X, y, _ = problem()
    Q, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((10, 10)))
    one, other = fitted(X, y), fitted(X @ Q, y)
    M, N = (model.factor_ @ model.factor_.T for model in (one, other))
    assert_allclose(N, Q.T @ M @ Q, atol=1e-7)


def test_three_dimensional_matrices_are_their_reshape():
    X, y, _ = problem("matrix")
    A = X.reshape(400, 10, 10)
    for make in (
        lambda: GroupLassoMatrixSensing(measurement="matrix"),
        lambda: FineTuner(2, measurement="matrix"),
        lambda: make_pruning_pipeline(measurement="matrix"),
    ):
        flat, cubic = make().fit(X, y), make().fit(A, y)
        assert flat.n_features_in_ == cubic.n_features_in_ == 100
        assert_array_equal(flat.predict(X), cubic.predict(A))
    flat, cubic = (alpha_max(B, y, measurement="matrix") for B in (X, A))
    assert flat == cubic


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_every_start_ends_at_the_same_place(measurement):
    X, y, _ = problem(measurement)
    settings = {"alpha": 0.05, "measurement": measurement, "tol": 1e-10}
    spectral = fitted(X, y, **settings)
    start = spectral.factor_ + 0.1 * np.random.default_rng(0).standard_normal((10, 10))
    for init, seed in (("random", 0), ("random", 1), (start, None)):
        model = fitted(X, y, init=init, random_state=seed, **settings)
        assert model.certificate_.holds
        assert_allclose(model.objective_, spectral.objective_, rtol=1e-10)
        assert_allclose(model.factor_, spectral.factor_, atol=1e-6)


def test_random_start_is_deterministic_given_a_seed():
    X, y, _ = problem()
    model = GroupLassoMatrixSensing(alpha=0.0, init="random", max_iter=3)
    # Stopped early, before all starts end at the same place.
    with pytest.warns(ConvergenceWarning):
        one, two, other = (model.set_params(random_state=s).fit(X, y).factor_ for s in (0, 0, 1))
    assert_array_equal(one, two)
    assert not np.allclose(one, other)


def test_without_a_regulariser_nothing_can_be_pruned():
    """The paper's negative result: all columns live, and the explicit threshold keeps them."""
    X, y, _ = problem(n_samples=80)
    model = fitted(X, y, alpha=0.0)
    assert model.rank_ > 4
    pruner = GreedyColumnPruner().fit(model.transform(X))
    assert pruner.n_columns_ == model.rank_


def test_more_columns_than_rows_and_one_column():
    X, y, _ = problem()
    many, one = fitted(X, y, n_components=25), fitted(X, y, n_components=1)
    assert many.factor_.shape == (10, 25)
    assert many.rank_ == 2
    assert one.factor_.shape == (10, 1)
    assert one.rank_ == 1


def test_given_beta_is_used():
    X, y, _ = problem()
    model = fitted(X, y, alpha=0.05, beta=1e-3)
    assert (model.alpha_, model.beta_) == (pytest.approx(0.05), pytest.approx(1e-3))
    auto = fitted(X, y, beta=1e-2)
    tied = fitted(X, y)
    assert_allclose(auto.certificate_.tau, tied.certificate_.tau, rtol=1e-10)


def test_alpha_max_is_where_the_last_column_dies():
    X, y, _ = problem()
    for settings in OFFSETS:
        top = alpha_max(X, y, **settings)
        zeros = np.zeros((10 + settings["fit_bias"], 4))
        dead = fitted(X, y, alpha=1.01 * top, n_components=4, init=zeros, **settings)
        born = fitted(X, y, alpha=0.99 * top, n_components=4, init=zeros, **settings)
        assert dead.rank_ == 0
        assert born.rank_ > 0


def test_a_refit_forgets():
    X, y, _ = problem()
    model = clone(GroupLassoMatrixSensing(alpha=0.05))
    model.fit(X[:, :4], y)
    again = model.fit(X, y).factor_.copy()
    assert_array_equal(again, fitted(X, y, alpha=0.05).factor_)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize("ratio", [1e-6, 1e-4, 1e-2])
def test_a_pipeline_keeps_the_columns_of_an_accurate_fit(measurement, ratio):
    """Where τ is small, too, although the penalised step of a pipeline has a coarse tolerance."""
    X, y, _ = problem(measurement, condition_number=20, noise=0.0)
    alpha = ratio * alpha_max(X, y, measurement=measurement)
    pipe = make_pruning_pipeline(alpha=alpha, measurement=measurement)
    exact = clone(pipe).set_params(sense__tol=1e-8).fit(X, y)
    assert pipe.fit(X, y)["prune"].n_columns_ == exact["prune"].n_columns_ == 2


def test_a_warning_made_an_error_keeps_the_fit():
    X, y, _ = problem()
    model = GroupLassoMatrixSensing(alpha=0.01, max_iter=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ConvergenceWarning):
            model.fit(X, y)
    assert model.predict(X).shape == y.shape


def test_a_warning_made_an_error_in_the_middle_of_a_fit_leaves_what_was_there():
    X, y, _ = problem()
    model = GroupLassoMatrixSensing(alpha=0.01).fit(X, y)
    before = dict(vars(model))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataConversionWarning):
            model.fit(X[:, :3], y[:, None])
    assert vars(model).keys() == before.keys()
    assert all(vars(model)[name] is before[name] for name in before)


def test_a_missing_offset_is_told_where_the_mean_of_y_predicts_better():
    X, _, _ = problem()
    for settings in ({}, {"positive": False}):
        with pytest.warns(RankWarning, match="mean of y predicts better"):
            GroupLassoMatrixSensing(**settings).fit(X, X[:, 0] ** 2 + 10)


def test_columns_that_were_asked_for_but_are_those_of_the_input_are_told():
    X, y, _ = problem()
    carried = GroupLassoMatrixSensing(alpha=0.01).fit(X, y).transform(X)
    with pytest.warns(UserWarning, match="n_components=1 has no effect"):
        FineTuner(1).fit(carried, y)


def test_too_few_steps_warn_and_keep_the_best_factor():
    X, y, _ = problem()
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        model = fitted(X, y, alpha=0.01, max_iter=1)
    assert not model.certificate_.holds
    assert model.factor_.any()
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        tuner = FineTuner(2, solver="gd", max_iter=3).fit(X, y)
    assert len(tuner.loss_curve_) == tuner.n_iter_ + 1 == 4


def test_fine_tuner_on_plain_arrays():
    X, y, factor = problem(noise=0.0)
    model = FineTuner(2).fit(X, y)
    assert relative_error(model.factor_, factor) < 1e-8
    assert_allclose(model.loss_curve_[-1], np.mean((y - model.predict(X)) ** 2), atol=1e-14)
    whole = FineTuner().fit(X, y)
    assert whole.factor_.shape == (10, 10)
    assert_allclose(whole.predict(X), y, atol=1e-3)
    start = factor + 0.01
    assert relative_error(FineTuner(2, init=start).fit(X, y).factor_, factor) < 1e-8


@pytest.mark.parametrize("norm", [1e-2, 1e-7, 1e-9, 1e-12])
@pytest.mark.parametrize("shrinkage", [0.0, 0.1])
def test_a_tiny_start_is_a_start(norm, shrinkage):
    """Steps of its length change the loss by less than rounding errors."""
    X, y, _ = problem(noise=0.1)
    start = norm * np.random.default_rng(0).standard_normal((10, 2))
    model = FineTuner(2, init=start, shrinkage=shrinkage).fit(X, y)
    other = FineTuner(2, shrinkage=shrinkage).fit(X, y)
    assert_allclose(model.predict(X), other.predict(X), rtol=1e-5, atol=1e-5 * np.abs(y).max())


def test_settings_that_come_with_the_input_win():
    X, y, _ = problem()
    y = y + X @ np.ones(10)
    F = fitted(X, y, alpha=0.05, fit_bias=True).transform(X)
    with pytest.warns(UserWarning, match="has no effect"):
        odd = FineTuner(7, measurement="matrix", fit_intercept=True).fit(F, y)
    even = FineTuner().fit(F, y)
    assert_array_equal(odd.factor_, even.factor_)
    assert odd.intercept_ == 0.0
    assert odd.bias_.any()
    assert odd.n_features_in_ == 10
    assert_array_equal(odd.predict(X), even.predict(F))


def test_fine_tuning_a_factor_of_zeros_returns_the_offset():
    X, y, _ = problem()
    F = fitted(X, y, alpha=1e6, fit_intercept=True).transform(X)
    for solver in FINE_TUNING:
        model = FineTuner(solver=solver).fit(F, y)
        assert model.factor_.shape == (10, 10)
        assert not model.factor_.any()
        assert_allclose(model.predict(X), np.mean(y), rtol=1e-12)


def pruner_input(norms, prune_threshold=0.5, beta=0.04):
    factor = np.diag(norms)
    k = len(norms)
    return FactoredMeasurements(
        np.ones((2, k)), factor, np.zeros(k), 0.0, "rank-one", beta, prune_threshold
    )


@pytest.mark.parametrize(
    ("threshold", "kept", "value"),
    [
        ("auto", [0, 2], 0.5),
        ("paper", [0, 2], 0.4),
        (0.1, [0, 2, 3], 0.1),
        (2.0, [0], 2.0),
        (0.0, [0, 2, 3], 0.0),
        ("mean", [0], 0.675),
        ("median", [0, 2], 0.35),
        ("0.1*max", [0, 2], 0.2),
        ("2 * median", [0], 0.7),
    ],
)
def test_thresholds(threshold, kept, value):
    F = pruner_input([2.0, 0.0, 0.6, 0.1])
    pruner = GreedyColumnPruner(threshold).fit(F)
    assert_allclose(pruner.threshold_, value, rtol=1e-12)
    assert_array_equal(pruner.get_support(indices=True), kept)
    assert pruner.n_columns_ == len(kept)
    G = pruner.transform(F)
    assert isinstance(G, FactoredMeasurements)
    assert_array_equal(G.factor, F.factor[:, kept])


def test_pruner_limits_keep_the_longest():
    F = pruner_input([0.3, 2.0, 0.6, 0.1])
    pruner = GreedyColumnPruner(0.0, max_columns=2).fit(F)
    assert_array_equal(pruner.get_support(indices=True), [1, 2])
    with pytest.warns(UserWarning, match="Only 1 of 4 columns"):
        pruner = GreedyColumnPruner(1.0, min_columns=3).fit(F)
    assert_array_equal(pruner.get_support(indices=True), [0, 1, 2])
    with pytest.warns(UserWarning, match="Only 0 of 4 columns"):
        pruner = GreedyColumnPruner(9.0).fit(F)
    assert_array_equal(pruner.get_support(indices=True), [1])


def test_pruner_of_a_plain_array():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20, 6)) * [1, 1e-6, 2, 1e-7, 0, 3]
    pruner = GreedyColumnPruner().fit(X)
    assert_allclose(pruner.column_norms_, np.linalg.norm(X, axis=0))
    assert_array_equal(pruner.get_support(indices=True), [0, 2, 5])
    assert_array_equal(pruner.transform(X), X[:, [0, 2, 5]])


def test_certificate_is_in_the_callers_units():
    X, y, _ = problem()
    X, y = 100 * X, 1e-3 * y
    with pytest.warns(ConvergenceWarning):
        model = fitted(X, y, alpha=1e-9, max_iter=2)
    U, s = model.factor_, model.column_norms_**2
    R = (X.T * (y - model.predict(X))) @ X / len(y)
    slopes = model.alpha_ * (s + 2 * model.beta_) / (2 * (s + model.beta_) ** 1.5)
    gradient = -4 * R @ U + 2 * slopes * U
    assert_allclose(model.certificate_.gradient_norm, np.linalg.norm(gradient), rtol=1e-6)
    assert not model.certificate_.holds


def test_what_travels_is_what_was_fitted():
    X, y, _ = problem()
    model = fitted(X, y, alpha=0.05, fit_bias=True, fit_intercept=True)
    F = model.transform(X)
    assert (F.beta, F.prune_threshold) == (model.beta_, model.prune_threshold_)
    assert (F.measurement, F.fit_bias, F.fit_intercept) == ("rank-one", True, True)
    assert F.intercept == model.intercept_
    assert_array_equal(F.measurements, X)
    assert GreedyColumnPruner().fit(F).threshold_ == model.prune_threshold_
    assert_allclose(GreedyColumnPruner("paper").fit(F).threshold_, 2 * np.sqrt(model.beta_))


@pytest.mark.parametrize("solver", FINE_TUNING)
def test_fine_tuning_starts_from_the_factor_that_came(solver):
    X, y, _ = problem()
    y = 1e3 * y
    F = fitted(X, y, alpha="auto").transform(X)
    model = FineTuner(solver=solver, max_iter=5000).fit(F, y)
    assert_allclose(model.loss_curve_[0], np.mean((y - F.predict()) ** 2), rtol=1e-10)
    assert_allclose(model.loss_curve_[-1], np.mean((y - model.predict(X)) ** 2), rtol=1e-10)
    assert model.loss_curve_[-1] < model.loss_curve_[0]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_column_too_short_for_the_units_of_the_caller_does_not_count():
    """The best column is zero, and a tolerance that is never met lets the start shrink to it."""
    X = np.eye(8)[2:3]
    for seed in range(5):
        init = np.random.default_rng(seed).standard_normal((8, 1))
        model = GroupLassoMatrixSensing(1, alpha=0.0, tol=1e-300, init=init).fit(X, [-0.144])
        assert model.rank_ == np.count_nonzero(model.column_norms_) == 0


def test_fine_tuning_starts_from_the_fit_of_the_rank_search():
    """The tuned factor travels where as many columns are kept, but not to the descents."""
    X, y, _ = problem()
    F = fitted(X, y).transform(X)[:, :2]
    assert F.tuned is not None
    from_tuned = FineTuner().fit(F, y)
    assert from_tuned.n_iter_ <= 1
    from_pruned = FineTuner().fit(replace(F, tuned=None), y)
    assert from_pruned.n_iter_ > 1
    assert_allclose(from_tuned.factor_, from_pruned.factor_, atol=1e-7)
    for solver in ("gd", "scaled-gd"):
        descent = FineTuner(solver=solver, max_iter=5000).fit(F, y)
        assert_allclose(descent.loss_curve_[0], np.mean((y - F.predict()) ** 2), rtol=1e-10)
    # Columns that are not those that were tuned, and a fit that tuned none.
    whole = fitted(X, y).transform(X)
    assert not FineTuner().fit(whole[:, [5, 6]], y).factor_.any()
    assert np.any(FineTuner().fit(whole[:, [0, 5]], y).factor_, axis=0).tolist() == [True, False]
    assert FineTuner().fit(F[:, [0]], y).factor_.shape == (10, 1)
    assert fitted(X, y, alpha=0.05).transform(X).tuned is None


def test_fine_tuning_from_random_starts_has_a_seed():
    X, y, _ = problem()
    starts = [
        FineTuner(2, init="random", random_state=s).fit(X, y).loss_curve_[0] for s in (0, 0, 1)
    ]
    assert starts[0] == starts[1] != starts[2]


def test_fine_tuning_all_columns_ends_where_no_other_would_help():
    X, y, _ = problem(noise=0.3)
    spectral = FineTuner(10).fit(X, y)
    random = FineTuner(10, init="random", random_state=0).fit(X, y)
    assert_allclose(spectral.loss_curve_[-1], random.loss_curve_[-1], rtol=1e-6)


def test_a_constant_is_fitted_where_it_can_be():
    X, _, _ = problem()
    rows = X / np.linalg.norm(X, axis=1, keepdims=True)
    assert_allclose(FineTuner().fit(rows, np.ones(400)).predict(rows), 1.0, atol=1e-6)
    constant = FineTuner(2, fit_bias=True).fit(X, np.full(400, 3.0))
    # The second column is surplus, and the loss grows with its fourth power only.
    assert_allclose(constant.predict(X), 3.0, atol=1e-5)
    one = FineTuner(2).fit(X[:1], [3.0])
    assert_allclose(one.predict(X[:1]), 3.0, atol=1e-6)


@pytest.mark.parametrize("n", [100, 120, 777])
@pytest.mark.parametrize("constant", [3.0, 0.1, -1e5])
def test_a_constant_with_an_offset_leaves_nothing_for_columns(n, constant):
    # The mean of equal numbers is off by a rounding error for some n.
    X, y = np.random.default_rng(0).standard_normal((n, 5)), np.full(n, constant)
    assert alpha_max(X, y, fit_intercept=True) == 0.0
    for model in (
        GroupLassoMatrixSensing(fit_intercept=True),
        GroupLassoMatrixSensing(fit_intercept=True, alpha=0.01),
        GroupLassoMatrixSensing(fit_intercept=True, loss="huber"),
        GroupLassoMatrixSensingCV(fit_intercept=True, n_alphas=3),
        FineTuner(2, fit_intercept=True),
    ):
        model.fit(X, y)
        assert model.rank_ == 0
        assert_allclose(model.predict(X[:3]), constant, rtol=1e-14)


def test_features_that_hardly_vary_beside_a_one_are_told():
    Z = np.random.default_rng(0).standard_normal((100, 3))
    y, copies = (Z[:, 0] + Z[:, 1]) ** 2, np.column_stack([Z, Z[:, 0]])
    # Constants and copies of a feature depend on others, and may do so.
    for X in (copies, np.column_stack([Z, np.full(100, 0.1)]), Z + 1e4):
        FineTuner(1, fit_bias=True).fit(X, y)
    with pytest.warns(UserWarning, match="Feature 0 varies by less than"):
        FineTuner(1, fit_bias=True).fit(np.column_stack([Z[:, 0] + 1e7, Z[:, 1:]]), y)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.longdouble, np.int8])
def test_a_start_of_any_real_type(kind):
    X, y, _ = problem()
    start = np.eye(10)
    model = GroupLassoMatrixSensing(alpha=0.01, init=start.astype(kind)).fit(X, y)
    assert_allclose(model.factor_, clone(model).set_params(init=start).fit(X, y).factor_)


def test_a_fine_tuner_with_fewer_parameters_takes_a_factor():
    class Quick(FineTuner):
        def __init__(self, n_components=None):
            super().__init__(n_components, solver="lbfgs")

    X, y, _ = problem()
    F = GroupLassoMatrixSensing(fit_intercept=True).fit_transform(X, y)
    assert_allclose(Quick().fit(F, y).predict(X), FineTuner().fit(F, y).predict(X), atol=1e-5)


def test_objective_is_that_of_the_factor_wherever_the_fit_stops():
    X, y, _ = problem(n_samples=400, dim=12)
    zeros = np.zeros((12, 12))
    for steps in (1, 2, 5, 20):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = fitted(X, y, alpha=0.01, init=zeros, max_iter=steps)
        s = model.column_norms_**2
        penalty = 0.01 * np.sum(s / np.sqrt(s + model.beta_))
        assert_allclose(model.objective_, np.mean((y - model.predict(X)) ** 2) + penalty)
        assert model.n_iter_ <= steps


@pytest.mark.parametrize("weight", [1 / 400, 0.1, 10.0])
def test_weights_that_are_no_repeats_are_told(weight):
    X, y, _ = problem()
    message = rf"the weights of 400 samples sum to {400 * weight:g}"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*too few to t|.*scales of the features")
        with pytest.warns(RankWarning, match=message):
            fitted(X, y, np.full(400, weight))


def test_weights_of_mean_one_are_not_told():
    X, y, _ = problem()
    for weights in (np.ones(400), np.linspace(0.5, 1.5, 400), np.arange(400) % 5):
        assert fitted(X, y, weights).certificate_.holds


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_exact_recovery_near_the_sampling_limit(measurement):
    """15 % more samples than numbers, no noise: further starts find what one start misses."""
    hits = 0
    for seed in range(5):
        X, y, factor = make_matrix_sensing(45, 20, 2, measurement=measurement, random_state=seed)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="alpha='auto'|The certificate")
            one, two = (
                make_pruning_pipeline(measurement=measurement, random_state=0, n_jobs=n_jobs)
                for n_jobs in (1, 2)
            )
            one.fit(X, y)
            hits += (
                one["prune"].n_columns_ == 2 and relative_error(one["tune"].factor_, factor) < 1e-6
            )
            assert_allclose(two.fit(X, y)["tune"].factor_, one["tune"].factor_, atol=1e-10)
    # By docs/benchmarks/sampling_limit.py 19 or 20 of 20.
    assert hits >= 4


def test_equal_signals_hide_each_other_and_are_found():
    X, y, _ = make_matrix_sensing(700, 20, 8, measurement="matrix", noise=0.05, random_state=0)
    pipe = make_pruning_pipeline(measurement="matrix").fit(X, y)
    assert pipe["prune"].n_columns_ == 8


def test_fewer_columns_than_signals_are_all_used():
    X, y, _ = problem("matrix", rank=3, noise=0.0)
    for k in (1, 2):
        model = fitted(X, y, measurement="matrix", n_components=k)
        assert model.factor_.shape == (10, k)
        assert model.rank_ == k


@pytest.mark.parametrize("tol", [1e-4, 1e-6, 1e-8])
def test_exact_recovery_does_not_depend_on_the_tolerance(tol):
    for seed in (2, 8):
        X, y, _ = make_matrix_sensing(300, 12, 3, condition_number=8, random_state=seed)
        assert fitted(X, y, tol=tol, random_state=0).rank_ == 3


def test_few_samples_are_told():
    X, y, _ = make_matrix_sensing(40, 16, 2, measurement="matrix", noise=0.03, random_state=0)
    with pytest.warns(UserWarning, match="40 samples .* are too few to tell"):
        fitted(X, y, measurement="matrix", random_state=0)


@pytest.mark.parametrize("d", [1, 2, 4])
def test_many_samples_of_full_rank_are_enough(d):
    X, y, _ = make_matrix_sensing(
        2000, d, max(1, d - 1), measurement="matrix", noise=0.3, random_state=0
    )
    assert fitted(X, y, measurement="matrix").rank_ == max(1, d - 1)
