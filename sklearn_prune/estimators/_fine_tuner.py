"""Refitting the columns that were kept, without the penalty."""

import warnings
from typing import Any, Self

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from sklearn_prune._typing import FloatArray
from sklearn_prune.estimators._base import SensingRegressor, atomic_fit
from sklearn_prune.estimators._callbacks import FitTask
from sklearn_prune.estimators._carrier import FactoredMeasurements
from sklearn_prune.estimators._convergence import warn_unconverged
from sklearn_prune.estimators._dask import check_dask_rows
from sklearn_prune.estimators._parameters import (
    check_choice,
    check_count,
    check_formulation,
    check_init,
    check_number,
    random_state_of,
)
from sklearn_prune.estimators._progress import Stopwatch, print_fine_tuning
from sklearn_prune.estimators._samples import DTYPES, Samples, check_measurements
from sklearn_prune.estimators._start import make_start
from sklearn_prune.models import Factor
from sklearn_prune.objective import FittedFactor, Formulation, Objective, Problem, compress
from sklearn_prune.sensing import is_dask
from sklearn_prune.solvers import FINE_TUNING, Solution, expand, leaving_saddles, spectral_start

# Reads of the measurements that a fit takes, approximately.
FIT_READS = 15
# Solvers that are chosen to see how they converge from the pruned factor.
FROM_PRUNED = ("gd", "scaled-gd")


