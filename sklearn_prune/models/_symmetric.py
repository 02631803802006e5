"""What holds for all models of symmetric matrices ``M = U D Uᵀ``."""

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.models._base import MatrixModel
from sklearn_prune.models._factor import Factor

# Columns are taken to have equal norms if their squared norms differ by less than this part of
# their sum. Rotating two such columns leaves f almost as it is, and the formula for the curvature
# of the rotation divides by the difference. With 0.1 fits take 1.15 of the Newton steps, with 0.001
# as many (`docs/benchmarks/speed_constants.py`).
EQUAL_NORMS = 0.01


class SymmetricModel(MatrixModel):
    """Real symmetric matrices; ``U G`` with ``G D Gᵀ = D`` is of the same M as U.

    Canonical factors have orthogonal columns, of both signs together.
    """

    def n_parameters(self, dim: int) -> int:
        return dim * (dim + 1) // 2

    def max_rank(self, dim: int) -> int:
        return dim

    def degrees_of_freedom(self, dim: int, rank: int) -> int:
        return dim * rank - rank * (rank - 1) // 2

    def project_horizontal(self, factor: Factor, V: FloatArray) -> FloatArray:
        """V less its part ``U Ω D`` with ``Ωᵀ = −Ω``.

        For orthogonal columns of U, ``antisym(Uᵀ U Ω)`` has the entries ``(s_i + s_j) Ω_ij / 2``
        and is ``antisym(Uᵀ V D)``, so that Ω follows by division.
        """
        U = factor.U
        s = np.einsum("ij,ij->j", U, U)
        A = U.T @ factor.with_signs(V)
        sums = np.add.outer(s, s)
        # Columns of zero have no part along rotations.
        return V - factor.with_signs(U @ ((A - A.T) / np.where(sums > 0.0, sums, 1.0)))

    def quotient_hessian_product(
        self, factor: Factor, HV: FloatArray, RZ: FloatArray, slopes: FloatArray
    ) -> FloatArray:
        """The Hessian of ``min_G f(U G)`` over all factors of the same M, times a horizontal V.

        Minimising over G lowers the curvature by a Schur complement. Near a stationary point the
        Hessian along rotations ``U Ω D`` of columns of one sign is known: ``∇²f[U Ω D] = −4 R U Ω +
        2 α U Ω D diag(ψ')``, and its part along the rotations is about ``2 α (s_i − s_j) (ψ'_j −
        ψ'_i) Ω_ij``. Columns of almost equal norms are left as they are. For two columns of
        opposite sign there is nothing to do: near a stationary point, where ``R u_j = ± (α/2) ψ'_j
        u_j``, this is U times a matrix that is symmetric in the two, and ``Uᵀ V`` is antisymmetric
        in them.

        The rotations have by far the smallest curvatures of f. With them left in, the last step
        of a fit took up to 60 Hessian products instead of 15. The quotient Hessian is that of
        Absil, Mahony and Sepulchre, "Optimization Algorithms on Matrix Manifolds", 2008, for the
        penalised objective.
        """
        U = factor.U
        s = np.einsum("ij,ij->j", U, U)
        gap = np.subtract.outer(s, s)
        turns = np.abs(gap) > EQUAL_NORMS * np.add.outer(s, s)
        if factor.signs is not None:
            turns &= np.equal.outer(factor.signs, factor.signs)
        curvature = np.where(turns, -2.0 * gap * np.subtract.outer(slopes, slopes), 0.0)
        A = U.T @ factor.with_signs(HV)
        rotation = np.divide(A.T - A, curvature, out=np.zeros_like(A), where=curvature > 0)
        product = HV + 2.0 * (U @ rotation) * factor.with_signs(slopes)
        return self.project_horizontal(factor, product - 4.0 * factor.with_signs(RZ) @ rotation)
