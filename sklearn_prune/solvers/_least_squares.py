"""Columns inside a given span, by exact least squares."""

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.models import Factor
from sklearn_prune.objective import Evaluation


def fit_in_span(point: Evaluation, V: FloatArray) -> tuple[Factor, FloatArray]:
    """Columns in the span of V that explain the residuals of a point best.

    Solves ``min_S Σ h_i (<A_i, V S Vᵀ> − w_i e_i / h_i)²`` over symmetric S, with the Gauss-Newton
    weights h; for the squared error this is exact least squares. The model then takes the nearest
    matrix that it can represent.

    Parameters
    ----------
    point : Evaluation
    V : ndarray of shape (d, m)
        Orthonormal columns.

    Returns
    -------
    Factor of shape (d, at most m)
        Orthogonal columns, the longest first.
    ndarray of shape (columns, columns)
        ``Σ h_i <A_i, u_j u_kᵀ>²``: whether samples have two of the columns.
    """
    problem = point.problem
    if V.shape[1] == 0:
        return Factor(V), np.zeros((0, 0))
    h, g = point.gauss_newton_weights, problem.weights * point.residuals
    products, moment, mean, total = problem.sensing.span_sums(V, h, g)
    # Nothing is taken off the moment: the sum of g is zero at the best offset.
    gram = products - np.outer(mean, mean) / total if problem.profiles_offset else products
    coefficients = np.linalg.lstsq(gram, moment)[0]
    S = np.zeros((V.shape[1], V.shape[1]))
    S[np.triu_indices(V.shape[1])] = coefficients
    within = problem.model.factor_of(0.5 * (S + S.T))
    return within.with_columns(V @ within.U), _squared_products(products, within.U)


def _squared_products(gram: FloatArray, W: FloatArray) -> FloatArray:
    """The sums of ``<A_i, u_j u_kᵀ>²`` of the columns V W, from those of the columns of V."""
    a, b = np.triu_indices(len(W))
    pairs = W[a, :, None] * W[b, None, :]
    pairs = pairs + pairs.transpose(0, 2, 1)
    pairs[a == b] *= 0.5
    return np.einsum("ajk,ab,bjk->jk", pairs, gram, pairs, optimize=True)
