"""Positive semidefinite matrices, ``M = U Uᵀ``."""

from collections.abc import Callable

import numpy as np

from sklearn_prune._typing import FloatArray, Operator
from sklearn_prune.models._eigen import largest_entry, outer_eigenpairs, outer_eigenvalue
from sklearn_prune.models._factor import Factor
from sklearn_prune.models._symmetric import SymmetricModel


class Positive(SymmetricModel):
    """``M = U Uᵀ``; all ``U Q`` with an orthogonal Q stand for the same M. No column has a sign."""

    is_semidefinite = True

    def canonicalize(self, factor: Factor) -> Factor:
        """``U Q = P Σ`` of the singular value decomposition ``U = P Σ Qᵀ``.

        It has orthogonal columns, the longest first, each with its largest entry positive. The
        penalty of ``U Q`` is smallest there: ψ is concave in the squared norms, and the squared
        norms of any ``U Q`` are majorised by the eigenvalues of ``U Uᵀ`` (Schur and Horn).
        """
        # By U Q and not by P Σ: its rounding errors are relative to each row of U, which may have
        # very different sizes where features have.
        U = factor.U @ np.linalg.svd(factor.U, full_matrices=False)[2].T
        return Factor(U).with_largest_positive()

    def eigenvalue_sizes(self, factor: Factor) -> FloatArray:
        return np.asarray(np.linalg.svd(factor.U, compute_uv=False) ** 2)

    def inertia(self, factor: Factor) -> tuple[int, int] | None:
        return None

    def give_signs(self, U: FloatArray, residual_matrix: Callable[[], Operator]) -> Factor:
        return Factor(U)

    def ascent_directions(self, R: Operator, count: int, level: float = 0.0) -> Factor:
        """The top eigenvectors of R.

        Eigenvalues that are zero up to rounding are left out: where samples are few there are
        many of them, and their order is arbitrary.
        """
        values, vectors = outer_eigenpairs(R, count, both_ends=False)
        return Factor(vectors[:, values > max(level, 1e-10 * largest_entry(R, values))])

    def ascent_rate(self, R: Operator, level: float | None = None) -> float:
        """``λ_max(R)``."""
        return outer_eigenvalue(R, both_ends=False, level=level)

    def factor_of(self, S: FloatArray) -> Factor:
        """``V √Λ`` of the positive eigenvalues Λ of S."""
        values, vectors = np.linalg.eigh(S)
        positive = np.flatnonzero(values > 1e-12 * values.max(initial=0.0))[::-1]
        return Factor(vectors[:, positive] * np.sqrt(values[positive]))
