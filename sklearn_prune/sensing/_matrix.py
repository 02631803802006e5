"""Measurements by whole matrices, of which only the symmetric part matters."""

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sklearn_prune._typing import FloatArray, IndexArray
from sklearn_prune.sensing._base import Linearization, SensingMap
from sklearn_prune.sensing._blocks import fill_blocks, row_blocks, sum_blocks
from sklearn_prune.sensing._coordinates import Restricted, Whitened
from sklearn_prune.sensing._matrix_linearization import FewColumns, ManyColumns
from sklearn_prune.sensing._rows import is_in_file
from sklearn_prune.sensing._signs import with_signs
from sklearn_prune.sensing._span import (
    random_vectors_seen,
    span_of_moments,
    whitening_of_matrices,
)
from sklearn_prune.sensing._svec import svec

# Numbers in a block of rows (2 MB), so that what is read once and used twice stays in the cache.
BLOCK_NUMBERS = 1 << 18
# Multiplications that a block takes in a product with a factor, so that the BLAS kernels for small
# matrices apply (2^16 to 2^19 tried for rank-one data, within 15 %).
PRODUCT_WORK = 1 << 19
# ``A_i U`` is kept if U has at most 0.08 d columns, which takes at most 8 % of the memory of X, or
# if it has at most 2^22 numbers (32 MB). Both bound the memory. Kept, Hessian products take .5 to
# .8 of the time with up to d/4 columns at d = 20 and 60, 1.2 with d/4 at d = 100, and 1.3 with
# d/2 (`docs/benchmarks/speed_constants.py`).
KEPT_COLUMNS = 0.08
KEPT_NUMBERS = 1 << 22


@dataclass(frozen=True)
class _Survey:
    """What one read tells of the ``A_i``.

    Attributes
    ----------
    largest : float
        Their largest absolute entry.
    is_symmetric : bool
        Whether all of them are symmetric to the last bit; ``A_i U`` then takes one product, not
        two.
    squared_norms : ndarray of shape (n,)
        ``||sym A_i||_F²``.
    """

    largest: float
    is_symmetric: bool
    squared_norms: FloatArray


