"""Unpenalised fits of 0, 1, 2, … columns."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from sklearn_prune.models import Factor
from sklearn_prune.objective import Evaluation, Objective, Problem
from sklearn_prune.selection._statistic import RankFit
from sklearn_prune.solvers import gauss_newton, possible_starts

# Bound on the gradient of fits that only have to be compared, and what the statistic of a further
# column may then be wrong by, where curvatures are of size one. The first alone, which is a part of
# the size of y, left fits of y = 100 + noise of size one in saddles. 1e-3 and 1e-4 for the second
# gave the same ranks in 20 draws each of 100 + a product, 5 + a square and 5 + noise, which no
# script of the repository repeats; `docs/benchmarks/field_data.py` has two rows of this kind. With
# 1e-3 the search of 500 points from 3 % of their distances takes 1.4 times the Hessian products.
COMPARED_TOL = 1e-3
STATISTIC_TOL = 1e-2
# Below this part of the loss of a constant the residuals may be zero, and the fit is solved to
# EXACT_TOL: where curvatures are of size one, an exact fit has a loss of about the square of the
# gradient norm, 1e-6 at COMPARED_TOL.
NEARLY_EXACT = 1e-5
EXACT_TOL = 1e-10
# Labels count as separated where the loss is below `exact_part` of that of a constant. A fit with
# less than this many times as much is solved to EXACT_TOL, because the loss of separated labels
# falls only as fast as the gradient norm. With 0, 2, 5, 10, 30 and 100, 16, 18, 20, 20, 20 and 20
# of 20 problems with separated labels were recognised; no script of the repository repeats this.
NEARLY_SEPARATED = 10.0
# Steps of a fit at most. On 30 random problems of 1.5 to 6 samples per parameter none of 212 fits
# took more than 28; one that takes more is on a plateau, and its loss is compared as it is.
MOST_STEPS = 100
# Samples per degree of freedom from which on the least squares of few columns seldom have poor
# local minima. The backward pass is then left out, one quiet rank ends the search for a clear fit,
# and fits to which a column is sure to be added are coarse.
MANY_SAMPLES = 4.0
# A fit to which a column is sure to be added is stopped where a step of the trust-region Newton
# method, which takes over after ten steps of a small problem, promises less than this part of the
# loss. Sure means that the loss at the start of the next rank is below this part of its own,
# and the likelihood ratio of the two above this, twice the bound of a missing column. In 16
# searches 0.001 and 0.1 for the first, 0.6 and 0.95 for the second, and 3 and 12 for the third
# changed no rank, in .94 to 1.11 of the time (`docs/benchmarks/rank_search.py --problems 8`).
COARSE_DECREASE = 0.01
SURE_PART = 0.8
SURE_RATIO = 6.0


def rank_path(
    problem: Problem, k: int, *, tol: float, starts: Sequence[Factor] = ()
) -> Iterator[RankFit]:
    """Fine-tuned fits of 0, 1, 2, … k columns.

    Each starts from the one that is given, or else from the `possible_starts` after the one before,
    of which the best fit is kept. The path ends where no direction lowers the loss, or where a rank
    has as many degrees of freedom as there are samples.

    Without given starts, the first ranks are fitted coarsely as long as a further column is sure to
    be needed. Their losses are then a little too high.
    """
    objective = Objective(problem)
    point = objective.empty
    yield RankFit.of(point)
    following = _starts_after(point, starts)
    # Of labels, the score test of a further column needs a fit that is solved.
    is_coarse = not starts and problem.loss.has_unit
    for rank in range(1, min(k, problem.max_rank) + 1):
        too_few = problem.degrees_of_freedom(rank) >= problem.n_residual
        if too_few or following[0].n_columns < rank:
            return
        if is_coarse:
            # An evaluation may hold as much memory as the data: never three at a time.
            del point
            point = _best_fit(objective, following, partial(_coarse_fit, tol=tol))
            solved, following = [point.factor], _starts_after(point, starts)
            is_coarse = any(_needs_a_column(point, start) for start in following)
        else:
            solved = following
        if not is_coarse:
            del point
            point = _best_fit(objective, solved, partial(refit_for_comparison, tol=tol))
        yield RankFit.of(point)
        if not is_coarse:
            following = _starts_after(point, starts)


def _starts_after(point: Evaluation, starts: Sequence[Factor]) -> list[Factor]:
    """The given start of the next rank, or `possible_starts` with one column more."""
    rank = point.factor.n_columns + 1
    if rank < len(starts):
        return [starts[rank]]
    return possible_starts(point, point.residual_matrix, 1)


def _best_fit(
    objective: Objective,
    starts: list[Factor],
    fit: Callable[[Objective, Factor], Evaluation],
) -> Evaluation:
    """The fit with the smallest loss; no evaluation but the one in work is held."""
    best = fit(objective, starts[0])
    for start in starts[1:]:
        factor, value = best.factor, best.value
        del best
        best = fit(objective, start)
        if value < best.value:
            best = objective.at(factor)
    return best


def _coarse_fit(objective: Objective, start: Factor, *, tol: float) -> Evaluation:
    return gauss_newton(
        objective,
        start,
        tol=max(tol, COMPARED_TOL),
        max_iter=MOST_STEPS,
        least_decrease=COARSE_DECREASE,
    ).point


def _needs_a_column(point: Evaluation, start: Factor) -> bool:
    """Whether the start of the next rank shows already that this rank misses a column."""
    problem, rank = point.problem, start.n_columns
    if (
        _is_nearly_exact(point)
        or rank == point.factor.n_columns
        or not has_many_samples(problem, rank)
    ):
        return False
    larger, q = Objective(problem).at(start), problem.degrees_of_freedom
    excess = problem.n_residual - q(rank)
    ratio = problem.loss.likelihood_ratio(point.value, larger.value, larger.dispersion, excess)
    is_sure = ratio > SURE_RATIO * (q(rank) - q(rank - 1))
    return is_sure and larger.value < SURE_PART * point.value


def has_many_samples(problem: Problem, rank: int) -> bool:
    """Whether the least squares of so many columns seldom have poor local minima."""
    return problem.n_residual >= MANY_SAMPLES * problem.degrees_of_freedom(rank)


def refit_for_comparison(objective: Objective, start: Factor, *, tol: float) -> Evaluation:
    """The least-squares fit from a start, as exact as a comparison of losses needs it."""
    compared_tol = max(tol, COMPARED_TOL)
    point = gauss_newton(objective, start, tol=compared_tol, max_iter=MOST_STEPS).point
    exact_tol = min(compared_tol, max(min(tol, EXACT_TOL), _tol_of_comparison(point)))
    if point.is_solved(exact_tol):
        return point
    factor = point.factor
    del point
    return gauss_newton(objective, factor, tol=exact_tol, max_iter=MOST_STEPS).point


def _tol_of_comparison(point: Evaluation) -> float:
    """The bound on the gradient for statistics, which are ``(n / added) Δ log loss``, see above."""
    problem, rank = point.problem, point.factor.n_columns
    if _is_nearly_exact(point):
        return 0.0
    added = problem.degrees_of_freedom(rank) - problem.degrees_of_freedom(rank - 1)
    return float(np.sqrt(STATISTIC_TOL * point.value * added / problem.n_residual))


def _is_nearly_exact(point: Evaluation) -> bool:
    """Whether there may be no residuals but for those of an inexact solution."""
    loss = point.problem.loss
    part = max(NEARLY_EXACT, NEARLY_SEPARATED * loss.exact_part)
    return point.value < part * point.problem.loss_of_constant
