"""Checks of parameters; each raises an error that names the parameter and what is accepted."""

from collections.abc import Collection
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from sklearn_prune.losses import LOSSES
from sklearn_prune.objective import Settings
from sklearn_prune.sensing import MEASUREMENTS

# The losses of the regressors; the classifiers have one, of labels, which have no unit.
REGRESSION_LOSSES = tuple(name for name, loss in LOSSES.items() if loss.has_unit)


def check_choice(name: str, value: Any, choices: Collection[str]) -> None:
    """One of some strings."""
    if not (isinstance(value, str) and value in choices):
        raise ValueError(f"{name} must be one of {list(choices)}, got {value!r}.")


def check_count(name: str, value: Any, *, optional: bool = False) -> None:
    """An integer ≥ 1, or None if it is optional."""
    if optional and value is None:
        return
    accepted = "an integer ≥ 1" + (" or None" if optional else "")
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be {accepted}, got {value!r}.")
    if value < 1:
        raise ValueError(f"{name} must be {accepted}, got {value!r}.")


def check_number(
    name: str, value: Any, *, words: Collection[str] = (), positive: bool = False
) -> None:
    """A finite number ≥ 0, or > 0 if it must be positive, or one of some words."""
    accepted = "a finite number " + ("> 0" if positive else "≥ 0")
    accepted += "".join(f" or {word!r}" for word in words)
    if isinstance(value, str) and value in words:
        return
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be {accepted}, got {value!r}.")
    try:
        is_finite = bool(np.isfinite(float(value)))
    except OverflowError:
        is_finite = False
    if not is_finite or value < 0 or (positive and value == 0):
        raise ValueError(f"{name} must be {accepted}, got {value!r}.")


def check_flag(name: str, value: Any) -> None:
    """True or False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, got {value!r}.")


def check_verbose(verbose: Any) -> None:
    """An integer ≥ 0, or True or False."""
    if not isinstance(verbose, Integral | np.bool_):
        raise TypeError(f"verbose must be an integer ≥ 0, True or False, got {verbose!r}.")
    if verbose < 0:
        raise ValueError(f"verbose must be an integer ≥ 0, True or False, got {verbose!r}.")


def check_jobs(n_jobs: Any) -> None:
    """An integer other than 0, or None."""
    accepted = "an integer other than 0, or None"
    if n_jobs is not None and (not isinstance(n_jobs, Integral) or isinstance(n_jobs, bool)):
        raise TypeError(f"n_jobs must be {accepted}, got {n_jobs!r}.")
    if n_jobs == 0:
        raise ValueError(f"n_jobs must be {accepted}, got {n_jobs!r}.")


def check_init(init: Any) -> None:
    """A known word or an array, whose shape is checked when the data are known."""
    try:
        is_word = isinstance(init, str) or np.ndim(init) == 0
    except ValueError as error:
        raise ValueError(f"init must be a word or an array: {error}") from error
    if is_word:
        check_choice("init", init, ("spectral", "random"))


@dataclass
class FunctionSettings:
    """The `Settings` of a function, which has no estimator to hold them."""

    measurement: str
    fit_intercept: bool
    fit_bias: bool
    positive: bool
    loss: str
    delta: float | str


def check_formulation(settings: Settings, losses: Collection[str] = LOSSES) -> None:
    """The parameters of a `Formulation`; `losses` are the names that are accepted."""
    measurement, fit_bias = settings.measurement, settings.fit_bias
    check_choice("measurement", measurement, MEASUREMENTS)
    check_flag("fit_intercept", settings.fit_intercept)
    check_flag("fit_bias", fit_bias)
    check_flag("positive", settings.positive)
    check_choice("loss", settings.loss, losses)
    check_number("delta", settings.delta, words=("auto",), positive=True)
    if fit_bias and measurement == "matrix":
        raise ValueError(
            "fit_bias=True needs measurement='rank-one', got measurement='matrix': "
            "a bias is a 1 appended to the vectors x_i."
        )


def random_state_of(random_state: Any) -> np.random.RandomState:
    """The generator that a parameter `random_state` stands for."""
    try:
        return check_random_state(random_state)
    except ValueError as error:
        raise ValueError(f"random_state: {error}") from error
