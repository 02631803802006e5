"""The factor that a fit starts from."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.objective import Problem
from sklearn_prune.solvers import START_COLUMNS, spectral_start

# The largest entry of a start in normalised units, and its inverse.
LARGEST_START = 1e20


def few_columns(problem: Problem, k: int) -> FloatArray:
    """A spectral start for `working_set`, which adds columns where it must."""
    return spectral_start(problem, min(START_COLUMNS, k))


def make_start(
    init: Any,
    problem: Problem,
    k: int,
    rng: np.random.RandomState,
    *,
    spectral: Callable[[Problem, int], FloatArray],
) -> FloatArray:
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
        start = rng.standard_normal(shape) / np.sqrt(shape[0] * shape[1])
        return problem.from_parent(start)
    start = np.asarray(init)
    accepted = f"init must be 'spectral', 'random' or a finite real array of shape {shape}"
    if start.shape != shape:
        raise ValueError(f"{accepted}, got an array of shape {start.shape}.")
    if start.dtype.kind not in "iuf" or not np.all(np.isfinite(start)):
        raise ValueError(f"{accepted}, got entries that are not finite real numbers.")
    start = start / problem.scaling.unit("U")
    largest = float(np.abs(start).max(initial=0.0))
    if largest and not 1.0 / LARGEST_START <= largest <= LARGEST_START:
        unit = problem.scaling.unit("U")
        raise ValueError(
            "init is out of all proportion to the data: it must be 0, or its largest entry between "
            f"{unit / LARGEST_START:.1e} and {unit * LARGEST_START:.1e}, got {largest * unit:.1e}."
        )
    return problem.from_parent(start)
