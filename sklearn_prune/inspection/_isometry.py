"""How well the measurements see the matrix that they see least."""

import numpy as np
from scipy.optimize import minimize

from sklearn_prune._typing import FloatArray
from sklearn_prune.objective import Problem

# Columns of each sign of the matrices S that are searched, at most. With as many as rows S is any
# symmetric matrix.
COLUMNS = 16
# Steps of the search at most, and the decrease of the mean square at which it ends.
STEPS = 200
DECREASE = 1e-10


def isometry(problem: Problem, rng: np.random.RandomState) -> float:
    """The mean square of ``<A_i − Ā, S>`` over κ, for the S of unit norm that is seen least.

    In normalised units κ is 1. Some S is seen less than others by the samples at hand, even of
    measurements that see all alike; further samples see it as well as others. S is therefore found
    on one half of the samples and looked at on the other, and the other way round; the mean of
    both is returned. Ā is zero unless an offset is fitted.
    """
    first = problem.sensing.vector(rng.permutation(problem.sensing.n_samples) % 2 == 0)
    halves = [np.where(first, problem.weights, 0.0), np.where(first, 0.0, problem.weights)]
    totals = [float(np.sum(half)) for half in halves]
    if min(totals) == 0:
        return 0.0
    halves = [half / total for half, total in zip(halves, totals, strict=True)]
    dim = problem.sensing.dim
    signs = np.repeat([1.0, -1.0], min(dim, COLUMNS))
    seen = []
    for found_on, looked_at in (halves, halves[::-1]):
        least = minimize(
            lambda u, w: _mean_square(problem, w, u.reshape(dim, -1), signs),
            rng.standard_normal(dim * len(signs)),
            args=(found_on,),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": STEPS, "ftol": DECREASE},
        )
        seen.append(_mean_square(problem, looked_at, least.x.reshape(dim, -1), signs)[0])
    return float(np.mean(seen))


def _mean_square(
    problem: Problem, weights: FloatArray, U: FloatArray, signs: FloatArray
) -> tuple[float, FloatArray]:
    """The mean square of ``<A_i − Ā, S> / ||S||_F`` with ``S = U D Uᵀ``, and its gradient."""
    point = problem.sensing.linearize(U, signs)
    images = point.images
    if problem.profiles_offset:
        images = images - np.sum(weights * images)
    gram = signs * (U.T @ U)
    size = float(np.sum(gram * gram.T))
    square = float(np.sum(weights * images**2)) / size
    # The mean of the images changes too, but their sum about it is zero.
    gradient = point.adjoint_product(weights * images) - square * (U * signs) @ gram
    return square, 4.0 / size * gradient.ravel()
