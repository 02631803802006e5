"""The fit along a grid of alphas."""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklearn_prune.estimators import _validation as check
from sklearn_prune.estimators._alpha_grid import alpha_grid, check_grid
from sklearn_prune.estimators._group_lasso import GroupLassoMatrixSensing
from sklearn_prune.objective import Certificate, condensed
from sklearn_prune.selection import warm_path

# Reads of the measurements that a value of alpha takes, about.
_READS = 10


@dataclass(frozen=True, eq=False)
class PruningPath:
    """Fits along falling alphas; row i belongs to ``alphas[i]``.

    Attributes
    ----------
    alphas : ndarray of shape (n_alphas,)
        Falling.
    alpha_max : float
        Where the first column is born, see `alpha_max`.
    factors : ndarray of shape (n_alphas, n_features or side, k)
        Orthogonal columns (biases included), the longest first.
    biases : ndarray of shape (n_alphas, k)
    intercepts : ndarray of shape (n_alphas,)
    column_norms : ndarray of shape (n_alphas, k)
        Biases included; exactly zero for a dead column.
    ranks : ndarray of shape (n_alphas,)
        Columns that are not zero.
    losses : ndarray of shape (n_alphas,)
        The mean squared errors, in the units of ``y²``.
    certificates : list of Certificate
    measurement : {"rank-one", "matrix"}
        What the rows of X are.
    """

    alphas: np.ndarray
    alpha_max: float
    factors: np.ndarray
    biases: np.ndarray
    intercepts: np.ndarray
    column_norms: np.ndarray
    ranks: np.ndarray
    losses: np.ndarray
    certificates: list[Certificate]
    measurement: str


def pruning_path(
    X,
    y,
    *,
    alphas=None,
    n_alphas=30,
    eps=1e-2,
    n_components=None,
    measurement="rank-one",
    fit_intercept=False,
    fit_bias=False,
    sample_weight=None,
    max_iter=500,
    tol=1e-3,
):
    """Fit `GroupLassoMatrixSensing` along a grid of alphas, each from the one before.

    From `alpha_max` down: columns are born where the certificate asks for them, so that the
    thirty alphas cost as much as a dozen single fits (``python docs/benchmarks/rank_choice.py``).

    Parameters
    ----------
    X : array-like of shape (n, n_features), (n, side²) or (n, side, side)
        The measurements, one a row.
    y : array-like of shape (n,)
        The responses.
    alphas : array-like of shape (n_alphas,) or None, default=None
        Positive; they are sorted, the largest first. None is a geometric grid from
        `alpha_max` down.
    n_alphas : int, default=30
        Length of that grid.
    eps : float in (0, 1), default=1e-2
        Its smallest alpha over its largest. τ goes with ``alpha^(2/3)``: it falls to 1/22.
    n_components, measurement, fit_intercept, fit_bias
        See `GroupLassoMatrixSensing`.
    sample_weight : array-like of shape (n,) or None, default=None
        How often each sample counts: 2 is a repeated row.
    max_iter : int, default=500
        Newton steps at most for each alpha.
    tol : float, default=1e-3
        Of the certificates; y and A scaled to size one. Enough for norms and ranks to be looked
        at; a tenth of it takes about twice as long.

    Returns
    -------
    PruningPath

    Raises
    ------
    ValueError, TypeError
        For data or parameters that it does not take.

    References
    ----------
    "Greedy Pruning with Group Lasso Provably Generalizes for Matrix Sensing", NeurIPS 2023,
    arXiv 2303.11453.

    Examples
    --------
    >>> from sklearn_prune import pruning_path
    >>> from sklearn_prune.datasets import make_matrix_sensing
    >>> X, y, _ = make_matrix_sensing(500, 20, 2, measurement="matrix", noise=0.1, random_state=0)
    >>> path = pruning_path(X, y, measurement="matrix")
    >>> path.ranks[[0, 15, -1]].tolist()
    [0, 2, 2]
    """
    settings = {
        "measurement": measurement,
        "fit_intercept": fit_intercept,
        "fit_bias": fit_bias,
    }
    check.check_kind(**settings)
    check.check_count("n_components", n_components, optional=True)
    check.check_count("max_iter", max_iter)
    check.check_number("tol", tol, positive=True)
    check_grid(n_alphas, eps)
    estimator = GroupLassoMatrixSensing(**settings)
    X = check.check_measurements(estimator, X, measurement=measurement, reset=True)
    y = check.check_responses(X, y)
    loss, units = check.loss_of(X, y, sample_weight, **settings)
    loss = condensed(loss, passes=_READS * (n_alphas if alphas is None else np.size(alphas)))
    scaled, top = alpha_grid(loss, units, alphas, n_alphas, eps)
    alphas = scaled * units.alpha

    k = n_components or loss.sensing.dim
    fits = list(warm_path(loss, scaled.tolist(), k, tol=tol, max_iter=max_iter))
    solutions, certificates = zip(*fits, strict=True)
    failed = sum(not certificate.holds for certificate in certificates)
    if failed:
        warnings.warn(
            f"The certificate does not hold for {failed} of {len(alphas)} alphas. Increase "
            f"max_iter (now {max_iter}), tol (now {tol:.1e}) or the smallest alpha.",
            ConvergenceWarning,
            stacklevel=2,
        )
    factors = np.stack([check.padded(s.U, k) for s in solutions]) * units.factor
    return PruningPath(
        alphas=alphas,
        alpha_max=float(top * units.alpha),
        factors=factors[:, :-1] if fit_bias else factors,
        biases=factors[:, -1] if fit_bias else np.zeros((len(alphas), k)),
        intercepts=np.array([loss.offset(s.U) for s in solutions]) * units.response,
        column_norms=np.linalg.norm(factors / units.factor, axis=1) * units.factor,
        ranks=np.array([s.U.shape[1] for s in solutions]),
        losses=np.array([loss.mean_square(s.U) for s in solutions]) * units.loss,
        certificates=[check.certificate_in(units, c) for c in certificates],
        measurement=measurement,
    )
