"""Rows in a file are read where they are; the fit is that of the array."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from problems import MEASUREMENTS

from sklearn_prune import (
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    alpha_max,
)
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.objective import Formulation, Problem
from sklearn_prune.selection import cross_validated_penalty, deal_folds
from sklearn_prune.sensing import DenseRows, MatrixMap, sensing_map

N = 300


def data(measurement, dtype=np.float64):
    """Rows, responses, and weights of which every tenth is zero."""
    X, y, _ = make_matrix_sensing(N, 6, 2, measurement=measurement, noise=0.3, random_state=0)
    weights = np.random.default_rng(0).integers(1, 3, size=N).astype(float)
    weights[::10] = 0.0
    # What has no weight must have no effect.
    y[::10] = 1e6
    return X.astype(dtype), y, weights


@pytest.fixture
def mapped(tmp_path):
    def in_file(X):
        np.save(tmp_path / "rows.npy", X)
        return np.load(tmp_path / "rows.npy", mmap_mode="r")

    return in_file


@pytest.fixture
def no_copies(monkeypatch):
    for rows in (DenseRows, MatrixMap):

        def take(self, samples, original=rows.take):
            # A few rows show the span.
            assert len(samples) < N / 5, "rows of a file are copied"
            return original(self, samples)

        monkeypatch.setattr(rows, "take", take)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize("bias", [False, True])
def test_rows_of_weight_zero_stay_in_the_file(measurement, bias, mapped):
    X, y, weights = data(measurement)
    formulation = Formulation(measurement, fit_bias=bias and measurement == "rank-one")
    problem = Problem.from_data(mapped(X), y, weights, formulation)
    assert problem.sensing.in_file
    assert problem.sensing.n_samples == N
    dropped = Problem.from_data(X, y, weights, formulation)
    assert not dropped.sensing.in_file
    assert dropped.sensing.n_samples == N - N // 10
    assert_allclose(problem.scaling.unit("U"), dropped.scaling.unit("U"))


@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("offset", [False, True])
def test_the_fit_is_that_of_the_array(measurement, dtype, offset, mapped):
    X, y, weights = data(measurement, dtype)
    settings = {"measurement": measurement, "fit_intercept": offset}
    top = alpha_max(X, y, sample_weight=weights, **settings)
    assert_allclose(alpha_max(mapped(X), y, sample_weight=weights, **settings), top)
    for alpha in (0.1 * top, "auto"):
        model = GroupLassoMatrixSensing(alpha=alpha, **settings)
        array = model.fit(X, y, weights).factor_
        assert_allclose(model.fit(mapped(X), y, weights).factor_, array, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_cross_validation_copies_no_rows(measurement, mapped, no_copies, monkeypatch):
    X, y, weights = data(measurement)
    model = GroupLassoMatrixSensingCV(cv=3, n_alphas=4, measurement=measurement)
    errors = model.fit(mapped(X), y, weights).mse_path_
    monkeypatch.undo()
    assert_allclose(errors, model.fit(X, y, weights).mse_path_, rtol=1e-4)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_folds_are_dealt_to_samples_with_weight(measurement, mapped):
    X, y, weights = data(measurement)
    formulation = Formulation(measurement)
    problems = [Problem.from_data(rows, y, weights, formulation) for rows in (X, mapped(X))]
    in_memory, in_file = (deal_folds(problem, 5) for problem in problems)
    assert_array_equal(in_file[weights > 0], in_memory)
    alphas = [cross_validated_penalty(problem, 6, n_jobs=1).alpha for problem in problems]
    assert_allclose(*alphas, rtol=1e-6)


def test_fewer_rows_than_features_are_copied(mapped):
    """Their span is found from the rows, of which those without weight are no part."""
    X, y, _ = make_matrix_sensing(8, 12, 1, random_state=0)
    weights = np.array([1.0, 1, 0, 1, 1, 1, 1, 1])
    problem = Problem.from_data(mapped(X), y, weights, Formulation())
    assert problem.dim == 7


def test_a_view_of_a_file_is_in_the_file(mapped):
    X, _, _ = data("rank-one")
    rows = mapped(X)
    for view in (rows, np.asarray(rows), np.asarray(rows)[10:]):
        assert sensing_map(view, "rank-one").in_file
    for copy in (X, rows[[1, 2]], rows + 1.0, np.array(rows)):
        assert not sensing_map(copy, "rank-one").in_file


def test_the_file_is_not_written_into(mapped):
    X, y, weights = data("rank-one")
    rows = mapped(X)
    GroupLassoMatrixSensing(alpha=0.05).fit(rows, y, weights)
    assert_array_equal(rows, X)
