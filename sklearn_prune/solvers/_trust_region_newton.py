"""Trust-region Newton method with steps from truncated conjugate gradients (Steihaug-Toint)."""

from collections.abc import Callable

import numpy as np

from sklearn_prune._typing import BoolArray
from sklearn_prune.models import Factor
from sklearn_prune.objective import Evaluation, Objective
from sklearn_prune.solvers._preconditioner import preconditioner
from sklearn_prune.solvers._solution import Solution
from sklearn_prune.solvers._steihaug import SteihaugPath

# A predicted decrease below this part of the value is hidden by rounding.
ROUNDING = 1e-14
# Reduction ratios below which a step is rejected, below which the region shrinks to a quarter of
# the step, and above which it doubles (Nocedal and Wright, "Numerical Optimization", 2006,
# Algorithm 4.1).
REJECTED, POOR, GOOD = 0.1, 0.25, 0.75
# The first radius over the norm of the start, and the growth of the region. An evaluation takes
# about as long as two Hessian products. Counted so, the pipeline with a given alpha does 1.07 and
# 1.01 of the work with a first radius of 1 and 0.1, and 1.08 and 1.04 with a growth of 3 and 1.5;
# with alpha="auto" 1.02, .97, 1.04 and .98 (`docs/benchmarks/constants.py`). Four Huber fits at a
# given alpha did 1.1 of the work that they do with 1 and 3.
FIRST_RADIUS = 0.25
GROWTH = 2.0
# A start whose norm is below this, in normalised units, has a first radius as if it had this norm:
# its own steps would change the objective by less than rounding errors. With 0 fits end too high
# from 90 of 260 starts of norm 1 to 1e-12, with 1e-5 to 0.1 from none, in 1.11 to .79 of the steps
# (`docs/benchmarks/constants.py`). 0.1 would enlarge the first steps of some starts that are not
# tiny, such as those of an alpha close to alpha_max.
SHORTEST = 1e-3
# Conjugate gradients end a step at a gradient norm of this part of the tolerance, at the smallest.
# With 0.1 and 0.8 the pipeline takes 1.06 and .98 of the Hessian products at a given alpha, and
# 1.12 and .95 with alpha="auto" (`docs/benchmarks/constants.py`).
LAST_PART = 0.5


def trust_region_newton(
    objective: Objective,
    start: Factor,
    *,
    tol: float,
    max_iter: int,
    screened: Callable[[Evaluation], BoolArray] | None = None,
    stop: Callable[[Evaluation], bool] | None = None,
    least_decrease: float = 0.0,
) -> Solution:
    """Minimise an objective from a start.

    Parameters
    ----------
    objective : Objective
    start : Factor of shape (d, m)
    tol : float
        Stop when ``||∇f||_F ≤ tol``.
    max_iter : int
        Newton steps, accepted or rejected.
    screened : callable or None, default=None
        Returns which columns of a point are to be dropped, shape (m,).
    stop : callable or None, default=None
        Returns whether to stop at a point, although its gradient is not within tol.
    least_decrease : float, default=0.0
        Stop where the quadratic model has its minimum inside the region, and predicts that f falls
        by less than this part of its value.

    Returns
    -------
    Solution
        Its factor is canonical: orthogonal columns, the longest first.

    Notes
    -----
    1. Conjugate gradients minimise the quadratic model of f, to a part of the gradient that
       shrinks with it, or to the boundary of the trust region where they meet the boundary or
       negative curvature (Steihaug 1983; Toint 1981).
    2. The trial factor is made canonical, which never raises f and takes O(d m²); first-order
       methods spend most of their steps on rotating the columns. It is accepted if f fell by a
       tenth of what the model predicts or more.
    3. The region shrinks where the model is poor, and grows where it is good and the step came to
       the boundary.
    """
    canonicalize = objective.problem.model.canonicalize
    point = objective.at(canonicalize(start))
    curve = [point.value]
    norm = float(np.sqrt(np.vdot(preconditioner(point) * point.U, point.U)))
    radius = FIRST_RADIUS * max(norm, SHORTEST)
    path = None
    while not point.is_solved(tol) and len(curve) <= max_iter:
        if path is None:
            # A rejected step reuses the path with a smaller region.
            path = SteihaugPath(point, radius, _accuracy(point.gradient_norm, tol))
        step, decrease, length = path.within(radius)
        if decrease < least_decrease * point.value and length < 0.99 * radius:
            break
        trial = objective.at(canonicalize(point.factor.moved(step)))
        if decrease > ROUNDING * point.value:
            ratio = (point.value - trial.value) / decrease
        elif trial.gradient_norm < point.gradient_norm:
            # The values of the two points no longer differ by more than rounding, but their
            # gradients do.
            ratio = 1.0
        else:
            break
        if ratio < POOR:
            radius = 0.25 * length
        elif ratio > GOOD and length > 0.99 * radius:
            radius *= GROWTH
        if ratio > REJECTED:
            point = _drop(trial, screened(trial)) if screened else trial
            path = None
        # An evaluation may hold as much memory as the data: never three at a time.
        del trial
        curve.append(point.value)
        if stop and stop(point):
            break
    return Solution(point, curve, point.is_solved(tol))


def _drop(point: Evaluation, dropped: BoolArray) -> Evaluation:
    """The point without some of its columns; its value may be larger."""
    return point.objective.at(point.factor.take(~dropped)) if np.any(dropped) else point


def _accuracy(gradient_norm: float, tol: float) -> float:
    """The gradient norm of the quadratic model to which conjugate gradients solve."""
    # The forcing term of an inexact Newton method with superlinear convergence. Near convergence
    # the solution is not to be more accurate than asked.
    return max(min(0.25, float(np.sqrt(gradient_norm))) * gradient_norm, LAST_PART * tol)
