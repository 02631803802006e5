"""Data in units in which the responses and the measurements are of size one."""

from dataclasses import dataclass

import numpy as np

from sklearn_prune.objective._objective import SquaredLoss


@dataclass(frozen=True)
class Units:
    """What one unit of the normalised problem is in the caller's units.

    Attributes
    ----------
    response : float
        The root mean square of y, about its mean when an offset is fitted.
    root_kappa : float
        ``√κ``, the size of the measurements.
    """

    response: float
    root_kappa: float

    @property
    def M(self):
        return self.response / self.root_kappa

    @property
    def factor(self):
        """The unit of U."""
        return np.sqrt(self.response) / np.sqrt(self.root_kappa)

    @property
    def loss(self):
        return self.response**2

    @property
    def gradient(self):
        return self.response * (self.response / self.factor)

    @property
    def level(self):
        """The unit of R, τ and ν."""
        return self.response * self.root_kappa

    @property
    def alpha(self):
        # f = loss + α ψ, and ψ has the unit of U.
        return self.response * (self.response / self.factor)


def normalised_loss(sensing, y, sample_weight, *, centred):
    """The squared loss with ``κ = 1`` and y of root mean square 1, and the units taken out.

    Everything is solved there. ``y -> c y`` and ``X -> c X`` then change the units and
    nothing else, from 1e-100 to 1e100. A unit that would be zero is one instead.
    """
    weights = sample_weight / np.sum(sample_weight)
    largest = float(np.max(np.abs(y)))
    y = y / (largest or 1.0)
    if centred:
        # A second time for what the first mean lost to rounding.
        deviations = y - weights @ y
        deviations = deviations - weights @ deviations
    else:
        deviations = y
    spread = float(np.sqrt(weights @ deviations**2))
    if spread <= 4.0 * np.finfo(float).eps:
        # Nothing but rounding about the mean: a constant, which the offset takes.
        response, y = largest or 1.0, y if not centred else np.full_like(y, weights @ y)
    else:
        response, y = largest * spread, y / spread

    magnitude = sensing.magnitude() or 1.0
    sensing = sensing.scaled(1.0 / magnitude)
    root_kappa = float(np.sqrt(curvature(sensing, weights, centred=centred))) or 1.0
    units = Units(response, root_kappa * magnitude)
    sensing = sensing.scaled(1.0 / root_kappa)
    return SquaredLoss(sensing, y, sample_weight, centred=centred), units


def curvature(sensing, weights, *, centred):
    """``κ = Σ (w_i / W) ||sym A_i − Ā||_F² / p``, with ``Ā = 0`` where no offset is fitted."""
    p = sensing.dim * (sensing.dim + 1) / 2
    mean_square = float(weights @ sensing.squared_norms())
    if not centred:
        return mean_square / p
    variance = mean_square - float(np.sum(sensing.adjoint(weights) ** 2))
    # Equal measurements leave rounding alone, which is no scale to divide by.
    return variance / p if variance > 1e-13 * mean_square else 0.0
