"""The span of the measurements, and coordinates in which no direction is seen better."""

from collections.abc import Callable

import numpy as np
from scipy.linalg import eigh, lapack, solve_triangular

from sklearn_prune._typing import FloatArray

# The least variance of a direction, after the features are divided by their root mean square, that
# is told from a linear dependence. Changes of the features of condition 1e4 leave 1e-8, dependent
# columns in float64 leave 1e-16, and in float32 1e-14.
LEAST_VARIANCE = 1e-11
# The sum of squared correlations per feature beyond which a fit works in principal axes. It is 1
# for independent features, 4/3 for a sample of three rows each, and 9.5 at a correlation of .9 of
# neighbours.
CORRELATED = 4.0
# The same sum below which whitening is not worth its read where a fit starts near its solution, and
# the ratio of the root mean squares of the features up to which it is not. Without it a pipeline
# takes .93 to 1.02 of the time where a few rows show sums up to 1.4, and 1.1 to 1.4 where they show
# 2 (`docs/benchmarks/speed_constants.py`). A diagonal preconditioner suits features of any sizes,
# but the norm of the gradient does not.
UNCORRELATED = 1.5
SIZES_ALIKE = 2.0
# The least root mean square of a feature, over the largest, that is told from zero.
LEAST_SIZE = 1e-90
# Coefficients of dependent features below this are rounding errors.
ROUNDED_WEIGHT = 1e-9
# Random vectors for the measurements, per row of the factor, from which the metric of whole
# matrices is estimated: its relative error is the root of the inverse of this.
VECTORS_PER_ROW = 10
# Steps of the fixed-point iteration for that metric, and the spread of its singular values within
# which it has converged. Independent Gaussian entries are within it at once.
METRIC_STEPS = 10
CONVERGED_SPREAD = 2.0

# A change of coordinates and its inverse.
Whitening = tuple[FloatArray, FloatArray]


def root_mean_squares(C: FloatArray) -> FloatArray:
    """Roots of the diagonal of a second-moment matrix, 0 for features that are as good as zero."""
    # Rounding may make a moment of zero negative.
    sizes = np.sqrt(np.maximum(np.diag(C), 0.0))
    return np.where(sizes > LEAST_SIZE * sizes.max(), sizes, 0.0)


def span_of_moments(C: FloatArray) -> FloatArray | None:
    """An orthonormal basis of the range of a second-moment matrix, or None if it has full rank.

    The features are divided by their root mean square first: eigenvalues of C itself lose features
    that are 1e8 times smaller than others. Pivoted Cholesky then tells independent features from
    those that depend on them, and with which coefficients. Eigenvectors would mix features of very
    different scales.
    """
    sizes = root_mean_squares(C)
    K = _correlations(C, sizes)
    factor, order, rank, _ = lapack.dpstrf(K, lower=1, tol=LEAST_VARIANCE)
    if rank == len(C):
        return None
    # At least one direction, so that there is something to fit.
    rank = max(rank, 1)
    order = order - 1
    lower = np.tril(factor)[:, :rank]
    basis = np.zeros((len(C), rank))
    basis[order[:rank]] = np.eye(rank)
    if np.any(sizes > 0):
        # The dependent features, in units of root mean squares: L₂₁ L₁₁⁻¹ times the others.
        weights = solve_triangular(lower[:rank], lower[rank:].T, lower=True, trans="T").T
        weights = np.where(np.abs(weights) > ROUNDED_WEIGHT, weights, 0.0)
        basis[order[rank:]] = sizes[order[rank:], None] * weights / sizes[order[:rank]]
    return np.linalg.qr(basis)[0]


def _correlations(C: FloatArray, sizes: FloatArray) -> FloatArray:
    """The moments of features divided by their sizes; 0 for features without a size."""
    inverse = np.divide(1.0, sizes, out=np.zeros_like(sizes), where=sizes > 0)
    return C * inverse * inverse[:, None]


def principal_axes(basis: FloatArray, C: FloatArray) -> FloatArray:
    """A basis of the same span in which the second moments, C in the basis given, are diagonal.

    The largest entry of each axis is positive.
    """
    axes = basis @ eigh(C)[1][:, ::-1]
    largest = np.abs(axes).argmax(axis=0)
    return axes * np.where(axes[largest, np.arange(axes.shape[1])] < 0, -1.0, 1.0)


def are_correlated(C: FloatArray) -> bool:
    """Whether features are correlated so much that a diagonal preconditioner does not suit them."""
    K = _correlations(C, root_mean_squares(C))
    return float(np.sum(K**2)) > CORRELATED * len(K)


def are_isotropic(C: FloatArray) -> bool:
    """Whether vectors with second moments C are as good as whitened, up to a scale."""
    sizes = root_mean_squares(C)
    K = _correlations(C, sizes)
    few_correlations = bool(np.sum(K**2) < UNCORRELATED * len(K))
    return few_correlations and alike(np.diag(C).min(), np.diag(C).max())


def alike(least: float, largest: float) -> bool:
    """Whether the sizes of features of these second moments do not differ by much."""
    return bool(largest < SIZES_ALIKE**2 * least)


