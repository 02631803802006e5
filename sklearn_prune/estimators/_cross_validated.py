"""The model whose alpha is chosen by cross-validation."""

from typing import Any

from sklearn_prune._typing import FloatArray
from sklearn_prune.estimators._cross_validation import CrossValidatedSensing
from sklearn_prune.estimators._group_lasso import GroupLassoMatrixSensing


class GroupLassoMatrixSensingCV(CrossValidatedSensing, GroupLassoMatrixSensing):
    """`GroupLassoMatrixSensing` with alpha chosen by cross-validation, as ``LassoCV`` does it.

    Every fold is fitted along a grid of alphas, each fit from the one before. The alpha with the
    smallest mean error on the held-out samples is then fitted to all samples. β is tied to alpha.

    Parameters
    ----------
    n_components : int or None, default=None
        k, the columns of the factor. None is as many as U has rows, but at most 1000 and at most
        2²⁷ entries in all.
    alphas : array-like of shape (n_alphas,) or None, default=None
        The grid. None is a geometric one from `alpha_max` down.
    n_alphas : int, default=30
        Length of that grid.
    eps : float in (0, 1), default=1e-3
        Its smallest alpha over its largest. τ goes with ``alpha^(2/3)``: it falls to 1/100.
    cv : int, cross-validation splitter or iterable of (train, test), default=None
        None is 5 folds in order, as scikit-learn has it. A splitter that asks for metadata, such as
        ``GroupKFold()`` for ``groups``, is given it by metadata routing.
    measurement, fit_intercept, fit_bias, positive, loss, delta, max_iter, tol
        See `GroupLassoMatrixSensing`; ``max_iter`` and ``tol`` are for the fit to all samples. All
        fits have the same δ; "auto" is that of the fit whose rank the data show, as with
        ``alpha="auto"``.
    n_jobs : int or None, default=None
        How many folds run at a time, as in joblib. The result does not depend on it.
    verbose : int or bool, default=0
        If positive, print a line for every round of the fit to all samples.

    Attributes
    ----------
    alpha_ : float
        The alpha chosen.
    alphas_ : ndarray of shape (n_alphas,)
        The grid, falling.
    mse_path_ : ndarray of shape (n_alphas, n_folds)
        Mean squared errors on the held-out samples of each fold, or mean Huber losses with
        ``loss="huber"``, in the units of ``y²``.
    factor_, bias_, signs_, intercept_, column_norms_, rank_, n_iter_, objective_, beta_, \
            prune_threshold_, delta_, certificate_, n_features_in_, feature_names_in_
        Of the fit to all samples, see `GroupLassoMatrixSensing`.

    See Also
    --------
    GroupLassoMatrixSensing : ``alpha="auto"`` sets alpha without cross-validation.
    pruning_path : The fits along a grid, with their certificates.

    Notes
    -----
    The group lasso shortens the columns that it keeps, so that the smallest prediction error needs
    a smaller alpha, and more columns, than the truth has. Pruning with ``threshold="auto"`` keeps
    them all: to find a rank use ``alpha="auto"``.

    For whole-matrix measurements with many samples all folds are fitted from sums over the samples
    (``Σ w a aᵀ`` and similar sums); those of a fold are subtracted from those of all samples.

    References
    ----------
    "Greedy Pruning with Group Lasso Provably Generalizes for Matrix Sensing", NeurIPS 2023,
    arXiv 2303.11453.

    Examples
    --------
    >>> from sklearn_prune import GroupLassoMatrixSensingCV
    >>> from sklearn_prune.datasets import make_matrix_sensing
    >>> X, y, _ = make_matrix_sensing(300, 10, 2, noise=0.1, random_state=0)
    >>> model = GroupLassoMatrixSensingCV(cv=3).fit(X, y)
    >>> model.mse_path_.shape, bool(model.alpha_ in model.alphas_)
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
        fit_intercept: bool = False,
        fit_bias: bool = False,
        positive: bool = True,
        loss: str = "squared_error",
        delta: float | str = "auto",
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
        self.loss = loss
        self.delta = delta
        self.max_iter = max_iter
        self.tol = tol
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _path_of(self, errors: FloatArray) -> dict[str, FloatArray]:
        return {"mse_path_": errors}
