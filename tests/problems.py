"""Small problems and slow formulas that the tests hold the package against."""

import numpy as np

from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.objective import normalised_loss
from sklearn_prune.sensing import sensing_map

MEASUREMENTS = ("rank-one", "matrix")


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
    """Rows without any symmetry to hide behind."""
    return rng.standard_normal((n, d if measurement == "rank-one" else d * d))


def random_loss(rng, n, d, measurement, *, centred):
    """A normalised loss of noisy data with two signals, and its matrices by definition."""
    X = random_rows(rng, n, d, measurement)
    sensing = sensing_map(X, measurement)
    y = sensing.images(rng.standard_normal((d, 2))) + 0.5 * rng.standard_normal(n) + 1.0
    loss, _ = normalised_loss(sensing, y, rng.uniform(0.5, 2.0, n), centred=centred)
    A = np.stack([loss.sensing.adjoint(e) for e in np.eye(n)])
    return loss, A


def sensed_loss(measurement, *, seed=0, centred=False, **settings):
    """A normalised loss of a problem with a known answer, its units and the hidden factor."""
    X, y, factor = make_matrix_sensing(measurement=measurement, random_state=seed, **settings)
    loss, units = normalised_loss(sensing_map(X, measurement), y, np.ones(len(y)), centred=centred)
    return loss, units, factor


def brute_force_hessian(loss, A, penalty, U):
    """The Hessian of f at U by the chain rule over explicit matrices, rows of U first."""
    d, k = U.shape
    w = loss.weights
    t = np.einsum("iab,ak,bk->i", A, U, U)
    e = loss.centre(loss.y - t)
    J = 2 * np.einsum("iab,bk->iak", A, U).reshape(len(A), -1)
    J = np.apply_along_axis(loss.centre, 0, J)
    R = np.einsum("i,iab->ab", w * e, A)
    H = 2 * J.T @ (w[:, None] * J) - 4 * np.kron(R, np.eye(k))
    s = (U**2).sum(axis=0)
    first, second = penalty.derivative(s), penalty.second_derivative(s)
    for j in range(k):
        own = np.arange(d) * k + j
        H[np.ix_(own, own)] += 2 * first[j] * np.eye(d) + 4 * second[j] * np.outer(U[:, j], U[:, j])
    return H


def relative_error(U, factor, unit=1.0):
    M = factor @ factor.T
    return np.linalg.norm(U @ U.T * unit - M) / np.linalg.norm(M)
