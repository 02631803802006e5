"""Further starts where fits of few columns have poor local minima."""

from collections.abc import Callable

import numpy as np

from sklearn_prune.models import Factor
from sklearn_prune.objective import Certificate, Objective, Problem
from sklearn_prune.solvers._growth import decouple, further_spectral_starts
from sklearn_prune.solvers._solution import Solution
from sklearn_prune.solvers._working_set import working_set

# Random starts, each of one column more than asked for; the smallest column of its solution is left
# out, and a penalised fit keeps what it keeps. On separate groups of points, categories, bipartite
# and star graphs the spectral start alone was as good as the best of ten random ones in .73 of 200
# draws; with these starts it is in 297 of 300, and a penalised fit as good as the best of three in
# 298 (`docs/benchmarks/saddles.py --draws 300`). Of 170 penalised fits 3, 5 and 10 starts left 5, 4
# and 0 worse when columns were dropped below .25 β and starts were longer. 20 starts leave 2
# instead of 6 fine-tunings of 40 star graphs of 8 points, in twice the time.
RESTARTS = 10
# Further starts are tried with fewer samples per degree of freedom than this, and up to this many
# samples times rows of U. Neither was tuned: beyond the second a fit takes long, and beyond the
# first the failures were categories, for which see below.
MANY_SAMPLES = 4.0
SMALL_PROBLEM = 5000
# The same where spectral directions decouple, whatever the number of samples: a factor with the
# wrong sign in one group is a minimum. Without further starts 4 of 60 fits of categories were worse
# than the best of ten random starts, of which a tenth failed (`docs/benchmarks/saddles.py`).
SMALL_GROUPED_PROBLEM = 20_000
# Steps that a random start may take before it is compared. On 100 draws of groups limits of 20, 50
# and 1,000 steps ended as well (`docs/benchmarks/saddles.py`). On a table of 50 x 10 with a bias
# and an offset they took 0.3, 0.6 and 11 s, because the wider fit runs to infinity. 30 lies between
# the first two.
FEW_STEPS = 30
# Spectral directions that are asked. With 16 the question takes a tenth of a small fit.
DIRECTIONS = 4
# Part of the loss of a constant below which a fit is exact, and part of its loss by which another
# fit must be better.
EXACT = 1e-14
BETTER = 1e-6


def best_of_restarts(
    solve: Callable[[Factor, int], Solution],
    problem: Problem,
    first: Solution,
    count: int,
    *,
    max_iter: int,
) -> Solution:
    """The best of a solution of so many columns and of those from other starts.

    `solve` is called with a start and the number of steps that it may take. The other starts are
    those of `further_spectral_starts`, with which a table with a bias takes twice the time, and
    random ones with a fixed seed. With as many columns as there are rows, with many samples, or
    where the problem is large, there are no random ones.
    """
    if not first.converged:
        return first
    best = first
    for start in further_spectral_starts(problem, count):
        trial = solve(start, max_iter)
        better = trial.converged and trial.point.value < (1.0 - BETTER) * best.point.value
        best = trial if better else best
    if not _has_poor_minima(problem, count):
        return best
    rng = np.random.default_rng(0)
    shape = (problem.dim, count + 1)
    size = float(np.linalg.norm(first.U)) / np.sqrt(shape[0] * shape[1])
    few = min(max_iter, FEW_STEPS)
    for _ in range(RESTARTS):
        if best.point.value <= EXACT * problem.loss_of_constant:
            break
        wider = solve(problem.give_signs(size * rng.standard_normal(shape)), few)
        trial = solve(problem.model.canonicalize(wider.factor).take(slice(count)), few)
        if trial.point.value < (1.0 - BETTER) * best.point.value:
            trial = trial if trial.converged else solve(trial.factor, max_iter)
            best = trial if trial.converged else best
    return best


def certified_best_of_restarts(
    objective: Objective,
    first: tuple[Solution, Certificate],
    k: int,
    *,
    tol: float,
    max_iter: int,
) -> tuple[Solution, Certificate]:
    """The best of a penalised solution and of those from random starts of one column more.

    As `best_of_restarts`, for the solution and the certificate of `working_set`.
    """
    problem, count = objective.problem, first[0].factor.n_columns
    # A wide table has many minima, and which one is found must not depend on its coordinates.
    if count == 0 or problem.n_residual <= problem.dim or not _has_poor_minima(problem, count):
        return first
    # Whitened: features may have very different scales.
    whitened, rng, best = problem.whitened(), np.random.default_rng(0), first
    shape = (whitened.dim, min(k, count + 1))
    size = np.linalg.norm(first[0].U)
    for _ in range(RESTARTS):
        start = whitened.to_parent(whitened.give_signs(rng.standard_normal(shape)))
        # As long as the solution where the penalty is measured. As long in whitened coordinates, a
        # start is far longer along features that are nearly collinear, and takes hundreds of steps.
        start = start.with_columns(size / np.linalg.norm(start.U) * start.U)
        trial = working_set(objective, start, k, tol=tol, max_iter=max_iter)
        lower = trial[0].point.value < (1.0 - BETTER) * best[0].point.value
        if lower and (trial[1].holds or not best[1].holds):
            best = trial
    return best


def _has_poor_minima(problem: Problem, count: int) -> bool:
    size = problem.total_weight * problem.dim
    if count >= problem.max_rank or size > SMALL_GROUPED_PROBLEM:
        return False
    few = problem.n_residual < MANY_SAMPLES * problem.degrees_of_freedom(count)
    if few and size <= SMALL_PROBLEM:
        return True
    R = problem.residual_matrix_of_constant
    return decouple(problem, problem.model.ascent_directions(R, DIRECTIONS))
