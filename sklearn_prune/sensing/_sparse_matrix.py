"""Sparse whole-matrix measurements, read by the entries of M that they touch."""

from collections.abc import Iterator
from copy import copy
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array, diags_array, issparse

from sklearn_prune._typing import FloatArray, IndexArray, Operator
from sklearn_prune.sensing._base import Linearization, SensingMap
from sklearn_prune.sensing._blocks import blocks, count_rows, row_blocks
from sklearn_prune.sensing._coordinates import Restricted, Whitened
from sklearn_prune.sensing._signs import with_signs
from sklearn_prune.sensing._span import (
    LEAST_SIZE,
    METRIC_STEPS,
    random_vectors_seen,
    span_of_moments,
    vectors_per_sample,
    whitening_of_matrices,
)
from sklearn_prune.sensing._sparse import MOST_COORDINATES, MOST_FORMED, selection
from sklearn_prune.sensing._sparse_linearization import SparseLinearization

# Numbers in a block of features or of products (8 MB).
BLOCK_NUMBERS = 1 << 20
# Random numbers for the metric of whole matrices, at most (64 MB); beyond, coordinates are those of
# large d.
MOST_RANDOM = 1 << 23


class SparseMatrixMap(SensingMap):
    """The map ``M -> <A_i, M>`` of sparse matrices that are given as rows.

    Let m be the entries of M at the p places (a, b), a ≤ b, that any ``sym A_i`` touches. The map
    is ``M -> T m`` with a sparse T of shape (n, p); its adjoint puts ``Tᵀ c`` at these places.

    Parameters
    ----------
    T : csr_array of shape (n, p)
        Entries of the ``A_i``, those of (a, b) and (b, a) added.
    places : ndarray of shape (2, p)
        The a and the b.
    dim : int
        d.
    most_formed, most_coordinates : float
        See `SparseRankOneMap`.
    most_random : int
        See the constant of this file.
    """

    def __init__(
        self,
        T: csr_array,
        places: IndexArray,
        dim: int,
        *,
        most_formed: float = MOST_FORMED,
        most_coordinates: float = MOST_COORDINATES,
        most_random: int = MOST_RANDOM,
    ) -> None:
        super().__init__()
        self.T = T
        self.places = places
        self._dim = dim
        self.scale = 1.0
        self.most_formed = most_formed
        self.most_coordinates = most_coordinates
        self.most_random = most_random

    @classmethod
    def of_rows(cls, X: csr_array, **limits: Any) -> "SparseMatrixMap":
        """The map of rows ``vec(A_i)``, shape (n, d²)."""
        dim = round(np.sqrt(X.shape[1]))
        first, second = np.divmod(X.indices.astype(np.int64), dim)
        a, b = np.minimum(first, second), np.maximum(first, second)
        keys, place = np.unique(a * dim + b, return_inverse=True)
        T = csr_array((X.data, place, X.indptr), shape=(X.shape[0], max(1, len(keys))))
        T = T.copy()
        T.sum_duplicates()
        places = np.stack(np.divmod(keys if len(keys) else np.zeros(1, np.int64), dim))
        sensing = cls(T, places, dim, **limits)
        # Of the data as they were given.
        sensing.__dict__["largest_entry"] = float(np.abs(X.data).max(initial=0.0))
        return sensing

    @property
    def n_samples(self) -> int:
        return self.T.shape[0]

    @property
    def dim(self) -> int:
        return self._dim

    @cached_property
    def largest_entry(self) -> float:
        return float(np.abs(self.T.data).max(initial=0.0))

    def max_abs(self) -> float:
        return self.scale * self.largest_entry

    @cached_property
    def halves(self) -> FloatArray:
        """1 for places on the diagonal and ½ for the others, shape (p,)."""
        a, b = self.places
        return np.where(a == b, 1.0, 0.5)

    @cached_property
    def squares(self) -> csr_array:
        """The squares of T."""
        return csr_array((self.T.data**2, self.T.indices, self.T.indptr), shape=self.T.shape)

    @cached_property
    def _pattern(self) -> csr_array:
        """A sparse (d, d) array whose entries are one more than the place that they come from."""
        (a, b), number = self.places, np.arange(1, self.places.shape[1] + 1)
        off = a != b
        rows, columns = np.append(a, b[off]), np.append(b, a[off])
        pattern = csr_array(
            (np.append(number, number[off]), (rows, columns)), shape=(self.dim,) * 2
        )
        pattern.sort_indices()
        return pattern

    @cached_property
    def rows(self) -> tuple[csr_array, IndexArray, IndexArray]:
        """The rows of all ``sym A_i`` that are not zero, below one another.

        With the sample of each, and which row of its matrix it is.
        """
        n, dim = self.T.shape[0], self.dim
        sample = np.repeat(np.arange(n), np.diff(self.T.indptr))
        a, b = self.places[:, self.T.indices]
        value = self.T.data * self.halves[self.T.indices]
        off = a != b
        row = np.append(a, b[off]) + dim * np.append(sample, sample[off])
        keys, place = np.unique(row, return_inverse=True)
        entries = (np.append(value, value[off]), (place, np.append(b, a[off])))
        return csr_array(entries, shape=(len(keys), dim)), *np.divmod(keys, dim)

    def scaled(self, factor: float) -> "SparseMatrixMap":
        scaled = copy(self)
        scaled.scale = self.scale * float(factor)
        scaled._second_moments = None
        return scaled

    def take(self, samples: IndexArray) -> "SparseMatrixMap":
        return self._with(self.T[samples], self.places, self.dim)

    def entries(self, U: FloatArray, Z: FloatArray) -> FloatArray:
        """The entries of ``sym U Zᵀ`` at the places, shape (p,)."""
        out = np.empty(self.places.shape[1])
        for part in blocks(len(out), max(1, BLOCK_NUMBERS // max(1, U.shape[1]))):
            a, b = self.places[:, part]
            out[part] = np.einsum("ij,ij->i", U[a], Z[b])
            if U is not Z:
                out[part] = 0.5 * (out[part] + np.einsum("ij,ij->i", Z[a], U[b]))
        return out

    def images(self, m: FloatArray) -> FloatArray:
        """``<A_i, M>`` for the entries of M at the places, shape (n,)."""
        count_rows(self.n_samples)
        return self.scale * (self.T @ m)

    def at_places(self, values: FloatArray) -> csr_array:
        """The symmetric sparse array with values at the places."""
        pattern = self._pattern
        return csr_array((values[pattern.data - 1], pattern.indices, pattern.indptr), pattern.shape)

    def sum_of(self, c: FloatArray) -> csr_array:
        """``Σ c_i A_i`` as a sparse array."""
        count_rows(self.n_samples)
        return self.at_places(self.scale * self.halves * (self.T.T @ c))

    def forward(self, U: FloatArray, signs: FloatArray | None = None) -> FloatArray:
        return self.images(self.entries(U, with_signs(U, signs)))

    def linearize(self, U: FloatArray, signs: FloatArray | None = None) -> Linearization:
        return SparseLinearization(self, U, signs)

    def adjoint(self, c: FloatArray) -> Operator:
        return self._formed(self.sum_of(c))

    def gram(self, c: FloatArray) -> Operator:
        return self._formed(self._gram(c))

    def _gram(self, c: FloatArray) -> csr_array:
        B, sample, _ = self.rows
        return self.scale**2 * (B.T @ (diags_array(c[sample]) @ B)).tocsr()

    def _formed(self, C: csr_array) -> Operator:
        return C.toarray() if self.dim <= self.most_formed else C

    def squared_norms(self) -> FloatArray:
        return self.scale**2 * (self.squares @ self.halves)

    def column_images(self, U: FloatArray) -> FloatArray:
        out = np.empty((self.n_samples, U.shape[1]))
        for column, u in zip(out.T, U.T, strict=True):
            column[:] = self.forward(u[:, None])
        return out

    def span_features(self, V: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
        s, t = np.triu_indices(V.shape[1])
        nonzeros = max(1.0, self.T.nnz / self.n_samples)
        for rows in row_blocks(self.n_samples, max(16, int(BLOCK_NUMBERS / len(s) / nonzeros))):
            T = self.T[rows]
            used, place = np.unique(T.indices, return_inverse=True)
            a, b = (V[index] for index in self.places[:, used])
            products = 0.5 * self.scale * (a[:, s] * b[:, t] + a[:, t] * b[:, s])
            yield rows, csr_array((T.data, place, T.indptr), (T.shape[0], len(used))) @ products

    def random_images(self, G: FloatArray) -> FloatArray:
        """``A_i g`` for the vectors g of shape (n, q, d) that belong to each sample."""
        B, sample, number = self.rows
        row = np.repeat(np.arange(B.shape[0]), np.diff(B.indptr))
        out = np.zeros(G.shape)
        for q in range(G.shape[1]):
            products = self.scale * B.data * G[sample[row], q, B.indices]
            out[sample, q, number] = np.bincount(row, products, minlength=B.shape[0])
        return out

    @property
    def _is_large(self) -> bool:
        """Whether coordinates are those of large d."""
        count = vectors_per_sample(self.n_samples, self.dim)
        has_room = self.n_samples * count * self.dim <= self.most_random
        return self.dim > self.most_coordinates or not has_room

    def span(self, weights: FloatArray) -> Any:
        if not self._is_large:
            rng = np.random.default_rng(0)
            S = self.sum_of(weights * rng.standard_normal(self.n_samples)).toarray()
            if span_of_moments(S @ S) is None:
                return None
            return span_of_moments(self._gram(weights).toarray())
        sizes = np.sqrt(self.mean_squares(weights).sum(axis=1))
        seen = np.flatnonzero(sizes > LEAST_SIZE * sizes.max())
        if len(seen) == self.dim:
            return None
        return selection(seen if len(seen) else np.arange(1), self.dim)

    def restricted(self, basis: Any) -> SensingMap:
        if not issparse(basis):
            return Restricted(self, basis)
        columns = basis.tocsc().indices
        number = np.full(self.dim, -1)
        number[columns] = np.arange(len(columns))
        places = number[self.places]
        kept = np.flatnonzero(np.all(places >= 0, axis=0))
        part = self._with(self.T[:, kept].tocsr(), places[:, kept], len(columns))
        # The rows that are left may depend on one another, which was not looked at.
        part.most_coordinates = 0
        return part

    def whitening(self, weights: FloatArray, within: FloatArray | None = None) -> tuple[Any, Any]:
        if not self._is_large:
            dim = self.dim if within is None else within.shape[1]
            images = random_vectors_seen(self.random_images, weights, dim, within)
            return whitening_of_matrices(images, dim)
        # The diagonal metric P with P⁻¹ = Σ w A P A on the diagonal, by geometric means.
        squares, P = self.mean_squares(weights), np.ones(self.dim)
        for _ in range(METRIC_STEPS):
            seen = squares @ P
            P = np.sqrt(P / np.where(seen > 0, seen, 1.0))
        size = (0.5 * (self.dim + 1.0)) ** 0.25
        roots = np.sqrt(P) * size
        return diags_array(roots, format="csr"), diags_array(1.0 / roots, format="csr")

    def in_whitened(self, T: Any) -> SensingMap:
        if not issparse(T):
            return Whitened(self, T)
        a, b = self.places
        roots = T.diagonal()
        return self._with(
            (self.T @ diags_array(roots[a] * roots[b])).tocsr(), self.places, self.dim
        )

    def mean_squares(self, weights: FloatArray) -> csr_array:
        """Mean squares of the entries of the ``A_i``, a sparse (d, d) array."""
        return self.at_places(self.scale**2 * self.halves**2 * (self.squares.T @ weights))

    def _second_moments_of(self, weights: FloatArray) -> Any:
        squares = self.mean_squares(weights)
        return squares.toarray() if self.dim <= self.most_formed else squares

    def _squared_norm_of_mean(self, weights: FloatArray) -> float:
        return float(np.sum(self.sum_of(weights).data ** 2))

    def _with(self, T: csr_array, places: IndexArray, dim: int) -> "SparseMatrixMap":
        part = SparseMatrixMap(
            T,
            places,
            dim,
            most_formed=self.most_formed,
            most_coordinates=self.most_coordinates,
            most_random=self.most_random,
        )
        part.scale = self.scale
        return part
