"""The over-parameterised model, trained with the smooth group lasso."""

from typing import Any

from sklearn_prune.estimators._base import SensingRegressor
from sklearn_prune.estimators._callbacks import FitTask
from sklearn_prune.estimators._choice import Choice, automatic_choice, given_choice
from sklearn_prune.estimators._parameters import (
    check_count,
    check_formulation,
    check_init,
    check_jobs,
    check_number,
    check_verbose,
)
from sklearn_prune.estimators._penalized import PenalizedSensing
from sklearn_prune.estimators._samples import Samples
from sklearn_prune.objective import Problem


class PenalizedByAlpha(PenalizedSensing):
    """The penalised fit at a given alpha, or at one that is set from the data."""

    alpha: Any
    beta: Any
    measurement: str
    init: Any
    random_state: Any
    n_jobs: int | None

    def _choose(
        self, problem: Problem, k: int, samples: Samples, task: FitTask, **params: Any
    ) -> Choice:
        """The penalty and the start of the fit."""
        if isinstance(self.alpha, str):
            return automatic_choice(self, problem, k, samples.weights, task)
        return given_choice(self, problem, k)

    def _check_parameters(self) -> None:
        check_count("n_components", self.n_components, optional=True)
        check_number("alpha", self.alpha, words=("auto",))
        check_number("beta", self.beta, words=("auto",), positive=True)
        check_formulation(self, self._losses)
        check_init(self.init)
        check_count("max_iter", self.max_iter)
        check_number("tol", self.tol, positive=True)
        check_jobs(self.n_jobs)
        check_verbose(self.verbose)


