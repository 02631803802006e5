"""Train, prune, fine-tune."""

from inspect import signature
from typing import Any

from sklearn.pipeline import Pipeline

from sklearn_prune.estimators._fine_tuner import FineTuner
from sklearn_prune.estimators._fine_tuner_classifier import FineTunerClassifier
from sklearn_prune.estimators._group_lasso import GroupLassoMatrixSensing
from sklearn_prune.estimators._group_lasso_classifier import GroupLassoMatrixSensingClassifier
from sklearn_prune.estimators._parameters import REGRESSION_LOSSES, check_choice, check_number
from sklearn_prune.estimators._pruner import GreedyColumnPruner

# Tolerance of the penalised fit, or a twentieth of τ where that is smaller. Fine-tuning starts from
# its columns and ends at the same point to 1e-8 whether they are known to 1e-3 or to 1e-8
# (`docs/benchmarks/same_numbers.py`).
SENSE_TOL = 1e-3

# The penalised fit and the fine-tuner of each loss.
STEPS: dict[str, tuple[type, type]] = {
    **dict.fromkeys(REGRESSION_LOSSES, (GroupLassoMatrixSensing, FineTuner)),
    "log_loss": (GroupLassoMatrixSensingClassifier, FineTunerClassifier),
}


def make_pruning_pipeline(
    *,
    n_components: int | None = None,
    alpha: float | str = "auto",
    beta: float | str = "auto",
    threshold: float | str = "auto",
    measurement: str = "rank-one",
    fit_intercept: bool | None = None,
    fit_bias: bool = False,
    positive: bool = True,
    loss: str = "squared_error",
    delta: float | str = "auto",
    memory: Any = None,
    random_state: Any = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> Pipeline:
    """A Pipeline that trains with too many columns, prunes, and fine-tunes what is left.

    Anything else is set on the steps, as in ``set_params(tune__solver="gd")``. Weights are passed
    as ``sense__sample_weight`` and ``tune__sample_weight``, or by metadata routing.

    Parameters
    ----------
    n_components, alpha, beta, measurement, fit_bias, positive, random_state, n_jobs, verbose
        See `GroupLassoMatrixSensing`. The fine-tuner is given those that it has too, but for
        ``n_components``: it fits the columns that were kept.
    fit_intercept : bool or None, default=None
        Whether an offset is fitted. None is False for a regressor and True for a classifier.
    loss : {"squared_error", "huber", "log_loss"}, default="squared_error"
        "log_loss" makes a Pipeline of `GroupLassoMatrixSensingClassifier` and
        `FineTunerClassifier`, for the labels of two classes. The others are those of
        `GroupLassoMatrixSensing`.
    delta : float > 0 or "auto", default="auto"
        δ of the Huber loss, see `GroupLassoMatrixSensing`; the other losses have none.
    threshold
        See `GreedyColumnPruner`.
    memory : str, object with the joblib.Memory interface or None, default=None
        Where fitted steps are kept: a grid over thresholds then trains once for each alpha.

    Returns
    -------
    Pipeline
        Of the steps "sense", "prune" and "tune".

    Notes
    -----
    The step "sense" is solved to ``tol=1e-3`` (or a twentieth of τ, in normalised units), which is
    what fine-tuning needs, and its ``certificate_`` is one at that tolerance. A Pipeline that is
    put together by hand solves it to 1e-8, the default of `GroupLassoMatrixSensing`, as does
    ``set_params(sense__tol=1e-8)``.

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
    check_choice("loss", loss, STEPS)
    Sense, Tune = STEPS[loss]
    if fit_intercept is None:
        fit_intercept = signature(Sense).parameters["fit_intercept"].default
    chosen, scale = {}, {}
    if loss in REGRESSION_LOSSES:
        # The δ of the first step is that of the last: it is not set twice, so that it can be
        # searched as `sense__delta`.
        chosen, scale = {"loss": loss}, {"delta": delta}
    else:
        # Classifiers have one loss, and no δ that their fits would look at.
        check_number("delta", delta, words=("auto",), positive=True)
    sense = Sense(
        n_components,
        alpha=alpha,
        beta=beta,
        measurement=measurement,
        fit_intercept=fit_intercept,
        fit_bias=fit_bias,
        positive=positive,
        **chosen,
        **scale,
        tol=SENSE_TOL,
        random_state=random_state,
        n_jobs=n_jobs,
        verbose=verbose,
    )
    tune = Tune(
        measurement=measurement,
        fit_intercept=fit_intercept,
        fit_bias=fit_bias,
        positive=positive,
        **chosen,
        random_state=random_state,
        verbose=verbose,
    )
    steps = [("sense", sense), ("prune", GreedyColumnPruner(threshold)), ("tune", tune)]
    return Pipeline(steps, memory=memory)
