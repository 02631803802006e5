"""Small problems and slow formulas that the tests hold the package against."""

from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.objective import Formulation, Problem, Scaling
from sklearn_prune.sensing import (
    MEASUREMENTS,
    DenseRows,
    MatrixMap,
    RankOneMap,
    RowsWithOne,
    SparseMatrixMap,
    SparseRankOneMap,
    SparseRows,
    Whitened,
    canonical_rows,
)

__all__ = ["MEASUREMENTS"]


def dense_matrices(X, measurement, *, fit_bias=False):
    """The ``sym A_i``, shape (n, d, d), by their definition."""
    if measurement == "rank-one":
        if fit_bias:
            X = np.column_stack([X, np.ones(len(X))])
        return np.einsum("ia,ib->iab", X, X)
    side = int(np.sqrt(X.shape[1]))
    A = X.reshape(-1, side, side)
    return (A + A.transpose(0, 2, 1)) / 2


def random_rows(rng, n, d, measurement):
    """Rows that are neither symmetric nor centred."""
    return rng.standard_normal((n, d if measurement == "rank-one" else d * d)) + 0.3


def symmetric_rows(rng, n, d):
    A = rng.standard_normal((n, d, d))
    return (A + A.transpose(0, 2, 1)).reshape(n, d * d)


# All sensing maps by name, each a function of (rng, n, d) that returns a map and its matrices
# ``sym A_i`` by definition. The maps that keep or block differently are maps of their own here.
def _rank_one(rng, n, d):
    X = random_rows(rng, n, d, "rank-one")
    return RankOneMap(DenseRows(X)), dense_matrices(X, "rank-one")


def _rank_one_with_bias(rng, n, d):
    X = random_rows(rng, n, d - 1, "rank-one")
    return RankOneMap(RowsWithOne(DenseRows(X))), dense_matrices(X, "rank-one", fit_bias=True)


def _rank_one_in_blocks(rng, n, d):
    X = random_rows(rng, n, d, "rank-one").astype(np.float32)
    sensing = RankOneMap(
        DenseRows(X), product_work=1, copied_numbers=1, formed_rows=7, kept_numbers=1
    )
    return sensing, dense_matrices(X.astype(float), "rank-one")


def _matrix(rng, n, d):
    X = random_rows(rng, n, d, "matrix")
    return MatrixMap(X), dense_matrices(X, "matrix")


def _symmetric_matrix(rng, n, d):
    X = symmetric_rows(rng, n, d)
    return MatrixMap(X), dense_matrices(X, "matrix")


def _matrix_of_many_columns(rng, n, d):
    X = random_rows(rng, n, d, "matrix")
    return MatrixMap(X, kept_columns=0.0, kept_numbers=0), dense_matrices(X, "matrix")


def _matrix_in_blocks(rng, n, d):
    X = random_rows(rng, n, d, "matrix").astype(np.float32)
    sensing = MatrixMap(X, block_numbers=1, product_work=1)
    return sensing, dense_matrices(X.astype(float), "matrix")


def _rank_one_whitened(rng, n, d):
    sensing, A = _rank_one(rng, n, d)
    T, _ = sensing.whitening(np.full(n, 1 / n))
    return Whitened(sensing, T), T.T @ A @ T


def _matrix_whitened(rng, n, d):
    sensing, A = _matrix(rng, n, d)
    T, _ = sensing.whitening(np.full(n, 1 / n))
    return Whitened(sensing, T), T.T @ A @ T


def _rank_one_restricted(rng, n, d):
    """d + 2 features, of which two depend on the others."""
    X = random_rows(rng, n, d, "rank-one") @ rng.standard_normal((d, d + 2))
    sensing = RankOneMap(DenseRows(X))
    basis = sensing.span(np.full(n, 1 / n))
    return sensing.restricted(basis), basis.T @ dense_matrices(X, "rank-one") @ basis


def _matrix_restricted(rng, n, d):
    B = rng.standard_normal((d, d + 2))
    A = B.T @ symmetric_rows(rng, n, d).reshape(n, d, d) @ B
    sensing = MatrixMap((0.5 * (A + A.transpose(0, 2, 1))).reshape(n, -1))
    basis = sensing.span(np.full(n, 1 / n))
    return sensing.restricted(basis), basis.T @ A @ basis


def sparse_rows(rng, n, d, measurement):
    """Rows of which a third of the entries are not zero, without unseen directions."""
    X = random_rows(rng, n, d, measurement)
    X[rng.uniform(size=X.shape) > 0.3] = 0.0
    return X


def _sparse(measurement, *, fit_bias=False, **limits):
    """A sparse map; `limits` say from which d on nothing of shape (d, d) is made."""

    def make(rng, n, d):
        X = sparse_rows(rng, n, d - fit_bias, measurement)
        if measurement == "matrix":
            sensing = SparseMatrixMap.of_rows(canonical_rows(csr_array(X)), **limits)
        else:
            rows = SparseRows(canonical_rows(csr_array(X)), with_one=fit_bias)
            sensing = SparseRankOneMap(rows, **limits)
        return sensing, dense_matrices(X, measurement, fit_bias=fit_bias)

    return make


def _sparse_whitened(measurement):
    """Features divided by their size, as where d is large."""

    def make(rng, n, d):
        sensing, A = _sparse(measurement, **LARGE)(rng, n, d)
        T, _ = sensing.whitening(np.full(n, 1 / n))
        return sensing.in_whitened(T), np.swapaxes(as_array(T).T @ A @ as_array(T), 1, 2)

    return make


