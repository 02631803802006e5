"""What the classifiers share: labels, probabilities, and a warning of settings without optimum."""

import warnings
from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags

from sklearn_prune._typing import FloatArray
from sklearn_prune.estimators._base import SensingEstimator
from sklearn_prune.estimators._labels import label_samples
from sklearn_prune.estimators._samples import Samples
from sklearn_prune.objective import Formulation


class SensingClassifier(ClassifierMixin, SensingEstimator):
    """A classifier of two classes, whose log odds are ``η``."""

    loss = "log_loss"
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
        odds = np.asarray(self.decision_function(X))
        return np.column_stack([expit(-odds), expit(odds)])

    def predict(self, X: Any) -> np.ndarray:
        """The more probable class.

        Parameters
        ----------
        X : array-like, as for `decision_function`

        Returns
        -------
        ndarray of shape (n,)
        """
        is_second = np.asarray(self.decision_function(X)) > 0
        return self.classes_[is_second.astype(np.intp)]

    def _samples(self, X: FloatArray, y: Any, sample_weight: Any) -> Samples:
        samples, self.classes_ = label_samples(X, y, sample_weight)
        return samples

    def _in_terms_of_y(self, responses: FloatArray) -> np.ndarray:
        return self.classes_[np.asarray(responses).astype(np.intp)]

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
        # The classes of scikit-learn's checks differ in their means: see `SensingRegressor`.
        tags.classifier_tags.poor_score = self.positive or not self.fit_bias
        return tags
