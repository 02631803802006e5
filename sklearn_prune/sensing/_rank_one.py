"""Rank-one measurements ``A_i = x_i x_iᵀ``, which are never formed."""

from collections.abc import Iterator
from copy import copy

import numpy as np

from sklearn_prune._typing import FloatArray, IndexArray, Operator
from sklearn_prune.sensing._base import SensingMap
from sklearn_prune.sensing._blocks import fill_blocks, row_blocks, sum_blocks
from sklearn_prune.sensing._coordinates import Restricted, Whitened
from sklearn_prune.sensing._operator import SymmetricOperator
from sklearn_prune.sensing._rank_one_linearization import RankOneLinearization, sums_of_squares
from sklearn_prune.sensing._rows import DenseRows, Rows
from sklearn_prune.sensing._span import (
    alike,
    are_correlated,
    are_isotropic,
    principal_axes,
    span_of_moments,
    span_of_rows,
    span_of_vectors,
    variances_along,
    whitening_of_vectors,
)

# Multiplications that a block of rows takes in a product with a factor. The block is then read from
# memory once for two products, by the BLAS kernels for small matrices. A Hessian product at d = 100
# and 500 takes 1.0 of the time with 2^19, 1.05 to 1.15 with 2^18, 1.0 with 2^21, and .9 to 1.2 with
# whole products (`docs/benchmarks/speed_constants.py`); an earlier run gave 1.7 to 2.0 with 2^21
# and 1.7 to 3.3 with whole products.
PRODUCT_WORK = 900_000
# Numbers in a block of rows where the rows themselves are copied (512 kB). The sums over a span
# take 1.0 to 1.1 of the time with 2^14 to 2^18 (`docs/benchmarks/speed_constants.py`).
COPIED_NUMBERS = 1 << 16
# Rows that are copied at once to form R. 250, 1,000 and 4,000 take .083, .077 and .075 s at
# n = 12,000, d = 500, and 5.7, 3.8 and 3.4 s at n = 40,000, d = 2,000, where ``X.T @ X`` takes 3.1;
# with new arrays for every block it takes three times as long at d = 500.
FORMED_ROWS = 1000
# Products ``x_iᵀ Z`` are kept up to this many numbers (16 MB), and computed again beyond. This
# bounds the memory: kept, Hessian products take .7 to .8 of the time, however large they are
# (`docs/benchmarks/speed_constants.py`).
KEPT_NUMBERS = 1 << 21
# The largest d at which R is formed. Beyond it a dozen products with a block of vectors take less
# time than one of X with itself (`docs/benchmarks/csr.py`).
MOST_FORMED = 1000
# Rows for each feature from which it is first tried to see the span. r of them add 1/r to the sum
# of squared correlations of independent features, which must stay below `CORRELATED`. With one row
# the search took twice the time on a table with few ones, with 10 on all; 2 and 3 take the same
# time (`docs/benchmarks/speed_constants.py`).
ROWS_PER_FEATURE = 3


