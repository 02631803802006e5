"""The penalised fit along falling alphas."""

import numpy as np

from sklearn_prune.objective import GroupLasso, Objective
from sklearn_prune.solvers import active_columns


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
