"""The path, the guarantee and the pictures of fitted models, which are tested before this."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from problems import MEASUREMENTS, dense_matrices
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_prune import (
    FineTuner,
    GroupLassoMatrixSensing,
    PrunedMatrixSensing,
    alpha_max,
    make_pruning_pipeline,
    pruning_path,
)
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.inspection import (
    ColumnNormDisplay,
    ConvergenceDisplay,
    PruningPathDisplay,
    _isometry,
    rank_guarantee,
)
from sklearn_prune.objective import Formulation, Problem

BENCHMARKS = Path(__file__).parents[1] / "docs" / "benchmarks"


def problem(measurement="matrix", **settings):
    defaults = {"n_samples": 400, "dim": 10, "rank": 2, "noise": 0.1, "random_state": 0}
    return make_matrix_sensing(measurement=measurement, **(defaults | settings))


@pytest.mark.parametrize(
    ("measurement", "fit_bias"), [("rank-one", False), ("rank-one", True), ("matrix", False)]
)
def test_path_is_the_single_fits(measurement, fit_bias):
    X, y, _ = problem(measurement)
    settings = {"measurement": measurement, "fit_intercept": True, "fit_bias": fit_bias}
    path = pruning_path(X, y, tol=1e-8, n_alphas=8, **settings)
    assert_allclose(path.alphas[0], alpha_max(X, y, **settings))
    assert_allclose(path.alphas[-1], 0.01 * path.alphas[0])
    assert path.ranks[0] == 0
    assert np.all(np.diff(path.losses) <= 1e-12)
    for i in range(1, 8):
        model = GroupLassoMatrixSensing(alpha=path.alphas[i], **settings).fit(X, y)
        assert_allclose(path.factors[i], model.factor_, atol=1e-6)
        assert_allclose(path.biases[i], model.bias_, atol=1e-6)
        assert_allclose(path.intercepts[i], model.intercept_, atol=1e-6)
        assert_allclose(path.column_norms[i], model.column_norms_, atol=1e-6)
        assert_allclose(path.losses[i], np.mean((y - model.predict(X)) ** 2), rtol=1e-6)
        assert path.ranks[i] == model.rank_
        assert path.certificates[i].holds
        assert_allclose(path.certificates[i].tau, model.certificate_.tau)


def test_path_of_given_alphas():
    X, y, _ = problem()
    path = pruning_path(X, y, alphas=[0.01, 0.1], measurement="matrix", n_components=3)
    assert_array_equal(path.alphas, [0.1, 0.01])
    assert path.factors.shape == (2, 10, 3)
    with pytest.warns(ConvergenceWarning, match="for 1 of 1 alphas"):
        pruning_path(X, y, alphas=[0.001], max_iter=1, measurement="matrix", tol=1e-10)


def test_path_of_nothing():
    X, y, _ = problem()
    path = pruning_path(X, 0 * y, n_alphas=3, measurement="matrix")
    assert path.alpha_max == 0.0
    assert not path.ranks.any()


def test_guarantee_on_random_problems():
    """A sample of docs/benchmarks/rank_theorem.py, which draws 600."""
    solve = runpy.run_path(str(BENCHMARKS / "rank_theorem.py"))["solve"]
    results = [result for result in map(solve, range(24)) if result]
    assert len(results) > 20
    for name in (
        "(a) holds with the true ν",
        "(b) holds with the true ν",
        "(a) holds as claimed",
        "(b) holds as claimed",
    ):
        assert all(result[name] for result in results)
    # The statements are not empty.
    assert any(result["no spurious column claimed"] for result in results)
    assert any(result["right rank"] for result in results)


def test_rank_grid_on_a_few_problems():
    """A sample of docs/benchmarks/rank_grid.py, which draws 300."""
    script = runpy.run_path(str(BENCHMARKS / "rank_grid.py"))
    outcomes = [script["solve"](s, largest_side=24, unregularised=False) for s in range(10)]
    clear = [o for o in outcomes if o.signal_to_noise > 2]
    assert len(clear) >= 6
    for outcome in clear:
        assert outcome.found == outcome.rank
        assert outcome.error <= 1.001 * outcome.oracle + 1e-7


def test_guarantee_says_what_it_is():
    X, y, _ = problem(n_samples=2000)
    model = GroupLassoMatrixSensing(measurement="matrix").fit(X, y)
    guarantee = rank_guarantee(model, X, y)
    assert guarantee.applies
    assert guarantee.rank == 2
    assert guarantee.tau == model.certificate_.tau
    # β is tied: h is smallest at 0.
    assert_allclose(guarantee.h_min, guarantee.tau)
    assert guarantee.no_spurious_column == (guarantee.nu < guarantee.h_min)
    text = str(guarantee)
    assert "cannot tell" in text
    assert f"{guarantee.detection_limit:.3g}" in text
    # More confidence, a larger bound; the same draws, the same bound.
    more = rank_guarantee(model, X, y, confidence=0.9975)
    assert more.nu > guarantee.nu
    assert rank_guarantee(model, X, y) == guarantee


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_what_is_hardly_seen_may_be_missing(measurement):
    """An eigenvalue along a feature of a fifth of the size is missed, and the limit is above."""
    M, missed = np.diag([1.0, 0.0, 0.0, 0.0, 0.0, 0.3]), 0
    settings = {"measurement": measurement, "fit_intercept": True}
    for seed in range(5):
        rng = np.random.default_rng(seed)
        X, Z = rng.standard_normal((2, 1000, 6)) * [1.0, 1.0, 1.0, 1.0, 1.0, 0.2]
        A = np.einsum("ni,nj->nij", X, X if measurement == "rank-one" else Z)
        y = np.einsum("nij,ij->n", A, M) + 0.5 * rng.standard_normal(1000)
        X = X if measurement == "rank-one" else A.reshape(1000, -1)
        guarantee = rank_guarantee(PrunedMatrixSensing(**settings).fit(X, y), X, y)
        assert guarantee.isometry < 0.05
        assert "Some matrix is seen" in str(guarantee)
        if guarantee.rank == 1:
            missed += 1
            assert guarantee.detection_limit > 0.3
    assert missed > 0


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_the_isometry_is_a_mean_square(measurement, fit_intercept):
    """Over κ, against the matrices; measurements that see all directions alike have about 1."""
    X, y, _ = problem(measurement, n_samples=900, dim=4)
    normalised = Problem.from_data(X, y, np.ones(900), Formulation(measurement, fit_intercept))
    A = dense_matrices(X, measurement)
    if fit_intercept:
        A = A - A.mean(axis=0)
    kappa = np.mean(np.sum(A**2, axis=(1, 2))) / 10
    U, signs = np.random.default_rng(0).standard_normal((4, 3)), np.array([1.0, 1.0, -1.0])

    def square(u):
        S = (u.reshape(4, 3) * signs) @ u.reshape(4, 3).T
        return np.mean(np.einsum("nij,ij->n", A, S) ** 2) / kappa / np.sum(S**2)

    value, gradient = _isometry._mean_square(normalised, normalised.weights, U, signs)
    assert_allclose(value, square(U), rtol=1e-10)
    steps = 1e-5 * np.eye(12)
    differences = [(square(U.ravel() + e) - square(U.ravel() - e)) / 2e-5 for e in steps]
    assert_allclose(gradient, differences, rtol=1e-6, atol=1e-8)
    found = _isometry.isometry(normalised, np.random.RandomState(0))
    if measurement == "matrix" or fit_intercept:
        assert 0.7 < found < 1.3


def test_nothing_is_said_where_a_matrix_changes_no_prediction():
    """Squares of two values, rows of one length, a bias: beside an offset part of M is free."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((500, 5))
    two_values, of_one_length = np.sign(X), X / np.linalg.norm(X, axis=1)[:, None]
    for rows, fit_bias in ((two_values, False), (of_one_length, False), (X, True)):
        y = rows[:, 0] * rows[:, 1] + 3 * rows[:, 2] ** 2 + 0.1 * rng.standard_normal(500)
        settings = {"fit_intercept": True, "fit_bias": fit_bias, "positive": False}
        model = GroupLassoMatrixSensing(alpha=0.05, **settings)
        guarantee = rank_guarantee(model.fit(rows, y), rows, y)
        assert guarantee.isometry < 1e-4
        assert not guarantee.applies
        assert not guarantee.no_spurious_column
        assert guarantee.detection_limit == np.inf
        assert "changes no prediction" in str(guarantee)


