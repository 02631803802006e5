"""What fine-tuners share: the fit of few columns, and predictions from both kinds of X."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from sklearn_prune._typing import FloatArray
from sklearn_prune.estimators._base import SensingEstimator, atomic_fit
from sklearn_prune.estimators._callbacks import FitTask
from sklearn_prune.estimators._carrier import FactoredMeasurements
from sklearn_prune.estimators._convergence import warn_oblique, warn_separated, warn_unconverged
from sklearn_prune.estimators._dask import check_dask_rows
from sklearn_prune.estimators._overridden import warn_of_overridden
from sklearn_prune.estimators._parameters import (
    check_choice,
    check_count,
    check_formulation,
    check_init,
    check_number,
    check_verbose,
    random_state_of,
)
from sklearn_prune.estimators._progress import Stopwatch, print_fine_tuning
from sklearn_prune.estimators._samples import DTYPES, check_measurements
from sklearn_prune.estimators._start import make_start, number_of_columns
from sklearn_prune.models import Factor
from sklearn_prune.objective import (
    FittedFactor,
    Formulation,
    Objective,
    Problem,
    WeightDecay,
    canonical_in_place,
    compress,
)
from sklearn_prune.selection import LossTrials, tau_max
from sklearn_prune.sensing import is_dask
from sklearn_prune.solvers import (
    FINE_TUNING,
    Solution,
    best_of_restarts,
    expand_while_needed,
    leaving_saddles,
    spectral_start,
)

# Reads of the measurements that a fit takes, approximately: 8 to 11 from pruned columns
# (`docs/benchmarks/speed_constants.py`).
FIT_READS = 15
# Solvers that are chosen to see how they converge from the pruned factor.
FROM_PRUNED = ("gd", "scaled-gd")
# Solvers that step along negative curvature on their way. Their refits of the columns of another
# fit, without weight decay, are not searched for saddles: none of 879 such refits ended in one, and
# the search takes 5 to 20 Hessian products, where a refit takes about 22. With weight decay, in the
# coordinates of the features, 18 of 879 did (`docs/benchmarks/constants.py`). First-order solvers
# end in saddles without it as well (`tests/test_coordinates.py`).
FOLLOWS_CURVATURE = ("gauss-newton",)


class FineTuning(SensingEstimator):
    """The fit without the group lasso; a subclass has the parameters."""

    n_components: int | None
    measurement: str
    fit_intercept: bool
    fit_bias: bool
    positive: bool
    init: Any
    solver: str
    shrinkage: float
    max_iter: int
    tol: float
    random_state: Any
    verbose: int

    _by_column = ("factor_", "bias_", "signs_")

    @atomic_fit
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the factor.

        Parameters
        ----------
        X : FactoredMeasurements of shape (n, r), or array-like of shape (n, n_features), \
                (n, side²) or (n, side, side)
            A factor and its measurements, or measurements alone.
        y : array-like of shape (n,)
            The responses, or the labels of two classes for a classifier.
        sample_weight : array-like of shape (n,) or None, default=None
            How often each sample counts: 2 is a repeated row.

        Returns
        -------
        estimator
            Itself.

        Raises
        ------
        ValueError, TypeError
            For data or parameters that it does not accept; the message says what it accepts.
        """
        self._check_parameters()
        factored = isinstance(X, FactoredMeasurements)
        formulation = Formulation.of(X if factored else self)
        if factored:
            self._check_loss(X)
            warn_of_overridden(self, X)
            rows = self._rows_of(X)
        else:
            self._check_optimum(formulation)
            rows = check_measurements(X, self.measurement, estimator=self)
        samples = self._samples(rows, y, sample_weight)
        stopwatch = Stopwatch(self.verbose, samples.X.shape[0])
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        y = self._in_terms_of_y(samples.y)
        task = FitTask(self, parts=0, X=X, y=y, metadata=metadata)

        problem = compress(samples.problem(formulation), passes=FIT_READS)
        columns = X.shape[1] if factored else number_of_columns(self.n_components, problem)
        trials: LossTrials[Solution] = LossTrials(problem)
        for trial in trials:
            tuning = _Tuning.of(trial, float(self.shrinkage), rotated=not factored)
            if factored:
                start = tuning.from_problem(trial.import_factor(self._tuned_or_pruned(X)))
                as_it_is = not X.decided and self.shrinkage == 0
                solution = (
                    tuning.as_it_is(start)
                    if as_it_is
                    else self._solve(tuning, start, self.max_iter, pruned=True)
                )
            else:
                solution = self._fit_from_start(trial, tuning, columns)
            factor = canonical_in_place(trial.model, tuning.to_problem(solution.factor))
            trials.record(factor, solution)

        problem, solution = trials.problem, trials.fit
        self._formulation = formulation
        fitted = problem.export(trials.factor, n_columns=columns)
        self.factor_, self.bias_, self.signs_ = fitted.factor, fitted.bias, fitted.signs
        self.intercept_ = fitted.intercept
        self.__dict__.update(problem.loss.fitted_parameters(problem.scaling.unit("y")))
        self.n_iter_ = solution.n_iter
        self.loss_curve_ = problem.scaling.to_caller(np.array(solution.curve), "loss")
        if not solution.converged:
            steps = self.n_iter_
            warn_unconverged(self.solver, steps=steps, max_iter=self.max_iter, tol=float(self.tol))
        warn_separated(problem, solution.curve[-1])
        warn_oblique(fitted)
        if self.verbose:
            first, last = self.loss_curve_[0], self.loss_curve_[-1]
            name = type(self).__name__
            print_fine_tuning(name, columns, self.n_iter_, first, last, stopwatch)
        task.end()
        return self

    @property
    def rank_(self) -> int:
        return int(np.count_nonzero(self.signs_))

    def _measurements(self, X: Any) -> FloatArray:
        check_is_fitted(self, "factor_")
        if not isinstance(X, FactoredMeasurements):
            return super()._measurements(X)
        name = type(self).__name__
        if X.measurement != self._formulation.measurement:
            raise ValueError(
                f"X holds {X.measurement!r} measurements, but {name} is expecting "
                f"{self._formulation.measurement!r} measurements."
            )
        width = X.measurements.shape[1]
        if width != self.n_features_in_:
            raise ValueError(
                f"X holds measurements of {width} numbers, but {name} is expecting "
                f"{self.n_features_in_}."
            )
        return X.measurements

    def _tuned_or_pruned(self, X: FactoredMeasurements) -> FittedFactor:
        """The columns that were kept, or as many that are tuned already."""
        tuned = X.tuned
        if tuned is None or tuned.factor.shape != X.factor.shape or self.solver in FROM_PRUNED:
            return X.fitted_factor
        # A column of zeros stays zero.
        return tuned if np.all(X.column_norms > 0) else X.fitted_factor

    def _fit_from_start(self, problem: Problem, tuning: "_Tuning", columns: int) -> Solution:
        """Fit from `init`, and add columns for which the start saw no use and the fit does."""
        rng, solve = random_state_of(self.random_state), partial(self._solve, tuning)

        def spectral(_: Problem, count: int) -> Factor:
            return tuning.to_problem(spectral_start(tuning.objective.problem, count))

        start = make_start(self.init, problem, columns, rng, spectral=spectral)
        solution = solve(tuning.from_problem(start), self.max_iter)
        if not isinstance(self.init, str) or self.shrinkage == 1:
            return solution
        level = max(float(self.tol), tuning.level)
        solution = expand_while_needed(solve, solution, columns, level, self.max_iter)
        if self.init == "random" or self.solver in FROM_PRUNED:
            return solution
        problem = tuning.objective.problem
        return best_of_restarts(solve, problem, solution, columns, max_iter=self.max_iter)

    def _solve(
        self, tuning: "_Tuning", start: Factor, max_iter: int, *, pruned: bool = False
    ) -> Solution:
        if self.shrinkage == 1:
            # All columns are zero there; solvers come no closer than the root of a gradient.
            return tuning.as_it_is(tuning.objective.empty.factor)
        # A zero column has no gradient and no part in the fit.
        start = start.take(np.any(start.U != 0, axis=0))
        solve, tol = FINE_TUNING[self.solver], float(self.tol)
        if pruned and self.shrinkage == 0 and self.solver in FOLLOWS_CURVATURE:
            return solve(tuning.objective, start, tol=tol, max_iter=max_iter)
        return leaving_saddles(solve, tuning.objective, start, tol=tol, max_iter=max_iter)

    def _rows_of(self, X: FactoredMeasurements) -> FloatArray:
        """The measurements that came with a factor; their number and names are recorded."""
        self.n_features_in_ = X.measurements.shape[1]
        if X.feature_names is not None:
            self.feature_names_in_ = X.feature_names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        if is_dask(X.measurements):
            return check_dask_rows(X.measurements)
        return check_array(X.measurements, accept_sparse="csr", dtype=DTYPES)

    def _check_loss(self, X: FactoredMeasurements) -> None:
        if X.loss not in self._losses:
            raise ValueError(
                f"X was fitted with loss={X.loss!r}, which {type(self).__name__} does not fit: it "
                f"is for {' or '.join(map(repr, self._losses))}."
            )

    def _check_parameters(self) -> None:
        check_count("n_components", self.n_components, optional=True)
        check_formulation(self, self._losses)
        check_init(self.init)
        check_choice("solver", self.solver, FINE_TUNING)
        check_count("max_iter", self.max_iter)
        check_number("tol", self.tol, positive=True)
        check_verbose(self.verbose)
        check_number("shrinkage", self.shrinkage)
        if self.shrinkage > 1:
            raise ValueError(f"shrinkage must be between 0 and 1, got {self.shrinkage!r}.")


