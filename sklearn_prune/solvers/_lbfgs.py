"""SciPy's L-BFGS."""

import numpy as np
from scipy.optimize import minimize

from sklearn_prune.solvers._metric import metric_at
from sklearn_prune.solvers._solution import Solution

# The values of f carry a gradient of about the root of their rounding, no smaller one.
_SMALLEST_GRADIENT = 1e-7
# Pairs remembered. SciPy's 10 take up to half as many steps more.
_MEMORY = 30


def lbfgs(objective, U, *, tol, max_iter):
    """Minimise by limited-memory BFGS with a line search.

    It works on ``√D U``, D about the diagonal of the Hessian at the start: half the steps
    for a condition number of 100. Parameters and result as in `gradient_descent`.
    """
    shape = U.shape
    start = objective.at(U)
    curve = [start.value]
    if np.linalg.norm(start.gradient) <= tol:
        return Solution(start, curve, True)
    latest = [curve[0]]
    scale = np.sqrt(metric_at(start))

    def value_and_gradient(v):
        point = objective.at(v.reshape(shape) / scale)
        latest[0] = point.value
        return point.value, (point.gradient / scale).ravel()

    # SciPy divides by the value to see how much it fell: at an exact fit that is by zero.
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
                "maxcor": _MEMORY,
            },
        )
    point = objective.at(result.x.reshape(shape) / scale)
    gradient_norm = np.linalg.norm(point.gradient)
    return Solution(point, curve, bool(gradient_norm <= max(tol, _SMALLEST_GRADIENT)))
