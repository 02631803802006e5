"""Gradient descent, plain as in the paper and scaled, with a step that is safe by itself."""

import numpy as np

from sklearn_prune.solvers._solution import Solution

# Values closer than this, relatively, are the same.
_ROUNDING = 1e-14
# Of the scaled step, over the gradient norm. 0.01 to 0.3 take as many steps; 0.01 may stall.
_DAMPING = 0.1


def gradient_descent(objective, U, *, tol, max_iter):
    """``U ← U − η ∇f(U)``.

    Near a minimum the distance to it contracts by ``1 − η μ`` a step, where μ is the smallest
    curvature that is not zero; η is one over the largest. For matrix measurements of
    unit κ that is about ``1/(8 σ_1)``, and the contraction ``1 − σ_r/(2 σ_1)``.

    Parameters
    ----------
    objective : Objective
    U : ndarray of shape (d, m)
    tol : float
        Stop when ``||∇f||_F ≤ tol``.
    max_iter : int
        Steps.

    Returns
    -------
    Solution
    """
    return _descend(objective, U, lambda point: np.eye(U.shape[1]), tol=tol, max_iter=max_iter)


def scaled_gradient_descent(objective, U, *, tol, max_iter):
    """``U ← U − η ∇f(U) (Uᵀ U)⁻¹``, whose rate does not depend on the condition number.

    Parameters and result as in `gradient_descent`. Source: Tong, Ma, Chi, "Accelerating
    ill-conditioned low-rank matrix estimation via scaled gradient descent", JMLR 2021.
    """
    return _descend(objective, U, _inverse_gram, tol=tol, max_iter=max_iter)


def _inverse_gram(point):
    # A column that is not wanted shrinks, and undamped its step would grow without bound
    # (Zhang, Fattahi, Zhang 2021); the damping goes as the gradient does.
    gram = point.U.T @ point.U
    damping = _DAMPING * np.linalg.norm(point.gradient) + 1e-6 * np.trace(gram)
    return np.linalg.inv(gram + damping * np.eye(len(gram)))


def _descend(objective, U, inverse_metric, *, tol, max_iter):
    point = objective.at(U)
    curve = [point.value]
    gradient_norm = np.linalg.norm(point.gradient)
    remeasure, largest = 1, 0.0
    while gradient_norm > tol and len(curve) <= max_iter:
        inverse = inverse_metric(point)
        if len(curve) == remeasure:
            # The start may be more, or less, curved than the end: look again, ever more rarely.
            largest = _largest_curvature(point, inverse)
            remeasure *= 4
        direction = point.gradient @ inverse
        slope = np.vdot(point.gradient, direction)
        while True:
            trial = objective.at(point.U - direction / largest)
            promised = 0.25 * slope / largest
            if trial.value <= point.value - promised + _ROUNDING * point.value:
                break
            largest *= 2.0
        point = trial
        gradient_norm = np.linalg.norm(point.gradient)
        curve.append(point.value)
    return Solution(point, curve, bool(gradient_norm <= tol))


def _largest_curvature(point, inverse):
    """The largest Hessian eigenvalue in a metric, by power iteration: safe enough.

    It is a little low, which the decrease that every step must show makes good.
    """
    # Not from the gradient: late in a descent it lies in the least curved directions. The
    # most curved ones are those that stretch U.
    V = point.U
    largest = 0.0
    for _ in range(100):
        V = V / np.linalg.norm(V)
        HV = point.hessian_product(V)
        V = HV @ inverse
        previous, largest = largest, np.linalg.norm(V)
        if abs(largest - previous) <= 1e-3 * largest:
            break
    return largest
