"""The squared loss of whole-matrix measurements, from sums over the samples."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack, solve_triangular

from sklearn_prune.objective._objective import SquaredLoss
from sklearn_prune.sensing import MatrixSensing, triangle

# Numbers in a block of packed rows.
_BLOCK = 1 << 20
# Reading a number of the measurements takes as long as this many multiplications of the sums.
_READ = 8.0
# Numbers that the sums may take, whatever the measurements do, and the part of those otherwise.
_SMALL = 1 << 23
_PART = 0.2


@dataclass(frozen=True)
class Statistics:
    """First and second moments of ``(a_i, y_i)`` about a pivot, a_i the packed ``sym A_i``.

    They add up over disjoint sets of samples with the same pivot: all less a fold is the rest.
    The pivot keeps small what cancels in moments about the means.

    Attributes
    ----------
    weight : float
        ``Σ w_i``.
    first : ndarray of shape (p + 1,)
    second : ndarray of shape (p + 1, p + 1)
    pivot : ndarray of shape (p + 1,)
    """

    weight: float
    first: np.ndarray
    second: np.ndarray
    pivot: np.ndarray

    def __sub__(self, other):
        return Statistics(
            self.weight - other.weight,
            self.first - other.first,
            self.second - other.second,
            self.pivot,
        )

    def scaled(self, factor):
        """Those of ``factor · A_i``."""
        units = np.append(np.full(len(self.pivot) - 1, factor), 1.0)
        second = self.second * np.outer(units, units)
        return Statistics(self.weight, self.first * units, second, self.pivot * units)

    def curvature(self, *, centred):
        """κ of the measurements."""
        return float(np.mean(np.diag(self.moments(centred=centred))[:-1]))

    @property
    def means(self):
        return self.pivot + self.first / self.weight

    def mean_square(self, M, offset):
        """The mean squared error of the predictions ``offset + <A_i, M>``."""
        a, b, packing = triangle(len(M))
        v = np.append(-M[a, b] * packing, 1.0)
        error = v @ self.moments(centred=False) @ v - 2.0 * offset * (v @ self.means) + offset**2
        return max(0.0, float(error))

    def moments(self, *, centred):
        """Mean products of ``(a, y)`` about their means, or about zero."""
        shift = self.first / self.weight
        about_means = self.second / self.weight - np.outer(shift, shift)
        return about_means if centred else about_means + np.outer(self.means, self.means)


def statistics_of(loss, samples=None, pivot=None):
    """The `Statistics` of a loss of matrix measurements, from one read.

    Parameters
    ----------
    loss : SquaredLoss
    samples : ndarray of int or None, default=None
        Of which samples; None is all.
    pivot : ndarray of shape (p + 1,) or None, default=None
        None is the mean of the first few.
    """
    sensing = loss.sensing
    samples = np.arange(sensing.n_samples) if samples is None else samples
    weights = loss.total_weight * loss.weights
    p = sensing.dim * (sensing.dim + 1) // 2
    first, second = np.zeros(p + 1), np.zeros((p + 1, p + 1))
    for some in np.array_split(samples, -(-len(samples) * p // _BLOCK)):
        pairs = np.column_stack([sensing.packed(some), loss.y[some]])
        if pivot is None:
            pivot = pairs.mean(axis=0)
        pairs -= pivot
        first += weights[some] @ pairs
        pairs *= np.sqrt(weights[some])[:, None]
        second += pairs.T @ pairs
    return Statistics(float(weights[samples].sum()), first, second, pivot)


class CondensedLoss(SquaredLoss):
    """The loss of `Statistics`: p samples that give the same loss up to a constant.

    With the mean products ``G = F Fᵀ`` of the packed measurements and b of those with y, the loss
    is ``||Fᵀ v − z||² + floor``, ``F z = b``, of a packed M that is v: each column of F is a
    measurement. Where G has not full rank there are as many as its rank.
    """

    def __init__(self, statistics, dim, *, centred):
        moments = statistics.moments(centred=centred)
        rows, z, to_z = _factored(moments[:-1, :-1], moments[:-1, -1])
        # Means over samples, so that sums of squares become theirs.
        size = np.sqrt(len(z))
        super().__init__(MatrixSensing.from_packed(size * rows, dim), size * z, np.ones(len(z)))
        self.floor = max(0.0, float(moments[-1, -1] - z @ z))
        self.total_weight = statistics.weight
        means = statistics.means
        self._deviations = self.y if centred else size * (z - means[-1] * to_z(means[:-1]))
        self._means = means if centred else None
        self._dim = dim

    @property
    def deviations(self):
        return self._deviations

    def offset(self, U):
        if self._means is None:
            return 0.0
        mean = MatrixSensing.from_packed(self._means[None, :-1], self._dim)
        return float(self._means[-1] - mean.images(U)[0])


def _factored(G, b):
    """``Fᵀ`` and z of ``G = F Fᵀ`` and ``F z = b``, and what makes z of any such b.

    Pivoted, so that it stops where rounding begins, and with G scaled to a diagonal of ones, so
    that what is small is not taken for that.
    """
    scale = np.sqrt(np.diag(G))
    scale = np.where(scale > 0, scale, 1.0)
    factor, order, rank, _ = lapack.dpstrf(G / np.outer(scale, scale), lower=1)
    order = order - 1
    lower = np.tril(factor)[:, :rank]
    # Measurements that are all zero: one of those.
    if rank == 0:
        return np.zeros((1, len(b))), np.zeros(1), lambda b: np.zeros(1)

    def to_z(b):
        return solve_triangular(lower[:rank], (b / scale)[order[:rank]], lower=True)

    rows = np.empty((rank, len(b)))
    rows[:, order] = lower.T
    return rows * scale, to_z(b), to_z


def condensed(loss, *, passes):
    """The loss from sums over the samples where that pays, or as it is.

    Parameters
    ----------
    loss : SquaredLoss
    passes : int
        How often the measurements will be read, about.
    """
    if not condensing_pays(loss.sensing, passes=passes):
        return loss
    return CondensedLoss(statistics_of(loss), loss.sensing.dim, centred=loss.centred)


def condensing_pays(sensing, *, passes, sets=1):
    """Whether reading all samples once and p of them afterwards costs less, and has the room.

    Parameters
    ----------
    sensing : sensing map
    passes : int
        Reads, over all sets.
    sets : int, default=1
        Sets of samples to be condensed, all from the same sums.
    """
    if not isinstance(sensing, MatrixSensing):
        # A read of rank-one data costs n d k, and there is little to be gained over it.
        return False
    n, d = sensing.n_samples, sensing.dim
    p = d * (d + 1) // 2
    # The sums, their factor, and the p whole matrices.
    room = 4 * p**2 <= max(_SMALL, _PART * n * d**2)
    whole = passes * n * d**2 * _READ
    sums = n * p**2 / 2 + sets * p**3 / 3 + passes * p * d**2 * _READ
    return room and sums < whole
