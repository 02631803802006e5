"""Finding the fitted step of a model that a display or a guarantee is about."""

from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sklearn_prune.estimators import PrunedMatrixSensing


def innermost(estimator: Any, name: str) -> Any:
    """The pipeline that has a step, where it may be inside of others (after a scaler)."""
    if isinstance(estimator, PrunedMatrixSensing):
        return getattr(estimator, "pipeline_", estimator)
    nested = isinstance(estimator, Pipeline) and name not in estimator.named_steps
    if nested and isinstance(estimator[-1], Pipeline | PrunedMatrixSensing):
        return innermost(estimator[-1], name)
    return estimator


def step_of(estimator: Any, name: str) -> Any:
    """The step of a pipeline, or the estimator given, which need not be fitted."""
    estimator = innermost(estimator, name)
    if isinstance(estimator, Pipeline):
        return estimator.named_steps.get(name, estimator)
    return estimator


def fitted_step(estimator: Any, name: str, attribute: str) -> Any:
    """The estimator that has an attribute: the one given, or the step of a pipeline."""
    step = step_of(estimator, name)
    check_is_fitted(step)
    if not hasattr(step, attribute):
        raise TypeError(
            f"estimator must have {attribute}, or be a pipeline with a step {name!r} that does, "
            f"got {type(step).__name__}."
        )
    return step


def data_of_step(estimator: Any, X: Any, name: str) -> Any:
    """X as the steps before a step leave it, in all pipelines that the step is inside of."""
    if not isinstance(estimator, Pipeline):
        return X
    names = list(estimator.named_steps)
    position = names.index(name) if name in names else len(names) - 1
    if position:
        X = estimator[:position].transform(X)
    return data_of_step(estimator[position], X, name)
