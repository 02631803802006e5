"""Rows that compare two points."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import issparse

from sklearn_prune import PrunedMatrixSensing, pair_differences

RNG = np.random.default_rng(0)
POINTS = RNG.standard_normal((7, 3))
PAIRS = RNG.integers(7, size=(20, 2))


def test_rows_from_the_number_give_squared_distances_of_the_rows_of_a_factor():
    rows = pair_differences(PAIRS, len(POINTS))
    assert issparse(rows)
    assert rows.format == "csr"
    assert rows.shape == (20, 7)
    expected = [np.sum((POINTS[a] - POINTS[b]) ** 2) for a, b in PAIRS]
    assert_allclose(((rows @ POINTS) ** 2).sum(axis=1), expected)


def test_rows_from_points_are_those_of_their_number_times_the_points():
    rows = pair_differences(PAIRS, len(POINTS))
    assert_allclose(pair_differences(PAIRS, POINTS), rows @ POINTS)
    assert_array_equal(rows @ np.ones(7), 0.0)


def test_order_of_a_pair_is_the_sign_of_a_row():
    for points in (7, POINTS):
        forward, backward = (pair_differences(p, points) for p in (PAIRS, PAIRS[:, ::-1]))
        assert abs(forward + backward).max() == 0


def test_a_point_with_itself_is_a_row_of_zeros():
    rows = pair_differences([[2, 2], [3, 1]], 4)
    assert rows.nnz == 2
    assert rows.has_canonical_format
    assert_array_equal(pair_differences([[2, 2]], POINTS), 0.0)


def test_types():
    assert pair_differences(PAIRS, POINTS.astype(np.float32)).dtype == np.float32
    assert pair_differences(PAIRS, np.arange(14).reshape(7, 2)).dtype == np.float64
    assert pair_differences(PAIRS.astype(np.uint8), np.int64(7)).dtype == np.float64
    assert pair_differences(np.empty((0, 2), dtype=int), 7).shape == (0, 7)


def test_the_metric_of_a_dataframe_takes_the_dataframe():
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    points = rng.standard_normal((30, 3))
    frame = pandas.DataFrame(points, columns=["a", "b", "c"], index=[f"s{i}" for i in range(30)])
    pairs = rng.integers(30, size=(200, 2))
    rows = pair_differences(pairs, frame)
    assert_array_equal(rows, pair_differences(pairs, points))
    y = (pair_differences(pairs, points)[:, 0]) ** 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        metric = PrunedMatrixSensing(alpha=0.01).fit(rows, y)
        assert_allclose(metric.transform(frame) ** 2, points[:, :1] ** 2, atol=1e-6)
    assert list(metric.feature_names_in_) == ["a", "b", "c"]


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_pairs_are_not_written_into(dtype):
    frozen = PAIRS.astype(dtype)
    frozen[0] = 5, 1
    frozen[1] = 3, 3
    before = frozen.copy()
    pair_differences(frozen, 7)
    assert_array_equal(frozen, before)


@pytest.mark.parametrize(
    ("pairs", "points", "error", "message"),
    [
        ([[0, 1, 2]], 3, ValueError, r"pairs must have shape \(n, 2\), got \(1, 3\)"),
        (None, 3, TypeError, r"pairs must be an array of shape \(n, 2\), got NoneType"),
        ([0, 1], 3, ValueError, r"pairs must have shape \(n, 2\)"),
        (([0, 1, 2], [1, 2, 0]), 3, ValueError, r"got \(2, 3\). Use np.column_stack\(\[i, j\]\)"),
        ([[0, 1]], 1j * POINTS, ValueError, "^points_or_n: Complex data not .* real numbers.$"),
        ([[0.0, 1.0]], 3, TypeError, "pairs must be integers, got an array of float64"),
        ([[0, 3]], 3, ValueError, "pairs must be numbers of points from 0 to 2, got 3"),
        ([[0, -1]], POINTS, ValueError, "from 0 to 6, got -1"),
        ([[0, 1], [2]], 3, ValueError, "pairs"),
        ([[0, 1]], 0, ValueError, "points_or_n must be at least 1"),
        ([[0, 1]], True, TypeError, "points_or_n must be the number of points or an array"),
        ([[0, 1]], 2.0, TypeError, "points_or_n must be the number of points or an array"),
        ([[0, 1]], None, TypeError, "points_or_n"),
        ([[0, 1]], [1.0, 2.0], ValueError, "points_or_n"),
        ([[0, 1]], [[1.0], [np.nan]], ValueError, "points_or_n"),
    ],
)
def test_errors_name_the_argument(pairs, points, error, message):
    with pytest.raises(error, match=message):
        pair_differences(pairs, points)
