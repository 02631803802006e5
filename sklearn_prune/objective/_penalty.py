"""The smooth group lasso on the columns of a factor."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq


@dataclass(frozen=True)
class GroupLasso:
    """``α Σ_j ψ(s_j)`` with ``ψ(s) = s / √(s + β)`` and ``s_j = ||u_j||²``.

    About ``α ||u_j||`` for a long column and ``α ||u_j||² / √β`` for a short one. ``α = 0``
    is no penalty, whatever β. Source: arXiv 2303.11453. Where κ plays a part it is 1, as in
    normalised units, and ``h(s) = s + (α/2) ψ'(s)``.
    """

    alpha: float
    beta: float

    @classmethod
    def tied(cls, alpha):
        """β tied to α: ``β = (α/2)^{2/3}`` (``(α/2κ)^{2/3}`` in any units).

        The smallest β for which h increases from 0 on, so that a
        signal above τ is picked up from any start.
        """
        return cls(alpha, (0.5 * alpha) ** (2.0 / 3.0))

    @classmethod
    def at_level(cls, tau):
        """The tied penalty of level τ: ``α = 2 τ^{3/2}``, ``β = τ``."""
        return cls(2.0 * tau**1.5, tau)

    @property
    def tau(self):
        """``α ψ'(0) / 2``: a zero column is left alone by residuals with ``λ_max(R) < τ``."""
        return 0.5 * self.alpha / float(np.sqrt(self.beta)) if self.alpha > 0 else 0.0

    def value(self, s):
        if self.alpha == 0:
            return 0.0
        return self.alpha * float(np.sum(s / np.sqrt(s + self.beta)))

    def derivative(self, s):
        """``α ψ'(s_j)``, one a column."""
        if self.alpha == 0:
            return np.zeros_like(s)
        t = s + self.beta
        return 0.5 * self.alpha * (t + self.beta) / (t * np.sqrt(t))

    def second_derivative(self, s):
        """``α ψ''(s_j)``, one a column: negative, for ψ is concave."""
        if self.alpha == 0:
            return np.zeros_like(s)
        t = s + self.beta
        return -0.25 * self.alpha * (t + 3.0 * self.beta) / (t * t * np.sqrt(t))

    def shortest_survivor(self):
        """``argmin h``: no column at a second-order point has s between 0 and this.

        0 where h increases from 0 on, which is so for the tied β and above.
        """
        # h'(0) is exactly 0 for the tied β, and rounding must not make a root of that.
        if self.alpha == 0 or 1.0 + 0.5 * float(self.second_derivative(0.0)) >= -1e-12:
            return 0.0
        # With β = 0 the minimiser is (α/8)^{2/3}; a positive β moves it to the left.
        bound = (self.alpha / 8.0) ** (2.0 / 3.0)

        def slope(s):
            return 1.0 + 0.5 * float(self.second_derivative(s * bound))

        return bound * brentq(slope, 0.0, 4.0)


NO_PENALTY = GroupLasso(0.0, 1.0)
