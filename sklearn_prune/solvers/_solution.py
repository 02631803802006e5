"""What a solver returns."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Solution:
    """The best factor found.

    Attributes
    ----------
    U : ndarray of shape (d, m)
    curve : list of float
        The objective after each step, the start first.
    converged : bool
        Whether the gradient came within tolerance.
    """

    U: np.ndarray
    curve: list
    converged: bool

    @property
    def n_iter(self):
        return len(self.curve) - 1
