"""A cross-validated penalty for data that cannot tell the rank."""

from collections.abc import Callable

import numpy as np

from sklearn_prune._typing import IndexArray
from sklearn_prune.objective import GroupLasso, Problem
from sklearn_prune.selection._cross_validation import Fold, held_out_errors
from sklearn_prune.selection._noise import tau_max

# Folds. On 10 small noisy problems 3 lost .04 of R² in the median and 1.7 in the worst case; 10
# gained .03 and .6, in 1.5 times the time (`docs/benchmarks/constants.py`).
N_FOLDS = 5
# The grid of alphas: its length, and its smallest over its largest. On the same problems 10 alphas
# gained .03 of R² in the median and .6 in the worst case, 40 gained nothing; a ratio of 1e-2 gained
# .03 and lost 1.2, and 1e-4 lost .01 and gained .5.
N_ALPHAS = 20
SMALLEST_RATIO = 1e-3
# Responses and leverages that agree to this part of their mean size are those of equal rows.
SAME = 1e-7


def cross_validated_penalty(
    problem: Problem,
    k: int,
    *,
    n_jobs: int | None,
    callback: Callable[[], None] | None = None,
) -> GroupLasso | None:
    """The tied penalty with the smallest held-out error, or None where there are too few samples.

    `callback` is called after each fold. Weights are repeats, and the order of the rows plays no
    part: see `deal_folds`.
    """
    fold_of = deal_folds(problem, N_FOLDS)
    top = GroupLasso.from_tau(tau_max(problem)).alpha
    if fold_of is None or top == 0:
        return None
    rows = np.flatnonzero(problem.weights)
    fold_of = fold_of[rows]
    folds: list[Fold] = [(rows[fold_of != f], rows[fold_of == f]) for f in range(N_FOLDS)]
    alphas = (top * np.geomspace(1.0, SMALLEST_RATIO, N_ALPHAS)).tolist()
    errors = held_out_errors(problem, alphas, folds, k, n_jobs=n_jobs, callback=callback)
    weights = [problem.weights[test].sum() for _, test in folds]
    best = int(np.average(errors, axis=1, weights=weights).argmin())
    return GroupLasso.tied(alphas[best])


def deal_folds(problem: Problem, n_folds: int) -> IndexArray | None:
    """The fold of each sample, or None with fewer than five distinct samples.

    The distinct samples are sorted by response and leverage, which do not depend on the coordinates
    of the features, and dealt to the folds in turn; equal samples are in one fold. Those of weight
    zero do not count. Samples that are elsewhere are not sorted: there are no folds of them.
    """
    if problem.sensing.reads_ahead:
        return None
    whitened = problem.whitened(rotated=False)
    leverage = np.sqrt(whitened.sensing.squared_norms())
    kept = np.flatnonzero(problem.weights)
    # Rounded so that rounding errors do not tell equal samples apart.
    keys = [
        np.round(v / (SAME * (np.mean(np.abs(v)) or 1.0)))
        for v in (leverage[kept], problem.y[kept])
    ]
    order = np.lexsort(keys)
    ordered = np.array(keys)[:, order]
    is_new = np.append(True, np.any(np.diff(ordered, axis=1) != 0, axis=0))
    if is_new.sum() < N_FOLDS:
        return None
    fold_of = np.zeros(len(leverage), dtype=np.intp)
    fold_of[kept[order]] = (np.cumsum(is_new) - 1) % n_folds
    return fold_of
