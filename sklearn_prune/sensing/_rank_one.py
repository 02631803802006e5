"""Rank-one measurements: A_i = x_i x_iᵀ, which is never formed."""

from copy import copy
from dataclasses import dataclass

import numpy as np

from sklearn_prune.sensing._blocks import row_blocks

# Multiplications that a block of rows takes in a product with a factor. The block is then read
# from memory once for two products, and the library's kernels for small matrices apply, which
# take a third to a half of the time of those for large ones on factors of a few columns
# (d = 500, 8 columns: 2^16 to 2^19 are within 15 % of each other, whole products twice as slow).
_WORK = 1 << 19
# Numbers in a block of rows where whole rows are copied.
_COPIED = 1 << 20
# Products with a factor are kept up to this many numbers, and worked out again beyond.
_KEPT = 1 << 21


@dataclass(frozen=True)
class _Survey:
    """What one read tells of the vectors: their largest absolute entry and squared lengths."""

    largest: float
    squared_lengths: np.ndarray


class RankOneSensing:
    """The map ``M -> x_iᵀ M x_i``, i = 1 … n.

    Parameters
    ----------
    X : ndarray of shape (n, n_features)
        The vectors, one a row; kept as they are, never copied. Rows of float32 become float64 a
        block at a time.
    fit_bias : bool, default=False
        Whether a 1 is appended to every ``x_i``.

    Attributes
    ----------
    scale : float
        What every vector, its 1 included, is multiplied by: ``A_i = scale² x_i x_iᵀ``.

    Notes
    -----
    Conventions, shared by all sensing maps. A factor `U` has shape (d, k), with ``M = U Uᵀ``.

    - ``images(U)`` is ``<A_i, M>``, of shape (n,).
    - ``weigh(c)`` stands for the matrix ``C = Σ c_i sym A_i``; here it is c itself, as
      rank-one measurements need no C to multiply by it.
    - ``dense(weigh(c))`` and ``adjoint(c)`` are C as an array of shape (d, d).
    - ``at(U)`` is what derivatives at U need: ``images`` and ``pull(c)``, which is ``C U``;
      ``pull_derivative(V, C, w)``, how ``C U`` changes along V when c changes by
      ``−2 w_i <A_i, U Vᵀ>``, and the sum of ``w_i <A_i, U Vᵀ>``;
      ``gauss_newton_diagonal``, roughly the diagonal of the Gauss-Newton part of
      the Hessian of the loss, which preconditions it; ``jacobian()`` of the images.
    """

    def __init__(self, X, *, fit_bias=False):
        self.X = X
        self.fit_bias = fit_bias
        self.scale = 1.0
        self._survey = self._surveyed()

    def _surveyed(self):
        largest, lengths = 0.0, np.empty(self.n_samples)
        for rows in self.blocks(_COPIED // self.dim):
            X = self.X[rows].astype(np.float64, copy=False)
            largest = max(largest, float(X.max()), -float(X.min()))
            lengths[rows] = np.einsum("ij,ij->i", X, X)
        return _Survey(largest, lengths)

    @property
    def n_samples(self):
        return self.X.shape[0]

    @property
    def dim(self):
        return self.X.shape[1] + self.fit_bias

    def scaled(self, factor):
        """The map of ``factor · A_i``."""
        scaled = copy(self)
        scaled.scale = self.scale * float(np.sqrt(factor))
        return scaled

    @property
    def largest_entry(self):
        """The largest absolute entry of X."""
        return self._survey.largest

    def magnitude(self):
        """The largest absolute entry of the ``A_i``."""
        return (self.scale * max(self.largest_entry, float(self.fit_bias))) ** 2

    def of(self, samples):
        """The map of some of the measurements, which are copied."""
        part = copy(self)
        part.X = self.X[samples]
        part._survey = part._surveyed()
        return part

    def images(self, U):
        images = np.empty(self.n_samples)
        for rows in self.blocks(_WORK // U.size if U.size else self.n_samples):
            P = self.times(rows, U)
            images[rows] = np.einsum("ij,ij->i", P, P)
        return images

    def at(self, U):
        return _RankOneAt(self, U)

    def weigh(self, c):
        return c

    def dense(self, c):
        return self.adjoint(c)

    def adjoint(self, c):
        """``Σ c_i sym A_i``, shape (d, d)."""
        C = np.zeros((self.dim, self.dim))
        for rows in self.blocks(_COPIED // self.dim):
            X, part = self.rows(rows), c[rows]
            # Products of a matrix with itself take half of those with a weighted copy.
            for sign in (1.0, -1.0):
                chosen = sign * part > 0
                B = X[chosen] * (self.scale * np.sqrt(sign * part[chosen]))[:, None]
                C += sign * (B.T @ B)
        return C

    def sum_of_squares(self, c):
        """``Σ c_i A_i²``, shape (d, d)."""
        return self.adjoint(c * self._squared_lengths())

    def squared_norms(self):
        """``||sym A_i||_F²``, shape (n,)."""
        return self._squared_lengths() ** 2

    def powers(self, weights):
        """Mean squares of the entries of ``x_i``, shape (d,): for `gauss_newton_diagonal`."""
        blocks = self.blocks(_COPIED // self.dim)
        return self.scale**2 * sum(weights[rows] @ self.rows(rows) ** 2 for rows in blocks)

    def quadratic_features(self, V):
        """Blocks of ``<A_i, sym(v_a v_bᵀ)>``, a ≤ b, each with its rows; V of shape (d, m).

        Yields
        ------
        rows : slice
        features : ndarray of shape (rows, m(m+1)/2)
        """
        a, b = np.triu_indices(V.shape[1])
        for rows in self.blocks(_COPIED // len(a)):
            P = self.times(rows, V)
            yield rows, P[:, a] * P[:, b]

    def blocks(self, size):
        return row_blocks(self.n_samples, max(16, size))

    def rows(self, rows):
        """Some of the vectors, their 1 included, not scaled."""
        X = self.X[rows].astype(np.float64, copy=False)
        return np.column_stack([X, np.ones(len(X))]) if self.fit_bias else X

    def times(self, rows, U):
        """``x_iᵀ U`` for some rows."""
        X, U = self.X[rows].astype(np.float64, copy=False), self.scale * U
        return X @ U[:-1] + U[-1] if self.fit_bias else X @ U

    def _squared_lengths(self):
        return self.scale**2 * (self._survey.squared_lengths + self.fit_bias)


class _RankOneAt:
    """A `RankOneSensing` at a factor U, see the conventions there."""

    def __init__(self, sensing, U):
        self._sensing = sensing
        self._U = U
        self._blocks = sensing.blocks(_WORK // U.size if U.size else sensing.n_samples)
        self._P = None
        if sensing.n_samples * U.shape[1] > _KEPT:
            self.images = sensing.images(U)
            return
        self._P = np.empty((sensing.n_samples, U.shape[1]))
        for rows in self._blocks:
            self._P[rows] = sensing.times(rows, U)
        self.images = np.einsum("ij,ij->i", self._P, self._P)

    def pull(self, c):
        total = np.zeros(self._U.shape)
        for rows in self._blocks:
            self._add(total, rows, c[rows, None] * self._products(rows))
        return self._sensing.scale * total

    def pull_derivative(self, V, c, weights):
        total, change = np.zeros(V.shape), np.empty(len(weights))
        for rows in self._blocks:
            P, Q = self._products(rows), self._sensing.times(rows, V)
            change[rows] = weights[rows] * np.einsum("ij,ij->i", P, Q)
            Q *= c[rows, None]
            Q -= (2.0 * change[rows])[:, None] * P
            self._add(total, rows, Q)
        return self._sensing.scale * total, change.sum()

    def gauss_newton_diagonal(self, weights, powers):
        """About ``8 Σ w_i (A_i U)²``, shape (d, k), as if x were independent of xᵀ U."""
        squares = sum(weights[rows] @ self._products(rows) ** 2 for rows in self._blocks)
        return 8.0 * powers()[:, None] * squares

    def jacobian(self):
        """Derivative of the images by U, shape (n, d k)."""
        sensing = self._sensing
        J = np.empty((sensing.n_samples, *self._U.shape))
        for rows in self._blocks:
            X = 2.0 * sensing.scale * sensing.rows(rows)
            np.multiply(X[:, :, None], self._products(rows)[:, None, :], out=J[rows])
        return J.reshape(sensing.n_samples, -1)

    def _products(self, rows):
        return self._sensing.times(rows, self._U) if self._P is None else self._P[rows]

    def _add(self, total, rows, Z):
        """Add ``Σ x_i z_iᵀ`` over some rows."""
        sensing = self._sensing
        X = sensing.X[rows].astype(np.float64, copy=False)
        if sensing.fit_bias:
            total[:-1] += X.T @ Z
            total[-1] += Z.sum(axis=0)
        else:
            total += X.T @ Z
