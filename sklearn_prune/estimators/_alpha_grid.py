"""A grid of alphas."""

from typing import Any

import numpy as np
from sklearn.utils import check_array

from sklearn_prune._typing import FloatArray
from sklearn_prune.estimators._parameters import check_count, check_number
from sklearn_prune.objective import GroupLasso, Problem
from sklearn_prune.selection import tau_max

# The least ratio of the smallest to the largest alpha of a grid.
LEAST_RATIO = 1e-12


def check_grid(alphas: Any, n_alphas: Any, eps: Any) -> None:
    """The alphas given, and the parameters of a geometric grid."""
    check_count("n_alphas", n_alphas)
    check_number("eps", eps, positive=True)
    if not LEAST_RATIO <= eps < 1:
        raise ValueError(f"eps must be at least {LEAST_RATIO:.0e} and below 1, got {eps!r}.")
    if alphas is None:
        return
    accepted = "alphas must be None or a list of finite numbers > 0"
    if np.ndim(alphas) != 1 or len(alphas) == 0:
        raise ValueError(f"{accepted}, got {alphas!r}.")
    try:
        numbers = check_array(alphas, ensure_2d=False, dtype=np.float64, input_name="alphas")
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{accepted}, got {alphas!r}: {error}") from error
    if numbers.min() <= 0:
        raise ValueError(f"{accepted}, got {float(numbers.min())}.")


def alpha_grid(
    problem: Problem, alphas: Any, n_alphas: int, eps: float
) -> tuple[FloatArray, float]:
    """Falling alphas in normalised units, and `alpha_max` in normalised units.

    The alphas given, or a geometric grid from `alpha_max` down to eps times it.
    """
    top = GroupLasso.from_tau(tau_max(problem)).alpha
    if alphas is None:
        # If no column is ever born any grid will do.
        return (top or 1.0) * np.geomspace(1.0, float(eps), int(n_alphas)), top
    falling = np.sort(np.asarray(alphas, dtype=np.float64))[::-1].tolist()
    from_caller = problem.scaling.from_caller
    return np.array([from_caller("alphas", alpha, "alpha") for alpha in falling]), top
