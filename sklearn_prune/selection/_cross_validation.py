"""Errors on held-out samples along a path of alphas."""

import numpy as np
from joblib import Parallel, delayed

from sklearn_prune.objective import (
    CondensedLoss,
    Units,
    condensing_pays,
    normalised_loss,
    statistics_of,
)
from sklearn_prune.selection._path import rising_path

# Relative tolerance of `rising_path`. Three times of it took four fifths of the time, moved the
# mean errors by up to 8 %, and chose another alpha where the measurements were badly scaled.
_COARSE = 1e-2
_MAX_STEPS = 100
# Reads of the measurements that a value of alpha takes, about.
_READS = 6


def held_out_errors(loss, alphas, folds, k, *, n_jobs):
    """Mean squared errors on the test samples of each fold, fitted to its training samples.

    Parameters
    ----------
    loss : SquaredLoss
        Of all samples.
    alphas : list of float
        Falling, in normalised units.
    folds : list of (train, test)
        Indices of samples; one that is there twice counts twice.
    k : int
        Columns at most.
    n_jobs : int or None
        Folds at a time.

    Returns
    -------
    ndarray of shape (n_alphas, n_folds)
        In the units of the loss.
    """
    passes = _READS * len(alphas) * len(folds)
    if condensing_pays(loss.sensing, passes=passes, sets=len(folds)):
        parts = _condensed_parts(loss, folds)
    else:
        parts = (_parts(loss, train, test) for train, test in folds)
    errors = Parallel(n_jobs=n_jobs)(delayed(_errors)(*part, alphas, k) for part in parts)
    return np.column_stack(errors)


def _errors(training, units, error_of, alphas, k):
    """Errors along falling alphas; `units` are those of the training samples in the loss's."""
    rising = [alpha / float(units.alpha) for alpha in alphas[::-1]]
    factors = rising_path(training, rising, k, tol=_COARSE, max_iter=_MAX_STEPS)
    errors = [error_of(units.factor * U, units.response * training.offset(U)) for U in factors]
    return errors[::-1]


def _parts(loss, train, test):
    # Weights of zero instead of a copy of the training samples.
    weights = loss.weights * np.bincount(train, minlength=len(loss.y))
    y = np.where(weights > 0, loss.y, 0.0)
    training, units = normalised_loss(loss.sensing, y, weights, centred=loss.centred)
    return training, units, _HeldOut(loss.sensing.of(test), loss.y[test], loss.weights[test])


class _HeldOut:
    """The mean squared error of a factor and an offset on held-out samples."""

    def __init__(self, sensing, y, weights):
        self.sensing = sensing
        self.y = y
        self.weights = weights / weights.sum()

    def __call__(self, U, offset):
        return float(self.weights @ (self.y - self.sensing.images(U) - offset) ** 2)


def _condensed_parts(loss, folds):
    whole = statistics_of(loss)
    for train, test in folds:
        held_out = statistics_of(loss, test, whole.pivot)
        # Most often the rest of the samples: then what is held out is taken from the whole.
        rest = np.array_equal(np.sort(np.concatenate([train, test])), np.arange(len(loss.y)))
        kept = whole - held_out if rest else statistics_of(loss, train, whole.pivot)
        root_kappa = float(np.sqrt(kept.curvature(centred=loss.centred))) or 1.0
        kept = kept.scaled(1.0 / root_kappa)
        training = CondensedLoss(kept, loss.sensing.dim, centred=loss.centred)
        yield training, Units(1.0, root_kappa), _HeldOutMoments(held_out)


class _HeldOutMoments:
    """The same from `Statistics` of the held-out samples."""

    def __init__(self, statistics):
        self.statistics = statistics

    def __call__(self, U, offset):
        return self.statistics.mean_square(U @ U.T, offset)
