"""Samples in the chunks of a dask array: sums are made chunk by chunk, where the chunks are.

A vector with one entry a sample is a `ChunkVector`, so that the formulas of losses and of the
objective apply to it as they are. What returns are sums over the samples, added in the order of the
chunks; nothing of length n travels.
"""

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from sklearn_prune._typing import FloatArray, IndexArray
from sklearn_prune.sensing._base import SecondOrder, SensingMap
from sklearn_prune.sensing._chunk_vector import ChunkVector
from sklearn_prune.sensing._chunks import call, each, gather, persist, total
from sklearn_prune.sensing._coordinates import Restricted, Whitened
from sklearn_prune.sensing._span import (
    span_of_moments,
    span_of_vectors,
    variances_along,
    vectors_per_sample,
    whitening_of_matrices,
    whitening_of_vectors,
)

if TYPE_CHECKING:
    from dask.array import Array
    from dask.delayed import Delayed

    from sklearn_prune.sensing._matrix import MatrixMap

# A `ChunkVector`, which takes the place of an array of shape (n,).
Vector: TypeAlias = Any


class DaskMap(SensingMap):
    """A sensing map whose samples are the chunks of a dask array.

    Parameters
    ----------
    chunks : sequence of Delayed
        The `SensingMap` of each chunk.
    sizes : sequence of int
        Their samples, all positive.
    dim : int
        d.
    """

    # A round to the chunks costs more than another read of them.
    reads_ahead = True

    def __init__(self, chunks: Sequence["Delayed"], sizes: Sequence[int], dim: int) -> None:
        super().__init__()
        self.chunks = list(chunks)
        self.sizes = tuple(sizes)
        self._dim = dim
        # Both of the weights of the last call.
        self._moments: tuple[Vector, FloatArray] | None = None
        self._normalized: tuple[Vector, list[Any]] | None = None

    @property
    def n_samples(self) -> int:
        return sum(self.sizes)

    @property
    def dim(self) -> int:
        return self._dim

    @cached_property
    def _largest(self) -> tuple[float, float]:
        """The largest entries of the data and of the measurements."""
        data, measurements = zip(*gather(self._each(_largest)), strict=True)
        return max(data), max(measurements)

    @property
    def largest_entry(self) -> float:
        return self._largest[0]

    def max_abs(self) -> float:
        return self._largest[1]

    def scaled(self, factor: float) -> "DaskMap":
        scaled = copy(self)
        scaled.chunks = persist(self._each(call, "scaled", factor))
        scaled._second_moments = scaled._moments = None
        scaled.__dict__.pop("_largest", None)
        return scaled

    def take(self, samples: IndexArray) -> "DaskMap":
        raise NotImplementedError("the samples of a dask array stay where they are")

    def forward(self, U: FloatArray, signs: FloatArray | None = None) -> Vector:
        return ChunkVector.of_parts(self._each(call, "forward", U, signs), self.sizes)

    def linearize(self, U: FloatArray, signs: FloatArray | None = None) -> "DaskLinearization":
        return DaskLinearization(self, U, signs)

    def adjoint(self, c: Vector) -> FloatArray:
        return total(self._each(call, "adjoint", c.parts))

    def gram(self, c: Vector) -> FloatArray:
        return total(self._each(call, "gram", c.parts))

    def squared_norms(self) -> Vector:
        return ChunkVector.of_parts(self._each(call, "squared_norms"), self.sizes)

    def column_images(self, U: FloatArray) -> FloatArray:
        raise NotImplementedError("the images of a dask array stay where they are")

    def span_features(self, V: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
        raise NotImplementedError("the features of a dask array are summed where they are")

    def span_sums(
        self, V: FloatArray, h: Vector, g: Vector
    ) -> tuple[FloatArray, FloatArray, FloatArray, float]:
        return _sums(self._each(call, "span_sums", V, h.parts, g.parts))

    def restricted(self, basis: FloatArray) -> SensingMap:
        return Restricted(self, basis)

    def in_whitened(self, T: FloatArray) -> SensingMap:
        return Whitened(self, T)

    def _second_moments_of(self, weights: Vector) -> FloatArray:
        return total(self._each(call, "second_moments", weights.parts))

    def normalized_weights(self, weights: Vector) -> list["Delayed"]:
        """Weights divided by their sum in each chunk.

        They are kept, since maps recognise the weights of the last call by their identity.
        """
        if self._normalized is None or self._normalized[0] is not weights:
            parts = persist(each(weights.parts, _divided_by_sum))
            self._normalized = (weights, parts)
        return self._normalized[1]

    def vector(self, values: Any) -> Vector:
        """A vector with one entry a sample, given as an array or a dask array."""
        from dask.array import asarray

        parts = asarray(values).rechunk((self.sizes,)).to_delayed()
        return ChunkVector.of_parts(list(parts), self.sizes)

    def _each(self, function: Callable[..., Any], *arguments: Any) -> list["Delayed"]:
        return each(self.chunks, function, *arguments)


class DaskVectors(DaskMap):
    """Rank-one measurements in the chunks of a dask array."""

    def span(self, weights: Vector) -> FloatArray | None:
        return span_of_vectors(self._mean_measurement(weights))

    def mean_vector(self, weights: Vector) -> FloatArray:
        return total(self._each(call, "mean_vector", weights.parts))

    def restricted(self, basis: FloatArray) -> SensingMap:
        C = None if self._moments is None else self._moments[1]
        return Restricted(self, basis, None if C is None else variances_along(basis, C))

    def whitening(
        self, weights: Vector, within: FloatArray | None = None
    ) -> tuple[FloatArray, FloatArray]:
        return whitening_of_vectors(self._mean_measurement(weights), within)

    def scaled(self, factor: float) -> "DaskVectors":
        scaled = super().scaled(factor)
        assert isinstance(scaled, DaskVectors)
        if self._moments is not None:
            scaled._moments = (self._moments[0], factor * self._moments[1])
        return scaled

    def _squared_norm_of_mean(self, weights: Vector) -> float:
        return float(np.sum(self._mean_measurement(weights) ** 2))

    def _mean_measurement(self, weights: Vector) -> FloatArray:
        if self._moments is None or self._moments[0] is not weights:
            self._moments = (weights, self.adjoint(weights))
        return self._moments[1]


class DaskMatrices(DaskMap):
    """Whole-matrix measurements in the chunks of a dask array."""

    def span(self, weights: Vector) -> FloatArray | None:
        return span_of_moments(self.gram(weights))

    def whitening(
        self, weights: Vector, within: FloatArray | None = None
    ) -> tuple[FloatArray, FloatArray]:
        parts = weights.parts
        basis = np.eye(self.dim) if within is None else within
        count = vectors_per_sample(self.n_samples, basis.shape[1])
        seeds = np.random.SeedSequence(0)

        def images(T: FloatArray) -> FloatArray:
            streams = seeds.spawn(len(self.chunks))
            return np.vstack(gather(self._each(_metric_factor, basis @ T, count, parts, streams)))

        return whitening_of_matrices(images, basis.shape[1])


class DaskLinearization:
    """A `DaskMap` at a factor, see `Linearization`."""

    def __init__(self, sensing: DaskMap, U: FloatArray, signs: FloatArray | None) -> None:
        self._sensing = sensing
        self._shape = U.shape
        self._parts = persist(each(sensing.chunks, call, "linearize", U, signs))
        self.images: Any = ChunkVector.of_parts(each(self._parts, _images), sensing.sizes)

    def adjoint_product(self, c: Vector) -> FloatArray:
        return total(each(self._parts, call, "adjoint_product", c.parts))

    def gauss_newton_diagonal(self, h: Vector, weights: Vector) -> FloatArray:
        normalized = self._sensing.normalized_weights(weights)
        return total(each(self._parts, _diagonal, h.parts, weights.parts, normalized))

    def sums(
        self, loss: Any, c: Vector, h: Vector, weights: Vector
    ) -> tuple[float, FloatArray, FloatArray, FloatArray, float]:
        normalized = self._sensing.normalized_weights(weights)
        terms = each(self._parts, _terms, c.parts, h.parts, weights.parts, normalized)
        value, *rows = gather([loss.value, *terms])
        of_c, of_h, diagonal, size = (sum(parts) for parts in zip(*rows, strict=True))
        return float(value), of_c, of_h, diagonal, float(size)

    def second_order(self, g: Vector, h: Vector) -> SecondOrder:
        products = persist(each(self._parts, call, "second_order", g.parts, h.parts))

        def product(V: FloatArray) -> tuple[FloatArray, float]:
            total, change = _sums(each(products, _apply, V))
            return total, float(change)

        return product

    def jacobian(self) -> FloatArray:
        raise NotImplementedError("the Jacobian of a dask array stays where it is")

    def normal_sums(self, h: Vector, g: Vector) -> tuple[FloatArray, FloatArray, FloatArray, float]:
        return _sums(each(self._parts, _normal_terms, h.parts, g.parts))


def dask_map(X: "Array", make: Callable[[Any], SensingMap], kind: type[DaskMap]) -> DaskMap:
    """The map of a kind whose samples are the rows of X; `make` gives that of a chunk."""
    sizes = tuple(n for n in X.chunks[0] if n > 0)
    blocks = X.rechunk((sizes, X.shape[1])).to_delayed().ravel()
    chunks = persist(each(list(blocks), make))
    dim = make(np.empty((1, X.shape[1]))).dim
    return kind(chunks, sizes, dim)


def _sums(terms: Sequence["Delayed"]) -> Any:
    """The sums of terms that are tuples."""
    return tuple(sum(parts) for parts in zip(*gather(terms), strict=True))


def _terms(
    linearization: Any, c: FloatArray, h: FloatArray, weights: FloatArray, normalized: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    products = (linearization.adjoint_product(v) for v in (c, h))
    return *products, _diagonal(linearization, h, weights, normalized), float(h.sum())


def _normal_terms(
    linearization: Any, h: FloatArray, g: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    J = linearization.jacobian()
    return (h * J.T) @ J, g @ J, h @ J, float(h.sum())


def _largest(chunk: SensingMap) -> tuple[float, float]:
    return chunk.largest_entry, chunk.max_abs()


def _images(linearization: Any) -> FloatArray:
    return linearization.images


def _apply(function: Callable[..., Any], argument: FloatArray) -> Any:
    return function(argument)


def _divided_by_sum(weights: FloatArray) -> FloatArray:
    return weights / (weights.sum() or 1.0)


def _diagonal(
    linearization: Any, h: FloatArray, weights: FloatArray, normalized: FloatArray
) -> FloatArray:
    """The part of a chunk in `gauss_newton_diagonal`.

    That may be a product of two means over the samples: with weights of sum one in each chunk, the
    terms of the chunks add up.
    """
    size = float(weights.sum())
    return size * linearization.gauss_newton_diagonal(h / (size or 1.0), normalized)


def _metric_factor(
    chunk: "MatrixMap", T: FloatArray, count: int, weights: FloatArray, seed: Any
) -> FloatArray:
    """A small matrix with the Gram matrix of the random images of a chunk."""
    vectors = np.random.default_rng(seed).standard_normal((len(weights), count, T.shape[1]))
    roots = np.sqrt(weights / count)[:, None, None]
    Y = (roots * (chunk.random_images(vectors @ T.T) @ T)).reshape(-1, T.shape[1])
    return np.asarray(np.linalg.qr(Y, mode="r"))
