"""Trust-region Newton: the step from conjugate gradients on exact Hessian products."""

from functools import partial

import numpy as np

from sklearn_prune.solvers._metric import metric_at
from sklearn_prune.solvers._solution import Solution
from sklearn_prune.solvers._turn import horizontal, turn, turned_product

# A decrease that the model puts below this part of the value is lost in its rounding.
_ROUNDING = 1e-14
# Near a stationary point: the gradient over what holds the shortest column. Turns are known there
# (0.03 to 1 take as many products; where the gradient is large they mislead).
_NEAR = 0.1
# Products spent on one step at most.
_MAX_CG = 100


def newton_cg(objective, U, *, tol, max_iter, dying=None, stop=None):
    """Minimise an objective from U.

    Parameters
    ----------
    objective : Objective
    U : ndarray of shape (d, m)
    tol : float
        Stop when ``||∇f||_F ≤ tol``.
    max_iter : int
        Newton steps, taken or refused.
    dying : callable or None, default=None
        Says of a point which columns are to be dropped, shape (m,).
    stop : callable or None, default=None
        Says of a point whether to stop there, though its gradient is not within tol.

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
    path = None
    while gradient_norm > tol and len(curve) <= max_iter:
        if path is None:
            path = _SteihaugPath(point, radius, _accuracy(gradient_norm, tol))
        step, decrease, length = path.within(radius)
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
            dropped = dying(point) if dying else np.zeros(0, dtype=bool)
            if np.any(dropped):
                point = objective.at(point.U[:, ~dropped])
            gradient_norm = np.linalg.norm(point.gradient)
            path = None
        # A point may be large: not three at a time.
        del trial
        curve.append(point.value)
        if stop and stop(point):
            break
    return Solution(point, curve, bool(gradient_norm <= tol))


def _accuracy(gradient_norm, tol):
    """What conjugate gradients have to leave of the gradient."""
    accuracy = min(0.25, np.sqrt(gradient_norm)) * gradient_norm
    # What comes close to the end goes there, and nothing goes beyond it.
    return accuracy if accuracy > 10.0 * tol else 0.1 * tol


class _SteihaugPath:
    """Where conjugate gradients go within a region, kept for smaller regions.

    The path gets longer and longer in the metric, and in a smaller region conjugate gradients
    would go along its beginning: a step that is refused costs no further products (which were a
    third of all).
    """

    def __init__(self, point, radius, accuracy):
        self._metric = metric_at(point)
        # What holds the columns against R where the gradient is zero.
        pull = 2.0 * point.slopes * np.sqrt(point.column_sq)
        if np.linalg.norm(point.gradient) < _NEAR * pull.min(initial=np.inf):
            product, project = partial(turned_product, point), partial(horizontal, point.U)
        else:
            product, project = point.hessian_product, lambda V: V
        self._legs = []
        step = np.zeros_like(point.U)
        residual = -point.gradient
        direction = project(residual / self._metric)
        rho = np.vdot(residual, direction)
        for _ in range(_MAX_CG):
            along = product(direction)
            bend = np.vdot(direction, along)
            stride = min(rho / bend if bend > 0 else np.inf, self._to_edge(step, direction, radius))
            self._legs.append((step, direction, stride, rho, bend))
            step = step + stride * direction
            if bend <= 0 or stride < rho / bend:
                break
            residual -= stride * along
            if np.linalg.norm(residual) <= accuracy:
                break
            preconditioned = project(residual / self._metric)
            rho, previous = np.vdot(residual, preconditioned), rho
            direction = preconditioned + (rho / previous) * direction

    def within(self, radius):
        """The step to the end or the edge, the decrease its model promises, and its length."""
        decrease = 0.0
        for step, direction, stride, rho, bend in self._legs:
            to_edge = self._to_edge(step, direction, radius)
            at_edge = to_edge <= stride
            stride = min(stride, to_edge)
            decrease += stride * rho - 0.5 * stride**2 * bend
            step = step + stride * direction
            if at_edge:
                break
        return step, decrease, np.sqrt(np.vdot(self._metric * step, step))

    def _to_edge(self, step, direction, radius):
        """How many times the direction leads from a step inside to the edge of the region."""
        weighted = self._metric * direction
        size, overlap = np.vdot(weighted, direction), np.vdot(weighted, step)
        inside = np.vdot(self._metric * step, step)
        return (np.sqrt(overlap**2 + size * (radius**2 - inside)) - overlap) / size
