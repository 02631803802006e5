"""SciPy's L-BFGS."""

import numpy as np
from scipy.optimize import minimize

from sklearn_prune.solvers._solution import Solution

# The values of f carry a gradient of about the root of their rounding, no smaller one.
_SMALLEST_GRADIENT = 1e-7
# Pairs remembered. SciPy's 10 take up to half as many steps more.
_MEMORY = 30


def lbfgs(objective, U, *, tol, max_iter):
    """Minimise by limited-memory BFGS with a line search.

    Parameters and result as in `gradient_descent`.
    """
    shape = U.shape
    start = objective.at(U)
    curve = [start.value]
    if np.linalg.norm(start.gradient) <= tol:
        return Solution(U, curve, True)
    latest = [curve[0]]

    def value_and_gradient(u):
        point = objective.at(u.reshape(shape))
        latest[0] = point.value
        return point.value, point.gradient.ravel()

    # SciPy divides by the value to see how much it fell: at an exact fit that is by zero.
    with np.errstate(divide="ignore", invalid="ignore"):
        result = minimize(
            value_and_gradient,
            U.ravel(),
            method="L-BFGS-B",
            jac=True,
            callback=lambda _: curve.append(latest[0]),
            options={
                "maxiter": max_iter,
                "maxfun": 20 * max_iter,
                "gtol": tol / np.sqrt(U.size),
                "ftol": 0.0,
                "maxcor": _MEMORY,
            },
        )
    converged = np.linalg.norm(result.jac) <= max(tol, _SMALLEST_GRADIENT)
    return Solution(result.x.reshape(shape), curve, bool(converged))
