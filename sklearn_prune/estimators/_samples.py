"""Validated data: measurements, responses and weights."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.sparsefuncs import min_max_axis
from sklearn.utils.validation import _check_sample_weight, validate_data

from sklearn_prune._typing import FloatArray
from sklearn_prune.estimators._carrier import FactoredMeasurements
from sklearn_prune.estimators._dask import MISSING_RESPONSES, check_dask_rows, check_dask_samples
from sklearn_prune.objective import Formulation, Problem
from sklearn_prune.sensing import is_dask

# Rows of float32 are kept as they are, and become float64 a block at a time.
DTYPES = [np.float64, np.float32]

# The range of a feature over its size below which it may be taken for a constant, and the least one
# that is no rounding error. The search for dependent features takes a standard deviation below 3e-6
# of the mean for rounding, and a normal feature has a range of about six standard deviations. Other
# values were not tried; `tests/test_estimators.py` has features on both sides.
LEAST_VARIATION = 2e-5
ROUNDED = 1e-12


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Put the name of the argument before an error of scikit-learn or NumPy that lacks it."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if "Complex data not supported" in str(error):
            # The error of scikit-learn prints the whole array.
            raise ValueError(
                f"{name}: Complex data not supported, {name} must hold real numbers."
            ) from None
        if re.search(rf"\b{name}\b", str(error)):
            raise
        raise type(error)(f"{name}: {error}") from error


@dataclass(frozen=True)
class Samples:
    """Measurements with their responses and weights, validated.

    Attributes
    ----------
    X : ndarray or CSR array of shape (n, n_features) or (n, side²)
    y : ndarray of shape (n,)
    weights : ndarray of shape (n,)
        At least one is positive.
    """

    X: FloatArray
    y: FloatArray
    weights: FloatArray

    @classmethod
    def of(cls, X: FloatArray, y: Any, sample_weight: Any) -> Self:
        """Validated measurements with responses and weights that are validated here."""
        if is_dask(X):
            return cls(*check_dask_samples(X, y, sample_weight))
        y = check_responses(X, y)
        with naming("sample_weight"):
            weights = _check_sample_weight(
                sample_weight, np.empty((X.shape[0], 1)), dtype=np.float64, ensure_non_negative=True
            )
        if not np.any(weights > 0):
            raise ValueError("sample_weight must have a positive entry, got zeros alone.")
        return cls(X, y, weights)

    def problem(self, formulation: Formulation) -> Problem:
        """The normalised problem that these samples pose."""
        if is_dask(self.X) and formulation.loss.sorts:
            raise ValueError(
                f"X must be in memory with loss={formulation.loss.name!r}, which sorts residuals, "
                "got a dask array; loss='squared_error' takes one."
            )
        problem = Problem.from_data(self.X, self.y, self.weights, formulation)
        if formulation.fit_bias and problem.coordinates is not None:
            _warn_of_means(self.X)
        delta = formulation.loss.delta
        if np.isfinite(delta):
            # It must not be out of all proportion to y.
            problem.scaling.from_caller("delta", delta, "y")
        return problem


def _warn_of_means(X: FloatArray) -> None:
    """Features that vary so little about their means that beside a 1 they are constants.

    Where features depend on one another, the span of the measurements is found from second moments,
    and such a feature may have been taken for a multiple of the 1.
    """
    if issparse(X):
        least, largest = min_max_axis(X, axis=0)
    else:
        least, largest = np.asarray(X.min(axis=0)), np.asarray(X.max(axis=0))
    sizes = np.maximum(np.abs(least), np.abs(largest))
    varies = largest - least
    small = np.flatnonzero((varies < LEAST_VARIATION * sizes) & (varies > ROUNDED * sizes))
    if len(small):
        warnings.warn(
            f"Feature {small[0]} varies by less than {LEAST_VARIATION:.0e} of its size, and may be "
            "taken for a constant beside the 1 of fit_bias=True. Subtract the means of the "
            "features, for example with StandardScaler.",
            UserWarning,
        )


def check_measurements(
    X: Any, measurement: str, *, estimator: BaseEstimator | None = None, reset: bool = True
) -> FloatArray:
    """X as rows of floats, sparse ones in CSR format; matrices may have shape (n, side, side).

    The number and the names of the features are recorded on the estimator, if there is one, or
    compared with those that it was fitted to unless `reset`.
    """
    if isinstance(X, FactoredMeasurements):
        # As an array it is what its columns add to the predictions, not measurements.
        raise TypeError(
            "X must be measurements, got FactoredMeasurements, which carry a factor as well: pass "
            "X.measurements, or numpy.asarray(X) for what its columns add to the predictions."
        )
    with naming("X"):
        # Lists have no dimension of their own; other containers may refuse to be asked by NumPy.
        is_stack = (np.ndim(X) if isinstance(X, list | tuple) else getattr(X, "ndim", 2)) == 3
    if measurement == "matrix" and is_stack:
        X = X if is_dask(X) or issparse(X) else np.asarray(X)
        if X.shape[1] != X.shape[2]:
            raise ValueError(
                "measurement='matrix' needs square matrices, shape (n, side, side), "
                f"got shape {X.shape}."
            )
        X = X.reshape((X.shape[0], X.shape[1] ** 2))
    elif is_stack:
        raise ValueError(
            f"X must be a 2D array of vectors, found array with dim 3 and shape {np.shape(X)}. Set "
            "measurement='matrix' if X holds square matrices; for pairs of vectors see "
            "pair_differences."
        )
    if measurement == "matrix" and not reset and _is_one_matrix(X, estimator):
        raise ValueError(
            f"X must be rows of side² numbers or matrices of shape (n, side, side), got shape "
            f"{X.shape}: for one matrix pass A[None]."
        )
    with naming("X"):
        if is_dask(X):
            X = check_dask_rows(X, estimator=estimator, reset=reset)
        elif estimator is None:
            X = check_array(X, accept_sparse="csr", dtype=DTYPES)
        else:
            X = validate_data(estimator, X, accept_sparse="csr", dtype=DTYPES, reset=reset)
    side = round(np.sqrt(X.shape[1]))
    if measurement == "matrix" and side**2 != X.shape[1]:
        raise ValueError(
            "measurement='matrix' needs rows of side² numbers, vec(A_i), "
            f"got {X.shape[1]} features, which is no square."
        )
    return X


def _is_one_matrix(X: Any, estimator: BaseEstimator | None) -> bool:
    """Whether X is a matrix itself, and not rows of as many numbers as the estimator was fitted to.

    A 1 by 1 matrix is a row of one number as well.
    """
    if not isinstance(X, np.ndarray) or X.ndim != 2 or X.shape[0] == 1:
        return False
    return X.shape[0] == X.shape[1] and X.size == getattr(estimator, "n_features_in_", None)


def check_responses(X: FloatArray, y: Any) -> FloatArray:
    """The responses y as a vector of floats, one for each row of X."""
    if y is None:
        raise ValueError(MISSING_RESPONSES)
    with naming("y"):
        y = column_or_1d(y, warn=True)
        y = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
    if len(y) != X.shape[0]:
        raise ValueError(
            f"y must have one entry for each of the {X.shape[0]} rows of X, got {len(y)}: "
            "inconsistent numbers of samples."
        )
    return y
