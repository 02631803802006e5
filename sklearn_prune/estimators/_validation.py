"""What every estimator asks of its parameters and data."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_array, check_consistent_length, column_or_1d
from sklearn.utils.validation import _check_sample_weight, validate_data

from sklearn_prune.objective import normalised_loss
from sklearn_prune.sensing import sensing_map

MEASUREMENTS = ("rank-one", "matrix")


def check_choice(name, value, choices):
    if not (isinstance(value, str) and value in choices):
        raise ValueError(f"{name} must be one of {list(choices)}, got {value!r}.")


def check_count(name, value, *, optional=False, minimum=1):
    if optional and value is None:
        return
    accepted = f"an integer ≥ {minimum}" + (" or None" if optional else "")
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be {accepted}, got {value!r}.")
    if value < minimum:
        raise ValueError(f"{name} must be {accepted}, got {value!r}.")


def check_number(name, value, *, words=(), positive=False):
    """A finite number, ≥ 0 or > 0, or one of some words."""
    accepted = "a finite number " + ("> 0" if positive else "≥ 0")
    accepted += "".join(f" or {word!r}" for word in words)
    if isinstance(value, str) and value in words:
        return
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be {accepted}, got {value!r}.")
    if not np.isfinite(value) or value < 0 or (positive and value == 0):
        raise ValueError(f"{name} must be {accepted}, got {value!r}.")


def check_init(init):
    if isinstance(init, str) or np.ndim(init) == 0:
        check_choice("init", init, ("spectral", "random"))


def check_kind(measurement, fit_bias):
    check_choice("measurement", measurement, MEASUREMENTS)
    if fit_bias and measurement == "matrix":
        raise ValueError(
            "fit_bias=True needs measurement='rank-one', got measurement='matrix': "
            "a bias is a 1 appended to the vectors x_i."
        )


def check_measurements(estimator, X, *, measurement, reset):
    """X as an array of rows of floats; matrices may come as (n, side, side)."""
    if measurement == "matrix" and np.ndim(X) == 3:
        X = np.asarray(X)
        if X.shape[1] != X.shape[2]:
            raise ValueError(
                "measurement='matrix' needs square matrices, shape (n, side, side), "
                f"got shape {X.shape}."
            )
        X = X.reshape(len(X), -1)
    X = validate_data(estimator, X, dtype=np.float64, reset=reset)
    side = round(np.sqrt(X.shape[1]))
    if measurement == "matrix" and side**2 != X.shape[1]:
        raise ValueError(
            "measurement='matrix' needs rows of side² numbers, vec(A_i), "
            f"got {X.shape[1]} features, which is no square."
        )
    return X


def check_responses(X, y):
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    y = column_or_1d(y, warn=True)
    y = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
    check_consistent_length(X, y)
    return y


def check_weights(sample_weight, X):
    """Weights, one a row. Rows of weight 0 are as good as missing: the mask leaves them out."""
    weights = _check_sample_weight(
        sample_weight, np.empty((len(X), 1)), dtype=np.float64, ensure_non_negative=True
    )
    keep = weights > 0
    if not keep.any():
        raise ValueError("sample_weight must have a positive entry, got zeros alone.")
    return weights, keep


def loss_of(X, y, sample_weight, *, measurement, fit_intercept, fit_bias):
    """The normalised loss of validated data, and its units."""
    weights, keep = check_weights(sample_weight, X)
    if not keep.all():
        X, y, weights = X[keep], y[keep], weights[keep]
    sensing = sensing_map(X, measurement, fit_bias=fit_bias)
    return normalised_loss(sensing, y, weights, centred=bool(fit_intercept))


def padded(U, k):
    """U with zero columns after its own, k in all."""
    return np.hstack([U, np.zeros((U.shape[0], k - U.shape[1]))])


def split_bias(U, fit_bias):
    """The rows of a factor that meet the features, and the row that meets the 1."""
    if fit_bias:
        return U[:-1], U[-1]
    return U, np.zeros(U.shape[1])