def test_guarantee_has_units():
    X, y, _ = problem()
    one, other = (
        rank_guarantee(GroupLassoMatrixSensing(measurement="matrix").fit(c * X, y), c * X, y)
        for c in (1.0, 1e3)
    )
    assert_allclose(other.nu, 1e3 * one.nu, rtol=1e-6)
    assert_allclose(other.h_min, 1e3 * one.h_min, rtol=1e-6)
    assert_allclose(other.detection_limit, 1e-3 * one.detection_limit, rtol=1e-6)


def test_guarantee_counts_weights_as_repeats():
    X, y, _ = problem()
    twice = np.full(400, 2.0)
    model = GroupLassoMatrixSensing(measurement="matrix", alpha=0.1).fit(X, y)
    once, weighted = rank_guarantee(model, X, y), rank_guarantee(model, X, y, sample_weight=twice)
    # Twice the samples: the noise in their mean falls by √2, the sampling error does not.
    assert 0.65 < weighted.nu / once.nu < 1.0


def test_guarantee_is_silent_where_the_theorem_is():
    X, y, _ = problem()
    model = GroupLassoMatrixSensing(2, measurement="matrix", alpha=0.05).fit(X, y)
    guarantee = rank_guarantee(model, X, y)
    assert not guarantee.applies
    assert guarantee.detection_limit == np.inf
    assert "Nothing is guaranteed" in str(guarantee)
    assert "no column is zero" in str(guarantee)
    with pytest.raises(TypeError, match="must be a GroupLassoMatrixSensing"):
        rank_guarantee(FineTuner(), X, y)
    for confidence in (0.0, 0.999, 1.0):
        with pytest.raises(ValueError, match="confidence"):
            rank_guarantee(model, X, y, confidence=confidence)
    # Rank-one data without an offset: the trace of what is missing is nowhere to be seen.
    X, y, _ = problem("rank-one")
    for fit_intercept in (False, True):
        model = GroupLassoMatrixSensing(alpha=0.05, fit_intercept=fit_intercept).fit(X, y)
        assert rank_guarantee(model, X, y).applies == fit_intercept
    # Weights that say there are fewer samples than numbers.
    guarantee = rank_guarantee(model, X, y, sample_weight=np.full(400, 1 / 400))
    assert not guarantee.applies
    assert guarantee.nu == np.inf


