"""The over-parameterised model, trained with the smooth group lasso."""

import warnings

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    RegressorMixin,
    TransformerMixin,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sklearn_prune.estimators import _validation as check
from sklearn_prune.estimators._callbacks import CallbackSupportMixin, FitTask, with_callbacks
from sklearn_prune.estimators._documentation import Documented
from sklearn_prune.estimators._restarts import search_exact_fit
from sklearn_prune.estimators._start import few_columns, make_start
from sklearn_prune.objective import NO_PENALTY, GroupLasso, Objective, condensed
from sklearn_prune.selection import automatic_penalty, explicit_threshold, find_rank
from sklearn_prune.sensing import FactoredMeasurements
from sklearn_prune.solvers import active_columns

# Reads of the measurements that a fit takes, about.
FIT_READS = 30


class GroupLassoMatrixSensing(
    Documented,
    CallbackSupportMixin,
    RegressorMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    BaseEstimator,
    auto_wrap_output_keys=None,
):
    """Over-parameterised matrix sensing with a smooth group lasso on the columns.

    Fits ``y_i ≈ <A_i, U Uᵀ>`` with a factor U of many more columns than needed, by minimising

        (1/W) Σ_i w_i (<A_i, U Uᵀ> − y_i)² + α Σ_j ψ(||u_j||²),   ψ(s) = s / √(s + β).

    The penalty makes the surplus columns die, so that they can be pruned. With
    rank-one measurements ``A_i = x_i x_iᵀ`` this is a two-layer network with quadratic
    activations, one hidden unit a column.

    ``U Uᵀ`` is positive semidefinite: without an offset every prediction is ≥ 0, and with rank-one
    measurements every prediction is convex in x, with or without.

    Parameters
    ----------
    n_components : int or None, default=None
        k, the columns of the factor. None is as many as U has rows.
    alpha : float ≥ 0 or "auto", default="auto"
        Strength of the group lasso, the λ of the paper, in the units of ``y²`` over those of U.
        "auto" sets it from the data: a little above the noise, see Notes.
        0 is no penalty, and with it nothing can be pruned.
    beta : float > 0 or "auto", default="auto"
        Smoothing of the group lasso, in the units of ``||u_j||²``. "auto" ties it to alpha,
        ``β = (α/2κ)^{2/3}`` with κ the curvature of the measurements.
    measurement : {"rank-one", "matrix"}, default="rank-one"
        What a row of X is: ``x_i`` with ``A_i = x_i x_iᵀ``, or ``vec(A_i)``, side² numbers of
        which only the symmetric part matters. An X of shape (n, side, side) is taken for
        the latter.
    fit_intercept : bool, default=False
        Whether an offset is fitted: ``y ≈ c + <A, U Uᵀ>``.
    fit_bias : bool, default=False
        Whether a 1 is appended to every ``x_i``, which gives each hidden unit a bias and the
        model its linear and constant terms. For tables of features it is the setting
        to use. Rank-one measurements only.
    init : {"spectral", "random"} or ndarray of shape (d, k), default="spectral"
        Where to start. "spectral" starts from a few columns and grows more only where the
        certificate asks for them. "random" starts from all k, as in the paper. An array
        is a factor, with the row of biases last if ``fit_bias``.
    max_iter : int, default=500
        Newton steps at most.
    tol : float, default=1e-8
        Bound on the gradient norm, for y and A scaled to size one.
    random_state : int, RandomState instance or None, default=None
        For ``init="random"``, and for further starts of ``alpha="auto"`` where samples are few.
    n_jobs : int or None, default=None
        Of these starts, how many run at a time; as joblib has it. The result is the same.
    verbose : int, default=0
        Whether a line is printed for every rank that ``alpha="auto"`` tries and for every round of
        the fit: columns, objective, gradient norm, and ``λ_max(R)`` over τ.

    Attributes
    ----------
    factor_ : ndarray of shape (n_features or side, k)
        U: orthogonal columns (biases included), the longest first; a dead one is exactly zero.
    bias_ : ndarray of shape (k,)
        The biases of the hidden units; zeros without.
    intercept_ : float
        The offset, 0.0 without.
    column_norms_ : ndarray of shape (k,)
        ``||u_j||``, biases included.
    rank_ : int
        Columns that are not zero.
    n_iter_ : int
        Newton steps done.
    objective_ : float
        What was minimised, at the end, in the units of ``y²``.
    alpha_, beta_ : float
        The strength and the smoothing used.
    prune_threshold_ : float
        The norm below which a column is surplus, see `GreedyColumnPruner`.
    certificate_ : Certificate
        ``gradient_norm``, ``top_residual_eigenvalue``, ``tau`` and whether it ``holds``:
        then the factor is stationary, and no column grown from zero lowers the objective.
    n_features_in_ : int
        Numbers in a row of X.
    feature_names_in_ : ndarray of shape (``n_features_in_``,)
        Names of the columns of X, when it came with names that are all strings.

    See Also
    --------
    GreedyColumnPruner : Keeps the columns that matter.
    FineTuner : Refits those without the penalty.
    make_pruning_pipeline : All three in a row.

    Notes
    -----
    ``alpha="auto"`` fine-tunes factors of 0, 1, 2, … columns until one more lowers the loss by no
    more than noise would, and takes the tied alpha whose level is above the noise in
    the residuals and below the weakest of those columns. Weights are repeats: their sum is the
    number of samples, so weights that sum to 1 leave too few to tell, and a warning says so.

    ``set_output`` is accepted and changes nothing: what ``transform`` returns stays a
    `FactoredMeasurements`, so that a setting for a whole pipeline breaks nothing.

    References
    ----------
    "Greedy Pruning with Group Lasso Provably Generalizes for Matrix Sensing", NeurIPS 2023,
    arXiv 2303.11453.

    Examples
    --------
    >>> from sklearn_prune import GroupLassoMatrixSensing
    >>> from sklearn_prune.datasets import make_matrix_sensing
    >>> X, y, _ = make_matrix_sensing(500, 20, 2, noise=0.1, random_state=0)
    >>> model = GroupLassoMatrixSensing().fit(X, y)
    >>> model.factor_.shape, model.rank_, model.certificate_.holds
    ((20, 20), 2, True)
    """

    def __init__(
        self,
        n_components=None,
        *,
        alpha="auto",
        beta="auto",
        measurement="rank-one",
        fit_intercept=False,
        fit_bias=False,
        init="spectral",
        max_iter=500,
        tol=1e-8,
        random_state=None,
        n_jobs=None,
        verbose=0,
    ):
        self.n_components = n_components
        self.alpha = alpha
        self.beta = beta
        self.measurement = measurement
        self.fit_intercept = fit_intercept
        self.fit_bias = fit_bias
        self.init = init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    @with_callbacks
    def fit(self, X, y, sample_weight=None):
        """Fit the factor.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, side²) or (n, side, side)
            The measurements, one a row.
        y : array-like of shape (n,)
            The responses.
        sample_weight : array-like of shape (n,) or None, default=None
            How often each sample counts: 2 is a repeated row, and the sum is the sample size by
            which ``alpha="auto"`` judges.

        Returns
        -------
        GroupLassoMatrixSensing
            Itself.

        Raises
        ------
        ValueError, TypeError
            For data or parameters that it does not take; the message says what it takes.
        """
        self._check_parameters()
        return self._fit(X, y, sample_weight, self._penalty_and_start)

    def _fit(self, X, y, sample_weight, choose):
        """Fit with the penalty and from the start that ``choose(loss, units, k)`` returns.

        It returns the loss as well, by the samples or condensed.
        """
        X = check.check_measurements(self, X, measurement=self.measurement, reset=True)
        y = check.check_responses(X, y)
        loss, units = check.loss_of(
            X,
            y,
            sample_weight,
            measurement=self.measurement,
            fit_intercept=self.fit_intercept,
            fit_bias=self.fit_bias,
        )
        k = self.n_components or loss.sensing.dim
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        task = FitTask(self, rounds=True, X=X, y=y, metadata=metadata)

        loss, penalty, start = choose(loss, units, k)

        def watch(solution, certificate):
            attributes = self._attributes(loss, units, k, penalty, solution, certificate)
            self._print_round(attributes, k)
            task.end_round(attributes)

        solution, certificate = active_columns(
            Objective(loss, penalty),
            start,
            k,
            tol=self.tol,
            max_iter=self.max_iter,
            watch=watch if self.verbose or task.is_watched else None,
        )
        attributes = self._attributes(loss, units, k, penalty, solution, certificate)
        for name, value in attributes.items():
            setattr(self, name, value)
        if not certificate.holds:
            warnings.warn(
                f"The certificate does not hold after {solution.n_iter} steps (max_iter="
                f"{self.max_iter}): in normalised units the gradient norm is "
                f"{certificate.gradient_norm:.1e}, the top eigenvalue of the residual matrix "
                f"{certificate.top_residual_eigenvalue:.3e}, tau {certificate.tau:.3e}. Increase "
                f"max_iter, tol (now {self.tol:.1e}) or alpha.",
                ConvergenceWarning,
                stacklevel=4,
            )
        task.end()
        return self

    def _attributes(self, loss, units, k, penalty, solution, certificate):
        """The fitted attributes of a solution."""
        U = check.padded(solution.U, k)
        norms = np.linalg.norm(U, axis=0)
        threshold = explicit_threshold(norms, penalty, certified=certificate.holds)
        factor, bias = check.split_bias(U * units.factor, self.fit_bias)
        return {
            "factor_": factor,
            "bias_": bias,
            "intercept_": float(loss.offset(solution.U) * units.response),
            "column_norms_": norms * units.factor,
            "rank_": solution.U.shape[1],
            "n_iter_": solution.n_iter,
            "objective_": float(solution.curve[-1] * units.loss),
            "alpha_": float(penalty.alpha * units.alpha),
            "beta_": float(penalty.beta * units.M),
            "prune_threshold_": float(threshold * units.factor),
            "certificate_": check.certificate_in(units, certificate),
        }

    def _print_round(self, attributes, k):
        if self.verbose:
            certificate = attributes["certificate_"]
            tau = certificate.tau
            level = f"{certificate.top_residual_eigenvalue / tau:.4f}" if tau else "–"
            print(
                f"[{type(self).__name__}] alpha {attributes['alpha_']:.3g}, step "
                f"{attributes['n_iter_']}: {attributes['rank_']} of {k} columns, objective "
                f"{attributes['objective_']:.6g}, gradient {certificate.gradient_norm:.1e}, "
                f"λ_max(R)/τ {level}"
            )

    def _print_rank(self, j, value):
        if self.verbose:
            print(f"[{type(self).__name__}] rank {j}: mean squared error {value:.6g}")

    def predict(self, X):
        """``<A_i, U Uᵀ>`` plus the offset.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, side²) or (n, side, side)

        Returns
        -------
        ndarray of shape (n,)
        """
        return self.transform(X).predict()

    def transform(self, X):
        """What each column adds to each prediction, with the measurements and the factor.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, side²) or (n, side, side)

        Returns
        -------
        FactoredMeasurements of shape (n, k)
        """
        check_is_fitted(self)
        X = check.check_measurements(self, X, measurement=self.measurement, reset=False)
        return FactoredMeasurements(
            X,
            self.factor_,
            self.bias_,
            self.intercept_,
            self.measurement,
            self.beta_,
            self.prune_threshold_,
            fit_intercept=bool(self.fit_intercept),
            fit_bias=bool(self.fit_bias),
            feature_names=getattr(self, "feature_names_in_", None),
        )

    def set_output(self, *, transform=None):
        """Accepted, and without effect: the output stays a `FactoredMeasurements`.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None

        Returns
        -------
        GroupLassoMatrixSensing
            Itself.
        """
        return self

    @property
    def _n_features_out(self):
        return self.factor_.shape[1]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # A convex quadratic form that is never negative does not fit any regression data.
        tags.regressor_tags.poor_score = True
        return tags

    def _check_parameters(self):
        check.check_count("n_components", self.n_components, optional=True)
        check.check_number("alpha", self.alpha, words=("auto",))
        check.check_number("beta", self.beta, words=("auto",), positive=True)
        check.check_kind(self.measurement, self.fit_intercept, self.fit_bias)
        check.check_init(self.init)
        check.check_count("max_iter", self.max_iter)
        check.check_number("tol", self.tol, positive=True)

    def _penalty_and_start(self, loss, units, k):
        rng = check_random_state(self.random_state)
        if self.alpha == "auto":
            penalty, found = self._automatic(loss, units, k, rng)
            if isinstance(self.init, str) and self.init == "spectral":
                return loss, penalty, found.U
        else:
            loss = condensed(loss, passes=FIT_READS)
            alpha = check.normalised("alpha", self.alpha, units.alpha)
            penalty = GroupLasso.tied(alpha) if alpha > 0 else NO_PENALTY
            if self.beta != "auto":
                penalty = GroupLasso(alpha, check.normalised("beta", self.beta, units.M))
        return loss, penalty, make_start(self.init, loss, units, k, rng, spectral=few_columns)

    def _automatic(self, loss, units, k, rng):
        # By the samples: it asks for the noise in each, and tells an exact fit from rounding.
        def watch(j, value):
            self._print_rank(j, value * units.loss)

        found = find_rank(loss, k, tol=self.tol, watch=watch)
        if found.thin:
            found = search_exact_fit(loss, k, rng, n_jobs=self.n_jobs) or found
        penalty = automatic_penalty(loss, k, found, tol=self.tol, max_iter=self.max_iter)
        if not found.decided:
            warnings.warn(
                f"alpha='auto': {loss.total_weight:g} samples (a weight counts as so many) are "
                f"too few to tell whether {found.U.shape[1]} columns are all that the data "
                "show. More samples, or an alpha chosen by cross-validation, would.",
                UserWarning,
                stacklevel=6,
            )
        if self.beta != "auto":
            beta = check.normalised("beta", self.beta, units.M)
            # The level is what the data ask for, whatever the smoothing.
            penalty = GroupLasso(2.0 * penalty.tau * np.sqrt(beta), beta)
        return penalty, found
