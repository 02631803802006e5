"""Levels in the units of R: of the noise, and of the largest signal."""

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.models import outer_eigenvalue
from sklearn_prune.objective import Objective, Problem
from sklearn_prune.sensing import about_mean


def tau_max(problem: Problem) -> float:
    """The smallest τ at which ``U = 0`` is a local minimum: the rate of ascent there, or 0."""
    return max(0.0, problem.model.ascent_rate(Objective(problem).empty.residual_matrix))


def noise_level(problem: Problem, residuals: FloatArray) -> float:
    """``ν̂``, an estimate of ``||Σ (w_i/W) ε_i (A_i − Ā)||`` for noise ε like these residuals.

    ``2 √λ_max(Σ w_i e_i² (A_i − Ā)²) / W``. It is deterministic, and a weight counts as so many
    repeated rows. ``Ā`` is the mean where an offset is fitted, and 0 otherwise.
    """
    sensing, c = problem.sensing, problem.weights * residuals**2
    squares = sensing.gram(c)
    if problem.profiles_offset:
        mean = sensing.adjoint(problem.weights)
        squares = about_mean(squares, sensing.adjoint(c), mean, float(np.sum(c)))
    top = max(0.0, outer_eigenvalue(squares, both_ends=False))
    return 2.0 * float(np.sqrt(top / problem.total_weight))
