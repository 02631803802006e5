"""A fitted factor in the units of the caller, which predicts."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.sensing import SensingMap, is_dask, sensing_map

# The largest product of two columns that are orthogonal, over the square of the longest one. Those
# of canonical factors are below 1e-9 (`tests/test_signed.py`).
ORTHOGONAL = 1e-8


@dataclass(frozen=True, eq=False)
class FittedFactor:
    """A factor with its biases and offset.

    Attributes
    ----------
    factor : ndarray of shape (n_features or side, k)
        U, without the row of biases.
    bias : ndarray of shape (k,)
        What is added to ``x_iᵀ u_j``; zeros where no bias was fitted.
    intercept : float
        The offset, in units of y; 0.0 where none was fitted.
    measurement : {"rank-one", "matrix"}
        What the rows are to which it is applied.
    signs : ndarray of shape (k,)
        With which each column counts: 1, −1, or 0 for a column of zeros.
    """

    factor: FloatArray
    bias: FloatArray
    intercept: float
    measurement: str
    signs: FloatArray

    @property
    def column_norms(self) -> FloatArray:
        """``||u_j||``, biases included, shape (k,)."""
        if not self.bias.any():
            return norms_of_columns(self.factor)
        return norms_of_columns(np.vstack([self.factor, self.bias]))

    @property
    def has_orthogonal_columns(self) -> bool:
        """Whether no two columns, biases included, have a product that counts beside the longest.

        Columns of one sign always are, beyond rounding.
        """
        if self.column_signs is None:
            return True
        U = np.vstack([self.factor, self.bias])[:, self.signs != 0]
        U = U / self.column_norms.max()
        gram = U.T @ U
        return bool(np.all(np.abs(gram - np.diag(np.diag(gram))) <= ORTHOGONAL))

    @property
    def column_signs(self) -> FloatArray | None:
        """1.0 or −1.0 for each column, shape (k,), or None if none is negative; see `Factor`."""
        return np.where(self.signs < 0, -1.0, 1.0) if np.any(self.signs < 0) else None

    def predict(self, X: Any) -> Any:
        """``c + Σ_j ± <A_i, u_j u_jᵀ>``, shape (n,); lazy for a dask array.

        X may be sparse. Of float32 rows the result is float32.
        """
        dtype = _type_of_results(X)
        if is_dask(X):
            return X.map_blocks(self.predict, drop_axis=1, dtype=dtype)
        sensing, U = self._applied_to(X)
        predicted = sensing.forward(U, self.column_signs) + self.intercept
        return _as_type(predicted, dtype)

    def column_images(self, X: Any) -> Any:
        """``± <A_i, u_j u_jᵀ>``, what each column adds to each prediction, shape (n, k).

        It is lazy for a dask array.
        """
        dtype = _type_of_results(X)
        if is_dask(X):
            chunks = (X.chunks[0], (self.factor.shape[1],))
            return X.map_blocks(self.column_images, chunks=chunks, dtype=dtype)
        sensing, U = self._applied_to(X)
        images, signs = sensing.column_images(U), self.column_signs
        return _as_type(images if signs is None else images * signs, dtype)

    def coordinates(self, X: Any) -> Any:
        """``u_jᵀ x_i + b_j`` for vectors, `column_images` for matrices, shape (n, k)."""
        if self.measurement == "rank-one":
            return _as_type(X @ self.factor + self.bias, _type_of_results(X))
        return self.column_images(X)

    def _applied_to(self, X: Any) -> tuple[SensingMap, FloatArray]:
        has_bias = self.measurement == "rank-one" and bool(self.bias.any())
        U = np.vstack([self.factor, self.bias]) if has_bias else self.factor
        return sensing_map(X, self.measurement, fit_bias=has_bias), U


def _type_of_results(X: Any) -> np.dtype:
    """float32 for rows of float32, although sums are made in float64."""
    return np.dtype(np.float32 if X.dtype == np.float32 else np.float64)


def _as_type(values: Any, dtype: np.dtype) -> Any:
    """Values of float64 as they are or as float32; as they are where float32 would overflow."""
    if is_dask(values) or dtype == values.dtype:
        return values.astype(dtype)
    too_large = np.abs(values).max(initial=0.0) > np.finfo(dtype).max
    return values if too_large else values.astype(dtype)


def norms_of_columns(U: FloatArray) -> FloatArray:
    """Euclidean norms of columns whose squares may overflow or vanish, shape (k,)."""
    norms = np.zeros(U.shape[1])
    # The zeros at the end, which may be many columns, are left out. At least two stay, since NumPy
    # sums a single column in another order.
    last = int(np.flatnonzero((U != 0).any(axis=0))[-1:].sum())
    U = U[:, : max(2, last + 1)]
    largest = np.abs(U).max(axis=0, initial=0.0)
    divided = U / np.where(largest == 0, 1.0, largest)
    norms[: U.shape[1]] = largest * np.linalg.norm(divided, axis=0)
    return norms