class RankOneMap(SensingMap):
    """The map ``M -> x_iᵀ M x_i``.

    Parameters
    ----------
    rows : Rows
        The vectors ``x_i``.
    product_work, copied_numbers, formed_rows, kept_numbers : int
        Sizes of blocks and of the cache, see the constants of this file.
    most_formed : float
        The largest d at which matrices of shape (d, d) are formed; of larger ones there are only
        products, but for the moments that coordinates need.

    Attributes
    ----------
    scale : float
        What every vector is multiplied by: ``A_i = scale² x_i x_iᵀ``.
    """

    def __init__(
        self,
        rows: Rows,
        *,
        product_work: int = PRODUCT_WORK,
        copied_numbers: int = COPIED_NUMBERS,
        formed_rows: int = FORMED_ROWS,
        kept_numbers: int = KEPT_NUMBERS,
        most_formed: float = MOST_FORMED,
    ) -> None:
        super().__init__()
        self.rows = rows
        self.scale = 1.0
        self.product_work = product_work
        self.copied_numbers = copied_numbers
        self.formed_rows = formed_rows
        self.kept_numbers = kept_numbers
        self.most_formed = most_formed
        self._feature_moments: tuple[FloatArray, FloatArray] | None = None

    @property
    def in_file(self) -> bool:  # type: ignore[override]
        return self.rows.in_file

    @property
    def n_samples(self) -> int:
        return self.rows.shape[0]

    @property
    def dim(self) -> int:
        return self.rows.shape[1]

    @property
    def largest_entry(self) -> float:
        return self.rows.largest_entry

    def max_abs(self) -> float:
        return (self.scale * self.rows.max_abs()) ** 2

    def scaled(self, factor: float) -> "RankOneMap":
        scaled = copy(self)
        scaled.scale = self.scale * float(np.sqrt(factor))
        scaled._second_moments = None
        return scaled

    def take(self, samples: IndexArray) -> "RankOneMap":
        part = copy(self)
        part.rows = self.rows.take(samples)
        part._second_moments = part._feature_moments = None
        return part

    def forward(self, U: FloatArray, signs: FloatArray | None = None) -> FloatArray:
        def images(rows: slice) -> FloatArray:
            return sums_of_squares(self.times(rows, U), signs)

        return fill_blocks(np.empty(self.n_samples), images, self.product_block(U))

    def linearize(self, U: FloatArray, signs: FloatArray | None = None) -> RankOneLinearization:
        return RankOneLinearization(self, U, signs)

    def adjoint(self, c: FloatArray) -> Operator:
        if self.dim <= self.most_formed:
            return self.formed_adjoint(c)
        return SymmetricOperator(self.dim, lambda V: self.linearize(V).adjoint_product(c))

    def formed_adjoint(self, c: FloatArray) -> FloatArray:
        """``Σ c_i A_i`` as an array."""

        size = min(self.n_samples, self.formed_rows)
        copied = np.empty((size, self.dim))
        product = np.empty((self.dim, self.dim))
        roots = self.scale * np.sqrt(np.abs(c))

        # A product of a matrix with itself takes half of the time of a product with a weighted
        # copy: positive and negative weights are therefore taken apart.
        def term(rows: slice, sign: float) -> FloatArray:
            chosen = np.flatnonzero(sign * c[rows] > 0)
            B = copied[: len(chosen)]
            np.take(self.rows.block(rows), chosen, axis=0, out=B, mode="clip")
            B *= roots[rows][chosen, None]
            return np.matmul(B.T, B, out=product)

        total = np.zeros((self.dim, self.dim))
        for rows in row_blocks(self.n_samples, size):
            total += term(rows, 1.0)
            total -= term(rows, -1.0)
        return total

    def gram(self, c: FloatArray) -> Operator:
        return self.adjoint(c * self._squared_lengths())

    def squared_norms(self) -> FloatArray:
        return self._squared_lengths() ** 2

    def column_images(self, U: FloatArray) -> FloatArray:
        out = np.empty((self.n_samples, U.shape[1]))
        return fill_blocks(out, lambda rows: self.times(rows, U) ** 2, self.product_block(U))

    def span_features(self, V: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
        a, b = np.triu_indices(V.shape[1])
        size = min(max(16, self.copied_numbers // len(a)), self.product_block(V))
        for rows in row_blocks(self.n_samples, size):
            # By columns: gathering columns of rows takes 14 times as long.
            P = np.ascontiguousarray(self.times(rows, V).T)
            yield rows, (P[a] * P[b]).T

    def span(self, weights: FloatArray) -> FloatArray | None:
        if self.n_samples < self.dim:
            X = self.rows.block(slice(None))
            wide_basis = span_of_rows(X)
            Z = X @ wide_basis
            return principal_axes(wide_basis, (weights * Z.T) @ Z)
        # A few rows span everything in most cases.
        C = self._mean_measurement_of_few(weights)
        if C is not None and span_of_moments(C) is None and not are_correlated(C):
            return None
        return span_of_vectors(self._mean_measurement(weights))

    def is_isotropic(self, weights: FloatArray) -> bool:
        C = self._mean_measurement_of_few(weights)
        if C is None or not are_isotropic(C):
            return False
        # A few rows may miss one that outweighs them all.
        few, every = np.diag(C), self.second_moments(weights)
        return bool(alike(few.min(), every.max()) and alike(every.min(), few.max()))

    def principal_axes(self, weights: FloatArray) -> FloatArray | None:
        return principal_axes(np.eye(self.dim), self._mean_measurement(weights))

    def restricted(self, basis: FloatArray) -> SensingMap:
        if self.n_samples >= self.dim:
            C = None if self._feature_moments is None else self._feature_moments[1]
            return Restricted(self, basis, None if C is None else variances_along(basis, C))
        # Fewer samples than features: the rows in the coordinates of the span are the smaller.
        part = copy(self)
        part.rows = DenseRows(self.rows.times(slice(None), basis))
        part._second_moments = part._feature_moments = None
        return part

    def in_whitened(self, T: FloatArray) -> SensingMap:
        return Whitened(self, T)

    def whitening(
        self, weights: FloatArray, within: FloatArray | None = None
    ) -> tuple[FloatArray, FloatArray]:
        return whitening_of_vectors(self._mean_measurement(weights), within)

    def mean_vector(self, weights: FloatArray) -> FloatArray:
        def term(rows: slice) -> FloatArray:
            return self.rows.transpose_times(rows, weights[rows, None])

        total = np.zeros((self.dim, 1))
        sum_blocks(total, term, self.n_samples, self.product_block(total))
        return self.scale * total[:, 0]

    def _second_moments_of(self, weights: FloatArray) -> FloatArray:
        """Mean squares of the entries of ``x_i``, shape (d,)."""

        def term(rows: slice) -> FloatArray:
            return weights[rows] @ self.rows.block(rows) ** 2

        total = sum_blocks(np.zeros(self.dim), term, self.n_samples, self.copied_block)
        return self.scale**2 * total

    def _mean_measurement(self, weights: FloatArray) -> FloatArray:
        """``Σ w_i x_i x_iᵀ``, which the span, κ and the whitening all need; it is kept."""
        kept = self._feature_moments
        if kept is None or not np.array_equal(kept[0], weights):
            kept = (weights, self.formed_adjoint(weights) / self.scale**2)
            self._feature_moments = kept
        return self.scale**2 * kept[1]

    def _mean_measurement_of_few(self, weights: FloatArray) -> FloatArray | None:
        """The mean of some samples, which costs less than that of all; None where n is small."""
        seen = np.flatnonzero(weights)
        every = len(seen) // (ROWS_PER_FEATURE * self.dim)
        if every < 2:
            return None
        few = seen[::every]
        return self.take(few).formed_adjoint(np.full(len(few), 1.0 / len(few)))

    def _squared_norm_of_mean(self, weights: FloatArray) -> float:
        return float(np.sum(self._mean_measurement(weights) ** 2))

    def times(self, rows: slice, U: FloatArray) -> FloatArray:
        """``x_iᵀ U`` for some rows, scaled."""
        return self.rows.times(rows, self.scale * U)

    def product_block(self, U: FloatArray) -> int:
        """Rows in a block for products with U."""
        return max(16, self.product_work // max(U.size, self.dim))

    @property
    def copied_block(self) -> int:
        """Rows in a block where the rows are copied."""
        return max(16, self.copied_numbers // self.dim)

    def _squared_lengths(self) -> FloatArray:
        return self.scale**2 * self.rows.squared_lengths()
