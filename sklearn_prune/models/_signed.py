"""Symmetric matrices, ``M = U D Uᵀ`` with a diagonal D of signs."""

from collections.abc import Callable

import numpy as np

from sklearn_prune._typing import FloatArray, Operator
from sklearn_prune.models._eigen import largest_entry, outer_eigenpairs, outer_eigenvalue
from sklearn_prune.models._factor import Factor
from sklearn_prune.models._graded import (
    canonicalize_graded,
    diagonalizing,
    has_both_signs,
    spectrum,
)
from sklearn_prune.models._positive import Positive
from sklearn_prune.models._symmetric import SymmetricModel

# Eigenvalues of M below this part of the largest are what rounding leaves of columns that cancel.
# The column of such an eigenvalue has an error of eps over this, relative to its own length.
ROUNDING = 1e-14
# The longest column over the longest canonical one, squared, from which a factor is taken to be
# made of columns that cancel. A canonical factor has 1, so that any larger number will do.
CANCELLED = 10.0


class Signed(SymmetricModel):
    """``M = U D Uᵀ``; ``U G`` with ``G D' Gᵀ = D`` and signs D' is of the same M.

    Positive and negative columns are made orthogonal together. Apart from one another, a pair that
    cancels would never be seen to. Where all columns have one sign the formulas are those of
    `Positive`.
    """

    is_semidefinite = False

    def canonicalize(self, factor: Factor) -> Factor:
        """``V √|Λ|`` of the eigenvalues Λ of M and their eigenvectors V, with the signs of Λ.

        From the QR decomposition ``U = Q T`` and ``T D Tᵀ = W Λ Wᵀ``, so that ``V = Q W``. The
        penalty is smallest there by the theorem of Rotfel'd: for a concave ψ with ψ(0) = 0, the sum
        of ``ψ(|λ|)`` over the eigenvalues of a sum of matrices is at most that over the matrices,
        here ``± u_j u_jᵀ``. Eigenvalues that are zero up to rounding have no column, but small ones
        that come from small rows of U have one.
        """
        canonical = _from_spectrum(factor)
        if canonical.n_columns == min(factor.shape):
            return canonical
        # Whether a column is a rounding error is asked with rows of equal size.
        sizes = np.linalg.norm(factor.U, axis=1)
        sizes = np.where(sizes > 0, sizes, 1.0)[:, None]
        scaled = _from_spectrum(factor.with_columns(factor.U / sizes))
        if scaled.n_columns <= canonical.n_columns:
            return canonical
        return canonicalize_graded(scaled.with_columns(sizes * scaled.U)).with_largest_positive()

    def eigenvalue_sizes(self, factor: Factor) -> FloatArray:
        if not has_both_signs(factor):
            return Positive().eigenvalue_sizes(factor)
        return np.abs(spectrum(factor)[1])

    def give_signs(self, U: FloatArray, residual_matrix: Callable[[], Operator]) -> Factor:
        """The sign with which each column lowers the loss from ``U = 0``, that of ``uᵀ R u``."""
        along = np.einsum("ij,ij->j", U, residual_matrix() @ U)
        return Factor(U, np.where(along < 0, -1.0, 1.0))

    def ascent_directions(self, R: Operator, count: int, level: float = 0.0) -> Factor:
        """The eigenvectors of R whose eigenvalues are largest in size, with the signs of these."""
        values, vectors = outer_eigenpairs(R, count, both_ends=True)
        first = np.abs(values) > max(level, 1e-10 * largest_entry(R, values))
        return Factor(vectors[:, first], np.sign(values[first]))

    def ascent_rate(self, R: Operator, level: float | None = None) -> float:
        """``max(λ_max(R), −λ_min(R))``."""
        return outer_eigenvalue(R, both_ends=True, level=level)

    def factor_of(self, S: FloatArray) -> Factor:
        """``V √|Λ|`` of the eigenvalues Λ of S, with their signs."""
        values, vectors = np.linalg.eigh(S)
        order = np.argsort(-np.abs(values), kind="stable")
        order = order[np.abs(values[order]) > 1e-12 * np.abs(values).max(initial=0.0)]
        values = values[order]
        return Factor(vectors[:, order] * np.sqrt(np.abs(values)), np.sign(values))


def _from_spectrum(factor: Factor) -> Factor:
    """The canonical factor less the columns that are rounding errors beside the longest."""
    if not has_both_signs(factor):
        canonical = Positive().canonicalize(factor)
        negative = bool(np.any(factor.column_signs < 0))
        return Factor(canonical.U, -np.ones(canonical.n_columns)) if negative else canonical
    T, values, W = spectrum(factor)
    kept = np.abs(values) > ROUNDING * np.abs(values).max()
    values, W = values[kept], W[:, kept]
    G, signs = diagonalizing(factor, T, values, W)
    canonical = Factor(factor.U @ G, signs).with_largest_positive()
    if np.square(factor.U).sum(axis=0).max() > CANCELLED * np.abs(values).max(initial=0.0):
        # The rounding errors are those of the columns that cancelled: once more without them.
        return _from_spectrum(canonical)
    return canonical
