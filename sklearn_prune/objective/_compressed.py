"""A squared-error problem of p samples that stand for many."""

from collections.abc import Callable

import numpy as np
from scipy.linalg import lapack, solve_triangular

from sklearn_prune._typing import FloatArray
from sklearn_prune.models import Factor
from sklearn_prune.objective._formulation import Formulation
from sklearn_prune.objective._moments import Moments
from sklearn_prune.objective._problem import Problem
from sklearn_prune.objective._scaling import Scaling
from sklearn_prune.sensing import MatrixMap, smat, svec

# Reading a number of the measurements takes as long as this many multiplications of the moments: 5
# to 6 at side 10, 4 to 10 at side 20, and 17 to 20 at side 40, with what is made of it for 3 to 8
# columns (`docs/benchmarks/speed_constants.py`).
READ_COST = 8.0
# Numbers that the moments and what is made of them may take whatever the size of the measurements
# (64 MB), and otherwise as a part of that size.
SMALL_NUMBERS = 1 << 23
LARGEST_PART = 0.2


class CompressedProblem(Problem):
    """The problem that `Moments` determine: at most p samples, the same loss up to a constant.

    With the mean products ``G = F Fᵀ`` of the measurements in svec form, and b those of the
    measurements with y, the loss is ``||Fᵀ v − z||² + floor`` for ``v = svec(M)``, where
    ``F z = b``: each column of F is a measurement. If G is not of full rank there are fewer.
    An offset is accounted for by moments about the means, so that none is profiled out.

    Parameters
    ----------
    moments : Moments
    formulation : Formulation
        Of the problem that the moments are of.
    scaling : Scaling
        Of the problem that the moments are of.
    """

    def __init__(self, moments: Moments, formulation: Formulation, scaling: Scaling) -> None:
        centred = formulation.fit_intercept
        products = moments.mean_products(centred=centred)
        rows, z, to_z = _factorize(products[:-1, :-1], products[:-1, -1])
        # The loss of a problem is a mean over samples, and that of the moments is a sum.
        size = np.sqrt(len(z))
        # p = d(d+1)/2
        dim = round((np.sqrt(8.0 * rows.shape[1] + 1.0) - 1.0) / 2.0)
        sensing = MatrixMap(smat(size * rows, dim).reshape(len(rows), -1))
        weights = np.full(len(z), 1.0 / len(z))
        super().__init__(sensing, size * z, weights, moments.weight, formulation, scaling)
        self.floor = max(0.0, float(products[-1, -1] - z @ z))
        self._means = moments.means
        # Residuals of the mean response, in the samples that stand for the data.
        of_mean = 0.0 if centred else size * self._means[-1] * to_z(self._means[:-1])
        self._deviations = self.y - of_mean

    @property
    def profiles_offset(self) -> bool:
        return False

    def centred_residuals(self) -> FloatArray:
        return self._deviations

    def offset(self, factor: Factor) -> float:
        if not self.formulation.fit_intercept:
            return 0.0
        return float(self._means[-1] - self._means[:-1] @ svec(factor.matrix))


def _factorize(
    G: FloatArray, b: FloatArray
) -> tuple[FloatArray, FloatArray, Callable[[FloatArray], FloatArray]]:
    """``Fᵀ`` and z of ``G = F Fᵀ`` and ``F z = b``, and the map that gives z for any such b.

    Pivoted Cholesky of the correlation-scaled Gram matrix; the scaling keeps small but significant
    measurements above the rank tolerance.
    """
    # Rounding may make a variance of zero negative.
    scale = np.sqrt(np.maximum(np.diag(G), 0.0))
    scale = np.where(scale > 0, scale, 1.0)
    factor, order, rank, _ = lapack.dpstrf(G / np.outer(scale, scale), lower=1)
    order = order - 1
    lower = np.tril(factor)[:, :rank]
    # Measurements that are all zero: one measurement of that kind stands for them.
    if rank == 0:
        return np.zeros((1, len(b))), np.zeros(1), lambda b: np.zeros(1)

    def to_z(b: FloatArray) -> FloatArray:
        return solve_triangular(lower[:rank], (b / scale)[order[:rank]], lower=True)

    rows = np.empty((rank, len(b)))
    rows[:, order] = lower.T
    return rows * scale, to_z(b), to_z


def compress(problem: Problem, *, passes: int) -> Problem:
    """The compressed problem if that costs less, and the problem itself otherwise.

    Parameters
    ----------
    problem : Problem
    passes : int
        How often the measurements will be read, approximately.
    """
    if not compression_pays(problem, passes=passes):
        return problem
    return CompressedProblem(Moments.of(problem), problem.formulation, problem.scaling)


def compression_pays(problem: Problem, *, passes: int, sets: int = 1) -> bool:
    """Whether reading all samples once and p of them afterwards costs less time, and has room.

    Only the squared error is determined by moments. A read of rank-one data costs ``n d k``, and
    there is little to be gained over it.

    Parameters
    ----------
    problem : Problem
    passes : int
        Reads of the measurements, over all sets.
    sets : int, default=1
        Sets of samples to be compressed, all from the same moments.
    """
    sensing = problem.sensing
    if not (isinstance(sensing, MatrixMap) and problem.loss.is_quadratic):
        return False
    return moments_are_cheaper(sensing.n_samples, sensing.dim, passes=passes, sets=sets)


def moments_are_cheaper(n: int, d: int, *, passes: int, sets: int) -> bool:
    """Whether moments of n matrices of side d take less time than `passes` reads, and have room."""
    p = d * (d + 1) // 2
    # The moments, their factor, and the p whole matrices.
    has_room = 4 * p**2 <= max(SMALL_NUMBERS, LARGEST_PART * n * d**2)
    reads = passes * n * d**2 * READ_COST
    moments = n * p**2 / 2 + sets * p**3 / 3 + passes * p * d**2 * READ_COST
    return has_room and moments < reads
