"""The Huber loss."""

from typing import Self

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.losses._base import ROUNDING, PointwiseLoss, weighted_median

# The standard deviation of a normal distribution over its median absolute deviation.
NORMAL_MAD = 1.4826
# δ over the standard deviation of the noise: 5 % of efficiency are lost where it is normal.
EFFICIENT = 1.345
# The least δ over the spread of y that is found from residuals: without noise nothing else bounds
# it from below, and a loss that is nearly ``|r|`` takes many steps.
LEAST = 1e-2
# Deviations below this part of the largest response count as zero: squares of the others over them
# would overflow.
NEGLIGIBLE = 1e-100
# Residuals below this part of the spread of y are rounding errors of an exact fit.
EXACT = 1e-7


class Huber(PointwiseLoss):
    """``r²`` for residuals ``r = y − η`` up to δ, and ``2 δ |r| − δ²`` beyond.

    A residual beyond δ pulls with the constant force δ, so that gross outliers do not decide a
    fit. Source: Huber, "Robust estimation of a location parameter", 1964.

    Parameters
    ----------
    delta : float, default=1.345
        δ, in the unit of y. 1.345 standard deviations of normal noise lose 5 % of efficiency.
        ``inf`` if it is found from the data: then it is 1.345 in the units of `scaled`, until a fit
        shows the size of the noise.
    spread : float or None, default=None
        The spread of y, if δ is found from the data.
    """

    name = "huber"
    sorts = True
    has_delta = True

    def __init__(self, delta: float = EFFICIENT, spread: float | None = None) -> None:
        self.delta = delta
        self.adapts = spread is not None or np.isinf(delta)
        self._spread = spread

    @classmethod
    def of(cls, delta: float | str) -> Self:
        return cls(np.inf if isinstance(delta, str) else float(delta))

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

    def spread(self, y: FloatArray, weights: FloatArray, *, centred: bool) -> float:
        """The scaled median absolute deviation from the median, or from zero.

        Where more than half of the responses are equal it would be zero; then it is that of the
        others.
        """
        location = weighted_median(y, weights) if centred else 0.0
        sizes = np.abs(y - location)
        rounding = max(ROUNDING * abs(location), NEGLIGIBLE)
        if weighted_median(sizes, weights) <= rounding:
            weights = np.where(sizes > rounding, weights, 0.0)
        return NORMAL_MAD * weighted_median(sizes, weights) if np.any(weights) else 0.0

    def scaled(self, unit: float) -> "Huber":
        if self._spread is None:
            return Huber(self.delta / unit) if np.isfinite(self.delta) else Huber(spread=1.0)
        return Huber(self.delta / unit, self._spread / unit)

    def refitted(
        self, y: FloatArray, eta: FloatArray, weights: FloatArray, *, inflation: float
    ) -> "Huber | None":
        """δ is 1.345 standard deviations of the noise, by the median of the residuals.

        It is never more than that of a constant. A fit may leave larger residuals, since a column
        that explains wild responses can be far from all others.
        """
        if self._spread is None:
            return None
        noise = NORMAL_MAD * weighted_median(np.abs(y - eta), weights) * inflation
        if noise <= EXACT * self._spread:
            return None
        delta = EFFICIENT * min(noise, self._spread)
        return Huber(max(delta, LEAST * self._spread), self._spread)

    def narrowed(self, part: float) -> "Huber":
        return Huber(part * self.delta, self._spread)
