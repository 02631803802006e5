"""Algorithms: each takes an objective in normalised units and a start."""

from sklearn_prune.solvers._active_columns import START_COLUMNS, active_columns, surviving_columns
from sklearn_prune.solvers._gauss_newton import gauss_newton
from sklearn_prune.solvers._gradient_descent import gradient_descent, scaled_gradient_descent
from sklearn_prune.solvers._lbfgs import lbfgs
from sklearn_prune.solvers._newton_cg import newton_cg
from sklearn_prune.solvers._solution import Solution
from sklearn_prune.solvers._spectral import (
    fit_in_span,
    grown,
    rising_directions,
    spectral_start,
    top_eigenpairs,
)
from sklearn_prune.solvers._turn import turn

# The names under which fine-tuning offers them.
FINE_TUNING = {
    "gd": gradient_descent,
    "scaled-gd": scaled_gradient_descent,
    "gauss-newton": gauss_newton,
    "lbfgs": lbfgs,
}

__all__ = [
    "FINE_TUNING",
    "START_COLUMNS",
    "Solution",
    "active_columns",
    "fit_in_span",
    "gauss_newton",
    "gradient_descent",
    "grown",
    "lbfgs",
    "newton_cg",
    "rising_directions",
    "scaled_gradient_descent",
    "spectral_start",
    "surviving_columns",
    "top_eigenpairs",
    "turn",
]