class FineTuner(SensingRegressor):
    """Least squares over factors of few columns, from where pruning left them.

    Minimises ``(1/W) Σ_i w_i (<A_i, M> − y_i)²`` over ``M = U diag(signs) Uᵀ`` without a penalty,
    which removes the shrinkage that the group lasso left on the columns that it kept. The signs
    stay as they are.

    Given the `FactoredMeasurements` of `GreedyColumnPruner`, it starts from their factor, or from
    the fit that ``alpha="auto"`` has already tuned if that has as many columns. Given a plain array
    it is an ordinary estimator with a start of its own.

    Parameters
    ----------
    n_components : int or None, default=None
        Columns of the factor. None is as many as U has rows.
    measurement : {"rank-one", "matrix"}, default="rank-one"
        What a row of X is, see `GroupLassoMatrixSensing`.
    fit_intercept : bool, default=False
        Whether an offset is fitted.
    fit_bias : bool, default=False
        Whether a 1 is appended to every ``x_i``. Rank-one measurements only.
    positive : bool, default=True
        Whether no column may count negatively, see `GroupLassoMatrixSensing`.
    init : {"spectral", "random"} or ndarray of shape (d, n_components), default="spectral"
        Where to start. These six parameters matter only for a plain array: the factor, the
        measurements and the settings of `FactoredMeasurements` override them.
    solver : {"gauss-newton", "lbfgs", "gd", "scaled-gd"}, default="gauss-newton"
        - "gauss-newton": Levenberg-Marquardt with direct normal equations where the factor is
          small, and trust-region Newton where it is not. It takes few steps; with noise the number
          of passes grows with the condition number.
        - "lbfgs": SciPy's L-BFGS with a memory of 30. It takes fewer passes where the condition
          number is small, and stops at gradients of 1e-7 at the latest, which is the accuracy of
          its line search.
        - "gd": gradient descent, as in the paper; its linear rate gets worse with the condition
          number. It always starts from the pruned columns.
        - "scaled-gd": gradient descent scaled by ``(Uᵀ U)⁻¹``; its linear rate does not depend on
          the condition number. It always starts from the pruned columns.
    max_iter : int, default=1000
        Steps at most.
    tol : float, default=1e-8
        Bound on the gradient norm, for y and A scaled to size one.
    random_state : int, RandomState instance or None, default=None
        For ``init="random"``.
    verbose : int, default=0
        If positive, print a line about the fit; from 2 on, with its seconds and passes.

    Attributes
    ----------
    factor_ : ndarray of shape (n_features or side, r)
        U: orthogonal columns (biases included), the longest first.
    bias_ : ndarray of shape (r,)
        The biases of the hidden units; zeros without.
    signs_ : ndarray of shape (r,)
        With which each column counts: 1, −1, or 0 for a column of zeros.
    intercept_ : float
        The offset, 0.0 without.
    n_iter_ : int
        Steps taken.
    loss_curve_ : ndarray of shape (``n_iter_ + 1``,)
        The mean squared error after each step, the start first, in the units of ``y²``.
    n_features_in_ : int
        Numbers in a row of the measurements, so that ``predict`` takes raw rows as well.
    feature_names_in_ : ndarray of shape (``n_features_in_``,)
        Names of the columns of the measurements, when they came with names that are all strings.

    Notes
    -----
    A factor whose columns are all zero stays zero; the fit is then the offset. Where
    ``alpha="auto"`` could not tell the rank, the penalised factor stays as it is, with ``n_iter_``
    0.

    References
    ----------
    "Greedy Pruning with Group Lasso Provably Generalizes for Matrix Sensing", NeurIPS 2023,
    arXiv 2303.11453.

    Examples
    --------
    >>> from sklearn_prune import FineTuner
    >>> from sklearn_prune.datasets import make_matrix_sensing
    >>> X, y, _ = make_matrix_sensing(500, 20, 2, random_state=0)
    >>> model = FineTuner(n_components=2).fit(X, y)
    >>> bool(model.loss_curve_[-1] < 1e-12)
    True
    """

    _by_column = ("factor_", "bias_", "signs_")

    def __init__(
        self,
        n_components: int | None = None,
        *,
        measurement: str = "rank-one",
        fit_intercept: bool = False,
        fit_bias: bool = False,
        positive: bool = True,
        init: Any = "spectral",
        solver: str = "gauss-newton",
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
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.verbose = verbose

    @atomic_fit
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the factor.

        Parameters
        ----------
        X : FactoredMeasurements of shape (n, r), or array-like of shape (n, n_features), \
                (n, side²) or (n, side, side)
            A factor and its measurements, or measurements alone.
        y : array-like of shape (n,)
            The responses.
        sample_weight : array-like of shape (n,) or None, default=None
            How often each sample counts: 2 is a repeated row.

        Returns
        -------
        FineTuner
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
            self._warn_of_overridden(X)
        rows = self._rows_of(X) if factored else self._rows(X, reset=True)
        samples = Samples.of(rows, y, sample_weight)
        stopwatch = Stopwatch(self.verbose, samples.X.shape[0])
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        task = FitTask(self, parts=0, X=X, y=samples.y, metadata=metadata)

        problem = compress(samples.problem(formulation), passes=FIT_READS)
        whitened = problem.whitened()
        if factored:
            columns = X.shape[1]
            pruned = problem.import_factor(self._tuned_or_pruned(X))
            start = whitened.from_parent(pruned)
            solution = self._solve(whitened, start) if X.decided else _as_it_is(whitened, start)
        else:
            columns = self.n_components or problem.n_rows
            solution = self._fit_from_start(problem, whitened, columns)

        self._formulation = formulation
        factor = problem.model.canonicalize(whitened.to_parent(solution.factor))
        fitted = problem.export(factor, n_columns=columns)
        self.factor_, self.bias_, self.signs_ = fitted.factor, fitted.bias, fitted.signs
        self.intercept_ = fitted.intercept
        self.n_iter_ = solution.n_iter
        self.loss_curve_ = problem.scaling.to_caller(np.array(solution.curve), "loss")
        if not solution.converged:
            steps = self.n_iter_
            warn_unconverged(self.solver, steps=steps, max_iter=self.max_iter, tol=float(self.tol))
        if self.verbose:
            first, last = self.loss_curve_[0], self.loss_curve_[-1]
            print_fine_tuning(columns, self.n_iter_, first, last, stopwatch)
        task.end()
        return self

    def predict(self, X: Any) -> FloatArray:
        """``Σ_j signs_j <A_i, u_j u_jᵀ>`` plus the offset.

        Parameters
        ----------
        X : FactoredMeasurements of shape (n, r), or array-like of shape (n, n_features), \
                (n, side²) or (n, side, side)
            Of the former only the measurements matter.

        Returns
        -------
        ndarray of shape (n,)
        """
        check_is_fitted(self, "factor_")
        if not isinstance(X, FactoredMeasurements):
            rows = self._rows(X, reset=False)
            return self.fitted_factor_.predict(rows)
        if X.measurement != self._formulation.measurement:
            raise ValueError(
                f"X holds {X.measurement!r} measurements, but FineTuner is expecting "
                f"{self._formulation.measurement!r} measurements."
            )
        width = X.measurements.shape[1]
        if width != self.n_features_in_:
            raise ValueError(
                f"X holds measurements of {width} numbers, but FineTuner is expecting "
                f"{self.n_features_in_}."
            )
        return self.fitted_factor_.predict(X.measurements)

    def _tuned_or_pruned(self, X: FactoredMeasurements) -> FittedFactor:
        """The columns that were kept, or as many that are tuned already."""
        tuned = X.tuned
        if tuned is None or tuned.factor.shape != X.factor.shape or self.solver in FROM_PRUNED:
            return X.fitted_factor
        # A column of zeros stays zero.
        return tuned if np.all(X.column_norms > 0) else X.fitted_factor

    def _fit_from_start(self, problem: Problem, whitened: Problem, columns: int) -> Solution:
        """Fit from `init`, and add columns for which the start saw no use and the fit does."""
        rng = random_state_of(self.random_state)

        def spectral(_: Problem, count: int) -> Factor:
            return whitened.to_parent(spectral_start(whitened, count))

        start = make_start(self.init, problem, columns, rng, spectral=spectral)
        problem = whitened
        solution = self._solve(problem, whitened.from_parent(start))
        while isinstance(self.init, str) and solution.n_iter < self.max_iter:
            start = expand(solution.point, columns, level=float(self.tol))
            if start.shape == solution.factor.shape:
                break
            more = self._solve(problem, start, solution.n_iter)
            # Expanding lowers the value as well, and no step may have followed.
            curve = [*(solution.curve + more.curve[1:])[:-1], more.curve[-1]]
            solution = Solution(more.point, curve, more.converged)
        return solution

    def _solve(self, problem: Problem, start: Factor, steps: int = 0) -> Solution:
        # A zero column has no gradient and no part in the fit.
        start = start.take(np.any(start.U != 0, axis=0))
        solve = FINE_TUNING[self.solver]
        return leaving_saddles(
            solve, Objective(problem), start, tol=float(self.tol), max_iter=self.max_iter - steps
        )

    def _rows(self, X: Any, *, reset: bool) -> FloatArray:
        measurement = self.measurement if reset else self._formulation.measurement
        return check_measurements(X, measurement, estimator=self, reset=reset)

    def _rows_of(self, X: FactoredMeasurements) -> FloatArray:
        """The measurements that came with a factor; their number and names are recorded."""
        self.n_features_in_ = X.measurements.shape[1]
        if X.feature_names is not None:
            self.feature_names_in_ = X.feature_names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        if is_dask(X.measurements):
            return check_dask_rows(X.measurements)
        return check_array(X.measurements, dtype=DTYPES)

    def _warn_of_overridden(self, X: FactoredMeasurements) -> None:
        """Say which parameters were set and do not count, because the input has its own."""
        defaults = {"measurement": "rank-one", "positive": True}
        for name in ("measurement", "fit_intercept", "fit_bias", "positive"):
            value, used = getattr(self, name), getattr(X, name)
            if value != defaults.get(name, False) and value != used:
                warnings.warn(
                    f"{name}={value!r} has no effect: the input was fitted with {name}={used!r}. "
                    "Set it on the step that fits the input.",
                    UserWarning,
                )

    def _check_parameters(self) -> None:
        check_count("n_components", self.n_components, optional=True)
        check_formulation(self.measurement, self.fit_intercept, self.fit_bias, self.positive)
        check_init(self.init)
        check_choice("solver", self.solver, FINE_TUNING)
        check_count("max_iter", self.max_iter)
        check_number("tol", self.tol, positive=True)


def _as_it_is(problem: Problem, factor: Factor) -> Solution:
    """The factor that came, where the data cannot tell the rank."""
    point = Objective(problem).at(factor)
    return Solution(point, [point.value], True)
