"""The strength of the group lasso that the data ask for."""

import numpy as np

from sklearn_prune.objective import GroupLasso, Objective, Problem
from sklearn_prune.selection._noise import noise_level, tau_max
from sklearn_prune.selection._rank import FoundRank
from sklearn_prune.solvers import Solution, working_set

# τ over the noise level, and over the smallest eigenvalue found: above the one, below the other.
OVER_NOISE = 1.3
UNDER_SIGNAL = 0.6
# τ over the smallest eigenvalue found where there is no noise.
UNDER_EXACT_SIGNAL = 0.02
# τ over the largest at which a column grows from zero, at most.
BEYOND_ALL = 2.0
# What τ is divided by where the fit keeps too few columns: with noise, and for an exact fit, where
# τ cannot fall below the noise. With 2 for both, a constant y with features scaled by 1 to 1e4 and
# more was fitted with no column; with 16, 140 of 140 draws have one. No script repeats this.
FALL = 2.0
EXACT_FALL = 16.0
# The least τ, y and A being of size one: without noise nothing else bounds it from below.
LEAST_TAU = 1e-8
# Values of τ that are tried, and the tolerance of these fits. At 1e-4 fits of badly scaled features
# had columns that were about to die (`docs/benchmarks/field_data.py`, money and rate).
TRIALS = 16
TRIAL_TOL = 1e-6


def automatic_penalty(
    problem: Problem, k: int, found: FoundRank, *, max_iter: int
) -> tuple[GroupLasso, Solution]:
    """The tied penalty whose group lasso keeps as many columns as `find_rank` found.

    1. τ goes above the noise that is left in the residuals and below the smallest eigenvalue.
    2. The group lasso on all k columns must agree: τ is raised while it keeps more columns than
       were found, and lowered while it keeps fewer or has not converged: on features of very
       different scales a fit may be about to lose a column after hundreds of steps.

    Returns
    -------
    penalty : GroupLasso
    solution : Solution
        The last trial fit, whose factor is a start for the final one.
    """
    rank = found.factor.n_columns
    tau, low, high = _first_level(problem, found), 0.0, np.inf
    fall = EXACT_FALL if found.is_exact else FALL
    for _ in range(TRIALS):
        penalty = GroupLasso.from_tau(max(tau, LEAST_TAU))
        solution, _ = working_set(
            Objective(problem, penalty),
            found.factor,
            k,
            tol=TRIAL_TOL,
            max_iter=max_iter,
            probe=False,
        )
        kept = solution.factor.n_columns
        if kept == rank and solution.converged:
            break
        if kept > rank:
            low, tau = tau, min(2.0 * tau, float(np.sqrt(tau * high)))
        else:
            high, tau = tau, max(tau / fall, float(np.sqrt(tau * low)))
    return penalty, solution


def _first_level(problem: Problem, found: FoundRank) -> float:
    rank = found.factor.n_columns
    smallest = float(problem.model.eigenvalue_sizes(found.factor)[-1]) if rank else np.inf
    if found.is_exact and rank:
        # Without noise any level well below the smallest eigenvalue will do, but not zero.
        return UNDER_EXACT_SIGNAL * smallest
    residuals = Objective(problem).at(found.factor).residuals
    level = min(OVER_NOISE * noise_level(problem, residuals), UNDER_SIGNAL * smallest)
    # Beyond this level nothing lives, however large the noise of few samples may be.
    return min(level, BEYOND_ALL * (tau_max(problem) or 1.0))
