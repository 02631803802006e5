"""A grid of alphas."""

import numpy as np
from sklearn.utils import check_array

from sklearn_prune.estimators import _validation as check
from sklearn_prune.objective import GroupLasso
from sklearn_prune.selection import largest_level

# Of an alpha over the largest.
_LEAST = 1e-12


def check_grid(n_alphas, eps):
    check.check_count("n_alphas", n_alphas)
    check.check_number("eps", eps, positive=True)
    if not _LEAST <= eps < 1:
        raise ValueError(f"eps must be a number from {_LEAST:.0e} to 1, got {eps!r}.")


def alpha_grid(loss, units, alphas, n_alphas, eps):
    """Falling alphas in normalised units, and `alpha_max` in them.

    Those given, or else a geometric grid from `alpha_max` down to eps times it.
    """
    top = GroupLasso.at_level(largest_level(loss)).alpha
    if alphas is None:
        # Where no column is ever born any grid will do.
        return (top or 1.0) * np.geomspace(1.0, eps, n_alphas), top
    accepted = "alphas must be None or a list of finite numbers > 0"
    if np.ndim(alphas) != 1 or len(alphas) == 0:
        raise ValueError(f"{accepted}, got {alphas!r}.")
    alphas = check_array(alphas, ensure_2d=False, dtype=np.float64, input_name="alphas")
    if alphas.min() <= 0:
        raise ValueError(f"{accepted}, got {alphas.min()!r}.")
    falling = np.sort(alphas)[::-1]
    return np.array([check.normalised("alphas", a, units.alpha) for a in falling.tolist()]), top
