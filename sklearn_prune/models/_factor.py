"""Columns and the signs with which they count."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from sklearn_prune._typing import BoolArray, FloatArray, IndexArray


@dataclass(frozen=True, eq=False)
class Factor:
    """A factor of ``M = U D Uᵀ``; D has the signs of the columns on its diagonal.

    Attributes
    ----------
    U : ndarray of shape (d, k)
        The columns.
    signs : ndarray of shape (k,) or None, default=None
        1.0 or −1.0 for each column. None is 1.0 for all of them, for which there are faster
        kernels.
    """

    U: FloatArray
    signs: FloatArray | None = None

    @classmethod
    def of(cls, factor: "Factor | FloatArray") -> "Factor":
        """The factor itself, or an array of columns that all count positively."""
        return factor if isinstance(factor, Factor) else cls(factor)

    @property
    def shape(self) -> tuple[int, int]:
        """(d, k)."""
        return self.U.shape[0], self.U.shape[1]

    @property
    def n_columns(self) -> int:
        """k."""
        return self.U.shape[1]

    @property
    def column_signs(self) -> FloatArray:
        """The sign of each column, shape (k,)."""
        return np.ones(self.n_columns) if self.signs is None else self.signs

    @property
    def matrix(self) -> FloatArray:
        """M, shape (d, d)."""
        return self.with_signs(self.U) @ self.U.T

    def times(self, V: FloatArray) -> FloatArray:
        """``M V`` without M, shape (d, m)."""
        return self.with_signs(self.U) @ (self.U.T @ V)

    def with_signs(self, V: FloatArray) -> FloatArray:
        """``V D`` for V of shape (m, k) or (k,); V itself where no column counts negatively."""
        return V if self.signs is None else V * self.signs

    def with_columns(self, U: FloatArray) -> Self:
        """Other columns with the signs of these."""
        return replace(self, U=U)

    def with_largest_positive(self) -> Self:
        """The columns with their largest entry positive, which are of the same M."""
        largest = np.abs(self.U).argmax(axis=0)
        flipped = self.U[largest, np.arange(self.n_columns)] < 0
        return self.with_columns(self.U * np.where(flipped, -1.0, 1.0))

    def moved(self, step: FloatArray) -> Self:
        """The columns moved by a step of shape (d, k)."""
        return replace(self, U=self.U + step)

    def take(self, columns: IndexArray | BoolArray | slice) -> Self:
        """Some of the columns."""
        signs = None if self.signs is None else self.signs[columns]
        return replace(self, U=self.U[:, columns], signs=signs)

    def join(self, other: "Factor") -> "Factor":
        """These columns and then those of another factor."""
        U = np.hstack([self.U, other.U])
        if self.signs is None and other.signs is None:
            return Factor(U)
        return Factor(U, np.concatenate([self.column_signs, other.column_signs]))

    def has_signs_of(self, other: "Factor") -> bool:
        """Whether another factor has as many columns with the same signs."""
        return np.array_equal(self.column_signs, other.column_signs)
