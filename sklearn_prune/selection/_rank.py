"""How many columns the data show."""

from dataclasses import dataclass

import numpy as np

from sklearn_prune.objective import GroupLasso, Objective
from sklearn_prune.solvers import (
    fit_in_span,
    gauss_newton,
    newton_cg,
    rising_directions,
    turn,
)

# A column is missing where it lowers the loss by more than this many times what a column
# of noise takes up; the statistic of `drop_statistic` has a null median near 1.5, and 2.3 was the
# largest of 178 problems with nothing left to find.
_MISSING = 3.0
# Between this and that nothing is said: the search goes on.
_NOTHING = 2.5
# Ranks in a row that miss no column, each by more than the one before, after which the search
# stops. Signals of equal strength hide each other where samples are few, and the statistic
# rises towards the last of them; that of noise falls.
_QUIET = 2
# Samples left, over the numbers of another column, with fewer of which verdicts are thin.
_THIN = 1.5
# Samples for each number from which on the least squares of few columns have no bad minima.
_MANY = 4.0
# A residual sum of squares below this part of that of y is an exact fit.
_EXACT = 1e-14
# Bound on the gradient of fits that only have to be compared.
_COARSE = 1e-3


def degrees_of_freedom(d, r):
    """``q(r)``: numbers in a symmetric d × d matrix of rank r."""
    return d * r - r * (r - 1) // 2


@dataclass(frozen=True)
class FoundRank:
    """A fine-tuned factor, and how its rank was found.

    Attributes
    ----------
    U : ndarray of shape (d, r)
    exact : bool
        Whether it leaves no residual, with more samples than numbers.
    decided : bool
        Whether it was seen that no column is missing. Few samples may not show it.
    thin : bool
        Whether so few samples were left for the verdicts on the last ranks that a
        spurious minimum may have been mistaken for them.
    """

    U: np.ndarray
    exact: bool
    decided: bool
    thin: bool


def find_rank(loss, k, *, tol, watch=None):
    """The fine-tuned factor of the smallest rank that misses no column.

    1. A column is missing at rank j when `drop_statistic` says so.
    2. The rank is one more than the last that misses a column; two in a row that clearly miss
       none, the second by more than the first, end the search.
    3. A fit without residual, of fewer numbers than samples, is the answer.
    4. Going back, a factor without its weakest column may be a better fit of its rank than the
       one that came up by adding columns: then it is kept, and judged again.

    ``watch(j, value)``, if given, is called with each rank and its loss.

    Tried and rejected: asking whether ``λ_max(R)`` is above 1.0 to 1.3 of `noise_level`, of that
    fit or the next. Where rows are correlated, or few, the level of the noise is
    overestimated, and 6 to 20 % of clear signals were missed.
    """
    factors, losses = [], []
    for U, value in rank_path(loss, k, tol=tol):
        factors.append(U)
        losses.append(value)
        if watch is not None:
            watch(U.shape[1], value)
        _, quiet = _rank_by_drops(loss, losses)
        if value <= _EXACT * losses[0] or quiet == _QUIET:
            break
    return _polished(loss, factors, losses, k, tol=tol)


def rank_path(loss, k, *, tol):
    """Fine-tuned factors of 0, 1, 2, … k columns, each with its loss.

    Each from the one before plus the top eigenvector of R, as long as that rises and
    there are more samples than numbers to fit.
    """
    d, n = loss.sensing.dim, loss.total_weight - loss.centred
    objective = Objective(loss)
    point = objective.at(np.empty((d, 0)))
    yield point.U, point.value
    for j in range(1, min(k, d) + 1):
        V = rising_directions(point.residual_matrix, 1)
        new = fit_in_span(loss, point.residuals, V)
        if degrees_of_freedom(d, j) >= n or not new.size:
            return
        start = np.hstack([point.U, new])
        # A point may be large: not three at a time.
        del point
        point = _tuned(loss, start, tol=tol)
        yield point.U, point.value


def _tuned(loss, U, *, tol):
    """The objective at the least squares from U, as exactly as a statistic needs it.

    That is not very, unless there may be no residual at all.
    """
    objective = Objective(loss)
    point = gauss_newton(objective, U, tol=max(tol, _COARSE), max_iter=100).point
    if point.value < 1e-5 * float(loss.weights @ loss.centre(loss.y) ** 2):
        point = gauss_newton(objective, point.U, tol=min(tol, 1e-10), max_iter=100).point
    return point


