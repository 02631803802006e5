"""Rank-one measurements: A_i = x_i x_iᵀ, which is never formed."""

from itertools import pairwise

import numpy as np

# Rows that are worked on together where a temporary of the size of X would be needed.
_BLOCK = 4096


class RankOneSensing:
    """The map ``M -> x_iᵀ M x_i``, i = 1 … n.

    Parameters
    ----------
    X : ndarray of shape (n, n_features)
        The vectors, one a row; kept as they are, never copied.
    fit_bias : bool, default=False
        Whether a 1 is appended to every ``x_i``.
    scale : float, default=1.0
        What every vector, its 1 included, is multiplied by: ``A_i = scale² x_i x_iᵀ``.

    Notes
    -----
    Conventions, shared by all sensing maps. A factor `U` has shape (d, k), with ``M = U Uᵀ``.

    - ``project(U)`` is all that the map needs to know of a factor; here ``X U``, of shape (n, k).
    - ``inner(P, Q)`` is ``<A_i, U Vᵀ>``, of shape (n,), from the projections of U and V.
    - ``weigh(c)`` stands for the matrix ``C = Σ c_i sym A_i``; here it is c itself.
    - ``pull([(C, P), …])`` is ``Σ C U``, of shape (d, k). It takes the pairs together
      because rank-one measurements then need one product with Xᵀ for all of them.
    - ``dense(C)`` is C as an array of shape (d, d).
    - ``gauss_newton_diagonal`` is the diagonal of the Gauss-Newton part of the Hessian of the
      loss, roughly: what preconditions it. ``powers`` is what it needs of the measurements.
    """

    project_is_cheap = True

    def __init__(self, X, *, fit_bias=False, scale=1.0):
        self.X = X
        self.fit_bias = fit_bias
        self.scale = scale

    @property
    def n_samples(self):
        return self.X.shape[0]

    @property
    def dim(self):
        return self.X.shape[1] + self.fit_bias

    def scaled(self, factor):
        """The map of ``factor · A_i``."""
        scale = self.scale * float(np.sqrt(factor))
        return RankOneSensing(self.X, fit_bias=self.fit_bias, scale=scale)

    def magnitude(self):
        """The largest absolute entry of the ``A_i``."""
        largest = max(float(self.X.max()), -float(self.X.min()), float(self.fit_bias))
        return (self.scale * largest) ** 2

    def project(self, U):
        U = self.scale * U
        return self.X @ U[:-1] + U[-1] if self.fit_bias else self.X @ U

    def inner(self, P, Q):
        return np.einsum("ij,ij->i", P, Q)

    def weigh(self, c):
        return c

    def pull(self, pairs):
        (c, P), *others = pairs
        weighted = c[:, None] * P
        for c, P in others:
            weighted += c[:, None] * P
        pulled = self.X.T @ weighted
        if self.fit_bias:
            pulled = np.vstack([pulled, weighted.sum(axis=0)])
        return self.scale * pulled

    def dense(self, c):
        return self.adjoint(c)

    def adjoint(self, c):
        """``Σ c_i sym A_i``, shape (d, d)."""
        c = self.scale**2 * c
        C = np.zeros((self.dim, self.dim))
        m = self.X.shape[1]
        for rows in self._blocks():
            X = self.X[rows]
            weighted = c[rows, None] * X
            C[:m, :m] += X.T @ weighted
            if self.fit_bias:
                C[:m, m] += weighted.sum(axis=0)
        if self.fit_bias:
            C[m, :m] = C[:m, m]
            C[m, m] = c.sum()
        return C

    def sum_of_squares(self, c):
        """``Σ c_i A_i²``, shape (d, d)."""
        return self.adjoint(c * self._squared_lengths())

    def squared_norms(self):
        """``||sym A_i||_F²``, shape (n,)."""
        return self._squared_lengths() ** 2

    def powers(self, weights):
        """Mean squares of the entries of ``x_i``, shape (d,): for `gauss_newton_diagonal`."""
        return sum(weights[rows] @ self._block(rows) ** 2 for rows in self._blocks())

    def gauss_newton_diagonal(self, P, weights, powers):
        """About ``8 Σ w_i (A_i U)²``, shape (d, k), as if x were independent of xᵀ U."""
        return 8.0 * powers[:, None] * (weights @ P**2)

    def jacobian(self, U):
        """Derivative of ``<A_i, U Uᵀ>`` by U, shape (n, d k)."""
        P = 2.0 * self.project(U)
        columns = [self._block(rows)[:, :, None] * P[rows, None, :] for rows in self._blocks()]
        return np.concatenate(columns).reshape(self.n_samples, -1)

    def quadratic_features(self, V):
        """``<A_i, sym(v_a v_bᵀ)>`` for a ≤ b, shape (n, m(m+1)/2), m the columns of V."""
        P = self.project(V)
        a, b = np.triu_indices(V.shape[1])
        return P[:, a] * P[:, b]

    def _blocks(self):
        edges = [*range(0, self.n_samples, _BLOCK), self.n_samples]
        return [slice(start, stop) for start, stop in pairwise(edges)]

    def _block(self, rows):
        X = self.scale * self.X[rows]
        if self.fit_bias:
            X = np.column_stack([X, np.full(len(X), self.scale)])
        return X

    def _squared_lengths(self):
        lengths = [np.einsum("ij,ij->i", X, X) for X in map(self._block, self._blocks())]
        return np.concatenate(lengths)
