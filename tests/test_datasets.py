"""Problems with a known answer are what they say."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from problems import MEASUREMENTS, dense_matrices

from sklearn_prune.datasets import make_matrix_sensing


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_responses_and_spectrum(measurement):
    X, y, factor = make_matrix_sensing(
        40, 7, 3, measurement=measurement, condition_number=5, random_state=0
    )
    M = factor @ factor.T
    A = dense_matrices(X, measurement)
    assert_allclose(y, np.einsum("iab,ab->i", A, M), atol=1e-12)
    assert_allclose(np.linalg.eigvalsh(M)[::-1][:4], [1.0, 0.6, 0.2, 0.0], atol=1e-12)
    assert_allclose(factor.T @ factor, np.diag([1.0, 0.6, 0.2]), atol=1e-12)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_moments(measurement):
    n, d = 4000, 6
    X, y, factor = make_matrix_sensing(n, d, 2, measurement=measurement, noise=0.5, random_state=0)
    A = dense_matrices(X, measurement)
    residual = y - np.einsum("iab,ab->i", A, factor @ factor.T)
    # Six standard errors of a standard deviation.
    assert abs(residual.std() / 0.5 - 1) < 6 / np.sqrt(2 * n)
    if measurement == "matrix":
        assert_array_equal(A, X.reshape(n, d, d))
        curvature = (A**2).sum(axis=(1, 2)).mean() / (d * (d + 1) / 2)
        assert abs(curvature - 1) < 0.03


def test_same_seed_same_problem():
    one, two, other = (make_matrix_sensing(20, 5, 2, noise=1.0, random_state=s) for s in (0, 0, 1))
    for a, b, c in zip(one, two, other, strict=True):
        assert_array_equal(a, b)
        assert not np.allclose(a, c)


def test_rank_may_be_zero_or_full():
    assert not make_matrix_sensing(20, 5, 0, random_state=0)[1].any()
    assert make_matrix_sensing(20, 5, 5, random_state=0)[2].shape == (5, 5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_samples": 0}, "n_samples"),
        ({"dim": 0}, "dim"),
        ({"dim": 3, "rank": 4}, "rank"),
        ({"noise": -1.0}, "noise"),
        ({"condition_number": 0.5}, "condition_number"),
        ({"measurement": "tensor"}, "measurement"),
    ],
)
def test_bad_parameters(settings, message):
    with pytest.raises(ValueError, match=message):
        make_matrix_sensing(**settings)
