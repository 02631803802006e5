"""Positive semidefinite matrices, ``M = U Uᵀ``."""

from collections.abc import Callable

import numpy as np

from sklearn_prune._typing import FloatArray, Operator
from sklearn_prune.models._base import MatrixModel
from sklearn_prune.models._eigen import largest_entry, outer_eigenpairs, outer_eigenvalue
from sklearn_prune.models._factor import Factor

# Columns are taken to have equal norms if their squared norms differ by less than this part of
# their sum. Rotating two such columns leaves f almost as it is, and the formula for the curvature
# of the rotation divides by the difference.
EQUAL_NORMS = 0.01


class Positive(MatrixModel):
    """``M = U Uᵀ``; all ``U Q`` with an orthogonal Q stand for the same M. No column has a sign."""

    is_semidefinite = True

    def n_parameters(self, dim: int) -> int:
        return dim * (dim + 1) // 2

    def max_rank(self, dim: int) -> int:
        return dim

    def degrees_of_freedom(self, dim: int, rank: int) -> int:
        return dim * rank - rank * (rank - 1) // 2

    def canonicalize(self, factor: Factor) -> Factor:
        """``U Q = P Σ`` of the singular value decomposition ``U = P Σ Qᵀ``.

        It has orthogonal columns, the longest first, each with its largest entry positive. The
        penalty of ``U Q`` is smallest there: ψ is concave in the squared norms, and the squared
        norms of any ``U Q`` are majorised by the eigenvalues of ``U Uᵀ`` (Schur and Horn).
        """
        # By U Q and not by P Σ: its rounding errors are relative to each row of U, which may have
        # very different sizes where features have.
        U = factor.U @ np.linalg.svd(factor.U, full_matrices=False)[2].T
        largest = np.abs(U).argmax(axis=0)
        signs = np.sign(U[largest, np.arange(U.shape[1])])
        return Factor(U * np.where(signs == 0, 1.0, signs))

    def eigenvalue_sizes(self, factor: Factor) -> FloatArray:
        return np.asarray(np.linalg.svd(factor.U, compute_uv=False) ** 2)

    def give_signs(self, U: FloatArray, residual_matrix: Callable[[], Operator]) -> Factor:
        return Factor(U)

    def project_horizontal(self, factor: Factor, V: FloatArray) -> FloatArray:
        """V less its part ``U Ω`` with ``Ωᵀ = −Ω``.

        For orthogonal columns of U, ``antisym(Uᵀ U W)`` has the entries ``(s_i + s_j) W_ij / 2``,
        so that Ω follows by division.
        """
        U = factor.U
        s = np.einsum("ij,ij->j", U, U)
        A = U.T @ V
        sums = np.add.outer(s, s)
        # Columns of zero have no part along rotations.
        return V - U @ ((A - A.T) / np.where(sums > 0.0, sums, 1.0))

    def quotient_hessian_product(
        self, factor: Factor, HV: FloatArray, RZ: FloatArray, slopes: FloatArray
    ) -> FloatArray:
        """The Hessian of ``min_Q f(U Q)`` over orthogonal Q, times a horizontal V.

        Minimising over Q lowers the curvature by a Schur complement. Near a stationary point the
        Hessian along rotations ``U Ω`` is known: ``∇²f[U Ω] = −4 R U Ω + 2 α U Ω diag(ψ')``, and
        its part along the rotations is about ``2 α (s_i − s_j) (ψ'_j − ψ'_i) Ω_ij``. Columns of
        almost equal norms are left as they are.

        The rotations have by far the smallest curvatures of f. With them left in, the last step
        of a fit took up to 60 Hessian products instead of 15. The quotient Hessian is that of
        Absil, Mahony and Sepulchre, "Optimization Algorithms on Matrix Manifolds", 2008, for the
        penalised objective.
        """
        U = factor.U
        s = np.einsum("ij,ij->j", U, U)
        gap = np.subtract.outer(s, s)
        distinct = np.abs(gap) > EQUAL_NORMS * np.add.outer(s, s)
        curvature = np.where(distinct, -2.0 * gap * np.subtract.outer(slopes, slopes), 0.0)
        A = U.T @ HV
        rotation = np.divide(A.T - A, curvature, out=np.zeros_like(A), where=curvature > 0)
        product = HV + 2.0 * (U @ rotation) * slopes - 4.0 * RZ @ rotation
        return self.project_horizontal(factor, product)

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
