"""Random calls of the whole public interface, each held against the documented formulas.

``python tests/fuzz.py [--calls 10000] [--first 0] [--jobs 2]``, or ``--seed K`` for one call with
its traceback. A call must end in a ValueError or TypeError that names an argument, or in finite
attributes that agree with the definitions, which are computed here in extended precision. Anything
else is a bad ending: another error, a RuntimeWarning, more than 10 seconds of processor time, a
changed input, attributes that changed although the fit failed.
"""

import argparse
import contextlib
import io
import multiprocessing
import os
import pickle
import re
import signal
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

# Many small calls: threads of the linear algebra would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from sklearn.base import is_classifier
from sklearn.model_selection import KFold, ShuffleSplit
from sklearn.pipeline import Pipeline

import sklearn_prune as sp
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.inspection import (
    ColumnNormDisplay,
    ConvergenceDisplay,
    PruningPathDisplay,
    rank_guarantee,
)

try:
    import polars
except ImportError:
    polars = None

SECONDS = 10.0
# Rounding of sums, over the sum of the absolute values of what is added; and of losses, which the
# package may compute from moments.
ROUNDING, ROUNDING_OF_LOSS = 1e-10, 1e-12
SMALLEST = 1e-318
LONG = np.longdouble


class BadEnding(Exception):
    """A call that ended neither in a proper error nor in what it promises."""


class OutOfTime(BaseException):
    """A call that takes too long; no handler for errors may catch it."""


# --- Definitions ----------------------------------------------------------------------------------


def numbers(values: Any) -> np.ndarray:
    """What an array-like of numbers means."""
    return np.asarray(np.asarray(values.toarray() if hasattr(values, "toarray") else values), float)


def norm(values: Any) -> Any:
    return np.sqrt((np.asarray(values) ** 2).sum())


def top_eigenvalue(R: np.ndarray) -> Any:
    unit = np.abs(R).max() or LONG(1)
    return unit * np.linalg.eigvalsh((R / unit).astype(float))[-1]


def ascent_rate(R: np.ndarray, *, positive: bool) -> Any:
    return top_eigenvalue(R) if positive else max(top_eigenvalue(R), top_eigenvalue(-R))


def equal(name: str, value: Any, definition: Any, relative: float = 0.0, absolute: Any = 0) -> None:
    """Raise unless a value is finite and within these bounds of what it is by definition."""
    if getattr(value, "dtype", None) == np.float32:
        # Rows of float32 give results of float32.
        relative = max(relative, 2.0 * np.finfo(np.float32).eps)
        absolute = np.maximum(absolute, np.finfo(np.float32).tiny)
    value, definition = np.asarray(value, LONG), np.asarray(definition, LONG)
    if value.shape != definition.shape:
        raise BadEnding(f"{name} has shape {value.shape}, by definition {definition.shape}")
    bound = relative * np.abs(definition) + absolute + SMALLEST
    if not np.all(np.abs(value) <= np.finfo(float).max):
        raise BadEnding(f"{name} is not finite: {value.ravel()[:5]}")
    if not np.all(np.abs(value - definition) <= bound):
        worst = np.argmax(np.abs(value - definition) / bound)
        found, wanted = value.ravel()[worst], definition.ravel()[worst]
        raise BadEnding(f"{name} is {found:.10g}, by definition {wanted:.10g}, [{name}]")


def median(values: np.ndarray, weights: np.ndarray) -> Any:
    """The weighted median, between two values where the weights below one of them are a half."""
    order = np.argsort(values)
    values, below = values[order], np.cumsum(weights[order]) / weights.sum()
    return (values[below >= 0.5 - 1e-12][0] + [*values[below > 0.5 + 1e-12], values[-1]][0]) / 2


def rounding_of(values: np.ndarray) -> float:
    """Of sums of these values; rows of float32 give results of float32."""
    return max(ROUNDING, 4.0 * np.finfo(values.dtype).eps)


