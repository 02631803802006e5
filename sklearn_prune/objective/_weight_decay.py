"""Weight decay on the columns of a factor."""

from dataclasses import dataclass

import numpy as np

from sklearn_prune._typing import FloatArray


@dataclass(frozen=True)
class WeightDecay:
    """``γ Σ_j s_j`` with ``s_j = ||u_j||²``, which is γ times the nuclear norm of M.

    The sum over the columns of a factor is at least the nuclear norm of its M, and equal to it for
    orthogonal columns (Srebro, Rennie and Jaakkola, "Maximum-margin matrix factorization", 2004).
    Zero columns stay zero where ``λ_max(R) ≤ γ/2``.
    """

    gamma: float

    @property
    def alpha(self) -> float:
        """The strength of the penalty: γ."""
        return self.gamma

    @classmethod
    def from_share(cls, share: float, top: float) -> "WeightDecay":
        """A share of the decay at which all columns are zero; `top` is ``λ_max(R)`` there."""
        return cls(2.0 * share * top)

    def value(self, s: FloatArray) -> float:
        """``γ Σ_j s_j``."""
        return self.gamma * float(np.sum(s))

    def derivative(self, s: FloatArray) -> FloatArray:
        """γ for each column."""
        return np.full_like(s, self.gamma)

    def second_derivative(self, s: FloatArray) -> FloatArray:
        """Zero for each column."""
        return np.zeros_like(s)
