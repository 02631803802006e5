"""A sensing map, a model, a loss and the data: everything that a fit is about but the penalty."""

from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import Self

import numpy as np

from sklearn_prune._typing import FloatArray, Operator
from sklearn_prune.losses import PointwiseLoss
from sklearn_prune.models import Factor, MatrixModel
from sklearn_prune.objective._basis import orthonormal_basis
from sklearn_prune.objective._canonical import canonical_in_place
from sklearn_prune.objective._certificate import Certificate
from sklearn_prune.objective._fitted_factor import FittedFactor
from sklearn_prune.objective._formulation import Formulation
from sklearn_prune.objective._penalty import NO_PENALTY, GroupLasso
from sklearn_prune.objective._rotation import rotated_to_eigenvectors
from sklearn_prune.objective._scaling import LARGEST_DATA, Scaling, check_magnitude, scale_responses
from sklearn_prune.sensing import SensingMap, numbers

# The largest entry of a factor in normalised units, and its inverse. Entries of a fit are about one
# over the scales of the features.
LARGEST_FACTOR = 1e20


class Problem:
    """``(1/W) Σ w_i ℓ(y_i, c + <A_i, M>)`` in normalised units, as a function of a factor of M.

    In normalised units κ is 1 and y has spread 1. Multiplying y or X by a number then changes the
    `scaling` and nothing else; all solvers and all tolerances rely on it. A problem is made from
    data by `from_data`, and what is found returns to the units of the caller by `export`.

    Attributes
    ----------
    sensing : SensingMap
        The measurements ``A_i``, scaled.
    y, weights : ndarray of shape (n,)
        Scaled responses, and ``w_i / W``.
    total_weight : float
        ``W``, the number of samples if weights count repeats.
    formulation : Formulation
        The choices that it was made with; parameters of the loss are scaled.
    scaling : Scaling
        The units.
    coordinates : ndarray of shape (d₀, d) or None
        T, where a factor U of this problem stands for the factor ``T U`` of the data, or of the
        problem that this one was made of; None if U is that factor itself.
    floor : float
        A part of the loss that no factor can remove; it is not zero for a `CompressedProblem`.
    is_whitened : bool
        Whether no direction of the factor is seen better than another.
    """

    def __init__(
        self,
        sensing: SensingMap,
        y: FloatArray,
        weights: FloatArray,
        total_weight: float,
        formulation: Formulation,
        scaling: Scaling,
    ) -> None:
        self.sensing, self.y = sensing, y
        self.weights, self.total_weight = weights, total_weight
        self.formulation, self.scaling = formulation, scaling
        self.coordinates: FloatArray | None = None
        self._inverse: FloatArray | None = None
        self.floor = 0.0
        self.is_whitened = False

    @classmethod
    def from_data(
        cls, X: FloatArray, y: FloatArray, sample_weight: FloatArray, formulation: Formulation
    ) -> Self:
        """The normalised problem of validated data. Samples of weight zero are left out.

        Raises
        ------
        ValueError
            If the largest entry of X, y or `sample_weight` is too large or too small to work with.
        """
        kept = sample_weight > 0
        sensing = formulation.sensing_map(X)
        # Rows in a file or elsewhere stay there, with responses of zero; but fewer rows than
        # features are copied, since their span is found from all of them.
        if sensing.in_file and sensing.n_samples >= sensing.dim:
            y = np.where(kept, y, 0.0)
        elif not sensing.reads_ahead and not kept.all():
            sensing = formulation.sensing_map(X[kept])
            y, sample_weight = y[kept], sample_weight[kept]
        y, sample_weight = sensing.vector(y), sensing.vector(sample_weight)
        largest_weight, largest_response = numbers(sample_weight.max(), np.abs(y).max())
        check_magnitude("sample_weight", largest_weight)
        check_magnitude("X", sensing.largest_entry, beside_one=formulation.fit_bias)
        check_magnitude("y", largest_response)
        return cls.normalized(sensing, y, sample_weight, formulation)

    @classmethod
    def normalized(
        cls,
        sensing: SensingMap,
        y: FloatArray,
        sample_weight: FloatArray,
        formulation: Formulation,
    ) -> Self:
        """The problem with the units taken out of the map, the responses and the loss."""
        centred = formulation.fit_intercept
        total_weight = float(np.sum(sample_weight))
        weights = sample_weight / total_weight
        basis = orthonormal_basis(sensing, weights, total_weight)
        if basis is not None:
            sensing = sensing.restricted(basis)
        y, response, origin = scale_responses(y, weights, formulation.loss, fit_intercept=centred)
        # Divided by the largest entry first, since κ itself may overflow.
        largest = sensing.max_abs() or 1.0
        sensing = sensing.scaled(1.0 / largest)
        p = formulation.model.n_parameters(sensing.dim)
        kappa = sensing.total_curvature(weights, centred=centred) / p
        kappa *= formulation.loss.null_curvature(y, weights, fit_intercept=centred)
        root_kappa = float(np.sqrt(kappa)) or 1.0
        problem = cls(
            sensing.scaled(1.0 / root_kappa),
            y,
            weights,
            total_weight,
            replace(formulation, loss=formulation.loss.scaled(response)),
            Scaling(response, root_kappa * largest, origin),
        )
        if basis is not None:
            problem.coordinates, problem._inverse = basis, basis.T
        return problem

    def reweighted(self, weights: FloatArray) -> "Problem":
        """The same samples with other weights, normalised anew.

        Its `scaling` is in the units of this problem. Weights may be zero, which takes the place
        of a copy of the other samples.
        """
        # Beside the responses of the whole, these are rounding errors; alone, they would be units.
        counts = (weights > 0) & (np.abs(self.y) > 1.0 / LARGEST_DATA)
        y = np.where(counts, self.y, 0.0)
        return Problem.normalized(self.sensing, y, weights, self.formulation)

    def with_loss(self, loss: PointwiseLoss) -> "Problem":
        """The same problem with another loss in normalised units."""
        problem = copy(self)
        problem.formulation = replace(self.formulation, loss=loss)
        for name in ("loss_of_constant", "residual_matrix_of_constant"):
            vars(problem).pop(name, None)
        return problem

    def whitened(self, *, rotated: bool = True) -> "Problem":
        """The same problem in whitened coordinates, for everything without a penalty.

        Least squares do not depend on coordinates, but starts and the speed of solvers do: in
        whitened coordinates neither depends on the units or the correlation of the features. The
        loss has the units of this problem. `rotated` fixes the axes, for random starts.
        """
        problem = copy(self)
        vars(problem).pop("residual_matrix_of_constant", None)
        T, inverse = self.sensing.whitening(self.weights)
        if rotated:
            R, to_data = self.residual_matrix_of_constant, lambda U: self.to_parent(Factor(U)).U
            T, inverse, R = rotated_to_eigenvectors(T, inverse, R, to_data)
            problem.residual_matrix_of_constant = R
        problem.scaling = Scaling(1.0, 1.0)
        problem.coordinates, problem._inverse = T, inverse
        if T is not None:
            problem.sensing = self.sensing.in_whitened(T)
            problem.is_whitened = True
        return problem

    def to_parent(self, factor: Factor) -> Factor:
        """The factor of the data, or of the problem that this one was made of."""
        T = self.coordinates
        return factor if T is None else factor.with_columns(T @ factor.U)

    def from_parent(self, factor: Factor) -> Factor:
        """The factor in the coordinates of this problem."""
        return factor if self._inverse is None else factor.with_columns(self._inverse @ factor.U)

    def of_whole(self, factor: Factor) -> tuple[Factor, float]:
        """The factor and its offset in the units of the problem that was `reweighted`."""
        whole = self.to_parent(factor)
        return whole.with_columns(self.scaling.to_caller(whole.U, "U")), self._intercept(factor)

    @property
    def model(self) -> MatrixModel:
        """What matrix a factor stands for."""
        return self.formulation.model

    @property
    def loss(self) -> PointwiseLoss:
        """What a prediction costs."""
        return self.formulation.loss

    @property
    def profiles_offset(self) -> bool:
        """Whether the offset c is set to its best value for every factor, or is zero."""
        return self.formulation.fit_intercept

    @property
    def dim(self) -> int:
        """d, the rows of a factor."""
        return self.sensing.dim

    def give_signs(self, U: FloatArray) -> Factor:
        """The factor of columns that came without signs."""
        return self.model.give_signs(U, lambda: self.residual_matrix_of_constant)

    @property
    def n_rows(self) -> int:
        """The rows of a factor of the data."""
        return self.dim if self.coordinates is None else self.coordinates.shape[0]

    @property
    def max_rank(self) -> int:
        """The largest rank of M."""
        return self.model.max_rank(self.dim)

    @property
    def n_residual(self) -> float:
        """Samples, weights counted as repeats, less one for the offset if there is one."""
        return self.total_weight - self.formulation.fit_intercept

    def degrees_of_freedom(self, rank: int) -> int:
        """Dimension of the set of matrices M of a rank."""
        return self.model.degrees_of_freedom(self.dim, rank)

    def profile_offset(self, images: FloatArray) -> float:
        """The best offset c for given ``<A_i, M>``, or 0.0 where no offset is fitted."""
        return self.loss.offset(self.y, images, self.weights) if self.profiles_offset else 0.0

    def offset(self, factor: Factor) -> float:
        """The offset c that belongs to a factor."""
        if not self.profiles_offset:
            return 0.0
        return self.profile_offset(self.sensing.forward(factor.U, factor.signs))

    def _intercept(self, factor: Factor) -> float:
        """The offset in the units of the caller."""
        return float(self.scaling.to_caller(self.offset(factor), "y")) + self.scaling.origin

    def mean_loss(self, factor: Factor) -> float:
        """The loss at a factor, without a penalty."""
        images = self.sensing.forward(factor.U, factor.signs)
        eta = images + self.profile_offset(images)
        return float(self.weights @ self.loss.value(self.y, eta)) + self.floor

    @cached_property
    def loss_of_constant(self) -> float:
        """The loss at ``U = 0``."""
        return self.mean_loss(Factor(np.empty((self.dim, 0))))

    def centred_residuals(self) -> FloatArray:
        """Residuals of a constant, whether an offset is fitted or not, shape (n,)."""
        zero = np.zeros_like(self.y)
        return self.loss.residual(self.y, zero + self.loss.offset(self.y, zero, self.weights))

    @cached_property
    def residual_matrix_of_constant(self) -> Operator:
        """R at ``U = 0``, where a constant is taken off y, whether an offset is fitted or not."""
        return self.residual_matrix(self.centred_residuals())

    def residual_matrix(self, residuals: FloatArray) -> Operator:
        """``R = Σ (w_i / W) e_i A_i``, shape (d, d); it is not formed where d is large."""
        return self.sensing.adjoint(self.weights * residuals)

    def penalty(self, alpha: float, beta: float | str) -> GroupLasso:
        """The group lasso with parameters in the units of the caller; beta may be "auto"."""
        strength = self.scaling.from_caller("alpha", alpha, "alpha")
        if not isinstance(beta, str):
            return GroupLasso(strength, self.scaling.from_caller("beta", beta, "beta"))
        return GroupLasso.tied(strength) if strength > 0 else NO_PENALTY

    def import_factor(self, fitted: FittedFactor) -> Factor:
        """A fitted factor in normalised units, shape (d, k)."""
        U = fitted.factor
        if self.formulation.fit_bias:
            U = np.vstack([U, fitted.bias])
        return self.import_columns(Factor(U, fitted.column_signs), "the factor in X")

    def import_columns(self, factor: Factor, name: str) -> Factor:
        """A factor in the units of the caller, biases included, in normalised units.

        `name` is used in the error if they are out of range.
        """
        unit = self.scaling.unit("U")
        U = factor.U / unit
        largest = float(np.abs(U).max(initial=0.0))
        if largest and not 1.0 / LARGEST_FACTOR <= largest <= LARGEST_FACTOR:
            raise ValueError(
                f"{name} is out of all proportion to the data: it must be 0, or its largest entry "
                f"between {unit / LARGEST_FACTOR:.1e} and {unit * LARGEST_FACTOR:.1e}, got "
                f"{largest * unit:.1e}."
            )
        return self.from_parent(factor.with_columns(U))

    def export(self, factor: Factor, *, n_columns: int) -> FittedFactor:
        """A factor in the units of the caller, with zero columns after its own."""
        # Canonical in the coordinates of the caller, where the signs of columns are fixed.
        W = factor
        if self.coordinates is not None:
            W = canonical_in_place(self.model, self.to_parent(factor))
        dead = n_columns - W.n_columns
        U = np.pad(self.scaling.to_caller(W.U, "U"), ((0, 0), (0, dead)))
        bias = np.zeros(n_columns)
        if self.formulation.fit_bias:
            U, bias = U[:-1], U[-1]
        signs = np.pad(W.column_signs * np.any(W.U != 0, axis=0), (0, dead))
        return FittedFactor(U, bias, self._intercept(factor), self.formulation.measurement, signs)

    def export_certificate(self, certificate: Certificate) -> Certificate:
        """A certificate in the units of the caller."""
        return certificate.in_units(self.scaling, has_unseen_directions=self.dim < self.n_rows)
