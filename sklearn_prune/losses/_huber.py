"""The Huber loss."""

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.losses._base import PointwiseLoss

# The median absolute deviation of a normal distribution is its standard deviation over this.
NORMAL_MAD = 1.4826


class Huber(PointwiseLoss):
    """``r²`` for residuals ``r = y − η`` up to δ, and ``2 δ |r| − δ²`` beyond.

    A residual beyond δ pulls with the constant force δ, so that gross outliers do not decide a
    fit. Source: Huber, "Robust estimation of a location parameter", 1964.

    Parameters
    ----------
    delta : float, default=1.345
        δ, in the unit of y. 1.345 standard deviations of normal noise lose 5 % of efficiency.
    """

    def __init__(self, delta: float = 1.345) -> None:
        self.delta = delta

    def value(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        # r² = e² within δ, where e = r; and 2 δ |r| − δ² = e (2 r − e) beyond, where e = ± δ.
        e = self.residual(y, eta)
        return e * (2.0 * (y - eta) - e)

    def residual(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        return np.clip(y - eta, -self.delta, self.delta)

    def curvature(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        return np.where(np.abs(y - eta) <= self.delta, 1.0, 0.0)

    def gauss_newton_weight(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        return self.delta / np.maximum(np.abs(y - eta), self.delta)

    def spread(self, deviations: FloatArray, weights: FloatArray) -> float:
        """The scaled median absolute deviation, or the mean absolute deviation where it is zero.

        The median is zero where more than half of the responses are equal.
        """
        sizes = np.abs(deviations)
        median = NORMAL_MAD * weighted_median(sizes, weights)
        return median if median > 0 else float(weights @ sizes / weights.sum())

    def scaled(self, unit: float) -> "Huber":
        return Huber(self.delta / unit)


def weighted_median(values: FloatArray, weights: FloatArray) -> float:
    """The median of values that are repeated as often as their weights say."""
    order = np.argsort(values)
    values, cumulative = values[order], np.cumsum(weights[order])
    half = 0.5 * cumulative[-1]
    low, high = (np.searchsorted(cumulative, half, side=side) for side in ("left", "right"))
    return float(0.5 * (values[low] + values[min(high, len(values) - 1)]))
