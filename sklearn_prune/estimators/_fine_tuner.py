"""Refitting the columns that were kept, without the penalty."""

from typing import Any

from sklearn_prune.estimators._base import SensingRegressor
from sklearn_prune.estimators._fine_tuning import FineTuning


class FineTuner(FineTuning, SensingRegressor):
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
        Columns of the factor. None is as many as U has rows, but at most 1000 and at most 2²⁷
        entries in all.
    measurement : {"rank-one", "matrix"}, default="rank-one"
        What a row of X is, see `GroupLassoMatrixSensing`.
    fit_intercept : bool, default=False
        Whether an offset is fitted.
    fit_bias : bool, default=False
        Whether a 1 is appended to every ``x_i``. Rank-one measurements only.
    positive : bool, default=True
        Whether no column may count negatively, see `GroupLassoMatrixSensing`.
    loss, delta
        See `GroupLassoMatrixSensing`; "auto" sets δ from the residuals of this fit.
    init : {"spectral", "random"} or ndarray of shape (d, n_components), default="spectral"
        Where to start; "spectral" tries random starts too where samples are few. These eight
        parameters matter only for a plain array: the factor, the measurements and the settings of
        `FactoredMeasurements` override them.
    solver : {"gauss-newton", "lbfgs", "gd", "scaled-gd"}, default="gauss-newton"
        - "gauss-newton": Levenberg-Marquardt with direct normal equations where the factor is
          small, and trust-region Newton where it is not. It takes few steps; with noise the number
          of passes grows with the condition number.
        - "lbfgs": SciPy's L-BFGS with a memory of 30. It may take fewer passes on rank-one
          measurements where the condition number is small. It counts as converged at a gradient
          norm of 1e-7, since its line search cannot always reach a smaller one.
        - "gd": gradient descent, as in the paper; its linear rate gets worse with the condition
          number. It always starts from the pruned columns.
        - "scaled-gd": gradient descent scaled by ``(Uᵀ U)⁻¹``; without noise its linear rate does
          not depend on the condition number. It always starts from the pruned columns.
    shrinkage : float, default=0.0
        Weight decay ``γ Σ_j ||u_j||²``, γ times the nuclear norm of M, as a share between 0 and 1
        of the γ at which all columns are zero. Without it the refit of correlated, heavy-tailed
        features can extrapolate wildly; search it as ``tune__shrinkage``. The loss curve has the
        decay in it, and ``decided`` of the input plays no part.
    max_iter : int, default=1000
        Steps at most.
    tol : float, default=1e-8
        Bound on the gradient norm, for y and A scaled to size one; in whitened coordinates where
        ``shrinkage`` is 0, unless a factor came with vectors that are isotropic already.
    random_state : int, RandomState instance or None, default=None
        For ``init="random"``.
    verbose : int or bool, default=0
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
    rank_ : int
        Columns that are not zero.
    delta_ : float
        The δ used; ``inf`` for the squared error.
    n_iter_ : int
        Steps taken.
    loss_curve_ : ndarray of shape (``n_iter_ + 1``,)
        The mean loss after each step, the start first, in the units of ``y²``: the mean squared
        error with the default loss.
    n_features_in_ : int
        Numbers in a row of the measurements, so that ``predict`` takes raw rows as well.
    feature_names_in_ : ndarray of shape (``n_features_in_``,)
        Names of the columns of the measurements, when they came with names that are all strings.

    Notes
    -----
    A factor whose columns are all zero stays zero; the fit is then the offset. Where
    ``alpha="auto"`` could not tell the rank and took a cross-validated alpha, and ``shrinkage`` is
    0, the penalised factor stays as it is, with ``n_iter_`` 0.

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
        n_components: int | None = None,
        *,
        measurement: str = "rank-one",
        fit_intercept: bool = False,
        fit_bias: bool = False,
        positive: bool = True,
        loss: str = "squared_error",
        delta: float | str = "auto",
        init: Any = "spectral",
        solver: str = "gauss-newton",
        shrinkage: float = 0.0,
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
        self.loss = loss
        self.delta = delta
        self.init = init
        self.solver = solver
        self.shrinkage = shrinkage
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.verbose = verbose
