"""The function that is minimised, at a point: value, gradient, Hessian products."""

from functools import cached_property

import numpy as np

from sklearn_prune.objective._penalty import NO_PENALTY


class SquaredLoss:
    """``(1/W) Σ w_i (<A_i, U Uᵀ> + c − y_i)²``, the offset c profiled out or zero.

    Parameters
    ----------
    sensing : sensing map
        The measurements ``A_i``.
    y : ndarray of shape (n,)
        The responses.
    weights : ndarray of shape (n,)
        ``w_i ≥ 0``, how often a sample counts. Kept are ``W`` and ``w_i / W``.
    centred : bool
        Whether an offset is fitted. It is profiled out by centring the residual, which
        leaves the formulas for value and gradient as they stand.

    Attributes
    ----------
    floor : float
        A part of the loss that no U removes, see `condensed`; 0.0 here.
    """

    floor = 0.0

    def __init__(self, sensing, y, weights, *, centred=False):
        self.sensing = sensing
        self.y = y
        self.total_weight = float(np.sum(weights))
        self.weights = weights / self.total_weight
        self.centred = centred

    @property
    def deviations(self):
        """The responses about their mean, whether an offset is fitted or not."""
        return self.y - self.weights @ self.y

    def centre(self, t):
        return t - self.weights @ t if self.centred else t

    def residuals(self, U):
        return self.centre(self.y - self.sensing.images(U))

    def mean_square(self, U):
        """The loss at U."""
        return float(self.weights @ self.residuals(U) ** 2) + self.floor

    def residual_matrix(self, residuals):
        """``R = Σ (w_i / W) e_i sym A_i``, shape (d, d)."""
        return self.sensing.adjoint(self.weights * residuals)

    @cached_property
    def powers(self):
        return self.sensing.powers(self.weights)

    def offset(self, U):
        """The c that belongs to U."""
        if not self.centred:
            return 0.0
        return float(self.weights @ (self.y - self.sensing.images(U)))


class Objective:
    """``f(U)``: a squared loss plus a smooth group lasso."""

    def __init__(self, loss, penalty=NO_PENALTY):
        self.loss = loss
        self.penalty = penalty

    def at(self, U):
        return Point(self.loss, self.penalty, U)


class Point:
    """f at one U. What is not asked for is not computed.

    Attributes
    ----------
    U : ndarray of shape (d, k)
    value : float
    gradient : ndarray of shape (d, k)
        ``−4 R U + 2 α U diag(ψ'(s_j))``.
    residual_matrix : ndarray of shape (d, d)
        ``R = Σ (w_i / W) (y_i − <A_i, M>) sym A_i``.
    """

    def __init__(self, loss, penalty, U):
        self.loss = loss
        self.penalty = penalty
        self.U = U
        self.column_sq = np.einsum("ij,ij->j", U, U)
        self._around = loss.sensing.at(U)
        self.residuals = loss.centre(loss.y - self._around.images)
        squares = float(loss.weights @ self.residuals**2)
        self.value = squares + loss.floor + penalty.value(self.column_sq)

    @cached_property
    def _weighed(self):
        return self.loss.sensing.weigh(self.loss.weights * self.residuals)

    @cached_property
    def slopes(self):
        """``α ψ'(s_j)``, shape (k,)."""
        return self.penalty.derivative(self.column_sq)

    @cached_property
    def pulled(self):
        """``R U``, shape (d, k)."""
        return self._around.pull(self.loss.weights * self.residuals)

    @cached_property
    def gradient(self):
        return 2.0 * self.slopes * self.U - 4.0 * self.pulled

    @cached_property
    def residual_matrix(self):
        return self.loss.sensing.dense(self._weighed)

    @cached_property
    def _bends(self):
        return self.penalty.second_derivative(self.column_sq)

    @cached_property
    def hessian_diagonal(self):
        """About the diagonal of the Hessian, and positive, shape (d, k): a preconditioner."""
        curved = self._around.gauss_newton_diagonal(self.loss.weights, lambda: self.loss.powers)
        return curved + 2.0 * self.slopes

    @cached_property
    def images_jacobian(self):
        """Derivative of the (centred) images by U, shape (n, d k)."""
        J = self._around.jacobian()
        if self.loss.centred:
            J -= self.loss.weights @ J
        return J

    @cached_property
    def _mean_pull(self):
        return self._around.pull(self.loss.weights)

    def hessian_product(self, V):
        """``∇²f(U)[V]``, shape (d, k).

        The images change by ``2 <A_i, U Vᵀ>``, hence R by ``dR``, and
        ``∇²f[V] = −4 R V − 4 dR U`` plus the penalty's ``2 α ψ' v + 4 α ψ'' u (uᵀ v)``.
        """
        pulled, mean = self._around.pull_derivative(V, self._weighed, self.loss.weights)
        if self.loss.centred:
            # The change of the images is centred after the fact, so that one read will do.
            pulled += 2.0 * mean * self._mean_pull
        along = np.einsum("ij,ij->j", self.U, V)
        return 2.0 * self.slopes * V + 4.0 * self._bends * along * self.U - 4.0 * pulled
