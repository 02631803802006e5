"""What a fitted factor proves of itself."""

from dataclasses import dataclass

import numpy as np

from sklearn_prune.objective._scaling import Scaling


@dataclass(frozen=True)
class Certificate:
    """First-order optimality, and second-order optimality of the columns that are zero.

    Attributes
    ----------
    gradient_norm : float
        ``||∇f(U)||_F``, in units of the objective over units of U.
    top_residual_eigenvalue : float
        ``λ_max(R)``, or the largest ``|λ(R)|`` with ``positive=False``.
    tau : float
        ``τ = α / (2 √β)``. The Hessian's block of every zero column is ``4 (τ I − R)``.
    holds : bool
        The gradient is within the tolerance, ``λ_max(R) ≤ τ (1 + tol)`` if a column is zero, and no
        living column is in a saddle: ``smallest_curvature ≥ −√tol λ_max(H)``. Where ``τ ≤ tol`` in
        normalised units, ``λ_max(R) ≤ tol`` is asked instead.
    smallest_curvature : float
        The smallest eigenvalue of the Hessian H on the columns that live, off the directions that
        only rotate U, in units of the objective over those of ``U²``. It is ``inf`` where no column
        lives, and along a path, where it is not looked for. It is estimated from at most
        twenty Hessian products: an estimate can show that there is negative curvature, not that
        there is none.
    """

    gradient_norm: float
    top_residual_eigenvalue: float
    tau: float
    holds: bool
    smallest_curvature: float = np.inf

    def in_units(self, scaling: Scaling, *, has_unseen_directions: bool) -> "Certificate":
        """This certificate of a normalised problem in the units of the caller."""
        # R is zero along the directions that no sample sees.
        least = 0.0 if has_unseen_directions else -np.inf
        return Certificate(
            gradient_norm=float(scaling.to_caller(self.gradient_norm, "gradient")),
            top_residual_eigenvalue=float(
                scaling.to_caller(max(least, self.top_residual_eigenvalue), "R")
            ),
            tau=float(scaling.to_caller(self.tau, "R")),
            holds=self.holds,
            smallest_curvature=float(self.smallest_curvature * scaling.unit("curvature")),
        )
