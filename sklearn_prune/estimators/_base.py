"""What the estimators share."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Self

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    RegressorMixin,
    TransformerMixin,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from sklearn_prune._threads import one_blas_thread
from sklearn_prune._typing import FloatArray
from sklearn_prune.estimators._callbacks import CallbackSupportMixin, with_callbacks
from sklearn_prune.estimators._parameters import REGRESSION_LOSSES
from sklearn_prune.estimators._persistence import StoredWithoutDeadColumns
from sklearn_prune.estimators._samples import Samples, check_measurements
from sklearn_prune.objective import FittedFactor, Formulation
from sklearn_prune.sensing import counted_reads


def atomic_fit(method: Callable[..., Any]) -> Callable[..., Any]:
    """Make a fit leave the estimator as it was if it fails or is interrupted.

    The callbacks are torn down before the attributes are restored. BLAS has one thread meanwhile.
    """
    method = with_callbacks(method)

    @wraps(method)
    def fit(self: BaseEstimator, *args: Any, **kwargs: Any) -> Any:
        before = dict(vars(self))
        try:
            with one_blas_thread(), counted_reads():
                return method(self, *args, **kwargs)
        except ConvergenceWarning:
            # One that the caller made an error of: it comes last, and the fit is complete.
            raise
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    return fit


class KeepsOutputMixin:
    """For transformers whose output is never wrapped."""

    def set_output(self, *, transform: str | None = None) -> Self:
        """Accepted, and without effect, so that a setting for a whole pipeline breaks nothing.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None

        Returns
        -------
        estimator
            Itself.
        """
        return self


class SensingEstimator(CallbackSupportMixin, StoredWithoutDeadColumns):
    """An estimator that predicts by a factor, which its fitted attributes describe.

    Attributes
    ----------
    loss, delta : str, float or str
        The name of the loss, and δ of the Huber loss.
    """

    loss: str
    delta: float | str = "auto"
    _losses: tuple[str, ...]
    factor_: FloatArray
    bias_: FloatArray
    signs_: FloatArray
    fit_bias: bool
    positive: bool
    intercept_: float
    _formulation: Formulation

    @property
    def fitted_factor_(self) -> FittedFactor:
        """The factor with its biases and offset, which predicts; only after `fit`."""
        return FittedFactor(
            self.factor_, self.bias_, self.intercept_, self._formulation.measurement, self.signs_
        )

    def _linear_predictor(self, X: Any) -> FloatArray:
        """``η_i``, `<A_i, M>` plus the offset, shape (n,)."""
        rows = self._measurements(X)
        return self.fitted_factor_.predict(rows)

    def _measurements(self, X: Any) -> FloatArray:
        """Validated rows, of the kind and the width of those of the fit."""
        check_is_fitted(self, "factor_")
        measurement = self._formulation.measurement
        return check_measurements(X, measurement, estimator=self, reset=False)

    def _samples(self, X: FloatArray, y: Any, sample_weight: Any) -> Samples:
        """Validated measurements with responses and weights, which are validated here."""
        return Samples.of(X, y, sample_weight)

    def _in_terms_of_y(self, responses: FloatArray) -> np.ndarray:
        """The responses of `Samples` as the caller has them."""
        return responses

    def _check_optimum(self, formulation: Formulation) -> None:
        """Warn of settings for which the loss has no minimum, whatever the data."""


class ByColumnsMixin(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """For sensing estimators that return one number for each column of the factor."""

    factor_: FloatArray

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @property
    def _n_features_out(self) -> int:
        return self.factor_.shape[1]


class SensingRegressor(RegressorMixin, SensingEstimator):
    """A regressor: what it predicts is ``η``."""

    _losses = REGRESSION_LOSSES

    def predict(self, X: Any) -> FloatArray:
        """``Σ_j signs_j <A_i, u_j u_jᵀ>`` plus the offset.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, side²) or (n, side, side)
            `FineTuner` takes a `FactoredMeasurements` too, of which only the measurements matter.

        Returns
        -------
        ndarray of shape (n,)
        """
        return self._linear_predictor(X)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        # The regression data of scikit-learn's checks are linear in x, which takes a column of each
        # sign with a bias. Predictions of the other models are convex or even in x.
        tags.regressor_tags.poor_score = self.positive or not self.fit_bias
        tags.input_tags.sparse = True
        return tags
