"""Gradient descent, plain as in the paper and scaled, with a step size that is set by itself."""

from collections.abc import Callable

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.models import Factor
from sklearn_prune.objective import Evaluation, Objective
from sklearn_prune.solvers._solution import Solution

# Values that differ by less than this, relatively, are taken to be equal.
ROUNDING = 1e-14
# Damping of the scaled step over the gradient norm (0.01 to 0.3 take as many steps; 0.01 may
# stall).
DAMPING = 0.1


def gradient_descent(objective: Objective, start: Factor, *, tol: float, max_iter: int) -> Solution:
    """``U ← U − η ∇f(U)``.

    Near a minimum a step multiplies the distance to it by ``1 − η μ``, where μ is the smallest
    curvature that is not zero and η is one over the largest. For matrix measurements of unit κ,
    η is about ``1/(8 σ_1)`` and the factor is ``1 − σ_r/(2 σ_1)``.

    Parameters
    ----------
    objective : Objective
    start : Factor of shape (d, m)
        Its signs stay.
    tol : float
        Stop when ``||∇f||_F ≤ tol``.
    max_iter : int
        Steps.

    Returns
    -------
    Solution
    """
    identity = np.eye(start.n_columns)
    return _descend(objective, start, lambda point: identity, tol=tol, max_iter=max_iter)


def scaled_gradient_descent(
    objective: Objective, start: Factor, *, tol: float, max_iter: int
) -> Solution:
    """``U ← U − η ∇f(U) (Uᵀ U)⁻¹``, whose rate does not depend on the condition number.

    Parameters and result as in `gradient_descent`. Source: Tong, Ma, Chi, "Accelerating
    ill-conditioned low-rank matrix estimation via scaled gradient descent", JMLR 2021.
    """
    return _descend(objective, start, _inverse_gram, tol=tol, max_iter=max_iter)


def _inverse_gram(point: Evaluation) -> FloatArray:
    # The step of a surplus column, which shrinks to zero, would grow without bound if it were not
    # damped (Zhang, Fattahi and Zhang 2021); the damping is proportional to the gradient norm.
    gram = point.U.T @ point.U
    damping = DAMPING * point.gradient_norm + 1e-6 * np.trace(gram)
    return np.linalg.inv(gram + damping * np.eye(len(gram)))


def _descend(
    objective: Objective,
    start: Factor,
    inverse_metric: Callable[[Evaluation], FloatArray],
    *,
    tol: float,
    max_iter: int,
) -> Solution:
    point = objective.at(start)
    curve = [point.value]
    next_measurement, largest = 1, 0.0
    while not point.is_solved(tol) and len(curve) <= max_iter:
        inverse = inverse_metric(point)
        if len(curve) == next_measurement:
            # The start may be more or less curved than the end: measure again, ever more rarely.
            largest = _largest_curvature(point, inverse)
            next_measurement *= 4
        direction = point.gradient @ inverse
        slope = float(np.vdot(point.gradient, direction))
        while True:
            trial = objective.at(point.factor.moved(-direction / largest))
            sufficient = 0.25 * slope / largest
            if trial.value <= point.value - sufficient + ROUNDING * point.value:
                break
            largest *= 2.0
        point = trial
        curve.append(point.value)
    return Solution(point, curve, point.is_solved(tol))


def _largest_curvature(point: Evaluation, inverse: FloatArray) -> float:
    """The largest eigenvalue of the Hessian in a metric, by power iteration.

    It is underestimated a little, for which the sufficient decrease of every step makes up.
    """
    # The start is U and not the gradient: late in a descent the gradient lies in the directions of
    # least curvature, and the most curved directions change the norm of U.
    V = point.U
    largest = 0.0
    for _ in range(100):
        V = V / np.linalg.norm(V)
        HV = point.hessian_product(V)
        V = HV @ inverse
        previous, largest = largest, float(np.linalg.norm(V))
        if abs(largest - previous) <= 1e-3 * largest:
            break
    return largest
