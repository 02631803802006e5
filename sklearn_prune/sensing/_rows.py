"""The vectors x_i of rank-one measurements, as rows of an array or with a 1 appended."""

from functools import cached_property
from mmap import mmap
from typing import Any, Protocol, Self

import numpy as np

from sklearn_prune._typing import FloatArray, IndexArray
from sklearn_prune.sensing._blocks import row_blocks

# Numbers in a block of rows while the data are surveyed. Any size that fits the cache will do.
_SURVEYED = 1 << 20


def is_in_file(X: FloatArray) -> bool:
    """Whether an array is a view of a memory map, whose rows are not to be copied."""
    base: Any = X
    while isinstance(base, np.ndarray):
        base = base.base
    return isinstance(base, mmap)


class Rows(Protocol):
    """Vectors ``x_i`` of length d, one a row, which are read a block of rows at a time."""

    @property
    def shape(self) -> tuple[int, int]:
        """(n, d)."""
        ...

    @property
    def in_file(self) -> bool:
        """Whether they are in a file, of which no large part is to be copied."""
        ...

    @property
    def largest_entry(self) -> float:
        """The largest absolute entry of the data as they were given."""
        ...

    def max_abs(self) -> float:
        """The largest absolute entry of the vectors."""
        ...

    def squared_lengths(self) -> FloatArray:
        """``||x_i||²``, shape (n,)."""
        ...

    def block(self, rows: slice) -> FloatArray:
        """Some of the vectors as an array of float64."""
        ...

    def times(self, rows: slice, U: FloatArray) -> FloatArray:
        """``x_iᵀ U`` for some rows, shape (rows, k)."""
        ...

    def transpose_times(self, rows: slice, Z: FloatArray) -> FloatArray:
        """``Σ x_i z_iᵀ`` over some rows, shape (d, k)."""
        ...

    def take(self, samples: IndexArray) -> Self:
        """Some of the vectors, copied."""
        ...


class DenseRows:
    """The rows of an array, never copied; float32 becomes float64 a block at a time."""

    def __init__(self, X: FloatArray) -> None:
        self.X = X

    @property
    def shape(self) -> tuple[int, int]:
        return self.X.shape[0], self.X.shape[1]

    @cached_property
    def _survey(self) -> tuple[float, FloatArray]:
        """The largest absolute entry and the squared lengths, from one read."""
        largest, lengths = 0.0, np.empty(len(self.X))
        for rows in row_blocks(len(self.X), max(16, _SURVEYED // self.X.shape[1])):
            X = self.block(rows)
            largest = max(largest, float(X.max()), -float(X.min()))
            lengths[rows] = np.einsum("ij,ij->i", X, X)
        return largest, lengths

    @property
    def in_file(self) -> bool:
        return is_in_file(self.X)

    @property
    def largest_entry(self) -> float:
        return self._survey[0]

    def max_abs(self) -> float:
        return self._survey[0]

    def squared_lengths(self) -> FloatArray:
        return self._survey[1]

    def block(self, rows: slice) -> FloatArray:
        return self.X[rows].astype(np.float64, copy=False)

    def times(self, rows: slice, U: FloatArray) -> FloatArray:
        return self.block(rows) @ U

    def transpose_times(self, rows: slice, Z: FloatArray) -> FloatArray:
        return self.block(rows).T @ Z

    def take(self, samples: IndexArray) -> "DenseRows":
        return DenseRows(self.X[samples])


class RowsWithOne:
    """Vectors with a 1 appended: the last entry of every column of U is then its bias."""

    def __init__(self, inner: Rows) -> None:
        self.inner = inner

    @property
    def shape(self) -> tuple[int, int]:
        n, d = self.inner.shape
        return n, d + 1

    @property
    def in_file(self) -> bool:
        return self.inner.in_file

    @property
    def largest_entry(self) -> float:
        return self.inner.largest_entry

    def max_abs(self) -> float:
        return max(self.inner.max_abs(), 1.0)

    def squared_lengths(self) -> FloatArray:
        return self.inner.squared_lengths() + 1.0

    def block(self, rows: slice) -> FloatArray:
        X = self.inner.block(rows)
        return np.column_stack([X, np.ones(len(X))])

    def times(self, rows: slice, U: FloatArray) -> FloatArray:
        return self.inner.times(rows, U[:-1]) + U[-1]

    def transpose_times(self, rows: slice, Z: FloatArray) -> FloatArray:
        return np.vstack([self.inner.transpose_times(rows, Z), Z.sum(axis=0)])

    def take(self, samples: IndexArray) -> "RowsWithOne":
        return RowsWithOne(self.inner.take(samples))
