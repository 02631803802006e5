"""What a fitted factor can prove of itself."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh, eigvalsh
from scipy.sparse.linalg import LinearOperator, eigsh

# Up to this many numbers in the living columns the Hessian is formed and solved densely.
_DENSE_HESSIAN = 400


@dataclass(frozen=True)
class Certificate:
    """First-order optimality, and second-order optimality of the columns that are zero.

    Attributes
    ----------
    gradient_norm : float
        ``||∇f(U)||_F``, in units of the objective over units of U.
    top_residual_eigenvalue : float
        ``λ_max(R)``.
    tau : float
        ``τ = α / (2 √β)``. The Hessian's block of every zero column is ``4 (τ I − R)``.
    holds : bool
        The gradient is within tolerance, and ``λ_max(R) ≤ τ (1 + tol)`` if a column is zero.
        Without a penalty, or next to none, ``λ_max(R) ≤ tol`` in normalised units.

    Notes
    -----
    It says nothing of the curvature among the living columns: that is `smallest_curvature`.
    """

    gradient_norm: float
    top_residual_eigenvalue: float
    tau: float
    holds: bool


def certify(point, *, has_zero_column, tol):
    """The certificate of a point in normalised units, in which its gradient must be ≤ tol."""
    gradient_norm = float(np.linalg.norm(point.gradient))
    R = point.residual_matrix
    top = float(eigh(R, eigvals_only=True, subset_by_index=[len(R) - 1, len(R) - 1])[0])
    tau = point.penalty.tau
    # R is not known better than the gradient is: with τ of that size, or none, tol is the bound.
    zeros_stay = top <= max(tau * (1.0 + tol), tol)
    holds = gradient_norm <= tol and (zeros_stay or not has_zero_column)
    return Certificate(gradient_norm, top, tau, bool(holds))


def smallest_curvature(point):
    """The smallest eigenvalue of the Hessian on the columns that live.

    With `Certificate.holds` and this not negative, the point is second-order stationary. Turning
    U leaves the loss as it is, so that without a penalty this is zero for two columns or more.

    Parameters
    ----------
    point : Point
        Where; columns of zeros are left out.

    Returns
    -------
    float
        In units of f over units of U². ``inf`` when no column lives.
    """
    living = np.flatnonzero(point.column_sq)
    shape = (len(point.U), len(living))
    size = shape[0] * shape[1]
    if size == 0:
        return np.inf
    point = type(point)(point.loss, point.penalty, point.U[:, living])

    def product(v):
        return point.hessian_product(v.reshape(shape)).ravel()

    if size <= _DENSE_HESSIAN:
        H = np.column_stack([product(e) for e in np.eye(size)])
        return float(eigvalsh(0.5 * (H + H.T))[0])
    H = LinearOperator((size, size), matvec=product, dtype=float)
    # Some vector, the same each time.
    start = np.cos(np.arange(size) ** 2)
    return float(eigsh(H, k=1, which="SA", v0=start, return_eigenvectors=False)[0])