def _sparse_restricted(measurement):
    """Features that some samples do not see, left out for all where d is large."""

    def make(rng, n, d):
        X, seen = sparse_rows(rng, n, 2 * d, measurement), 2 * np.arange(d)
        sensing = sparse_map(X, measurement, most_coordinates=0)
        restricted = sensing.restricted(csr_array(np.eye(2 * d)[:, seen]))
        return restricted, dense_matrices(X, measurement)[:, seen[:, None], seen]

    return make


def sparse_map(X, measurement, **limits):
    """The sparse map of dense rows, whatever their density."""
    rows = canonical_rows(csr_array(X))
    if measurement == "matrix":
        return SparseMatrixMap.of_rows(rows, **limits)
    return SparseRankOneMap(SparseRows(rows), **limits)


def as_array(R):
    """An array, a sparse array or an operator as an array."""
    return R if isinstance(R, np.ndarray) else R @ np.eye(R.shape[1])


# As if d were large.
LARGE = {"most_formed": 0, "most_coordinates": 0}

MAPS = {
    "rank-one of large d": lambda rng, n, d: (
        RankOneMap(DenseRows(X := random_rows(rng, n, d, "rank-one")), most_formed=0),
        dense_matrices(X, "rank-one"),
    ),
    "rank-one sparse with a bias": _sparse("rank-one", fit_bias=True),
    "rank-one sparse whitened": _sparse_whitened("rank-one"),
    "rank-one sparse restricted": _sparse_restricted("rank-one"),
    "matrix sparse": _sparse("matrix"),
    "matrix sparse whitened": _sparse_whitened("matrix"),
    "matrix sparse restricted": _sparse_restricted("matrix"),
    "rank-one": _rank_one,
    "rank-one with a bias": _rank_one_with_bias,
    "rank-one in blocks of float32": _rank_one_in_blocks,
    "matrix": _matrix,
    "symmetric matrix": _symmetric_matrix,
    "matrix of many columns": _matrix_of_many_columns,
    "matrix in blocks of float32": _matrix_in_blocks,
    "rank-one whitened": _rank_one_whitened,
    "rank-one restricted": _rank_one_restricted,
    "matrix whitened": _matrix_whitened,
    "matrix restricted": _matrix_restricted,
}


def problem_of(sensing, y, weights, formulation):
    """A problem in the units of its data, without normalisation."""
    total = float(weights.sum())
    return Problem(sensing, y, weights / total, total, formulation, Scaling(1.0, 1.0))


def random_problem(rng, n, d, measurement, *, fit_intercept):
    """A normalised problem of noisy data with two signals, and its matrices by definition."""
    X = random_rows(rng, n, d, measurement)
    formulation = Formulation(measurement, fit_intercept)
    images = formulation.sensing_map(X).forward(rng.standard_normal((d, 2)))
    y = images + 0.5 * rng.standard_normal(n) + 1.0
    problem = Problem.from_data(X, y, rng.uniform(0.5, 2.0, n), formulation)
    return problem, explicit_matrices(problem)


def explicit_matrices(problem):
    """The ``A_i`` of a problem, by the adjoint of unit vectors."""
    return np.stack(
        [as_array(problem.sensing.adjoint(e)) for e in np.eye(problem.sensing.n_samples)]
    )


def sensed_problem(measurement, *, seed=0, fit_intercept=False, **settings):
    """A normalised problem with a known answer, and the hidden factor."""
    X, y, factor = make_matrix_sensing(measurement=measurement, random_state=seed, **settings)
    formulation = Formulation(measurement, fit_intercept)
    return Problem.from_data(X, y, np.ones(len(y)), formulation), factor


def brute_force_hessian(problem, A, penalty, U, signs=None):
    """The Hessian of f at U by the chain rule over explicit matrices, rows of U first."""
    d, k = U.shape
    D = np.eye(k) if signs is None else np.diag(signs)
    images = np.einsum("iab,ak,bk->i", A, U @ D, U)
    c = problem.loss.offset(problem.y, images, problem.weights) if problem.profiles_offset else 0.0
    e = problem.loss.residual(problem.y, images + c)
    h = problem.weights * problem.loss.curvature(problem.y, images + c)
    J = 2 * np.einsum("iab,bk->iak", A, U @ D).reshape(len(A), -1)
    if problem.profiles_offset and h.sum() > 0:
        J = J - h @ J / h.sum()
    R = np.einsum("i,iab->ab", problem.weights * e, A)
    H = 2 * J.T @ (h[:, None] * J) - 4 * np.kron(R, D)
    s = (U**2).sum(axis=0)
    # The derivatives of α s / √(s + β), written out another way than in the package.
    t = s + penalty.beta
    first = penalty.alpha * (t**-0.5 - 0.5 * s * t**-1.5)
    second = penalty.alpha * (-(t**-1.5) + 0.75 * s * t**-2.5)
    for j in range(k):
        own = np.arange(d) * k + j
        H[np.ix_(own, own)] += 2 * first[j] * np.eye(d) + 4 * second[j] * np.outer(U[:, j], U[:, j])
    return H


def relative_error(U, factor, unit=1.0):
    M = factor @ factor.T
    return np.linalg.norm(U @ U.T * unit - M) / np.linalg.norm(M)


def chunked(a):
    """The same numbers as a dask array with chunks of unequal sizes, one of them empty."""
    import dask.array as da

    ends = [0, *(round(part * len(a)) for part in (0.35, 0.35, 0.9, 1.0))]
    sizes = tuple(b - a for a, b in pairwise(ends))
    return da.from_array(a, chunks=(sizes, *((n,) for n in a.shape[1:])))
