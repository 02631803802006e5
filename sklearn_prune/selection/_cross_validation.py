"""Errors on held-out samples along a path of alphas."""

from collections.abc import Callable, Iterator

import numpy as np
from joblib import Parallel, delayed

from sklearn_prune._threads import one_blas_thread
from sklearn_prune._typing import FloatArray, IndexArray
from sklearn_prune.models import Factor
from sklearn_prune.objective import CompressedProblem, Moments, Problem, Scaling, compression_pays
from sklearn_prune.selection._path import rising_path
from sklearn_prune.sensing import SensingMap

# Relative tolerance of `rising_path`. Compared with 1e-6 it changes the mean errors of a path by up
# to 1.4 % (median of 15 problems); 3e-3 changes them by 0.6 % and takes 1.1 to 1.3 times as long.
# No script of the repository repeats this.
PATH_TOL = 1e-2
MAX_STEPS = 100
# Alphas of a fold in its own units.
ALPHA_RANGE = (1e-20, 1e20)
# Reads of the measurements that one alpha takes, approximately: 5 to 6 of those of a fold
# (`docs/benchmarks/speed_constants.py`).
READS = 6

Fold = tuple[IndexArray, IndexArray]
HeldOutError = Callable[[Factor, float], float]


def held_out_errors(
    problem: Problem,
    alphas: list[float],
    folds: list[Fold],
    k: int,
    *,
    n_jobs: int | None,
    tol: float = PATH_TOL,
    compressed: bool | None = None,
    callback: Callable[[], None] | None = None,
) -> FloatArray:
    """Mean losses on the test samples of each fold, fitted to its training samples.

    Parameters
    ----------
    problem : Problem
        Of all samples.
    alphas : list of float
        Falling, in normalised units.
    folds : list of (train, test)
        Indices of samples; one that occurs twice counts twice.
    k : int
        Columns at most.
    n_jobs : int or None
        Folds at a time.
    tol : float, default=1e-2
        Relative tolerance of the fits.
    compressed : bool or None, default=None
        Whether the folds are fitted from moments; None is where that takes less time.
    callback : callable or None, default=None
        Called after each fold.

    Returns
    -------
    ndarray of shape (n_alphas, n_folds)
        In the units of the loss of the problem.
    """
    if compressed is None:
        reads = READS * len(alphas) * len(folds)
        compressed = compression_pays(problem, passes=reads, sets=len(folds))
    parts = _compressed_parts(problem, folds) if compressed else _parts(problem, folds)
    parallel = Parallel(n_jobs=n_jobs, return_as="generator")
    errors = []
    for of_fold in parallel(delayed(_errors)(*part, alphas, k, tol) for part in parts):
        errors.append(of_fold)
        if callback is not None:
            callback()
    return np.column_stack(errors)


def _errors(
    training: Problem, error_of: HeldOutError, alphas: list[float], k: int, tol: float
) -> list[float]:
    """Errors along falling alphas; the units of the training problem are those of the whole."""
    # A fold may be far smaller than the whole, where one row is far larger than the others.
    rising = np.clip(np.array(alphas[::-1]) / training.scaling.unit("alpha"), *ALPHA_RANGE).tolist()
    errors = []
    # Once more, since this may be another process than that of the fit.
    with one_blas_thread():
        for factor in rising_path(training, rising, k, tol=tol, max_iter=MAX_STEPS):
            errors.append(error_of(*training.of_whole(factor)))
    return errors[::-1]


def _parts(problem: Problem, folds: list[Fold]) -> Iterator[tuple[Problem, HeldOutError]]:
    for train, test in folds:
        counts = np.bincount(train, minlength=len(problem.y))
        training = problem.reweighted(problem.total_weight * problem.weights * counts)
        if problem.sensing.in_file:
            # All rows are read, and those of the fold have weights: nothing is copied.
            held_out = problem.weights * np.bincount(test, minlength=len(problem.y))
            yield training, _HeldOut(problem, problem.sensing, problem.y, held_out)
        else:
            sensing = problem.sensing.take(test)
            y, weights = problem.y[test], problem.weights[test]
            yield training, _HeldOut(problem, sensing, y, weights)


class _HeldOut:
    """The mean loss of a factor and an offset on held-out samples."""

    def __init__(
        self, problem: Problem, sensing: SensingMap, y: FloatArray, weights: FloatArray
    ) -> None:
        self.sensing = sensing
        self.loss = problem.loss
        self.y = y
        self.weights = weights / weights.sum()

    def __call__(self, factor: Factor, offset: float) -> float:
        images = self.sensing.forward(factor.U, factor.signs)
        return float(self.weights @ self.loss.value(self.y, images + offset))


def _compressed_parts(
    problem: Problem, folds: list[Fold]
) -> Iterator[tuple[Problem, HeldOutError]]:
    whole = Moments.of(problem)
    weighted = np.flatnonzero(problem.weights)
    for train, test in folds:
        held_out = Moments.of(problem, test, whole.pivot)
        # The training samples are usually the rest: the moments of the fold are then subtracted.
        rest = np.array_equal(np.sort(np.concatenate([train, test])), weighted)
        kept = whole - held_out if rest else Moments.of(problem, train, whole.pivot)
        centred = problem.formulation.fit_intercept
        root_kappa = float(np.sqrt(kept.kappa(centred=centred))) or 1.0
        kept = kept.scaled(1.0 / root_kappa)
        training = CompressedProblem(kept, problem.formulation, Scaling(1.0, root_kappa))
        yield training, _HeldOutMoments(held_out)


class _HeldOutMoments:
    """The mean squared error of a factor and an offset, from moments of the held-out samples."""

    def __init__(self, moments: Moments) -> None:
        self.moments = moments

    def __call__(self, factor: Factor, offset: float) -> float:
        return self.moments.mean_square(factor.matrix, offset)
