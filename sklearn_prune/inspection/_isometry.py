"""How well the measurements see the direction that they see least."""

import numpy as np
from scipy.optimize import minimize

from sklearn_prune._typing import FloatArray
from sklearn_prune.objective import Problem

# Random starts of the search for the direction, of which the best counts, and their steps at most.
# Three starts end within 0.1 of one another on random problems.
STARTS = 3
STEPS = 100


def isometry(problem: Problem, rng: np.random.RandomState) -> float:
    """The mean square of ``<A_i − Ā, v vᵀ>`` over κ, for the unit v that the samples see least.

    In normalised units κ is 1. Of random measurements that see all directions alike some v is seen
    less by the samples at hand; that direction is not special, and is seen as others by further
    samples. v is therefore found on one half of the samples and looked at on the other, and the
    other way round; the mean of both is returned. Ā is zero unless an offset is fitted.
    """
    first = problem.sensing.vector(rng.permutation(problem.sensing.n_samples) % 2 == 0)
    halves = [np.where(first, problem.weights, 0.0), np.where(first, 0.0, problem.weights)]
    totals = [float(np.sum(half)) for half in halves]
    if min(totals) == 0:
        return 0.0
    halves = [half / total for half, total in zip(halves, totals, strict=True)]
    seen = []
    for found_on, looked_at in (halves, halves[::-1]):
        v = _least_seen(problem, found_on, rng)
        seen.append(_mean_square(problem, looked_at, v)[0])
    return float(np.mean(seen))


def _least_seen(problem: Problem, weights: FloatArray, rng: np.random.RandomState) -> FloatArray:
    """The direction of the smallest mean square under some weights."""
    found = [
        minimize(
            lambda v: _mean_square(problem, weights, v),
            rng.standard_normal(problem.sensing.dim),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": STEPS},
        )
        for _ in range(STARTS)
    ]
    return min(found, key=lambda result: result.fun).x


def _mean_square(problem: Problem, weights: FloatArray, v: FloatArray) -> tuple[float, FloatArray]:
    """The mean square of ``<A_i − Ā, v vᵀ> / (vᵀ v)``, and its gradient."""
    point, size = problem.sensing.linearize(v[:, None]), float(v @ v)
    images = point.images
    if problem.profiles_offset:
        images = images - np.sum(weights * images)
    square = float(np.sum(weights * images**2)) / size**2
    # The mean of the images changes too, but their sum about it is zero.
    gradient = 4.0 * point.adjoint_product(weights * images)[:, 0] / size**2
    return square, gradient - 4.0 * square / size * v
