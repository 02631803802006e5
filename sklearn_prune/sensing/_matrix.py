"""Measurements by whole matrices, of which only the symmetric part matters."""

from copy import copy
from dataclasses import dataclass
from functools import cache

import numpy as np

from sklearn_prune.sensing._blocks import row_blocks

# Numbers in a block of rows: what is read once and used twice stays in the cache meanwhile.
_BLOCK = 1 << 18
# Multiplications that a block takes in a product with a factor, see `_rank_one`.
_WORK = 1 << 19
# ``A_i U`` is kept for all i where U has few columns for its rows, so that it is a small part of
# the measurements, or where it is small anyhow.
_FEW = 0.08
_SMALL = 1 << 22


@cache
def triangle(dim):
    """Rows and columns of the upper triangle, and what packing multiplies its entries by."""
    a, b = np.triu_indices(dim)
    return a, b, np.where(a == b, 1.0, np.sqrt(2.0))


@dataclass(frozen=True)
class _Survey:
    """What one read tells of the ``A_i``.

    Attributes
    ----------
    largest : float
        Their largest absolute entry.
    is_symmetric : bool
        Whether every one is, to the last bit: then ``A_i U`` takes one product, not two.
    squared_norms : ndarray of shape (n,)
        ``||sym A_i||_F²``.
    """

    largest: float
    is_symmetric: bool
    squared_norms: np.ndarray


