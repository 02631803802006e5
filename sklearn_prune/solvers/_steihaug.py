"""The path of truncated conjugate gradients inside a trust region."""

from collections.abc import Callable
from functools import partial

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.objective import Evaluation
from sklearn_prune.solvers._preconditioner import preconditioner

# The quotient Hessian is used where the gradient norm is below this part of the smallest force of
# the penalty on a column; its formula for rotations holds near a stationary point only (0.03 to 1
# take as many Hessian products; far from a stationary point the formula misleads).
NEAR_STATIONARY = 0.1
# Hessian products for one step at most. With 30 and 300 fits take as many steps
# (`docs/benchmarks/speed_constants.py`).
MAX_PRODUCTS = 100


class SteihaugPath:
    """The points that conjugate gradients visit, kept for smaller trust regions.

    The length of the path grows in the norm of the preconditioner (Steihaug 1983), and in a
    smaller region conjugate gradients would follow its beginning. A rejected step therefore costs
    no further Hessian products, which were a third of all.

    Parameters
    ----------
    point : Evaluation
        Where f is modelled by its gradient and Hessian.
    radius : float
        Of the trust region, in the norm of the preconditioner.
    accuracy : float
        Gradient norm of the model at which the path ends.
    """

    def __init__(self, point: Evaluation, radius: float, accuracy: float) -> None:
        self._metric = preconditioner(point)
        model = point.problem.model
        # The force of the penalty on each column, which R balances at a stationary point.
        force = 2.0 * point.penalty_slopes * np.sqrt(point.column_sq)
        if point.gradient_norm < NEAR_STATIONARY * force.min(initial=np.inf):
            product: Callable[[FloatArray], FloatArray] = partial(_quotient_product, point)
            project: Callable[[FloatArray], FloatArray] = partial(
                model.project_horizontal, point.factor
            )
        else:
            product, project = point.hessian_product, _identity
        self._legs = []
        step = np.zeros_like(point.U)
        residual = -point.gradient
        direction = project(residual / self._metric)
        rho = float(np.vdot(residual, direction))
        for _ in range(MAX_PRODUCTS):
            along = product(direction)
            curvature = float(np.vdot(direction, along))
            to_minimum = rho / curvature if curvature > 0 else np.inf
            stride = min(to_minimum, self._to_boundary(step, direction, radius))
            self._legs.append((step, direction, stride, rho, curvature))
            step = step + stride * direction
            if curvature <= 0 or stride < to_minimum:
                break
            residual -= stride * along
            if np.linalg.norm(residual) <= accuracy:
                break
            preconditioned = project(residual / self._metric)
            rho, previous = float(np.vdot(residual, preconditioned)), rho
            if previous == 0.0:
                # The square of the residual has underflowed.
                break
            direction = preconditioned + (rho / previous) * direction

    def within(self, radius: float) -> tuple[FloatArray, float, float]:
        """The step to the end of the path or to the boundary of a region.

        Returns
        -------
        step : ndarray of shape (d, m)
        decrease : float
            What the quadratic model predicts that f falls by.
        length : float
            Of the step, in the norm of the preconditioner.
        """
        decrease = 0.0
        step = np.zeros_like(self._metric)
        for start, direction, stride, rho, curvature in self._legs:
            to_boundary = self._to_boundary(start, direction, radius)
            stride, at_boundary = min(stride, to_boundary), to_boundary <= stride
            decrease += stride * rho - 0.5 * stride**2 * curvature
            step = start + stride * direction
            if at_boundary:
                break
        return step, decrease, float(np.sqrt(np.vdot(self._metric * step, step)))

    def _to_boundary(self, step: FloatArray, direction: FloatArray, radius: float) -> float:
        """How many times a direction leads from a step inside to the boundary of a region."""
        weighted = self._metric * direction
        size, overlap = np.vdot(weighted, direction), np.vdot(weighted, step)
        inside = np.vdot(self._metric * step, step)
        return float((np.sqrt(overlap**2 + size * (radius**2 - inside)) - overlap) / size)


def _quotient_product(point: Evaluation, V: FloatArray) -> FloatArray:
    HV, RZ, slopes = point.hessian_product(V), point.residual_product, point.penalty_slopes
    return point.problem.model.quotient_hessian_product(point.factor, HV, RZ, slopes)


def _identity(V: FloatArray) -> FloatArray:
    return V
