"""The objective at one factor: value, gradient, Hessian products."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import numpy as np

from sklearn_prune._typing import FloatArray, Operator
from sklearn_prune.models import Factor
from sklearn_prune.objective._penalty import NO_PENALTY
from sklearn_prune.objective._problem import Problem
from sklearn_prune.sensing import LinearizationElsewhere, SecondOrder


@dataclass(frozen=True)
class Objective:
    """``f(U)``: the loss of a problem plus a penalty, a smooth group lasso or weight decay."""

    problem: Problem
    penalty: Any = field(default=NO_PENALTY)

    def at(self, factor: Factor | FloatArray) -> "Evaluation":
        """f at a factor; an array is a factor without negative columns."""
        return Evaluation(self, Factor.of(factor))

    @property
    def empty(self) -> "Evaluation":
        """f at the factor of no columns."""
        return self.at(np.empty((self.problem.dim, 0)))


class Evaluation:
    """f at a factor of shape (d, k). Derivatives are computed on first access and kept.

    Conventions, with ``η_i = c + <A_i, M>`` and the loss ℓ of the problem:

    - ``e_i = −ℓ'(y_i, η_i)/2`` is the residual; ``h_i = (w_i/W) ℓ''(y_i, η_i)/2`` is what a sample
      weighs in second derivatives. For the squared error they are ``y_i − η_i`` and ``w_i/W``.
    - ``R = Σ (w_i/W) e_i A_i``, and ``∇f = −4 R Z + 2 α U diag(ψ'(s_j))`` with ``s_j = ||u_j||²``
      and ``Z = U D``, each column times its sign.
    - The offset c is profiled out: the gradient does not see it, and second derivatives have its
      Schur complement.

    Attributes
    ----------
    factor : Factor
    U : ndarray of shape (d, k)
        Its columns.
    column_sq : ndarray of shape (k,)
        ``s_j``.
    offset : float
        c.
    residuals : ndarray of shape (n,)
        e.
    value : float
        f(U).
    """

    def __init__(self, objective: Objective, factor: Factor) -> None:
        self.objective = objective
        self.factor = factor
        self.U = factor.U
        self.column_sq = np.einsum("ij,ij->j", self.U, self.U)
        problem = objective.problem
        self._linearization = problem.sensing.linearize(factor.U, factor.signs)
        images = self._linearization.images
        self.offset = problem.profile_offset(images)
        eta = images + self.offset
        # The sum comes first: its terms are gone before there are residuals.
        loss: Any = problem.weights @ problem.loss.value(problem.y, eta)
        self.residuals = problem.loss.residual(problem.y, eta)
        if problem.sensing.reads_ahead:
            loss = self._read_ahead(loss)
        self.value = float(loss) + problem.floor + objective.penalty.value(self.column_sq)

    def _read_ahead(self, loss: Any) -> float:
        """The loss, a sum that is not made yet, and with it what the next derivatives need."""
        w, h = self.problem.weights, self.curvature_weights
        elsewhere = cast(LinearizationElsewhere, self._linearization)
        loss, self.residual_product, response, diagonal, total = elsewhere.sums(
            loss, self._weighted_residuals, h, w
        )
        self.hessian_diagonal = diagonal + 2.0 * self.penalty_slopes
        self._offset_response = response / (total or 1.0)
        return loss

    @property
    def problem(self) -> Problem:
        return self.objective.problem

    @property
    def penalty(self) -> Any:
        return self.objective.penalty

    # Vectors of length n that cost little are not kept: there are two points at a time.
    @property
    def predictions(self) -> FloatArray:
        """η, shape (n,)."""
        return self._linearization.images + self.offset

    @property
    def _weighted_residuals(self) -> FloatArray:
        return self.problem.weights * self.residuals

    @cached_property
    def penalty_slopes(self) -> FloatArray:
        """``α ψ'(s_j)``, shape (k,)."""
        return self.penalty.derivative(self.column_sq)

    @cached_property
    def residual_product(self) -> FloatArray:
        """``R Z``, shape (d, k)."""
        return self._linearization.adjoint_product(self._weighted_residuals)

    @cached_property
    def gradient(self) -> FloatArray:
        """``∇f(U)``, shape (d, k)."""
        return 2.0 * self.penalty_slopes * self.U - 4.0 * self.residual_product

    @cached_property
    def gradient_norm(self) -> float:
        """``||∇f(U)||_F``."""
        return float(np.linalg.norm(self.gradient))

    @property
    def is_separated(self) -> bool:
        """Whether the factor reproduces labels, so that f falls without end as it grows."""
        problem = self.problem
        unbounded = self.penalty.alpha == 0 and not problem.loss.has_unit
        return unbounded and self.value <= problem.loss.exact_part * problem.loss_of_constant

    def is_solved(self, tol: float) -> bool:
        """Whether the gradient is within a tolerance, or there is no minimum to be reached."""
        return self.gradient_norm <= tol or self.is_separated

    @cached_property
    def residual_matrix(self) -> Operator:
        """R, shape (d, d)."""
        return self.problem.residual_matrix(self.residuals)

    @cached_property
    def curvature_weights(self) -> FloatArray:
        """h, shape (n,)."""
        problem = self.problem
        return problem.loss.curvature_weights(problem.weights, problem.y, self.predictions)

    @cached_property
    def dispersion(self) -> float:
        """`PointwiseLoss.dispersion` of the residuals."""
        problem = self.problem
        return problem.loss.dispersion(problem.y, self.predictions, problem.weights)

    @cached_property
    def gauss_newton_weights(self) -> FloatArray:
        """Weights of the least-squares problem of a Gauss-Newton step, shape (n,)."""
        problem = self.problem
        return problem.loss.gauss_newton_weights(problem.weights, problem.y, self.predictions)

    @cached_property
    def hessian_diagonal(self) -> FloatArray:
        """A positive approximation of the diagonal of the Hessian, shape (d, k)."""
        h, w = self.gauss_newton_weights, self.problem.weights
        return self._linearization.gauss_newton_diagonal(h, w) + 2.0 * self.penalty_slopes

    @cached_property
    def images_jacobian(self) -> FloatArray:
        """Jacobian of η with respect to U, shape (n, d k).

        The offset is profiled out with the Gauss-Newton weights.
        """
        J = self._linearization.jacobian()
        if self.problem.profiles_offset:
            h = self.gauss_newton_weights
            J -= (h @ J) / h.sum()
        return J

    def normal_equations(self) -> tuple[FloatArray, FloatArray]:
        """The Gram matrix of `images_jacobian` with the Gauss-Newton weights, and Jᵀ (w e / W).

        For samples that are elsewhere, whose Jacobian is not.
        """
        h, g = self.gauss_newton_weights, self._weighted_residuals
        elsewhere = cast(LinearizationElsewhere, self._linearization)
        gram, moment, mean, total = elsewhere.normal_sums(h, g)
        if self.problem.profiles_offset:
            # Nothing is taken off the moment: the sum of g is zero at the best offset.
            gram = gram - np.outer(mean, mean) / total
        return gram, moment

    @cached_property
    def _second_order(self) -> SecondOrder:
        return self._linearization.second_order(self._weighted_residuals, self.curvature_weights)

    @cached_property
    def _offset_response(self) -> FloatArray:
        """``Σ h_i A_i Z / Σ h_i``, the offset's term of Hessian products, shape (d, k)."""
        total = float(self.curvature_weights.sum())
        if total == 0:
            return np.zeros_like(self.U)
        return self._linearization.adjoint_product(self.curvature_weights) / total

    @cached_property
    def _penalty_curvatures(self) -> FloatArray:
        return self.penalty.second_derivative(self.column_sq)

    def images_adjoint(self, c: FloatArray) -> FloatArray:
        """``Jᵀ c``, J the Jacobian of ``<A_i, M>`` with respect to U, shape (d, k)."""
        return 2.0 * self._linearization.adjoint_product(c)

    def gauss_newton_product(self, V: FloatArray) -> FloatArray:
        """``Jᵀ diag(h) J V``, the offset profiled out: the loss in `hessian_product` without R."""
        zero = np.zeros_like(self.residuals)
        product, total = self._linearization.second_order(zero, self.curvature_weights)(V)
        if self.problem.profiles_offset:
            product += 2.0 * total * self._offset_response
        return -2.0 * product

    def hessian_product(self, V: FloatArray) -> FloatArray:
        """``∇²f(U)[V]``, shape (d, k).

        Along V the predictions change by ``2 <A_i, Z Vᵀ> + dc``, and the residuals by ``−ℓ''/2``
        times that. Hence ``∇²f[V] = −4 (R V D + dR Z)`` plus ``2 α ψ' v + 4 α ψ'' u (uᵀ v)`` of the
        penalty, where ``dc = −2 Σ h_i <A_i, Z Vᵀ> / Σ h_i`` keeps c at its best value.
        """
        product, total = self._second_order(V)
        if self.problem.profiles_offset:
            product += 2.0 * total * self._offset_response
        along = np.einsum("ij,ij->j", self.U, V)
        curved = 4.0 * self._penalty_curvatures * along * self.U
        return 2.0 * self.penalty_slopes * V + curved - 4.0 * product
