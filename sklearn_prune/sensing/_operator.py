"""Symmetric d × d matrices that are not formed where d is large."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sklearn_prune._typing import FloatArray, Operator


class SymmetricOperator:
    """A symmetric matrix of shape (d, d) that is known by its products.

    Parameters
    ----------
    dim : int
        d.
    product : callable
        Returns the product with an array of shape (d, m).
    """

    def __init__(self, dim: int, product: Callable[[FloatArray], FloatArray]) -> None:
        self.shape = (dim, dim)
        self._product = product

    def __matmul__(self, V: FloatArray) -> FloatArray:
        return self._product(V)


def congruence(R: Operator, T: Any) -> Operator:
    """``Tᵀ R T``: an array where R is one, and an operator otherwise."""
    if isinstance(R, np.ndarray) and isinstance(T, np.ndarray):
        return T.T @ R @ T
    return SymmetricOperator(T.shape[1], lambda V: T.T @ (R @ (T @ V)))


def formed(R: Operator) -> FloatArray:
    """R as an array."""
    return R if isinstance(R, np.ndarray) else R @ np.eye(R.shape[1])


def about_mean(squares: Operator, adjoint: Operator, mean: Operator, total: float) -> Operator:
    """``Σ c_i (A_i − Ā)²`` from ``Σ c_i A_i²``, ``Σ c_i A_i``, Ā and ``Σ c_i``."""
    if isinstance(squares, np.ndarray):
        cross = adjoint @ np.asarray(mean)
        return squares - cross - cross.T + total * (mean @ np.asarray(mean))

    def product(V: FloatArray) -> FloatArray:
        along = mean @ V
        return squares @ V - adjoint @ along - mean @ (adjoint @ V) + total * (mean @ along)

    return SymmetricOperator(squares.shape[0], product)
