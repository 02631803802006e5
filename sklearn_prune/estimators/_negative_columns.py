"""Whether the data ask for columns that count negatively, where the model has none."""

from dataclasses import replace

import numpy as np

from sklearn_prune.estimators._missing_offset import offset_statistic
from sklearn_prune.models import Factor, matrix_model
from sklearn_prune.objective import Objective, Problem
from sklearn_prune.solvers import gauss_newton, possible_starts

# The gradient norm of the fit with one more column, and its steps at most. Only its loss is
# compared, as in the rank search.
COMPARED_TOL = 1e-3
MOST_STEPS = 100
# The statistic from which on a matrix is not taken to be positive semidefinite. It exceeded 3, the
# bound of the rank search, in 6 of 838 fits of semidefinite matrices, and 4 in 1; and in 253 and
# 244 of 264 fits of matrices with a negative eigenvalue (`docs/benchmarks/semidefinite.py` counts
# the warnings).
INDEFINITE = 4.0


def misses_negative_column(problem: Problem, found: Factor) -> bool:
    """Whether the matrix has a negative eigenvalue that the model lacks.

    This is asked of whole measurements and of labels, whose signs do not show it: which of two
    labels is the second is the caller's choice. A table of vectors with responses is not asked: no
    matrix may be its true model, and a negative column would lower the loss of most of them. An
    offset that is missing looks like a multiple of the identity, which may be negative: where one
    lowers the loss by more, it is the cause.
    """
    formulation = problem.formulation
    is_shown = formulation.measurement == "rank-one" and formulation.loss.has_unit
    if is_shown or not formulation.model.is_semidefinite:
        return False
    rank = found.n_columns
    added = problem.degrees_of_freedom(rank + 1) - problem.degrees_of_freedom(rank)
    ratio = negative_column_ratio(problem, found)
    if ratio <= INDEFINITE * added:
        return False
    return problem.profiles_offset or ratio > offset_statistic(problem, found)


def negative_column_ratio(problem: Problem, found: Factor) -> float:
    """The likelihood ratio of a column that counts negatively.

    Over the degrees of freedom that it adds this is the statistic of the rank search,
    `likelihood_ratio_statistic`, for the fit without such columns and the one that has a further
    column of either sign. 0.0 where the loss falls faster along a column that counts positively,
    which the rank search has taken for noise, and where too few samples are left.

    Parameters
    ----------
    problem : Problem
        Of positive semidefinite matrices.
    found : Factor of shape (d, r)
        The fine-tuned fit.
    """
    signed = problem.whitened(rotated=False)
    signed.formulation = replace(problem.formulation, model=matrix_model(positive=False))
    U = signed.from_parent(found).U
    rank = U.shape[1]
    if rank >= signed.max_rank:
        return 0.0
    excess = signed.n_residual - signed.degrees_of_freedom(rank + 1)
    if excess <= 0:
        return 0.0
    objective = Objective(signed)
    point = objective.at(Factor(U, np.ones(rank)))
    start = possible_starts(point, point.residual_matrix, 1)[0]
    if not np.any(start.column_signs < 0):
        return 0.0
    other = gauss_newton(objective, start, tol=COMPARED_TOL, max_iter=MOST_STEPS).point
    return problem.loss.likelihood_ratio(point.value, other.value, other.dispersion, excess)
