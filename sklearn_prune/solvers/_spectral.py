"""A start, or more columns, from the top eigenvectors of the residual matrix."""

import numpy as np
from scipy.linalg import eigh

# Columns at most whose m(m+1)/2 products are fitted at once.
_FITTED = 16


def top_eigenpairs(R, count):
    """The largest eigenvalues of a symmetric matrix, in falling order, and their vectors."""
    d = len(R)
    values, vectors = eigh(R, subset_by_index=[max(0, d - count), d - 1])
    return values[::-1], vectors[:, ::-1]


def rising_directions(R, count, level=0.0):
    """Eigenvectors of R whose eigenvalues are above a level, `count` at most.

    Those of eigenvalue zero are left out: where the samples are few there are many, and which
    of them come first is up to rounding.
    """
    values, vectors = top_eigenpairs(R, count)
    return vectors[:, values > max(level, 1e-10 * np.abs(R).max())]


def fit_in_span(loss, residuals, V):
    """Columns of V's span that explain residuals best, by exact least squares.

    ``min_S Σ w_i (<A_i, V S Vᵀ> − e_i)²`` over symmetric S; columns that would have to
    count negatively are left out.

    Parameters
    ----------
    loss : SquaredLoss
    residuals : ndarray of shape (n,)
        e.
    V : ndarray of shape (d, m)
        Orthonormal columns.

    Returns
    -------
    ndarray of shape (d, at most m)
        Orthogonal columns, the longest first.
    """
    if V.shape[1] == 0:
        return V
    gram, moment, mean = 0.0, 0.0, 0.0
    for rows, features in loss.sensing.quadratic_features(V):
        weighted = loss.weights[rows, None] * features
        gram = gram + weighted.T @ features
        moment = moment + residuals[rows] @ weighted
        mean = mean + weighted.sum(axis=0)
    if loss.centred:
        gram, moment = gram - np.outer(mean, mean), moment - mean * (loss.weights @ residuals)
    coefficients = np.linalg.lstsq(gram, moment)[0]
    S = np.zeros((V.shape[1], V.shape[1]))
    a, b = np.triu_indices(V.shape[1])
    S[a, b] = coefficients
    values, vectors = np.linalg.eigh(0.5 * (S + S.T))
    positive = np.flatnonzero(values > 1e-12 * values.max(initial=0.0))[::-1]
    return (V @ vectors[:, positive]) * np.sqrt(values[positive])


def spectral_start(loss, count):
    """A factor of at most `count` columns from the eigenvectors of R at ``U = 0``.

    y is centred to find them: for Gaussian rank-one measurements R is ``2 M + tr(M) I``
    otherwise.
    """
    V = rising_directions(loss.residual_matrix(loss.deviations), min(count, _FITTED))
    return fit_in_span(loss, loss.centre(loss.y), V)


def grown(point, count, *, level=0.0):
    """A factor with columns along which the loss falls, where ``λ_max(R)`` is above a level.

    At most as many more as there are, and `count` in all.
    """
    U = point.U
    more = min(max(1, U.shape[1]), _FITTED, count - U.shape[1])
    if more == 0:
        return U
    V = rising_directions(point.residual_matrix, more, level)
    return np.hstack([U, fit_in_span(point.loss, point.residuals, V)])
