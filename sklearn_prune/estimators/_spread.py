"""Whether the spread of residuals grows with the predictions."""

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.objective import Evaluation, Objective, Problem
from sklearn_prune.selection import FoundRank
from sklearn_prune.solvers import gauss_newton

# The correlation of the sizes of residuals with the predictions beyond which their spread grows.
# It is about .3 for counts and .6 for noise in proportion to the response. The second number is in
# standard errors of a correlation of independent samples. Noise of one size, 400 small problems: no
# alarm from 3 on, .007 with 2. Noise in proportion is told in .87 with 2, .70 with 3 and .34 with
# 5; 0.1 to 0.3 for the first number changed nothing there (`docs/benchmarks/constants.py`).
SPREAD_CORRELATION = 0.2
STANDARD_ERRORS = 5.0
# The statistic of the last column below which it is doubtful if the spread grows without it. It was
# 3.1 to 4.7 where noise in proportion to the response was taken for a third column of two, in 9 of
# 80 bipartite graphs, and above 6 for the last column of the fits that were right
# (`docs/benchmarks/field_data.py`).
DOUBTFUL = 6.0
# The gradient norm of the fit without the last column; only correlations are read off it.
COMPARED_TOL = 1e-3
# Differences of weights from whole numbers that are rounding errors, relative to them.
ROUNDING = 1e-12


def spread_grows(point: Evaluation) -> bool:
    """Whether the residuals of large predictions are larger, by more than chance explains."""
    problem = point.problem
    w, sizes, predictions = problem.weights, np.abs(point.residuals), point.predictions
    if not _grow_together(sizes, predictions, w, problem.total_weight):
        return False
    repeats = problem.total_weight * w
    if np.all(np.abs(repeats - np.round(repeats)) <= ROUNDING * repeats):
        return True
    # Weights in proportion to one over the variance of the noise: √w times it has one spread.
    weighted = np.sign(w)
    n = float(weighted.sum())
    return _grow_together(np.sqrt(w) * sizes, predictions, weighted / n, n)


def _grow_together(
    sizes: FloatArray, predictions: FloatArray, w: FloatArray, n_samples: float
) -> bool:
    """Whether sizes of residuals are correlated with predictions, under weights w of sum one."""
    # Roots, since predictions have long tails.
    roots = np.sqrt(np.abs(predictions))
    sizes, roots = sizes - w @ sizes, roots - w @ roots
    product = float(np.sqrt((w @ sizes**2) * (w @ roots**2)))
    correlation = float(w @ (sizes * roots)) / product if product > 0 else 0.0
    return correlation > max(SPREAD_CORRELATION, STANDARD_ERRORS / np.sqrt(n_samples))


def is_doubtful(problem: Problem, found: FoundRank) -> bool:
    """Whether the last column is weak, and the spread of the residuals grows without it.

    A column that fits the noise of large responses hides that their noise is larger.
    """
    rank = found.factor.n_columns
    if rank < 2 or len(found.statistics) < rank or found.statistics[rank - 1] > DOUBTFUL:
        return False
    whitened = problem.whitened(rotated=False)
    factor = whitened.model.canonicalize(whitened.from_parent(found.factor))
    objective, kept = Objective(whitened), factor.take(slice(-1))
    return spread_grows(gauss_newton(objective, kept, tol=COMPARED_TOL, max_iter=100).point)
