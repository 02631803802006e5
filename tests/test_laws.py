"""Laws that every estimator and every function of data keeps, each written once."""

import builtins
import inspect
import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from problems import MEASUREMENTS
from sklearn.base import clone

from sklearn_prune import (
    FineTuner,
    GreedyColumnPruner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    PrunedMatrixSensing,
    alpha_max,
    make_pruning_pipeline,
    pruning_path,
)
from sklearn_prune.datasets import make_matrix_sensing

# What is fitted to (X, y, sample_weight), by name.
ESTIMATORS = {
    "alpha given": GroupLassoMatrixSensing(alpha=0.05),
    "alpha auto": GroupLassoMatrixSensing(random_state=0),
    "cross-validation": GroupLassoMatrixSensingCV(n_alphas=4, cv=3),
    "fine-tuner": FineTuner(2),
    "signed, alpha given": GroupLassoMatrixSensing(alpha=0.05, positive=False),
    "signed, alpha auto": GroupLassoMatrixSensing(positive=False, random_state=0),
    "signed, cross-validation": GroupLassoMatrixSensingCV(n_alphas=4, cv=3, positive=False),
    "signed, fine-tuner": FineTuner(2, positive=False),
    "huber, alpha given": GroupLassoMatrixSensing(alpha=0.05, loss="huber"),
    "huber, alpha auto": GroupLassoMatrixSensing(loss="huber", random_state=0),
    "huber, cross-validation": GroupLassoMatrixSensingCV(n_alphas=4, cv=3, loss="huber"),
    "huber, fine-tuner": FineTuner(2, loss="huber"),
    "three steps": PrunedMatrixSensing(random_state=0),
    "signed, three steps": PrunedMatrixSensing(positive=False, random_state=0),
}
FUNCTIONS = {"alpha_max": alpha_max, "pruning_path": pruning_path}
X, y, _ = make_matrix_sensing(60, 4, 2, noise=0.1, random_state=0)


def estimator(name, **settings):
    return clone(ESTIMATORS[name]).set_params(**settings)


def call(name, X, y, **settings):
    """A fit, or the function, with these parameters."""
    if name in FUNCTIONS:
        return FUNCTIONS[name](X, y, **settings)
    return estimator(name, **settings).fit(X, y)


def problem(measurement, n_samples=200, *, signed=False):
    X, y, _ = make_matrix_sensing(
        n_samples, 8, 2, measurement=measurement, noise=0.1, negative=int(signed), random_state=0
    )
    return X, y


every_estimator = pytest.mark.parametrize("name", ESTIMATORS)
# The folds of a cross-validation follow the order of the rows; its own tests give it folds.
without_folds = pytest.mark.parametrize(
    "name", [n for n in ESTIMATORS if "cross-validation" not in n]
)


@without_folds
@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_weights_are_repeats_in_any_order(name, measurement, fit_intercept):
    X, y = problem(measurement, signed="signed" in name)
    rng = np.random.default_rng(0)
    weights = rng.integers(0, 4, 200)
    order = rng.permutation(weights.sum())
    settings = {"measurement": measurement, "fit_intercept": fit_intercept}
    weighted = estimator(name, **settings).fit(X, y, weights)
    repeated = estimator(name, **settings).fit(
        X.repeat(weights, axis=0)[order], y.repeat(weights)[order]
    )
    assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("loss", ["squared_error", "huber"])
@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_weights_are_repeats_for_functions(measurement, loss):
    X, y = problem(measurement)
    weights = np.random.default_rng(0).integers(0, 4, 200)
    repeated = X.repeat(weights, axis=0), y.repeat(weights)
    settings = {"measurement": measurement, "fit_intercept": True, "loss": loss}
    one, other = (
        alpha_max(X, y, sample_weight=weights, **settings),
        alpha_max(*repeated, **settings),
    )
    assert_allclose(one, other, rtol=1e-10)
    settings |= {"n_alphas": 4, "tol": 1e-8}
    one, other = (
        pruning_path(X, y, sample_weight=weights, **settings),
        pruning_path(*repeated, **settings),
    )
    assert_allclose(one.column_norms, other.column_norms, atol=1e-6)
    assert_allclose(one.losses, other.losses, rtol=1e-6)


@every_estimator
def test_order_of_features_does_not_matter(name):
    X, y = problem("rank-one", signed="signed" in name)
    columns = np.random.default_rng(0).permutation(8)
    one, other = estimator(name).fit(X, y), estimator(name).fit(X[:, columns], y)
    assert_allclose(other.predict(X[:, columns]), one.predict(X), rtol=1e-6, atol=1e-6)


