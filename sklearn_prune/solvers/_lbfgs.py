"""SciPy's L-BFGS."""

import numpy as np
from scipy.optimize import minimize

from sklearn_prune._typing import FloatArray
from sklearn_prune.objective import Objective
from sklearn_prune.solvers._preconditioner import preconditioner
from sklearn_prune.solvers._solution import Solution

# The line search compares values of f, whose rounding hides gradients below about its root.
SMALLEST_GRADIENT = 1e-7
# Pairs of vectors that are remembered. SciPy's default of 10 takes up to half as many steps more.
MEMORY = 30


def lbfgs(objective: Objective, U: FloatArray, *, tol: float, max_iter: int) -> Solution:
    """Minimise by limited-memory BFGS with a line search.

    The variable is ``√D U`` with D the approximate diagonal of the Hessian at the start, which
    halves the steps for a condition number of 100. Parameters and result as in
    `gradient_descent`.
    """
    shape = U.shape
    start = objective.at(U)
    curve = [start.value]
    if start.gradient_norm <= tol:
        return Solution(start, curve, True)
    latest = [curve[0]]
    scale = np.sqrt(preconditioner(start))

    def value_and_gradient(v: FloatArray) -> tuple[float, FloatArray]:
        point = objective.at(v.reshape(shape) / scale)
        latest[0] = point.value
        return point.value, (point.gradient / scale).ravel()

    # SciPy divides a decrease by the value, which is a division by zero at an exact fit.
    with np.errstate(divide="ignore", invalid="ignore"):
        result = minimize(
            value_and_gradient,
            (scale * U).ravel(),
            method="L-BFGS-B",
            jac=True,
            callback=lambda _: curve.append(latest[0]),
            options={
                "maxiter": max_iter,
                "maxfun": 20 * max_iter,
                "gtol": tol / (scale.max() * np.sqrt(U.size)),
                "ftol": 0.0,
                "maxcor": MEMORY,
            },
        )
    point = objective.at(result.x.reshape(shape) / scale)
    return Solution(point, curve, bool(point.gradient_norm <= max(tol, SMALLEST_GRADIENT)))
