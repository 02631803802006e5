"""The model whose alpha is chosen by cross-validation."""

import numpy as np
from sklearn.model_selection import check_cv

from sklearn_prune.estimators import _validation as check
from sklearn_prune.estimators._alpha_grid import alpha_grid, check_grid
from sklearn_prune.estimators._callbacks import with_callbacks
from sklearn_prune.estimators._group_lasso import FIT_READS, GroupLassoMatrixSensing
from sklearn_prune.estimators._start import few_columns
from sklearn_prune.objective import GroupLasso, condensed
from sklearn_prune.selection import held_out_errors


class GroupLassoMatrixSensingCV(GroupLassoMatrixSensing):
    """`GroupLassoMatrixSensing` with alpha chosen by cross-validation, as ``LassoCV`` does it.

    Every fold is fitted along a grid of alphas, each fit from the one before; the alpha of the
    smallest mean error on the held-out samples is fitted to all. β is tied to alpha.

    Parameters
    ----------
    n_components : int or None, default=None
        k, the columns of the factor. None is as many as U has rows.
    alphas : array-like of shape (n_alphas,) or None, default=None
        The grid. None is a geometric one from `alpha_max` down.
    n_alphas : int, default=30
        Length of that grid.
    eps : float in (0, 1), default=1e-3
        Its smallest alpha over its largest. τ goes with ``alpha^(2/3)``: it falls to 1/100.
    cv : int, cross-validation splitter or iterable of (train, test), default=None
        None is 5 folds in order, as scikit-learn has it.
    measurement, fit_intercept, fit_bias, max_iter, tol
        See `GroupLassoMatrixSensing`; the last two are those of the fit to all samples.
    n_jobs : int or None, default=None
        How many folds run at a time, as joblib has it. The result is the same.
    verbose : int, default=0
        Whether a line is printed for every round of the fit to all samples.

    Attributes
    ----------
    alpha_ : float
        The one chosen.
    alphas_ : ndarray of shape (n_alphas,)
        The grid, falling.
    mse_path_ : ndarray of shape (n_alphas, n_folds)
        Mean squared errors on the held-out samples of each fold, in the units of ``y²``.
    factor_, bias_, intercept_, column_norms_, rank_, n_iter_, objective_, beta_, \
            prune_threshold_, certificate_, n_features_in_, feature_names_in_
        Of the fit to all samples, see `GroupLassoMatrixSensing`.

    See Also
    --------
    GroupLassoMatrixSensing : ``alpha="auto"`` sets alpha without cross-validation.
    pruning_path : The fits along a grid, with their certificates.

    Notes
    -----
    The group lasso shortens the columns that it keeps, so that the smallest error of prediction
    asks for less of it, and for more columns, than the truth has. Pruning with
    ``threshold="auto"`` keeps them all: to find a rank take ``alpha="auto"``.

    For whole-matrix measurements with many samples all folds are fitted from sums over the samples
    (``Σ w a aᵀ`` and the like), which are taken from the whole a fold at a time.

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
        n_components=None,
        *,
        alphas=None,
        n_alphas=30,
        eps=1e-3,
        cv=None,
        measurement="rank-one",
        fit_intercept=False,
        fit_bias=False,
        max_iter=500,
        tol=1e-8,
        n_jobs=None,
        verbose=0,
    ):
        self.n_components = n_components
        self.alphas = alphas
        self.n_alphas = n_alphas
        self.eps = eps
        self.cv = cv
        self.measurement = measurement
        self.fit_intercept = fit_intercept
        self.fit_bias = fit_bias
        self.max_iter = max_iter
        self.tol = tol
        self.n_jobs = n_jobs
        self.verbose = verbose

    @with_callbacks
    def fit(self, X, y, sample_weight=None):
        """Choose alpha, and fit the factor.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, side²) or (n, side, side)
            The measurements, one a row.
        y : array-like of shape (n,)
            The responses.
        sample_weight : array-like of shape (n,) or None, default=None
            How often each sample counts, in fitting and in the errors; folds weigh what
            their samples do.

        Returns
        -------
        GroupLassoMatrixSensingCV
            Itself.

        Raises
        ------
        ValueError, TypeError
            For data or parameters that it does not take; the message says what it takes.
        """
        self._check_parameters()
        chosen = {}

        def choose(loss, units, k):
            grid, _ = alpha_grid(loss, units, self.alphas, self.n_alphas, self.eps)
            folds = self._folds(np.asarray(y).ravel(), sample_weight)
            errors = held_out_errors(loss, grid.tolist(), folds, k, n_jobs=self.n_jobs)
            fold_weights = [loss.weights[test].sum() for _, test in folds]
            best = np.average(errors, axis=1, weights=fold_weights).argmin()
            chosen["alphas_"] = grid * units.alpha
            if self.alphas is not None:
                chosen["alphas_"] = np.sort(np.asarray(self.alphas, dtype=np.float64))[::-1]
            chosen["alpha_"] = float(chosen["alphas_"][best])
            chosen["mse_path_"] = errors * units.loss
            loss = condensed(loss, passes=FIT_READS)
            return loss, GroupLasso.tied(float(grid[best])), few_columns(loss, k)

        self._fit(X, y, sample_weight, choose)
        for name, value in chosen.items():
            setattr(self, name, value)
        return self

    def _folds(self, y, sample_weight):
        """Training and test samples of each fold, among those of positive weight."""
        _, keep = check.check_weights(sample_weight, y)
        position = np.cumsum(keep) - 1
        splits = check_cv(self.cv).split(np.empty((len(keep), 1)), y)
        rows = np.arange(len(keep))
        # Indices, in an array or a list that may be empty, or a mask.
        chosen = [[rows[np.asarray(part) if len(part) else []] for part in s] for s in splits]
        folds = [[position[part[keep[part]]] for part in split] for split in chosen]
        if not all(len(part) for fold in folds for part in fold):
            raise ValueError(
                f"cv={self.cv!r} leaves a fold without training or without test samples of "
                "positive weight; each needs one at least."
            )
        return folds

    def _check_parameters(self):
        check.check_count("n_components", self.n_components, optional=True)
        check_grid(self.n_alphas, self.eps)
        check.check_kind(self.measurement, self.fit_intercept, self.fit_bias)
        check.check_count("max_iter", self.max_iter)
        check.check_number("tol", self.tol, positive=True)
