"""Whether the data ask for an offset, where the model has none."""

from dataclasses import replace

import numpy as np

from sklearn_prune.models import Factor
from sklearn_prune.objective import Objective, Problem
from sklearn_prune.solvers import gauss_newton

# The square of four standard errors: the statistic of noise is that of one normal variable. The
# largest of 596 fits without an offset was 9.3 (Gaussian, heavy-tailed and proportional noise,
# outliers), so that 25 would warn as seldom; it misses 0.2 added to squared distances of 60 points,
# whose statistic is 20. No script of the repository repeats this.
MISSING_OFFSET = 16.0
# A bound for safety: 80 fits without an offset took at most one step, 20 with one at most five.
MOST_STEPS = 20


def misses_offset(problem: Problem, found: Factor, k: int) -> bool:
    """Whether an offset would lower the loss of a fit of at most k columns by more than noise does.

    A constant in y looks like a multiple of the identity, so that an offset that is missing shows
    as surplus columns. A fit that was not allowed more columns is not asked: an offset stands for a
    part of those that are missing. Where a weak surplus column has taken its place the offset is
    not seen, in 8 of 40 draws of 40 points with 0.3 added to squared distances of noise 0.3; an
    offset and one column less fitted worse than that column in each of them.
    """
    is_limited = found.n_columns == k < problem.max_rank
    if problem.profiles_offset or is_limited:
        return False
    return offset_statistic(problem, found) > MISSING_OFFSET


def offset_statistic(problem: Problem, found: Factor) -> float:
    """The likelihood ratio of an offset, all columns being refitted; 0.0 without excess samples.

    The mean residual does not show it: with 1 added to squared distances of spread 4, a fit of ten
    columns had a mean residual of half a standard error.

    Parameters
    ----------
    problem : Problem
        Without an offset.
    found : Factor of shape (d, r)
        The fine-tuned fit.
    """
    excess = problem.n_residual - 1.0 - problem.degrees_of_freedom(found.n_columns)
    if excess <= 0:
        return 0.0
    value = Objective(problem).at(found).value
    other = problem.whitened(rotated=False)
    other.formulation = replace(problem.formulation, fit_intercept=True)
    # Where curvatures are of size one, the statistic is then known to about one.
    tol = float(np.sqrt(value / problem.n_residual))
    start = other.from_parent(found)
    point = gauss_newton(Objective(other), start, tol=tol, max_iter=MOST_STEPS).point
    return problem.loss.likelihood_ratio(value, point.value, point.dispersion, excess)
