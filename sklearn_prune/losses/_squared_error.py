"""The squared error."""

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.losses._base import ROUNDING, PointwiseLoss


class SquaredError(PointwiseLoss):
    """``ℓ(y, η) = (y − η)²``. The responses are scaled by their root mean square."""

    name = "squared_error"
    is_quadratic = True

    def value(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        return (y - eta) ** 2

    def residual(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        return y - eta

    def curvature(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        return np.ones_like(y)

    def curvature_weights(self, w: FloatArray, y: FloatArray, eta: FloatArray) -> FloatArray:
        return w

    def gauss_newton_weights(self, w: FloatArray, y: FloatArray, eta: FloatArray) -> FloatArray:
        return w

    def spread(self, y: FloatArray, weights: FloatArray, *, centred: bool) -> float:
        """The root mean square."""
        if centred:
            # The second pass removes what rounding left in the first.
            for _ in range(2):
                y = y - weights @ y / weights.sum()
        spread = float(np.sqrt(weights @ y**2 / weights.sum()))
        return spread if spread > ROUNDING else 0.0

    def dispersion(self, y: FloatArray, eta: FloatArray, weights: FloatArray) -> float:
        """The mean square of the residuals."""
        return float(weights @ (y - eta) ** 2 / weights.sum())

    def offset(self, y: FloatArray, images: FloatArray, weights: FloatArray) -> float:
        """The weighted mean of ``y − images``."""
        return weights @ (y - images) / weights.sum()
