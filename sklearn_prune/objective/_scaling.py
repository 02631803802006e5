"""The units of the normalised problem, in which responses and measurements have size one."""

from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.losses import PointwiseLoss

Quantity = Literal["y", "U", "M", "R", "loss", "alpha", "beta", "gradient", "curvature"]
Number = TypeVar("Number", float, FloatArray)

# The largest entry of X, y and the weights, and its inverse: products of three of these numbers
# must be representable. The package is tested from 1e-100 to 1e100.
LARGEST_DATA = 1e102
# The same for features beside the 1 of a bias.
LARGEST_BESIDE_ONE = 1e20
# The same for alpha and beta in normalised units.
LARGEST_PARAMETER = 1e20


@dataclass(frozen=True)
class Scaling:
    """What one unit of the normalised problem is in the units of the caller.

    All conversions between the two are here. Let y have the unit ``[y]`` and the measurements the
    unit ``[A]``. Then M has ``[y]/[A]``, U its root, R, τ and ν have ``[y] [A]``, the loss has
    ``[y]²``, and alpha and gradients have ``[y]²/[U]``.

    Attributes
    ----------
    response : float
        The spread of y, about its location when an offset is fitted.
    root_kappa : float
        ``√κ``, the size of the measurements.
    origin : float
        What an offset of zero stands for, in the units of the caller: zero, but for a y that is
        constant, of which nothing is left for columns to fit.
    """

    response: float
    root_kappa: float
    origin: float = 0.0

    def unit(self, quantity: Quantity) -> float:
        """The unit of a quantity of the normalised problem, in those of the caller."""
        y, A = self.response, self.root_kappa
        # A root of a quotient could overflow where the quotient of roots does not.
        U = float(np.sqrt(y) / np.sqrt(A))
        match quantity:
            case "y":
                return y
            case "U":
                return U
            case "M" | "beta":
                return y / A
            case "R" | "curvature":
                return y * A
            case "loss":
                return y**2
            case "alpha" | "gradient":
                return y * (y / U)

    def to_caller(self, value: Number, quantity: Quantity) -> Number:
        """A quantity of the normalised problem in the units of the caller."""
        return value * self.unit(quantity)

    def from_caller(self, name: str, value: float, quantity: Quantity) -> float:
        """A parameter in normalised units; `name` is used in the error if it is out of range."""
        unit = self.unit(quantity)
        normalized = float(value / unit)
        # A value that underflows is not taken for zero.
        if value != 0 and not 1.0 / LARGEST_PARAMETER <= normalized <= LARGEST_PARAMETER:
            or_zero = "0 or " if name == "alpha" else ""
            raise ValueError(
                f"{name}={value!r} is out of all proportion to the data: it must be {or_zero}"
                f"between {unit / LARGEST_PARAMETER:.1e} and {unit * LARGEST_PARAMETER:.1e}."
            )
        return normalized


def check_magnitude(name: str, largest: float, *, beside_one: bool = False) -> None:
    """Raise a ValueError where squares and products of the data would overflow or vanish.

    With `beside_one` the data must be comparable with the 1 that is appended for a bias.
    """
    most = LARGEST_BESIDE_ONE if beside_one else LARGEST_DATA
    if largest and not 1.0 / most <= largest <= most:
        bias = " with fit_bias=True" if beside_one else ""
        raise ValueError(
            f"{name} must be scaled{bias} so that its largest entry is between {1 / most:.0e} and "
            f"{most:.0e}, got {largest:.1e}."
        )


def scale_responses(
    y: FloatArray, weights: FloatArray, loss: PointwiseLoss, *, fit_intercept: bool
) -> tuple[FloatArray, float, float]:
    """Responses divided by their spread, the spread, and the origin; weights have sum one.

    A spread of zero is replaced by the largest response, or by one.
    """
    largest = float(np.max(np.abs(y))) or 1.0
    y = y / largest
    spread = loss.spread(y, weights, centred=fit_intercept)
    if spread > 0:
        return y / spread, largest * spread, 0.0
    if not fit_intercept:
        return y, largest, 0.0
    # The deviations are rounding errors: y is a constant. If it were left to the offset, the
    # rounding error of a mean would be all that there is, and columns would be fitted to it.
    return np.zeros_like(y), largest, largest * float(weights @ y)