class Data:
    """The measurements as matrices ``sym A_i``, and the weighted samples with their units."""

    def __init__(self, X: Any, measurement: str, *, fit_bias: bool) -> None:
        X = numbers(X).astype(LONG)
        X = X.reshape(len(X), -1)
        if measurement == "rank-one":
            X = np.column_stack([X, np.ones(len(X))]) if fit_bias else X
            A = X[:, :, None] * X[:, None, :]
        else:
            A = X.reshape(len(X), *2 * [round(np.sqrt(X.shape[1]))])
        self.all_A, self.all_absolute = (A + A.transpose(0, 2, 1)) / 2, np.abs(A)
        self.all_rows = X[:, None, :] if measurement == "rank-one" else self.all_A

    def weighted(self, y: Any, w: Any, *, fit_intercept: bool, loss: str) -> "Data":
        """With responses and weights; samples of weight zero count for nothing."""
        y = numbers(y).astype(LONG).ravel()
        w = np.full(len(y), 1.0 if w is None else w) if np.ndim(w) == 0 else numbers(w)
        kept, self.fit_intercept = w > 0, fit_intercept
        self.A, self.absolute, self.y = self.all_A[kept], self.all_absolute[kept], y[kept]
        self.w = w[kept].astype(LONG) / w[kept].astype(LONG).sum()
        self.sizes = np.sqrt((self.absolute**2).sum(axis=(1, 2)))
        largest = np.abs(self.y).max() or LONG(1)
        rms = norm(np.sqrt(self.w) * (self.y - (self.w @ self.y if fit_intercept else 0)))
        self.spread = rms if rms > 1e-15 * largest else largest
        # Between the two it is undetermined whether y is a constant; so with the span and κ.
        self.units_known = bool(rms > 1e-13 * largest or rms < 1e-17 * largest)
        if loss == "huber":
            location = median(self.y, self.w) if fit_intercept else LONG(0)
            deviations = np.abs(self.y - location)
            mad = median(deviations, self.w)
            self.spread = LONG(1.4826) * mad
            # Otherwise most responses may be equal, or nearly.
            self.units_known = bool(mad > 1e-12 * np.abs(self.y).max())
        rows = (np.sqrt(self.w)[:, None, None] * self.all_rows[kept]).reshape(-1, self.A.shape[2])
        rms = np.sqrt((rows**2).sum(axis=0))
        values = np.linalg.svd((rows / np.where(rms > 0, rms, 1)).astype(float), compute_uv=False)
        values = values / (values[0] or 1.0)
        self.units_known &= not np.any((rms > 0) & (rms < 1e-80 * rms.max()))
        self.units_known &= not np.any((values > 1e-12) & (values < 1e-4))
        span = max(1, int(np.sum(values > 1e-5)))
        mean = np.tensordot(self.w, self.A, 1) if fit_intercept else 0
        kappa = self.w @ ((self.A - mean) ** 2).sum(axis=(1, 2)) / (span * (span + 1) // 2)
        self.units_known &= bool(kappa > 1e-8 * (self.w @ self.sizes**2))
        self.root_kappa = np.sqrt(kappa) or LONG(1)
        return self

    def huber_location(self, delta: Any) -> Any:
        """Where responses that are clipped to δ on either side have mean zero."""
        low, high = self.y.min(), self.y.max()
        for _ in range(400):
            c = (low + high) / 2
            low, high = (c, high) if self.w @ np.clip(self.y - c, -delta, delta) > 0 else (low, c)
        return low

    def tied_beta(self, alpha: Any) -> Any:
        return (LONG(alpha) / (2 * self.root_kappa**2)) ** (LONG(2) / 3)


class Point:
    """A factor and an offset: predictions, loss and R, each with the size of its rounding errors.

    The sums of absolute values are those that a rotation of the columns can produce.
    """

    def __init__(
        self, data: Data, U: np.ndarray, intercept: Any, signs: Any = 1, delta: float = np.inf
    ) -> None:
        self.data, self.U, self.intercept = data, U.astype(LONG), LONG(intercept)
        self.Z = self.U * signs
        sizes = np.sqrt((self.U**2).sum(axis=1))
        self.columns = np.einsum("iab,aj,bj->ij", data.all_A, self.U, self.Z)
        self.predictions = self.columns.sum(axis=1) + self.intercept
        self.terms = data.all_absolute @ sizes @ sizes + np.abs(self.intercept)
        self.s = (self.U**2).sum(axis=0)
        if not hasattr(data, "y"):
            return
        images = np.einsum("iab,aj,bj->i", data.A, self.U, self.Z)
        terms = np.abs(data.y) + np.abs(self.intercept) + data.absolute @ sizes @ sizes
        self.best_offset, self.largest_offset = data.w @ (data.y - images), data.w @ terms
        residuals, self.delta = data.y - images - self.intercept, LONG(delta)
        e = np.clip(residuals, -self.delta, self.delta)
        self.mse, self.largest_loss = data.w @ (e * (2 * residuals - e)), data.w @ terms**2
        self.pull = data.w @ e
        self.R = np.tensordot(data.w * e, data.A, 1)
        # The package may compute R from sums over all samples.
        self.largest_R = np.sqrt(self.largest_loss * (data.w @ data.sizes**2))

    def check_fit(self, loss_name: str, loss: float, penalty: Any = 0, start: float = 0.0) -> None:
        """The offset is the best one, or zero; the loss is the mean of its definition.

        Columns that cancel have left the rounding errors of their start, with this loss.
        """
        if self.data.fit_intercept and np.isfinite(self.delta):
            equal("what pulls at the intercept", self.pull, 0, 0, ROUNDING * self.largest_offset)
        else:
            best = self.best_offset if self.data.fit_intercept else 0
            equal("intercept", self.intercept, best, 0, ROUNDING * self.largest_offset)
        rounding = ROUNDING_OF_LOSS * self.largest_loss
        rounding += ROUNDING * np.sqrt(self.mse * LONG(start))
        equal(loss_name, loss, self.mse + penalty, 1e-6, rounding)

    def check_certificate(
        self, found: Any, alpha: Any, beta: Any, tol: float, k: int, *, positive: bool
    ) -> None:
        """The certificate by explicit gradient and eigenvalues."""
        alpha, beta, s = LONG(alpha), LONG(beta), self.s
        pull = alpha * self.U * (s + 2 * beta) / (s + beta) ** LONG(1.5) if alpha else 0 * self.U
        rounding = ROUNDING * (4 * self.largest_R * norm(self.U) + norm(pull))
        equal(
            "gradient_norm", found.gradient_norm, norm(pull - 4 * self.R @ self.Z), 1e-6, rounding
        )
        top, slack = ascent_rate(self.R, positive=positive), ROUNDING * self.largest_R
        equal("top_residual_eigenvalue", found.top_residual_eigenvalue, top, 1e-6, slack)
        tau = alpha / (2 * np.sqrt(beta)) if alpha else LONG(0)
        equal("tau", found.tau, tau, 1e-7)
        if not self.data.units_known:
            return
        unit = self.data.spread * self.data.root_kappa
        unit_of_gradient = self.data.spread ** LONG(1.5) * np.sqrt(self.data.root_kappa)
        bound = max(tau * (1 + LONG(tol)), LONG(tol) * unit) + slack
        excess = found.gradient_norm / (LONG(tol) * unit_of_gradient)
        if np.sum(s > 0) < k:
            excess = max(excess, top / bound)
        curvature = getattr(found, "smallest_curvature", 0.0)
        margin = 1e-6 + slack / bound
        if abs(excess - 1) > margin and found.holds != (excess <= 1) and curvature >= 0:
            raise BadEnding(f"holds is {found.holds}, condition over bound {float(excess):.9g}")


def check_finite(owner: Any) -> None:
    """All fitted attributes are finite, those of the certificate too."""
    for name, value in vars(owner).items():
        if name == "certificate_":
            check_finite(value)
        fitted = name.endswith("_") or not hasattr(owner, "get_params")
        is_number = isinstance(value, float | np.floating | np.ndarray)
        is_float = (
            is_number
            and np.asarray(value).dtype.kind == "f"
            and name not in ("smallest_curvature", "delta_", "delta")
        )
        if fitted and is_float and not np.all(np.isfinite(value)):
            raise BadEnding(f"{name} is not finite: {np.ravel(value)[:5]}")


def check_delta(draw: "Draw", delta: float, data: Data) -> None:
    """δ is the given one, or at least a hundredth of the spread; infinite for another loss."""
    if draw.loss != "huber":
        equal("1 / delta", 1 / delta, 0)
    elif not isinstance(draw.delta, str):
        equal("delta", delta, float(draw.delta), 1e-9)
    elif not np.isfinite(delta) or (data.units_known and delta < 0.0099 * data.spread):
        raise BadEnding(f"delta is {delta}, the spread of y {data.spread}")


def check_factor(
    draw: "Draw", factor: np.ndarray, bias: np.ndarray, signs: np.ndarray
) -> np.ndarray:
    """The factor with its biases: orthogonal columns, the longest first; and its signs."""
    if not draw.fit_bias:
        equal("bias", bias, np.zeros(factor.shape[1]))
    U = np.vstack([factor, bias]) if draw.fit_bias else factor
    gram = U.astype(LONG).T @ U.astype(LONG)
    lengths = np.sqrt(np.diag(gram))
    if np.any(np.abs(gram - np.diag(np.diag(gram))) > 1e-8 * gram.max(initial=0) + SMALLEST):
        raise BadEnding(f"columns are not orthogonal: {gram}")
    if np.any(np.diff(lengths) > 1e-9 * lengths.max(initial=0)):
        raise BadEnding(f"columns are not the longest first: {lengths}")
    equal("signs", np.abs(signs), np.any(U != 0, axis=0))
    if draw.positive and np.any(signs < 0):
        raise BadEnding(f"signs are negative with positive=True: {signs}")
    return U


# --- Draws ----------------------------------------------------------------------------------------

# fmt: off
HUGE = 10**400
COUNTS = [1, 2, 3, 5, np.int64(4), np.int32(7)]
NUMBERS = [Fraction(1, 10), np.float32(0.1), np.float64(0.02), np.int64(1), 1, 0.5, np.float16(0.1)]
EXTREMES = [1e300, 1e-300, 5e-324, HUGE, Fraction(1, HUGE), 2.9e73]
WORDS = ["0.1*max", "mean", "1.25*median", " 2 * mean", "1e-3*max", "max", "0*median", "1e308*max"]
BAD_COUNTS = [0, -1, 1.5, "a", True, np.nan, Decimal(2), [1]]
BAD_NUMBERS = [-1, np.nan, np.inf, "much", None, True, [0.1], 1j, Decimal("0.1"), Fraction(-1, 3)]
BAD: dict[str, list[Any]] = {
    "n_components": BAD_COUNTS, "max_columns": BAD_COUNTS, "alpha": BAD_NUMBERS,
    "max_iter": [*BAD_COUNTS, None], "n_alphas": [*BAD_COUNTS, None],
    "min_columns": [*BAD_COUNTS, None], "n_samples": [*BAD_COUNTS, None],
    "dim": [*BAD_COUNTS, None],
    "noise": BAD_NUMBERS, "condition_number": [*BAD_NUMBERS, 0.5, 0], "rank": [-1, 1.5, "a", 99],
    "negative": [-1, 1.5, "a", 99, True],
    "beta": [*BAD_NUMBERS, 0, 0.0], "tol": [*BAD_NUMBERS, 0, "auto"],
    "eps": [*BAD_NUMBERS, 0, 1, 2.0, 1e-300, HUGE], "confidence": [*BAD_NUMBERS, 0, 1, HUGE],
    "threshold": [-1, np.nan, np.inf, "x", "*max", "", None, [1.0], "-1*max", "inf*max", "2*auto"],
    "measurement": ["rank", None, 3, ["matrix"], np.array(["matrix", "rank-one"])],
    "fit_intercept": ["yes", None, 1, 0.0, [True]], "fit_bias": ["yes", None, 1, 0.0, [True]],
    "positive": ["yes", None, 1, 0.0, [True]], "loss": ["absolute", "Huber", None, 2, ["huber"]],
    "delta": [*BAD_NUMBERS, 0, 0.0],
    "init": ["svd", None, 3, np.ones((1, 11)), [[np.nan]], 1j * np.eye(3), "", [[], [1]], [["a"]]],
    "shrinkage": [-0.1, 1.5, "much", None, True, float("nan")],
    "solver": ["newton", None, 2, ["gd"]], "random_state": ["a", -1, 1.5, [1.5], 2**40],
    "cv": [1, 0, "a", 1.5, [], [([], [0])], [([0], [])], [([0], [999])], [(0,)], [0, 1], True],
    "alphas": [[], [0.0], [-1.0, 1.0], [np.nan], "a", [[1.0]], 0.1, [None], ["a"], [np.inf], [1j]],
}
GOOD: dict[str, list[Any]] = {
    "max_iter": [1, 2, 5, 20, 60, np.int32(40)], "n_alphas": [1, 2, 4, np.int64(3)],
    "tol": [1e-12, 1e-8, 1e-8, 1e-4, 1e-2, 1, Fraction(1, 1000), np.float32(1e-5), 1e300, 1e-300],
    "eps": [1e-3, 0.5, Fraction(1, 9), 1e-12],
    "shrinkage": [0.0, 1e-3, 0.3, 1.0],
    "solver": ["gd", "scaled-gd", "gauss-newton", "lbfgs"],
    "min_columns": COUNTS, "max_columns": [None, None, *COUNTS],
    "threshold": ["auto"] * 5 + ["paper", 0, *WORDS, *NUMBERS, *EXTREMES],
    "confidence": [0.5, 0.99, Fraction(1, 2), 1e-300],
    "n_samples": COUNTS, "dim": [5, 6, np.int64(7)], "rank": [0, 1, 3, np.int64(2)],
    "negative": [0, 1, np.int64(2)],
    "noise": [0, 0.1, Fraction(1, 3), np.float32(1), 1e300],
    "condition_number": [1, 4.0, 1e300, np.int64(3), Fraction(9, 2)],
}
# Read only where something random is needed, so that a bad value may go unnoticed.
READ_LATE = ("random_state",)
FORMULATION = ["measurement", "fit_intercept", "fit_bias", "positive", "loss", "delta"]
OF_CLASSIFIERS = FORMULATION[:4]
DATA = ["X", "X", "y", "y", "sample_weight", "sample_weight"]
COMMON = ["n_components", "max_iter", "tol"]
# fmt: on


class Draw:
    """All that is random in a call: settings, data, and at most one argument that is bad."""

    def __init__(self, seed: int) -> None:
        self.rng, self.fault, self.log = np.random.default_rng(seed), "", ""
        # For settings that draw from the global state.
        np.random.seed(seed % 2**32)  # noqa: NPY002

    def pick(self, values: Any) -> Any:
        return values[self.rng.integers(len(values))]

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def settings(self, names: list[str], skip: float = 0.25, **good: list[Any]) -> dict[str, Any]:
        """A value for each parameter; now and then none, and a bad one for the fault."""
        drawn = {name: self.pick(good.get(name) or self.good(name)) for name in names}
        drawn = {k: v for k, v in drawn.items() if k == self.fault or not self.chance(skip)}
        if self.fault in drawn:
            drawn[self.fault] = self.pick(BAD[self.fault])
        self.log += ", ".join(f"{k}={v!r:.50}" for k, v in drawn.items()) + "; "
        return drawn

    def good(self, name: str) -> list[Any]:
        """Good values of a parameter, some of which depend on the data."""
        if name == "n_components":
            return [None, None, 1, 2, self.side, 2 * self.side, np.int64(3)]
        if name == "random_state":
            return [None, 0, 1, np.random.RandomState(0)]
        if name == "alpha":
            given = [self.alphas(), self.alphas(), NUMBERS, [0, 0.0, *EXTREMES]]
            return self.pick([["auto"], *given])
        if name == "beta":
            return ["auto"] * 6 + [self.pick(EXTREMES), *self.alphas()[1:4]]
        if name == "alphas":
            a = self.alphas()
            grids = [a[1:2], a[1:3][::-1], np.array(a[:3]), pd.Series(a[1:3]), (1, 1), [5e-324]]
            return [None] * 6 + [*grids, [HUGE], a[2:3] * 2]
        return GOOD[name]

    def alphas(self) -> list[float]:
        """Alphas that fit the size of the data, and one that does not."""
        with np.errstate(all="ignore"):
            A = np.abs(self.X0).max() ** (1 if self.measurement == "matrix" else 2)
            unit = float(np.clip(np.abs(self.y0).max() ** 1.5 * A**0.5, 1e-290, 1e290))
        return [1e-3 * unit, 0.1 * unit, 0.5 * unit, 3 * unit, 1e-6 * unit, 1e8 * unit]

    def init(self, k: Any) -> list[Any]:
        """Values of `init`."""
        rows = self.side + self.fit_bias
        start = self.rng.standard_normal((rows, int(k or rows)))
        arrays = [start, start.tolist(), 0 * start, np.ones(start.shape, int), pd.DataFrame(start)]
        return (
            ["spectral"] * 5
            + ["random"] * 2
            + arrays
            + [start * 10.0 ** self.pick([60, -60, -310])]
        )

    def formulation(self, faults: list[str]) -> dict[str, Any]:
        """Measurement, offset and bias; and which argument is to be bad, if any."""
        self.fault = self.pick(faults) if self.chance(0.25) else ""
        self.measurement = self.pick(["rank-one", "rank-one", "matrix"])
        self.fit_intercept = self.chance(0.4)
        self.fit_bias = self.measurement == "rank-one" and self.chance(0.3)
        self.positive = self.chance(0.6)
        flag = self.pick([bool, bool, np.bool_])
        flags = [self.fit_intercept, self.fit_bias, self.positive]
        self.loss = self.pick(["squared_error"] * 2 + ["huber"])
        self.delta = self.pick(["auto"] * 4 + [*NUMBERS, 1e-4, 1e4])
        values = [[self.measurement], *([flag(value)] for value in flags), [self.loss]]
        values.append([self.delta])
        return self.settings(FORMULATION, 0.0, **dict(zip(FORMULATION, values, strict=True)))

    def data(self) -> tuple[Any, Any, Any]:
        """X, y and sample_weight in any shape and type."""
        rng = self.rng
        n = self.pick([1, 2, 3, int(rng.integers(1, 12)), *map(int, rng.integers(5, 60, 5))])
        self.side = int(rng.integers(1, 6 if self.measurement == "matrix" else 9))
        d = self.side**2 if self.measurement == "matrix" else self.side
        X = rng.standard_normal((n, d))
        hot = np.eye(d)[rng.integers(0, d, n)]
        others = [rng.integers(-1, 2, (n, d)), hot, hot - hot[::-1], np.ones((n, d))]
        others += [rng.standard_cauchy((n, d)), np.arange(n * d).reshape(n, d)]
        X = X if self.chance(0.5) else self.pick(others).astype(float)
        U, noise = rng.standard_normal((d, 2)), rng.standard_normal(n)
        signal = [(X @ U[:, 0]) ** 2 + 0.1 * noise, ((X @ U) ** 2).sum(axis=1)]
        others = [noise, np.zeros(n), np.full(n, 3.3), -np.abs(noise), noise > 0, np.arange(n)]
        y = self.pick(signal if self.chance(0.6) else [*others, 1e8 + noise]).astype(float)
        # fmt: off
        w = None if self.chance(0.4) else self.pick([
            np.ones(n), np.full(n, 3.7), rng.integers(0, 3, n), rng.uniform(0.5, 2, n), 2.0, 0.0,
            10.0 ** rng.uniform(-12, 0, n), np.where(rng.random(n) < 0.3, 0.0, 1.0), noise > 0,
            np.full(n, 1e-300), np.full(n, 5e-324), np.full(n, 1e119), list(rng.uniform(0, 1, n)),
            np.full(n, 1e-100), rng.uniform(0, 1, n).astype(np.float32),
        ])
        with np.errstate(all="ignore"):
            self.X0, self.y0 = X, y = self.spoiled(X), self.spoiled(y[:, None]).ravel()
        X, y = self.contained(X), self.contained(y)
        if self.measurement == "matrix" and isinstance(X, np.ndarray) and self.chance(0.3):
            X = X.reshape(n, self.side, self.side)
        part = np.where(np.arange(n * d).reshape(n, d) == rng.integers(n * d), np.nan, 1.0)
        if self.fault == "X":
            X = self.pick([
                None, "abc", 3.0, {}, part[0] * 0, np.zeros((0, 3)), np.zeros((n, 0)), part + 1j,
                np.zeros((n, 2, 2, 2)), np.zeros((n, 2, 3)), [[1], [1, 2]], part, part - np.inf,
                [["a"]] * n, np.full((n, 4), "a"), np.full((n, 4), None), np.zeros((n, 4), "V8"),
            ])
        if self.fault == "y":
            y = self.pick([
                None, "abc", 3.0, {}, np.zeros((n, 2)), np.zeros(n + 1), np.zeros(0),
                part[:, 0] - np.inf, np.full(n, np.nan), ["a"] * n, [None] * n, 1j * noise,
                [[1.0]] * n + [[1.0, 2.0]],
            ])
        if self.fault == "sample_weight":
            w = self.pick([
                np.zeros(n), -np.ones(n), np.full(n, np.nan), np.full(n, np.inf), np.ones(n + 1),
                np.ones((n, 1)), "abc", ["a"] * n, [], -1.0, np.nan, 1j * noise, {},
            ])
        # fmt: on
        for a in (X, y, w):
            self.log += f"{type(a).__name__} {getattr(a, 'dtype', '')}{getattr(a, 'shape', '')}, "
        return X, y, w

    def labels(self) -> Any:
        """Labels of two classes that go with y, some of them wrong; there may be one class only."""
        middle = np.sort(self.y0)[len(self.y0) // 2]
        is_second = (self.y0 > middle) ^ (self.rng.random(len(self.y0)) < 0.2)
        self.codes = is_second.astype(LONG)
        values = [(0, 1), (0.0, 1.0), (-1, 1), (False, True), ("a", "b"), (3.0, 1e9)]
        labels = np.array(self.pick(values))[is_second.astype(int)]
        if labels.dtype.kind == "U" and self.chance(0.3):
            # scikit-learn takes no numbers for labels that are objects.
            return labels.astype(object)
        return self.pick([labels, labels.tolist(), pd.Series(labels)])

    def spoiled(self, X: np.ndarray) -> np.ndarray:
        """With columns, rows and sizes as they should not be."""
        rng, (n, d) = self.rng, X.shape
        i, j, row = rng.integers(d), rng.integers(d), rng.integers(n)
        sizes = [1e-100, 1e100, 1e117, 1e-117, 1e119, 1e-310, 1e300, 1e-60]
        tricks: list[Callable[[], Any]] = [
            lambda: X.__setitem__((slice(None), i), X[:, j]),
            lambda: X.__setitem__((slice(None), i), self.pick([0.0, 2.5])),
            lambda: X.__setitem__((row, i), self.pick([1e12, 5e-324])),
            lambda: X.__setitem__(row, 0.0),
            lambda: X.__setitem__(slice(None), X[rng.integers(0, n, n)]),
            lambda: X.__imul__(10.0 ** rng.uniform(-8, 8, d)),
            lambda: X.__imul__(10.0 ** rng.uniform(-100, 100)),
            lambda: X.__imul__(self.pick(sizes)),
        ]
        while self.chance(0.3):
            self.pick(tricks)()
        return X

    def contained(self, values: np.ndarray) -> Any:
        """The same numbers, or what is left of them, in another container."""
        flat = values.ndim == 1
        names = None if flat else [f"f{i}" for i in range(values.shape[1])]
        integers = [np.int8, np.int16, np.int32, np.int64, np.uint8]
        kinds: list[Callable[[], Any]] = [
            lambda: np.asfortranarray(values),
            lambda: np.repeat(values, 2, axis=-1)[..., ::2],
            lambda: values[::-1].copy()[::-1],
            lambda: values.tolist(),
            lambda: pd.Series(values, dtype="Float64") if flat else pd.DataFrame(values),
            lambda: pd.Series(values) if flat else pd.DataFrame(values, columns=names),
            lambda: values.astype(self.pick([np.float32, np.float16, LONG, ">f8", bool])),
            lambda: np.clip(values, -100, 100).astype(self.pick(integers)),
            lambda: values.astype(self.pick([object, str])),
            lambda: values if flat else csr_array(values),
            lambda: np.ma.masked_array(values),
            lambda: np.memmap(self.file(), values.dtype, "w+", shape=values.shape),
        ]
        if polars is not None:
            kinds.append(lambda: polars.Series(values) if flat else polars.from_numpy(values))
        with np.errstate(all="ignore"):
            contained = values if self.chance(0.5) else self.pick(kinds)()
        if isinstance(contained, np.memmap):
            contained[:] = values
        if isinstance(contained, np.ndarray) and self.chance(0.3):
            contained.flags.writeable = False
        return contained

    def file(self) -> Any:
        return tempfile.TemporaryFile()

    def reference(self, X: Any, y: Any, w: Any) -> Data:
        data = Data(X, self.measurement, fit_bias=self.fit_bias)
        return data.weighted(y, w, fit_intercept=self.fit_intercept, loss=self.loss)


# --- Endings --------------------------------------------------------------------------------------

WORDS_FOR = {
    "X": r"\bX\b|\b[Ii]nput\b|\barray\b|features?\b|samples?\b|[Ss]parse|\b[Cc]omplex\b",
    "y": r"\by\b|target|\b[Cc]omplex\b",
    "sample_weight": r"[Ss]ample.weights?",
}


def fingerprint(*values: Any) -> list[bytes]:
    """The content of arguments, to see whether they were changed."""
    arrays = np.ndarray | pd.DataFrame | pd.Series
    return [np.asarray(a).tobytes() if isinstance(a, arrays) else pickle.dumps(a) for a in values]


def describe(error: BaseException) -> str:
    """The error in one line, with the place in the package that raised it."""
    if isinstance(error, BadEnding):
        return str(error)
    own = [f for f in traceback.extract_tb(error.__traceback__) if "/sklearn_prune/" in f.filename]
    place = f"{own[-1].filename.rpartition('/sklearn_prune/')[2]}:{own[-1].lineno}" if own else "-"
    return f"{type(error).__name__}: {' '.join(str(error).split()):.150} @ {place}"


def attempt(draw: Draw, call: Callable[[], Any], names: list[str], *data: Any) -> Any:
    """The result of a call, or None where it ended in an error that names an argument."""
    words = [rf"\b{name}\b" for name in (*names, *WORDS_FOR)] + [WORDS_FOR["sample_weight"]]
    # A second argument may be bad by chance, but words like "array" are too vague for it.
    words += [WORDS_FOR[name] for name in WORDS_FOR if draw.fault in ("", name)]
    before, result = fingerprint(*data), None
    try:
        result = call()
    except (ValueError, TypeError) as error:
        last = traceback.extract_tb(error.__traceback__)[-1].filename
        if re.search(r"/(numpy|scipy)/", last) or not re.search("|".join(words), str(error)):
            raise BadEnding(f"unclear {describe(error)} [{draw.fault}]") from error
    else:
        if draw.fault and draw.fault not in READ_LATE:
            raise BadEnding(f"a bad {draw.fault} was accepted")
    if fingerprint(*data) != before:
        raise BadEnding("an argument was written to")
    return result


def fit(draw: Draw, model: Any, X: Any, y: Any, w: Any, **weights: Any) -> bool:
    """Whether a model was fitted; the parameters, and the model if it fails, do not change."""
    if hasattr(model, "max_iter") and draw.chance(0.1):
        # It has the attributes of another fit.
        parameters = model.get_params()
        vars(model).update(vars(type(model)(max_iter=3)))
        responses = np.arange(10) % 2 if is_classifier(model) else np.arange(10.0)
        model.fit(np.arange(20.0).reshape(10, 2) ** 0.5, responses).set_params(**parameters)
    before, parameters = dict(vars(model)), model.get_params()
    weights = weights or ({} if w is None else {"sample_weight": w})
    names = [name.rpartition("__")[2] for name in parameters]
    fitted = attempt(draw, lambda: model.fit(X, y, **weights), names, X, y, w)
    after, now = vars(model), model.get_params()
    # A Pipeline replaces its list of steps.
    if any(now[name] is not value for name, value in parameters.items() if name != "steps"):
        raise BadEnding("a parameter was changed by fit")
    if fitted is None:
        same = after.keys() == before.keys() and all(after[k] is before[k] for k in before)
        if not same and not isinstance(model, Pipeline):
            raise BadEnding("a fit that failed changed the model")
    elif hasattr(model, "predict") and draw.chance(0.1):
        copied = pickle.loads(pickle.dumps(model))
        if not np.array_equal(copied.predict(X), model.predict(X)):
            raise BadEnding("predictions differ after pickling")
    return fitted is not None


# --- Calls ----------------------------------------------------------------------------------------


def check_predictions(point: Point, predictions: np.ndarray) -> None:
    equal("predict", predictions, point.predictions, 0, ROUNDING * point.terms)


def check_sensing(draw: Draw, model: Any, data: Data, X: Any) -> None:
    """A fitted `GroupLassoMatrixSensing`, or CV, against its definition."""
    check_finite(model)
    U = check_factor(draw, model.factor_, model.bias_, model.signs_)
    k = model.n_components or len(U)
    if U.shape != (data.all_A.shape[1], k) or model.n_iter_ > model.max_iter:
        raise BadEnding(f"factor_ has shape {model.factor_.shape}, n_iter_ is {model.n_iter_}")
    point = Point(data, U, model.intercept_, model.signs_, model.delta_)
    check_delta(draw, model.delta_, data)
    alpha, beta = model.alpha_, LONG(model.beta_)
    given = getattr(model, "alpha", "auto"), getattr(model, "beta", "auto")
    if not isinstance(given[0], str):
        equal("alpha_", alpha, float(given[0]), 1e-9)
    if not isinstance(given[1], str):
        equal("beta_", beta, float(given[1]), 1e-9)
    elif alpha > 0 and data.units_known:
        equal("beta_", beta, data.tied_beta(alpha), 1e-6)
    penalty = LONG(alpha) * np.sum(point.s / np.sqrt(point.s + beta)) if alpha else 0
    point.check_fit("objective_", model.objective_, penalty)
    equal("column_norms_", model.column_norms_, np.sqrt(point.s), 1e-9)
    equal("rank_", model.rank_, np.sum(point.s > 0))
    living = model.column_norms_[model.column_norms_ > 0]
    # Where the search shows fewer columns than the fit keeps, the threshold leaves as many.
    search = getattr(model, "rank_search_", None)
    least = living.max() if search is not None and len(living) else living.min(initial=np.inf)
    if model.rank_ and not 0 < model.prune_threshold_ <= least:
        raise BadEnding(f"prune_threshold_ is {model.prune_threshold_}, not above 0, to {least}")
    tol = float(model.tol)
    if alpha and data.units_known:
        # As documented, small enough for the penalty to matter.
        tau = alpha / (2 * np.sqrt(beta)) / (data.spread * data.root_kappa)
        tol = float(min(LONG(tol), max(tau / 20, LONG(1e-8))))
    point.check_certificate(model.certificate_, alpha, beta, tol, k, positive=draw.positive)
    check_predictions(point, model.predict(X))
    slack = ROUNDING * point.terms[:, None]
    equal("transform", np.asarray(model.transform(X)), point.columns, 0, slack)
    ColumnNormDisplay(model.column_norms_, threshold=model.prune_threshold_, signs=model.signs_)


def check_tuned(draw: Draw, model: Any, data: Data, X: Any) -> None:
    """A fitted `FineTuner` against its definition."""
    check_finite(model)
    U = check_factor(draw, model.factor_, model.bias_, model.signs_)
    point = Point(data, U, model.intercept_, model.signs_, model.delta_)
    check_delta(draw, model.delta_, data)
    curve = model.loss_curve_
    if not model.shrinkage:
        point.check_fit("loss_curve_[-1]", curve[-1], start=0.0 if draw.positive else curve[0])
    if len(curve) != model.n_iter_ + 1 or model.n_iter_ > model.max_iter:
        raise BadEnding(f"{len(curve)} values of loss_curve_, n_iter_ {model.n_iter_}")
    if curve[-1] > curve[0] * (1 + 1e-9) + ROUNDING_OF_LOSS * point.largest_loss:
        raise BadEnding(f"loss_curve_ rises from {curve[0]} to {curve[-1]}")
    check_predictions(point, model.predict(X))
    ConvergenceDisplay(curve)


def check_pruner(pruner: Any, norms: Any) -> None:
    """A fitted `GreedyColumnPruner` kept the columns that it says it keeps."""
    check_finite(pruner)
    equal("column_norms_", pruner.column_norms_, norms, 1e-9)
    found, kept = pruner.column_norms_, pruner.get_support()
    reach = int(np.sum((found >= pruner.threshold_) & (found > 0)))
    most = len(found) if pruner.max_columns is None else pruner.max_columns
    count = max(min(reach, most), min(pruner.min_columns, len(found)))
    if kept.sum() != count or pruner.n_columns_ != count:
        raise BadEnding(f"{kept.sum()} columns kept instead of {count}")
    if kept.any() and not kept.all() and found[kept].min() < found[~kept].max():
        raise BadEnding("a column was kept that is shorter than another that was not")


def check_guarantee(draw: Draw, model: Any, X: Any, y: Any, w: Any, data: Data) -> None:
    """`rank_guarantee` of a fitted model."""
    draw.fault = draw.pick(["", "", "confidence"])
    chosen = draw.settings(["confidence", "random_state"], random_state=[0, 1])
    call = lambda: rank_guarantee(model, X, y, sample_weight=w, **chosen)  # noqa: E731
    known = attempt(draw, call, [*chosen, "loss"])
    if known is None:
        return
    equal("guarantee.tau", known.tau, model.certificate_.tau, 1e-9)
    if known.rank != model.rank_ or not str(known) or np.isnan(known.nu + known.detection_limit):
        raise BadEnding(f"rank_guarantee: {known}")
    if not 0 <= known.isometry <= 1:
        raise BadEnding(f"isometry is {known.isometry}")
    if model.alpha_ and data.units_known:
        alpha, beta, kappa = LONG(model.alpha_), LONG(model.beta_), data.root_kappa**2
        s = np.append(0, np.geomspace(LONG(1e-12), LONG(1e12), 2000)) * max(
            beta, data.tied_beta(alpha)
        )
        h = kappa * s + alpha * (s + 2 * beta) / (4 * (s + beta) ** LONG(1.5))
        equal("h_min", known.h_min, h.min(), 1e-3)
        if known.applies and np.isfinite(known.detection_limit):
            limit = (known.tau + LONG(known.nu)) / kappa / LONG(known.isometry)
            equal("detection_limit", known.detection_limit, limit, 1e-6)


def call_sensing(draw: Draw) -> bool:
    names = [*COMMON, "alpha", "beta", "init", "random_state"]
    choices, (X, y, w) = draw.formulation(names + FORMULATION + DATA), draw.data()
    k = draw.pick(draw.good("n_components"))
    drawn = draw.settings(names, n_components=[k], init=draw.init(k))
    if not isinstance(drawn.get("init", ""), str):
        drawn.setdefault("n_components", k)
    if draw.fault != "alpha" and draw.chance(0.5):
        # "auto" takes ten times as long as a given alpha.
        drawn.setdefault("alpha", draw.pick(draw.alphas()))
    model = sp.GroupLassoMatrixSensing(**choices, **drawn)
    if not fit(draw, model, X, y, w):
        return False
    data = draw.reference(X, y, w)
    check_sensing(draw, model, data, X)
    if draw.chance(0.3):
        check_guarantee(draw, model, X, y, w, data)
    return True


def call_cross_validation(draw: Draw) -> bool:
    names = [*COMMON, "alphas", "n_alphas", "eps", "cv"]
    choices, (X, y, w) = draw.formulation(names + FORMULATION + DATA), draw.data()
    even = np.arange(len(draw.y0)) % 2 == 0
    pairs = [(np.flatnonzero(even), np.flatnonzero(~even)), (np.flatnonzero(~even), [0])]
    cv = [None, 2, 2, 3, 3, len(even) if len(even) < 12 else 4, [(even, ~even)], pairs, KFold(3)]
    cv += [
        [([0, 0], list(range(len(even))))],
        ShuffleSplit(2),
        KFold(2, shuffle=True),
        tuple(pairs),
    ]
    drawn = {"n_alphas": 4, **draw.settings(names, cv=cv)}
    if draw.fault in ("n_alphas", "eps"):
        drawn.pop("alphas", None)
    model = sp.GroupLassoMatrixSensingCV(**choices, **drawn)
    if not fit(draw, model, X, y, w):
        return False
    check_sensing(draw, model, draw.reference(X, y, w), X)
    grid, errors = model.alphas_, model.mse_path_
    if np.any(np.diff(grid) > 0) or not np.any(np.abs(grid - model.alpha_) <= 1e-9 * grid):
        raise BadEnding(f"alpha_ {model.alpha_} is not in alphas_ {grid}")
    if len(errors) != len(grid) or np.any(errors < 0):
        raise BadEnding(f"mse_path_ has shape {errors.shape}, least {errors.min()}")
    return True


def call_fine_tuner(draw: Draw) -> bool:
    names = [*COMMON, "solver", "shrinkage", "init", "random_state"]
    choices, (X, y, w) = draw.formulation(names + FORMULATION + DATA), draw.data()
    k = draw.pick(draw.good("n_components"))
    drawn = {"max_iter": 100, **draw.settings(names, n_components=[k], init=draw.init(k))}
    if not isinstance(drawn.get("init", ""), str):
        drawn.setdefault("n_components", k)
    model = sp.FineTuner(**choices, **drawn)
    if not fit(draw, model, X, y, w):
        return False
    check_tuned(draw, model, draw.reference(X, y, w), X)
    return True


CLASSIFIERS: dict[Any, list[str]] = {
    sp.GroupLassoMatrixSensingClassifier: [*COMMON, "alpha", "beta", "init", "random_state"],
    sp.GroupLassoMatrixSensingClassifierCV: [*COMMON, "alphas", "n_alphas", "eps"],
    sp.FineTunerClassifier: [*COMMON, "solver", "shrinkage", "init", "random_state"],
}


def call_classifier(draw: Draw) -> bool:
    kind = draw.pick(list(CLASSIFIERS))
    names = CLASSIFIERS[kind]
    choices = draw.formulation(names + OF_CLASSIFIERS + DATA)
    choices, (X, y, w) = {name: choices[name] for name in OF_CLASSIFIERS}, draw.data()
    if draw.fault != "y":
        y = draw.labels()
    k = draw.pick(draw.good("n_components"))
    drawn = draw.settings(names, n_components=[k], init=draw.init(k))
    if not isinstance(drawn.get("init", ""), str):
        drawn.setdefault("n_components", k)
    if kind is sp.FineTunerClassifier:
        drawn.setdefault("max_iter", 100)
    if "n_alphas" in names:
        drawn = {"n_alphas": 4, "cv": draw.pick([None, 2, 3]), **drawn}
        if draw.fault in ("n_alphas", "eps"):
            drawn.pop("alphas", None)
    elif "alpha" in names and draw.fault != "alpha" and draw.chance(0.5):
        drawn.setdefault("alpha", draw.pick([0.1, 0.01, 1.0, 1e-4]))
    model = kind(**choices, **drawn)
    if not fit(draw, model, X, y, w):
        return False
    check_classifier(draw, model, X, w)
    return True


def check_classifier(draw: Draw, model: Any, X: Any, w: Any) -> None:
    """A fitted classifier against its definition."""
    check_finite(model)
    U = check_factor(draw, model.factor_, model.bias_, model.signs_)
    data = Data(X, draw.measurement, fit_bias=draw.fit_bias)
    point = Point(data, U, model.intercept_, model.signs_)
    odds = model.decision_function(X)
    equal("decision_function", odds, point.predictions, 0, ROUNDING * point.terms)
    probabilities = model.predict_proba(X)
    equal("predict_proba", probabilities.sum(axis=1), np.ones(len(odds)), 1e-12)
    if not np.array_equal(model.predict(X), model.classes_[(odds > 0).astype(int)]):
        raise BadEnding("predict is not the more probable class")
    w = np.full(len(odds), 1.0 if w is None else w) if np.ndim(w) == 0 else numbers(w)
    w = w.astype(LONG) / w.astype(LONG).sum()
    rounding = ROUNDING * (w @ point.terms)
    if draw.fit_intercept:
        share, precision = w @ probabilities[:, 1].astype(LONG), rounding_of(probabilities)
        equal("mean probability", share, w @ draw.codes, precision, 1e-9 + rounding)
    else:
        equal("intercept", model.intercept_, 0)
    deviance = w @ (2 * np.logaddexp(LONG(0), (1 - 2 * draw.codes) * point.predictions))
    if hasattr(model, "loss_curve_"):
        if not model.shrinkage:
            equal("loss_curve_[-1]", model.loss_curve_[-1], deviance, 1e-6, rounding)
        return
    alpha, beta = LONG(model.alpha_), LONG(model.beta_)
    penalty = alpha * (point.s / np.sqrt(point.s + beta)).sum() if alpha else LONG(0)
    equal("objective_", model.objective_, deviance + penalty, 1e-6, rounding)
    if hasattr(model, "log_loss_path_") and np.any(model.log_loss_path_ < 0):
        raise BadEnding("log_loss_path_ is negative")


def call_pipeline(draw: Draw) -> bool:
    names = ["n_components", "alpha", "beta", "threshold", "random_state"]
    choices, (X, y, w) = draw.formulation(names + FORMULATION + DATA), draw.data()
    settings = draw.settings(names)
    if choices["fit_intercept"] is None:
        # Here it stands for the default of the regressors.
        draw.fault, draw.fit_intercept = "", False
    if draw.fault == "loss":
        # Which steps they are depends on the loss.
        attempt(draw, lambda: sp.make_pruning_pipeline(**choices, **settings), ["loss"])
        return False
    pipe = sp.make_pruning_pipeline(**choices, **settings)
    pipe.set_params(sense__max_iter=30, tune__max_iter=30, tune__solver=draw.pick(GOOD["solver"]))
    weights = {} if w is None else {"sense__sample_weight": w, "tune__sample_weight": w}
    if not fit(draw, pipe, X, y, w, **weights):
        return False
    data = draw.reference(X, y, w)
    check_sensing(draw, pipe["sense"], data, X)
    check_pruner(pipe["prune"], pipe["sense"].column_norms_)
    check_tuned(draw, pipe["tune"], data, X)
    equal("pipe.predict", pipe.predict(X), pipe["tune"].predict(X), 1e-12)
    return True


def call_pruned(draw: Draw) -> bool:
    """The three steps as one estimator."""
    names = ["n_components", "alpha", "beta", "threshold", "random_state"]
    choices, (X, y, w) = draw.formulation(names + FORMULATION + DATA), draw.data()
    model = sp.PrunedMatrixSensing(**choices, **draw.settings(names))
    if not fit(draw, model, X, y, w):
        return False
    data = draw.reference(X, y, w)
    check_pruner(model.pipeline_["prune"], model.pipeline_["sense"].column_norms_)
    check_tuned(draw, model.pipeline_["tune"], data, X)
    equal("predict", model.predict(X), model.pipeline_.predict(X))
    parts = model.transform(X)
    precision = rounding_of(parts)
    if choices.get("measurement", "rank-one") == "rank-one":
        parts = model.signs_ * parts.astype(LONG) ** 2
    rounding = precision * (np.abs(parts).sum(axis=1).max() + abs(model.intercept_))
    equal("transform", parts.sum(axis=1) + model.intercept_, model.predict(X), 1e-10, rounding)
    return True


def call_pruner(draw: Draw) -> bool:
    names = ["threshold", "min_columns", "max_columns"]
    draw.formulation([*names, "X"])
    X, _, _ = draw.data()
    model = sp.GreedyColumnPruner(**draw.settings(names))
    if not fit(draw, model, X, None, None):
        return False
    check_pruner(model, np.sqrt((numbers(X).astype(LONG) ** 2).sum(axis=0)))
    equal("transform", numbers(model.transform(X)), numbers(X)[:, model.get_support()], 1e-12)
    return True


def call_carrier(draw: Draw) -> bool:
    """`FactoredMeasurements` put together by hand, its parts, and the steps that take it."""
    draw.formulation([""])
    X, y, w = draw.data()
    rows = numbers(X).reshape(len(draw.y0), -1)
    if not np.abs(rows).max() < 1e38:
        return False
    rows = rows.astype(draw.pick([np.float32, np.float64]))
    k, scale = draw.pick([0, 1, 2, 5]), draw.pick([1.0, 1.0, 1e-50, 1e50, 0.0])
    factor, bias = scale * draw.rng.standard_normal((draw.side, k)), np.full(k, 1.0 * draw.fit_bias)
    names = [
        "measurements",
        "factor",
        "bias",
        "intercept",
        "measurement",
        "beta",
        "prune_threshold",
    ]
    fields = [rows, factor, bias, 0.5, draw.measurement, draw.pick([0.1, 0.0, 1e300]), 0.2]
    if draw.chance(0.3):
        wrong = draw.pick([0, 1, 2, 4])
        bad = [None, "a", np.nan, -1, np.zeros((2, 77)), {}, np.zeros((2, 2, 2))]
        draw.fault, fields[wrong] = names[wrong], draw.pick(bad)
        draw.log += f"{draw.fault}={fields[wrong]!r:.60}"
    flags = {"fit_intercept": draw.fit_intercept, "fit_bias": draw.fit_bias}
    signs = draw.rng.choice([-1, 1], k) if not draw.positive else np.ones(k)
    signs = draw.pick([signs, signs.tolist()])
    flags |= {"positive": draw.positive, "signs": signs}
    if draw.loss == "huber":
        draw.delta = draw.pick([1.0, 1e-3, 1e3])
        flags |= {"loss": "huber", "delta": draw.delta}
    F = attempt(draw, lambda: sp.FactoredMeasurements(*fields, **flags), names)
    if F is None:
        return False
    U = np.vstack([factor, bias]) if draw.fit_bias else factor
    point = Point(Data(rows, draw.measurement, fit_bias=draw.fit_bias), U, 0.5, signs)
    equal("entries", np.asarray(F), point.columns, 0, ROUNDING * point.terms[:, None])
    equal("F[:, columns]", np.asarray(F[:, : k // 2]), np.asarray(F)[:, : k // 2], 1e-12)
    check_predictions(point, F.predict())
    some = draw.rng.integers(0, len(F), 3)
    copied, slack = pickle.loads(pickle.dumps(F[some])), ROUNDING * point.terms[some]
    equal("F[rows]", copied.predict(), point.predictions[some], 0, slack)
    pruner = sp.GreedyColumnPruner(draw.pick(["auto", "paper", "0.1*max", 0.0]))
    if not fit(draw, pruner, F, None, None):
        return False
    check_pruner(pruner, np.sqrt(point.s))
    model, pruned = sp.FineTuner(solver=draw.pick(GOOD["solver"]), max_iter=30), pruner.transform(F)
    if not fit(draw, model, pruned, y, w):
        return False
    check_tuned(draw, model, draw.reference(rows, y, w), pruned)
    return True


def call_path(draw: Draw) -> bool:
    """`alpha_max` and `pruning_path`."""
    names = [*COMMON, "alphas", "n_alphas", "eps"]
    choices, (X, y, w) = draw.formulation(names + FORMULATION + DATA), draw.data()
    drawn = {"n_alphas": 4, **draw.settings(names)}
    if draw.fault in ("n_alphas", "eps"):
        drawn.pop("alphas", None)
    call = lambda: sp.pruning_path(X, y, sample_weight=w, **choices, **drawn)  # noqa: E731
    path = attempt(draw, call, names + FORMULATION, X, y, w)
    if path is None:
        return False
    data = draw.reference(X, y, w)
    check_finite(path)
    for i, alpha in enumerate(path.alphas):
        U = check_factor(draw, path.factors[i], path.biases[i], path.signs[i])
        point = Point(data, U, path.intercepts[i], path.signs[i], path.delta)
        point.check_fit("losses", path.losses[i])
        equal("column_norms", path.column_norms[i], np.sqrt(point.s), 1e-9)
        equal("ranks", path.ranks[i], np.sum(point.s > 0))
        if data.units_known:
            tol, beta = float(drawn.get("tol", 1e-3)), data.tied_beta(alpha)
            point.check_certificate(
                path.certificates[i], alpha, beta, tol, U.shape[1], positive=draw.positive
            )
    check_delta(draw, path.delta, data)
    PruningPathDisplay(path)
    top = sp.alpha_max(X, y, sample_weight=w, **choices)
    mean, delta = data.w @ data.y if draw.fit_intercept else 0, path.delta
    if draw.loss == "huber":
        # The first δ, that of a constant.
        delta = LONG(1.345) * data.spread if isinstance(draw.delta, str) else delta
        mean = data.huber_location(delta) if draw.fit_intercept else 0
    start = Point(data, np.zeros((data.all_A.shape[1], 1)), mean, 1, delta)
    rounding = 2 * (ROUNDING * start.largest_R) ** LONG(1.5) / data.root_kappa
    if draw.loss == "huber":
        choices["delta"] = float(path.delta)
    own = sp.alpha_max(X, y, sample_weight=w, **choices)
    equal("path.alpha_max", path.alpha_max, own, 1e-6, rounding)
    tau = max(LONG(0), ascent_rate(start.R, positive=draw.positive))
    if data.units_known and tau > 1e-4 * start.largest_R:
        equal("alpha_max", top, 2 * tau ** LONG(1.5) / data.root_kappa, 1e-5)
    return True


def call_make_data(draw: Draw) -> bool:
    names = ["n_samples", "dim", "rank", "measurement", "noise", "condition_number", "negative"]
    names += ["random_state"]
    draw.formulation(["", *names])
    drawn = {"n_samples": 4, "dim": 5, **draw.settings(names, measurement=["rank-one", "matrix"])}
    if draw.fault != "rank" and "negative" in drawn and draw.fault != "negative":
        drawn["negative"] = min(drawn["negative"], drawn.get("rank", 3))
    made = attempt(draw, lambda: make_matrix_sensing(**drawn), names)
    if made is None:
        return False
    X, y, factor = made
    signs = np.where(np.arange(factor.shape[1])[::-1] < drawn.get("negative", 0), -1, 1)
    point = Point(Data(X, drawn.get("measurement", "rank-one"), fit_bias=False), factor, 0.0, signs)
    noise = 20 * LONG(float(drawn.get("noise", 0)))
    equal("y", y, point.predictions, 0, ROUNDING * point.terms + noise)
    equal("factor.shape", factor.shape, (drawn["dim"], drawn.get("rank", 3)))
    return True


CALLS = [call_sensing] * 8 + [call_fine_tuner] * 5 + [call_cross_validation] * 3
CALLS += (
    [call_pipeline] * 3
    + [call_pruned] * 2
    + [call_pruner] * 2
    + [call_carrier] * 3
    + [call_path] * 2
)
CALLS += [call_make_data] + [call_classifier] * 5


def run(seed: int, *, verbose: bool = False) -> tuple[int, str, str, bool]:
    """The seed, what was called, its bad ending or "", and whether there was an answer."""
    draw = Draw(seed)
    call, answered, ending = draw.pick(CALLS), False, ""
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", RuntimeWarning)
            # scikit-learn sums X to see whether it is finite.
            warnings.filterwarnings("ignore", "invalid value encountered in reduce")
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            answered = call(draw)
    except (Exception, OutOfTime) as error:
        ending = describe(error)
        if verbose:
            traceback.print_exc()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return seed, f"{call.__name__[5:]}({' '.join(draw.log.split())})", ending, answered


def out_of_time(*_: Any) -> None:
    raise OutOfTime(f"more than {SECONDS:g} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=10000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, help="run this call alone, with its traceback")
    options = parser.parse_args()
    signal.signal(signal.SIGPROF, out_of_time)
    if options.seed is not None:
        _, called, ending, _ = run(options.seed, verbose=True)
        print(f"{options.seed}: {called}: {ending or 'good'}")
        return int(bool(ending))
    seeds, endings = range(options.first, options.first + options.calls), Counter()
    with multiprocessing.Pool(options.jobs) as pool:
        for seed, called, ending, answered in pool.imap(run, seeds, chunksize=20):
            endings["bad" if ending else "answers" if answered else "errors"] += 1
            if ending:
                print(f"{seed}: {called}: {ending}", flush=True)
    print(f"{endings['answers']} answers, {endings['errors']} errors that name an argument")
    print(f"{options.calls} calls, {endings['bad']} bad endings")
    print(f"{options.calls - endings['bad']} passed, {endings['bad']} failed")
    return int(endings["bad"] > 0)


if __name__ == "__main__":
    sys.exit(main())
