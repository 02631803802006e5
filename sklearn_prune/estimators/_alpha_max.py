"""Where a grid over alpha ends."""

from sklearn_prune.estimators import _validation as check
from sklearn_prune.estimators._group_lasso import GroupLassoMatrixSensing
from sklearn_prune.objective import GroupLasso
from sklearn_prune.selection import largest_level


def alpha_max(
    X, y, *, measurement="rank-one", fit_intercept=False, fit_bias=False, sample_weight=None
):
    """The smallest alpha, with beta tied to it, at which ``U = 0`` is a local minimum.

    A grid of alphas ends here: from zero nothing grows any more. A fit that starts elsewhere may
    still keep a column a little above it.

    Parameters
    ----------
    X : array-like of shape (n, n_features), (n, side²) or (n, side, side)
        The measurements, one a row.
    y : array-like of shape (n,)
        The responses.
    measurement : {"rank-one", "matrix"}, default="rank-one"
    fit_intercept, fit_bias : bool, default=False
        See `GroupLassoMatrixSensing`.
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
    offset is fitted; then ``α = 2 κ^{-1/2} τ^{3/2}``.

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
    settings = {
        "measurement": measurement,
        "fit_intercept": fit_intercept,
        "fit_bias": fit_bias,
    }
    check.check_kind(measurement, fit_intercept, fit_bias)
    X = check.check_measurements(
        GroupLassoMatrixSensing(**settings), X, measurement=measurement, reset=True
    )
    y = check.check_responses(X, y)
    loss, units = check.loss_of(X, y, sample_weight, **settings)
    return float(GroupLasso.at_level(largest_level(loss)).alpha * units.alpha)
