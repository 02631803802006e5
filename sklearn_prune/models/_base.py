"""The contract of a matrix model."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np

from sklearn_prune._typing import FloatArray, Operator
from sklearn_prune.models._factor import Factor


class MatrixModel(ABC):
    """Which factors of shape (d, k) there are, and what follows from the matrix M that they are of.

    Many factors stand for the same M. One of them, the canonical factor, has the smallest group
    lasso penalty; solvers return to it after every step, and leave out directions that change U
    and not M. A factor is columns with signs, ``M = U D Uᵀ``; a model says which signs there may
    be.

    Attributes
    ----------
    is_semidefinite : bool
        Whether M has no negative eigenvalue: rank-one predictions are then not negative, but for
        an offset.
    """

    is_semidefinite: bool

    @abstractmethod
    def n_parameters(self, dim: int) -> int:
        """Dimension of the space of matrices M, the p in the definition of κ."""

    @abstractmethod
    def max_rank(self, dim: int) -> int:
        """The largest rank of M."""

    @abstractmethod
    def degrees_of_freedom(self, dim: int, rank: int) -> int:
        """Dimension of the set of matrices M of a rank, ``q(r)``."""

    @abstractmethod
    def canonicalize(self, factor: Factor) -> Factor:
        """The factor of the same M with the smallest penalty, the longest column first."""

    @abstractmethod
    def eigenvalue_sizes(self, factor: Factor) -> FloatArray:
        """``|λ|`` of the eigenvalues of M that the columns stand for, falling, shape (k,)."""

    def inertia(self, factor: Factor) -> tuple[int, int] | None:
        """How many columns count positively and how many negatively.

        None for a model in which none counts negatively.
        """
        n_negative = int(np.sum(factor.column_signs < 0))
        return factor.n_columns - n_negative, n_negative

    @abstractmethod
    def give_signs(self, U: FloatArray, residual_matrix: Callable[[], Operator]) -> Factor:
        """The factor of columns that came without signs; the function returns R at ``U = 0``."""

    @abstractmethod
    def project_horizontal(self, factor: Factor, V: FloatArray) -> FloatArray:
        """V less the part that changes U and not M; the factor is canonical."""

    @abstractmethod
    def quotient_hessian_product(
        self, factor: Factor, HV: FloatArray, RZ: FloatArray, slopes: FloatArray
    ) -> FloatArray:
        """The Hessian of f minimised over all factors of the same M, times a horizontal V.

        Parameters
        ----------
        factor : Factor of shape (d, k)
            Canonical, and nearly stationary.
        HV : ndarray of shape (d, k)
            The Hessian of f itself times V.
        RZ : ndarray of shape (d, k)
            ``R U D``.
        slopes : ndarray of shape (k,)
            ``α ψ'(s_j)``.
        """

    @abstractmethod
    def ascent_directions(self, R: Operator, count: int, level: float = 0.0) -> Factor:
        """Orthonormal directions, with signs, along which a zero column lowers the loss fastest.

        At most `count`, in falling order of the rate, and only those with a rate above `level`.
        """

    @abstractmethod
    def ascent_rate(self, R: Operator, level: float | None = None) -> float:
        """The rate of the first of these directions; the certificate compares it with τ.

        With a level that it is to be compared with, the rate of a large R need not be exact.
        """

    @abstractmethod
    def factor_of(self, S: FloatArray) -> Factor:
        """The canonical factor of the matrix of the model that is nearest to a symmetric S."""
