"""The contract of a sensing map."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, Protocol, Self

import numpy as np

from sklearn_prune._typing import FloatArray, IndexArray, Operator


class SecondOrder(Protocol):
    """How the gradient of a loss changes when the factor changes along V.

    Called with V of shape (d, k) it returns
    ``Σ g_i A_i V D − 2 Σ h_i <A_i, Z Vᵀ> A_i Z`` of shape (d, k), and the number
    ``Σ h_i <A_i, Z Vᵀ>``. Both come from one read of the measurements.
    """

    def __call__(self, V: FloatArray) -> tuple[FloatArray, float]: ...


class Linearization(Protocol):
    """A sensing map at a factor U of shape (d, k), with what derivatives at U need.

    With the signs D of the columns and ``Z = U D``, the matrix is ``U Zᵀ``, and its change along V
    is ``Z Vᵀ + V Zᵀ``.

    Attributes
    ----------
    images : ndarray of shape (n,)
        ``<A_i, U Zᵀ>``.
    """

    images: FloatArray

    def adjoint_product(self, c: FloatArray) -> FloatArray:
        """``Σ c_i A_i Z``, shape (d, k)."""
        ...

    def second_order(self, g: FloatArray, h: FloatArray) -> SecondOrder:
        """The map of directions V that `SecondOrder` describes."""
        ...

    def gauss_newton_diagonal(self, h: FloatArray, weights: FloatArray) -> FloatArray:
        """Approximation of ``8 Σ h_i (A_i U)²`` (squares of the entries), shape (d, k).

        This is the diagonal of the Gauss-Newton part of the Hessian, and it preconditions it.
        `weights` are the sample weights; a map may replace ``h`` by them where this saves a read.
        """
        ...

    def jacobian(self) -> FloatArray:
        """Derivative of the images with respect to U, shape (n, d k)."""
        ...


class LinearizationElsewhere(Linearization, Protocol):
    """The linearization of a map that reads ahead, whose samples are elsewhere.

    `jacobian` is not there.
    """

    def sums(
        self, loss: Any, c: FloatArray, h: FloatArray, weights: FloatArray
    ) -> tuple[float, FloatArray, FloatArray, FloatArray, float]:
        """What is needed at a factor, in one round.

        The loss, `adjoint_product` of c and of h, and `gauss_newton_diagonal` and the sum of h.
        Only of a map that reads ahead; its loss is a sum that is not made yet.
        """
        ...

    def normal_sums(
        self, h: FloatArray, g: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, float]:
        """``Jᵀ diag(h) J``, ``Jᵀ g``, ``Jᵀ h`` and ``Σ h_i`` in one round, J the Jacobian."""
        ...


class SensingMap(ABC):
    """The linear map ``M -> (<A_i, M>)_i`` for symmetric matrices M of shape (d, d).

    Conventions, shared by all maps: U has shape (d, k) and stands for ``M = U D Uᵀ``, where D has
    the signs of the columns on its diagonal; signs have shape (k,), and None is all positive. c, g,
    h and weights have one entry a sample, shape (n,). The data live in the map and nowhere else.
    Only the symmetric part of ``A_i`` matters, and ``A_i`` means this part everywhere.

    Attributes
    ----------
    n_samples : int
        The number of samples, n.
    dim : int
        The side of the matrices, d.
    reads_ahead : bool
        Whether the samples are elsewhere: derivatives are then computed along with the value,
        since a round to the samples costs more than a read of them.
    in_file : bool
        Whether the data are in a file, of which no large part is to be copied.
    """

    reads_ahead = False
    in_file = False

    def __init__(self) -> None:
        self._second_moments: tuple[FloatArray, FloatArray] | None = None

    @property
    @abstractmethod
    def n_samples(self) -> int: ...

    @property
    @abstractmethod
    def dim(self) -> int: ...

    @property
    @abstractmethod
    def largest_entry(self) -> float:
        """The largest absolute entry of the data as they were given."""

    @abstractmethod
    def max_abs(self) -> float:
        """The largest absolute entry of the ``A_i``, or its order of magnitude."""

    @abstractmethod
    def scaled(self, factor: float) -> Self:
        """The map of ``factor · A_i``; the data are shared."""

    @abstractmethod
    def take(self, samples: IndexArray) -> Self:
        """The map of some of the samples; their data are copied."""

    @abstractmethod
    def forward(self, U: FloatArray, signs: FloatArray | None = None) -> FloatArray:
        """``<A_i, U D Uᵀ>``, shape (n,)."""

    @abstractmethod
    def linearize(self, U: FloatArray, signs: FloatArray | None = None) -> Linearization:
        """The map at a factor, for derivatives."""

    @abstractmethod
    def adjoint(self, c: FloatArray) -> Operator:
        """``Σ c_i A_i``, shape (d, d): an array, or only its products where d is large."""

    @abstractmethod
    def gram(self, c: FloatArray) -> Operator:
        """``Σ c_i A_i²``, shape (d, d), for c ≥ 0; as `adjoint`."""

    @abstractmethod
    def squared_norms(self) -> FloatArray:
        """``||A_i||_F²``, shape (n,)."""

    @abstractmethod
    def column_images(self, U: FloatArray) -> FloatArray:
        """``<A_i, u_j u_jᵀ>``, shape (n, k)."""

    @abstractmethod
    def span_features(self, V: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
        """Blocks of ``<A_i, sym(v_a v_bᵀ)>`` for a ≤ b, each with its rows.

        V has shape (d, m), and the features of a block have shape (rows, m(m+1)/2).
        """

    def vector(self, values: FloatArray) -> FloatArray:
        """A vector with one entry a sample, in the form in which this map takes them."""
        return values

    def span_sums(
        self, V: FloatArray, h: FloatArray, g: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, float]:
        """``Σ h_i b_i b_iᵀ``, ``Σ g_i b_i``, ``Σ h_i b_i`` and ``Σ h_i``.

        The b_i are the `span_features`.
        """
        size = V.shape[1] * (V.shape[1] + 1) // 2
        gram, moment, mean = np.zeros((size, size)), np.zeros(size), np.zeros(size)
        for rows, features in self.span_features(V):
            weighted = h[rows, None] * features
            gram += weighted.T @ features
            moment += g[rows] @ features
            mean += weighted.sum(axis=0)
        return gram, moment, mean, float(h.sum())

    @abstractmethod
    def span(self, weights: FloatArray) -> Any:
        """An orthonormal basis of what the measurements see, or None if that is everything.

        It may be a sparse array where d is large.
        """

    def principal_axes(self, weights: FloatArray) -> FloatArray | None:
        """An orthonormal basis in which the second moments are diagonal, if the map has any."""
        return None

    @abstractmethod
    def restricted(self, basis: Any) -> "SensingMap":
        """The map on a span that contains its measurements, see `span`."""

    @abstractmethod
    def whitening(self, weights: FloatArray, within: FloatArray | None = None) -> tuple[Any, Any]:
        """T and its inverse, so that in coordinates T all directions are seen equally well.

        With `within`, of shape (d, m), T is for the coordinates of these columns. The measurements
        ``Tᵀ A_i T`` have κ of about 1 for Gaussian data. Both may be sparse where d is large.
        """

    def is_isotropic(self, weights: FloatArray) -> bool:
        """Whether a few samples show that `whitening` would change little but the scale."""
        return False

    @abstractmethod
    def in_whitened(self, T: Any) -> "SensingMap":
        """The map of the measurements ``Tᵀ A_i T`` with the T of `whitening`."""

    @abstractmethod
    def _second_moments_of(self, weights: FloatArray) -> FloatArray: ...

    def mean_vector(self, weights: FloatArray) -> FloatArray | None:
        """``Σ w_i x_i`` of rank-one measurements, shape (d,); None of whole matrices."""
        return None

    def second_moments(self, weights: FloatArray) -> FloatArray:
        """Weighted mean squares that precondition a Hessian; their shape is the map's own.

        They are kept for the weights of the last call, since a problem has one vector of weights
        and asks at every factor.
        """
        if self._second_moments is None or self._second_moments[0] is not weights:
            self._second_moments = (weights, self._second_moments_of(weights))
        return self._second_moments[1]

    def _squared_norm_of_mean(self, weights: FloatArray) -> float:
        """``||Ā||_F²`` of ``Ā = Σ w_i A_i`` for weights of sum one."""
        return float(np.sum(np.asarray(self.adjoint(weights)) ** 2))

    def total_curvature(self, weights: FloatArray, *, centred: bool) -> float:
        """``Σ w_i ||A_i − Ā||_F²`` for weights of sum one; ``Ā = 0`` unless centred."""
        mean_square = float(weights @ self.squared_norms())
        if not centred:
            return mean_square
        variance = mean_square - self._squared_norm_of_mean(weights)
        # Equal measurements leave only rounding, which is no scale to divide by.
        return variance if variance > 1e-12 * mean_square else 0.0
