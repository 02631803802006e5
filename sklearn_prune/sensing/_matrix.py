"""Measurements by whole matrices, of which only the symmetric part matters."""

from functools import cache
from itertools import pairwise

import numpy as np

# Numbers that are unpacked into square matrices at a time.
_BLOCK_SIZE = 1 << 20


class MatrixSensing:
    """The map ``M -> <A_i, M>``, i = 1 … n.

    Conventions as in `RankOneSensing`; here ``project(U)`` is U itself, and ``weigh(c)`` is
    the dense ``C = Σ c_i sym A_i``, so that what needs c twice reads the measurements once.

    Parameters
    ----------
    packed : ndarray of shape (n, d(d+1)/2)
        The upper triangles of ``sym A_i``, row by row, entries off the diagonal times √2:
        the inner product of two packed matrices is then their Frobenius inner product.
    dim : int
        d.
    """

    project_is_cheap = False

    def __init__(self, packed, dim):
        self.packed = packed
        self.dim = dim

    @classmethod
    def from_rows(cls, X):
        """The map of measurements given as ``vec(A_i)``, an array of shape (n, d²)."""
        dim = round(np.sqrt(X.shape[1]))
        a, b, packing = _triangle(dim)
        packed = X[:, a * dim + b]
        # Halves are added, not halved after: the sum may not be representable.
        packed *= 0.5
        packed += 0.5 * X[:, b * dim + a]
        packed *= packing
        return cls(packed, dim)

    @property
    def n_samples(self):
        return self.packed.shape[0]

    def scaled(self, factor):
        """The map of ``factor · A_i``."""
        return MatrixSensing(factor * self.packed, self.dim)

    def magnitude(self):
        """The largest absolute entry of the packed ``A_i``."""
        return max(float(self.packed.max()), -float(self.packed.min()))

    def project(self, U):
        return U

    def inner(self, P, Q):
        return self.packed @ _pack(P @ Q.T)

    def weigh(self, c):
        return self.adjoint(c)

    def pull(self, pairs):
        return sum(C @ U for C, U in pairs)

    def dense(self, C):
        return C

    def adjoint(self, c):
        """``Σ c_i sym A_i``, shape (d, d)."""
        return _unpack(c @ self.packed, self.dim)

    def sum_of_squares(self, c):
        """``Σ c_i A_i²``, shape (d, d); c ≥ 0."""
        total = np.zeros((self.dim, self.dim))
        for rows in self._blocks():
            A = np.sqrt(c[rows, None, None]) * self._block(rows)
            A = A.reshape(-1, self.dim)
            total += A.T @ A
        return total

    def squared_norms(self):
        """``||sym A_i||_F²``, shape (n,)."""
        return np.einsum("ij,ij->i", self.packed, self.packed)

    def powers(self, weights):
        """Mean squares of the entries of ``sym A_i``, shape (d, d)."""
        _, _, packing = _triangle(self.dim)
        return _unpack((weights @ self.packed**2) / packing, self.dim)

    def gauss_newton_diagonal(self, P, weights, powers):
        """About ``8 Σ w_i (A_i U)²``, shape (d, k), as if the entries of A were independent."""
        return 8.0 * powers @ P**2

    def jacobian(self, U):
        """Derivative of ``<A_i, U Uᵀ>`` by U, shape (n, d k)."""
        blocks = [self._block(rows) @ (2.0 * U) for rows in self._blocks()]
        return np.concatenate(blocks).reshape(self.n_samples, -1)

    def quadratic_features(self, V):
        """``<A_i, sym(v_a v_bᵀ)>`` for a ≤ b, shape (n, m(m+1)/2), m the columns of V."""
        a, b = np.triu_indices(V.shape[1])
        products = [_pack(np.outer(V[:, i], V[:, j])) for i, j in zip(a, b, strict=True)]
        return self.packed @ np.column_stack(products)

    def _blocks(self):
        size = max(1, _BLOCK_SIZE // self.dim**2)
        edges = [*range(0, self.n_samples, size), self.n_samples]
        return [slice(start, stop) for start, stop in pairwise(edges)]

    def _block(self, rows):
        return _unpack(self.packed[rows], self.dim)


@cache
def _triangle(dim):
    """Rows and columns of the upper triangle, and what packing multiplies its entries by."""
    a, b = np.triu_indices(dim)
    return a, b, np.where(a == b, 1.0, np.sqrt(2.0))


def _pack(M):
    """The packed form of sym M."""
    a, b, packing = _triangle(len(M))
    return 0.5 * (M[a, b] + M[b, a]) * packing


def _unpack(packed, dim):
    """Symmetric matrices, shape (…, d, d), from packed ones, shape (…, p)."""
    a, b, packing = _triangle(dim)
    entries = packed / packing
    M = np.empty((*packed.shape[:-1], dim, dim), dtype=packed.dtype)
    M[..., a, b] = entries
    M[..., b, a] = entries
    return M