@dataclass(frozen=True)
class _Tuning:
    """What a fine-tuner minimises, and the coordinates that it works in.

    Without a penalty they are whitened ones, unless a factor came with isotropic measurements: it
    is near the solution, and whitening would take as long as some of the Hessian products that
    follow. Weight decay is measured in the coordinates of the features.

    Attributes
    ----------
    objective : Objective
    whitened : bool
    level : float
        The eigenvalue of R above which a zero column grows.
    """

    objective: Objective
    whitened: bool
    level: float

    @classmethod
    def of(cls, problem: Problem, shrinkage: float, *, rotated: bool) -> Self:
        """The objective for a share of the decay at which all columns are zero.

        `rotated` fixes the axes of whitened coordinates, for columns that are to be found.
        """
        if shrinkage == 0:
            if not rotated and problem.sensing.is_isotropic(problem.weights):
                return cls(Objective(problem), False, 0.0)
            return cls(Objective(problem.whitened(rotated=rotated)), True, 0.0)
        decay = WeightDecay.from_share(shrinkage, tau_max(problem))
        return cls(Objective(problem, decay), False, 0.5 * decay.gamma)

    def to_problem(self, factor: Factor) -> Factor:
        """The factor in the coordinates of the penalised problem."""
        return self.objective.problem.to_parent(factor) if self.whitened else factor

    def from_problem(self, factor: Factor) -> Factor:
        """The factor in the coordinates of this one."""
        return self.objective.problem.from_parent(factor) if self.whitened else factor

    def as_it_is(self, factor: Factor) -> Solution:
        """A factor as a solution, without a fit."""
        point = self.objective.at(factor)
        return Solution(point, [point.value], True)
