"""Rank-one measurements at a factor, for derivatives."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.sensing._base import SecondOrder
from sklearn_prune.sensing._blocks import fill_blocks, sum_blocks
from sklearn_prune.sensing._rows import Rows
from sklearn_prune.sensing._signs import with_signs


class Vectors(Protocol):
    """What a linearization reads of a `RankOneMap`."""

    rows: Rows
    scale: float
    kept_numbers: int

    @property
    def n_samples(self) -> int: ...
    def forward(self, U: FloatArray, signs: FloatArray | None = None) -> FloatArray: ...
    def times(self, rows: slice, U: FloatArray) -> FloatArray: ...
    def product_block(self, U: FloatArray) -> int: ...
    def second_moments(self, weights: FloatArray) -> FloatArray: ...


class RankOneLinearization:
    """A `RankOneMap` at a factor U, see `Linearization`."""

    def __init__(self, sensing: Vectors, U: FloatArray, signs: FloatArray | None) -> None:
        self._sensing = sensing
        self._Z = with_signs(U, signs)
        self._signs = signs
        self._size = sensing.product_block(U)
        self._P: FloatArray | None = None
        if sensing.n_samples * U.shape[1] > sensing.kept_numbers:
            self.images = sensing.forward(U, signs)
            return
        P = np.empty((sensing.n_samples, U.shape[1]), order="F")
        self._P = fill_blocks(P, lambda rows: sensing.times(rows, self._Z), self._size)
        self.images = sums_of_squares(P, signs)

    def adjoint_product(self, c: FloatArray) -> FloatArray:
        def term(rows: slice) -> FloatArray:
            return self._sensing.rows.transpose_times(rows, c[rows, None] * self._products(rows))

        return self._sensing.scale * self._sum(np.zeros(self._Z.shape), term)

    def second_order(self, g: FloatArray, h: FloatArray) -> SecondOrder:
        sensing, signs = self._sensing, self._signs

        def product(V: FloatArray) -> tuple[FloatArray, float]:
            changes = []

            def term(rows: slice) -> FloatArray:
                # By columns, of which there are few, so that operations along the rows are long.
                P, Q = self._products(rows), np.asfortranarray(sensing.times(rows, V))
                change = h[rows] * np.einsum("ij,ij->i", P, Q)
                changes.append(float(change.sum()))
                Q *= g[rows, None] if signs is None else np.multiply.outer(g[rows], signs)
                Q -= (2.0 * change)[:, None] * P
                return sensing.rows.transpose_times(rows, Q)

            total = self._sum(np.zeros(V.shape), term)
            return sensing.scale * total, sum(changes)

        return product

    def gauss_newton_diagonal(self, h: FloatArray, weights: FloatArray) -> FloatArray:
        # As if the entries of x were independent of xᵀ U: exact up to a factor of 3 for Gaussian
        # rows, which is enough for a preconditioner and saves a read of X.
        def term(rows: slice) -> FloatArray:
            return h[rows] @ self._products(rows) ** 2

        squares = self._sum(np.zeros(self._Z.shape[1]), term)
        return 8.0 * self._sensing.second_moments(weights)[:, None] * squares

    def jacobian(self) -> FloatArray:
        def values(rows: slice) -> FloatArray:
            X = 2.0 * self._sensing.scale * self._sensing.rows.block(rows)
            return X[:, :, None] * self._products(rows)[:, None, :]

        J = np.empty((self._sensing.n_samples, *self._Z.shape))
        return fill_blocks(J, values, self._size).reshape(len(J), -1)

    def _sum(self, total: FloatArray, term: Callable[[slice], FloatArray]) -> FloatArray:
        return sum_blocks(total, term, self._sensing.n_samples, self._size)

    def _products(self, rows: slice) -> FloatArray:
        """``x_iᵀ Z``."""
        return self._sensing.times(rows, self._Z) if self._P is None else self._P[rows]


def sums_of_squares(P: FloatArray, signs: FloatArray | None) -> FloatArray:
    """``Σ_j ± P_ij²``, shape (n,)."""
    return np.einsum("ij,ij->i", P, P) if signs is None else P**2 @ signs
