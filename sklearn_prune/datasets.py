"""Problems with a known answer."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.utils import check_random_state, check_scalar

from sklearn_prune._typing import FloatArray
from sklearn_prune.sensing import MEASUREMENTS

# What the responses may be drawn for.
LOSSES = ("squared_error", "log_loss")


def make_matrix_sensing(
    n_samples: int = 1000,
    dim: int = 50,
    rank: int = 3,
    *,
    measurement: str = "rank-one",
    noise: float = 0.0,
    condition_number: float = 1.0,
    negative: int = 0,
    loss: str = "squared_error",
    random_state: Any = None,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Responses ``y_i = <A_i, M*> + noise · ε_i`` of Gaussian measurements, or labels.

    The hidden matrix is ``M* = U* U*ᵀ``, or ``M* = U* D U*ᵀ`` where some columns count negatively.

    Parameters
    ----------
    n_samples : int, default=1000
        The number of samples, n.
    dim : int, default=50
        d, the side of the matrix that is sensed.
    rank : int, default=3
        r, the columns of the hidden factor; 0 to d.
    measurement : {"rank-one", "matrix"}, default="rank-one"
        ``A_i = x_i x_iᵀ`` with standard normal ``x_i``, or ``A_i = (B + Bᵀ)/2`` with standard
        normal B.
    noise : float, default=0.0
        Standard deviation of the noise in y, or in the log odds; the ε are standard normal.
    condition_number : float, default=1.0
        ``σ_1 / σ_r`` of the sizes of the eigenvalues of M*, at least 1. They are spaced evenly
        from ``σ_1 = 1`` to ``σ_r = 1/condition_number``.
    negative : int, default=0
        How many of the ``rank`` eigenvalues are negative: those of the last columns; 0 to
        ``rank``.
    loss : {"squared_error", "log_loss"}, default="squared_error"
        With "log_loss" the y are labels, 0 or 1, and 1 has the log odds ``<A_i, M*> + noise · ε_i``
        less the mean of the former, which is the trace of M* for "rank-one" and 0 for "matrix".
    random_state : int, RandomState instance or None, default=None
        Where the random numbers come from.

    Returns
    -------
    X : ndarray of shape (n_samples, dim) or (n_samples, dim²)
        The ``x_i``, or the ``vec(A_i)``.
    y : ndarray of shape (n_samples,)
        Floats, or integers for "log_loss".
    factor : ndarray of shape (dim, rank)
        ``U*``: orthogonal columns, the longest first.

    Raises
    ------
    ValueError, TypeError
        For a parameter out of its range.

    Examples
    --------
    >>> from sklearn_prune.datasets import make_matrix_sensing
    >>> X, y, factor = make_matrix_sensing(200, 10, 2, condition_number=4, random_state=0)
    >>> X.shape, (factor**2).sum(axis=0).round(6).tolist()
    ((200, 10), [1.0, 0.25])
    >>> bool(abs(((X @ factor) ** 2).sum(axis=1) - y).max() < 1e-12)
    True
    """
    counts = {"n_samples": n_samples, "dim": dim, "rank": rank, "negative": negative}
    numbers = {"noise": noise, "condition_number": condition_number}
    for name, value in (counts | numbers).items():
        if isinstance(value, bool):
            raise TypeError(f"{name} must be a number, got {value!r}.")
    check_scalar(n_samples, "n_samples", Integral, min_val=1)
    check_scalar(dim, "dim", Integral, min_val=1)
    check_scalar(rank, "rank", Integral, min_val=0, max_val=dim)
    check_scalar(negative, "negative", Integral, min_val=0, max_val=rank)
    check_scalar(noise, "noise", Real, min_val=0)
    check_scalar(condition_number, "condition_number", Real, min_val=1)
    for name, value in numbers.items():
        if not value <= np.finfo(float).max:
            raise ValueError(f"{name} must be finite, got {value!r}.")
    noise, condition_number = float(noise), float(condition_number)
    if not (isinstance(measurement, str) and measurement in MEASUREMENTS):
        raise ValueError(f"measurement must be 'rank-one' or 'matrix', got {measurement!r}.")
    if not (isinstance(loss, str) and loss in LOSSES):
        raise ValueError(f"loss must be one of {list(LOSSES)}, got {loss!r}.")
    try:
        rng = check_random_state(random_state)
    except ValueError as error:
        raise ValueError(f"random_state: {error}") from error

    directions, _ = np.linalg.qr(rng.standard_normal((dim, rank)))
    factor = directions * np.sqrt(np.linspace(1.0, 1.0 / condition_number, rank))
    signs = np.repeat([1.0, -1.0], [rank - negative, negative])
    if measurement == "rank-one":
        X = rng.standard_normal((n_samples, dim))
        y = np.sum((X @ factor) ** 2 * signs, axis=1)
    else:
        B = rng.standard_normal((n_samples, dim, dim))
        X = (0.5 * (B + B.transpose(0, 2, 1))).reshape(n_samples, dim**2)
        y = X @ (factor * signs @ factor.T).ravel()
    y = y + noise * rng.standard_normal(n_samples)
    if loss == "log_loss":
        trace = (factor**2).sum(axis=0) @ signs if measurement == "rank-one" else 0.0
        y = (rng.uniform(size=n_samples) < expit(y - trace)).astype(np.intp)
    return X, y, factor
