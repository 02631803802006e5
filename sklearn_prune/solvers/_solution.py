"""What a solver returns."""

from dataclasses import dataclass

from sklearn_prune.objective import Point


@dataclass(frozen=True)
class Solution:
    """The best factor found.

    Attributes
    ----------
    point : Point
        The factor found, with the objective there.
    curve : list of float
        The objective after each step, the start first.
    converged : bool
        Whether the gradient came within tolerance.
    """

    point: Point
    curve: list
    converged: bool

    @property
    def U(self):
        """The factor, shape (d, m)."""
        return self.point.U

    @property
    def n_iter(self):
        return len(self.curve) - 1
