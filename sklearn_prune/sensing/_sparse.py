"""Sparse rows: vectors of rank-one measurements, and blocks of rows for dense kernels."""

from copy import copy
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csc_array, csr_array, diags_array, hstack, issparse

from sklearn_prune._typing import FloatArray, IndexArray
from sklearn_prune.sensing._base import SensingMap
from sklearn_prune.sensing._coordinates import Whitened
from sklearn_prune.sensing._rank_one import RankOneMap
from sklearn_prune.sensing._rows import DenseRows
from sklearn_prune.sensing._span import LEAST_SIZE

# The largest d at which R is formed (50 to 500 tried: with 1 to 10 % nonzeros its products took 1.7
# to 24 times as long, and less time from 20 % at d = 500 on), and the largest at which coordinates
# are the principal and whitened ones, which takes several matrices of shape (d, d).
MOST_FORMED = 500
MOST_COORDINATES = 2000
# The part of nonzeros above which dense kernels, a block of rows at a time, take less time, and
# that above which dense blocks form R in less time (1 to 40 % tried; `docs/benchmarks/csr.py`).
DENSE_PART = 0.2
DENSE_ADJOINT = 0.12
# Numbers in the products of a block of rows (8 MB). A block of sparse rows is not copied.
PRODUCT_NUMBERS = 1 << 20
# Nonzeros of a block of columns while products of the columns are summed.
COLUMN_NONZEROS = 1 << 17


def canonical_rows(X: Any) -> csr_array:
    """Rows of float64 without duplicate entries, as a new array that shares what it can."""
    rows = csr_array((X.data, X.indices, X.indptr), shape=X.shape)
    if not rows.has_canonical_format:
        rows = rows.copy()
        rows.sum_duplicates()
    return rows.astype(np.float64, copy=False)


class SparseRows:
    """The rows of a sparse array in CSR format, see `Rows`.

    Parameters
    ----------
    X : csr_array of shape (n, d)
        Of float64 in canonical format; shared, never written to.
    with_one : bool
        Whether a 1 is appended to each row, which takes a copy.
    """

    in_file = False

    def __init__(self, X: csr_array, *, with_one: bool = False) -> None:
        self.largest_entry = float(np.abs(X.data).max(initial=0.0))
        if with_one:
            ones = csr_array(np.ones((X.shape[0], 1)))
            X = canonical_rows(hstack([X, ones], format="csr"))
        self.X = X

    @property
    def shape(self) -> tuple[int, int]:
        return self.X.shape[0], self.X.shape[1]

    @cached_property
    def squares(self) -> csr_array:
        """The squares of the entries."""
        return csr_array((self.X.data**2, self.X.indices, self.X.indptr), shape=self.X.shape)

    @cached_property
    def _transposed(self) -> csc_array:
        # It shares the data; made anew for each product it took 6 to 12 % of a Hessian product of
        # 500 and 600 points.
        return self.X.T

    def max_abs(self) -> float:
        return float(np.abs(self.X.data).max(initial=0.0))

    def squared_lengths(self) -> FloatArray:
        return self.squares @ np.ones(self.X.shape[1])

    def block(self, rows: slice) -> FloatArray:
        return self.X[rows].toarray()

    def times(self, rows: slice, U: FloatArray) -> FloatArray:
        return self._part(rows) @ U

    def transpose_times(self, rows: slice, Z: FloatArray) -> FloatArray:
        part = self._part(rows)
        return (self._transposed if part is self.X else part.T) @ Z

    def take(self, samples: IndexArray) -> "SparseRows":
        return SparseRows(self.X[samples])

    def _part(self, rows: slice) -> csr_array:
        start, stop, _ = rows.indices(self.X.shape[0])
        return self.X if (start, stop) == (0, self.X.shape[0]) else self.X[start:stop]