def test_convergence_rate_is_fitted():
    curve = [3.0 + 2.0 * 0.81**t for t in range(200)]
    assert_allclose(ConvergenceDisplay(curve).rate, 0.9, rtol=1e-3)
    assert np.isnan(ConvergenceDisplay([1.0, 0.5]).rate)
    assert np.isnan(ConvergenceDisplay([1.0]).rate)


def test_displays_draw_what_they_hold():
    pytest.importorskip("matplotlib").use("Agg")
    import matplotlib.pyplot as plt

    X, y, _ = problem()
    pipe = make_pruning_pipeline(measurement="matrix").set_params(tune__solver="gd").fit(X, y)

    display = ColumnNormDisplay.from_estimator(pipe)
    sorted_norms, kept = display.axes_[0].get_lines()[:2]
    assert_array_equal(sorted_norms.get_ydata(), pipe["sense"].column_norms_)
    assert_allclose(kept.get_ydata(), np.linalg.norm(pipe["tune"].factor_, axis=0))
    assert sum(patch.get_height() for patch in display.axes_[1].patches) == 10
    _, ax = plt.subplots()
    assert ColumnNormDisplay.from_estimator(pipe["sense"]).plot(ax).figure_ is ax.figure

    display = ConvergenceDisplay.from_estimator(pipe, label="gd")
    assert display.ax_.get_yscale() == "log"
    assert "gd, distance ×" in display.ax_.get_legend().get_texts()[0].get_text()

    path = pruning_path(X[:300], y[:300], measurement="matrix", n_alphas=6)
    display = PruningPathDisplay.from_path(path, X[300:], y[300:]).plot()
    norms, below = display.axes_
    assert len(norms.get_lines()) == path.ranks.max()
    assert_array_equal(below.get_lines()[0].get_ydata(), path.ranks)
    assert below.get_xlabel() == r"α / α$_{\max}$"
    assert display.scores[-1] > 0.9
    assert PruningPathDisplay(path).plot().scores is None
    _, ax = plt.subplots()
    display = PruningPathDisplay.from_estimator(
        pipe, X[:300], y[:300], X_test=X[300:], y_test=y[300:], ax=ax
    )
    assert display.figure_ is ax.figure
    assert len(display.scores) == 30

    with pytest.raises(TypeError, match="must have loss_curve_"):
        ConvergenceDisplay.from_estimator(pipe["sense"])
    plt.close("all")


def test_a_pruning_pipeline_after_a_scaler():
    pytest.importorskip("matplotlib").use("Agg")
    import matplotlib.pyplot as plt

    X, y, _ = problem("rank-one")
    pipe = make_pruning_pipeline().set_params(tune__solver="gd")
    # A scaler that moves the features asks for a bias.
    whole = make_pipeline(StandardScaler(with_mean=False), pipe).fit(X, y)
    nested = ColumnNormDisplay.from_estimator(whole)
    assert_allclose(nested.column_norms, whole[-1]["sense"].column_norms_)
    assert len(nested.kept_norms) == whole[-1]["prune"].n_columns_
    curve = whole[-1]["tune"].loss_curve_
    display = ConvergenceDisplay.from_estimator(whole)
    assert_array_equal(display.loss_curve, curve)
    assert_allclose(display.excess[0], curve[0] - curve[-1], rtol=1e-12)
    plt.close("all")
