"""Parameters of a fine-tuner that have no effect, because its input has its own."""

import warnings
from inspect import signature
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from sklearn_prune.estimators._carrier import FactoredMeasurements
from sklearn_prune.losses import LOSSES

OF_THE_INPUT = ("measurement", "fit_intercept", "fit_bias", "positive", "loss", "delta")


def warn_of_overridden(tuner: BaseEstimator, X: FactoredMeasurements) -> None:
    """Warn of each setting of the start and of the model that does not count."""
    columns = X.shape[1]
    if tuner.n_components is not None and tuner.n_components != columns:
        warnings.warn(
            f"n_components={tuner.n_components!r} has no effect: the input has {columns} columns. "
            "Set max_columns on the step that prunes it.",
            UserWarning,
        )
    if not isinstance(tuner.init, str) or tuner.init != "spectral":
        warnings.warn(
            "init has no effect: the fit starts from the factor of the input.", UserWarning
        )
    for name in OF_THE_INPUT:
        value, used = getattr(tuner, name), getattr(X, name)
        if value == used or (name == "delta" and _has_delta_of(X, value)):
            continue
        # To read the signature takes about as long as a Hessian product.
        parameters = signature(type(tuner)).parameters
        if name in parameters and value != parameters[name].default:
            warnings.warn(
                f"{name}={value!r} has no effect: the input was fitted with {name}={used!r}. "
                "Set it on the step that fits the input.",
                UserWarning,
            )


def _has_delta_of(X: FactoredMeasurements, value: Any) -> bool:
    """Whether δ is that of the input, up to rounding, or the loss of the input has no δ."""
    if not LOSSES[X.loss].has_delta:
        return True
    return value != "auto" and bool(np.isclose(value, X.delta, rtol=1e-9, atol=0.0))
