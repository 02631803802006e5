"""How many columns the data show."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sklearn_prune.models import Factor
from sklearn_prune.objective import Objective, Problem
from sklearn_prune.selection._rank_path import (
    MOST_STEPS,
    has_many_samples,
    rank_path,
    refit_for_comparison,
)
from sklearn_prune.selection._statistic import (
    QUIET,
    QUIET_RANKS,
    RankFit,
    is_contradictory,
    rank_from_fits,
    rank_statistics,
)
from sklearn_prune.solvers import gauss_newton

# Excess samples per parameter of one more column. Below this ratio the likelihood-ratio test has
# too little power to be trusted (0.5 to 3 tried, `docs/benchmarks/rank_grid.py`).
FEW_EXCESS_SAMPLES = 1.5
# The same where the fit is clear, so that a further column could explain little of y. With 1.5 here
# too, 5 of the 256 clear signals of the rank grid were warned of although the rank was right, with
# 1.0 it would be 3, with 0.5 it is 2 (`docs/benchmarks/rank_grid.py`, seeds 79 and 123).
FEW_EXCESS_SAMPLES_CLEAR = 0.5
# A fit is clear if its residual variance is at most this part of the variance of y, or of the mean
# of y² where no offset is fitted, with this many excess samples to estimate it from. With fewer
# samples unpenalised fits predict worse than the mean: R² of −.52 in the median at n/q = 1, where
# the cross-validated penalised fit has 0.
CLEAR_PART = 0.1
CLEAR_EXCESS = 5
# A backward fit is better if its loss is lower by more than this part, that is, by more than the
# tolerance of the two fits explains.
BETTER_PART = 1e-6


@dataclass(frozen=True)
class FoundRank:
    """A fine-tuned factor, and how its rank was found.

    Attributes
    ----------
    factor : Factor of shape (d, r)
    is_exact : bool
        Whether it leaves no residual, although there are more samples than parameters. Labels are
        then separated, and the loss has no minimum.
    decided : bool
        Whether the data show that no column is missing. Few samples may not show it.
    few_excess_samples : bool
        Whether so few samples were left for the last ranks that a poor local minimum may have
        been taken for a lack of further columns.
    is_contradictory : bool
        Whether the likelihood ratio asks for a further column that the score test denies, or a fit
        of further columns separates labels.
    is_clear : bool
        Whether its columns explain most of y, however few the samples are: its unpenalised fit is
        then worth more than a penalised one.
    losses : list of float
        Of the fine-tuned fits of 0, 1, 2, … columns.
    statistics : list of float
        `rank_statistics` of all of them but the last.
    path : tuple of Factor
        The fits of ranks 0, 1, 2, …, as exact as a comparison of losses needs them.
    """

    factor: Factor
    is_exact: bool
    decided: bool
    few_excess_samples: bool
    is_contradictory: bool = False
    is_clear: bool = True
    losses: list[float] = field(default_factory=list)
    statistics: list[float] = field(default_factory=list)
    path: tuple[Factor, ...] = ()


def find_rank(
    problem: Problem,
    k: int,
    *,
    tol: float,
    starts: Sequence[Factor] = (),
    callback: Callable[[int, float], None] | None = None,
) -> FoundRank:
    """The fine-tuned factor of the smallest rank that does not underfit.

    1. Fit the ranks 0, 1, 2, …, each from the one before, until two ranks in a row are quiet (their
       statistic is below `QUIET`) or a fit is exact; with many samples and a clear fit one quiet
       rank is enough. A column is missing at a rank where `rank_statistics` say so, and the rank is
       one more than the last that misses a column.
    2. Backward pass: refit each factor without its smallest column; keep it if it beats the
       forward fit of that rank, and recompute the statistic. It mends poor local minima of the
       forward fits. From the rank found downwards, also refit with the smallest column added to the
       others instead: without this, rank 1 of 12 categories times 3 features was taken for rank 2
       in 3 of 40 draws, with it in none (`docs/benchmarks/field_data.py`).
    3. An exact fit of fewer degrees of freedom than samples is the answer, but not for labels.

    Tried and rejected: asking whether ``λ_max(R)`` exceeds 1.0 to 1.3 times `noise_level`. Where
    rows are correlated, or few, the noise level is overestimated, and 6 to 20 % of clear signals
    were missed.

    Parameters
    ----------
    problem : Problem
    k : int
        Columns at most.
    tol : float
        Bound on the gradient norm of the factor that is returned.
    starts : sequence of Factor
        Of ranks 0, 1, 2, …, as far as they are known: the path of a similar loss.
    callback : callable or None, default=None
        Called with each rank and its loss.
    """
    fits: list[RankFit] = []
    no_residual = problem.loss.exact_part * problem.loss_of_constant
    for fit in rank_path(problem, k, tol=tol, starts=starts):
        fits.append(fit)
        if callback is not None:
            callback(fit.factor.n_columns, fit.loss)
        rank, quiet = rank_from_fits(problem, fits)
        if fits[-1].loss <= no_residual or quiet >= _enough_quiet_ranks(problem, fits, rank):
            break
    _backward_pass(problem, fits, tol=tol)
    losses, statistics = [fit.loss for fit in fits], rank_statistics(problem, fits)
    exact = [rank for rank, fit in enumerate(fits) if fit.loss <= no_residual]
    if exact and problem.loss.has_unit:
        return FoundRank(
            fits[exact[0]].factor,
            is_exact=True,
            decided=True,
            few_excess_samples=False,
            losses=losses,
            statistics=statistics,
        )
    rank, _ = rank_from_fits(problem, fits)
    last = len(fits) - 1
    few, is_clear = has_few_excess_samples(problem, last), _is_clear(problem, fits, rank)
    untold, enough = few, QUIET_RANKS
    if is_clear:
        # The first of the quiet ranks is enough to tell that no column is missing.
        untold = has_few_excess_samples(problem, rank + 1, least=FEW_EXCESS_SAMPLES_CLEAR)
        enough = 1
    # A statistic that is neither missing nor quiet has no verdict. With such a one, 4 of 20 draws
    # of the row "groups, 2 of 8 in 3-D, 70%" of `docs/benchmarks/field_data.py` were taken for
    # rank 1 without a warning.
    has_verdict = not is_clear or rank >= last or statistics[rank] < QUIET
    is_quiet = quiet >= enough and has_verdict
    # Of labels, an exact fit is one that separates them.
    contradictory = bool(exact) or is_contradictory(problem, fits, rank)
    decided = _is_decided(problem, last, k, is_quiet=is_quiet, few=untold)
    return FoundRank(
        gauss_newton(Objective(problem), fits[rank].factor, tol=tol, max_iter=MOST_STEPS).factor,
        is_exact=rank in exact,
        decided=decided and not exact and not contradictory,
        few_excess_samples=few,
        is_contradictory=contradictory,
        is_clear=is_clear,
        losses=losses,
        statistics=statistics,
        path=tuple(fit.factor for fit in fits),
    )


def _enough_quiet_ranks(problem: Problem, fits: list[RankFit], rank: int) -> int:
    """Quiet ranks in a row after which larger ranks are not tried.

    One is enough where samples are many and the fit leaves little of what the best constant leaves.
    In 409 such searches (the rank grid, data of the field, equal weak columns beside a strong one)
    a second quiet rank changed none; `docs/benchmarks/rank_search.py` draws such problems. What
    zero leaves does not count here: the column of a bias explains most of a y with a large mean,
    and `friedman1` with 60 samples was taken for rank 1 in 7 of 60 draws.
    """
    last = len(fits) - 1
    if last != rank + 1 or not has_many_samples(problem, last) or not problem.loss.has_unit:
        return QUIET_RANKS
    excess = problem.n_residual - problem.degrees_of_freedom(rank)
    most = CLEAR_PART * loss_of_best_constant(problem) / problem.n_residual
    return 1 if fits[rank].loss / excess <= most else QUIET_RANKS


def loss_of_best_constant(problem: Problem) -> float:
    """The loss of the best constant, whether an offset is fitted or not; y are the responses."""
    zero = np.zeros_like(problem.y)
    constant = zero + problem.loss.offset(problem.y, zero, problem.weights)
    return float(problem.weights @ problem.loss.value(problem.y, constant))


def has_few_excess_samples(
    problem: Problem, rank: int, *, least: float = FEW_EXCESS_SAMPLES
) -> bool:
    """Whether there are too few samples to tell whether a column is missing at a rank."""
    q, larger = problem.degrees_of_freedom(rank), problem.degrees_of_freedom(rank + 1)
    return problem.n_residual - q < least * (larger - q)


def largest_testable_rank(problem: Problem, k: int) -> int:
    """The largest rank with fewer degrees of freedom than there are samples."""
    ranks = range(min(k, problem.max_rank) + 1)
    n = problem.n_residual
    return max(r for r in ranks if r == 0 or problem.degrees_of_freedom(r) < n)


def _backward_pass(problem: Problem, fits: list[RankFit], *, tol: float) -> None:
    """Step 2 of `find_rank`, in place."""
    rank, _ = rank_from_fits(problem, fits)
    if has_many_samples(problem, rank + 1):
        return
    for j in range(len(fits) - 1, 0, -1):
        is_mended = False
        for start in _starts_without_smallest(problem, fits[j].factor, folded=j <= rank):
            point = refit_for_comparison(Objective(problem), start, tol=tol)
            if point.value < (1.0 - BETTER_PART) * fits[j - 1].loss:
                fits[j - 1], is_mended = RankFit.of(point), True
            # No evaluation is held but the one in work.
            del point
        if not is_mended and j <= rank:
            # Further down, a fit can only be mended from a mended one.
            break


def _starts_without_smallest(problem: Problem, factor: Factor, *, folded: bool) -> Iterator[Factor]:
    """The factor without its smallest column; `folded`, also with that column added to the others.

    Where each group of samples sees rows of U of its own, the columns may be rotated in one group
    and not in another, and the smallest column may be all that fits a group. Dropping it then ends
    in a poor local minimum; added to the others, it leaves every group its direction.
    """
    factor = problem.model.canonicalize(factor)
    kept, smallest = factor.take(slice(-1)), factor.U[:, -1:]
    yield kept
    if folded and kept.n_columns:
        yield kept.moved(np.repeat(smallest, kept.n_columns, axis=1))


def _is_clear(problem: Problem, fits: list[RankFit], rank: int) -> bool:
    """Whether a rank leaves little of the variance of y, by its unbiased estimate.

    Of labels, little deviance means that they are almost separated.
    """
    excess = problem.n_residual - problem.degrees_of_freedom(rank)
    if rank == 0 or excess < CLEAR_EXCESS or not problem.loss.has_unit:
        return False
    left, all_ = fits[rank].dispersion, fits[0].dispersion
    return left / excess <= CLEAR_PART * all_ / problem.n_residual


def _is_decided(problem: Problem, last: int, k: int, *, is_quiet: bool, few: bool) -> bool:
    """Whether the fits show that the rank is not too small; `last` is the last rank fitted."""
    if last == min(k, problem.max_rank):
        return True
    if is_quiet:
        return not few
    # The path also ends where no direction lowers the loss.
    return last < largest_testable_rank(problem, k)
