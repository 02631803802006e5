"""Damped Gauss-Newton for the unregularised problem."""

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from sklearn_prune.solvers._newton_cg import newton_cg
from sklearn_prune.solvers._solution import Solution

# Multiplications that forming the normal equations may take. On matrix data a Hessian product
# reads all measurements whatever the columns, so that for a few columns they are formed anyway.
_MAX_WORK = 2e7
_MAX_COLUMNS = 3
_MAX_SIZE = 1500
# Steps after which the residual is known to be too large for Gauss-Newton to be quadratic.
_PATIENCE = 10
# Directions that no sample sees are solved for up to rounding over this.
_LEAST_DAMPING = 1e-8
_ROUNDING = 1e-14


def gauss_newton(objective, U, *, tol, max_iter):
    """Minimise by Levenberg-Marquardt, or by Newton-CG where normal equations would be large.

    The images are linear in U to first order, ``<A_i, M> + J δ``, and δ minimises
    ``||e − J δ||² + λ ||δ||²``. The damping λ falls while steps succeed and rises until one
    does, so that no step raises f, and one exists also where ``d m > n``. Where noise leaves
    it only a linear rate (118 steps instead of 21 for a signal at the level of the noise),
    Newton-CG ends what it began.

    Parameters and result as in `gradient_descent`.
    """
    sensing = objective.loss.sensing
    if U.size > _MAX_SIZE or sensing.n_samples * U.size**2 > _MAX_WORK:
        return newton_cg(objective, U, tol=tol, max_iter=max_iter)

    point = objective.at(U)
    curve = [point.value]
    gradient_norm = np.linalg.norm(point.gradient)
    damping = 1e-3
    while gradient_norm > tol and len(curve) <= min(max_iter, _PATIENCE):
        root = np.sqrt(point.loss.weights)
        J, e = root[:, None] * point.images_jacobian, root * point.residuals
        # The smaller of the two Gram matrices: with more numbers than samples the step then
        # stays in the span of the rows, where rounding would drive it out of that.
        wide = J.shape[0] < J.shape[1]
        gram = J @ J.T if wide else J.T @ J
        # By the size of U in either case: repeated rows must not change it.
        scale = np.trace(gram) / U.size
        while True:
            factor = cho_factor(gram + (damping * scale) * np.eye(len(gram)))
            step = J.T @ cho_solve(factor, e) if wide else cho_solve(factor, J.T @ e)
            trial = objective.at(point.U + step.reshape(U.shape))
            promised = float(step @ (J.T @ e) + damping * scale * (step @ step))
            if trial.value <= point.value - 0.1 * promised:
                damping = max(0.1 * damping, _LEAST_DAMPING)
                break
            if promised <= _ROUNDING * point.value:
                # The values cannot tell the two points apart any more, but the gradients can.
                if np.linalg.norm(trial.gradient) < gradient_norm:
                    break
                return Solution(point, curve, False)
            damping *= 10.0
        point = trial
        gradient_norm = np.linalg.norm(point.gradient)
        curve.append(point.value)
    if gradient_norm <= tol or len(curve) > max_iter:
        return Solution(point, curve, bool(gradient_norm <= tol))
    rest = newton_cg(objective, point.U, tol=tol, max_iter=max_iter - len(curve) + 1)
    return Solution(rest.point, curve + rest.curve[1:], rest.converged)
