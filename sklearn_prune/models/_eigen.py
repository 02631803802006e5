"""The outer eigenvalues of a symmetric matrix, dense for arrays and by block Lanczos otherwise."""

from collections.abc import Callable
from contextlib import suppress

import numpy as np
from scipy.linalg import eigh, eigvalsh

from sklearn_prune._typing import FloatArray, Operator

Pairs = tuple[FloatArray, FloatArray]

# Columns of the random start. Each is another chance to see an eigenvector, and 4 to 8 of them cost
# hardly more than one where a product reads all samples.
BLOCK = 8
# Columns of the Krylov space at which it is started again from its best vectors, and products of a
# block at most.
MOST_COLUMNS = 200
MOST_PRODUCTS = 300
# Residuals over the largest eigenvalue: of an eigenvalue that is a result, whose error is about the
# square of this over the relative gap, and of directions that columns are started along.
EXACT = 1e-7
DIRECTION = 1e-2
# The part of the distance to a level to which an eigenvalue beside it is converged.
BESIDE_LEVEL = 0.1
# The probability that an eigenvalue above a level is missed, over the random start.
MISSED = 1e-6


def outer_eigenpairs(R: Operator, count: int, *, both_ends: bool) -> Pairs:
    """The largest eigenvalues and their eigenvectors, in falling order.

    With `both_ends` those that are largest in size. At most `count`; an operator is solved to the
    accuracy that a start needs.
    """
    if not isinstance(R, np.ndarray):

        def settled(values: FloatArray, residuals: FloatArray, products: int) -> bool:
            return bool(residuals.max() <= DIRECTION * np.abs(values).max())

        return block_lanczos(R, count, settled, both_ends=both_ends)
    d = len(R)
    if both_ends:
        values, vectors = np.linalg.eigh(R)
        first = np.argsort(-np.abs(values), kind="stable")[:count]
        return values[first], vectors[:, first]
    values, vectors = _last_eigenpairs(R, min(count, d))
    return values[::-1], vectors[:, ::-1]


def _last_eigenpairs(R: FloatArray, count: int) -> Pairs:
    """The largest eigenvalues and their eigenvectors, in rising order."""
    d = len(R)
    # LAPACK's solver for a few eigenpairs is faster than that for all, but on some matrices with
    # clusters of equal eigenvalues it fails, or returns fewer pairs.
    with suppress(np.linalg.LinAlgError):
        values, vectors = eigh(R, subset_by_index=[d - count, d - 1])
        if len(values) == count:
            return values, vectors
    values, vectors = np.linalg.eigh(R)
    return values[d - count :], vectors[:, d - count :]


def outer_eigenvalue(R: Operator, *, both_ends: bool, level: float | None = None) -> float:
    """The largest eigenvalue, or the largest size of one with `both_ends`.

    Of an operator it is converged, or, with a level that it is to be compared with, known to a
    tenth of its distance from the level.
    """
    if isinstance(R, np.ndarray):
        values = eigvalsh(R)
        return float(max(values[-1], -values[0]) if both_ends else values[-1])
    dim = R.shape[0]

    def settled(values: FloatArray, residuals: FloatArray, products: int) -> bool:
        size = float(np.abs(values).max())
        top = size if both_ends else float(values[0])
        if residuals[0] <= EXACT * size:
            return products >= least_products(dim, EXACT)
        if level is None:
            return False
        distance = abs(level - top)
        known = residuals[0] <= BESIDE_LEVEL * distance
        # A value above the level proves that one is, whatever else there may be.
        return bool(known) and (top > level or products >= least_products(dim, distance / size))

    values, _ = block_lanczos(R, 1, settled, both_ends=both_ends)
    return float(np.abs(values[0]) if both_ends else values[0])


def largest_entry(R: Operator, values: FloatArray) -> float:
    """The largest absolute entry of R, or of its outer eigenvalues where R is not formed."""
    return float(np.abs(R if isinstance(R, np.ndarray) else values).max())


def least_products(dim: int, distance: float) -> int:
    """Products of a block after which an eigenvalue is hardly missed by a relative distance.

    For a random start of one column the probability that the largest Ritz value is below the
    largest eigenvalue by more than ε of the spread of all is at most ``1.648 √d exp(−√ε (2m − 1))``
    after m products (Kuczyński and Woźniakowski 1992, Theorem 4.2), and the spread is at most
    twice the largest size. The columns of a block are independent starts.
    """
    relative = min(max(0.5 * distance, 1e-12), 1.0)
    needed = np.log(1.648 * np.sqrt(dim)) - np.log(MISSED) / BLOCK
    products = 0.5 * (1.0 + needed / np.sqrt(relative))
    # The space is started again beyond, and the bound says nothing of that.
    return int(np.ceil(min(products, MOST_COLUMNS // BLOCK, -(-dim // BLOCK))))


def block_lanczos(
    R: Operator,
    count: int,
    settled: Callable[[FloatArray, FloatArray, int], bool],
    *,
    both_ends: bool,
    most_columns: int = MOST_COLUMNS,
) -> Pairs:
    """Outer Ritz pairs of a growing Krylov space, with full orthogonalisation.

    Parameters
    ----------
    R : Operator of shape (d, d)
    count : int
        Pairs at most.
    settled : callable
        Called with the Ritz values, the norms of their residuals and the number of products so
        far; returns whether they are accurate enough.
    both_ends : bool
        Whether values are ordered by their size.
    most_columns : int
        Of the space, before it is started again.

    References
    ----------
    Golub and Underwood, "The block Lanczos method for computing eigenvalues", 1977; restarts as in
    Wu and Simon, "Thick-restart Lanczos method for large symmetric eigenvalue problems", 2000.
    """
    dim = R.shape[0]
    count = min(count, dim)
    width = min(dim, max(BLOCK, count + 2))
    # A fixed seed makes the result deterministic.
    V = np.linalg.qr(np.random.default_rng(0).standard_normal((dim, width)))[0]
    basis, images, T = V[:, :0], V[:, :0], np.empty((0, 0))
    for products in range(1, MOST_PRODUCTS + 1):
        W = R @ V
        basis, images = np.hstack([basis, V]), np.hstack([images, W])
        along = basis.T @ W
        old = len(T)
        T = np.block([[T, along[:old]], [along[:old].T, along[old:]]])
        values, Y = np.linalg.eigh(0.5 * (T + T.T))
        order = np.argsort(-np.abs(values) if both_ends else -values, kind="stable")
        values, Y = values[order], Y[:, order]
        first = Y[:, :count]
        residuals = images @ first - (basis @ first) * values[:count]
        if settled(values, np.linalg.norm(residuals, axis=0), products):
            break
        V = _new_directions(W, basis)
        if V.shape[1] == 0:
            # The space is invariant.
            break
        if basis.shape[1] + V.shape[1] > most_columns:
            kept = Y[:, : count + width]
            basis, images = basis @ kept, images @ kept
            T = np.diag(values[: kept.shape[1]])
    return values[:count], basis @ first


def _new_directions(W: FloatArray, basis: FloatArray) -> FloatArray:
    """An orthonormal basis of the part of W that is orthogonal to a basis."""
    sizes = np.linalg.norm(W, axis=0)
    V = W / np.where(sizes > 0, sizes, 1.0)
    # Twice, and once more after the directions are normalised: rounding brings the rest back.
    for _ in range(2):
        V = V - basis @ (basis.T @ V)
    directions, lengths, _ = np.linalg.svd(V, full_matrices=False)
    directions = directions[:, lengths > 1e-12]
    directions = directions - basis @ (basis.T @ directions)
    return np.linalg.qr(directions)[0]
