"""Leaving a saddle along a direction of negative curvature."""

from collections.abc import Callable

import numpy as np

from sklearn_prune.models import Factor
from sklearn_prune.objective import Curvature, Evaluation, Objective, probe_curvature
from sklearn_prune.solvers._solution import Solution
from sklearn_prune.solvers._trust_region_newton import SHORTEST

# Curvatures below this part of the largest are negative beyond what a few Hessian products may get
# wrong. At fits that are right the smallest one is above −1e-5 of the largest. On 85 problems with
# groups of samples 0.001, 0.1 and never leaving a saddle change no objective, in up to 3 % more
# steps (`docs/benchmarks/constants.py`). Without random parts of columns that decouple and further
# starts never leaving a saddle left 27 objectives worse, 0.1 left 21, and 0.001 left 3 better.
CLEARLY_NEGATIVE = 0.01
# The first step over the norm of U, or over SHORTEST where U is shorter. With 0.1 and 1.0 no
# objective changed, in 0.4 % more steps and as many (`docs/benchmarks/constants.py`). It is halved
# so often at most: to 1e-6, below which the decrease is lost in rounding errors.
FIRST_STEP = 0.5
HALVINGS = 20
# Saddles that a fine-tuning leaves at most; a bound for safety, since every saddle lowers the loss.
MOST_SADDLES = 5


def is_saddle(curvature: Curvature) -> bool:
    """Whether the objective has a direction of clearly negative curvature."""
    return curvature.smallest < -CLEARLY_NEGATIVE * curvature.largest


def leave_saddle(point: Evaluation, curvature: Curvature) -> Factor:
    """A factor with a lower objective, along the direction of negative curvature.

    Of both signs the better one; the step is halved until the objective falls by a tenth of what
    the curvature says.
    """
    step = FIRST_STEP * max(float(np.linalg.norm(point.U)), SHORTEST)
    for _ in range(HALVINGS):
        trials = [
            point.objective.at(point.factor.moved(t * curvature.direction)) for t in (step, -step)
        ]
        best = min(trials, key=lambda trial: trial.value)
        if best.value < point.value + 0.05 * curvature.smallest * step**2:
            return best.factor
        step *= 0.5
    return point.factor


def leaving_saddles(
    solve: Callable[..., Solution],
    objective: Objective,
    start: Factor,
    *,
    tol: float,
    max_iter: int,
) -> Solution:
    """The solution of a solver, which is started again wherever it ends in a saddle."""
    solution = solve(objective, start, tol=tol, max_iter=max_iter)
    canonicalize = objective.problem.model.canonicalize
    for _ in range(MOST_SADDLES):
        left = max_iter - solution.n_iter - 1
        if not solution.converged or left < 1:
            break
        point = objective.at(canonicalize(solution.factor))
        living = np.linalg.norm(point.U, axis=0) > 1e-8 * np.linalg.norm(point.U)
        point = objective.at(point.factor.take(living)) if not living.all() else point
        curvature = probe_curvature(point)
        if not is_saddle(curvature):
            break
        start = leave_saddle(point, curvature)
        if start is point.factor:
            break
        # Leaving the saddle is a step of its own.
        more = solve(objective, start, tol=tol, max_iter=left)
        solution = Solution(more.point, [*solution.curve, *more.curve], more.converged)
    return solution
