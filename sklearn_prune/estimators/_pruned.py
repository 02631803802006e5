"""The three steps as one estimator."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from sklearn import config_context
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from sklearn_prune._typing import FloatArray
from sklearn_prune.estimators._base import ByColumnsMixin, SensingRegressor, atomic_fit
from sklearn_prune.estimators._callbacks import FitTask
from sklearn_prune.estimators._parameters import REGRESSION_LOSSES, check_choice, check_flag
from sklearn_prune.estimators._pipeline import make_pruning_pipeline
from sklearn_prune.estimators._pruner import check_threshold
from sklearn_prune.estimators._rank_search import RankSearch
from sklearn_prune.objective import Certificate
from sklearn_prune.sensing import is_dask

# The fitted attributes that come from a step, and those that the data leave on it.
FROM_STEPS = {
    "sense": ("alpha_", "delta_", "certificate_", "rank_search_"),
    "tune": ("factor_", "bias_", "signs_", "intercept_", "_formulation"),
}
OF_THE_DATA = ("n_features_in_", "feature_names_in_")


class PrunedMatrixSensing(ByColumnsMixin, SensingRegressor):
    """Train with too many columns, prune, and fine-tune what is left, as one estimator.

    It is the Pipeline of `make_pruning_pipeline` with the interface of a single regressor and
    transformer: ``fit`` takes weights, and the fitted attributes are those of the final factor.
    Predictions are those of the Pipeline, bit for bit.

    Parameters
    ----------
    n_components, alpha, beta, measurement, fit_intercept, fit_bias, positive, delta, \
            random_state, n_jobs, verbose
        See `GroupLassoMatrixSensing`. For tables of features set ``fit_bias=True`` and scale the
        features first.
    threshold
        See `GreedyColumnPruner`.
    loss : {"squared_error", "huber"}, default="squared_error"
        For labels of two classes use ``make_pruning_pipeline(loss="log_loss")``, a classifier.
    memory : str, object with the joblib.Memory interface or None, default=None
        Where fitted steps are kept.

    Attributes
    ----------
    pipeline_ : Pipeline
        The fitted steps "sense", "prune" and "tune".
    factor_ : ndarray of shape (n_features or side, r)
        U: the columns that were kept, orthogonal (biases included), the longest first. If
        ``rank_`` is 0, it is one column of zeros.
    bias_ : ndarray of shape (r,)
        The biases of the hidden units; zeros without.
    signs_ : ndarray of shape (r,)
        With which each column counts: 1, −1 (only with ``positive=False``), or 0 for a column of
        zeros.
    intercept_ : float
        The offset, 0.0 without.
    rank_ : int
        Columns that are not zero.
    matrix_ : ndarray of shape (n_features or side, n_features or side)
        M, without the row and the column of biases.
    alpha_ : float
        The strength of the group lasso that was used.
    delta_ : float
        δ of the Huber loss; ``inf`` for the squared error.
    certificate_ : Certificate
        Of the penalised fit, see `GroupLassoMatrixSensing`; at the tolerance of
        `make_pruning_pipeline`, 1e-3 or a twentieth of τ if that is smaller.
    rank_search_ : RankSearch or None
        What ``alpha="auto"`` saw of the rank, see `GroupLassoMatrixSensing`.
    n_features_in_ : int
        Numbers in a row of X.
    feature_names_in_ : ndarray of shape (``n_features_in_``,)
        Names of the columns of X, when it came with names that are all strings.

    See Also
    --------
    make_pruning_pipeline : The same steps, where a search is to set the parameters of one of them.

    References
    ----------
    "Greedy Pruning with Group Lasso Provably Generalizes for Matrix Sensing", NeurIPS 2023,
    arXiv 2303.11453.

    Examples
    --------
    >>> from sklearn_prune import PrunedMatrixSensing
    >>> from sklearn_prune.datasets import make_matrix_sensing
    >>> X, y, factor = make_matrix_sensing(500, 20, 2, noise=0.1, random_state=0)
    >>> model = PrunedMatrixSensing().fit(X, y)
    >>> model.rank_, round(model.score(X, y), 2)
    (2, 1.0)
    >>> model.transform(X).shape, bool(abs(model.matrix_ - factor @ factor.T).max() < 0.1)
    ((500, 2), True)
    """

    pipeline_: Pipeline
    alpha_: float
    delta_: float
    certificate_: Certificate
    rank_search_: RankSearch | None

    def __init__(
        self,
        n_components: int | None = None,
        *,
        alpha: float | str = "auto",
        beta: float | str = "auto",
        threshold: float | str = "auto",
        measurement: str = "rank-one",
        fit_intercept: bool = False,
        fit_bias: bool = False,
        positive: bool = True,
        loss: str = "squared_error",
        delta: float | str = "auto",
        memory: Any = None,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.n_components = n_components
        self.alpha = alpha
        self.beta = beta
        self.threshold = threshold
        self.measurement = measurement
        self.fit_intercept = fit_intercept
        self.fit_bias = fit_bias
        self.positive = positive
        self.loss = loss
        self.delta = delta
        self.memory = memory
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    @atomic_fit
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train, prune and fine-tune.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, side²) or (n, side, side)
            The measurements, one a row.
        y : array-like of shape (n,)
            The responses.
        sample_weight : array-like of shape (n,) or None, default=None
            How often each sample counts: 2 is a repeated row.

        Returns
        -------
        PrunedMatrixSensing
            Itself.

        Raises
        ------
        ValueError, TypeError
            For data or parameters that it does not accept; the message says what it accepts.
        """
        if self.loss == "log_loss":
            raise ValueError(
                "loss='log_loss' is that of a classifier, and PrunedMatrixSensing is a regressor: "
                "use make_pruning_pipeline(loss='log_loss')."
            )
        check_choice("loss", self.loss, REGRESSION_LOSSES)
        # None stands for a default in the function that makes the pipeline.
        check_flag("fit_intercept", self.fit_intercept)
        # The step that reads it comes after the longest one.
        check_threshold(self.threshold)
        if self.memory is not None and is_dask(X):
            raise ValueError(
                "memory must be None where X is a dask array, whose rows a cache would store, got "
                f"{self.memory!r}."
            )
        pipeline = make_pruning_pipeline(**self.get_params(deep=False))
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        task = FitTask(self, parts=1, X=X, y=y, metadata=metadata)
        # Weights go to both fits, whether or not the caller's settings would route them.
        with (
            config_context(enable_metadata_routing=False),
            task.around(pipeline, "steps"),
            _in_the_name_of(self, pipeline["sense"]),
        ):
            pipeline.fit(
                X, y, sense__sample_weight=sample_weight, tune__sample_weight=sample_weight
            )
        attributes = {
            name: getattr(pipeline[step], name)
            for step, names in FROM_STEPS.items()
            for name in names
        }
        for name in OF_THE_DATA:
            self.__dict__.pop(name, None)
            if hasattr(pipeline["sense"], name):
                attributes[name] = getattr(pipeline["sense"], name)
        self.__dict__.update(attributes, pipeline_=pipeline)
        task.end()
        return self

    def transform(self, X: Any) -> FloatArray:
        """The embedding of vectors, or what each column adds to the predictions of matrices.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, side²) or (n, side, side)

        Returns
        -------
        ndarray of shape (n, r)
            For rank-one measurements ``X @ factor_ + bias_``, whose squares, added with their
            signs, are the predictions less the offset. For matrices the entries
            ``signs_j <A_i, u_j u_jᵀ>``.
        """
        rows = self._measurements(X)
        return self.fitted_factor_.coordinates(rows)

    @property
    def rank_(self) -> int:
        return int((self.signs_ != 0).sum())

    @property
    def matrix_(self) -> FloatArray:
        return (self.factor_ * self.signs_) @ self.factor_.T


@contextmanager
def _in_the_name_of(whole: BaseEstimator, step: BaseEstimator) -> Iterator[None]:
    """Let errors of scikit-learn that name the step name the estimator that the caller has."""
    try:
        yield
    except ValueError as error:
        name = rf"\b{type(step).__name__}\b"
        if type(error) is not ValueError or not re.search(name, str(error)):
            raise
        raise ValueError(re.sub(name, type(whole).__name__, str(error))) from error
