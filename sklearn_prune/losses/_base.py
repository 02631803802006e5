"""The contract of a pointwise loss."""

from abc import ABC, abstractmethod

import numpy as np

from sklearn_prune._typing import FloatArray

# Steps of the bracketed Newton method for the offset; each at least halves the bracket.
OFFSET_STEPS = 100
# Rounding of a sum over its size: two numbers that differ by less may be equal.
ROUNDING = 4.0 * np.finfo(float).eps


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
    has_unit : bool
        Whether y is measured in a unit. The size of its noise is then unknown, and may be zero. It
        is known of labels, which have no unit: ``E e² = h``, where the ranks are right.
    exact_part : float
        A fit that leaves less than this part of the loss of a constant leaves no residual.
    """

    is_quadratic = False
    has_unit = True
    exact_part = 1e-14

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

    def null_curvature(self, y: FloatArray, weights: FloatArray, *, fit_intercept: bool) -> float:
        """The mean curvature of a constant prediction, by which κ is multiplied; 1 here.

        In normalised units the second derivatives of the loss by M then have size one.
        """
        return 1.0

    def likelihood_ratio(self, smaller: float, larger: float, excess: float) -> float:
        """Twice the logarithm of the likelihood ratio of two fits, by their losses.

        The noise is taken to be Gaussian, and its size to be that of the larger fit.

        Parameters
        ----------
        smaller, larger : float
            The losses of the fits of fewer and of more columns.
        excess : float
            The samples less the degrees of freedom of the larger fit.
        """
        # The losses of an exact fit are rounding errors, or zero.
        floor = np.finfo(float).tiny
        return float(excess * np.log(max(smaller, floor) / max(larger, floor)))

    def scaled(self, unit: float) -> "PointwiseLoss":
        """The loss of ``y / unit``, up to a constant factor."""
        return self

    def offset(self, y: FloatArray, images: FloatArray, weights: FloatArray) -> float:
        """The c that minimises ``Σ w_i ℓ(y_i, c + images_i)``.

        The sum of ``w_i e_i`` falls in c. Newton steps are taken inside a bracket of its zero,
        which is halved where a step would leave it: without the bracket Newton's method diverges
        where the curvature is almost zero.
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
        return float(deviations.min()), float(np.median(deviations)), float(deviations.max())
