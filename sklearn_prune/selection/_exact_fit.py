"""Exact fits near the sampling limit, from further starts."""

from collections.abc import Iterator
from itertools import product

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs

from sklearn_prune._threads import one_blas_thread
from sklearn_prune.models import Factor
from sklearn_prune.objective import GroupLasso, Objective, Problem
from sklearn_prune.selection._rank import FoundRank, largest_testable_rank
from sklearn_prune.solvers import gauss_newton, spectral_start, trust_region_newton

# Levels of the group lasso, y and A being of size one.
LEVELS = (0.02, 0.005, 0.001)
# Rounds of starts: a spectral one first, then random ones where the problem is small. Of 60 draws
# with 1.15 samples per degree of freedom (rank-one, d = 20, r = 2;
# `docs/benchmarks/sampling_limit.py`) 55 were recovered with three rounds, 58 with five and 60 with
# seven.
ROUNDS = 7
SMALL_PROBLEM = 5000
# Random starts are tried only where a spectral one leaves a residual variance (the loss by excess
# sample) below this part of that of a constant. Of 150 noiseless draws with 1.03 to 1.5 samples per
# degree of freedom (`docs/benchmarks/random_starts.py`) 11 were recovered by a random start alone,
# and the spectral ones had left 0.018 at most. Of 30 draws with noise 27 left more than 0.05, and
# the search ends there.
PROMISING = 0.05
# Samples times rows of U beyond which there is one level: of 108 noiseless draws of d = 40 and 60
# that were fitted exactly by such a start, 102 were so with the first level.
LARGE_PROBLEM = 100_000
# Gradient norm and steps of a penalised fit, which is a start. Of 200 noiseless draws with 1.05 to
# 1.15 samples per degree of freedom (d = 20) 194 were recovered, as with 1e-4 and 100 steps, in a
# third of the time; 191 with 1e-4 and 40 steps, and 188 with 1e-2 and 100 steps (three rounds).
PENALIZED_TOL, PENALIZED_STEPS = 1e-3, 40
# Where Newton's model predicts that the loss falls by less than this part, it will not fall to
# zero: 2 of 80 fits that became exact ever predicted less. Of the same 200 draws 194, 194 and 193
# were recovered with 0.003, 0.01 and 0.03, and 12 tables of noise took 12.9, 11.0 and 9.7 s (36
# without this rule).
LEAST_DECREASE = 1e-2


def search_exact_fit(
    problem: Problem, k: int, rng: np.random.RandomState, *, n_jobs: int | None
) -> FoundRank | None:
    """An exact fit of fewer degrees of freedom than samples, or None.

    As many starts run at a time as there are jobs, and the first in order that succeeds counts, so
    that the result does not depend on `n_jobs`.
    """
    rank = largest_testable_rank(problem, k)
    if rank == 0:
        return None
    at_a_time = effective_n_jobs(n_jobs)
    lowest = problem.loss_of_constant
    excess = problem.n_residual - problem.degrees_of_freedom(rank)
    promising = PROMISING * problem.loss_of_constant * excess / problem.n_residual
    for tasks in _rounds(problem, rank, k, rng):
        for first in range(0, len(tasks), at_a_time):
            fits = Parallel(n_jobs=n_jobs)(
                delayed(_exact_fit_in_a_job)(problem, rank, start, tau)
                for start, tau in tasks[first : first + at_a_time]
            )
            for factor, loss in fits:
                if factor is not None:
                    return FoundRank(factor, is_exact=True, decided=True, few_excess_samples=False)
                lowest = min(lowest, loss)
        if lowest > promising:
            break
    return None


def _rounds(
    problem: Problem, rank: int, k: int, rng: np.random.RandomState
) -> Iterator[list[tuple[Factor, float]]]:
    """Starts with their levels of the group lasso, a round at a time."""
    d = problem.dim
    columns = sorted({min(m, k, d) for m in (rank + 1, rank + 2, 8)})
    size = problem.total_weight * d
    cases = list(product(LEVELS if size <= LARGE_PROBLEM else LEVELS[:1], columns))
    yield [(spectral_start(problem, m), tau) for tau, m in cases]
    if size <= SMALL_PROBLEM:
        for _ in range(ROUNDS - 1):
            starts = [rng.standard_normal((d, m)) / np.sqrt(d * m) for _, m in cases]
            yield [(problem.give_signs(U), tau) for U, (tau, _) in zip(starts, cases, strict=True)]


def _exact_fit_in_a_job(
    problem: Problem, rank: int, start: Factor, tau: float
) -> tuple[Factor | None, float]:
    # Once more, since this may be another process than that of the fit.
    with one_blas_thread():
        return exact_fit(problem, rank, start, tau)


def exact_fit(
    problem: Problem, rank: int, start: Factor, tau: float
) -> tuple[Factor | None, float]:
    """The factor of the smallest rank that fits exactly, by way of the group lasso, or None.

    Also returns the loss at the largest rank, where the search for an exact fit ended.

    Near the sampling limit the least squares of few columns have poor local minima. Penalised fits
    of a few more columns avoid most of them, and every start is another chance.
    """
    largest_loss = problem.loss.exact_part * problem.loss_of_constant
    canonicalize = problem.model.canonicalize

    def exactly_tuned(factor: Factor) -> tuple[Factor | None, float]:
        solution = gauss_newton(
            Objective(problem), factor, tol=1e-12, max_iter=100, least_decrease=LEAST_DECREASE
        )
        loss = solution.curve[-1]
        return canonicalize(solution.factor) if loss <= largest_loss else None, loss

    penalized = Objective(problem, GroupLasso.from_tau(tau))
    fit = trust_region_newton(penalized, start, tol=PENALIZED_TOL, max_iter=PENALIZED_STEPS).factor
    best, loss = exactly_tuned(fit.take(slice(rank)))
    while best is not None and best.n_columns:
        # More columns than needed fit exactly too.
        fewer, _ = exactly_tuned(best.take(slice(-1)))
        if fewer is None:
            break
        best = fewer
    return best, loss
