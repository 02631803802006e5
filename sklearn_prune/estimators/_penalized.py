"""What all penalised estimators share: fit, predict and transform."""

from abc import abstractmethod
from functools import partial
from typing import Any, Self

from sklearn_prune._typing import FloatArray
from sklearn_prune.estimators._base import (
    ByColumnsMixin,
    KeepsOutputMixin,
    SensingEstimator,
    atomic_fit,
)
from sklearn_prune.estimators._callbacks import FitTask
from sklearn_prune.estimators._carrier import FactoredMeasurements
from sklearn_prune.estimators._choice import Choice
from sklearn_prune.estimators._convergence import warn_oblique, warn_separated, warn_uncertified
from sklearn_prune.estimators._fitted_attributes import fitted_attributes
from sklearn_prune.estimators._progress import Stopwatch, print_round
from sklearn_prune.estimators._samples import Samples, check_measurements
from sklearn_prune.estimators._start import number_of_columns
from sklearn_prune.objective import Certificate, Formulation, Problem
from sklearn_prune.solvers import Solution, certified_best_of_restarts, working_set


class PenalizedSensing(
    KeepsOutputMixin,
    ByColumnsMixin,
    SensingEstimator,
    auto_wrap_output_keys=None,  # type: ignore[call-arg]
):
    """The penalised fit; a subclass has the parameters, and chooses the penalty and the start."""

    _by_column = ("factor_", "bias_", "signs_", "column_norms_")
    # Only a start for fine-tuning, which ends at the same point from the columns themselves.
    _left_out = ("_tuned",)

    n_components: int | None
    max_iter: int
    tol: float
    verbose: int

    @abstractmethod
    def _choose(
        self, problem: Problem, k: int, samples: Samples, task: FitTask, **params: Any
    ) -> Choice:
        """The penalty and the start of the fit; `params` are what else a fit was given."""

    @abstractmethod
    def _check_parameters(self) -> None: ...

    @atomic_fit
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the factor.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, side²) or (n, side, side)
            The measurements, one a row.
        y : array-like of shape (n,)
            The responses, or the labels of two classes for a classifier.
        sample_weight : array-like of shape (n,) or None, default=None
            How often each sample counts: 2 is a repeated row, and the sum is the sample size by
            which ``alpha="auto"`` judges.

        Returns
        -------
        estimator
            Itself.

        Raises
        ------
        ValueError, TypeError
            For data or parameters that it does not accept; the message says what it accepts.
        """
        self._fit(X, y, sample_weight)
        return self

    @atomic_fit
    def fit_transform(self, X: Any, y: Any, sample_weight: Any = None) -> FactoredMeasurements:
        """Fit the factor and transform the measurements, which are validated once.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, side²) or (n, side, side)
        y : array-like of shape (n,)
        sample_weight : array-like of shape (n,) or None, default=None

        Returns
        -------
        FactoredMeasurements of shape (n, k)
        """
        return self._carry(self._fit(X, y, sample_weight).X)

    def transform(self, X: Any) -> FactoredMeasurements:
        """What each column adds to each prediction, with the measurements and the factor.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, side²) or (n, side, side)

        Returns
        -------
        FactoredMeasurements of shape (n, k)
        """
        return self._carry(self._measurements(X))

    def _fit(self, X: Any, y: Any, sample_weight: Any, **params: Any) -> Samples:
        """Fit the factor, and return the validated data."""
        self._check_parameters()
        formulation = Formulation.of(self)
        X = check_measurements(X, formulation.measurement, estimator=self)
        self._check_optimum(formulation)
        samples = self._samples(X, y, sample_weight)
        stopwatch = Stopwatch(self.verbose, samples.X.shape[0])
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        y = self._in_terms_of_y(samples.y)
        task = FitTask(self, parts=None, X=X, y=y, metadata=metadata)
        problem = samples.problem(formulation)
        k = number_of_columns(self.n_components, problem)
        choice = self._choose(problem, k, samples, task, **params)
        chosen = {
            "_formulation": formulation,
            "_tuned": choice.tuned,
            "_decided": choice.decided,
            **choice.attributes,
        }

        attributes_of = partial(
            fitted_attributes, k=k, steps=choice.steps, shown=choice.columns_shown
        )

        def callback(solution: Solution, certificate: Certificate) -> None:
            attributes = attributes_of(solution, certificate) | chosen
            if self.verbose:
                print_round(type(self).__name__, attributes, k, stopwatch)
            task.end_round(attributes)

        tol = choice.tolerance(float(self.tol))
        solution, certificate = working_set(
            choice.objective,
            choice.start,
            k,
            tol=tol,
            max_iter=self.max_iter,
            callback=callback if self.verbose or task.is_watched else None,
        )
        if choice.restarts:
            solution, certificate = certified_best_of_restarts(
                choice.objective, (solution, certificate), k, tol=tol, max_iter=self.max_iter
            )
        self.__dict__.update(attributes_of(solution, certificate) | chosen)
        is_separated = warn_separated(choice.objective.problem, solution.curve[-1])
        if not (certificate.holds or is_separated):
            warn_uncertified(
                certificate,
                steps=solution.n_iter,
                max_iter=self.max_iter,
                tol=tol,
                largest_tol=float(self.tol),
            )
        warn_oblique(self.fitted_factor_)
        choice.check(self.rank_)
        task.end()
        return samples

    def _carry(self, X: FloatArray) -> FactoredMeasurements:
        return FactoredMeasurements(
            X,
            self.factor_,
            self.bias_,
            self.intercept_,
            self._formulation.measurement,
            self.beta_,
            self.prune_threshold_,
            fit_intercept=self._formulation.fit_intercept,
            fit_bias=self._formulation.fit_bias,
            feature_names=getattr(self, "feature_names_in_", None),
            tuned=self._tuned,
            decided=self._decided,
            positive=self._formulation.model.is_semidefinite,
            loss=self._formulation.loss.name,
            delta=getattr(self, "delta_", float("inf")),
            signs=self.signs_,
        )
