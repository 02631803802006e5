"""The log loss of two classes."""

import numpy as np
from scipy.special import expit, logit

from sklearn_prune._typing import FloatArray
from sklearn_prune.losses._base import PointwiseLoss

# Steps that solve a least-squares problem divide by the curvature, which falls like ``e^{−|η|}``.
# A smaller floor, down to 1e-12, changed no fit and no number of steps.
LEAST_CURVATURE = 1e-6
# The offset of labels that are all equal, which has no best value: the loss is 2e-13 there.
LARGEST_LOGIT = 30.0
# A fit that leaves less than this part of the deviance of a constant has separated the classes: the
# deviance falls without end as M grows. Fits of classes that overlap left 0.1 of it and more.
SEPARATED = 1e-3


class LogLoss(PointwiseLoss):
    """The deviance ``2 (log(1 + e^η) − y η)`` of labels y, 0 or 1, and log odds η.

    Its half is the negative log-likelihood of ``P(y = 1) = σ(η) = 1/(1 + e^{−η})``. Labels have no
    unit, and neither has their noise: its variance is ``σ(η) (1 − σ(η))``.
    """

    name = "log_loss"
    has_unit = False
    exact_part = SEPARATED

    def value(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        # With the sign s of a label it is 2 log(1 + e^{−s η}): no difference of large numbers.
        return 2.0 * np.logaddexp(0.0, (1.0 - 2.0 * y) * eta)

    def residual(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        sign = 2.0 * y - 1.0
        return sign * expit(-sign * eta)

    def curvature(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        return expit(eta) * expit(-eta)

    def gauss_newton_weight(self, y: FloatArray, eta: FloatArray) -> FloatArray:
        return np.maximum(self.curvature(y, eta), LEAST_CURVATURE)

    def spread(self, y: FloatArray, weights: FloatArray, *, centred: bool) -> float:
        """1.0: labels have no unit."""
        return 1.0

    def likelihood_ratio(
        self, smaller: float, larger: float, dispersion: float, excess: float
    ) -> float:
        """The decrease of the deviance, of the excess samples alone: few samples overfit."""
        return excess * (smaller - larger)

    def null_curvature(self, y: FloatArray, weights: FloatArray, *, fit_intercept: bool) -> float:
        rate = _share_of_ones(y, weights) if fit_intercept else 0.5
        return rate * (1.0 - rate)

    def offset_bracket(
        self, y: FloatArray, images: FloatArray, weights: FloatArray
    ) -> tuple[float, float, float]:
        """The log odds of the labels less the largest, the mean and the smallest of the images."""
        odds = float(logit(_share_of_ones(y, weights)))
        mean = float(weights @ images) / float(weights.sum())
        return odds - float(images.max()), odds - mean, odds - float(images.min())


def _share_of_ones(y: FloatArray, weights: FloatArray) -> float:
    """The weighted mean of labels, kept off 0 and 1."""
    least = float(expit(-LARGEST_LOGIT))
    return float(np.clip(float(weights @ y) / float(weights.sum()), least, 1.0 - least))
