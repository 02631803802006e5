"""Rows of rank-one measurements that compare two points."""

import sys
from numbers import Integral
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from sklearn.utils import check_array

from sklearn_prune._typing import FloatArray, IndexArray
from sklearn_prune.estimators._samples import DTYPES, naming


def pair_differences(pairs: Any, points_or_n: Any) -> Any:
    """Rank-one measurements of pairs of points, for distances and for learning a metric.

    From the number of points the rows are ``e_a − e_b``, with which ``<A_i, U Uᵀ>`` is the squared
    distance of rows a and b of U: the fitted factor has the positions of the points. From an array
    of points z the rows are ``z_a − z_b``, with which it is their squared distance in the metric
    ``U Uᵀ``.

    Parameters
    ----------
    pairs : array-like of int of shape (n, 2)
        The numbers (a, b) of two points, from 0.
    points_or_n : int or array-like of shape (n_points, n_features)
        How many points there are, or the points, in the order of their numbers.

    Returns
    -------
    scipy.sparse.csr_array of shape (n, n_points), or ndarray or DataFrame of shape (n, n_features)
        Sparse rows from the number of points; an array from the points, float32 from float32 and
        else float64. From a DataFrame of pandas a DataFrame with the same columns, so that a fitted
        ``transform`` takes the points themselves. A pair of a point with itself is a row of zeros.

    Raises
    ------
    ValueError, TypeError
        For pairs that are not two integers a row, or that name a point that is not there.

    Notes
    -----
    (a, b) and (b, a) are the same measurement. A pair that is listed twice with one response counts
    as two measurements of it, with the same noise, and the noise then looks like further columns.
    From a symmetric matrix of distances take the pairs with ``a < b``.

    The distances do not determine the position of a point that is in no pair: its row of U is zero,
    which is the mean of the other points. Nor do they determine the relative position of two sets
    of points if no pair connects the sets.

    Examples
    --------
    >>> from sklearn_prune import pair_differences
    >>> pair_differences([[0, 2], [1, 0]], 3).toarray().tolist()
    [[1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]
    >>> pair_differences([[0, 2], [1, 0]], [[5.0, 1.0], [6.0, 1.0], [7.0, 4.0]]).tolist()
    [[-2.0, -3.0], [1.0, 0.0]]
    """
    if isinstance(points_or_n, Integral) and not isinstance(points_or_n, bool):
        n_points = int(points_or_n)
        if n_points < 1:
            raise ValueError(f"points_or_n must be at least 1, got {points_or_n!r}.")
        return _unit_differences(_check_pairs(pairs, n_points), n_points)
    if np.ndim(points_or_n) == 0:
        raise TypeError(
            f"points_or_n must be the number of points or an array of them, got {points_or_n!r}."
        )
    with naming("points_or_n"):
        points = check_array(points_or_n, dtype=DTYPES, input_name="points_or_n")
    a, b = _check_pairs(pairs, len(points)).T
    return _named_as(points_or_n, points[a] - points[b])


def _named_as(points: Any, rows: FloatArray) -> Any:
    """The rows with the names of the columns of the points, if these have any."""
    # A DataFrame of pandas has imported it.
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(points, pandas.DataFrame):
        return pandas.DataFrame(rows, columns=points.columns)
    return rows


def _unit_differences(pairs: IndexArray, n_points: int) -> csr_array:
    """Rows ``e_a − e_b``."""
    n = len(pairs)
    signs, starts = np.tile([1.0, -1.0], n), np.arange(0, 2 * n + 1, 2)
    # A copy, since the indices of each row are sorted in place.
    rows = csr_array((signs, pairs.ravel(), starts), shape=(n, n_points), copy=True)
    rows.sum_duplicates()
    rows.eliminate_zeros()
    return rows


def _check_pairs(pairs: Any, n_points: int) -> IndexArray:
    with naming("pairs"):
        numbers = np.asarray(pairs)
    if numbers.ndim == 0:
        raise TypeError(f"pairs must be an array of shape (n, 2), got {type(pairs).__name__}.")
    pairs = numbers
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        hint = " Use np.column_stack([i, j])." if pairs.ndim == 2 and len(pairs) == 2 else ""
        raise ValueError(f"pairs must have shape (n, 2), got {pairs.shape}.{hint}")
    if not np.issubdtype(pairs.dtype, np.integer):
        raise TypeError(f"pairs must be integers, got an array of {pairs.dtype}.")
    outside = (pairs < 0) | (pairs >= n_points)
    if outside.any():
        raise ValueError(
            f"pairs must be numbers of points from 0 to {n_points - 1}, got {pairs[outside][0]}."
        )
    return pairs
