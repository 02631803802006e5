"""What a fitted factor proves of itself."""

from dataclasses import dataclass


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
        The gradient is within the tolerance, and ``λ_max(R) ≤ τ (1 + tol)`` if a column is zero.
        Where ``τ ≤ tol`` in normalised units, ``λ_max(R) ≤ tol`` is asked instead.

    Notes
    -----
    It says nothing of the curvature among the living columns, see `smallest_curvature`.
    """

    gradient_norm: float
    top_residual_eigenvalue: float
    tau: float
    holds: bool
