"""Whether fine-tuning helps to predict held-out samples, and the warning where it does not."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from problems import MEASUREMENTS

from sklearn_prune import (
    FineTuner,
    GroupLassoMatrixSensing,
    PrunedMatrixSensing,
    RankWarning,
    alpha_max,
)
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.models import Factor
from sklearn_prune.objective import Formulation, GroupLasso, Problem
from sklearn_prune.selection import deal_folds, held_out_gains, largest_leverage

TOLD = "a few samples of large features decide the columns found"


def long_tailed_table(seed=0, n=400, d=8):
    """Log-normal features, and a response that is not quadratic."""
    rng, mixing = np.random.default_rng(seed), np.random.default_rng(9).standard_normal((d, d))
    X = (np.exp(rng.standard_normal((n, d))) - np.exp(0.5)) @ mixing / 6.0
    return X, np.abs(X[:, 0]) + X[:, 1] + 0.3 * rng.standard_normal(n)


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_gains_are_those_of_estimators_fitted_to_the_folds(measurement, fit_intercept):
    settings = {"measurement": measurement, "fit_intercept": fit_intercept}
    X, y, _ = make_matrix_sensing(
        120, 6, 2, measurement=measurement, noise=0.3, condition_number=1.5, random_state=0
    )
    y = y + 3.0 * fit_intercept
    problem = Problem.from_data(X, y, np.ones(120), Formulation(measurement, fit_intercept))
    # A penalty that both rank one data and matrices feel.
    alpha = 0.2 * alpha_max(X, y, **settings)
    whole = GroupLassoMatrixSensing(alpha=alpha, **settings).fit(X, y)
    penalty = problem.penalty(alpha, whole.beta_)
    tuned, penalized = (
        problem.import_columns(Factor(fit.factor_), "it")
        for fit in (FineTuner(2, **settings).fit(X, y), whole)
    )
    found = held_out_gains(problem, tuned, penalty, penalized, 6)
    fold_of = deal_folds(problem, 5)
    squares = np.zeros((3, 120))
    for fold in range(5):
        out = fold_of == fold
        models = (
            FineTuner(2, **settings),
            GroupLassoMatrixSensing(alpha=alpha, beta=whole.beta_, **settings),
        )
        for i, model in enumerate(models):
            squares[i, out] = (y[out] - model.fit(X[~out], y[~out]).predict(X[out])) ** 2
        squares[2, out] = (y[out] - y[~out].mean()) ** 2
    expected = 1.0 - squares.sum(axis=1)[:2] / squares.sum(axis=1)[2]
    assert expected[0] - expected[1] > 0.005
    # The fits of the folds end at a gradient norm of 1e-4.
    assert_allclose(found, expected, atol=5e-4)


def test_weights_are_repeats():
    X, y = long_tailed_table(n=150)
    w = np.random.default_rng(1).integers(0, 4, 150)
    formulation = Formulation(fit_bias=True, fit_intercept=True)
    weighted = Problem.from_data(X, y, w.astype(float), formulation)
    repeated = Problem.from_data(X.repeat(w, axis=0), y.repeat(w), np.ones(w.sum()), formulation)
    factor = Factor(0.1 * np.random.default_rng(2).standard_normal((9, 2)))
    penalty = GroupLasso.from_tau(0.05)
    gains = [held_out_gains(p, factor, penalty, factor, 4) for p in (weighted, repeated)]
    # The fits of the folds end at a gradient norm of 1e-4.
    assert_allclose(*gains, atol=5e-4)
    assert_allclose(*[largest_leverage(p, 2) for p in (weighted, repeated)], rtol=1e-12)


def test_leverage_of_equal_samples_is_their_share():
    X = np.sign(np.random.default_rng(0).standard_normal((100, 5)))
    problem = Problem.from_data(X, X[:, 0] * X[:, 1], np.ones(100), Formulation())
    assert_allclose(largest_leverage(problem, 2), problem.degrees_of_freedom(2) / 100)
    X[7] *= 10.0
    problem = Problem.from_data(X, X[:, 0] * X[:, 1], np.ones(100), Formulation())
    # Squares of products grow with the fourth power.
    assert_allclose(largest_leverage(problem, 2), 9 * 1e4 / (99 + 1e4))


@pytest.mark.parametrize("seed", [7, 15])
def test_tables_with_long_tails_are_told_of(seed):
    settings = {"fit_bias": True, "positive": False}
    X, y = long_tailed_table(seed)
    with pytest.warns(RankWarning, match=TOLD):
        model = PrunedMatrixSensing(**settings).fit(X, y)
    fresh = long_tailed_table(seed + 100, n=4000)
    assert model.score(*fresh) < min(model.pipeline_["sense"].score(*fresh), 0.0) - 0.2
    # Their ranks have no tails.
    ranks = np.argsort(np.argsort(X, axis=0), axis=0) / len(X) - 0.5
    with warnings.catch_warnings():
        # The noise of a function that is not quadratic may seem to grow with it.
        warnings.simplefilter("ignore", RankWarning)
        warnings.filterwarnings("error", f"alpha='auto': {TOLD}")
        PrunedMatrixSensing(**settings).fit(ranks, y)
