"""Train, prune, fine-tune."""

from sklearn.pipeline import Pipeline

from sklearn_prune.estimators._fine_tuner import FineTuner
from sklearn_prune.estimators._group_lasso import GroupLassoMatrixSensing
from sklearn_prune.estimators._pruner import GreedyColumnPruner


def make_pruning_pipeline(
    *,
    n_components=None,
    alpha="auto",
    beta="auto",
    threshold="auto",
    measurement="rank-one",
    fit_intercept=False,
    fit_bias=False,
    memory=None,
    random_state=None,
    n_jobs=None,
    verbose=0,
):
    """A Pipeline that trains with too many columns, prunes, and fine-tunes what is left.

    Anything else is set on the steps, as in ``set_params(tune__solver="gd")``. Weights go in
    as ``sense__sample_weight`` and ``tune__sample_weight``, or by metadata routing.

    Parameters
    ----------
    n_components, alpha, beta, measurement, fit_intercept, fit_bias, random_state, n_jobs, verbose
        See `GroupLassoMatrixSensing`. The fine-tuner is given what it shares of them.
    threshold
        See `GreedyColumnPruner`.
    memory : str, object with the joblib.Memory interface or None, default=None
        Where fitted steps are kept: a grid over thresholds then trains once an alpha.

    Returns
    -------
    Pipeline
        Of the steps "sense", "prune" and "tune".

    References
    ----------
    "Greedy Pruning with Group Lasso Provably Generalizes for Matrix Sensing", NeurIPS 2023,
    arXiv 2303.11453.

    Examples
    --------
    >>> from sklearn_prune import make_pruning_pipeline
    >>> from sklearn_prune.datasets import make_matrix_sensing
    >>> X, y, _ = make_matrix_sensing(500, 20, 2, noise=0.1, random_state=0)
    >>> pipe = make_pruning_pipeline().fit(X, y)
    >>> pipe["tune"].factor_.shape, round(pipe.score(X, y), 2)
    ((20, 2), 1.0)
    """
    sense = GroupLassoMatrixSensing(
        n_components,
        alpha=alpha,
        beta=beta,
        measurement=measurement,
        fit_intercept=fit_intercept,
        fit_bias=fit_bias,
        random_state=random_state,
        n_jobs=n_jobs,
        verbose=verbose,
    )
    tune = FineTuner(
        measurement=measurement,
        fit_intercept=fit_intercept,
        fit_bias=fit_bias,
        random_state=random_state,
        verbose=verbose,
    )
    steps = [("sense", sense), ("prune", GreedyColumnPruner(threshold)), ("tune", tune)]
    return Pipeline(steps, memory=memory)
