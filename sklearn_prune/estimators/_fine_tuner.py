"""Refitting the columns that were kept, without the penalty."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted

from sklearn_prune.estimators import _validation as check
from sklearn_prune.estimators._callbacks import CallbackSupportMixin, FitTask, with_callbacks
from sklearn_prune.estimators._documentation import Documented
from sklearn_prune.estimators._start import make_start
from sklearn_prune.objective import Objective, condensed
from sklearn_prune.sensing import FactoredMeasurements
from sklearn_prune.solvers import FINE_TUNING, grown, spectral_start, turn

# Reads of the measurements that a fit takes, about.
_READS = 15


class FineTuner(Documented, CallbackSupportMixin, RegressorMixin, BaseEstimator):
    """Least squares over factors of few columns, from where pruning left them.

    Minimises ``(1/W) Σ_i w_i (<A_i, U Uᵀ> − y_i)²`` without a penalty, which removes the shrinkage
    that the group lasso left on the columns that it kept.

    Given the `FactoredMeasurements` of `GreedyColumnPruner`, it starts from their factor. Given
    a plain array it is an ordinary estimator with a start of its own.

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
    init : {"spectral", "random"} or ndarray of shape (d, n_components), default="spectral"
        Where to start. These five parameters matter only for a plain array: factor,
        measurements and settings that come with the input win.
    solver : {"gauss-newton", "lbfgs", "gd", "scaled-gd"}, default="gauss-newton"
        - "gauss-newton": damped; direct where the factor is small, by Newton-CG where it
          is not. Few steps; the passes grow with the condition number where there is noise.
        - "lbfgs": SciPy's, with a memory of 30. Fewer passes where the condition number is small;
          it cannot tell gradients below 1e-7, and stops there content.
        - "gd": gradient descent, as in the paper: a linear rate that gets worse with the
          condition number.
        - "scaled-gd": gradient descent with ``(Uᵀ U)⁻¹``: a linear rate that does not.
    max_iter : int, default=1000
        Steps at most.
    tol : float, default=1e-8
        Bound on the gradient norm, for y and A scaled to size one.
    random_state : int, RandomState instance or None, default=None
        For ``init="random"``.
    verbose : int, default=0
        Whether a line about the fit is printed.

    Attributes
    ----------
    factor_ : ndarray of shape (n_features or side, r)
        U: orthogonal columns (biases included), the longest first.
    bias_ : ndarray of shape (r,)
        The biases of the hidden units; zeros without.
    intercept_ : float
        The offset, 0.0 without.
    n_iter_ : int
        Steps done.
    loss_curve_ : ndarray of shape (``n_iter_ + 1``,)
        The mean squared error after each step, the start first, in the units of ``y²``.
    n_features_in_ : int
        Numbers in a row of the measurements, so that ``predict`` takes raw rows as well.
    feature_names_in_ : ndarray of shape (``n_features_in_``,)
        Names of the columns of the measurements, when they came with names that are all strings.

    Notes
    -----
    A factor whose columns are all zero stays so: the fit is the offset then.

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

    def __init__(
        self,
        n_components=None,
        *,
        measurement="rank-one",
        fit_intercept=False,
        fit_bias=False,
        init="spectral",
        solver="gauss-newton",
        max_iter=1000,
        tol=1e-8,
        random_state=None,
        verbose=0,
    ):
        self.n_components = n_components
        self.measurement = measurement
        self.fit_intercept = fit_intercept
        self.fit_bias = fit_bias
        self.init = init
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.verbose = verbose

    @with_callbacks
    def fit(self, X, y, sample_weight=None):
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
            For data or parameters that it does not take; the message says what it takes.
        """
        self._check_parameters()
        rng = check_random_state(self.random_state)
        factored = isinstance(X, FactoredMeasurements)
        if factored:
            settings, rows = X, check_array(X.measurements, dtype=[np.float64, np.float32])
            self._take_names_of(X)
        else:
            settings = self
            rows = check.check_measurements(self, X, measurement=self.measurement, reset=True)
        y = check.check_responses(rows, y)
        loss, units = check.loss_of(
            rows,
            y,
            sample_weight,
            measurement=settings.measurement,
            fit_intercept=settings.fit_intercept,
            fit_bias=settings.fit_bias,
        )
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        task = FitTask(self, rounds=False, X=X, y=y, metadata=metadata)
        loss = condensed(loss, passes=_READS)
        if factored:
            start = np.vstack([X.factor, X.bias]) if X.fit_bias else X.factor
            start, columns = start / units.factor, X.shape[1]
        else:
            columns = self.n_components or loss.sensing.dim
            start = make_start(self.init, loss, units, columns, rng, spectral=spectral_start)

        # A zero column has no gradient and no part in the fit.
        U = start[:, np.any(start != 0, axis=0)]
        solution = self._solve(loss, U)
        curve = solution.curve
        while not factored and isinstance(self.init, str):
            # Columns that the start did not see a use for, and the fit now does.
            U = grown(solution.point, columns, level=self.tol)
            if U.shape[1] == solution.U.shape[1] or len(curve) > self.max_iter:
                break
            solution = self._solve(loss, U, len(curve) - 1)
            # Growing lowers the value as well, and no step may have followed.
            curve = [*(curve + solution.curve[1:])[:-1], solution.curve[-1]]

        U = turn(solution.U)
        self.intercept_ = float(loss.offset(U) * units.response)
        U = check.padded(U * units.factor, columns)
        self.factor_, self.bias_ = check.split_bias(U, settings.fit_bias)
        self.n_iter_ = len(curve) - 1
        self.loss_curve_ = np.array(curve) * units.loss
        self._settings = {
            name: getattr(settings, name) for name in ("measurement", "fit_intercept", "fit_bias")
        }
        if not solution.converged:
            warnings.warn(
                f"solver={self.solver!r} did not come within tol={self.tol:.1e} in "
                f"{self.n_iter_} steps. Increase max_iter (now {self.max_iter}) or tol, or "
                "take solver='gauss-newton'.",
                ConvergenceWarning,
                stacklevel=3,
            )
        if self.verbose:
            print(
                f"[FineTuner] {columns} columns, {self.n_iter_} steps, mean squared error "
                f"{self.loss_curve_[0]:.6g} -> {self.loss_curve_[-1]:.6g}"
            )
        task.end()
        return self

    def predict(self, X):
        """``<A_i, U Uᵀ>`` plus the offset.

        Parameters
        ----------
        X : FactoredMeasurements of shape (n, r), or array-like of shape (n, n_features), \
                (n, side²) or (n, side, side)
            Of the former only the measurements matter.

        Returns
        -------
        ndarray of shape (n,)
        """
        check_is_fitted(self)
        if isinstance(X, FactoredMeasurements):
            rows = X.measurements
            if rows.shape[1] != self.n_features_in_:
                raise ValueError(
                    f"X holds measurements of {rows.shape[1]} numbers, but FineTuner is expecting "
                    f"{self.n_features_in_}."
                )
        else:
            measurement = self._settings["measurement"]
            rows = check.check_measurements(self, X, measurement=measurement, reset=False)
        return FactoredMeasurements(
            rows,
            self.factor_,
            self.bias_,
            self.intercept_,
            **self._settings,
            beta=0.0,
            prune_threshold=0.0,
        ).predict()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # A convex quadratic form that is never negative does not fit any regression data.
        tags.regressor_tags.poor_score = True
        return tags

    def _check_parameters(self):
        check.check_count("n_components", self.n_components, optional=True)
        check.check_kind(self.measurement, self.fit_intercept, self.fit_bias)
        check.check_init(self.init)
        check.check_choice("solver", self.solver, FINE_TUNING)
        check.check_count("max_iter", self.max_iter)
        check.check_number("tol", self.tol, positive=True)

    def _solve(self, loss, U, steps_done=0):
        solve = FINE_TUNING[self.solver]
        return solve(Objective(loss), U, tol=self.tol, max_iter=self.max_iter - steps_done)

    def _take_names_of(self, F):
        self.n_features_in_ = F.measurements.shape[1]
        if F.feature_names is not None:
            self.feature_names_in_ = F.feature_names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
