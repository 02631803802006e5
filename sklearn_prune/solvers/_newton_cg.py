"""Trust-region Newton: the step from conjugate gradients on exact Hessian products."""

import numpy as np

from sklearn_prune.solvers._metric import metric_at
from sklearn_prune.solvers._solution import Solution
from sklearn_prune.solvers._turn import turn

# A decrease that the model puts below this part of the value is lost in its rounding.
_ROUNDING = 1e-14
# Products spent on one step at most.
_MAX_CG = 100


def newton_cg(objective, U, *, tol, max_iter, dead=0.0):
    """Minimise an objective from U.

    Parameters
    ----------
    objective : Objective
    U : ndarray of shape (d, m)
    tol : float
        Stop when ``||∇f||_F ≤ tol``.
    max_iter : int
        Newton steps, taken or refused.
    dead : float, default=0.0
        Columns whose squared norm falls to this or below are dropped.

    Returns
    -------
    Solution
        Its factor is turned to ``P Σ``: orthogonal columns, the longest first.

    Notes
    -----
    1. Conjugate gradients minimise the quadratic model of f, to a part of the gradient that
       shrinks with it, or to the edge of the trust region where they meet that or negative
       curvature (Steihaug 1983).
    2. The point stepped to is turned to ``P Σ``, which plain gradients spend most of their
       time on and which never raises f, and taken if f fell by a tenth of what the model
       says or more.
    3. The region shrinks where the model is not good, and grows where it is and the step
       came to the edge.
    """
    point = objective.at(turn(U))
    curve = [point.value]
    gradient_norm = np.linalg.norm(point.gradient)
    radius = np.sqrt(np.vdot(metric_at(point) * point.U, point.U))
    while gradient_norm > tol and len(curve) <= max_iter:
        metric = metric_at(point)
        accuracy = min(0.25, np.sqrt(gradient_norm)) * gradient_norm
        step, decrease, length = _steihaug(point, metric, radius, accuracy)
        trial = objective.at(turn(point.U + step))
        if decrease > _ROUNDING * point.value:
            agreement = (point.value - trial.value) / decrease
        elif np.linalg.norm(trial.gradient) < gradient_norm:
            # The values cannot tell the two points apart any more, but the gradients can.
            agreement = 1.0
        else:
            break
        if agreement < 0.25:
            radius = 0.25 * length
        elif agreement > 0.75 and length > 0.99 * radius:
            radius *= 3.0
        if agreement > 0.1:
            point = trial
            if np.any(point.column_sq <= dead):
                point = objective.at(point.U[:, point.column_sq > dead])
            gradient_norm = np.linalg.norm(point.gradient)
        curve.append(point.value)
    return Solution(point, curve, bool(gradient_norm <= tol))


def _steihaug(point, metric, radius, accuracy):
    """A step, the decrease its model promises, and its length in the metric."""
    step = np.zeros_like(point.U)
    product = np.zeros_like(step)
    residual = -point.gradient
    direction = residual / metric
    rho = np.vdot(residual, direction)
    inside = 0.0
    for _ in range(_MAX_CG):
        along = point.hessian_product(direction)
        bend = np.vdot(direction, along)
        # Lengths in the metric: of the step so far, the direction, and one along the other.
        size, overlap = np.vdot(metric * direction, direction), np.vdot(metric * step, direction)
        to_edge = (np.sqrt(overlap**2 + size * (radius**2 - inside)) - overlap) / size
        stride = rho / bend if bend > 0 else np.inf
        at_edge = stride >= to_edge
        stride = min(stride, to_edge)
        step += stride * direction
        product += stride * along
        inside = np.vdot(metric * step, step)
        if at_edge:
            break
        residual -= stride * along
        if np.linalg.norm(residual) <= accuracy:
            break
        preconditioned = residual / metric
        rho, previous = np.vdot(residual, preconditioned), rho
        direction = preconditioned + (rho / previous) * direction
    decrease = -np.vdot(point.gradient, step) - 0.5 * np.vdot(step, product)
    return step, decrease, np.sqrt(inside)
