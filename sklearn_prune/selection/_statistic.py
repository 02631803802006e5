"""The statistic for one more column, and the rank that the fits of all ranks show."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from sklearn_prune.models import Factor
from sklearn_prune.objective import Evaluation, Problem
from sklearn_prune.selection._score import score_statistic

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
# Likelihood ratio above which a column is doubtful that the score test does not see: samples that
# are far out, or classes that are nearly separated, spoil the normal limit that both rely on. Twice
# `MISSING`; not tuned.
CONTRADICTORY = 6.0


@dataclass(frozen=True)
class RankFit:
    """What the rank search keeps of the fit of a rank.

    Attributes
    ----------
    factor : Factor of shape (d, r)
    loss : float
    dispersion : float
        `PointwiseLoss.dispersion` of its residuals; the loss itself for the squared error.
    score : float
        `score_statistic` where the size of the noise is known, and ``inf`` where it is not.
    """

    factor: Factor
    loss: float
    dispersion: float
    score: float

    @classmethod
    def of(cls, point: Evaluation) -> Self:
        """The fit that a point is."""
        score = np.inf if point.problem.loss.has_unit else score_statistic(point)
        return cls(point.factor, point.value, point.dispersion, score)


def likelihood_ratio_statistic(problem: Problem, fits: list[RankFit], rank: int) -> float:
    """The likelihood ratio of one more column, per degree of freedom that it adds.

    For the squared error it is ``T = (n − q(r+1)) log(RSS_r / RSS_{r+1}) / (q(r+1) − q(r))``. As a
    ratio of two fits of the same data it does not depend on the distribution of the measurements,
    as estimates of the noise level do.

    Parameters
    ----------
    problem : Problem
    fits : list of RankFit
        Of the ranks 0, 1, 2, …
    rank : int
        r, with ``r + 1 < len(fits)``.
    """
    q, larger = problem.degrees_of_freedom(rank), problem.degrees_of_freedom(rank + 1)
    excess = problem.n_residual - larger
    one, other = fits[rank], fits[rank + 1]
    ratio = problem.loss.likelihood_ratio(one.loss, other.loss, other.dispersion, excess)
    return ratio / (larger - q)


def rank_statistics(problem: Problem, fits: list[RankFit]) -> list[float]:
    """For each rank but the last, how much the data ask for one more column.

    Likelihood ratio and score test are the same to first order. Where they differ, the smaller one
    counts: a column that separates a few labels lowers the deviance by more than its score.
    """
    return [
        min(likelihood_ratio_statistic(problem, fits, rank), fits[rank].score)
        for rank in range(len(fits) - 1)
    ]


def rank_from_fits(problem: Problem, fits: list[RankFit]) -> tuple[int, int]:
    """The rank that fits of ranks 0, 1, 2, … show, and the number of quiet ranks at the end.

    The rank is one more than the last that misses a column.
    """
    rank = quiet = 0
    previous = np.inf
    for larger, statistic in enumerate(rank_statistics(problem, fits), start=1):
        if statistic > MISSING:
            rank, quiet = larger, 0
        elif statistic < QUIET:
            quiet = quiet + 1 if statistic < previous else 1
        else:
            quiet = 0
        previous = statistic
    return rank, quiet


def is_contradictory(problem: Problem, fits: list[RankFit], rank: int) -> bool:
    """Whether the likelihood ratio asks for a column, at a rank or above, that the score denies."""
    return any(
        fits[r].score <= MISSING and likelihood_ratio_statistic(problem, fits, r) > CONTRADICTORY
        for r in range(rank, len(fits) - 1)
    )
