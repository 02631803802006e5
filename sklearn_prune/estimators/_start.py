"""The factor that a fit starts from."""

import numpy as np
from sklearn.utils import check_random_state

from sklearn_prune.solvers import spectral_start


def make_start(init, loss, units, k, random_state, *, spectral_columns=None):
    """A start in normalised units, at most k columns: the parameter `init` put into practice."""
    shape = (loss.sensing.dim, k)
    if not isinstance(init, str):
        start = np.array(init, dtype=np.float64)
        if start.shape != shape or not np.all(np.isfinite(start)):
            raise ValueError(
                f"init must be 'spectral', 'random' or a finite array of shape {shape}, "
                f"got an array of shape {start.shape}."
            )
        return start / units.factor
    if init == "random":
        rng = check_random_state(random_state)
        return rng.standard_normal(shape) / np.sqrt(shape[0] * shape[1])
    return spectral_start(loss, k if spectral_columns is None else min(k, spectral_columns))
