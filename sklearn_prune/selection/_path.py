"""The penalised fit along falling alphas."""

import numpy as np

from sklearn_prune.objective import GroupLasso, Objective
from sklearn_prune.solvers import START_COLUMNS, active_columns, spectral_start, surviving_columns


def warm_path(loss, alphas, k, *, tol, max_iter):
    """Solutions and certificates at tied alphas in the order given, each from the one before.

    Where the last two have as many columns they are extrapolated along alpha, which carries
    the turning of the columns along; after a birth they are stretched. Starting from the
    last factor as it is takes two to three times as many products.
    """
    past = []
    for alpha in alphas:
        objective = Objective(loss, GroupLasso.tied(alpha))
        start = _predicted(past, alpha) if past else np.empty((loss.sensing.dim, 0))
        solution, certificate = active_columns(objective, start, k, tol=tol, max_iter=max_iter)
        past = [*past[-1:], (alpha, solution.U)]
        yield solution, certificate


def rising_path(loss, alphas, k, *, tol, max_iter):
    """Factors at rising tied alphas, each from the one before.

    Going up columns die, and none is looked for, so that only the first fit asks the certificate:
    less than half the time of `warm_path` to the same tolerance. That is relative: `tol` is of the
    gradient norm over the root of the objective, for an error of a small one has to be smaller.
    """
    past, root = [], 1.0
    for alpha in alphas:
        objective = Objective(loss, GroupLasso.tied(alpha))
        if not past:
            start = spectral_start(loss, min(START_COLUMNS, k))
            solution, _ = active_columns(objective, start, k, tol=0.1 * tol, max_iter=max_iter)
        else:
            start = _predicted(past, alpha)
            solution = surviving_columns(objective, start, tol=tol * root, max_iter=max_iter)
        root = min(1.0, float(np.sqrt(solution.curve[-1])))
        past = [*past[-1:], (alpha, solution.U)]
        yield solution.U


def _predicted(past, alpha):
    """The factor at the next alpha, from those at the last two."""
    (before, U), (last, V) = past[0], past[-1]
    if V.shape[1] == 0:
        return V
    if U.shape == V.shape and before != last:
        step = (alpha - last) / (last - before) * (V - U)
        # Two columns of one length may have changed places.
        if np.linalg.norm(step) < 0.1 * np.linalg.norm(V):
            return V + step
    return V * _stretch(np.sum(V**2, axis=0), GroupLasso.tied(last), GroupLasso.tied(alpha))


def _stretch(s, old, new):
    """What columns of squared norms s are multiplied by where R along them stays as it is.

    ``h(s) = s + (α/2) ψ'(s)`` is the same before and after; a few fixed-point steps do.
    """
    level = s + 0.5 * old.derivative(s)
    stretched = s.copy()
    for _ in range(5):
        stretched = np.maximum(level - 0.5 * new.derivative(stretched), 0.1 * s)
    return np.sqrt(stretched / s)
