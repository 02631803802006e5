"""Algorithms: each takes an objective in normalised units and a start, and returns a solution."""

from sklearn_prune.solvers._gauss_newton import gauss_newton
from sklearn_prune.solvers._gradient_descent import gradient_descent, scaled_gradient_descent
from sklearn_prune.solvers._growth import (
    decouple,
    expand_while_needed,
    possible_starts,
    spectral_start,
)
from sklearn_prune.solvers._lbfgs import lbfgs
from sklearn_prune.solvers._restarts import best_of_restarts, certified_best_of_restarts
from sklearn_prune.solvers._saddle import leaving_saddles
from sklearn_prune.solvers._solution import Solution
from sklearn_prune.solvers._steihaug import SteihaugPath
from sklearn_prune.solvers._trust_region_newton import trust_region_newton
from sklearn_prune.solvers._working_set import START_COLUMNS, surviving_columns, working_set

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
    "SteihaugPath",
    "best_of_restarts",
    "certified_best_of_restarts",
    "decouple",
    "expand_while_needed",
    "gauss_newton",
    "leaving_saddles",
    "possible_starts",
    "spectral_start",
    "surviving_columns",
    "trust_region_newton",
    "working_set",
]
