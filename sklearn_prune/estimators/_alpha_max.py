"""Where a grid over alpha ends."""

from typing import Any

from sklearn_prune._threads import one_blas_thread
from sklearn_prune.estimators._labels import samples_of
from sklearn_prune.estimators._parameters import FunctionSettings, check_formulation
from sklearn_prune.estimators._samples import check_measurements
from sklearn_prune.objective import Formulation, GroupLasso
from sklearn_prune.selection import tau_max


def alpha_max(
    X: Any,
    y: Any,
    *,
    measurement: str = "rank-one",
    fit_intercept: bool = False,
    fit_bias: bool = False,
    positive: bool = True,
    loss: str = "squared_error",
    delta: float | str = "auto",
    sample_weight: Any = None,
) -> float:
    """The smallest alpha, with beta tied to it, at which ``U = 0`` is a local minimum.

    A grid of alphas ends here, since no column grows from zero at a larger alpha. A fit that
    starts elsewhere may keep a column at a slightly larger alpha.

    Parameters
    ----------
    X : array-like of shape (n, n_features), (n, side²) or (n, side, side)
        The measurements, one a row.
    y : array-like of shape (n,)
        The responses, or the labels of two classes.
    measurement : {"rank-one", "matrix"}, default="rank-one"
    fit_intercept, fit_bias : bool, default=False
        See `GroupLassoMatrixSensing`.
    positive : bool, default=True
        See `GroupLassoMatrixSensing`.
    loss : {"squared_error", "huber", "log_loss"}, default="squared_error"
        "log_loss" is that of `GroupLassoMatrixSensingClassifier`.
    delta : float > 0 or "auto", default="auto"
        See `GroupLassoMatrixSensing`; "auto" is that of the fit of a constant, which ``U = 0`` is.
    sample_weight : array-like of shape (n,) or None, default=None
        How often each sample counts.

    Returns
    -------
    float
        In the units of ``y²`` over those of U; 0.0 when the responses ask for no column at all.

    Raises
    ------
    ValueError, TypeError
        For data that `GroupLassoMatrixSensing` does not take.

    Notes
    -----
    ``U = 0`` is a local minimum when ``τ ≥ λ_max((1/W) Σ w_i y_i A_i)``, y and A centred where an
    offset is fitted; then ``α = 2 κ^{-1/2} τ^{3/2}``. With ``positive=False`` the spectral norm of
    that matrix takes the place of its largest eigenvalue. With ``loss="huber"`` y is clipped to
    δ on either side of the offset, and a fit that starts elsewhere may keep columns well above it.

    Examples
    --------
    >>> from sklearn_prune import GroupLassoMatrixSensing, alpha_max
    >>> from sklearn_prune.datasets import make_matrix_sensing
    >>> X, y, _ = make_matrix_sensing(500, 20, 2, noise=0.1, random_state=0)
    >>> largest = alpha_max(X, y, fit_intercept=True)
    >>> model = GroupLassoMatrixSensing(alpha=1.01 * largest, fit_intercept=True)
    >>> model.fit(X, y).rank_
    0
    """
    settings = FunctionSettings(measurement, fit_intercept, fit_bias, positive, loss, delta)
    check_formulation(settings)
    samples, _ = samples_of(check_measurements(X, measurement), y, sample_weight, loss)
    with one_blas_thread():
        problem = samples.problem(Formulation.of(settings))
        largest = GroupLasso.from_tau(tau_max(problem)).alpha
    return float(problem.scaling.to_caller(largest, "alpha"))
