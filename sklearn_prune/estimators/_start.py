"""The factor that a fit starts from."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sklearn_prune.models import Factor
from sklearn_prune.objective import Problem
from sklearn_prune.solvers import START_COLUMNS, spectral_start

# The columns of a factor where their number is not given, and its entries (1 GB).
MOST_COLUMNS = 1000
MOST_ENTRIES = 1 << 27


def number_of_columns(n_components: int | None, problem: Problem) -> int:
    """k: as given, or as many as U has rows where that is not too large."""
    d = problem.n_rows
    return n_components or max(1, min(d, MOST_COLUMNS, MOST_ENTRIES // d))


def few_columns(problem: Problem, k: int) -> Factor:
    """A spectral start for `working_set`, which adds columns where it must."""
    return spectral_start(problem, min(START_COLUMNS, k))


def make_start(
    init: Any,
    problem: Problem,
    k: int,
    rng: np.random.RandomState,
    *,
    spectral: Callable[[Problem, int], Factor],
) -> Factor:
    """A start of at most k columns in normalised units, as the parameter `init` asks.

    Parameters
    ----------
    init : {"spectral", "random"} or array-like of shape (d, k)
    problem : Problem
    k : int
    rng : RandomState
        For "random".
    spectral : callable
        Called with the problem and k for "spectral".
    """
    shape = (problem.n_rows, k)
    if isinstance(init, str):
        if init == "spectral":
            return spectral(problem, k)
        U = rng.standard_normal(shape) / np.sqrt(shape[0] * shape[1])
        return problem.give_signs(problem.from_parent(Factor(U)).U)
    start = np.asarray(init)
    accepted = f"init must be 'spectral', 'random' or a finite real array of shape {shape}"
    if start.shape != shape:
        raise ValueError(f"{accepted}, got an array of shape {start.shape}.")
    if start.dtype.kind not in "iuf" or not np.all(np.isfinite(start)):
        raise ValueError(f"{accepted}, got entries that are not finite real numbers.")
    start = start.astype(np.float64)
    return problem.give_signs(problem.import_columns(Factor(start), "init").U)
