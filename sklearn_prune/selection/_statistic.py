"""The likelihood-ratio statistic for one more column, and the rank that a list of losses shows."""

import numpy as np

from sklearn_prune.objective import Problem

# A column is missing where the statistic exceeds this. Its median for noise is near 1.5, and 2.3
# was the largest of 178 problems with nothing left to find (`docs/benchmarks/rank_grid.py`).
MISSING = 3.0
# Below this a rank is quiet, that is, it shows no further column. Between the two the search goes
# on without a verdict.
QUIET = 2.5
# Quiet ranks in a row, each with a smaller statistic than the one before, that end the search.
# Signals of equal strength hide each other where samples are few, and the statistic rises towards
# the last of them; that of noise falls.
QUIET_RANKS = 2


def likelihood_ratio_statistic(problem: Problem, losses: list[float], rank: int) -> float:
    """The decrease of the loss by one more column, per degree of freedom that it adds.

    ``T = (n − q(r+1)) log(RSS_r / RSS_{r+1}) / (q(r+1) − q(r))`` is the likelihood-ratio statistic
    of Gaussian noise over its degrees of freedom. As a ratio of two fits of the same data it does
    not depend on the distribution of the measurements, as estimates of the noise level do.

    Parameters
    ----------
    problem : Problem
    losses : list of float
        Of the ranks 0, 1, 2, …
    rank : int
        r, with ``r + 1 < len(losses)``.
    """
    n = problem.n_residual
    q, larger = problem.degrees_of_freedom(rank), problem.degrees_of_freedom(rank + 1)
    # The losses of an exact fit are rounding errors, or zero.
    floor = np.finfo(float).tiny
    ratio = max(losses[rank], floor) / max(losses[rank + 1], floor)
    return float((n - larger) * np.log(ratio) / (larger - q))


def rank_from_losses(problem: Problem, losses: list[float]) -> tuple[int, int]:
    """The rank that the losses of ranks 0, 1, 2, … show, and the number of quiet ranks at the end.

    The rank is one more than the last that misses a column.
    """
    rank = quiet = 0
    previous = np.inf
    for larger in range(1, len(losses)):
        statistic = likelihood_ratio_statistic(problem, losses, larger - 1)
        if statistic > MISSING:
            rank, quiet = larger, 0
        elif statistic < QUIET:
            quiet = quiet + 1 if statistic < previous else 1
        else:
            quiet = 0
        previous = statistic
    return rank, quiet