def span_of_rows(X: FloatArray) -> FloatArray:
    """An orthonormal basis of the span of fewer rows than columns, shape (d, rank)."""
    sizes = np.sqrt(np.mean(X**2, axis=0))
    sizes = np.where(sizes > 0, sizes, 1.0)
    # From the n × n matrix of inner products: nothing of size d × d is formed.
    scaled = X / sizes
    values, vectors = eigh(scaled @ scaled.T)
    kept = values > LEAST_VARIANCE * max(values[-1], 0.0)
    kept[-1] = True
    directions = scaled.T @ vectors[:, kept][:, ::-1]
    basis, _ = np.linalg.qr(sizes[:, None] * directions)
    return basis


def span_of_vectors(C: FloatArray) -> FloatArray | None:
    """The span of vectors with second moments C, or None if they span everything.

    A basis in principal axes also where they are correlated: a diagonal preconditioner then suits
    them too.
    """
    basis = span_of_moments(C)
    if basis is not None:
        return principal_axes(basis, basis.T @ C @ basis)
    return principal_axes(np.eye(len(C)), C) if are_correlated(C) else None


def variances_along(axes: FloatArray, C: FloatArray) -> FloatArray:
    """The second moments along some axes, shape (m,)."""
    return np.einsum("ab,ab->b", axes, C @ axes)


def whitening_of_vectors(C: FloatArray, within: FloatArray | None) -> Whitening:
    """The whitening of rank-one measurements by vectors with second moments C."""
    T, inverse = whitening_of_moments(C if within is None else within.T @ C @ within)
    # κ of a Gaussian x of unit variance is 2, and A has the unit of T².
    return T / 2.0**0.25, inverse * 2.0**0.25


def whitening_of_moments(C: FloatArray) -> Whitening:
    """T with ``Tᵀ C T = I``, and its inverse, for a second-moment matrix of full rank.

    By the Cholesky factor of the correlations, which costs less than eigenvectors: whitened
    coordinates are unique up to a rotation only.
    """
    sizes = root_mean_squares(C)
    K = _correlations(C, sizes)
    sizes = np.where(sizes > 0, sizes, 1.0)
    try:
        L = np.linalg.cholesky(K)
        inverse = solve_triangular(L, np.eye(len(L)), lower=True)
        return inverse.T / sizes[:, None], L.T * sizes
    except np.linalg.LinAlgError:
        # Rounding has made the variance of a direction negative.
        values, vectors = eigh(K)
        roots = np.sqrt(np.maximum(values, LEAST_VARIANCE))
        return vectors / roots / sizes[:, None], roots[:, None] * vectors.T * sizes


def whitening_of_matrices(images: Callable[[FloatArray], FloatArray], dim: int) -> Whitening:
    """T with ``Σ w_i (Tᵀ A_i T)²`` a multiple of the identity, and its inverse.

    ``Σ w_i A_i²`` alone does not transform with the features. The metric ``P = T Tᵀ`` with
    ``P⁻¹ = Σ w_i A_i P A_i`` does; it is the fixed point of the geometric mean of P and the inverse
    of the right side. The sum is estimated from ``A_i P^{1/2} z`` for random vectors z, one read of
    the measurements: the coordinates need not be exact, since no minimum depends on them. Singular
    values of these vectors, rather than eigenvalues of their moments, resolve a condition number
    of 1e4 of the features, which is 1e16 for moments of matrices.

    Parameters
    ----------
    images : callable
        Maps T to rows ``√(w_i/q) Tᵀ A_i T z`` for q random vectors z a sample, new ones in each
        call, or to fewer rows with the same Gram matrix.
    dim : int
        Columns of T.
    """
    T, inverse = np.eye(dim), np.eye(dim)
    for _ in range(METRIC_STEPS):
        _, sizes, W = np.linalg.svd(images(T), full_matrices=False)
        # Directions that are hardly seen are not stretched beyond rounding.
        sizes = np.maximum(sizes, 1e-14 * sizes[0]) if sizes[0] > 0 else np.ones(dim)
        if sizes[0] < CONVERGED_SPREAD * sizes[-1]:
            break
        T = (T @ W.T) / np.sqrt(sizes)
        inverse = np.sqrt(sizes)[:, None] * (W @ inverse)
    size = float(np.sqrt(np.mean(sizes)))
    T, inverse = T / size, inverse * size
    # Σ w (Tᵀ A T)² is I now, and (d + 1)/2 I for Gaussian matrices of κ = 1.
    size = (0.5 * (dim + 1.0)) ** 0.25
    return T * size, inverse / size


def vectors_per_sample(n_samples: int, dim: int) -> int:
    """The random vectors q of each sample in `whitening_of_matrices`."""
    return -(-VECTORS_PER_ROW * dim // n_samples)


def random_vectors_seen(
    random_images: Callable[[FloatArray], FloatArray],
    weights: FloatArray,
    dim: int,
    within: FloatArray | None,
) -> Callable[[FloatArray], FloatArray]:
    """The images that `whitening_of_matrices` asks for, by the `random_images` of a map.

    `dim` is the number of coordinates, which are those of the columns of `within` if it is given.
    """
    count = vectors_per_sample(len(weights), dim)
    rng = np.random.default_rng(0)
    roots = np.sqrt(weights / count)[:, None, None]

    def images(T: FloatArray) -> FloatArray:
        vectors = rng.standard_normal((len(weights), count, len(T))) @ T.T
        Y = random_images(vectors if within is None else vectors @ within.T)
        Y = Y if within is None else Y @ within
        return (roots * (Y @ T)).reshape(-1, len(T))

    return images
