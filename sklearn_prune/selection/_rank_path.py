"""Unpenalised fits of 0, 1, 2, … columns."""

from collections.abc import Iterator, Sequence

from sklearn_prune.models import Factor
from sklearn_prune.objective import Evaluation, Objective, Problem
from sklearn_prune.solvers import fit_in_span, gauss_newton, jittered

# Bound on the gradient of fits that only have to be compared.
COMPARED_TOL = 1e-3
# Below this part of the loss of a constant the residuals may be zero, and the fit is solved to
# EXACT_TOL: where curvatures are of size one, an exact fit has a loss of about the square of the
# gradient norm, 1e-6 at COMPARED_TOL.
NEARLY_EXACT = 1e-5
EXACT_TOL = 1e-10
# Steps of a fit at most. On 30 random problems of 1.5 to 6 samples per parameter none of 212 fits
# took more than 28; one that takes more is on a plateau, and its loss is compared as it is.
MOST_STEPS = 100


def rank_path(
    problem: Problem, k: int, *, tol: float, starts: Sequence[Factor] = ()
) -> Iterator[Evaluation]:
    """Fine-tuned fits of 0, 1, 2, … k columns.

    Each starts from the one that is given, or else from the one before with the top eigenvector of
    R added. The path ends where no direction lowers the loss, or where a rank has as many degrees
    of freedom as there are samples.
    """
    point = Objective(problem).empty
    yield point
    for rank in range(1, min(k, problem.max_rank) + 1):
        if problem.degrees_of_freedom(rank) >= problem.n_residual:
            return
        start = starts[rank] if rank < len(starts) else _one_more_column(point)
        if start.n_columns < rank:
            return
        # An evaluation may hold as much memory as the data: never three at a time.
        del point
        point = refit_for_comparison(problem, start, tol=tol)
        yield point


def _one_more_column(point: Evaluation) -> Factor:
    """The factor with the top eigenvector of R added, if it lowers the loss."""
    problem = point.problem
    V = problem.model.ascent_directions(point.residual_matrix, 1).U
    return point.factor.join(jittered(problem, *fit_in_span(point, V)))


def refit_for_comparison(problem: Problem, start: Factor, *, tol: float) -> Evaluation:
    """The least-squares fit from a start, as exact as a comparison of losses needs it."""
    objective = Objective(problem)
    compared_tol, exact_tol = max(tol, COMPARED_TOL), min(tol, EXACT_TOL)
    point = gauss_newton(objective, start, tol=compared_tol, max_iter=MOST_STEPS).point
    if point.value < NEARLY_EXACT * problem.loss_of_constant:
        point = gauss_newton(objective, point.factor, tol=exact_tol, max_iter=MOST_STEPS).point
    return point
