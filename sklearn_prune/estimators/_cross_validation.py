"""What estimators share whose alpha is chosen by cross-validation."""

from abc import abstractmethod
from typing import Any, Self

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import check_cv
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    _raise_for_params,
    _routing_enabled,
    process_routing,
)

from sklearn_prune._typing import FloatArray, IndexArray
from sklearn_prune.estimators._alpha_grid import alpha_grid, check_grid
from sklearn_prune.estimators._base import atomic_fit
from sklearn_prune.estimators._callbacks import FitTask
from sklearn_prune.estimators._carrier import FactoredMeasurements
from sklearn_prune.estimators._choice import FIT_READS, TUNED_TOL, Choice
from sklearn_prune.estimators._parameters import (
    check_count,
    check_formulation,
    check_jobs,
    check_number,
    check_verbose,
)
from sklearn_prune.estimators._penalized import PenalizedSensing
from sklearn_prune.estimators._samples import Samples
from sklearn_prune.estimators._start import few_columns
from sklearn_prune.objective import GroupLasso, Objective, Problem, compress
from sklearn_prune.selection import held_out_errors, settle_rank
from sklearn_prune.sensing import is_dask


class CrossValidatedSensing(PenalizedSensing):
    """The penalised fit at the alpha with the smallest error on held-out samples."""

    alphas: Any
    n_alphas: int
    eps: float
    cv: Any
    measurement: str
    n_jobs: int | None

    @abstractmethod
    def _path_of(self, errors: FloatArray) -> dict[str, FloatArray]:
        """The fitted attribute of the held-out losses, shape (n_alphas, n_folds)."""

    @atomic_fit
    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> Self:
        """Choose alpha and fit the factor.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, side²) or (n, side, side)
            The measurements, one a row.
        y : array-like of shape (n,)
            The responses, or the labels of two classes for a classifier.
        sample_weight : array-like of shape (n,) or None, default=None
            How often each sample counts: 2 is a repeated row.
        **params : dict
            Metadata for the splitter, such as ``groups``. Only with
            ``sklearn.set_config(enable_metadata_routing=True)``.

        Returns
        -------
        estimator
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
        return router.add(splitter=self._splitter(), method_mapping=mapping)

    def _splitter(self, y: Any = None) -> Any:
        """The splitter that `cv` stands for; a number is one of stratified folds for classes."""
        return check_cv(self.cv, y, classifier=is_classifier(self))

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
        folds = self._folds(samples, problem, params["split_params"])
        if problem.loss.adapts:
            problem, _ = settle_rank(problem, k, tol=TUNED_TOL)
        grid, _ = alpha_grid(problem, self.alphas, self.n_alphas, self.eps)
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
        attributes = {
            "alphas_": alphas,
            "alpha_": float(alphas[best]),
            **self._path_of(to_caller(errors, "loss")),
        }
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
            cv = self._splitter(samples.y)
            splits = list(cv.split(samples.X, samples.y, **split_params))
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
        check_grid(self.alphas, self.n_alphas, self.eps)
        check_formulation(self, self._losses)
        check_count("max_iter", self.max_iter)
        check_number("tol", self.tol, positive=True)
        check_jobs(self.n_jobs)
        check_verbose(self.verbose)
