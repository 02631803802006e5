"""The factor that a fit starts from."""

import numpy as np

from sklearn_prune.solvers import START_COLUMNS, spectral_start


def few_columns(loss, k):
    """A spectral start for `active_columns`, which grows more columns where it must."""
    return spectral_start(loss, min(START_COLUMNS, k))


def make_start(init, loss, units, k, rng, *, spectral):
    """A start in normalised units, at most k columns: the parameter `init` put into practice.

    Parameters
    ----------
    init : {"spectral", "random"} or array-like of shape (d, k)
    loss : SquaredLoss
    units : Units
    k : int
    rng : RandomState
        For "random".
    spectral : callable
        Called with the loss and k for "spectral".
    """
    shape = (loss.sensing.dim, k)
    if isinstance(init, str):
        if init == "spectral":
            return spectral(loss, k)
        return rng.standard_normal(shape) / np.sqrt(shape[0] * shape[1])
    start = np.asarray(init)
    accepted = f"init must be 'spectral', 'random' or a finite real array of shape {shape}"
    if start.shape != shape:
        raise ValueError(f"{accepted}, got an array of shape {start.shape}.")
    if start.dtype.kind not in "iuf" or not np.all(np.isfinite(start)):
        raise ValueError(f"{accepted}, got entries that are not finite real numbers.")
    return start / units.factor
