"""SciPy's L-BFGS."""

import numpy as np
from scipy.optimize import minimize

from sklearn_prune._typing import FloatArray
from sklearn_prune.models import Factor
from sklearn_prune.objective import Evaluation, Objective
from sklearn_prune.solvers._preconditioner import preconditioner
from sklearn_prune.solvers._solution import Solution

# The line search compares values of f, whose rounding hides gradients below about its root.
SMALLEST_GRADIENT = 1e-7
# Pairs of vectors that are remembered. SciPy's default of 10 takes up to half as many steps more.
MEMORY = 30


def lbfgs(objective: Objective, start: Factor, *, tol: float, max_iter: int) -> Solution:
    """Minimise by limited-memory BFGS with a line search.

    The variable is ``√D U`` with D the approximate diagonal of the Hessian at the start, which
    halves the steps for a condition number of 100. Parameters and result as in
    `gradient_descent`.
    """
    shape = start.shape
    point = objective.at(start)
    curve = [point.value]
    if point.is_solved(tol):
        return Solution(point, curve, True)
    latest = [point]
    scale = np.sqrt(preconditioner(point))

    def at(v: FloatArray) -> Evaluation:
        return objective.at(start.with_columns(v.reshape(shape) / scale))

    def value_and_gradient(v: FloatArray) -> tuple[float, FloatArray]:
        point = at(v)
        latest[0] = point
        return point.value, (point.gradient / scale).ravel()

    def callback(_: FloatArray) -> None:
        curve.append(latest[0].value)
        if latest[0].is_separated:
            raise StopIteration

    # SciPy divides a decrease by the value, which is a division by zero at an exact fit.
    with np.errstate(divide="ignore", invalid="ignore"):
        result = minimize(
            value_and_gradient,
            (scale * start.U).ravel(),
            method="L-BFGS-B",
            jac=True,
            callback=callback,
            options={
                "maxiter": max_iter,
                "maxfun": 20 * max_iter,
                "gtol": tol / (scale.max() * np.sqrt(start.U.size)),
                "ftol": 0.0,
                "maxcor": MEMORY,
            },
        )
    point = at(result.x)
    return Solution(point, curve, point.is_solved(max(tol, SMALLEST_GRADIENT)))