class MatrixSensing:
    """The map ``M -> <A_i, M>``, i = 1 … n.

    Conventions as in `RankOneSensing`; here ``weigh(c)`` is the dense ``C = Σ c_i sym A_i``.

    The rows are read where they are. A packed copy of the symmetric parts would be half as much
    to read, but it takes half as much memory again and, made in NumPy, the time of ten reads.

    Parameters
    ----------
    X : ndarray of shape (n, d²)
        ``vec(A_i)``, one a row; never copied. Rows of float32 become float64 a block at a time.

    Attributes
    ----------
    scale : float
        What every ``A_i`` is multiplied by.
    """

    def __init__(self, X):
        self.X = X
        self.scale = 1.0
        self.dim = round(np.sqrt(X.shape[1]))
        self._survey = self._surveyed()

    def _surveyed(self):
        largest, symmetric, norms = 0.0, True, np.empty(self.n_samples)
        for rows in self.blocks(_BLOCK // self.X.shape[1]):
            X = self.rows(rows)
            largest = max(largest, float(X.max()), -float(X.min()))
            A = X.reshape(-1, self.dim, self.dim)
            if not np.array_equal(A, A.transpose(0, 2, 1)):
                symmetric = False
                # Halves are added, not halved after: the sum may not be representable.
                X = (0.5 * A + 0.5 * A.transpose(0, 2, 1)).reshape(X.shape)
            norms[rows] = np.einsum("ij,ij->i", X, X)
        return _Survey(largest, symmetric, norms)

    @property
    def n_samples(self):
        return self.X.shape[0]

    @property
    def is_symmetric(self):
        return self._survey.is_symmetric

    @property
    def largest_entry(self):
        """The largest absolute entry of X."""
        return self._survey.largest

    def scaled(self, factor):
        """The map of ``factor · A_i``."""
        scaled = copy(self)
        scaled.scale = self.scale * float(factor)
        return scaled

    def magnitude(self):
        """The largest absolute entry of the ``A_i``."""
        return self.scale * self.largest_entry

    def of(self, samples):
        """The map of some of the measurements, which are copied."""
        part = copy(self)
        part.X = self.X[samples]
        part._survey = part._surveyed()
        return part

    def images(self, U):
        return self.times(U @ U.T)

    def at(self, U):
        few = U.shape[1] <= _FEW * self.dim or self.n_samples * U.size <= _SMALL
        return _FewColumnsAt(self, U) if few else _ManyColumnsAt(self, U)

    def weigh(self, c):
        return self.adjoint(c)

    def dense(self, C):
        return C

    def times(self, M):
        """``<A_i, M>`` for a symmetric M, shape (n,)."""
        M = self.scale * M.ravel()
        images = np.empty(self.n_samples)
        for rows in self.blocks(_BLOCK // M.size):
            np.matmul(self.rows(rows), M, out=images[rows])
        return images

    def adjoint(self, c):
        """``Σ c_i sym A_i``, shape (d, d)."""
        total = np.zeros(self.X.shape[1])
        for rows in self.blocks(_BLOCK // total.size):
            total += c[rows] @ self.rows(rows)
        return self.as_matrix(total)

    def normal(self, M, weights):
        """``Σ w_i <A_i, M> sym A_i`` and the sum of ``w_i <A_i, M>``, from one read."""
        M = self.scale * M.ravel()
        total, mean = np.zeros(M.size), 0.0
        for rows in self.blocks(_BLOCK // M.size):
            X = self.rows(rows)
            change = weights[rows] * (X @ M)
            mean += change.sum()
            total += change @ X
        return self.as_matrix(total), mean

    def sum_of_squares(self, c):
        """``Σ c_i A_i²``, shape (d, d); c ≥ 0."""
        total = np.zeros((self.dim, self.dim))
        for rows in self.blocks(_BLOCK // self.X.shape[1]):
            A = np.sqrt(c[rows, None, None]) * self.matrices(rows)
            A = A.reshape(-1, self.dim)
            total += A.T @ A
        return self.scale**2 * total

    def squared_norms(self):
        """``||sym A_i||_F²``, shape (n,)."""
        return self.scale**2 * self._survey.squared_norms

    def powers(self, weights):
        """Mean squares of the entries of ``sym A_i``, shape (d, d)."""
        total = np.zeros((self.dim, self.dim))
        for rows in self.blocks(_BLOCK // self.X.shape[1]):
            total += np.tensordot(weights[rows], self.matrices(rows) ** 2, 1)
        return self.scale**2 * total

    def quadratic_features(self, V):
        """Blocks of ``<A_i, sym(v_a v_bᵀ)>``, a ≤ b, each with its rows; V of shape (d, m)."""
        a, b = np.triu_indices(V.shape[1])
        for rows, AV in self.products(V):
            VAV = np.swapaxes(AV, 1, 2) @ V
            yield rows, VAV[:, a, b]

    def packed(self, rows):
        """Some of the upper triangles of ``sym A_i``, shape (rows, p).

        Entries off the diagonal are multiplied by √2: the inner product of two packed
        matrices is then their Frobenius inner product.
        """
        a, b, packing = triangle(self.dim)
        A = self.matrices(rows).reshape(-1, self.dim**2)
        return A[:, a * self.dim + b] * (self.scale * packing)

    @classmethod
    def from_packed(cls, packed, dim):
        """The map of matrices given by their packed forms, shape (n, p)."""
        a, b, packing = triangle(dim)
        X = np.empty((len(packed), dim, dim))
        X[:, a, b] = packed / packing
        X[:, b, a] = X[:, a, b]
        return cls(X.reshape(-1, dim**2))

    def products(self, U):
        """Blocks of ``sym A_i U``, each with its rows.

        Yields
        ------
        rows : slice
        AU : ndarray of shape (rows, d, m)
        """
        U = self.scale * U
        size = max(1, self.dim * U.size)
        for rows in self.blocks(min(_WORK // size, _BLOCK // self.X.shape[1])):
            X = self.rows(rows)
            AU = (X.reshape(-1, self.dim) @ U).reshape(len(X), *U.shape)
            if not self.is_symmetric:
                A = X.reshape(-1, self.dim, self.dim)
                AU = 0.5 * (AU + A.transpose(0, 2, 1) @ U)
            yield rows, AU

    def blocks(self, size):
        return row_blocks(self.n_samples, max(1, size))

    def rows(self, rows):
        return self.X[rows].astype(np.float64, copy=False)

    def matrices(self, rows):
        """Some of the ``sym A_i``, not scaled."""
        A = self.rows(rows).reshape(-1, self.dim, self.dim)
        return A if self.is_symmetric else 0.5 * A + 0.5 * A.transpose(0, 2, 1)

    def as_matrix(self, total):
        C = self.scale * total.reshape(self.dim, self.dim)
        return C if self.is_symmetric else 0.5 * (C + C.T)


class _FewColumnsAt:
    """A `MatrixSensing` at a factor of few columns: from ``A_i U``, the only read of the ``A_i``.

    A Hessian product then takes ``n d k`` multiplications instead of ``n d²``.
    """

    def __init__(self, sensing, U):
        self._shape = U.shape
        AU = np.empty((sensing.n_samples, *U.shape))
        for rows, part in sensing.products(U):
            AU[rows] = part
        self._AU = AU.reshape(sensing.n_samples, -1)
        self.images = self._AU @ U.ravel()

    def pull(self, c):
        return (c @ self._AU).reshape(self._shape)

    def pull_derivative(self, V, C, weights):
        change = weights * (self._AU @ V.ravel())
        return C @ V - 2.0 * self.pull(change), change.sum()

    def gauss_newton_diagonal(self, weights, powers):
        """``8 Σ w_i (A_i U)²``, shape (d, k), about: as if the entries of A were independent."""
        return 8.0 * np.einsum("i,ij,ij->j", weights, self._AU, self._AU).reshape(self._shape)

    def jacobian(self):
        """Derivative of the images by U, shape (n, d k)."""
        return 2.0 * self._AU


class _ManyColumnsAt:
    """A `MatrixSensing` at a factor of many columns: by way of ``M`` and ``C``."""

    def __init__(self, sensing, U):
        self._sensing = sensing
        self._U = U
        self.images = sensing.images(U)

    def pull(self, c):
        return self._sensing.adjoint(c) @ self._U

    def pull_derivative(self, V, C, weights):
        UV = self._U @ V.T
        change, mean = self._sensing.normal(0.5 * (UV + UV.T), weights)
        return C @ V - 2.0 * change @ self._U, mean

    def gauss_newton_diagonal(self, weights, powers):
        """About ``8 Σ w_i (A_i U)²``, shape (d, k), as if the entries of A were independent."""
        return 8.0 * powers() @ self._U**2

    def jacobian(self):
        """Derivative of the images by U, shape (n, d k)."""
        blocks = [2.0 * AU for _, AU in self._sensing.products(self._U)]
        return np.concatenate(blocks).reshape(self._sensing.n_samples, -1)
