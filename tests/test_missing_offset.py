"""The warning of an offset that the data have and the model does not."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from problems import MEASUREMENTS

from sklearn_prune import FineTuner, GroupLassoMatrixSensing, RankWarning, pair_differences
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.estimators._missing_offset import offset_statistic
from sklearn_prune.models import Factor
from sklearn_prune.objective import Formulation, Problem


def distances(noise=0.1):
    """Two fifths of the squared distances of 40 points in three dimensions."""
    rng = np.random.default_rng(0)
    points, pairs = rng.normal(size=(40, 3)), np.column_stack(np.triu_indices(40, 1))
    pairs = pairs[rng.random(len(pairs)) < 0.4]
    y = ((points[pairs[:, 0]] - points[pairs[:, 1]]) ** 2).sum(axis=1)
    return pair_differences(pairs, 40), y + noise * rng.normal(size=len(y)), "rank-one"


def data(kind):
    if kind == "distances":
        return distances()
    X, y, _ = make_matrix_sensing(500, 12, 2, measurement=kind, noise=0.1, random_state=0)
    return X, y, kind


@pytest.mark.parametrize("kind", [*MEASUREMENTS, "distances"])
def test_a_constant_in_y_is_told_of(kind):
    X, y, measurement = data(kind)
    settings = {"measurement": measurement}
    with warnings.catch_warnings():
        warnings.simplefilter("error", RankWarning)
        rank = GroupLassoMatrixSensing(**settings).fit(X, y).rank_
        same = GroupLassoMatrixSensing(fit_intercept=True, **settings).fit(X, y + 0.3)
    assert rank == same.rank_ == (3 if kind == "distances" else 2)
    advice = r"an offset would lower the loss.* Set fit_intercept=True(, and fit_bias=True)?"
    with pytest.warns(RankWarning, match=advice) as caught:
        GroupLassoMatrixSensing(**settings).fit(X, y + 0.3)
    # A constant feature is no part of a matrix.
    assert ("fit_bias" in str(caught[0].message)) == (measurement == "rank-one")


def test_what_is_set_is_not_advised():
    X, y, _ = data("rank-one")
    with pytest.warns(RankWarning, match=r"an offset would lower .* Set fit_intercept=True\.$"):
        GroupLassoMatrixSensing(fit_bias=True).fit(X, y - 0.3)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_statistic_of_an_offset_by_two_fits(measurement):
    """It is the logarithm of the ratio of their errors, times samples, to about one."""
    X, y, _ = make_matrix_sensing(600, 8, 2, measurement=measurement, noise=0.5, random_state=0)
    y = y + 0.5
    one = FineTuner(2, measurement=measurement).fit(X, y)
    other = FineTuner(2, measurement=measurement, fit_intercept=True).fit(X, y)
    expected = (600 - 1 - 15) * np.log(one.loss_curve_[-1] / other.loss_curve_[-1])
    assert expected > 16.0
    problem = Problem.from_data(X, y, np.ones(600), Formulation(measurement))
    found = problem.import_columns(Factor(one.factor_), "the factor")
    assert_allclose(offset_statistic(problem, found), expected, atol=1.0)


def test_too_few_samples_for_an_offset():
    X, y, _ = make_matrix_sensing(15, 8, 2, random_state=0)
    problem = Problem.from_data(X, y, np.ones(15), Formulation("rank-one"))
    assert offset_statistic(problem, Factor(np.eye(8)[:, :2])) == 0.0


def test_a_negative_constant_in_semidefinite_matrices_is_not_a_negative_column():
    X, y, _ = make_matrix_sensing(500, 8, 2, noise=0.2, random_state=0)
    A = np.einsum("ia,ib->iab", X, X)
    with pytest.warns(RankWarning, match="an offset would lower the loss"):
        GroupLassoMatrixSensing(measurement="matrix").fit(A, y - 0.5)
