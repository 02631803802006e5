"""The squared error."""

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.losses._base import PointwiseLoss


class SquaredError(PointwiseLoss):
    """``ℓ(y, η) = (y − η)²``. The responses are scaled by their root mean square."""

    is_quadratic = True

    def value(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        return (y - eta) ** 2

    def residual(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        return y - eta

    def curvature(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        return np.ones_like(y)

    def spread(self, deviations: FloatArray, weights: FloatArray) -> float:
        return float(np.sqrt(weights @ deviations**2 / weights.sum()))

    def offset(self, y: FloatArray, images: FloatArray, weights: FloatArray) -> float:
        """The weighted mean of ``y − images``."""
        return weights @ (y - images) / weights.sum()
