"""The classifier whose alpha is chosen by cross-validation."""

from typing import Any

from sklearn_prune._typing import FloatArray
from sklearn_prune.estimators._cross_validation import CrossValidatedSensing
from sklearn_prune.estimators._group_lasso_classifier import GroupLassoMatrixSensingClassifier


class GroupLassoMatrixSensingClassifierCV(CrossValidatedSensing, GroupLassoMatrixSensingClassifier):
    """`GroupLassoMatrixSensingClassifier` with alpha chosen by cross-validation.

    Every fold is fitted along a grid of alphas, each fit from the one before. The alpha with the
    smallest mean log loss on the held-out samples is then fitted to all samples.

    Parameters
    ----------
    cv : int, cross-validation splitter or iterable of (train, test), default=None
        An integer is a number of stratified folds; None is 5.
    fit_intercept : bool, default=True
        Whether an offset is fitted.
    n_components, alphas, n_alphas, eps, measurement, fit_bias, positive, max_iter, tol, n_jobs, \
            verbose
        See `GroupLassoMatrixSensingCV`.

    Attributes
    ----------
    alpha_ : float
        The alpha chosen.
    alphas_ : ndarray of shape (n_alphas,)
        The grid, falling.
    log_loss_path_ : ndarray of shape (n_alphas, n_folds)
        Mean log losses on the held-out samples of each fold, half of their deviances.
    classes_ : ndarray of shape (2,)
        The labels, sorted.
    factor_, bias_, signs_, intercept_, column_norms_, rank_, n_iter_, objective_, beta_, \
            prune_threshold_, certificate_, n_features_in_, feature_names_in_
        Of the fit to all samples, see `GroupLassoMatrixSensing`.

    See Also
    --------
    GroupLassoMatrixSensingClassifier : ``alpha="auto"`` sets alpha without cross-validation.

    Notes
    -----
    As for `GroupLassoMatrixSensingCV`, the best probabilities take more columns than the truth has.

    References
    ----------
    "Greedy Pruning with Group Lasso Provably Generalizes for Matrix Sensing", NeurIPS 2023,
    arXiv 2303.11453.

    Examples
    --------
    >>> from sklearn_prune import GroupLassoMatrixSensingClassifierCV
    >>> from sklearn_prune.datasets import make_matrix_sensing
    >>> X, y, _ = make_matrix_sensing(500, 8, 2, loss="log_loss", random_state=0)
    >>> model = GroupLassoMatrixSensingClassifierCV(cv=3).fit(X, y)
    >>> model.log_loss_path_.shape, bool(model.alpha_ in model.alphas_)
    ((30, 3), True)
    """

    def __init__(
        self,
        n_components: int | None = None,
        *,
        alphas: Any = None,
        n_alphas: int = 30,
        eps: float = 1e-3,
        cv: Any = None,
        measurement: str = "rank-one",
        fit_intercept: bool = True,
        fit_bias: bool = False,
        positive: bool = True,
        max_iter: int = 500,
        tol: float = 1e-8,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.n_components = n_components
        self.alphas = alphas
        self.n_alphas = n_alphas
        self.eps = eps
        self.cv = cv
        self.measurement = measurement
        self.fit_intercept = fit_intercept
        self.fit_bias = fit_bias
        self.positive = positive
        self.max_iter = max_iter
        self.tol = tol
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _path_of(self, errors: FloatArray) -> dict[str, FloatArray]:
        return {"log_loss_path_": 0.5 * errors}
