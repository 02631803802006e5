"""The contract of a pointwise loss."""

from abc import ABC, abstractmethod
from typing import Self

import numpy as np

from sklearn_prune._typing import FloatArray

# Steps of the bracketed Newton method for the offset, at most.
OFFSET_STEPS = 100
# Rounding of a sum over its size: two numbers that differ by less may be equal.
ROUNDING = 4.0 * np.finfo(float).eps


class PointwiseLoss(ABC):
    """A convex function ``ℓ(y, η)`` of a response y and a prediction η.

    The objective is ``(1/W) Σ w_i ℓ(y_i, η_i)`` with ``η_i = c + <A_i, M>``. Derivatives are taken
    by η and divided by 2, so that the squared error has residual ``y − η`` and curvature 1, and
    every formula for the squared error holds with them in place of residual and weight.

    Arrays have shape (n,). Weights need not sum to one. A loss with parameters in the unit of y
    says in `scaled` how they change with it. A loss whose parameters are to be found from the data
    `adapts`: it starts from those of responses of spread one, and `refitted` gives those of a fit.

    Attributes
    ----------
    name : str
        The value of the parameter `loss` of the estimators that stands for it.
    is_quadratic : bool
        Whether sums of products over the samples determine the loss; only then can the samples be
        replaced by `objective.Moments`, and only then does the rank theorem apply.
    has_unit : bool
        Whether y is measured in a unit. The size of its noise is then unknown, and may be zero. It
        is known of labels, which have no unit: ``E e² = h``, where the ranks are right.
    exact_part : float
        A fit that leaves less than this part of the loss of a constant leaves no residual.
    adapts : bool
        Whether δ is found from the data, by `refitted` and `narrowed`; it is then finite in a fit.
    sorts : bool
        Whether it sorts residuals, which then must be in memory.
    has_delta : bool
        Whether δ is one of its parameters.
    delta : float
        The residual, in the unit of y, beyond which a response counts for no more than at it;
        ``inf`` where there is none.
    """

    name: str
    is_quadratic = False
    has_unit = True
    exact_part = 1e-14
    adapts = False
    sorts = False
    has_delta = False
    delta = float("inf")

    @classmethod
    def of(cls, delta: float | str) -> Self:
        """The loss with the parameters of an estimator; those that it does not have do nothing."""
        return cls()

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

    def curvature_weights(self, w: FloatArray, y: FloatArray, eta: FloatArray) -> FloatArray:
        """``w h``; w itself where the curvature is one, which saves a vector of length n."""
        return w * self.curvature(y, eta)

    def gauss_newton_weights(self, w: FloatArray, y: FloatArray, eta: FloatArray) -> FloatArray:
        """w times `gauss_newton_weight`."""
        return w * self.gauss_newton_weight(y, eta)

    @abstractmethod
    def spread(self, y: FloatArray, weights: FloatArray, *, centred: bool) -> float:
        """The scale of responses, about their location where they are to be centred.

        In the unit of y; 0.0 where all are equal but for rounding. The responses must be between −1
        and 1.
        """

    def null_curvature(self, y: FloatArray, weights: FloatArray, *, fit_intercept: bool) -> float:
        """The mean curvature of a constant prediction, by which κ is multiplied; 1 here.

        In normalised units the second derivatives of the loss by M then have size one.
        """
        return 1.0

    def likelihood_ratio(
        self, smaller: float, larger: float, dispersion: float, excess: float
    ) -> float:
        """Twice the logarithm of the likelihood ratio of two fits, ``m log(1 + (L − L')/φ')``.

        The noise is taken to be Gaussian, and its size to be that of the larger fit.

        Parameters
        ----------
        smaller, larger : float
            The losses L and L' of the fits of fewer and of more columns.
        dispersion : float
            φ', the `dispersion` of the larger fit.
        excess : float
            m, the samples less the degrees of freedom of the larger fit.
        """
        # The losses of an exact fit are rounding errors, or zero.
        floor = np.finfo(float).tiny
        dispersion = max(dispersion, floor)
        return float(excess * np.log(max(dispersion + smaller - larger, floor) / dispersion))

    def fitted_parameters(self, unit: float) -> dict[str, float]:
        """Fitted attributes of an estimator, for y in units of which one here is `unit`."""
        return {"delta_": self.delta * unit} if self.has_unit else {}

    def scaled(self, unit: float) -> "PointwiseLoss":
        """The loss of ``y / unit``, up to a constant factor."""
        return self

    def refitted(
        self, y: FloatArray, eta: FloatArray, weights: FloatArray, *, inflation: float
    ) -> "PointwiseLoss | None":
        """The loss with the parameters that a fit shows; None if it shows none.

        Parameters
        ----------
        y, eta : ndarray of shape (n,)
            The responses and the predictions of the fit.
        weights : ndarray of shape (n,)
        inflation : float
            The standard deviation of noise over that of the residuals it leaves, which the
            parameters of the fit have made smaller.
        """
        return None

    def narrowed(self, part: float) -> "PointwiseLoss":
        """The loss with δ times `part`; only called of one that `adapts`."""
        return self

    def dispersion(self, y: FloatArray, eta: FloatArray, weights: FloatArray) -> float:
        """``φ = Σ w e² / Σ w h``, what noise adds to the loss for a degree of freedom of a fit.

        Where no sample has any curvature, the Gauss-Newton weights take its place.
        """
        e, h = self.residual(y, eta), self.curvature(y, eta)
        if not np.any(weights * h):
            h = self.gauss_newton_weight(y, eta)
        return float(weights @ e**2) / float(weights @ h)

    def offset(self, y: FloatArray, images: FloatArray, weights: FloatArray) -> float:
        """The c that minimises ``Σ w_i ℓ(y_i, c + images_i)``.

        The sum of ``w_i e_i`` falls in c. Newton steps are taken inside a bracket of its zero. The
        bracket is halved where a step would leave it: without it Newton's method diverges where the
        curvature is almost zero.
        """
        low, c, high = self.offset_bracket(y, images, weights)
        for _ in range(OFFSET_STEPS):
            eta = images + c
            pulls = weights * self.residual(y, eta)
            excess = float(pulls.sum())
            slope = float(weights @ self.curvature(y, eta))
            if slope > 0 and abs(excess) <= ROUNDING * float(np.abs(pulls).sum()):
                break
            if excess > 0:
                low = c
            else:
                high = c
            step = excess / slope if slope > 0 else np.inf
            previous = c
            c = c + step if low < c + step < high else 0.5 * (low + high)
            if abs(c - previous) <= ROUNDING * max(abs(low), abs(high)):
                break
        return c

    def offset_bracket(
        self, y: FloatArray, images: FloatArray, weights: FloatArray
    ) -> tuple[float, float, float]:
        """A lower bound of the best offset, a start, and an upper bound.

        It is between the smallest and the largest of the best offsets of single samples, which are
        the ``y − images`` here.
        """
        deviations = y - images
        median = weighted_median(deviations, weights)
        return float(deviations.min()), median, float(deviations.max())


# The part by which sums of the same weights in another order may differ.
SAME_SUM = 1e-10


def weighted_median(values: FloatArray, weights: FloatArray) -> float:
    """The median of values that are repeated as often as their weights say."""
    order = np.argsort(values)
    values, cumulative = values[order], np.cumsum(weights[order])
    half = 0.5 * cumulative[-1]
    # Where one half of the weights ends exactly, the median is between two values.
    low = np.searchsorted(cumulative, half * (1.0 - SAME_SUM), side="left")
    high = np.searchsorted(cumulative, half * (1.0 + SAME_SUM), side="right")
    return float(0.5 * (values[low] + values[min(high, len(values) - 1)]))
