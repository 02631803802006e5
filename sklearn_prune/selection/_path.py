"""The penalised fit along a list of alphas, each fit from the ones before."""

from collections.abc import Iterator

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.models import Factor
from sklearn_prune.objective import Certificate, GroupLasso, Objective, Problem
from sklearn_prune.solvers import (
    START_COLUMNS,
    Solution,
    spectral_start,
    surviving_columns,
    working_set,
)


def warm_path(
    problem: Problem, alphas: list[float], k: int, *, tol: float, max_iter: int
) -> Iterator[tuple[Solution, Certificate]]:
    """Solutions and certificates at tied alphas in the order given, each from the one before.

    Where the last two factors have equally many columns they are extrapolated along alpha, which
    includes the rotation of the columns; otherwise the last one is stretched. Starting from the
    last factor as it is takes two to three times as many Hessian products.
    """
    past: list[tuple[float, Factor]] = []
    for alpha in alphas:
        objective = Objective(problem, GroupLasso.tied(alpha))
        start = _predicted(past, alpha) if past else objective.empty.factor
        solution, certificate = working_set(
            objective, start, k, tol=tol, max_iter=max_iter, probe=False
        )
        past = [*past[-1:], (alpha, solution.factor)]
        yield solution, certificate


def rising_path(
    problem: Problem, alphas: list[float], k: int, *, tol: float, max_iter: int
) -> Iterator[Factor]:
    """Factors at rising tied alphas, each from the one before.

    As alpha rises columns die and none is born. Only the first fit and those that dropped a column
    therefore ask the certificate; this takes about half of the time of `warm_path` at the same
    tolerance. `tol` bounds the gradient norm over the root of the objective: a small objective is
    solved to a small error.
    """
    past: list[tuple[float, Factor]] = []
    root = 1.0
    for alpha in alphas:
        objective = Objective(problem, GroupLasso.tied(alpha))
        if not past:
            start = spectral_start(problem, min(START_COLUMNS, k))
            solution, _ = working_set(
                objective, start, k, tol=0.1 * tol, max_iter=max_iter, probe=False
            )
        else:
            start = _predicted(past, alpha)
            solution = surviving_columns(objective, start, tol=tol * root, max_iter=max_iter)
            # A column that is short at the start may be dropped before it has grown. Without this
            # 52 of 400 held-out errors of tables with biases were off by more than 3 %, with it 17
            # (`docs/benchmarks/constants.py`): some penalised problems have two local minima.
            if solution.factor.n_columns < start.n_columns:
                solution, _ = working_set(
                    objective, solution.factor, k, tol=tol * root, max_iter=max_iter, probe=False
                )
        root = min(1.0, float(np.sqrt(solution.curve[-1])))
        past = [*past[-1:], (alpha, solution.factor)]
        yield solution.factor


def _predicted(past: list[tuple[float, Factor]], alpha: float) -> Factor:
    """The start at the next alpha, from the factors at the last two."""
    (before, older), (last, factor) = past[0], past[-1]
    V = factor.U
    if V.shape[1] == 0:
        return factor
    if older.has_signs_of(factor) and before != last:
        step = (alpha - last) / (last - before) * (V - older.U)
        # A large step means that two columns of equal norm have changed places.
        if np.linalg.norm(step) < 0.1 * np.linalg.norm(V):
            return factor.moved(step)
    stretch = _stretch(np.sum(V**2, axis=0), GroupLasso.tied(last), GroupLasso.tied(alpha))
    return factor.with_columns(V * stretch)


def _stretch(s: FloatArray, old: GroupLasso, new: GroupLasso) -> FloatArray:
    """The factors by which columns of squared norms s become longer under another penalty.

    ``h(s) = s + (α/2) ψ'(s)`` is the same before and after if R does not change along a column.
    Five fixed-point steps solve this accurately enough for a start.
    """
    level = s + 0.5 * old.derivative(s)
    stretched = s.copy()
    for _ in range(5):
        stretched = np.maximum(level - 0.5 * new.derivative(stretched), 0.1 * s)
    return np.sqrt(stretched / s)
