"""How well a rank search predicts the samples that it has not seen, by searching again."""

import numpy as np

from sklearn_prune.objective import Problem
from sklearn_prune.selection._folds import deal_folds
from sklearn_prune.selection._rank_search import settle_rank

# Folds at most. Of 500 problems of `docs/benchmarks/small_noisy.py`, 5 whose leave-one-out R² is
# 0.4 to 0.8 were worse than the mean by more than 0.1, and 18 had the right rank. With 5, 10 and
# 20 folds the R² is below 0.3 for 4, 4 and 5 of the 5, and for 15, 7 and 4 of the 18: a part of few
# samples often shows fewer columns than the whole. One problem takes 0.2 s in the mean.
N_PARTS = 20
# Gradient norm of the fits, which are only compared with the mean of y. Not tuned.
REFITTED_TOL = 1e-4


def refitted_gain(problem: Problem, k: int) -> tuple[float, float]:
    """R² of predictions of left-out samples, less that of the mean of the others.

    The whole rank search is repeated without the samples of each of 20 folds, or without each
    sample where there are fewer. Leave-one-out predictions of one fit do not see that other samples
    would have shown other columns. The standard error is that of a ratio of means: with squared
    errors a_i of the predictions and b_i of the means of the others, it is the root of
    ``Σ (w_i/W) (a_i − (ā/b̄) b_i)² / (W b̄²)``, with the bars for weighted means.

    Parameters
    ----------
    problem : Problem
        With a quadratic loss.
    k : int
        Columns at most.

    Returns
    -------
    gain : float
        Infinite where there are too few distinct samples for folds.
    standard_error : float
    """
    fold_of = deal_folds(problem, N_PARTS)
    if fold_of is None:
        return np.inf, 0.0
    w, y = problem.weights, problem.y
    squares, of_mean = np.zeros_like(y), np.zeros_like(y)
    for fold in np.unique(fold_of[w > 0]):
        out = (fold_of == fold) & (w > 0)
        training = problem.reweighted(problem.total_weight * np.where(out, 0.0, w))
        training, found = settle_rank(training, k, tol=REFITTED_TOL)
        factor, offset = training.of_whole(found.factor)
        images = problem.sensing.take(np.flatnonzero(out)).forward(factor.U, factor.signs)
        squares[out] = (y[out] - offset - images) ** 2
        of_mean[out] = (y[out] - np.average(y, weights=np.where(out, 0.0, w))) ** 2
    total = float(w @ of_mean)
    if total == 0.0:
        return -np.inf, 0.0
    ratio = float(w @ squares) / total
    variance = float(w @ (squares - ratio * of_mean) ** 2) / problem.total_weight
    return 1.0 - ratio, float(np.sqrt(variance)) / total