def drop_statistic(loss, losses, j):
    """How much better rank j + 1 fits than rank j, for each of the numbers it adds.

    ``T = (n − q(j+1)) log(RSS_j / RSS_{j+1}) / (q(j+1) − q(j))``: the likelihood ratio of
    Gaussian noise over its degrees of freedom. Being a ratio of two fits of the same data it
    does not depend on how the measurements are distributed, as levels of noise do.
    """
    d, n = loss.sensing.dim, loss.total_weight - loss.centred
    q, more = degrees_of_freedom(d, j), degrees_of_freedom(d, j + 1)
    # An exact fit has the losses of rounding, or none.
    floor = np.finfo(float).tiny
    return (n - more) * np.log(max(losses[j], floor) / max(losses[j + 1], floor)) / (more - q)


def _rank_by_drops(loss, losses):
    """The rank that the losses of ranks 0, 1, 2, … show, and how many quiet ones end them."""
    rank = quiet = 0
    previous = np.inf
    for j in range(1, len(losses)):
        drop = drop_statistic(loss, losses, j - 1)
        if drop > _MISSING:
            rank, quiet = j, 0
        else:
            quiet = (quiet + 1 if drop < previous else 1) if drop < _NOTHING else 0
        previous = drop
    return rank, quiet


def _polished(loss, factors, losses, k, *, tol):
    """Steps 3 and 4 of `find_rank`, and its verdict."""
    rank, quiet = _rank_by_drops(loss, losses)
    last, d, n = len(losses) - 1, loss.sensing.dim, loss.total_weight - loss.centred
    # With many samples there is nothing to mend, and no need to spend another fit or two.
    few = n < _MANY * degrees_of_freedom(d, rank + 1)
    for j in range(last if few else 0, 0, -1):
        point = _tuned(loss, turn(factors[j])[:, :-1], tol=tol)
        if point.value < (1.0 - 1e-6) * losses[j - 1]:
            factors[j - 1], losses[j - 1] = point.U, point.value
        elif j - 1 <= rank:
            break
    exact = next((j for j, value in enumerate(losses) if value <= _EXACT * losses[0]), None)
    if exact is not None:
        return FoundRank(factors[exact], exact=True, decided=True, thin=False)
    rank, _ = _rank_by_drops(loss, losses)
    q, more = degrees_of_freedom(d, last), degrees_of_freedom(d, last + 1)
    thin = n - q < _THIN * (more - q)
    # The path may also have ended at k, or because nothing rises any more: that decides as well.
    at_its_end = last == min(k, d) or (quiet < _QUIET and last < largest_rank(loss, k))
    decided = at_its_end or (quiet >= _QUIET and not thin)
    U = gauss_newton(Objective(loss), factors[rank], tol=tol, max_iter=100).U
    return FoundRank(U, exact=False, decided=decided, thin=thin)


def largest_rank(loss, k):
    """The largest rank that has fewer numbers than there are samples."""
    d, n = loss.sensing.dim, loss.total_weight - loss.centred
    return max(j for j in range(min(k, d) + 1) if j == 0 or degrees_of_freedom(d, j) < n)


def exact_fit(loss, rank, start, tau):
    """The factor of the smallest rank that fits exactly, by way of the group lasso, or None.

    Near the sampling limit the least squares of few columns have spurious minima. Penalised
    fits of a few more columns step over most of them: each other start another chance.
    """
    exact = _EXACT * float(loss.weights @ loss.centre(loss.y) ** 2)

    def tuned(U):
        solution = gauss_newton(Objective(loss), U, tol=1e-12, max_iter=100)
        return turn(solution.U) if solution.curve[-1] <= exact else None

    penalised = Objective(loss, GroupLasso.at_level(tau))
    best = tuned(newton_cg(penalised, start, tol=1e-4, max_iter=100).U[:, :rank])
    while best is not None:
        # More columns than needed fit exactly too.
        fewer = tuned(best[:, :-1]) if best.shape[1] else None
        if fewer is None:
            break
        best = fewer
    return best