@every_estimator
def test_silent_unless_asked(name, capsys):
    estimator(name).fit(X, y)
    assert capsys.readouterr().out == ""
    model = estimator(name, verbose=1).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert lines
    steps = model.pipeline_ if "three steps" in name else [model]
    names = tuple(f"[{type(step).__name__}] " for step in steps)
    assert all(line.startswith(names) for line in lines)


def test_a_pipeline_prints_lines_of_both_fits(capsys):
    make_pruning_pipeline(verbose=1).fit(X, y)
    names = [line.split("]")[0] for line in capsys.readouterr().out.splitlines()]
    assert names[:-1] == ["[GroupLassoMatrixSensing"] * (len(names) - 1)
    assert names[-1] == "[FineTuner"


def same_state(before, after):
    return before.keys() == after.keys() and all(before[key] is after[key] for key in before)


@every_estimator
def test_a_failed_fit_leaves_the_estimator_as_it_was(name):
    model = estimator(name)
    before = dict(vars(model))
    bad = y.copy()
    bad[3] = np.nan
    for _ in range(2):
        with pytest.raises(ValueError, match="NaN"):
            model.fit(X, bad)
        assert same_state(before, vars(model))
        # Again with what an earlier fit to other data left.
        before = dict(vars(model.fit(X[:, :3], y)))


@every_estimator
@pytest.mark.parametrize("named", [False, True])
def test_an_interrupted_fit_leaves_the_estimator_as_it_was(name, named, monkeypatch):
    model = estimator(name, verbose=1)
    before = dict(vars(model))

    def interrupt(*args):
        raise KeyboardInterrupt

    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr(builtins, "print", interrupt)
            with pytest.raises(KeyboardInterrupt):
                model.fit(pd.DataFrame(X, columns=list("abcd")) if named else X, y)
        assert same_state(before, vars(model))
        # Again with what an earlier fit left: the number and the names of other features.
        before = dict(vars(model.fit(pd.DataFrame(X[:, :3], columns=list("xyz")), y)))
        assert list(model.feature_names_in_) == list("xyz")


def test_an_interrupted_fit_of_the_pruner_leaves_it_as_it_was(monkeypatch):
    pruner = GreedyColumnPruner().fit(X)
    before = dict(vars(pruner))

    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(GreedyColumnPruner, "_threshold_for", interrupt)
    with pytest.raises(KeyboardInterrupt):
        pruner.fit(X[:, :3])
    assert same_state(before, vars(pruner))


def test_a_failed_fit_of_the_pruner_leaves_it_as_it_was():
    pruner = GreedyColumnPruner("paper")
    before = dict(vars(pruner))
    with pytest.raises(ValueError, match="'paper' needs"):
        pruner.fit(X)
    assert same_state(before, vars(pruner))


def with_entry(array, value):
    array = array.copy()
    array[3] = value
    return array


BAD_DATA = [
    ((with_entry(X, np.nan), y), "NaN"),
    ((with_entry(X, np.inf), y), "infinity"),
    ((X, with_entry(y, np.nan)), "NaN"),
    ((X, with_entry(y, -np.inf)), "infinity"),
    ((X, y[:-1]), "y must have one entry for each of the 60 rows of X, got 59"),
    ((X, None), "requires y to be passed"),
    ((X, np.column_stack([y, y])), "1d array"),
    ((X, y, -np.ones(60)), "[Nn]egative"),
    ((X, y, np.zeros(60)), "zero"),
    ((X, y, np.ones(59)), "sample_weight"),
    ((X, y, with_entry(np.ones(60), np.nan)), "NaN"),
    ((X[0], y), "2D array"),
    ((X.reshape(60, 2, 2), y), "dim 3"),
    ((X[:0], y[:0]), "0 sample"),
    ((1e130 * X, y), "X must be scaled"),
    ((X, 1e130 * y), "y must be scaled"),
    ((X, y, np.full(60, 1e130)), "sample_weight must be scaled"),
]
bad_data = pytest.mark.parametrize(("data", "message"), BAD_DATA, ids=[m for _, m in BAD_DATA])


@every_estimator
@bad_data
def test_bad_data_of_estimators(name, data, message):
    model = estimator(name)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        model.fit(*data)
    assert same_state(before, vars(model))


@pytest.mark.parametrize("name", FUNCTIONS)
@bad_data
def test_bad_data_of_functions(name, data, message):
    with pytest.raises(ValueError, match=message):
        FUNCTIONS[name](*data[:2], sample_weight=data[2] if len(data) > 2 else None)