class MatrixMap(SensingMap):
    """The map ``M -> <A_i, M>`` of matrices that are given as rows.

    The rows are read where they are. A copy of the symmetric parts in svec form would halve what
    is read, but it takes half as much memory again and, made in NumPy, the time of ten reads.

    Parameters
    ----------
    X : ndarray of shape (n, d²)
        ``vec(A_i)``, one a row; never copied. Rows of float32 become float64 a block at a time.
    block_numbers, product_work, kept_columns, kept_numbers
        Sizes of blocks and of the cache, see the constants of this file.

    Attributes
    ----------
    scale : float
        What every ``A_i`` is multiplied by.
    """

    def __init__(
        self,
        X: FloatArray,
        *,
        block_numbers: int = BLOCK_NUMBERS,
        product_work: int = PRODUCT_WORK,
        kept_columns: float = KEPT_COLUMNS,
        kept_numbers: int = KEPT_NUMBERS,
    ) -> None:
        super().__init__()
        self.X = X
        self.scale = 1.0
        self.block_numbers = block_numbers
        self.product_work = product_work
        self.kept_columns = kept_columns
        self.kept_numbers = kept_numbers

    @property
    def in_file(self) -> bool:  # type: ignore[override]
        return is_in_file(self.X)

    @property
    def n_samples(self) -> int:
        return self.X.shape[0]

    @property
    def dim(self) -> int:
        return round(np.sqrt(self.X.shape[1]))

    @cached_property
    def _survey(self) -> _Survey:
        largest, symmetric, norms = 0.0, True, np.empty(self.n_samples)
        for rows in row_blocks(self.n_samples, self._block_rows):
            X = self.read(rows)
            largest = max(largest, float(X.max()), -float(X.min()))
            A = X.reshape(-1, self.dim, self.dim)
            if not np.array_equal(A, A.transpose(0, 2, 1)):
                symmetric = False
                # The halves are added, since the sum itself may overflow.
                X = (0.5 * A + 0.5 * A.transpose(0, 2, 1)).reshape(X.shape)
            norms[rows] = np.einsum("ij,ij->i", X, X)
        return _Survey(largest, symmetric, norms)

    @property
    def is_symmetric(self) -> bool:
        return self._survey.is_symmetric

    @property
    def largest_entry(self) -> float:
        return self._survey.largest

    def max_abs(self) -> float:
        return self.scale * self._survey.largest

    def scaled(self, factor: float) -> "MatrixMap":
        scaled = copy(self)
        scaled.scale = self.scale * float(factor)
        scaled._second_moments = None
        return scaled

    def take(self, samples: IndexArray) -> "MatrixMap":
        part = copy(self)
        part.X = self.X[samples]
        part._second_moments = None
        # Other samples, so survey again; `scaled` keeps the survey.
        part.__dict__.pop("_survey", None)
        return part

    def forward(self, U: FloatArray, signs: FloatArray | None = None) -> FloatArray:
        return self.apply(with_signs(U, signs) @ U.T)

    def apply(self, M: FloatArray) -> FloatArray:
        """``<A_i, M>`` for a symmetric M, shape (n,)."""
        M = self.scale * M.ravel()
        out = np.empty(self.n_samples)
        return fill_blocks(out, lambda rows: self.read(rows) @ M, self._block_rows)

    def linearize(self, U: FloatArray, signs: FloatArray | None = None) -> Linearization:
        few = (
            U.shape[1] <= self.kept_columns * self.dim
            or self.n_samples * U.size <= self.kept_numbers
        )
        return FewColumns(self, U, signs) if few else ManyColumns(self, U, signs)

    def adjoint(self, c: FloatArray) -> FloatArray:
        return self._as_matrix(self._sum(lambda rows: c[rows] @ self.read(rows)))

    def normal(self, M: FloatArray, h: FloatArray) -> tuple[FloatArray, float]:
        """``Σ h_i <A_i, M> A_i`` and ``Σ h_i <A_i, M>``, from one read of the data."""
        M = self.scale * M.ravel()
        change = np.empty(self.n_samples)

        def term(rows: slice) -> FloatArray:
            X = self.read(rows)
            change[rows] = h[rows] * (X @ M)
            return change[rows] @ X

        total = self._sum(term)
        return self._as_matrix(total), float(change.sum())

    def gram(self, c: FloatArray) -> FloatArray:
        def term(rows: slice) -> FloatArray:
            A = (np.sqrt(c[rows, None, None]) * self._symmetric(rows)).reshape(-1, self.dim)
            return A.T @ A

        total = np.zeros((self.dim, self.dim))
        return self.scale**2 * sum_blocks(total, term, self.n_samples, self._block_rows)

    def squared_norms(self) -> FloatArray:
        return self.scale**2 * self._survey.squared_norms

    def column_images(self, U: FloatArray) -> FloatArray:
        d, k = U.shape
        products = self.scale * np.einsum("aj,bj->abj", U, U).reshape(d * d, k)
        out = np.empty((self.n_samples, k))
        return fill_blocks(out, lambda rows: self.read(rows) @ products, self._block_rows)

    def span_features(self, V: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
        a, b = np.triu_indices(V.shape[1])
        for rows in row_blocks(self.n_samples, self.product_block(V)):
            yield rows, (np.swapaxes(self.products(rows, V), 1, 2) @ V)[:, a, b]

    def random_images(self, G: FloatArray) -> FloatArray:
        """``A_i g`` for the vectors g of shape (n, q, d) that belong to each sample."""

        def values(rows: slice) -> FloatArray:
            return self.scale * (G[rows] @ self._symmetric(rows))

        return fill_blocks(np.empty(G.shape), values, self._block_rows)

    def span(self, weights: FloatArray) -> FloatArray | None:
        # A combination with random coefficients has the range of all, but for structured matrices
        # such as those with a block of zeros: one read shows in most cases that nothing is unseen.
        rng = np.random.default_rng(0)
        S = self.adjoint(weights * rng.standard_normal(self.n_samples))
        if span_of_moments(S @ S) is None:
            return None
        return span_of_moments(self.gram(weights))

    def restricted(self, basis: FloatArray) -> SensingMap:
        return Restricted(self, basis)

    def in_whitened(self, T: FloatArray) -> SensingMap:
        return Whitened(self, T)

    def whitening(
        self, weights: FloatArray, within: FloatArray | None = None
    ) -> tuple[FloatArray, FloatArray]:
        dim = self.dim if within is None else within.shape[1]
        images = random_vectors_seen(self.random_images, weights, dim, within)
        return whitening_of_matrices(images, dim)

    def _second_moments_of(self, weights: FloatArray) -> FloatArray:
        """Mean squares of the entries of ``A_i``, shape (d, d)."""

        def term(rows: slice) -> FloatArray:
            return np.tensordot(weights[rows], self._symmetric(rows) ** 2, 1)

        total = np.zeros((self.dim, self.dim))
        return self.scale**2 * sum_blocks(total, term, self.n_samples, self._block_rows)

    def svec_rows(self, samples: IndexArray) -> FloatArray:
        """The vectors `svec` of some of the ``A_i``, shape (samples, d(d+1)/2)."""
        A = np.asarray(self.X[samples], dtype=np.float64).reshape(-1, self.dim, self.dim)
        if not self.is_symmetric:
            A = 0.5 * A + 0.5 * A.transpose(0, 2, 1)
        return self.scale * svec(A)

    def products(self, rows: slice, U: FloatArray) -> FloatArray:
        """``A_i U`` for some rows, shape (rows, d, k)."""
        U = self.scale * U
        X = self.read(rows)
        AU = (X.reshape(-1, self.dim) @ U).reshape(len(X), *U.shape)
        if not self.is_symmetric:
            A = X.reshape(-1, self.dim, self.dim)
            AU = 0.5 * (AU + A.transpose(0, 2, 1) @ U)
        return AU

    def product_block(self, U: FloatArray) -> int:
        """Rows in a block for products with U."""
        return min(self._block_rows, max(1, self.product_work // max(1, self.dim * U.size)))

    def read(self, rows: slice) -> FloatArray:
        """Some of the rows as float64, neither scaled nor made symmetric."""
        return self.X[rows].astype(np.float64, copy=False)

    @property
    def _block_rows(self) -> int:
        """Rows in a block."""
        return max(1, self.block_numbers // self.X.shape[1])

    def _symmetric(self, rows: slice) -> FloatArray:
        A = self.read(rows).reshape(-1, self.dim, self.dim)
        return A if self.is_symmetric else 0.5 * A + 0.5 * A.transpose(0, 2, 1)

    def _sum(self, term: Callable[[slice], FloatArray]) -> FloatArray:
        return sum_blocks(np.zeros(self.X.shape[1]), term, self.n_samples, self._block_rows)

    def _as_matrix(self, total: FloatArray) -> FloatArray:
        C = self.scale * total.reshape(self.dim, self.dim)
        return C if self.is_symmetric else 0.5 * (C + C.T)
