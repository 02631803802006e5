"""The smooth group lasso on the columns of a factor."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.optimize import brentq

from sklearn_prune._typing import FloatArray


@dataclass(frozen=True)
class GroupLasso:
    """``α Σ_j ψ(s_j)`` with ``ψ(s) = s / √(s + β)`` and ``s_j = ||u_j||²``.

    It is about ``α ||u_j||`` for a long column and ``α ||u_j||² / √β`` for a short one. ``α = 0``
    is no penalty, whatever β. Source: arXiv 2303.11453. Formulas with κ are for normalised units,
    where κ is 1. A surviving column of a stationary point solves ``h(s_j) =`` an eigenvalue of
    ``M* + Δ``, with ``h(s) = s + (α/2) ψ'(s)`` and Δ the noise and the sampling error.
    """

    alpha: float
    beta: float

    @classmethod
    def tied(cls, alpha: float) -> Self:
        """β tied to α: ``β = (α/2)^{2/3}`` (``(α/2κ)^{2/3}`` in any units).

        This is the smallest β for which h increases from 0 on, so that a fit finds a signal above
        τ from any start.
        """
        return cls(alpha, (0.5 * alpha) ** (2.0 / 3.0))

    @classmethod
    def from_tau(cls, tau: float, beta: float | None = None) -> Self:
        """The penalty of level τ: ``α = 2 τ √β``, with the tied ``β = τ`` unless β is given."""
        if beta is None:
            return cls(2.0 * tau**1.5, tau)
        return cls(2.0 * tau * float(np.sqrt(beta)), beta)

    @property
    def tau(self) -> float:
        """``τ = α ψ'(0) / 2``: a zero column stays zero where ``λ_max(R) < τ``."""
        return 0.5 * self.alpha / float(np.sqrt(self.beta)) if self.alpha > 0 else 0.0

    def value(self, s: FloatArray) -> float:
        """``α Σ_j ψ(s_j)``."""
        if self.alpha == 0:
            return 0.0
        return self.alpha * float(np.sum(s / np.sqrt(s + self.beta)))

    def derivative(self, s: FloatArray) -> FloatArray:
        """``α ψ'(s_j)`` for each column."""
        if self.alpha == 0:
            return np.zeros_like(s)
        t = s + self.beta
        return 0.5 * self.alpha * ((t + self.beta) / t / np.sqrt(t))

    def second_derivative(self, s: FloatArray) -> FloatArray:
        """``α ψ''(s_j)`` for each column; negative, since ψ is concave."""
        if self.alpha == 0:
            return np.zeros_like(s)
        t = s + self.beta
        return -0.25 * self.alpha * ((t + 3.0 * self.beta) / t / np.sqrt(t) / t)

    def smallest_nonzero_sq_norm(self) -> float:
        """``argmin h``: no column of a second-order point has s strictly between 0 and this.

        It is 0 where h increases from 0 on, that is, for the tied β and above.
        """
        zero = np.zeros(1)
        # h'(0) is exactly 0 for the tied β; the margin keeps rounding from making a root of it.
        if self.alpha == 0 or 1.0 + 0.5 * float(self.second_derivative(zero)[0]) >= -1e-12:
            return 0.0
        # With β = 0 the minimiser is (α/8)^{2/3}; a positive β raises it by less than a tenth, or
        # lowers it, down to 0 for the tied β.
        bound = (self.alpha / 8.0) ** (2.0 / 3.0)

        def slope(s: float) -> float:
            return 1.0 + 0.5 * float(self.second_derivative(np.array([s * bound]))[0])

        return bound * float(brentq(slope, 0.0, 4.0))

    def smallest_level(self) -> float:
        """``h_min``, the smallest value of h."""
        s = np.array([self.smallest_nonzero_sq_norm()])
        return float(s[0] + 0.5 * self.derivative(s)[0])


NO_PENALTY = GroupLasso(0.0, 1.0)
