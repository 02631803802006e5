"""What sets α and the threshold for pruning. All in normalised units (κ = 1)."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigvalsh

from sklearn_prune.objective import GroupLasso, Objective
from sklearn_prune.solvers import (
    active_columns,
    fit_in_span,
    gauss_newton,
    newton_cg,
    rising_directions,
    top_eigenpairs,
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
# τ over the noise, and over the weakest column found: above the one, below the other.
_OVER_NOISE = 1.3
_UNDER_SIGNAL = 0.6
# Bound on the gradient of fits that only have to be compared.
_COARSE = 1e-4
# Values of τ that are tried.
_TRIALS = 10


def largest_level(loss):
    """The smallest τ at which ``U = 0`` is a local minimum: ``λ_max(Σ (w_i/W) y_i A_i)`` or 0."""
    R = loss.residual_matrix(loss.centre(loss.y))
    return max(0.0, float(top_eigenpairs(R, 1)[0][0]))


def noise_level(loss, residuals):
    """``ν̂``: how large ``||Σ (w_i/W) ε_i (A_i − Ā)||`` is for noise like these residuals.

    ``2 √λ_max(Σ w_i e_i² (A_i − Ā)²) / W``. It has no random numbers in it, and a weight
    counts as so many repeated rows. Where an offset is fitted Ā is the mean, else 0.
    """
    c = loss.weights * residuals**2
    squares = loss.sensing.sum_of_squares(c)
    if loss.centred:
        mean = loss.sensing.adjoint(loss.weights)
        cross = loss.sensing.adjoint(c) @ mean
        squares = squares - cross - cross.T + np.sum(c) * (mean @ mean)
    top = max(0.0, float(eigvalsh(squares)[-1]))
    return 2.0 * np.sqrt(top / loss.total_weight)


def degrees_of_freedom(d, r):
    """``q(r)``: numbers in a symmetric d × d matrix of rank r."""
    return d * r - r * (r - 1) // 2


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


def rank_path(loss, *, tol):
    """Fine-tuned factors of 0, 1, 2, … columns, each with its loss.

    Each from the one before plus the top eigenvector of R, as long as that rises and
    there are more samples than numbers to fit.
    """
    d, n = loss.sensing.dim, loss.total_weight - loss.centred
    objective = Objective(loss)
    point = objective.at(np.empty((d, 0)))
    yield point.U, point.value
    for j in range(1, d + 1):
        V = rising_directions(point.residual_matrix, 1)
        new = fit_in_span(loss, point.residuals, V)
        if degrees_of_freedom(d, j) >= n or not new.size:
            return
        start = np.hstack([point.U, new])
        point = _tuned(loss, start, tol=tol)
        yield point.U, point.value


def _tuned(loss, U, *, tol):
    """The objective at the least squares from U, as exactly as a statistic needs it.

    That is not very, unless there may be no residual at all.
    """
    objective = Objective(loss)
    point = gauss_newton(objective, U, tol=max(tol, 10.0 * _COARSE), max_iter=100).point
    if point.value < 1e-5 * float(loss.weights @ loss.centre(loss.y) ** 2):
        point = gauss_newton(objective, point.U, tol=tol, max_iter=100).point
    return point


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


def find_rank(loss, k, *, tol):
    """The fine-tuned factor of the smallest rank that misses no column.

    1. A column is missing at rank j when `drop_statistic` says so.
    2. The rank is one more than the last that misses a column; two in a row that miss none,
       the second by more than the first, end the search.
    3. A fit without residual, of fewer numbers than samples, is the answer.
    4. Going back, a factor without its weakest column may be a better fit of its rank than the
       one that came up by adding columns: then it is kept, and judged again.

    Tried and rejected: asking whether ``λ_max(R)`` is above 1.0 to 1.3 of `noise_level`, of that
    fit or the next. Where rows are correlated, or few, the level of the noise is
    overestimated, and 6 to 20 % of clear signals were missed.
    """
    factors, losses = [], []
    for U, value in rank_path(loss, tol=tol):
        factors.append(U)
        losses.append(value)
        if value <= _EXACT * losses[0]:
            return _polished(loss, factors, losses, k, tol=tol)
        rank, quiet = _rank_by_drops(loss, losses)
        if quiet == _QUIET or rank == k:
            break
    return _polished(loss, factors, losses, k, tol=tol)


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
    # The path may also have ended because nothing rises any more, which decides as well.
    decided = quiet >= _QUIET or rank == k or last < largest_rank(loss, k)
    U = gauss_newton(Objective(loss), factors[min(rank, k)], tol=tol, max_iter=100).U
    return FoundRank(U, exact=False, decided=decided, thin=n - q < _THIN * (more - q))


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


def automatic_penalty(loss, k, found, *, tol, max_iter):
    """The tied penalty whose group lasso keeps as many columns as `find_rank` found.

    1. τ goes above the noise that is left in the residuals and below the weakest column.
    2. The group lasso on all k columns must agree: τ is raised while it keeps more columns than
       were found, and lowered while it keeps fewer.
    """
    U, rank = found.U, found.U.shape[1]
    weakest = float(np.linalg.svd(U, compute_uv=False)[-1] ** 2) if rank else np.inf
    noise = noise_level(loss, loss.residuals(U))
    tau = min(_OVER_NOISE * noise, _UNDER_SIGNAL * weakest)
    if found.exact and rank:
        # No noise to go by: any level well below the weakest column will do, and α = 0 not.
        tau = 0.02 * weakest
    low, high = 0.0, np.inf
    for _ in range(_TRIALS):
        penalty = GroupLasso.at_level(tau or 1.0)
        solution, _ = active_columns(
            Objective(loss, penalty), U, k, tol=max(tol, _COARSE), max_iter=max_iter
        )
        kept = solution.U.shape[1]
        if kept == rank:
            break
        if kept > rank:
            low = tau
            tau = min(2.0 * tau, np.sqrt(tau * high))
        else:
            high = tau
            tau = max(0.5 * tau, np.sqrt(tau * low))
    return penalty


def warm_path(loss, alphas, k, *, tol, max_iter):
    """Solutions and certificates at tied alphas in the order given, each from the one before.

    Before each fit the columns are stretched to where the next penalty would have them if R
    stayed as it is along them, ``h(s) = s + (α/2) ψ'(s)`` being the same for both: half of the
    steps are saved by that.
    """
    U = np.empty((loss.sensing.dim, 0))
    last = None
    for alpha in alphas:
        penalty = GroupLasso.tied(alpha)
        if U.shape[1]:
            U = U * _stretch(np.sum(U**2, axis=0), last, penalty)
        solution, certificate = active_columns(
            Objective(loss, penalty), U, k, tol=tol, max_iter=max_iter
        )
        U, last = solution.U, penalty
        yield solution, certificate


def _stretch(s, old, new):
    """What columns of squared norms s are multiplied by from one tied penalty to the next."""
    level = s + 0.5 * old.derivative(s)
    stretched = s.copy()
    # h rises from τ on and its slope is at least that of the penalty's tail: a few
    # fixed-point steps do for a start.
    for _ in range(5):
        stretched = np.maximum(level - 0.5 * new.derivative(stretched), 0.1 * s)
    return np.sqrt(stretched / s)


def explicit_threshold(norms, penalty, *, certified):
    """The norm below which a column is surplus.

    Half of ``√argmin h`` where that is positive and the fit is certified, for no true column is
    so short; never above half the shortest norm that is not zero, and that otherwise.
    So it removes all that is dead, and without a regulariser nothing.
    """
    alive = norms[norms > 0]
    if not len(alive):
        return 0.0
    half_shortest = 0.5 * float(alive.min())
    bound = 0.5 * float(np.sqrt(penalty.shortest_survivor())) if certified else 0.0
    return min(bound, half_shortest) if bound > 0 else half_shortest


def widest_gap(norms):
    """A threshold inside the widest gap between the logarithms of sorted norms.

    For columns of which nothing else is known. Norms below the rounding of the largest
    are zero; norms without a gap between them are all kept.
    """
    alive = np.sort(norms[norms > len(norms) * np.finfo(float).eps * norms.max(initial=0.0)])
    if not len(alive):
        return 0.0
    steps = np.diff(np.log(alive))
    if not len(steps) or steps.max() <= 0:
        return float(alive[0])
    gap = int(steps.argmax())
    return float(np.sqrt(alive[gap]) * np.sqrt(alive[gap + 1]))
