"""Whether fine-tuning helps to predict samples that the fit has not seen."""

import numpy as np

from sklearn_prune.models import Factor
from sklearn_prune.objective import GroupLasso, Objective, Problem
from sklearn_prune.selection._folds import N_FOLDS, deal_folds
from sklearn_prune.solvers import gauss_newton, working_set

# Tolerance and steps of the fits, of which only held-out errors are compared. Not tuned.
COMPARED_TOL = 1e-4
MOST_STEPS = 100


def largest_leverage(problem: Problem, rank: int) -> float:
    """The leverage of the largest sample, if all measurements acted alike on a fit of this rank.

    The mean leverage is q / W, and that of a sample grows with its squared size. Unlike a leverage
    this is not bounded by one. It depends on the coordinates of the features: in whitened ones it
    would not, but finding them took up to twice the time of the whole fit.
    """
    sizes = np.where(problem.weights > 0, problem.sensing.squared_norms(), 0.0)
    mean = float(problem.weights @ sizes)
    q = problem.degrees_of_freedom(rank)
    return q * float(sizes.max()) / (mean * problem.total_weight) if mean > 0 else 0.0


def held_out_gains(
    problem: Problem, tuned: Factor, penalty: GroupLasso, penalized: Factor, k: int
) -> tuple[float, float] | None:
    """R² of held-out samples in five folds, of the fine-tuned and of the penalised fit.

    The rank and the penalty are those of the fit to all samples, and so are the starts.

    Parameters
    ----------
    problem : Problem
        With a quadratic loss.
    tuned, penalized : Factor
        The fits to all samples, with and without the penalty.
    penalty : GroupLasso
    k : int
        Columns of the penalised fit at most.

    Returns
    -------
    (float, float) or None
        None where there are too few distinct samples for folds, or the samples are elsewhere.
    """
    fold_of = deal_folds(problem, N_FOLDS)
    if fold_of is None:
        return None
    w, y = problem.weights, problem.y
    squares = np.zeros(3)
    for fold in range(N_FOLDS):
        out = np.flatnonzero((fold_of == fold) & (w > 0))
        kept = np.where(fold_of == fold, 0.0, w)
        training = problem.reweighted(problem.total_weight * kept)
        held_out = problem.sensing.take(out)
        for i, fit in enumerate(_fits(training, tuned, penalty, penalized, k)):
            factor, offset = training.of_whole(fit)
            predicted = offset + held_out.forward(factor.U, factor.signs)
            squares[i] += w[out] @ (y[out] - predicted) ** 2
        squares[2] += w[out] @ (y[out] - np.average(y, weights=kept)) ** 2
    of_tuned, of_penalized, of_mean = squares.tolist()
    return 1.0 - of_tuned / of_mean, 1.0 - of_penalized / of_mean


def _fits(
    training: Problem, tuned: Factor, penalty: GroupLasso, penalized: Factor, k: int
) -> tuple[Factor, Factor]:
    """The fine-tuned and the penalised fit to a part of the samples, in its units."""
    unit = training.scaling.unit
    refit = gauss_newton(
        Objective(training),
        tuned.with_columns(tuned.U / unit("U")),
        tol=COMPARED_TOL,
        max_iter=MOST_STEPS,
    )
    own = GroupLasso(penalty.alpha / unit("alpha"), penalty.beta / unit("beta"))
    fit, _ = working_set(
        Objective(training, own),
        penalized.with_columns(penalized.U / unit("U")),
        k,
        tol=COMPARED_TOL,
        max_iter=MOST_STEPS,
        probe=False,
    )
    return refit.factor, fit.factor
