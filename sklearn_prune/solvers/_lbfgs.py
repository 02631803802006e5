"""SciPy's L-BFGS."""

import numpy as np
from scipy.optimize import minimize

from sklearn_prune.solvers._solution import Solution

# The values of f carry a gradient of about the root of their rounding, no smaller one.
_SMALLEST_GRADIENT = 1e-7


def lbfgs(objective, U, *, tol, max_iter):
    """Minimise by limited-memory BFGS with a line search.

    Parameters and result as in `gradient_descent`.
    """
    shape = U.shape
    curve = [objective.at(U).value]
    latest = [curve[0]]

    def value_and_gradient(u):
        point = objective.at(u.reshape(shape))
        latest[0] = point.value
        return point.value, point.gradient.ravel()

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
            "maxcor": 20,
        },
    )
    converged = np.linalg.norm(result.jac) <= max(tol, _SMALLEST_GRADIENT)
    return Solution(result.x.reshape(shape), curve, bool(converged))
