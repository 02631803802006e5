"""Whole-matrix measurements at a factor: by ``A_i U`` that is kept, or by d × d matrices."""

from typing import Protocol

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.sensing._base import SecondOrder
from sklearn_prune.sensing._blocks import fill_blocks
from sklearn_prune.sensing._signs import with_signs


class Matrices(Protocol):
    """What a linearization reads of a `MatrixMap`."""

    @property
    def n_samples(self) -> int: ...
    def forward(self, U: FloatArray, signs: FloatArray | None = None) -> FloatArray: ...
    def adjoint(self, c: FloatArray) -> FloatArray: ...
    def normal(self, M: FloatArray, h: FloatArray) -> tuple[FloatArray, float]: ...
    def products(self, rows: slice, U: FloatArray) -> FloatArray: ...
    def product_block(self, U: FloatArray) -> int: ...
    def second_moments(self, weights: FloatArray) -> FloatArray: ...


class FewColumns:
    """A `MatrixMap` at a factor of few columns; forming ``A_i Z`` is the only read of the data.

    A Hessian product then takes ``n d k`` multiplications instead of ``n d²``.
    """

    def __init__(self, sensing: Matrices, U: FloatArray, signs: FloatArray | None) -> None:
        self._sensing = sensing
        self._shape = U.shape
        self._signs = signs
        Z = with_signs(U, signs)
        AZ = np.empty((sensing.n_samples, *U.shape))
        fill_blocks(AZ, lambda rows: sensing.products(rows, Z), sensing.product_block(U))
        self._AZ = AZ.reshape(sensing.n_samples, -1)
        self.images = self._AZ @ U.ravel()

    def adjoint_product(self, c: FloatArray) -> FloatArray:
        return (c @ self._AZ).reshape(self._shape)

    def second_order(self, g: FloatArray, h: FloatArray) -> SecondOrder:
        C = self._sensing.adjoint(g)

        def product(V: FloatArray) -> tuple[FloatArray, float]:
            change = h * (self._AZ @ V.ravel())
            product = C @ with_signs(V, self._signs) - 2.0 * self.adjoint_product(change)
            return product, float(change.sum())

        return product

    def gauss_newton_diagonal(self, h: FloatArray, weights: FloatArray) -> FloatArray:
        return 8.0 * np.einsum("i,ij,ij->j", h, self._AZ, self._AZ).reshape(self._shape)

    def jacobian(self) -> FloatArray:
        return 2.0 * self._AZ


class ManyColumns:
    """A `MatrixMap` at a factor of many columns, by way of M and of ``Σ c_i A_i``."""

    def __init__(self, sensing: Matrices, U: FloatArray, signs: FloatArray | None) -> None:
        self._sensing = sensing
        self._Z = with_signs(U, signs)
        self._signs = signs
        self.images = sensing.forward(U, signs)

    def adjoint_product(self, c: FloatArray) -> FloatArray:
        return self._sensing.adjoint(c) @ self._Z

    def second_order(self, g: FloatArray, h: FloatArray) -> SecondOrder:
        C = self._sensing.adjoint(g)

        def product(V: FloatArray) -> tuple[FloatArray, float]:
            ZV = self._Z @ V.T
            change, total = self._sensing.normal(0.5 * (ZV + ZV.T), h)
            return C @ with_signs(V, self._signs) - 2.0 * change @ self._Z, total

        return product

    def gauss_newton_diagonal(self, h: FloatArray, weights: FloatArray) -> FloatArray:
        # As if the entries of A were independent; this saves forming ``A_i U``.
        return 8.0 * self._sensing.second_moments(weights) @ self._Z**2

    def jacobian(self) -> FloatArray:
        sensing, Z = self._sensing, self._Z
        J = np.empty((sensing.n_samples, *Z.shape))
        fill_blocks(J, lambda rows: 2.0 * sensing.products(rows, Z), sensing.product_block(Z))
        return J.reshape(len(J), -1)
