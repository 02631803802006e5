"""A sensing map in other coordinates of the factor."""

from collections.abc import Iterator
from copy import copy
from typing import Any, cast

import numpy as np

from sklearn_prune._typing import FloatArray, IndexArray, Operator
from sklearn_prune.sensing._base import (
    Linearization,
    LinearizationElsewhere,
    SecondOrder,
    SensingMap,
)
from sklearn_prune.sensing._operator import congruence, formed
from sklearn_prune.sensing._products import times_few_columns
from sklearn_prune.sensing._span import span_of_moments
from sklearn_prune.sensing._svec import from_triangle


class ChangedCoordinates(SensingMap):
    """The map ``Ũ -> (<A_i, T Ũ Ũᵀ Tᵀ>)_i``, whose measurements are ``Tᵀ A_i T``.

    The change is applied to the factor and not to the data, which are shared. It costs ``d² k``
    multiplications more a pass.

    Parameters
    ----------
    inner : SensingMap
    T : ndarray of shape (d, m)
    """

    def __init__(self, inner: SensingMap, T: FloatArray) -> None:
        super().__init__()
        self.inner = inner
        self.T = T
        self._mean: tuple[FloatArray, FloatArray | None] | None = None

    @property
    def n_samples(self) -> int:
        return self.inner.n_samples

    @property
    def dim(self) -> int:
        return self.T.shape[1]

    @property
    def largest_entry(self) -> float:
        return self.inner.largest_entry

    def max_abs(self) -> float:
        return float(np.sqrt(self.squared_norms().max()))

    @property
    def in_file(self) -> bool:  # type: ignore[override]
        return self.inner.in_file

    @property
    def reads_ahead(self) -> bool:  # type: ignore[override]
        return self.inner.reads_ahead

    def scaled(self, factor: float) -> "ChangedCoordinates":
        scaled = copy(self)
        scaled.inner = self.inner.scaled(factor)
        scaled._second_moments = scaled._mean = None
        return scaled

    def take(self, samples: IndexArray) -> "ChangedCoordinates":
        part = copy(self)
        part.inner = self.inner.take(samples)
        part._second_moments = part._mean = None
        return part

    def forward(self, U: FloatArray, signs: FloatArray | None = None) -> FloatArray:
        return self.inner.forward(times_few_columns(self.T, U), signs)

    def linearize(self, U: FloatArray, signs: FloatArray | None = None) -> Linearization:
        return _LinearizationInCoordinates(self, U, signs)

    def adjoint(self, c: FloatArray) -> Operator:
        return congruence(self.inner.adjoint(c), self.T)

    def gram(self, c: FloatArray) -> Operator:
        total = np.zeros((self.dim, self.dim))
        for rows, features in self.inner.span_features(self.T):
            A = from_triangle(features, self.dim)
            A = (np.sqrt(c[rows, None, None]) * A).reshape(-1, self.dim)
            total += A.T @ A
        return total

    def squared_norms(self) -> FloatArray:
        norms = np.empty(self.n_samples)
        for rows, features in self.inner.span_features(self.T):
            norms[rows] = np.sum(from_triangle(features, self.dim) ** 2, axis=(1, 2))
        return norms

    def column_images(self, U: FloatArray) -> FloatArray:
        return self.inner.column_images(times_few_columns(self.T, U))

    def span_features(self, V: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
        return self.inner.span_features(self.T @ V)

    def span_sums(
        self, V: FloatArray, h: FloatArray, g: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, float]:
        return self.inner.span_sums(self.T @ V, h, g)

    def span(self, weights: FloatArray) -> FloatArray | None:
        return span_of_moments(formed(congruence(self.inner.gram(weights), self.T)))

    def restricted(self, basis: FloatArray) -> SensingMap:
        return type(self)(self.inner, self.T @ basis)

    def in_whitened(self, T: FloatArray) -> SensingMap:
        return Whitened(self.inner, self.T @ T)

    def whitening(
        self, weights: FloatArray, within: FloatArray | None = None
    ) -> tuple[FloatArray, FloatArray]:
        T = self.T if within is None else self.T @ within
        return self.inner.whitening(weights, T)

    def diagonal(self, inner: FloatArray, U: FloatArray, total: float) -> FloatArray:
        """The preconditioner in these coordinates, from the one in those of the inner map.

        `total` is the sum of its weights h.
        As if the entries of ``A_i u_j`` were uncorrelated.
        """
        return (self.T**2).T @ inner

    def mean_vector(self, weights: FloatArray) -> FloatArray | None:
        # Kept for the same weights: every rank asks, and it takes a read.
        if self._mean is None or self._mean[0] is not weights:
            mean = self.inner.mean_vector(weights)
            self._mean = (weights, None if mean is None else self.T.T @ mean)
        return self._mean[1]

    def _squared_norm_of_mean(self, weights: FloatArray) -> float:
        return float(np.sum(formed(self.adjoint(weights)) ** 2))

    def _second_moments_of(self, weights: FloatArray) -> FloatArray:
        return (self.T**2).T @ self.inner.second_moments(weights)


class Restricted(ChangedCoordinates):
    """A map on the span of its measurements; T has orthonormal columns that span it.

    Directions that no sample sees are gone, and norms and products of the measurements are what
    they were.

    Parameters
    ----------
    inner : SensingMap
    T : ndarray of shape (d, m)
    variances : ndarray of shape (m,) or None, default=None
        How well each direction is seen, if that is known: the shape of the preconditioner.
    """

    def __init__(
        self, inner: SensingMap, T: FloatArray, variances: FloatArray | None = None
    ) -> None:
        super().__init__(inner, T)
        self.variances = variances

    def diagonal(self, inner: FloatArray, U: FloatArray, total: float) -> FloatArray:
        if self.variances is None or not self.variances.any():
            return super().diagonal(inner, U, total)
        return np.outer(self.variances / self.variances.sum(), inner.sum(axis=0))

    def gram(self, c: FloatArray) -> Operator:
        return congruence(self.inner.gram(c), self.T)

    def squared_norms(self) -> FloatArray:
        return self.inner.squared_norms()

    def max_abs(self) -> float:
        return self.inner.max_abs()


class Whitened(ChangedCoordinates):
    """A map in whitened coordinates: no direction of the factor is seen better than another.

    Parameters
    ----------
    inner : SensingMap
    T : ndarray of shape (d, d)
        With ``Σ w_i (Tᵀ A_i T)²``, or ``Σ w_i Tᵀ x_i x_iᵀ T`` for rank-one measurements, a
        multiple of the identity.
    """

    def diagonal(self, inner: FloatArray, U: FloatArray, total: float) -> FloatArray:
        # Σ w (Tᵀ A T u)² has the same mean for every entry, which is proportional to ||u||².
        column_sq = np.einsum("ij,ij->j", U, U)
        return np.broadcast_to(4.0 * total * column_sq, U.shape).copy()


class _LinearizationInCoordinates:
    """A `ChangedCoordinates` at a factor, see `Linearization`."""

    def __init__(
        self, sensing: ChangedCoordinates, U: FloatArray, signs: FloatArray | None
    ) -> None:
        self._sensing = sensing
        self._U = U
        self._inner = sensing.inner.linearize(times_few_columns(sensing.T, U), signs)
        self.images = self._inner.images

    def adjoint_product(self, c: FloatArray) -> FloatArray:
        return times_few_columns(self._sensing.T.T, self._inner.adjoint_product(c))

    def second_order(self, g: FloatArray, h: FloatArray) -> SecondOrder:
        T, inner = self._sensing.T, self._inner.second_order(g, h)

        def product(V: FloatArray) -> tuple[FloatArray, float]:
            total, change = inner(times_few_columns(T, V))
            return times_few_columns(T.T, total), change

        return product

    def gauss_newton_diagonal(self, h: FloatArray, weights: FloatArray) -> FloatArray:
        inner = self._inner.gauss_newton_diagonal(h, weights)
        return self._sensing.diagonal(inner, self._U, h.sum())

    def sums(
        self, loss: Any, c: FloatArray, h: FloatArray, weights: FloatArray
    ) -> tuple[float, FloatArray, FloatArray, FloatArray, float]:
        T, elsewhere = self._sensing.T, cast(LinearizationElsewhere, self._inner)
        loss, of_c, of_h, inner, total = elsewhere.sums(loss, c, h, weights)
        return loss, T.T @ of_c, T.T @ of_h, self._sensing.diagonal(inner, self._U, total), total

    def normal_sums(
        self, h: FloatArray, g: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, float]:
        # Derivatives by the entries of U are Tᵀ times those by the entries of T U.
        change = np.kron(self._sensing.T, np.eye(self._U.shape[1]))
        elsewhere = cast(LinearizationElsewhere, self._inner)
        gram, moment, mean, total = elsewhere.normal_sums(h, g)
        return change.T @ gram @ change, moment @ change, mean @ change, total

    def jacobian(self) -> FloatArray:
        T = self._sensing.T
        J = self._inner.jacobian().reshape(-1, len(T), self._U.shape[1])
        return np.matmul(T.T, J).reshape(len(J), -1)
