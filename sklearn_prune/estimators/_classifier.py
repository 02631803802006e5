"""What the classifiers share: labels, probabilities, and a warning of settings without optimum."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import expit, log_expit
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags

from sklearn_prune._typing import FloatArray
from sklearn_prune.estimators._base import SensingEstimator
from sklearn_prune.estimators._labels import label_samples
from sklearn_prune.estimators._samples import Samples
from sklearn_prune.objective import Formulation
from sklearn_prune.sensing import is_dask


class SensingClassifier(ClassifierMixin, SensingEstimator):
    """A classifier of two classes, whose log odds are ``η``."""

    loss = "log_loss"
    _losses = ("log_loss",)
    classes_: np.ndarray

    def decision_function(self, X: Any) -> FloatArray:
        """The log odds of the second class, ``Σ_j signs_j <A_i, u_j u_jᵀ>`` plus the offset.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, side²) or (n, side, side)
            `FineTunerClassifier` takes a `FactoredMeasurements` too, of which only the measurements
            matter.

        Returns
        -------
        ndarray of shape (n,)
        """
        return self._linear_predictor(X)

    def predict_proba(self, X: Any) -> FloatArray:
        """The probabilities of the two classes, in the order of ``classes_``.

        Parameters
        ----------
        X : array-like, as for `decision_function`

        Returns
        -------
        ndarray of shape (n, 2)
        """
        return self._by_class(X, _probabilities)

    def predict_log_proba(self, X: Any) -> FloatArray:
        """The logarithms of these probabilities, finite where a probability is rounded to zero.

        Parameters
        ----------
        X : array-like, as for `decision_function`

        Returns
        -------
        ndarray of shape (n, 2)
        """
        return self._by_class(X, _log_probabilities)

    def predict(self, X: Any) -> np.ndarray:
        """The more probable class.

        Parameters
        ----------
        X : array-like, as for `decision_function`

        Returns
        -------
        ndarray of shape (n,)
        """
        return self._likelier(self.decision_function(X))

    def _by_class(self, X: Any, function: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """A column of a function of the log odds for each class."""
        odds: Any = self.decision_function(X)
        if is_dask(odds):
            chunks = (odds.chunks[0], (2,))
            return odds.map_blocks(function, new_axis=1, chunks=chunks, dtype=float)
        return function(odds)

    def _likelier(self, odds: Any) -> np.ndarray:
        """The second class where the odds, or labels of 0 and 1, are positive."""
        if is_dask(odds):
            return odds.map_blocks(self._likelier, dtype=self.classes_.dtype)
        return self.classes_[(odds > 0).astype(np.intp)]

    def _samples(self, X: FloatArray, y: Any, sample_weight: Any) -> Samples:
        samples, self.classes_ = label_samples(X, y, sample_weight)
        return samples

    def _in_terms_of_y(self, responses: FloatArray) -> np.ndarray:
        return self._likelier(responses)

    def _check_optimum(self, formulation: Formulation) -> None:
        convex = formulation.model.is_semidefinite
        if convex and formulation.fit_bias and formulation.fit_intercept:
            warnings.warn(
                "positive=True with fit_bias=True and fit_intercept=True has no best fit without a "
                "penalty: linear functions of x are limits of convex ones whose columns grow "
                "without end. Set positive=False, which contains the linear functions.",
                UserWarning,
            )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.sparse = True
        # The classes of scikit-learn's checks differ in their means: see `SensingRegressor`.
        tags.classifier_tags.poor_score = self.positive or not self.fit_bias
        return tags


def _probabilities(odds: FloatArray) -> FloatArray:
    return np.column_stack([expit(-odds), expit(odds)])


def _log_probabilities(odds: FloatArray) -> FloatArray:
    # Where a probability is near one, the logarithm is that of its rounded value, so that the two
    # methods agree: scikit-learn's checks compare them to 1e-9, and those of float32 are rounded to
    # 1e-7.
    likelier = np.log(expit(np.abs(odds)))
    other = log_expit(-np.abs(odds))
    second = np.where(odds > 0, likelier, other)
    return np.column_stack([np.where(odds > 0, other, likelier), second])
