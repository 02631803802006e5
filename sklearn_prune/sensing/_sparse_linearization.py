"""Sparse whole-matrix measurements at a factor."""

from typing import Any, Protocol

import numpy as np
from scipy.sparse import csr_array

from sklearn_prune._typing import FloatArray
from sklearn_prune.sensing._base import SecondOrder
from sklearn_prune.sensing._signs import with_signs


class SparseEntries(Protocol):
    """What a linearization reads of a `SparseMatrixMap`."""

    scale: float

    @property
    def rows(self) -> Any: ...
    @property
    def n_samples(self) -> int: ...
    def entries(self, U: FloatArray, Z: FloatArray) -> FloatArray: ...
    def images(self, m: FloatArray) -> FloatArray: ...
    def sum_of(self, c: FloatArray) -> csr_array: ...
    def mean_squares(self, weights: FloatArray) -> csr_array: ...


class SparseLinearization:
    """A `SparseMatrixMap` at a factor, see `Linearization`."""

    def __init__(self, sensing: SparseEntries, U: FloatArray, signs: FloatArray | None) -> None:
        self._sensing = sensing
        self._signs = signs
        self._Z = with_signs(U, signs)
        self.images = sensing.images(sensing.entries(U, self._Z))

    def adjoint_product(self, c: FloatArray) -> FloatArray:
        return self._sensing.sum_of(c) @ self._Z

    def second_order(self, g: FloatArray, h: FloatArray) -> SecondOrder:
        C = self._sensing.sum_of(g)

        def product(V: FloatArray) -> tuple[FloatArray, float]:
            change = h * self._sensing.images(self._sensing.entries(self._Z, V))
            total = C @ with_signs(V, self._signs) - 2.0 * self.adjoint_product(change)
            return total, float(change.sum())

        return product

    def gauss_newton_diagonal(self, h: FloatArray, weights: FloatArray) -> FloatArray:
        # As if the entries of A were independent, and exact where a row has a single one.
        return 8.0 * (self._sensing.mean_squares(h) @ self._Z**2)

    def jacobian(self) -> FloatArray:
        sensing = self._sensing
        B, sample, number = sensing.rows
        J = np.zeros((sensing.n_samples, *self._Z.shape))
        J[sample, number] = 2.0 * sensing.scale * (B @ self._Z)
        return J.reshape(len(J), -1)
