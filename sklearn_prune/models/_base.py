"""The contract of a matrix model."""

from abc import ABC, abstractmethod

from sklearn_prune._typing import FloatArray


class MatrixModel(ABC):
    """What matrix M a factor U of shape (d, k) stands for, and what follows from that.

    Many factors stand for the same M. One of them, the canonical factor, has the smallest group
    lasso penalty; solvers return to it after every step, and leave out directions that change U
    and not M.
    """

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
    def canonicalize(self, U: FloatArray) -> FloatArray:
        """The factor of the same M with the smallest penalty, the longest column first."""

    @abstractmethod
    def project_horizontal(self, U: FloatArray, V: FloatArray) -> FloatArray:
        """V less the part that changes U and not M; U is canonical."""

    @abstractmethod
    def quotient_hessian_product(
        self, U: FloatArray, HV: FloatArray, RU: FloatArray, slopes: FloatArray
    ) -> FloatArray:
        """The Hessian of f minimised over all factors of the same M, times a horizontal V.

        Parameters
        ----------
        U : ndarray of shape (d, k)
            Canonical, and nearly stationary.
        HV : ndarray of shape (d, k)
            The Hessian of f itself times V.
        RU : ndarray of shape (d, k)
            ``R U``.
        slopes : ndarray of shape (k,)
            ``α ψ'(s_j)``.
        """

    @abstractmethod
    def ascent_directions(self, R: FloatArray, count: int, level: float = 0.0) -> FloatArray:
        """Orthonormal directions along which a zero column lowers the loss fastest.

        At most `count`, in falling order of the rate, and only those with a rate above `level`.
        """

    @abstractmethod
    def ascent_rate(self, R: FloatArray) -> float:
        """The rate of the first of these directions; the certificate compares it with τ."""

    @abstractmethod
    def factor_of(self, S: FloatArray) -> FloatArray:
        """The canonical factor of the matrix of the model that is nearest to a symmetric S."""