class GroupLassoMatrixSensing(PenalizedByAlpha, SensingRegressor):
    r"""Over-parameterised matrix sensing with a smooth group lasso on the columns.

    Fits ``y_i ≈ <A_i, M>`` with ``M = U Uᵀ``, or ``M = U diag(signs) Uᵀ`` with ``positive=False``,
    where U has many more columns than needed, by minimising

    .. math::

        \frac{1}{W} \sum_i w_i (\langle A_i, M \rangle - y_i)^2
        + \alpha \sum_j \psi(\lVert u_j \rVert^2), \qquad \psi(s) = \frac{s}{\sqrt{s + \beta}} .

    The penalty makes the surplus columns zero, so that they can be pruned. With rank-one
    measurements ``A_i = x_i x_iᵀ`` this is a two-layer network with quadratic activations and one
    hidden unit for each column.

    ``U Uᵀ`` is positive semidefinite: without an offset every prediction is ≥ 0, and with rank-one
    measurements every prediction is convex in x, with or without. With ``positive=False`` and
    ``fit_bias=True`` it is any quadratic function of few directions, and the signs of the columns
    are found from the data; without ``fit_bias`` it has no linear terms.

    Parameters
    ----------
    n_components : int or None, default=None
        k, the columns of the factor. None is as many as U has rows, but at most 1000 and at most
        2²⁷ entries in all.
    alpha : float ≥ 0 or "auto", default="auto"
        Strength of the group lasso, the λ of the paper, in the units of ``y²`` over those of U.
        "auto" sets it from the data, a little above the noise; see Notes. 0 is no penalty, and
        without a penalty nothing can be pruned.
    beta : float > 0 or "auto", default="auto"
        Smoothing of the group lasso, in the units of ``||u_j||²``. "auto" ties it to alpha,
        ``β = (α/2κ)^{2/3}`` with κ the curvature of the measurements. With a given β,
        ``alpha="auto"`` chooses the level ``τ = α / (2 √β)``, and α follows from it.
    measurement : {"rank-one", "matrix"}, default="rank-one"
        What a row of X is: ``x_i`` with ``A_i = x_i x_iᵀ``, or ``vec(A_i)``, side² numbers of
        which only the symmetric part matters. For "matrix", X may have shape (n, side, side).
    fit_intercept : bool, default=False
        Whether an offset is fitted: ``y ≈ c + <A, M>``.
    fit_bias : bool, default=False
        Whether a 1 is appended to every ``x_i``, which gives each hidden unit a bias and the
        model its linear and constant terms. Use it for tables of features. Rank-one measurements
        only.
    positive : bool, default=True
        Whether no column may count negatively. With False, ``M = U diag(signs) Uᵀ``: use it where
        responses curve down as well as up, and with ``fit_bias=True`` for tables of features.
    loss : {"squared_error", "huber"}, default="squared_error"
        What a residual r costs: ``r²``, or ``r²`` up to δ and ``2 δ |r| − δ²`` beyond, so that
        gross outliers in y decide neither the fit nor the rank.
    delta : float > 0 or "auto", default="auto"
        δ of ``loss="huber"``, in the unit of y. "auto" sets it from the residuals, a little above
        the noise; see Notes. It plays no part with the squared error.
    init : {"spectral", "random"} or ndarray of shape (d, k), default="spectral"
        Where to start. "spectral" starts from a few columns and grows more only where the
        certificate asks for them; at a given alpha it tries ten more starts, from a fixed seed,
        where the problem is small and samples are few or in groups. "random" starts from all k,
        as in the paper. An array is a factor, with the row of biases last if ``fit_bias``. With
        ``positive=False`` a column of these starts with the sign by which it lowers the loss from
        ``U = 0``.
    max_iter : int, default=500
        Newton steps at most.
    tol : float, default=1e-8
        Bound on the gradient norm, for y and A scaled to size one. Where a twentieth of τ is
        smaller, that is used instead, but nothing below 1e-8: the penalty could not be told from
        the error otherwise.
    random_state : int, RandomState instance or None, default=None
        For ``init="random"``, and for further starts of ``alpha="auto"`` where samples are few.
    n_jobs : int or None, default=None
        How many of these starts, or folds of a cross-validation, run at a time, as in joblib. The
        result does not depend on it.
    verbose : int or bool, default=0
        If positive, print a line for every rank that ``alpha="auto"`` tries and for every round of
        the fit: columns, objective, gradient norm, and ``λ_max(R)`` over τ. From 2 on, with the
        seconds since the search or the fit began, and the passes over the data.

    Attributes
    ----------
    factor_ : ndarray of shape (n_features or side, k)
        U: orthogonal columns (biases included), the longest first; a dead one is exactly zero.
    bias_ : ndarray of shape (k,)
        The biases of the hidden units; zeros without.
    signs_ : ndarray of shape (k,)
        With which each column counts: 1, −1 (only with ``positive=False``), or 0 for a dead one.
    intercept_ : float
        The offset, 0.0 without.
    column_norms_ : ndarray of shape (k,)
        ``||u_j||``, biases included.
    rank_ : int
        Columns that are not zero.
    n_iter_ : int
        Newton steps done.
    objective_ : float
        The value of the objective at the end, in the units of ``y²``.
    alpha_, beta_ : float
        The strength and the smoothing used.
    prune_threshold_ : float
        The norm below which a column is surplus, see `GreedyColumnPruner`. Where ``alpha="auto"``
        keeps more columns than the data show, it leaves as many as they show.
    delta_ : float
        The δ used; ``inf`` for the squared error, which is the limit of the Huber loss.
    certificate_ : Certificate
        ``gradient_norm``, ``top_residual_eigenvalue``, ``tau``, ``smallest_curvature`` (estimated,
        among the columns that are not zero) and whether it ``holds``, in which case the factor is
        stationary, and no column grown from zero lowers the objective.
    rank_search_ : RankSearch or None
        With ``alpha="auto"``: the ``ranks`` that were tried, their ``losses``, the ``statistics``
        that say which miss a column, and whether the rank was ``decided``.
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
    more than noise would, and takes the tied alpha whose level is above the noise in the residuals
    and below the smallest eigenvalue of those columns. Weights are repeats: their sum is the
    number of samples, so weights that sum to 1 leave too few to tell, and a warning says so.
    Where samples are too few to tell the rank, a `RankWarning` says so; unless the fit explains
    nine tenths of the variance of y, alpha is then that of a 5-fold cross-validation.

    ``delta="auto"`` is 1.345 standard deviations of the noise, ``1.4826 median |r_i|`` with a
    correction for degrees of freedom, but not below 0.01 of the scaled median absolute deviation of
    y. It starts as 1.345 of the latter, and search and fit are repeated until it stays within
    10 %, five times at most. The residuals are those of the fine-tuned fit with ``alpha="auto"``,
    and otherwise those of the penalised fit.

    ``set_output`` is accepted and changes nothing: ``transform`` always returns a
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
        n_components: int | None = None,
        *,
        alpha: float | str = "auto",
        beta: float | str = "auto",
        measurement: str = "rank-one",
        fit_intercept: bool = False,
        fit_bias: bool = False,
        positive: bool = True,
        loss: str = "squared_error",
        delta: float | str = "auto",
        init: Any = "spectral",
        max_iter: int = 500,
        tol: float = 1e-8,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.n_components = n_components
        self.alpha = alpha
        self.beta = beta
        self.measurement = measurement
        self.fit_intercept = fit_intercept
        self.fit_bias = fit_bias
        self.positive = positive
        self.loss = loss
        self.delta = delta
        self.init = init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
