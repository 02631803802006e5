"""The fit along a grid of alphas."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklearn_prune._threads import one_blas_thread
from sklearn_prune._typing import FloatArray
from sklearn_prune.estimators._alpha_grid import alpha_grid, check_grid
from sklearn_prune.estimators._convergence import warn_oblique
from sklearn_prune.estimators._labels import samples_of
from sklearn_prune.estimators._parameters import (
    FunctionSettings,
    check_count,
    check_formulation,
    check_number,
)
from sklearn_prune.estimators._samples import check_measurements
from sklearn_prune.estimators._start import number_of_columns
from sklearn_prune.objective import Certificate, FittedFactor, Formulation, compress
from sklearn_prune.selection import settle_rank, warm_path

# Reads of the measurements that one alpha takes, approximately: 6 to 8 on paths of 20 alphas
# (`docs/benchmarks/speed_constants.py`).
READS = 10


@dataclass(frozen=True, eq=False)
class PruningPath:
    """Fits along falling alphas; row i belongs to ``alphas[i]``.

    Attributes
    ----------
    alphas : ndarray of shape (n_alphas,)
        Falling.
    alpha_max : float
        Where the first column is born, see `sklearn_prune.alpha_max`.
    factors : ndarray of shape (n_alphas, n_features or side, k)
        Orthogonal columns (biases included), the longest first.
    biases : ndarray of shape (n_alphas, k)
    signs : ndarray of shape (n_alphas, k)
        With which the columns count: 1, −1, or 0 for a dead column.
    intercepts : ndarray of shape (n_alphas,)
    column_norms : ndarray of shape (n_alphas, k)
        Biases included; exactly zero for a dead column.
    ranks : ndarray of shape (n_alphas,)
        Columns that are not zero.
    losses : ndarray of shape (n_alphas,)
        The mean squared errors or mean Huber losses, in the units of ``y²``, or the mean deviances
        of two classes.
    certificates : list of Certificate
    measurement : {"rank-one", "matrix"}
        What the rows of X are.
    classes : ndarray of shape (2,) or None
        The labels of the two classes, or None without classes.
    delta : float
        δ of the Huber loss, ``inf`` for other losses.
    """

    alphas: FloatArray
    alpha_max: float
    factors: FloatArray
    biases: FloatArray
    signs: FloatArray
    intercepts: FloatArray
    column_norms: FloatArray
    ranks: FloatArray
    losses: FloatArray
    certificates: list[Certificate]
    measurement: str
    classes: np.ndarray | None = None
    delta: float = np.inf

    def fitted_factor(self, i: int) -> FittedFactor:
        """The fit at ``alphas[i]``."""
        U, bias, signs = self.factors[i], self.biases[i], self.signs[i]
        return FittedFactor(U, bias, float(self.intercepts[i]), self.measurement, signs)


def pruning_path(
    X: Any,
    y: Any,
    *,
    alphas: Any = None,
    n_alphas: int = 30,
    eps: float = 1e-2,
    n_components: int | None = None,
    measurement: str = "rank-one",
    fit_intercept: bool = False,
    fit_bias: bool = False,
    positive: bool = True,
    loss: str = "squared_error",
    delta: float | str = "auto",
    sample_weight: Any = None,
    max_iter: int = 500,
    tol: float = 1e-3,
) -> PruningPath:
    """Fit `GroupLassoMatrixSensing` along a grid of alphas, each from the one before.

    The grid falls from `alpha_max`, and columns are added where the certificate asks for them:
    thirty alphas cost as much as six to eight single fits
    (``python docs/benchmarks/rank_choice.py``).

    Parameters
    ----------
    X : array-like of shape (n, n_features), (n, side²) or (n, side, side)
        The measurements, one a row.
    y : array-like of shape (n,)
        The responses, or the labels of two classes.
    alphas : array-like of shape (n_alphas,) or None, default=None
        Positive; they are sorted, the largest first. None is a geometric grid from
        `alpha_max` down.
    n_alphas : int, default=30
        Length of that grid.
    eps : float in (0, 1), default=1e-2
        Its smallest alpha over its largest. τ goes with ``alpha^(2/3)``: it falls to 1/22.
    n_components, measurement, fit_intercept, fit_bias, positive
        See `GroupLassoMatrixSensing`.
    loss : {"squared_error", "huber", "log_loss"}, default="squared_error"
        "log_loss" is that of `GroupLassoMatrixSensingClassifier`.
    delta : float > 0 or "auto", default="auto"
        See `GroupLassoMatrixSensing`. All alphas have the same δ; "auto" is that of the fit whose
        rank the data show, as with ``alpha="auto"``.
    sample_weight : array-like of shape (n,) or None, default=None
        How often each sample counts: 2 is a repeated row.
    max_iter : int, default=500
        Newton steps at most for each alpha.
    tol : float, default=1e-3
        Of the certificates, for y and A scaled to size one. It is accurate enough to look at norms
        and ranks; a tenth of it takes about twice as long.

    Returns
    -------
    PruningPath
        With ``alphas``, which fall, ``alpha_max``, ``factors``, ``biases``, ``signs``,
        ``intercepts``, ``column_norms``, ``ranks``, ``losses`` and ``certificates``; row i of each
        belongs to ``alphas[i]``. ``measurement``, ``classes`` and ``delta`` belong to all.

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
    settings = FunctionSettings(measurement, fit_intercept, fit_bias, positive, loss, delta)
    check_formulation(settings)
    check_count("n_components", n_components, optional=True)
    check_count("max_iter", max_iter)
    check_number("tol", tol, positive=True)
    check_grid(alphas, n_alphas, eps)
    tol = float(tol)
    samples, classes = samples_of(check_measurements(X, measurement), y, sample_weight, loss)
    with one_blas_thread():
        problem = samples.problem(Formulation.of(settings))
        n_fits = n_alphas if alphas is None else np.size(alphas)
        problem = compress(problem, passes=READS * n_fits)
        k = number_of_columns(n_components, problem)
        if problem.loss.adapts:
            problem, _ = settle_rank(problem, k, tol=tol)
        grid, top = alpha_grid(problem, alphas, n_alphas, eps)
        fits = list(warm_path(problem, grid.tolist(), k, tol=tol, max_iter=max_iter))
        solutions, certificates = zip(*fits, strict=True)
        fits_of_caller = [
            problem.export(solution.factor, n_columns=solution.factor.n_columns)
            for solution in solutions
        ]
        losses = np.array([problem.mean_loss(solution.factor) for solution in solutions])
    failed = sum(not certificate.holds for certificate in certificates)
    if failed:
        warnings.warn(
            f"The certificate does not hold for {failed} of {len(grid)} alphas. Increase "
            f"max_iter (now {max_iter}), tol (now {tol:.1e}) or the smallest alpha.",
            ConvergenceWarning,
        )
    for fitted in fits_of_caller:
        warn_oblique(fitted)
    to_caller = problem.scaling.to_caller
    return PruningPath(
        alphas=to_caller(grid, "alpha"),
        alpha_max=float(to_caller(top, "alpha")),
        factors=_with_dead_columns([fitted.factor for fitted in fits_of_caller], k),
        biases=_with_dead_columns([fitted.bias for fitted in fits_of_caller], k),
        signs=_with_dead_columns([fitted.signs for fitted in fits_of_caller], k),
        intercepts=np.array([fitted.intercept for fitted in fits_of_caller]),
        column_norms=_with_dead_columns([fitted.column_norms for fitted in fits_of_caller], k),
        ranks=np.array([solution.factor.n_columns for solution in solutions]),
        losses=to_caller(losses, "loss"),
        certificates=[problem.export_certificate(certificate) for certificate in certificates],
        measurement=measurement,
        classes=classes,
        delta=float(to_caller(problem.loss.delta, "y")),
    )


def _with_dead_columns(arrays: list[FloatArray], k: int) -> FloatArray:
    """Arrays of shape (…, columns) in one of shape (fits, …, k), with zeros for dead columns.

    The memory of zeros that are never written to is not used up: there may be many of them.
    """
    out = np.zeros((len(arrays), *arrays[0].shape[:-1], k))
    for stacked, array in zip(out, arrays, strict=True):
        stacked[..., : array.shape[-1]] = array
    return out