class SparseRankOneMap(RankOneMap):
    """The map ``M -> x_iᵀ M x_i`` of sparse vectors.

    Where d is large nothing of shape (d, d) is made: R is known by its products, and coordinates
    only leave out the features that are zero and divide the others by their root mean square.

    Parameters
    ----------
    rows : SparseRows
    most_formed : float
        The largest d at which R is formed.
    most_coordinates : float
        The largest d at which the coordinates are those of dense data.
    """

    rows: SparseRows

    def __init__(
        self,
        rows: SparseRows,
        *,
        most_formed: float = MOST_FORMED,
        most_coordinates: float = MOST_COORDINATES,
    ) -> None:
        super().__init__(rows, most_formed=most_formed)
        self.most_coordinates = most_coordinates

    def product_block(self, U: FloatArray) -> int:
        # A block adds an array of the size of U, so that it has more rows than U at least.
        return max(U.shape[0], PRODUCT_NUMBERS // max(1, U.shape[1]))

    def formed_adjoint(self, c: FloatArray) -> FloatArray:
        X = self.rows.X
        if X.nnz > DENSE_ADJOINT * X.shape[0] * X.shape[1]:
            return super().formed_adjoint(c)
        weighted = csr_array(
            (X.data * np.repeat(c, np.diff(X.indptr)), X.indices, X.indptr), X.shape
        )
        total = (X.T @ weighted).toarray()
        # Symmetric to the last bit, as the sum of dense rows is.
        return 0.5 * self.scale**2 * (total + total.T)

    def span(self, weights: FloatArray) -> Any:
        if self.dim <= self.most_coordinates:
            return super().span(weights)
        seen = np.flatnonzero(self._sizes(weights))
        if len(seen) == self.dim:
            return None
        return selection(seen if len(seen) else np.arange(1), self.dim)

    def is_isotropic(self, weights: FloatArray) -> bool:
        # Above this number of features `whitening` only divides by their sizes. To look at their
        # correlations would take an array of shape (d, d).
        return self.dim <= self.most_coordinates and super().is_isotropic(weights)

    def principal_axes(self, weights: FloatArray) -> FloatArray | None:
        return super().principal_axes(weights) if self.dim <= self.most_coordinates else None

    def restricted(self, basis: Any) -> SensingMap:
        if issparse(basis):
            part = self._with_rows(SparseRows(canonical_rows((self.rows.X @ basis).tocsr())))
            # The features that are left may depend on one another, which was not looked at.
            part.most_coordinates = 0
            return part
        if self.n_samples >= self.dim:
            return super().restricted(basis)
        # Fewer samples than features: the rows in the coordinates of the span are dense.
        rows = DenseRows(self.rows.times(slice(None), basis))
        return RankOneMap(rows).scaled(self.scale**2)

    def whitening(self, weights: FloatArray, within: FloatArray | None = None) -> tuple[Any, Any]:
        if self.dim <= self.most_coordinates:
            return super().whitening(weights, within)
        sizes = self.scale * self._sizes(weights)
        # As for dense rows, κ of a Gaussian x of unit variance is 2.
        sizes = 2.0**0.25 * np.where(sizes > 0, sizes, 1.0)
        return diags_array(1.0 / sizes, format="csr"), diags_array(sizes, format="csr")

    def in_whitened(self, T: Any) -> SensingMap:
        if not issparse(T):
            return Whitened(self, T)
        return self._with_rows(SparseRows(canonical_rows((self.rows.X @ T).tocsr())))

    def _with_rows(self, rows: SparseRows) -> "SparseRankOneMap":
        part = copy(self)
        part.rows = rows
        part._second_moments = part._feature_moments = None
        return part

    def _sizes(self, weights: FloatArray) -> FloatArray:
        """Root mean squares of the features as given, 0 where they are as good as zero."""
        sizes = np.sqrt(self.rows.squares.T @ weights)
        return np.where(sizes > LEAST_SIZE * sizes.max(), sizes, 0.0)

    def _second_moments_of(self, weights: FloatArray) -> FloatArray:
        return self.scale**2 * (self.rows.squares.T @ weights)

    def _squared_norm_of_mean(self, weights: FloatArray) -> float:
        if self.dim <= self.most_formed:
            return super()._squared_norm_of_mean(weights)
        # A block of columns at a time, since products of sparse columns may be dense.
        X = self.rows.X
        columns = (
            csr_array(
                (X.data * np.repeat(weights, np.diff(X.indptr)), X.indices, X.indptr), X.shape
            )
        ).tocsc()
        total = 0.0
        for start, stop in _column_blocks(columns.indptr):
            total += float(np.sum((columns[:, start:stop].T @ X).data ** 2))
        return self.scale**4 * total


def _column_blocks(indptr: IndexArray) -> list[tuple[int, int]]:
    """Ranges of columns with about `COLUMN_NONZEROS` nonzeros each."""
    marks = np.searchsorted(indptr, np.arange(0, indptr[-1], COLUMN_NONZEROS), side="right") - 1
    edges = np.unique(np.append(marks, len(indptr) - 1))
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


def selection(kept: IndexArray, dim: int) -> csr_array:
    """The columns of the identity of a size that are kept, shape (dim, kept)."""
    ones = np.ones(len(kept))
    return csr_array((ones, (kept, np.arange(len(kept)))), shape=(dim, len(kept)))


class RowsOnDemand:
    """Sparse rows that look like a dense array; only a slice of them is ever made dense.

    Where many entries are not zero, dense kernels are faster.
    """

    def __init__(self, X: csr_array) -> None:
        self.X = X
        self.shape = X.shape

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> Any:
        part = self.X[rows]
        return part.toarray() if isinstance(rows, slice) else RowsOnDemand(part)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> FloatArray:
        return self.X.toarray()
