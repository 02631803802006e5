"""How well a fit predicts the samples that it has not seen, without fitting it again."""

import numpy as np

from sklearn_prune.models import Factor
from sklearn_prune.objective import Objective, Problem

# A residual is divided by 1 less the leverage of its sample, by this at least. Not tuned: a sample
# that decides its own prediction counts heavily with any small value.
LEAST = 1e-3
# Singular values of the Jacobian below this part of the largest are those of rotations of U, which
# are zero up to rounding. Not tuned.
ROTATIONS = 1e-9


def leave_one_out_gain(problem: Problem, factor: Factor) -> float:
    """R² of leave-one-out predictions, less that of the mean of the other responses.

    The least-squares fit is linearised: leaving out one repeat of sample i, or all of it if it
    counts for less, turns its residual into ``e_i / (1 − h_i)``, with the leverage h_i of the
    Jacobian of the predictions with respect to U (PRESS, Allen 1974). It is optimistic, as the
    columns would turn too. The factor has one column at least.
    """
    point, W = Objective(problem).at(factor), problem.total_weight
    w, y, e = problem.weights, problem.y, point.residuals
    removed = np.minimum(w, 1.0 / W)
    J = np.sqrt(w)[:, None] * point.images_jacobian
    Q, sizes, _ = np.linalg.svd(J, full_matrices=False)
    Q = Q[:, sizes > ROTATIONS * sizes[0]]
    # Samples of weight zero, which are kept where the data are in a file, count nowhere.
    leverage = np.sum(Q**2, axis=1) * removed / np.where(w > 0, w, 1.0)
    leverage += removed if problem.profiles_offset else 0.0
    left_out = e / np.maximum(1.0 - leverage, LEAST)
    variance = float(w @ ((y - w @ y) / np.maximum(1.0 - removed, LEAST)) ** 2)
    # A mean that is never wrong cannot be beaten.
    return 1.0 - float(w @ left_out**2) / variance if variance > 0.0 else -np.inf
