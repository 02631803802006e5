"""Symmetric matrices as vectors of their upper triangle (svec)."""

from functools import cache

import numpy as np

from sklearn_prune._typing import FloatArray, IndexArray


@cache
def svec_indices(dim: int) -> tuple[IndexArray, IndexArray, FloatArray]:
    """Rows and columns of the upper triangle, and the factors that svec multiplies it by.

    Entries off the diagonal are multiplied by √2, so that the inner product of two vectors is the
    Frobenius inner product of the matrices.
    """
    a, b = np.triu_indices(dim)
    return a, b, np.where(a == b, 1.0, np.sqrt(2.0))


def svec(A: FloatArray) -> FloatArray:
    """The vectors of symmetric matrices: shape (…, d, d) becomes (…, d(d+1)/2)."""
    a, b, factors = svec_indices(A.shape[-1])
    return A[..., a, b] * factors


def smat(vectors: FloatArray, dim: int) -> FloatArray:
    """The inverse of `svec`: shape (…, d(d+1)/2) becomes (…, d, d)."""
    return from_triangle(vectors / svec_indices(dim)[2], dim)


def from_triangle(entries: FloatArray, dim: int) -> FloatArray:
    """Symmetric matrices from their entries on and above the diagonal, of the shapes of `smat`."""
    a, b, _ = svec_indices(dim)
    A = np.empty((*entries.shape[:-1], dim, dim))
    A[..., a, b] = entries
    A[..., b, a] = entries
    return A
