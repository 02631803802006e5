"""Damped Gauss-Newton (Levenberg-Marquardt) for the unpenalised problem."""

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from sklearn_prune._typing import FloatArray
from sklearn_prune.models import Factor
from sklearn_prune.objective import NO_PENALTY, Evaluation, Objective
from sklearn_prune.solvers._solution import Solution
from sklearn_prune.solvers._trust_region_newton import trust_region_newton

# Multiplications that forming the normal equations may take, and entries of U that they may have;
# beyond either, the trust-region Newton method is faster (`docs/benchmarks/fine_tuning.py`).
MOST_WORK = 2e7
MOST_ENTRIES = 1500
# Steps after which the residual is known to be too large for Gauss-Newton to converge
# quadratically. With noise its rate is linear: a signal at the level of the noise took 118 steps,
# and 21 if Newton's method ends what Gauss-Newton began.
MOST_STEPS = 10
# Damping of the first step, as a part of the mean of the diagonal, and what it is multiplied by
# after a step that is taken or not: Marquardt's choice.
FIRST_DAMPING = 1e-3
FALL, RISE = 0.1, 10.0
# A step is taken if f falls by this part of what the linear model predicts.
SUFFICIENT_DECREASE = 0.1
# The damping does not fall below this part of the mean of the diagonal, so that directions which
# no sample sees are solved for up to rounding over it.
LEAST_DAMPING = 1e-8
ROUNDING = 1e-14


def gauss_newton(
    objective: Objective,
    start: Factor,
    *,
    tol: float,
    max_iter: int,
    most_entries: int = MOST_ENTRIES,
    least_decrease: float = 0.0,
) -> Solution:
    """Minimise by Levenberg-Marquardt, or by trust-region Newton if U is large or penalised.

    The predictions are linear in U to first order, ``η + J δ``, and δ minimises
    ``Σ h_i (w_i e_i / h_i − (J δ)_i)² + λ ||δ||²`` with the Gauss-Newton weights h. The damping λ
    falls while steps succeed and rises until one does. No step raises f, and a step exists also if
    U has more entries than there are samples.

    Parameters and result as in `gradient_descent`; `most_entries` is the size of U up to which
    normal equations are formed, and `least_decrease` that of `trust_region_newton`, which counts
    once that method has taken over.

    References
    ----------
    Levenberg, "A method for the solution of certain non-linear problems in least squares", 1944;
    Marquardt, "An algorithm for least-squares estimation of nonlinear parameters", 1963.
    """
    n = objective.problem.sensing.n_samples
    size = start.U.size
    is_large = size > most_entries or n * size**2 > MOST_WORK
    if is_large or objective.penalty is not NO_PENALTY:
        return trust_region_newton(
            objective, start, tol=tol, max_iter=max_iter, least_decrease=least_decrease
        )

    point = objective.at(start)
    curve = [point.value]
    damping = FIRST_DAMPING
    while not point.is_solved(tol) and len(curve) <= min(max_iter, MOST_STEPS):
        equations = _NormalEquations(point)
        while True:
            step, predicted = equations.solve(damping)
            trial = objective.at(point.factor.moved(step))
            if trial.value <= point.value - SUFFICIENT_DECREASE * predicted:
                damping = max(FALL * damping, LEAST_DAMPING)
                break
            if predicted <= ROUNDING * point.value:
                break
            damping *= RISE
            # An evaluation may hold as much memory as the data: never three at a time.
            del trial
        # Where the values no longer differ by more than rounding, the gradients may.
        if predicted <= ROUNDING * point.value and trial.gradient_norm >= point.gradient_norm:
            break
        point = trial
        curve.append(point.value)
    if point.is_solved(tol) or len(curve) > max_iter:
        return Solution(point, curve, point.is_solved(tol))
    factor = point.factor
    del point, trial, equations
    rest = trust_region_newton(
        objective,
        factor,
        tol=tol,
        max_iter=max_iter - len(curve) + 1,
        least_decrease=least_decrease,
    )
    return Solution(rest.point, curve + rest.curve[1:], rest.converged)


class _NormalEquations:
    """The least-squares problem of a Gauss-Newton step at a point, for any damping."""

    def __init__(self, point: Evaluation) -> None:
        self._shape = point.U.shape
        self._is_wide = False
        if point.problem.sensing.reads_ahead:
            self._gram, self._moment = point.normal_equations()
            self._mean_diagonal = np.trace(self._gram) / point.U.size or 1.0
            return
        root = np.sqrt(point.gauss_newton_weights)
        self._J = root[:, None] * point.images_jacobian
        weighted = point.problem.weights * point.residuals
        self._e = np.divide(weighted, root, out=np.zeros_like(root), where=root > 0)
        # The smaller of the two Gram matrices. With more entries than samples the step then stays
        # in the row space of J, which rounding would otherwise drive it out of.
        self._is_wide = self._J.shape[0] < self._J.shape[1]
        self._moment = self._J.T @ self._e
        self._gram = self._J @ self._J.T if self._is_wide else self._J.T @ self._J
        # Divided by the entries of U in either case, so that repeated rows do not change it.
        self._mean_diagonal = np.trace(self._gram) / point.U.size or 1.0

    def solve(self, damping: float) -> tuple[FloatArray, float]:
        """The step, shape (d, m), and the decrease of f that the linear model predicts."""
        moment = self._moment
        damping = damping * self._mean_diagonal
        factor = cho_factor(self._gram + damping * np.eye(len(self._gram)))
        if self._is_wide:
            step = self._J.T @ cho_solve(factor, self._e)
        else:
            step = cho_solve(factor, moment)
        predicted = float(step @ moment + damping * (step @ step))
        return step.reshape(self._shape), predicted
