"""What every estimator asks of its parameters and data."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.validation import _check_sample_weight, validate_data

from sklearn_prune.objective import Certificate, normalised_loss
from sklearn_prune.sensing import sensing_map

MEASUREMENTS = ("rank-one", "matrix")
_LARGEST = 1e120
_LARGEST_PARAMETER = 1e40


def check_choice(name, value, choices):
    if not (isinstance(value, str) and value in choices):
        raise ValueError(f"{name} must be one of {list(choices)}, got {value!r}.")


def check_count(name, value, *, optional=False):
    if optional and value is None:
        return
    accepted = "an integer ≥ 1" + (" or None" if optional else "")
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be {accepted}, got {value!r}.")
    if value < 1:
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


def check_kind(measurement, fit_intercept, fit_bias):
    check_choice("measurement", measurement, MEASUREMENTS)
    for name, value in (("fit_intercept", fit_intercept), ("fit_bias", fit_bias)):
        if not isinstance(value, bool | np.bool_):
            raise TypeError(f"{name} must be True or False, got {value!r}.")
    if fit_bias and measurement == "matrix":
        raise ValueError(
            "fit_bias=True needs measurement='rank-one', got measurement='matrix': "
            "a bias is a 1 appended to the vectors x_i."
        )


def check_measurements(estimator, X, *, measurement, reset):
    """X as an array of rows of floats, float32 kept; matrices may come as (n, side, side)."""
    if measurement == "matrix" and np.ndim(X) == 3:
        X = np.asarray(X)
        if X.shape[1] != X.shape[2]:
            raise ValueError(
                "measurement='matrix' needs square matrices, shape (n, side, side), "
                f"got shape {X.shape}."
            )
        X = X.reshape(len(X), X.shape[1] ** 2)
    X = validate_data(estimator, X, dtype=[np.float64, np.float32], reset=reset)
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
    if len(y) != len(X):
        raise ValueError(
            f"y must have one entry for each of the {len(X)} rows of X, got {len(y)}: "
            "inconsistent numbers of samples."
        )
    return y


def check_weights(sample_weight, X):
    """Weights, one a row. Rows of weight 0 are as good as missing: the mask leaves them out."""
    weights = _check_sample_weight(
        sample_weight, np.empty((len(X), 1)), dtype=np.float64, ensure_non_negative=True
    )
    keep = weights > 0
    if not keep.any():
        raise ValueError("sample_weight must have a positive entry, got zeros alone.")
    check_magnitude("sample_weight", weights.max())
    return weights, keep


def check_magnitude(name, largest):
    """Squares and products of numbers up to this size must be numbers."""
    if largest and not 1.0 / _LARGEST <= largest <= _LARGEST:
        raise ValueError(
            f"{name} must be scaled so that its largest entry is between {1 / _LARGEST:.0e} and "
            f"{_LARGEST:.0e}, got {largest:.1e}."
        )


def normalised(name, value, unit):
    """A parameter in normalised units, where it must be 0 or of a size that can be worked with."""
    scaled = float(value / unit)
    if scaled and not 1.0 / _LARGEST_PARAMETER <= scaled <= _LARGEST_PARAMETER:
        raise ValueError(
            f"{name}={value!r} is out of all proportion to the data: it must be 0 or between "
            f"{unit / _LARGEST_PARAMETER:.1e} and {unit * _LARGEST_PARAMETER:.1e}."
        )
    return scaled


def loss_of(X, y, sample_weight, *, measurement, fit_intercept, fit_bias):
    """The normalised loss of validated data, and its units."""
    weights, keep = check_weights(sample_weight, X)
    if not keep.all():
        X, y, weights = X[keep], y[keep], weights[keep]
    sensing = sensing_map(X, measurement, fit_bias=fit_bias)
    check_magnitude("X", sensing.largest_entry)
    check_magnitude("y", np.abs(y).max())
    return normalised_loss(sensing, y, weights, centred=bool(fit_intercept))


def certificate_in(units, certificate):
    """A certificate of the normalised problem in the caller's units."""
    return Certificate(
        gradient_norm=float(certificate.gradient_norm * units.gradient),
        top_residual_eigenvalue=float(certificate.top_residual_eigenvalue * units.level),
        tau=float(certificate.tau * units.level),
        holds=certificate.holds,
    )


def padded(U, k):
    """U with zero columns after its own, k in all."""
    return np.hstack([U, np.zeros((U.shape[0], k - U.shape[1]))])


def split_bias(U, fit_bias):
    """The rows of a factor that meet the features, and the row that meets the 1."""
    if fit_bias:
        return U[:-1], U[-1]
    return U, np.zeros(U.shape[1])
