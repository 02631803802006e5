"""The over-parameterised classifier, trained with the smooth group lasso."""

from typing import Any

from sklearn_prune.estimators._classifier import SensingClassifier
from sklearn_prune.estimators._group_lasso import PenalizedByAlpha


class GroupLassoMatrixSensingClassifier(PenalizedByAlpha, SensingClassifier):
    r"""Two classes by over-parameterised matrix sensing with a smooth group lasso on the columns.

    The log odds of the second class are ``η_i = c + <A_i, M>`` with ``M = U Uᵀ``, or
    ``M = U diag(signs) Uᵀ`` with ``positive=False``. The fit minimises the mean deviance

    .. math::

        \frac{2}{W} \sum_i w_i \left(\log(1 + e^{\eta_i}) - y_i \eta_i\right)
        + \alpha \sum_j \psi(\lVert u_j \rVert^2), \qquad \psi(s) = \frac{s}{\sqrt{s + \beta}} ,

    with y 0 for the first class and 1 for the second. With rank-one measurements the classes are
    divided by a quadric that curves in few directions; two normal distributions whose covariances
    differ in few directions are so divided. Classes whose means differ need ``fit_bias=True``:
    without it there are no linear terms.

    Parameters
    ----------
    n_components, beta, measurement, fit_bias, init, max_iter, tol, random_state, n_jobs, verbose
        See `GroupLassoMatrixSensing`; units of y are none here, since log odds have no unit.
    alpha : float ≥ 0 or "auto", default="auto"
        Strength of the group lasso. "auto" sets it from the data; see Notes.
    fit_intercept : bool, default=True
        Whether an offset c is fitted. Without one the odds are even at ``x = 0``.
    positive : bool, default=True
        Whether no column may count negatively, so that the log odds of the second class are convex
        in x. Set False where it is not known which class spreads wider in which direction.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The labels, sorted.
    factor_, bias_, signs_, intercept_, column_norms_, rank_, n_iter_, objective_, alpha_, beta_
        See `GroupLassoMatrixSensing`.
    prune_threshold_, certificate_, rank_search_, n_features_in_, feature_names_in_
        See `GroupLassoMatrixSensing`.

    See Also
    --------
    GroupLassoMatrixSensingClassifierCV : Chooses alpha by cross-validation.
    FineTunerClassifier : Refits the columns that were kept without the penalty.
    make_pruning_pipeline : All three steps in a row, with ``loss="log_loss"``.

    Notes
    -----
    ``alpha="auto"`` fine-tunes factors of 0, 1, 2, … columns until neither the decrease of the
    deviance by one more nor its score test exceeds what noise gives. This takes more samples than a
    regression does: about 20 for each of the ``d r`` parameters. Where the columns separate the
    classes, or samples are too few, a `RankWarning` says so, and alpha is that of a 5-fold
    cross-validation.

    References
    ----------
    "Greedy Pruning with Group Lasso Provably Generalizes for Matrix Sensing", NeurIPS 2023,
    arXiv 2303.11453.

    Examples
    --------
    >>> from sklearn_prune import GroupLassoMatrixSensingClassifier
    >>> from sklearn_prune.datasets import make_matrix_sensing
    >>> X, y, _ = make_matrix_sensing(2000, 10, 2, loss="log_loss", random_state=0)
    >>> model = GroupLassoMatrixSensingClassifier().fit(X, y)
    >>> model.rank_, model.predict_proba(X).shape
    (2, (2000, 2))
    """

    def __init__(
        self,
        n_components: int | None = None,
        *,
        alpha: float | str = "auto",
        beta: float | str = "auto",
        measurement: str = "rank-one",
        fit_intercept: bool = True,
        fit_bias: bool = False,
        positive: bool = True,
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
        self.init = init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