@pytest.mark.parametrize("name", [*ESTIMATORS, *FUNCTIONS])
def test_matrices_must_be_square(name):
    with pytest.raises(ValueError, match=r"'matrix' needs rows of side².*got 5 features"):
        call(name, np.ones((60, 5)), y, measurement="matrix")
    with pytest.raises(ValueError, match=r"needs square matrices.*\(60, 2, 3\)"):
        call(name, np.ones((60, 2, 3)), y, measurement="matrix")


# Bad values of parameters; each is tried wherever there is a parameter of that name.
BAD_PARAMETERS = [
    ("n_components", 0, "n_components must be an integer ≥ 1 or None, got 0"),
    ("n_components", 2.5, "n_components must be an integer"),
    ("n_components", True, "n_components must be an integer"),
    ("measurement", "vector", "measurement must be one of .* got 'vector'"),
    ("measurement", None, "measurement must be one of"),
    ("fit_intercept", 1, "fit_intercept must be True or False, got 1"),
    ("fit_intercept", None, "fit_intercept must be True or False, got None"),
    ("fit_bias", "yes", "fit_bias must be True or False, got 'yes'"),
    ("loss", "absolute", "loss must be one of .* got 'absolute'"),
    ("loss", None, "loss must be one of"),
    ("delta", 0.0, "delta must be a finite number > 0 or 'auto', got 0.0"),
    ("delta", -1, "delta must be a finite number > 0 or 'auto', got -1"),
    ("delta", None, "delta must be a finite number > 0 or 'auto', got None"),
    ("positive", None, "positive must be True or False, got None"),
    ("init", "zeros", "init must be one of .* got 'zeros'"),
    ("init", None, "init must be one of"),
    ("init", np.ones((4, 3)), r"init must be .* got an array of shape \(4, 3\)"),
    ("init", np.full((4, 4), np.nan), "init must be .* finite"),
    ("max_iter", 0, "max_iter must be an integer ≥ 1, got 0"),
    ("tol", 0.0, "tol must be a finite number > 0, got 0.0"),
    ("tol", "tight", "tol must be"),
    ("alpha", -1.0, "alpha must be a finite number ≥ 0 or 'auto', got -1.0"),
    ("alpha", np.nan, "alpha must be"),
    ("alpha", np.inf, "alpha must be"),
    ("alpha", "cv", "alpha must be .* got 'cv'"),
    ("alpha", 1e60, "alpha=1e.60 is out of all proportion"),
    ("beta", 0.0, "beta must be a finite number > 0 or 'auto', got 0.0"),
    ("beta", None, "beta must be"),
    ("solver", "adam", "solver must be one of .* got 'adam'"),
    ("alphas", [], "alphas must be"),
    ("alphas", [0.1, -1.0], r"alphas must be .* got -1\.0\."),
    ("alphas", 1.0, "alphas must be"),
    ("alphas", [np.nan], "alphas"),
    ("alphas", [1j], "alphas must be"),
    ("n_alphas", 0, "n_alphas must be"),
    ("eps", 1.0, "eps must be"),
    ("eps", 1.5, "eps must be"),
    ("threshold", "longest", "threshold must be .* got 'longest'"),
    ("verbose", -1, "verbose must be an integer ≥ 0, True or False, got -1"),
    ("verbose", None, "verbose must be"),
    ("verbose", 1.0, "verbose must be"),
]


def parameters_of(name):
    if name in FUNCTIONS:
        return set(inspect.signature(FUNCTIONS[name]).parameters)
    return set(ESTIMATORS[name].get_params())


BAD_CASES = [
    (name, *case)
    for name in [*ESTIMATORS, *FUNCTIONS]
    for case in BAD_PARAMETERS
    if case[0] in parameters_of(name)
]


@pytest.mark.parametrize(("name", "parameter", "value", "message"), BAD_CASES, ids=str)
def test_bad_parameters(name, parameter, value, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call(name, X, y, **{parameter: value})


@pytest.mark.parametrize("name", [*ESTIMATORS, *FUNCTIONS])
def test_a_bias_needs_vectors(name):
    with pytest.raises(ValueError, match=re.escape("fit_bias=True needs measurement='rank-one'")):
        call(name, X, y, measurement="matrix", fit_bias=True)


@every_estimator
def test_the_callers_arrays_are_left_alone(name):
    for measurement in MEASUREMENTS:
        X, y = problem(measurement, n_samples=100, signed="signed" in name)
        weights = np.ones(100)
        before = X.copy(), y.copy()
        for array in (X, y, weights):
            array.flags.writeable = False
        estimator(name, measurement=measurement).fit(X, y, weights).predict(X)
        assert_array_equal(X, before[0])
        assert_array_equal(y, before[1])
