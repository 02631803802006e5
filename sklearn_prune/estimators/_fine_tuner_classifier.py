"""Refitting the columns of a classifier that were kept, without the penalty."""

from typing import Any

from sklearn_prune.estimators._classifier import SensingClassifier
from sklearn_prune.estimators._fine_tuning import FineTuning


class FineTunerClassifier(FineTuning, SensingClassifier):
    """Maximum likelihood of two classes over factors of few columns, as pruning left them.

    Minimises the mean deviance ``(1/W) Σ_i w_i 2 (log(1 + exp(η_i)) − y_i η_i)`` with the log odds
    ``η_i = c + <A_i, M>`` and ``M = U diag(signs) Uᵀ``, without a penalty. The signs stay as they
    are. Inputs are those of `FineTuner`.

    Parameters
    ----------
    n_components, measurement, fit_bias, positive, init, solver, shrinkage, max_iter, tol, \
            random_state, verbose
        See `FineTuner`.
    fit_intercept : bool, default=True
        Whether an offset is fitted.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The labels, sorted.
    loss_curve_ : ndarray of shape (``n_iter_ + 1``,)
        The mean deviance after each step, the start first; half of it is the log loss.
    factor_, bias_, signs_, intercept_, rank_, n_iter_, n_features_in_, feature_names_in_
        See `FineTuner`.

    Notes
    -----
    If the fit separates the classes its deviance has no minimum: it is stopped, with a
    ``ConvergenceWarning``, where less than a thousandth of the deviance of a constant is left.

    References
    ----------
    "Greedy Pruning with Group Lasso Provably Generalizes for Matrix Sensing", NeurIPS 2023,
    arXiv 2303.11453.

    Examples
    --------
    >>> from sklearn_prune import FineTunerClassifier
    >>> from sklearn_prune.datasets import make_matrix_sensing
    >>> X, y, _ = make_matrix_sensing(2000, 10, 2, loss="log_loss", random_state=0)
    >>> model = FineTunerClassifier(n_components=2).fit(X, y)
    >>> model.factor_.shape, bool(model.score(X, y) > 0.6)
    ((10, 2), True)
    """

    def __init__(
        self,
        n_components: int | None = None,
        *,
        measurement: str = "rank-one",
        fit_intercept: bool = True,
        fit_bias: bool = False,
        positive: bool = True,
        init: Any = "spectral",
        solver: str = "gauss-newton",
        shrinkage: float = 0.0,
        max_iter: int = 1000,
        tol: float = 1e-8,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.n_components = n_components
        self.measurement = measurement
        self.fit_intercept = fit_intercept
        self.fit_bias = fit_bias
        self.positive = positive
        self.init = init
        self.solver = solver
        self.shrinkage = shrinkage
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.verbose = verbose
