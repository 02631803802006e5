"""The model whose alpha is chosen by cross-validation."""

from typing import Any, Self

import numpy as np
from sklearn.model_selection import check_cv
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    _raise_for_params,
    _routing_enabled,
    process_routing,
)

from sklearn_prune._typing import IndexArray
from sklearn_prune.estimators._alpha_grid import alpha_grid, check_grid
from sklearn_prune.estimators._base import atomic_fit
from sklearn_prune.estimators._callbacks import FitTask
from sklearn_prune.estimators._carrier import FactoredMeasurements
from sklearn_prune.estimators._choice import FIT_READS, Choice
from sklearn_prune.estimators._group_lasso import GroupLassoMatrixSensing
from sklearn_prune.estimators._parameters import check_count, check_formulation, check_number
from sklearn_prune.estimators._samples import Samples
from sklearn_prune.estimators._start import few_columns
from sklearn_prune.objective import GroupLasso, Objective, Problem, compress
from sklearn_prune.selection import held_out_errors
from sklearn_prune.sensing import is_dask


class GroupLassoMatrixSensingCV(GroupLassoMatrixSensing):
    """`GroupLassoMatrixSensing` with alpha chosen by cross-validation, as ``LassoCV`` does it.

    Every fold is fitted along a grid of alphas, each fit from the one before. The alpha with the
    smallest mean error on the held-out samples is then fitted to all samples. β is tied to alpha.

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
        None is 5 folds in order, as scikit-learn has it. A splitter that asks for metadata, such as
        ``GroupKFold()`` for ``groups``, is given it by metadata routing.
    measurement, fit_intercept, fit_bias, positive, max_iter, tol
        See `GroupLassoMatrixSensing`; ``max_iter`` and ``tol`` are for the fit to all samples.
    n_jobs : int or None, default=None
        How many folds run at a time, as in joblib. The result does not depend on it.
    verbose : int, default=0
        If positive, print a line for every round of the fit to all samples.

    Attributes
    ----------
    alpha_ : float
        The alpha chosen.
    alphas_ : ndarray of shape (n_alphas,)
        The grid, falling.
    mse_path_ : ndarray of shape (n_alphas, n_folds)
        Mean squared errors on the held-out samples of each fold, in the units of ``y²``.
    factor_, bias_, signs_, intercept_, column_norms_, rank_, n_iter_, objective_, beta_, \
            prune_threshold_, certificate_, n_features_in_, feature_names_in_
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

    @atomic_fit
    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> Self:
        """Choose alpha and fit the factor.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, side²) or (n, side, side)
            The measurements, one a row.
        y : array-like of shape (n,)
            The responses.
        sample_weight : array-like of shape (n,) or None, default=None
            How often each sample counts: 2 is a repeated row.
        **params : dict
            Metadata for the splitter, such as ``groups``. Only with
            ``sklearn.set_config(enable_metadata_routing=True)``.

        Returns
        -------
        GroupLassoMatrixSensingCV
            Itself.

        Raises
        ------
        ValueError, TypeError
            For data or parameters that it does not accept; the message says what it accepts.
        """
        self._fit(X, y, sample_weight, split_params=self._split_params("fit", params))
        return self

    @atomic_fit
    def fit_transform(
        self, X: Any, y: Any, sample_weight: Any = None, **params: Any
    ) -> FactoredMeasurements:
        """Choose alpha, fit the factor and transform the measurements.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, side²) or (n, side, side)
        y : array-like of shape (n,)
        sample_weight : array-like of shape (n,) or None, default=None
        **params : dict
            As in `fit`.

        Returns
        -------
        FactoredMeasurements of shape (n, k)
        """
        split_params = self._split_params("fit_transform", params)
        return self._carry(self._fit(X, y, sample_weight, split_params=split_params).X)

    def get_metadata_routing(self) -> MetadataRouter:
        """Which metadata go where: those of the splitter to its ``split``.

        Returns
        -------
        MetadataRouter
        """
        mapping = MethodMapping().add(caller="fit", callee="split")
        mapping.add(caller="fit_transform", callee="split")
        router = MetadataRouter(owner=type(self).__name__).add_self_request(self)
        return router.add(splitter=check_cv(self.cv), method_mapping=mapping)

    def _split_params(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """What the splitter is given of the metadata of a fit."""
        _raise_for_params(params, self, method)
        if not _routing_enabled():
            return {}
        return dict(process_routing(self, method, **params).splitter.split)

    def _choose(
        self, problem: Problem, k: int, samples: Samples, task: FitTask, **params: Any
    ) -> Choice:
        """The alpha of the smallest mean error on the held-out samples."""
        grid, _ = alpha_grid(problem, self.alphas, self.n_alphas, self.eps)
        folds = self._folds(samples, problem, params["split_params"])
        with task.stage("cross-validation", "fold", len(folds)) as end_fold:
            errors = held_out_errors(
                problem, grid.tolist(), folds, k, n_jobs=self.n_jobs, callback=end_fold
            )
        fold_weights = [problem.weights[test].sum() for _, test in folds]
        best = int(np.average(errors, axis=1, weights=fold_weights).argmin())
        to_caller = problem.scaling.to_caller
        alphas = to_caller(grid, "alpha")
        if self.alphas is not None:
            # As they were given, without the rounding of a change of units.
            alphas = np.sort(np.asarray(self.alphas, dtype=np.float64))[::-1]
        attributes = {"alphas_": alphas, "mse_path_": to_caller(errors, "loss")}
        problem = compress(problem, passes=FIT_READS)
        objective = Objective(problem, GroupLasso.tied(float(grid[best])))
        return Choice(objective, few_columns(problem, k), attributes=attributes)

    def _folds(
        self, samples: Samples, problem: Problem, split_params: dict[str, Any]
    ) -> list[tuple[IndexArray, IndexArray]]:
        """Training and test samples of each fold, as indices into the samples of the problem.

        Those of weight zero are in no fold; the problem has them or not.
        """
        if is_dask(samples.X):
            raise ValueError(
                "X is a dask array, whose rows cannot be dealt to folds. Use alpha='auto' or a "
                "given alpha with GroupLassoMatrixSensing, or convert X by X.compute()."
            )
        kept = samples.weights > 0
        rows = np.arange(len(kept))
        position = rows if len(problem.y) == len(kept) else np.cumsum(kept) - 1
        folds = []
        try:
            splits = list(check_cv(self.cv).split(samples.X, samples.y, **split_params))
            # A part is an array or a list of indices, which may be empty, or a mask.
            parts = [[rows[np.asarray(p) if len(p) else []] for p in (a, b)] for a, b in splits]
        except (ValueError, TypeError, IndexError) as error:
            raise ValueError(f"cv={self.cv!r} does not split {len(kept)} rows: {error}") from error
        for split in parts:
            train, test = (position[part[kept[part]]] for part in split)
            if not (len(train) and len(test)):
                raise ValueError(
                    f"cv={self.cv!r} leaves a fold without training or without test samples of "
                    "positive weight; each needs one at least."
                )
            folds.append((train, test))
        if not folds:
            raise ValueError(
                f"cv must give at least one fold, got cv={self.cv!r}, which gives none."
            )
        return folds

    def _check_parameters(self) -> None:
        check_count("n_components", self.n_components, optional=True)
        check_grid(self.n_alphas, self.eps)
        check_formulation(self.measurement, self.fit_intercept, self.fit_bias, self.positive)
        check_count("max_iter", self.max_iter)
        check_number("tol", self.tol, positive=True)
