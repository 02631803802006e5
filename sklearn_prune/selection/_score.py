"""The score test for one more column, where the size of the noise is known."""

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg

from sklearn_prune._typing import FloatArray
from sklearn_prune.objective import Evaluation
from sklearn_prune.sensing import SymmetricOperator

# Conjugate gradients for the part that the fitted columns explain end at this relative residual, or
# after so many steps. The part itself is then known to its square.
ACCURACY = 1e-3
MOST_STEPS = 50


def score_statistic(point: Evaluation) -> float:
    """How fast the loss falls along one more column, squared, over what noise does.

    It needs no larger fit, so that a column which would separate a few labels counts for no more
    than its gradient. Let v be the first direction of ascent off the span of U, and b the images of
    ``v vᵀ``, less what the offset and the tangent space of the fitted columns explain of them. Then

        S = (n − q(r+1)) (Σ (w_i/W) e_i b_i)² / (Σ (w_i/W) h_i b_i²) / (q(r+1) − q(r))

    is Rao's score statistic, per degree of freedom that a column adds, for the samples in excess:
    fits of many columns leave labels that look more certain than they are. Its median for noise is
    near 1.3 and its 95 % point near 1.9, or 1.7 and 2.4 with columns of both signs, those of the
    likelihood ratio (`docs/benchmarks/log_loss.py`). 0.0 where no direction is left.

    Parameters
    ----------
    point : Evaluation
        Without a penalty, at its minimum.

    References
    ----------
    Rao, "Large sample tests of statistical hypotheses concerning several parameters", 1948.
    """
    problem, rank = point.problem, point.factor.n_columns
    if rank >= problem.dim:
        return 0.0
    span = np.linalg.qr(point.factor.U)[0]

    def off_span(V: FloatArray) -> FloatArray:
        return V - span @ (span.T @ V)

    R = point.residual_matrix
    if isinstance(R, np.ndarray):
        R = off_span(off_span(R).T)
    else:
        whole = R
        R = SymmetricOperator(problem.dim, lambda V: off_span(whole @ off_span(V)))
    direction = problem.model.ascent_directions(R, 1)
    if not direction.n_columns:
        return 0.0
    b = problem.sensing.forward(off_span(direction.U))
    slope = float((problem.weights * point.residuals) @ b)
    variance = _unexplained(point, b)
    q, larger = problem.degrees_of_freedom(rank), problem.degrees_of_freedom(rank + 1)
    excess = max(0.0, problem.n_residual - larger)
    return excess * slope**2 / variance / (larger - q) if variance > 0 else 0.0


def _unexplained(point: Evaluation, b: FloatArray) -> float:
    """``Σ h_i b_i²`` less what the offset and the tangent space explain of it.

    The tangent space explains ``gᵀ G⁺ g`` with the Jacobian J, ``G = Jᵀ diag(h) J`` and
    ``g = Jᵀ diag(h) b``.
    """
    h = point.curvature_weights
    if point.problem.profiles_offset:
        b = b - (h @ b) / h.sum()
    variance = float(h @ b**2)
    if point.U.size == 0:
        return variance
    shape, size = point.U.shape, point.U.size

    def product(v: FloatArray) -> FloatArray:
        return point.gauss_newton_product(v.reshape(shape)).ravel()

    diagonal = point.hessian_diagonal.ravel()
    g = point.images_adjoint(h * b).ravel()
    x, _ = cg(
        LinearOperator((size, size), matvec=product, dtype=float),
        g,
        rtol=ACCURACY,
        maxiter=MOST_STEPS,
        M=LinearOperator((size, size), matvec=lambda v: v / diagonal, dtype=float),
    )
    # 2 gᵀ x − xᵀ G x: the error of x counts squared.
    return variance - float(2.0 * (g @ x) - x @ product(x))
