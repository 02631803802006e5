"""What a solver returns."""

from dataclasses import dataclass

from sklearn_prune._typing import FloatArray
from sklearn_prune.models import Factor
from sklearn_prune.objective import Evaluation


@dataclass(frozen=True)
class Solution:
    """The best factor found.

    Attributes
    ----------
    point : Evaluation
        The objective at this factor.
    curve : list of float
        The objective after each step, the start first.
    converged : bool
        Whether the gradient norm came within the tolerance.
    """

    point: Evaluation
    curve: list[float]
    converged: bool

    @property
    def factor(self) -> Factor:
        """The factor, shape (d, m)."""
        return self.point.factor

    @property
    def U(self) -> FloatArray:
        """The columns of the factor, shape (d, m)."""
        return self.point.U

    @property
    def n_iter(self) -> int:
        """Steps taken."""
        return len(self.curve) - 1
