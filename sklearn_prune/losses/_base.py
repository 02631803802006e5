"""The contract of a pointwise loss."""

from abc import ABC, abstractmethod

import numpy as np

from sklearn_prune._typing import FloatArray

# Steps of the bracketed Newton method for the offset; each at least halves the bracket.
OFFSET_STEPS = 100


class PointwiseLoss(ABC):
    """A convex function ``ℓ(y, η)`` of a response y and a prediction η.

    The objective is ``(1/W) Σ w_i ℓ(y_i, η_i)`` with ``η_i = c + <A_i, M>``. Derivatives are taken
    by η and divided by 2, so that the squared error has residual ``y − η`` and curvature 1, and
    every formula for the squared error holds with them in place of residual and weight.

    Arrays have shape (n,). Weights need not sum to one. A loss with parameters in the unit of y
    says in `scaled` how they change with it.

    Attributes
    ----------
    is_quadratic : bool
        Whether sums of products over the samples determine the loss; only then can the samples be
        replaced by `objective.Moments`, and only then does the rank theorem apply.
    """

    is_quadratic = False

    @abstractmethod
    def value(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        """``ℓ(y, η)``."""

    @abstractmethod
    def residual(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        """``e = −ℓ'/2``."""

    @abstractmethod
    def curvature(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        """``h = ℓ''/2 ≥ 0``."""

    def gauss_newton_weight(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        """A positive weight for steps that solve a least-squares problem; the curvature here.

        A loss whose curvature can be zero returns the weight of iteratively reweighted least
        squares, ``e / (y − η)``, instead.
        """
        return self.curvature(y, eta)

    @abstractmethod
    def spread(self, deviations: FloatArray, weights: FloatArray) -> float:
        """The scale of responses about their location, in the unit of y; 0 for a constant."""

    def scaled(self, unit: float) -> "PointwiseLoss":
        """The loss of ``y / unit``, up to a constant factor."""
        return self

    def offset(self, y: FloatArray, images: FloatArray, weights: FloatArray) -> float:
        """The c that minimises ``Σ w_i ℓ(y_i, c + images_i)``.

        The sum of ``w_i e_i`` falls in c. Newton steps are taken inside a bracket of its zero,
        which is halved where a step would leave it: without the bracket Newton's method diverges
        where the curvature is almost zero.
        """
        deviations = y - images
        low, high = float(deviations.min()), float(deviations.max())
        c = float(np.median(deviations))
        for _ in range(OFFSET_STEPS):
            eta = images + c
            excess = float(weights @ self.residual(y, eta))
            if excess > 0:
                low = c
            else:
                high = c
            slope = float(weights @ self.curvature(y, eta))
            step = excess / slope if slope > 0 else np.inf
            previous = c
            c = c + step if low < c + step < high else 0.5 * (low + high)
            if abs(c - previous) <= 4.0 * np.finfo(float).eps * max(abs(low), abs(high)):
                break
        return c
